//! `labels.toml`: what the numbers of a model of one's own mean, as its maker writes it down.
//!
//! **Reads** the text of the file. **Writes** nothing. **Guarantees** heads that pass [`Head::check`] and whose markers
//! are told apart from each other and, by their prefix, from all that come with the program. **Does not** look at the
//! model.

use serde::Deserialize;
use tidemark_domain::Language;
use tidemark_domain::marker::{MODEL_PREFIX, name_part};

use crate::LabelsFault;
use crate::heads::{Head, HeadKind};

/// The file's name.
pub(crate) const LABELS: &str = "labels.toml";
/// Longer windows would not be read in the time that a post has.
const TOKENS_MAX: usize = 8_192;
/// More of one post would not either.
const WINDOWS_MAX: usize = 1_024;
/// Where a score counts as present unless the file says otherwise; of a multiclass head, where all labels are equal.
const THRESHOLD: f32 = 0.5;

/// `labels.toml`, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labels {
    pub(crate) name: String,
    pub(crate) max_tokens: usize,
    pub(crate) max_windows: usize,
    pub(crate) heads: Vec<Head>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default = "max_tokens")]
    max_tokens: usize,
    #[serde(default = "max_windows")]
    max_windows: usize,
    heads: Vec<WrittenHead>,
}

const fn max_tokens() -> usize {
    128
}

const fn max_windows() -> usize {
    16
}

/// A head: what [`Head`] holds, with what can be left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHead {
    name: String,
    kind: HeadKind,
    labels: Option<Vec<String>>,
    #[serde(default)]
    two_logits: bool,
    thresholds: Option<Vec<f32>>,
    scale: Option<f32>,
    shift: Option<Vec<f32>>,
    abstain: Option<[f32; 2]>,
    abstain_below: Option<f32>,
    languages: Vec<Language>,
    range: Option<[f32; 2]>,
    #[serde(default)]
    data: String,
    #[serde(default)]
    licence: String,
}

impl Labels {
    pub(crate) fn read(text: &str) -> Result<Self, LabelsFault> {
        let written: Written = toml::from_str(text)?;
        if !is_name(&written.name) {
            return Err(LabelsFault::Name { name: written.name });
        }
        if !(3..=TOKENS_MAX).contains(&written.max_tokens) || !(1..=WINDOWS_MAX).contains(&written.max_windows) {
            return Err(LabelsFault::Size { tokens_max: TOKENS_MAX, windows_max: WINDOWS_MAX });
        }
        let heads = written.heads.into_iter().map(|head| head.of(&written.name));
        let heads: Vec<Head> = heads.collect::<Result<_, _>>()?;
        let mut markers: Vec<String> = heads.iter().flat_map(Head::markers).collect();
        markers.sort_unstable();
        // Heads of other kinds may share a name and no marker; their scores would stand under one name.
        let mut names: Vec<&String> = heads.iter().map(|head| &head.marker).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|two| two[0] == two[1]) {
            return Err(LabelsFault::Twice { marker: twice[0].clone() });
        }
        if let Some(twice) = markers.windows(2).find(|two| two[0] == two[1]) {
            return Err(LabelsFault::Twice { marker: twice[0].clone() });
        }
        Ok(Self { name: written.name, max_tokens: written.max_tokens, max_windows: written.max_windows, heads })
    }
}

impl WrittenHead {
    fn of(self, model: &str) -> Result<Head, LabelsFault> {
        let Self { name, kind, labels, two_logits, thresholds, scale, shift, languages, range, .. } = self;
        if !is_name(&name) {
            return Err(LabelsFault::Name { name });
        }
        // A post whose language could not be told is in any: a head that was made for one must not answer there.
        if languages.is_empty() || languages.contains(&Language::Other) {
            return Err(LabelsFault::Languages { head: name });
        }
        let labels = match (kind, labels) {
            (HeadKind::Binary, None) => ["no", "yes"].map(str::to_owned).to_vec(),
            (HeadKind::Regression, None) => vec![name.clone()],
            (HeadKind::Multilabel | HeadKind::Multiclass, None) => return Err(LabelsFault::NoLabels { head: name }),
            // By its name `yes` is known to mean that the marker is present.
            (HeadKind::Binary, Some(labels)) if labels != ["no", "yes"] => {
                return Err(LabelsFault::YesNo { head: name });
            }
            (_, Some(labels)) => labels,
        };
        if let Some(label) = labels.iter().find(|label| name_part(label).is_empty()) {
            return Err(LabelsFault::Label { head: name, label: label.clone() });
        }
        let mut head = Head {
            marker: format!("{MODEL_PREFIX}{model}.{name}"),
            kind,
            labels,
            thresholds: Vec::new(),
            scale: scale.unwrap_or(1.0),
            shift: Vec::new(),
            abstain: self.abstain,
            abstain_below: self.abstain_below,
            languages,
            data: self.data,
            licence: self.licence,
            two_logits,
            pair: None,
            range: range.or((kind == HeadKind::Regression).then_some([0.0, 1.0])),
            weak: false,
            probed: Vec::new(),
            per_language: Vec::new(),
        };
        let decisions = if kind == HeadKind::Regression { 0 } else { head.scores() };
        head.thresholds = thresholds.unwrap_or_else(|| vec![THRESHOLD; decisions]);
        head.shift = shift.unwrap_or_else(|| vec![0.0; head.scores()]);
        head.check()?;
        Ok(head)
    }
}

/// Whether a name can be a part of a marker's.
fn is_name(name: &str) -> bool {
    let allowed = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    !name.is_empty() && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::Labels;
    use crate::heads::HeadKind;
    use tidemark_domain::Language;

    const PLAIN: &str = "name = 'rota'\n[[heads]]\nname = 'shift'\nkind = 'binary'\nlanguages = ['en', 'es']\n";

    fn fault(text: &str) -> String {
        Labels::read(text).expect_err("a fault").to_string()
    }

    #[test]
    fn what_is_left_out_has_its_usual_value() {
        let labels = Labels::read(PLAIN).expect("labels");
        assert_eq!((labels.name.as_str(), labels.max_tokens, labels.max_windows), ("rota", 128, 16));
        let head = &labels.heads[0];
        assert_eq!((head.marker.as_str(), head.kind, head.width()), ("model.rota.shift", HeadKind::Binary, 1));
        assert_eq!((head.labels.join(" "), head.thresholds.as_slice()), ("no yes".to_owned(), &[0.5][..]));
        assert_eq!((head.scale, head.shift.as_slice()), (1.0, &[0.0][..]));
        assert_eq!(head.languages, [Language::English, Language::Spanish]);
        assert!(!head.two_logits && head.pair.is_none() && !head.weak);
    }

    #[test]
    fn every_kind_is_read() {
        let text = "name = 'x'\nmax_tokens = 64\nmax_windows = 2\n\
            [[heads]]\nname = 'a'\nkind = 'binary'\ntwo_logits = true\nlanguages = ['en']\nthresholds = [0.7]\nscale = 2.0\nshift = [-1.0]\nabstain = [0.5, 0.8]\n\
            [[heads]]\nname = 'b'\nkind = 'multiclass'\nlabels = ['low', 'Very high']\nlanguages = ['en']\nabstain_below = 0.6\n\
            [[heads]]\nname = 'c'\nkind = 'multilabel'\nlabels = ['p', 'q', 'r']\nlanguages = ['en']\n\
            [[heads]]\nname = 'd'\nkind = 'regression'\nrange = [1, 7]\nlanguages = ['es']\ndata = 'ours'\nlicence = 'MIT'\n";
        let labels = Labels::read(text).expect("labels");
        assert_eq!(labels.heads.iter().map(super::Head::width).collect::<Vec<_>>(), [2, 2, 3, 1]);
        let markers: Vec<String> = labels.heads.iter().flat_map(super::Head::markers).collect();
        let expected = [
            "model.x.a",
            "model.x.b.low",
            "model.x.b.very_high",
            "model.x.c.p",
            "model.x.c.q",
            "model.x.c.r",
            "model.x.d",
        ];
        assert_eq!(markers, expected);
        assert_eq!(labels.heads[1].thresholds, [0.5, 0.5]);
        assert_eq!((labels.heads[3].range, labels.heads[3].thresholds.len()), (Some([1.0, 7.0]), 0));
        assert_eq!((labels.max_tokens, labels.max_windows), (64, 2));
        let bands: Vec<_> = labels.heads.iter().map(|head| (head.abstain, head.abstain_below)).collect();
        assert_eq!(bands, [(Some([0.5, 0.8]), None), (None, Some(0.6)), (None, None), (None, None)]);
    }

    #[test]
    fn each_fault_is_told() {
        assert!(fault(&PLAIN.replace("kind", "kindness")).contains("kindness"));
        assert!(fault(&PLAIN.replace("rota", "Rota")).contains("`Rota`"));
        assert!(fault(&PLAIN.replace("'shift'", "'a.b'")).contains("`a.b`"));
        assert!(fault("name = 'rota'").contains("heads"));
        assert!(fault(&PLAIN.replace("'en', 'es'", "")).contains("en, es or both"));
        assert!(fault(&PLAIN.replace("'es'", "'other'")).contains("en, es or both"));
        assert!(fault(&PLAIN.replace("'es'", "'de'")).contains("de"));
        assert!(fault(&format!("max_tokens = 2\n{PLAIN}")).contains("max_tokens"));
        assert!(fault(&format!("max_windows = 5000\n{PLAIN}")).contains("max_windows"));
        assert!(fault(&format!("{PLAIN}labels = ['yes', 'no']\n")).contains("no and yes"));
        assert!(fault(&format!("{PLAIN}thresholds = [0.5, 0.5]\n")).contains("thresholds has 2 entries"));
        assert!(fault(&format!("{PLAIN}range = [0.0, 1.0]\n")).contains("range"));
        assert!(fault(&format!("{PLAIN}abstain = [0.6, 0.8]\n")).contains("abstain"), "the threshold lies below it");
        assert!(fault(&format!("{PLAIN}abstain_below = 0.6\n")).contains("abstain_below"));
        let several = PLAIN.replace("binary", "multiclass");
        assert!(fault(&several).contains("lists no labels"));
        assert!(fault(&format!("{several}labels = ['a b', 'a-b']\n")).contains("`model.rota.shift.a_b`"));
        assert!(fault(&format!("{several}labels = ['a', '!']\n")).contains("`!`"));
        assert!(fault(&format!("{several}labels = ['a', 'b']\ntwo_logits = true\n")).contains("two_logits"));
        let (_, head) = PLAIN.split_once('\n').expect("two parts");
        assert!(fault(&format!("{PLAIN}{head}")).contains("`model.rota.shift` twice"));
        let other = head.replace("binary", "multiclass");
        assert!(fault(&format!("{PLAIN}{other}labels = ['a', 'b']\n")).contains("`model.rota.shift` twice"));
        assert!(fault(&format!("{PLAIN}thresholds = [1.5]\n")).contains("thresholds"));
    }
}
