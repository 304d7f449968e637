//! The JSON lines of `tidemark annotate`: posts in, annotated posts out, one a line, in the same order.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use tidemark_domain::post::says_bot;
use tidemark_domain::{Language, Provenance, RejectReason};

/// One line of input. What a post may lack never costs the post: a number is taken as its digits, anything else as absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PostLine {
    /// The post's id, given back in the answer. A number is taken as its digits.
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    /// The text; empty in a deletion.
    #[serde(default)]
    pub text: String,
    /// BCP 47 tag of the text's language; told from the text where absent.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The author's id.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was written: RFC 3339, a date, or a count since 1970.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Place code.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What happened to the post: `create` where absent, `update`, or `delete`. Any other word is none.
    #[serde(default, deserialize_with = "known_op", skip_serializing_if = "Option::is_none")]
    pub op: Option<Op>,
    /// The source itself says that the author is a bot.
    #[serde(default, deserialize_with = "bot_flag", skip_serializing_if = "is_false")]
    pub is_bot: bool,
    /// The text this post answers.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub parent_text: Option<String>,
    /// The topic a stance is taken on.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The id of the post this post answers.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The id of the conversation it is part of.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
}

/// What happened to a post in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// It was written.
    Create,
    /// Its text was replaced.
    Update,
    /// It was deleted.
    Delete,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants a reference
const fn is_false(flag: &bool) -> bool {
    !*flag
}

fn lenient<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn known_op<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Op>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(deserializer)?).ok())
}

fn bot_flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Bool(flag) => flag,
        serde_json::Value::Number(number) => says_bot(&number.to_string()),
        serde_json::Value::String(word) => says_bot(&word),
        _ => false,
    })
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(String),
        Number(serde_json::Number),
    }
    Ok(match Id::deserialize(deserializer)? {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
    })
}

/// One line of what `tidemark polarization` reads, as far as conversations need it: a post with or without labels, or an
/// annotated post.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ConversationLine {
    /// The post's id. A number is taken as its digits.
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    /// The text, which those that answer it are read with; an annotated post has none.
    #[serde(default, deserialize_with = "lenient")]
    pub text: Option<String>,
    /// When it was written: RFC 3339, a date, or a count since 1970.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<String>,
    /// What happened to the post.
    #[serde(default, deserialize_with = "known_op")]
    pub op: Option<Op>,
    /// What the stance is about.
    #[serde(default, deserialize_with = "lenient")]
    pub topic: Option<String>,
    /// The id of the post this post answers.
    #[serde(default, deserialize_with = "lenient")]
    pub parent: Option<String>,
    /// The id of the conversation it is part of.
    #[serde(default, deserialize_with = "lenient")]
    pub conversation: Option<String>,
    /// Its labels, whoever gave them; true is `yes` and false is `no`, but of a stance, which is a side. What is no label
    /// says nothing, and does not cost the post.
    #[serde(default, deserialize_with = "known_labels")]
    pub labels: BTreeMap<String, Labels>,
    /// Whether it has been annotated: it then says which versions made it.
    #[serde(default, rename = "provenance", deserialize_with = "is_there")]
    pub is_annotated: bool,
}

fn known_labels<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Labels>, D::Error> {
    let serde_json::Value::Object(given) = serde_json::Value::deserialize(deserializer)? else {
        return Ok(BTreeMap::new());
    };
    let label = |marker: &str, given| match given {
        serde_json::Value::Bool(_) if marker.ends_with(".stance") => None,
        serde_json::Value::Bool(flag) => Some(Labels::One(if flag { "yes" } else { "no" }.to_owned())),
        given => serde_json::from_value(given).ok(),
    };
    let known = |(marker, given): (String, serde_json::Value)| label(&marker, given).map(|label| (marker, label));
    Ok(given.into_iter().filter_map(known).collect())
}

fn is_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(deserializer)?.is_some())
}

/// A marker's scores: one number, or one for each label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scores {
    /// A yes/no marker's probability, or a value on a scale.
    One(f32),
    /// A probability for each label.
    Each(BTreeMap<String, f32>),
}

/// The label of a marker that is too unsure to decide, or cannot tell.
pub const ABSTAIN: &str = "abstain";

/// A marker's decision: one label, or every label that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Labels {
    /// `yes`, `no`, a class, or [`ABSTAIN`].
    One(String),
    /// The labels that hold, perhaps none.
    Each(Vec<String>),
}

impl Labels {
    /// The decision not to decide.
    #[must_use]
    pub fn abstention() -> Self {
        Self::One(ABSTAIN.to_owned())
    }

    /// Whether nothing was decided. Such a post does not count for the marker, whatever its score: it is neither among those
    /// that show it nor among those that could be asked.
    #[must_use]
    pub fn abstains(&self) -> bool {
        matches!(self, Self::One(label) if label == ABSTAIN)
    }
}

/// One line of output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnotatedLine {
    /// The post's id.
    pub id: String,
    /// The language it was scored in.
    pub language: Language,
    /// Carried over from the input, so that `tidemark series` can read this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Carried over from the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Carried over from the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Carried over from the input. A deletion has no scores.
    #[serde(default, deserialize_with = "known_op", skip_serializing_if = "Option::is_none")]
    pub op: Option<Op>,
    /// Carried over from the input.
    #[serde(default, deserialize_with = "bot_flag", skip_serializing_if = "is_false")]
    pub is_bot: bool,
    /// Carried over from the input, or given by the settings; so that `tidemark polarization` can read this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Carried over from the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Carried over from the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// `repost`, `link` (addresses and handles alone), or the digest of a long text, which posts of one wording share.
    /// Absent where there is none.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
    /// Model markers, and those made of them and of expressions. One that cannot be answered is absent, never zero.
    pub scores: BTreeMap<String, Scores>,
    /// Their decisions.
    pub labels: BTreeMap<String, Labels>,
    /// Lexicon categories that cover the language, `<lexicon>.<category>`: hits per token, zero where there are none.
    pub lexicon: BTreeMap<String, f32>,
    /// The names of the markers that are present, each label of a head and each `lexicon.<lexicon>.<category>` a marker
    /// of its own. Absent where whoever wrote the file did not decide: then labels and scores above zero tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<Vec<String>>,
    /// Which versions made it.
    pub provenance: Provenance,
}

/// Why a text has a score. Places are counted in characters (Unicode code points) of the text that was scored, in which
/// handles and addresses are masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The language it was scored in.
    pub language: Language,
    /// The marker.
    pub marker: String,
    /// The label whose score is explained; `yes` of a yes/no marker; of a rule and of a lexicon's category what it decided,
    /// `abstain` included. Absent where nothing is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether nothing was decided: the marker's label is [`ABSTAIN`], wherever the score lies.
    #[serde(default, skip_serializing_if = "is_false")]
    pub abstains: bool,
    /// Its score; absent where the marker cannot be answered in this language, and where a rule abstains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// What the score must reach for the label to hold; of labels of which one holds, that with the largest multiple of its
    /// threshold. Absent where there is no score, for a value on a scale, of a rule that counts expressions, and of a lexicon's
    /// category that one hit makes present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// Of a marker made of others, the one that made it: `score`, `threshold` and `words` are its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What the words contribute, in the order of the text.
    pub words: Vec<ExplainedWord>,
    /// Of a marker made by a rule, the expressions that the rule looks for; of a lexicon's category, the terms of it; those that
    /// negation takes away included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cues: Vec<LexiconHit>,
    /// What the lexica hit, the hits that negation takes away included.
    pub lexicon: Vec<LexiconHit>,
    /// Which versions made it.
    pub provenance: Provenance,
}

/// A word, or in a long text some neighbouring words, and how far the label's log-odds fall without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedWord {
    /// First character.
    pub start: usize,
    /// After the last character.
    pub end: usize,
    /// The word.
    pub text: String,
    /// Positive speaks for the label.
    pub weight: f32,
}

/// A term of a lexicon in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LexiconHit {
    /// `<lexicon>.<category>`.
    pub category: String,
    /// First character.
    pub start: usize,
    /// After the last character.
    pub end: usize,
    /// The term as it stands there.
    pub text: String,
    /// Its weight.
    pub weight: f32,
    /// A negation reaches it, and it is not counted.
    pub negated: bool,
}

/// One line of `tidemark explain`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedLine {
    /// The post's id.
    pub id: String,
    /// Why it has its score.
    #[serde(flatten)]
    pub explanation: Explanation,
}

/// One line of `OUT.rejects.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectLine {
    /// The line in the input, from 1.
    pub line: u64,
    /// [`tidemark_domain::RejectReason`] code.
    pub reason: String,
    /// What was wrong, never what the line says.
    pub detail: String,
}

impl RejectLine {
    /// Writes one to `rejects`, as a line.
    ///
    /// # Errors
    /// Where `rejects` cannot be written.
    pub fn write(rejects: &mut impl Write, line: u64, reason: RejectReason, detail: String) -> io::Result<()> {
        let mut text = serde_json::to_vec(&Self { line, reason: reason.code().to_owned(), detail })?;
        text.push(b'\n');
        rejects.write_all(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::{AnnotatedLine, ConversationLine, Labels, Op, PostLine};

    #[test]
    fn ids_may_be_numbers() {
        let line: PostLine =
            serde_json::from_str(r#"{"id": 12345678901234567890, "text": "x", "extra": null}"#).expect("valid");
        assert_eq!(line.id, "12345678901234567890");
    }

    #[test]
    fn operations_and_flags_of_other_makers_cost_no_post() {
        let made = r#""scores":{},"labels":{},"lexicon":{},"provenance":{"model":"m","lexicon":"l","code":"0"}"#;
        for (flags, op, is_bot) in [
            (r#""is_bot": 0"#, None, false),
            (r#""is_bot": 1, "op": "delete""#, Some(Op::Delete), true),
            (r#""is_bot": "false", "op": "create""#, Some(Op::Create), false),
            (r#""is_bot": "True""#, None, true),
            (r#""is_bot": null, "op": null"#, None, false),
            (r#""is_bot": [true], "op": ["delete"]"#, None, false),
            (r#""is_bot": true, "op": "update""#, Some(Op::Update), true),
            (r#""op": "repost""#, None, false),
            (r#""op": 3"#, None, false),
        ] {
            let post: PostLine = serde_json::from_str(&format!(r#"{{"id": "1", "text": "x", {flags}}}"#)).expect(flags);
            assert_eq!((post.op, post.is_bot), (op, is_bot), "{flags}");
            let line: AnnotatedLine =
                serde_json::from_str(&format!(r#"{{"id": "1", "language": "en", {made}, {flags}}}"#)).expect(flags);
            assert_eq!((line.op, line.is_bot), (op, is_bot), "{flags}");
            let line: ConversationLine = serde_json::from_str(&format!(r#"{{"id": "1", {flags}}}"#)).expect(flags);
            assert_eq!(line.op, op, "{flags}");
        }
    }

    #[test]
    fn a_line_of_a_conversation_needs_its_id_and_keeps_the_labels_it_has() {
        let read = |text: &str| serde_json::from_str::<ConversationLine>(text).expect("valid");
        let bare = read(r#"{"id": 7, "text": "x", "labels": "yes", "provenance": null}"#);
        assert_eq!((bare.id.as_str(), bare.labels.len(), bare.is_annotated), ("7", 0, false));
        assert_eq!(bare.text.as_deref(), Some("x"));
        let labelled = read(r#"{"id": "7", "labels": {"polarization.stance": "favor", "mine": {"of": 1}}}"#);
        assert_eq!(labelled.labels["polarization.stance"], Labels::One("favor".to_owned()));
        assert_eq!((labelled.labels.len(), labelled.is_annotated), (1, false));
        let flagged = r#"{"polarization.affect": true, "polarization.agreement": false, "polarization.stance": true}"#;
        let flagged = read(&format!(r#"{{"id": "7", "labels": {flagged}}}"#));
        assert_eq!(flagged.labels.len(), 2);
        let word = |marker: &str| flagged.labels[marker].clone();
        assert_eq!(word("polarization.affect"), Labels::One("yes".to_owned()));
        assert_eq!(word("polarization.agreement"), Labels::One("no".to_owned()));
        assert!(read(r#"{"id": "7", "provenance": {"model": "m", "lexicon": "l", "code": "0"}}"#).is_annotated);
        assert!(serde_json::from_str::<ConversationLine>("{}").is_err());
    }

    #[test]
    fn output_has_the_documented_shape() {
        let text = r#"{"id":"1","language":"en","scores":{"mh.stress":0.5,"sentiment":{"positive":0.25}},"labels":{"emotion.goemotions":[],"mh.stress":"yes"},"lexicon":{"vader.negative":0.0},"provenance":{"model":"m","lexicon":"l","code":"0"}}"#;
        let line: AnnotatedLine = serde_json::from_str(text).expect("valid");
        assert_eq!(serde_json::to_string(&line).expect("valid"), text);
        let decided = text.replace(r#","provenance""#, r#","present":["mh.stress"],"provenance""#);
        let line: AnnotatedLine = serde_json::from_str(&decided).expect("valid");
        assert_eq!(serde_json::to_string(&line).expect("valid"), decided);
    }
}
