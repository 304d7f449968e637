//! `tidemark marker audit`: whether a marker agrees with people's labels.

use crate::audits;
use crate::cli::MarkerAudit;
use crate::config::Config;
use crate::exit::{Exit, Failure, OrExit as _};
use crate::files::{is_dash, open};
use crate::prepare;
use crate::progress::Progress;
use crate::roles::not_loaded;
use anyhow::Context as _;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap, HashSet};
use tidemark_annotate::audit::{Audit, Case, Said, Share, audit};
use tidemark_annotate::{Annotator, Prepared};
use tidemark_domain::Language;
use tidemark_domain::marker::LEXICON_PREFIX;
use tidemark_model::{HeadKind, Model, Pair};
use tidemark_wire::annotated_file::PostLine;
use tidemark_wire::lines::Lines;

/// Posts scored together.
const BATCH: usize = 256;

/// One line of a sample: a post as `annotate` takes it, what people say of it, and what it is compared with.
#[derive(Deserialize)]
struct Labelled {
    #[serde(flatten)]
    post: PostLine,
    label: Label,
    group: Option<String>,
    paraphrase_of: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Label {
    Yes,
    No,
}

/// Runs the command. What was asked for goes to standard output.
pub(crate) fn run(arguments: &MarkerAudit) -> Result<(), Failure> {
    let mut config = Config::of(&arguments.place).or_exit(Exit::Configuration)?;
    let marker = &arguments.marker;
    // A lexicon's marker needs no model.
    config.annotate.lexica_only |= marker.starts_with(LEXICON_PREFIX);
    let annotator = Annotator::load(&config.annotate).map_err(not_loaded)?;
    let mut sample = read(&arguments.sample)?;
    // A template says much the same of many posts, and a repost nothing new: the intervals below take each for a post of its own.
    let again = repeated(&sample);
    if again > 0 {
        crate::say(&format!(
            "{again} of {} posts say what others of the sample say: the audit is surer of itself than it should be",
            sample.len()
        ));
    }
    let progress = Progress::steps(sample.len() as u64);
    let mut met = Met::default();
    let mut cases = Vec::with_capacity(sample.len());
    while !sample.is_empty() {
        let batch: Vec<Labelled> = sample.drain(..sample.len().min(BATCH)).collect();
        let prepared = batch.iter().map(|Labelled { post, .. }| {
            let context = [post.topic.as_deref(), post.parent_text.as_deref()];
            prepare::post(&post.text, post.lang.as_deref(), context)
        });
        let prepared: Vec<Prepared> = prepared.collect();
        let posts: Vec<_> = prepared.iter().map(Prepared::input).collect();
        let (annotations, _) = annotator.annotate(&posts).or_exit(Exit::Unexpected)?;
        let languages = prepared.iter().map(|post| post.language);
        met.pairs.extend(batch.iter().flat_map(|Labelled { post, .. }| {
            let is_given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
            let given = [(Pair::Topic, is_given(&post.topic)), (Pair::Parent, is_given(&post.parent_text))];
            given.into_iter().filter_map(|(pair, is_given)| is_given.then_some(pair))
        }));
        met.languages.extend(prepared.iter().map(|post| post.language));
        for ((one, language), annotation) in batch.into_iter().zip(languages).zip(annotations) {
            let found = annotator.scores(&annotation).into_iter().find(|score| score.marker == *marker);
            cases.push(Case {
                id: one.post.id,
                label: matches!(one.label, Label::Yes),
                group: one.group,
                language,
                paraphrase_of: one.paraphrase_of,
                answer: found.map(|score| Said { present: score.present, score: score.score }),
            });
        }
        progress.at(cases.len() as u64, cases.len() as u64, "posts");
    }
    progress.clear();
    if cases.iter().all(|case| case.answer.is_none()) {
        return Err(anyhow::anyhow!(silence(&annotator, marker, &met))).or_exit(Exit::Input);
    }
    let found = audit(marker, &cases, &annotator.languages_of(marker), !marker.starts_with(LEXICON_PREFIX));
    if arguments.json {
        crate::print_json(&found)?;
    } else {
        crate::print(table(&found))?;
    }
    let verdict = verdict(&found);
    let kept = audits::keep(&arguments.place.data, &config.annotate, found).or_exit(Exit::Output)?;
    let kept = kept.map(|path| format!("; kept in {}", path.display())).unwrap_or_default();
    if let Some(languages) = verdict {
        crate::say(&format!("{marker} may drive alerts {languages}{kept}"));
        Ok(())
    } else {
        Err(anyhow::anyhow!("{marker} may not drive alerts{kept}")).or_exit(Exit::Audit)
    }
}

/// What the posts of a sample are and have.
#[derive(Default)]
struct Met {
    languages: BTreeSet<Language>,
    pairs: HashSet<Pair>,
}

/// Why a marker has no answer on any post of a sample.
fn silence(annotator: &Annotator, marker: &str, met: &Met) -> String {
    let known = annotator.explainable();
    // Of a rule's labels those that expressions do not make are not explained, but they are answered.
    let is_of = |name: &str| marker.strip_prefix(name).is_some_and(|label| label.is_empty() || label.starts_with('.'));
    if !known.iter().any(|name| is_of(name)) {
        let family = marker.split('.').next().unwrap_or_default();
        let near: Vec<&str> =
            known.iter().map(String::as_str).filter(|name| name.split('.').next() == Some(family)).collect();
        let near = if near.is_empty() { known.iter().map(String::as_str).collect() } else { near };
        return format!("nothing answers the marker `{marker}`; these are answered: {}", near.join(", "));
    }
    let mut heads = annotator.models().iter().flat_map(Model::heads);
    let head = heads.find(|head| head.marker == marker || head.markers().iter().any(|name| name == marker));
    if let Some(head) = head {
        if head.kind == HeadKind::Regression {
            return format!(
                "`{marker}` is a value on a scale, and no alert is driven by it: an audit asks for yes or no"
            );
        }
        let each = head.markers();
        if !each.iter().any(|name| name == marker) {
            return format!("`{marker}` has several labels, and an audit is of one: {}", each.join(", "));
        }
        if let Some(pair) = head.pair.filter(|pair| !met.pairs.contains(pair)) {
            let field = match pair {
                Pair::Topic => "topic",
                Pair::Parent => "parent_text",
            };
            return format!("`{marker}` is asked only of posts that have a `{field}`, and none of the sample has one");
        }
    }
    let answered = annotator.languages_of(marker);
    if !answered.is_empty() && !answered.iter().any(|language| met.languages.contains(language)) {
        return format!(
            "`{marker}` is answered in {}, and the posts were taken for {}: where that is wrong, give them a `lang`",
            codes(answered),
            codes(met.languages.iter().copied())
        );
    }
    format!(
        "`{marker}` is not asked of any post of the sample, or abstains on all of them, or is no label of its marker"
    )
}

fn codes(languages: impl IntoIterator<Item = Language>) -> String {
    languages.into_iter().map(Language::code).collect::<Vec<_>>().join(", ")
}

fn read(path: &std::path::Path) -> Result<Vec<Labelled>, Failure> {
    let name = if is_dash(path) { "standard input".to_owned() } else { path.display().to_string() };
    let mut lines = Lines::new(open(path).or_exit(Exit::Input)?.reader);
    let mut sample: Vec<Labelled> = Vec::new();
    let mut lines_of: HashMap<String, u64> = HashMap::new();
    while let Some(line) = lines.read().with_context(|| format!("cannot read {name}")).or_exit(Exit::Input)? {
        // An audit stands on a whole sample: a line that cannot be read is no small matter here.
        let bytes = line.content.map_err(|(_, detail)| anyhow::anyhow!("{name}, line {}: {detail}", line.number));
        let labelled: Labelled = serde_json::from_slice(bytes.or_exit(Exit::Input)?)
            .map_err(|fault| {
                let place = format!("{name}, line {}, column {}", line.number, fault.column());
                anyhow::anyhow!(
                    "{place}: not a labelled post: id, text, label (yes or no), perhaps lang, group, paraphrase_of"
                )
            })
            .or_exit(Exit::Input)?;
        if let Some(first) = lines_of.insert(labelled.post.id.clone(), line.number) {
            return Err(anyhow::anyhow!(
                "{name}, line {}: its id is that of line {first}; a post counts once",
                line.number
            ))
            .or_exit(Exit::Input);
        }
        sample.push(labelled);
    }
    Ok(sample)
}

/// How many of the posts say, topic and parent included, what one before them says; capitals and white space aside.
fn repeated(sample: &[Labelled]) -> usize {
    let plain = |text: Option<&str>| {
        text.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
    };
    let said = sample.iter().map(|Labelled { post, .. }| {
        [Some(post.text.as_str()), post.topic.as_deref(), post.parent_text.as_deref()].map(plain)
    });
    sample.len() - said.collect::<HashSet<_>>().len()
}

/// In which languages a marker may drive alerts, and in which it may not; nothing where it has not passed.
fn verdict(audit: &Audit) -> Option<String> {
    let (passed, not) = (audit.in_languages(true).join(", "), audit.in_languages(false).join(", "));
    let not = if not.is_empty() { not } else { format!(", not in {not}") };
    audit.passed.then(|| format!("in {passed}{not}"))
}

fn table(audit: &Audit) -> String {
    let share = |share: &Share| match (share.value, share.lower, share.upper) {
        (Some(value), Some(lower), Some(upper)) => format!(
            "{:5.1} % ({:.1} to {:.1}; {} of {})",
            100.0 * value,
            100.0 * lower,
            100.0 * upper,
            share.k,
            share.n
        ),
        _ => "nothing counted".to_owned(),
    };
    let mut lines = vec![
        format!("{}: {}", audit.marker, if audit.passed { "passed" } else { "not passed" }),
        format!("  answered      {}", share(&audit.coverage)),
    ];
    for (language, posts) in &audit.unanswered {
        let of = if language == Language::Other.code() {
            "in another language, or in none that was told or could be told from the text".to_owned()
        } else {
            format!("in {language}")
        };
        lines.push(format!("  not answered  {posts} {of}"));
    }
    lines.push(format!("  sensitivity   {}", share(&audit.agreement.sensitivity)));
    lines.push(format!("  specificity   {}", share(&audit.agreement.specificity)));
    for (group, own) in &audit.groups {
        lines.push(format!(
            "  in {group}: sensitivity {}, specificity {}",
            share(&own.sensitivity),
            share(&own.specificity)
        ));
    }
    if let Some(error) = audit.calibration_error {
        lines.push(format!("  calibration error {error:.3}"));
    }
    lines.push(format!("  paraphrases   {} answered alike", share(&audit.stability)));
    for (language, judged) in &audit.languages {
        lines.push(format!("  in {language} by itself: {}", if judged.passed { "passed" } else { "not passed" }));
        lines.extend(judged.faults.iter().map(|fault| format!("    {fault}")));
    }
    lines.extend(audit.faults.iter().map(|fault| format!("  FAULT {fault}")));
    lines.join("\n") + "\n"
}
