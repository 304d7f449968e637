//! From file to file: JSON lines of posts in, JSON lines of annotated posts out, in the same order.

use crate::annotator::Annotation;
use crate::{Annotator, Error, Prepare, Prepared};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use tidemark_domain::{Language, Proportion, RejectReason, Score, Wording};
use tidemark_wire::annotated_file::{AnnotatedLine, Op, PostLine, RejectLine};
use tidemark_wire::lines::Lines;

/// A longer text is refused.
pub const TEXT_CHARS_MAX: usize = 100_000;

/// What stands in the output where a line of the input is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// Nothing.
    Omitted,
    /// A blank line, so that an answer has the number of its post's line.
    Blank,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Posts answered.
    pub answered: u64,
    /// Lines rejected.
    pub rejected: u64,
    /// Model tokens it took.
    pub tokens: u64,
    /// By marker with labels, on how many posts it abstained, of those that it was asked of.
    pub abstained: BTreeMap<String, Proportion>,
}

/// Annotates every line of `input`. Empty lines are passed over. `progress` hears of bytes read and lines done.
///
/// # Errors
/// Where input or outputs fail, or inference does. A line that cannot be read is not an error: it goes to `rejects`.
pub fn annotate_lines(
    annotator: &Annotator,
    input: impl BufRead,
    mut output: impl Write,
    mut rejects: impl Write,
    unanswered: Unanswered,
    prepare: Prepare<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    let posts_max = annotator.posts_at_once();
    let mut pending: Vec<Pending> = Vec::with_capacity(posts_max);
    // Lines that have, or will have, one of their own in the output.
    let mut placed = 0;
    let mut lines = Lines::new(input);
    loop {
        let line = match lines.read() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(source) => return Err(Error::Read { line: lines.number(), source }),
        };
        match line.content.and_then(read_post) {
            Ok(post) => {
                let context = [post.topic.as_deref(), post.parent_text.as_deref()];
                let prepared = Prepared::of(prepare, &post.text, post.lang.as_deref(), context);
                let wording = Wording::of(&prepared.text, digest);
                let blanks_before = if unanswered == Unanswered::Blank { line.number - placed - 1 } else { 0 };
                placed = line.number;
                pending.push(Pending { post, prepared, wording, blanks_before });
            }
            Err((reason, detail)) => {
                summary.rejected += 1;
                RejectLine::write(&mut rejects, line.number, reason, detail).map_err(Error::Write)?;
            }
        }
        if pending.len() == posts_max {
            write_batch(annotator, &mut pending, &mut output, &mut summary)?;
            progress(lines.bytes(), lines.number());
        }
    }
    write_batch(annotator, &mut pending, &mut output, &mut summary)?;
    progress(lines.bytes(), lines.number());
    output.flush().map_err(Error::Write)?;
    rejects.flush().map_err(Error::Write)?;
    Ok(summary)
}

/// Reads one line into a post, or says why not, without repeating what the line says.
///
/// # Errors
/// The reason and a detail for the rejects file.
pub fn read_post(line: &[u8]) -> Result<PostLine, (RejectReason, String)> {
    let text = std::str::from_utf8(line)
        .map_err(|error| (RejectReason::InvalidUtf8, format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let mut post: PostLine = serde_json::from_str(text).map_err(|error| json_fault(text, &error))?;
    if post.text.is_empty() && post.op != Some(Op::Delete) && !text.contains("\"text\"") {
        return Err((RejectReason::MissingField, "`text` is missing".to_owned()));
    }
    let contexts = [&mut post.parent_text, &mut post.topic].into_iter().flatten();
    for text in contexts.chain([&mut post.text]).filter(|text| text.contains('\0')) {
        *text = text.replace('\0', "");
    }
    if post.op == Some(Op::Delete) {
        post.text.clear();
        return Ok(post);
    }
    if post.text.trim().is_empty() {
        return Err((RejectReason::EmptyText, "the text is empty".to_owned()));
    }
    if post.text.len() > TEXT_CHARS_MAX && post.text.chars().count() > TEXT_CHARS_MAX {
        return Err((RejectReason::TextTooLong, format!("the text is longer than {TEXT_CHARS_MAX} characters")));
    }
    Ok(post)
}

/// Tells broken JSON from a missing field from a field of the wrong type.
fn json_fault(text: &str, error: &serde_json::Error) -> (RejectReason, String) {
    if !error.is_data() {
        return (RejectReason::Malformed, format!("not JSON at column {}", error.column()));
    }
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(text) else {
        return (RejectReason::Malformed, "not a JSON object".to_owned());
    };
    for required in ["id", "text"] {
        if fields.get(required).is_none_or(serde_json::Value::is_null) {
            return (RejectReason::MissingField, format!("`{required}` is missing"));
        }
    }
    (RejectReason::WrongType, format!("a field has the wrong type at column {}", error.column()))
}

/// Without a key, so that a file is the same whenever it is made, and copies are found across files. Whoever holds a line
/// holds the post's id as well.
fn digest(wording: &str) -> u64 {
    blake3::hash(wording.as_bytes()).as_bytes().iter().take(8).fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

/// A post on its way to its answer.
struct Pending {
    post: PostLine,
    prepared: Prepared,
    wording: Option<Wording>,
    /// Blank lines to be written before its answer.
    blanks_before: u64,
}

fn write_batch(
    annotator: &Annotator,
    pending: &mut Vec<Pending>,
    output: &mut impl Write,
    summary: &mut Summary,
) -> Result<(), Error> {
    let posts: Vec<_> = pending.iter().map(|pending| pending.prepared.input()).collect();
    let (annotations, tokens) = annotator.annotate(&posts)?;
    summary.answered += annotations.len() as u64;
    summary.tokens += tokens as u64;
    for (Pending { post, prepared, wording, blanks_before }, annotation) in pending.drain(..).zip(annotations) {
        for _ in 0..blanks_before {
            output.write_all(b"\n").map_err(Error::Write)?;
        }
        let answer = annotated_line(annotator, post, prepared.language, wording, &annotation);
        for (marker, labels) in &answer.labels {
            let asked = summary.abstained.entry(marker.clone()).or_default();
            asked.n += 1;
            asked.k += u64::from(labels.abstains());
        }
        // Through a buffer of its own, so that a full disk is an IO error and not one of JSON.
        let mut answer = serde_json::to_vec(&answer)?;
        answer.push(b'\n');
        output.write_all(&answer).map_err(Error::Write)?;
    }
    Ok(())
}

fn annotated_line(
    annotator: &Annotator,
    post: PostLine,
    language: Language,
    wording: Option<Wording>,
    annotation: &Annotation,
) -> AnnotatedLine {
    // What was deleted is not scored.
    let is_deleted = post.op == Some(Op::Delete);
    let (scores, labels) = if is_deleted { Default::default() } else { annotator.model_answers(annotation) };
    let present = |score: Score| score.present.then_some(score.marker);
    AnnotatedLine {
        id: post.id,
        language,
        author: post.author,
        created_at: post.created_at,
        region: post.region,
        op: post.op,
        is_bot: post.is_bot,
        topic: annotator.topic_given(annotation).map(str::to_owned).or(post.topic),
        parent: post.parent,
        conversation: post.conversation,
        wording: wording.map(|wording| wording.to_string()),
        scores,
        labels,
        lexicon: if is_deleted { Default::default() } else { annotator.lexicon_answers(annotation) },
        present: (!is_deleted).then(|| annotator.scores(annotation).into_iter().filter_map(present).collect()),
        provenance: annotator.provenance().clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Summary, Unanswered, annotate_lines, read_post};
    use crate::{Annotator, Settings};
    use tidemark_domain::{Language, RejectReason};
    use tidemark_wire::annotated_file::AnnotatedLine;

    /// What lexica answer: the summary and the lines of the output.
    fn annotated(input: &str, unanswered: Unanswered) -> (Summary, Vec<String>) {
        annotated_by(&Settings { lexica_only: true, ..Settings::default() }, input, unanswered)
    }

    fn annotated_by(settings: &Settings, input: &str, unanswered: Unanswered) -> (Summary, Vec<String>) {
        let annotator = Annotator::load(settings).expect("lexica");
        let (mut output, prepare) = (Vec::new(), |text: &str, _: Option<&str>| (text.to_owned(), Language::English));
        let (rejects, progress) = (std::io::sink(), |_, _| ());
        let summary =
            annotate_lines(&annotator, input.as_bytes(), &mut output, rejects, unanswered, &prepare, progress)
                .expect("annotated");
        (summary, String::from_utf8(output).expect("text").lines().map(str::to_owned).collect())
    }

    #[test]
    fn an_answer_can_keep_the_number_of_its_line() {
        let input =
            "{\n\n{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"text\": \"b\"}\n[]\n{\"id\": 3, \"text\": \"c\"}\n{\n";
        let (summary, lines) = annotated(input, Unanswered::Blank);
        assert_eq!((summary.answered, summary.rejected), (3, 3));
        let is_answered: Vec<_> = lines.iter().map(|line| !line.is_empty()).collect();
        assert_eq!(is_answered, [false, false, true, true, false, true]);
        assert_eq!(annotated(input, Unanswered::Omitted).1.len(), 3);
    }

    #[test]
    fn a_byte_order_mark_and_ids_and_authors_that_are_numbers_cost_no_post() {
        let input = "\u{feff}{\"id\": 1, \"author\": 7, \"text\": \"a\"}\n{\"id\": 12345678901234567890, \"author\": -2, \"text\": \"b\"}\n";
        let (summary, lines) = annotated(input, Unanswered::Omitted);
        assert_eq!((summary.answered, summary.rejected), (2, 0));
        let read = |line: &String| serde_json::from_str::<AnnotatedLine>(line).expect("an annotated line");
        let known: Vec<_> = lines.iter().map(read).map(|line| (line.id, line.author.expect("told"))).collect();
        let pair = |id: &str, author: &str| (id.to_owned(), author.to_owned());
        assert_eq!(known, [pair("1", "7"), pair("12345678901234567890", "-2")]);
    }

    #[test]
    fn presence_is_the_lexicons_own_answer_and_not_a_score_above_zero() {
        let present = |text: &str| {
            let (_, lines) = annotated(&format!(r#"{{"id": 1, "text": "{text}"}}"#), Unanswered::Omitted);
            let line: AnnotatedLine = serde_json::from_str(&lines[0]).expect("an annotated line");
            let names = line.present.expect("decided");
            (line.lexicon["vader.negative"], names.iter().any(|name| name == "lexicon.vader.negative"))
        };
        let (score, is_present) = present("fun hurt");
        assert!(score > 0.0 && score < 0.05 && !is_present, "{score} {is_present}");
        assert!(present("I am terribly sad").1);
        let (_, deleted) = annotated(r#"{"id": 1, "op": "delete"}"#, Unanswered::Omitted);
        assert!(!deleted[0].contains("present"), "{deleted:?}");
    }

    #[test]
    fn what_abstains_is_counted_and_has_no_presence() {
        let posts = [r#"{"id": 1, "text": "so lonely: I miss my mother"}"#, r#"{"id": 2, "text": "so lonely"}"#];
        let (summary, lines) = annotated(&posts.join("\n"), Unanswered::Omitted);
        let of = |marker: &str| summary.abstained.get(marker).map(|asked| (asked.k, asked.n));
        assert_eq!((of("loneliness.interpersonal"), of("mh.stress")), (Some((1, 2)), None));
        let abstains = |line: &String| {
            let line: AnnotatedLine = serde_json::from_str(line).expect("an annotated line");
            line.labels["loneliness.interpersonal"].abstains()
        };
        assert_eq!(lines.iter().map(abstains).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_line_says_the_topic_that_its_post_was_given() {
        let topics = serde_json::json!([{"name": "vaccination", "matches": ["vaccin*"]}]);
        let settings = serde_json::json!({"lexica_only": true, "topics": topics});
        let settings: Settings = serde_json::from_value(settings).expect("settings");
        let posts = [
            r#"{"id": 1, "text": "vaccines"}"#,
            r#"{"id": 2, "text": "vaccines", "topic": "a law"}"#,
            r#"{"id": 3, "text": "sea"}"#,
            r#"{"id": 4, "op": "delete"}"#,
        ];
        let lines = annotated_by(&settings, &posts.join("\n"), Unanswered::Omitted).1;
        let read = |line: &String| serde_json::from_str::<AnnotatedLine>(line).expect("an annotated line").topic;
        let found: Vec<_> = lines.iter().map(read).collect();
        assert_eq!(found, [Some("vaccination".to_owned()), Some("a law".to_owned()), None, None]);
    }

    #[test]
    fn a_line_says_whose_words_its_post_holds() {
        let long = "I can't sleep, I can't eat, and tomorrow it all starts over again";
        let texts =
            [long.to_owned(), format!("{} 😭", long.to_uppercase()), "RT @user: no".into(), "http".into(), "no".into()];
        let posts: Vec<String> =
            texts.iter().enumerate().map(|(id, text)| format!(r#"{{"id": {id}, "text": "{text}"}}"#)).collect();
        let read = |line: &String| serde_json::from_str::<AnnotatedLine>(line).expect("an annotated line").wording;
        let wordings: Vec<_> = annotated(&posts.join("\n"), Unanswered::Omitted).1.iter().map(read).collect();
        assert!(wordings[0].is_some() && wordings[0] == wordings[1]);
        assert_eq!(wordings[2..], [Some("repost".to_owned()), Some("link".to_owned()), None]);
    }

    fn reason(line: &[u8]) -> RejectReason {
        read_post(line).expect_err("a reject").0
    }

    #[test]
    fn each_fault_has_its_reason() {
        assert_eq!(reason(b"{\"id\": \"1\", \"text\": "), RejectReason::Malformed);
        assert_eq!(reason(b"[1, 2]"), RejectReason::Malformed);
        assert_eq!(reason(b"{\"id\": \"1\", \"text\": \"\xff\"}"), RejectReason::InvalidUtf8);
        assert_eq!(reason(br#"{"id": "1"}"#), RejectReason::MissingField);
        assert_eq!(reason(br#"{"text": "x"}"#), RejectReason::MissingField);
        assert_eq!(reason(br#"{"id": "1", "text": 7}"#), RejectReason::WrongType);
        assert_eq!(reason(br#"{"id": "1", "text": " \n "}"#), RejectReason::EmptyText);
        assert_eq!(reason(br#"{"id": "1", "text": "\u0000"}"#), RejectReason::EmptyText);
        let long = format!(r#"{{"id": "1", "text": "{}"}}"#, "é".repeat(100_001));
        assert_eq!(reason(long.as_bytes()), RejectReason::TextTooLong);
    }

    #[test]
    fn details_never_repeat_the_line() {
        let secret = br#"{"id": "private-id", "text": 12345}"#;
        assert!(!read_post(secret).expect_err("a reject").1.contains("private-id"));
    }

    #[test]
    fn emoji_extra_fields_and_nul_are_fine() {
        let line = r#"{"id": 3, "text": "😭\u0000", "parent_text": "\u0000no", "more": [1]}"#;
        let post = read_post(line.as_bytes()).expect("a post");
        assert_eq!((post.id.as_str(), post.text.as_str(), post.parent_text.as_deref()), ("3", "😭", Some("no")));
    }
}
