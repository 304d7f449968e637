//! `tidemark lexicon check`: what a lexicon is worth, alone and on a corpus.

use crate::cli::LexiconCheck;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::open;
use crate::prepare;
use crate::progress::Progress;
use anyhow::Context as _;
use std::io::Read as _;
use std::path::Path;
use tidemark_domain::Language;
use tidemark_domain::marker::name_part;
use tidemark_lexicon::check::{Check, Report};
use tidemark_lexicon::{Format, Lexicon};
use tidemark_wire::annotated_file::PostLine;
use tidemark_wire::lines::Lines;

/// A longer file is no lexicon.
const LEXICON_BYTES_MAX: u64 = 256 << 20;
/// What a lexicon is called whose file has no name that could be a marker's.
const NAMELESS: &str = "lexicon";

/// Runs the command. What was asked for goes to standard output.
#[allow(clippy::print_stdout)]
pub(crate) fn check(arguments: &LexiconCheck) -> Result<(), Failure> {
    let language = Language::from(arguments.language);
    let lexicon = read(&arguments.file, language)?;
    let report = match &arguments.corpus {
        Some(corpus) => {
            let mut check = Check::new(&lexicon).or_exit(Exit::Input)?;
            read_corpus(corpus, language, &mut check)?;
            check.report()
        }
        None => Report::of(&lexicon).or_exit(Exit::Input)?,
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report).or_exit(Exit::Unexpected)?);
    } else {
        print!("{report}");
    }
    Ok(())
}

/// Reads a lexicon whose format its name and its first lines tell.
fn read(path: &Path, language: Language) -> Result<Lexicon, Failure> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    let input = open(path).or_exit(Exit::Input)?;
    let read = input.reader.take(LEXICON_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {file}")).or_exit(Exit::Input)?;
    if bytes.len() as u64 > LEXICON_BYTES_MAX {
        return Err(anyhow::anyhow!("{file} is larger than {} MiB: that is no lexicon", LEXICON_BYTES_MAX >> 20))
            .or_exit(Exit::Input);
    }
    let format = Format::of_file(&file, &bytes).or_exit(Exit::Input)?;
    let stem = path.file_stem().map(|stem| name_part(&stem.to_string_lossy())).unwrap_or_default();
    let name = if stem.is_empty() { NAMELESS } else { &stem };
    Lexicon::read(name, language, format, &file, &bytes).or_exit(Exit::Input)
}

/// Posts as `annotate` takes them, those in the lexicon's language; text and region are used.
fn read_corpus(path: &Path, language: Language, check: &mut Check<'_>) -> Result<(), Failure> {
    let input = open(path).or_exit(Exit::Input)?;
    let (progress, position) = Progress::over(&input);
    let mut lines = Lines::new(input.reader);
    let (mut taken, mut elsewhere, mut refused) = (0_u64, 0_u64, 0_u64);
    while let Some(line) =
        lines.read().with_context(|| format!("cannot read {}", path.display())).or_exit(Exit::Input)?
    {
        let post = line.content.ok().and_then(|bytes| serde_json::from_slice::<PostLine>(bytes).ok());
        let Some(post) = post else {
            refused += 1;
            continue;
        };
        let (text, told) = prepare::text(&post.text, post.lang.as_deref());
        if told == language {
            check.read(&text, post.region.as_deref());
            taken += 1;
            if taken % 1_000 == 0 {
                progress.at_shared(&position, taken, "posts");
            }
        } else {
            elsewhere += 1;
        }
    }
    progress.clear();
    if taken == 0 {
        return Err(anyhow::anyhow!(
            "{} holds no post in the lexicon's language ({elsewhere} in others, {refused} lines that are none): give \
             one JSON object a line with `id` and `text`, or another --language",
            path.display()
        ))
        .or_exit(Exit::Input);
    }
    crate::say(&format!(
        "read {taken} posts; passed over {elsewhere} in other languages and {refused} lines that are no post"
    ));
    Ok(())
}
