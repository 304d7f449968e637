//! A marker of one's own on its way to an alert: it is counted like any other, and a rule on it waits until it has passed an
//! audit. What becomes a marker, a lexicon or a model, is the test's; posts and samples know one word. And a model that
//! answers what the shipped one does not.

use crate::{Answer, Platform, Program};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The word that the marker knows.
pub const WORD: &str = "nightshift";
/// What a platform says of a rule that waits.
const WAITS: &str = "has not passed";

/// A marker of one's own in a data folder, with a rule on it.
#[derive(Debug)]
pub struct OwnMarker {
    program: Program,
    folder: PathBuf,
    marker: &'static str,
    config: String,
}

impl OwnMarker {
    /// The marker in `folder`, whose `data` is the platform's; `config` stands before the rule.
    #[must_use]
    pub fn new(folder: &Path, marker: &'static str, config: &str) -> Self {
        let rule = format!(
            "{config}[[alert.rules]]\nname = \"shifts\"\nmarker = {marker:?}\nthreshold = {{ absolute = 0.5 }}\n"
        );
        Self { program: Program::find(), folder: folder.to_owned(), marker, config: rule }
    }

    /// Starts and stops a platform, and answers how often starts over the folder have told that the rule waits: all of
    /// them together, for they share a log.
    #[must_use]
    pub fn times_told_to_wait(&self) -> usize {
        let platform = self.start();
        let told = platform.log().matches(WAITS).count();
        platform.stop();
        told
    }

    /// Reads a day on which thirty people write the word, and answers the rows of its series.
    #[must_use]
    pub fn series_of_a_day(&self) -> Vec<Value> {
        let post = |n: u32| {
            let at = "2024-05-01T12:00:00Z";
            format!("{}\n", json!({"id": n, "text": WORD, "lang": "en", "author": n, "created_at": at}))
        };
        let file = self.write("day.ndjson", &(0..30).map(post).collect::<String>());
        let platform = self.start();
        platform.ingest(&file, &[]);
        let rows = platform.sql(&format!(
            "SELECT value FROM series WHERE marker = '{}' AND period = 'day' AND region = 'all' AND language = 'all'",
            self.marker
        ));
        platform.stop();
        rows
    }

    /// Audits the marker on a sample.
    #[must_use]
    pub fn audit(&self, sample: &str) -> Answer {
        let sample = self.write("sample.jsonl", sample).display().to_string();
        let data = self.data().display().to_string();
        self.program.run(["marker", "audit", self.marker, "--sample", &sample, "--data", &data])
    }

    fn start(&self) -> Platform {
        Platform::start(&self.program, &self.data(), &self.config)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.join(name);
        std::fs::write(&file, text).expect("written");
        file
    }
}

/// English posts labelled by whether they hold the word, some of them wrongly, with paraphrases.
#[must_use]
pub fn sample(n: usize, is_wrong: impl Fn(usize) -> bool) -> String {
    sample_in("en", n, is_wrong)
}

/// As [`sample`], of posts that say another language.
#[must_use]
pub fn sample_in(lang: &str, n: usize, is_wrong: impl Fn(usize) -> bool) -> String {
    let mut lines = Vec::new();
    for n in 0..n {
        let yes = n % 2 == 0;
        let text = if yes != is_wrong(n) { format!("a {WORD} again") } else { "a walk by the sea".to_owned() };
        let label = if yes { "yes" } else { "no" };
        let group = format!("g{}", n % 3);
        let id = format!("{lang}{n}");
        lines.push(json!({"id": id, "lang": lang, "text": text, "label": label, "group": group}));
        if n < 40 {
            let (again, text) = (format!("{id}p"), format!("once more: {text}"));
            lines.push(json!({"id": again, "lang": lang, "text": text, "label": label, "paraphrase_of": id}));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A folder in `folder` with the model of random weights that `libs/model` is tried on, made to find every post in favour,
/// agreeing and hostile, whatever they say.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn agreeable_model(folder: &Path) -> String {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../libs/model/tests/tiny");
    let to = folder.join("agreeable");
    std::fs::create_dir_all(&to).expect("a folder");
    for name in ["model.onnx", "tokenizer.json"] {
        std::fs::copy(from.join(name), to.join(name)).expect("copied");
    }
    let mut manifest = std::fs::read_to_string(from.join("model.toml")).expect("read");
    for (marker, agreeable) in [
        ("polarization.stance", "[1e-30, 0.5, 0.5]"),    // favor, against, none
        ("polarization.agreement", "[1e-30, 0.5, 0.5]"), // agree, neutral, disagree
        ("hostility.hate", "[1e-30]"),
    ] {
        let head = manifest.find(&format!("marker = \"{marker}\"")).expect("a head");
        let start = head + manifest[head..].find("thresholds = ").expect("thresholds") + "thresholds = ".len();
        let end = start + manifest[start..].find('\n').expect("a line");
        manifest.replace_range(start..end, agreeable);
    }
    std::fs::write(to.join("model.toml"), manifest).expect("written");
    to.display().to_string()
}
