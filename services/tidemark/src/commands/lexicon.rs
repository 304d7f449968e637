//! `tidemark lexicon`: what a lexicon is worth, alone and on a corpus; and taking one into a platform.

use crate::cli::{LexiconAdd, LexiconCheck};
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::open;
use crate::platform::write_atomically;
use crate::prepare;
use crate::progress::Progress;
use anyhow::Context as _;
use serde::Deserialize;
use std::io::Read as _;
use std::path::Path;
use tidemark_annotate::own::lexica as own;
use tidemark_domain::Language;
use tidemark_domain::marker::name_part;
use tidemark_lexicon::check::{Check, Report};
use tidemark_lexicon::{Format, Lexica, Lexicon, Why};
use tidemark_wire::lines::Lines;

/// What a lexicon is called whose file has no name that could be a marker's.
const NAMELESS: &str = "lexicon";

/// Runs the command. What was asked for goes to standard output.
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
        crate::print_json(&report)?;
    } else {
        crate::print(report.to_string())?;
    }
    Ok(())
}

/// Runs `lexicon add`.
pub(crate) fn add(arguments: &LexiconAdd) -> Result<(), Failure> {
    let language = Language::from(arguments.language);
    let bytes = read_bytes(&arguments.file)?;
    let name = arguments.name.clone().unwrap_or_else(|| stem(&arguments.file));
    if Lexica::is_bundled(&name) {
        return Err(anyhow::anyhow!("a lexicon named `{name}` comes with the program: choose another with --name"))
            .or_exit(Exit::Input);
    }
    let file = arguments.file.display().to_string();
    let lexicon = own::read(&name, language, &file, &bytes).or_exit(Exit::Input)?;
    if let Some(from) = arguments.present_from
        && let Some(category) = own::shown_by_all(&lexicon, from)
    {
        return Err(anyhow::anyhow!(
            "every text would show the category `{category}`: one without any of its terms scores {from} or more; choose a \
             higher --present-from"
        ))
        .or_exit(Exit::Input);
    }
    let config = Config::of(&arguments.place).or_exit(Exit::Configuration)?;
    let folder = config.annotate.lexica_dir.unwrap_or_default();
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create {}", folder.display()))
        .or_exit(Exit::Output)?;
    // Beside those that are there already: what fails together must not be found out at the next start.
    let place = own::place(&folder, &name, language, &extension(&arguments.file));
    let mut all = own::read_folder(&folder).or_exit(Exit::Input)?;
    all.retain(|own| own.lexicon.name != name || own.lexicon.language != language);
    let all: Vec<Lexicon> = all.into_iter().map(|own| own.lexicon).chain([lexicon.clone()]).collect();
    Lexica::bundled_and(&all, "new").or_exit(Exit::Input)?;
    let settings = arguments.present_from.map(|from| own::settings(&folder, &name, language, from));
    let settings = settings.transpose().or_exit(Exit::Unexpected)?;
    let was_there = place.exists();
    write_atomically(&place, &bytes).or_exit(Exit::Output)?;
    if let Some((beside, text)) = &settings {
        write_atomically(beside, text.as_bytes()).or_exit(Exit::Output)?;
    }
    let is_new = |path: &Path| path == place || settings.as_ref().is_some_and(|(beside, _)| path == beside);
    let mut replaced = was_there;
    // Of one name and language there is one file, whatever its format: what this one replaces goes once it is there.
    for old in
        std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display())).or_exit(Exit::Output)?
    {
        let old = old.or_exit(Exit::Output)?;
        let begins = format!("{name}.{}.", language.code());
        if old.file_name().to_string_lossy().starts_with(&begins) && !is_new(&old.path()) {
            replaced = true;
            std::fs::remove_file(old.path())
                .with_context(|| format!("cannot replace {}", old.path().display()))
                .or_exit(Exit::Output)?;
        }
    }
    if replaced {
        crate::say(&format!(
            "replaced the lexicon {name} that was there in {}: its markers are those below",
            language.code()
        ));
    }
    if !lexicon.passed_over.is_empty() {
        let (repeated, rest): (Vec<_>, Vec<_>) =
            lexicon.passed_over.iter().partition(|term| matches!(term.why, Why::Repeated { .. }));
        crate::say(&format!(
            "passed over {} repeated terms, of which the first counts, and {} that can never match: `tidemark lexicon check` \
             lists them",
            repeated.len(),
            rest.len()
        ));
    }
    let markers = lexicon.markers().into_iter().map(|(marker, terms)| format!("  {marker}  {terms} terms"));
    let markers: Vec<String> = markers.collect();
    crate::say(&format!(
        "kept {} in {}; a running platform takes it up when it is started again\n{}\nBefore one of these may drive an \
         alert: tidemark marker audit",
        name,
        place.display(),
        markers.join("\n")
    ));
    if let Some(from) = arguments.present_from {
        crate::say(&format!("Its markers are present from a score of {from} on"));
    }
    Ok(())
}

/// Reads a lexicon whose format its name and its first lines tell; one that is malformed is told with all its lines.
fn read(path: &Path, language: Language) -> Result<Lexicon, Failure> {
    let bytes = read_bytes(path)?;
    let file = path.display().to_string();
    let format = Format::of_file(&uncompressed(path).display().to_string(), &bytes).or_exit(Exit::Input)?;
    Lexicon::read_to_the_end(&stem(path), language, format, &file, &bytes).or_exit(Exit::Input)
}

/// A file's content, decompressed.
fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    let input = open(path).or_exit(Exit::Input)?;
    let read = input.reader.take(own::LEXICON_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {file}")).or_exit(Exit::Input)?;
    if bytes.len() as u64 > own::LEXICON_BYTES_MAX {
        return Err(anyhow::anyhow!("{file} is larger than {} MiB: that is no lexicon", own::LEXICON_BYTES_MAX >> 20))
            .or_exit(Exit::Input);
    }
    Ok(bytes)
}

/// A file's name without what says how it is compressed.
fn uncompressed(path: &Path) -> &Path {
    let is_compressed = path.extension().is_some_and(|extension| extension == "gz" || extension == "zst");
    if is_compressed { Path::new(path.file_stem().unwrap_or_default()) } else { path }
}

/// What a lexicon is called by its file.
fn stem(path: &Path) -> String {
    let stem = uncompressed(path).file_stem().map(|stem| name_part(&stem.to_string_lossy())).unwrap_or_default();
    if stem.is_empty() { NAMELESS.to_owned() } else { stem }
}

/// What tells a lexicon's format where its content leaves it open.
fn extension(path: &Path) -> String {
    uncompressed(path)
        .extension()
        .map_or_else(|| "txt".to_owned(), |extension| extension.to_string_lossy().to_lowercase())
}

/// A line of a corpus: what is used of a post as `annotate` takes it.
#[derive(Deserialize)]
struct CorpusLine {
    text: String,
    lang: Option<String>,
    region: Option<String>,
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
        let post = line.content.ok().and_then(|bytes| serde_json::from_slice::<CorpusLine>(bytes).ok());
        let Some(post) = post else {
            refused += 1;
            continue;
        };
        let (text, told) = prepare::text(&post.text, post.lang.as_deref());
        if told == language {
            check.read(&text, post.region.as_deref().filter(|region| !region.is_empty()));
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
             one JSON object a line with `text`, or another --language",
            path.display()
        ))
        .or_exit(Exit::Input);
    }
    crate::say(&format!(
        "read {taken} posts; passed over {elsewhere} in other languages and {refused} lines that are no post"
    ));
    Ok(())
}
