//! A record becomes a post event, or it is refused with a reason. Pure: the time of reading is an argument.

use crate::instant::{in_range, read_time};
use crate::language;
use crate::mapping::Clock;
use crate::mask::{SpanKind, mask, mask_spans};
use crate::pseudonym::Pseudonymiser;
use crate::record::{Fault, RawPost};
use jiff::Timestamp;
use tidemark_domain::RejectReason::{EmptyText, MissingField, TextTooLong, WrongType};
use tidemark_domain::post::{says_bot, says_removed};
use tidemark_domain::{AuthorKey, EventId, Operation, PostEvent, PostKey, Wording};

/// A longer text is refused. Counted in characters (Unicode scalar values).
pub const MAX_TEXT_CHARS: usize = 100_000;
/// A longer id or name is refused: it is a text in the wrong column.
pub const MAX_NAME_CHARS: usize = 512;

/// Reddit's communities of one person carry that person's handle.
const PROFILE_COMMUNITY: &str = "u_";

/// What all records of a run have in common.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The source's name.
    pub source: &'a str,
    /// The run's id.
    pub run_id: &'a str,
    /// How times are written.
    pub clock: &'a Clock,
    /// The deployment's secret.
    pub pseudonymiser: &'a Pseudonymiser,
    /// When it is read.
    pub now: Timestamp,
    /// When a deletion without a time is taken to have been made: the same however often the record is read.
    pub undated: Timestamp,
}

/// The post event that `record` describes. `own_id` is its native id where it brings none.
///
/// NUL characters are dropped from texts: they carry no meaning, and half of the world's databases cannot hold them.
///
/// # Errors
/// A [`Fault`] where the record is no post.
pub fn normalise(record: &RawPost, own_id: Option<&str>, event_id: EventId, run: &Run<'_>) -> Result<PostEvent, Fault> {
    let operation = match record.operation.as_deref().map(str::trim) {
        None | Some("") => Operation::Create,
        Some(name) => read_operation(name)?,
    };
    // Those who are gone have one name everywhere: pseudonymised, all of them would be one person.
    let author = name(record.author.as_deref(), "author")?.filter(|author| !says_removed(author));
    let author = author.map(|author| run.pseudonymiser.author(run.source, author));
    let native_id = name(record.id.as_deref(), "id")?;
    let key_of = |id: &str| run.pseudonymiser.post(run.source, id);
    let post_key = match operation {
        Operation::DeleteAuthor => {
            author_post_key(run.source, author.ok_or_else(|| missing("author", "a deletion of an author"))?)
        }
        Operation::Create => key_of(native_id.or(own_id).ok_or_else(|| missing("id", "a post"))?),
        Operation::Update | Operation::DeletePost => {
            key_of(native_id.ok_or_else(|| missing("id", "an edit or deletion"))?)
        }
    };
    let is_deletion = matches!(operation, Operation::DeletePost | Operation::DeleteAuthor);
    let created_at = match record.created_at.as_deref() {
        Some(time) if !time.trim().is_empty() => read_time(time, run.clock, run.now)?,
        _ if is_deletion => run.undated,
        _ => return Err(Fault::new(MissingField, "the record has no time")),
    };
    let text = match (&record.text, is_deletion) {
        (_, true) => String::new(),
        (Some(text), false) => read_text(text, &[])?,
        (None, false) => return Err(Fault::new(MissingField, "the record has no text")),
    };
    let language = language::tell(&text, record.language.as_deref());
    let wording = Wording::of(&text, |own| run.pseudonymiser.wording(run.source, own));
    Ok(PostEvent {
        event_id,
        post_key,
        source: run.source.to_owned(),
        run_id: run.run_id.to_owned(),
        operation,
        author,
        created_at,
        observed_at: run.now,
        language,
        text,
        region: name(record.place.as_deref(), "place")?.map(str::to_owned),
        community: name(record.community.as_deref(), "community")?
            .filter(|community| !community.starts_with(PROFILE_COMMUNITY))
            .map(str::to_owned),
        parent: name(record.parent.as_deref(), "parent")?.map(key_of),
        conversation: name(record.conversation.as_deref(), "conversation")?.map(key_of),
        is_bot_hint: record.is_bot.as_deref().is_some_and(says_bot),
        parent_text: record.parent_text.as_deref().filter(|_| !is_deletion).and_then(read_parent_text),
        topic: name(record.topic.as_deref(), "topic")?.map(|topic| mask(topic).into_owned()),
        wording,
    })
}

/// The key under which an author's deletion travels. Made from the pseudonym: a plain digest of an account's name could
/// be found by trying names.
#[must_use]
pub(crate) fn author_post_key(source: &str, author: AuthorKey) -> PostKey {
    PostKey::of(source, &format!("author:{author}"))
}

/// The text as it is kept: checked, without NUL, masked. `spans` are the source's own marks, in bytes.
pub(crate) fn read_text(text: &str, spans: &[(usize, usize, SpanKind)]) -> Result<String, Fault> {
    // The cheap bound first: a text of that many bytes at most is not too long.
    if text.len() > MAX_TEXT_CHARS && text.chars().count() > MAX_TEXT_CHARS {
        return Err(Fault::new(TextTooLong, format!("the text is longer than {MAX_TEXT_CHARS} characters")));
    }
    let clean = clean(text, spans);
    if clean.is_empty() {
        return Err(Fault::new(EmptyText, "the text is empty"));
    }
    if says_removed(&clean) {
        return Err(Fault::new(EmptyText, "the platform has removed the text"));
    }
    Ok(clean)
}

/// The text that a post answers as it is kept: cleaned as the post's own. What is wrong with it does not cost the post:
/// there is none where it is blank or the platform has removed it, and one that is longer than a text may be is cut there,
/// far beyond what a model reads of it.
fn read_parent_text(text: &str) -> Option<String> {
    let mut clean = clean(text, &[]);
    if let Some((end, _)) = clean.char_indices().nth(MAX_TEXT_CHARS) {
        clean.truncate(end);
    }
    (!clean.is_empty() && !says_removed(&clean)).then_some(clean)
}

/// A text without NUL, masked and without white space around it.
fn clean(text: &str, spans: &[(usize, usize, SpanKind)]) -> String {
    let masked = mask_spans(text, spans);
    if masked.contains('\0') {
        // Masked again: a NUL may have torn a handle in two.
        return mask(&masked.replace('\0', "")).trim().to_owned();
    }
    masked.trim().to_owned()
}

/// A post's time where the source's own clock is known too.
pub(crate) fn checked_time(instant: Timestamp, now: Timestamp) -> Result<Timestamp, Fault> {
    in_range(instant, now)
}

fn read_operation(name: &str) -> Result<Operation, Fault> {
    match name.to_ascii_lowercase().as_str() {
        "create" | "created" | "new" | "post" => Ok(Operation::Create),
        "update" | "updated" | "edit" | "edited" => Ok(Operation::Update),
        "delete" | "deleted" | "delete_post" => Ok(Operation::DeletePost),
        "delete_author" => Ok(Operation::DeleteAuthor),
        _ => Err(Fault::new(WrongType, "the operation is none of create, update, delete_post, delete_author")),
    }
}

fn name<'a>(value: Option<&'a str>, field: &'static str) -> Result<Option<&'a str>, Fault> {
    let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { return Ok(None) };
    if value.len() > MAX_NAME_CHARS && value.chars().count() > MAX_NAME_CHARS {
        return Err(Fault::new(WrongType, format!("`{field}` is longer than {MAX_NAME_CHARS} characters")));
    }
    if value.contains('\0') {
        return Err(Fault::new(WrongType, format!("`{field}` holds a NUL character")));
    }
    Ok(Some(value))
}

fn missing(field: &'static str, of: &'static str) -> Fault {
    Fault::new(MissingField, format!("{of} needs `{field}`"))
}

#[cfg(test)]
mod tests {
    use super::{Run, normalise};
    use crate::mapping::Clock;
    use crate::pseudonym::Pseudonymiser;
    use crate::record::RawPost;
    use tidemark_domain::RejectReason::{
        self, BadTime, EmptyText, MissingField, TextTooLong, TimeOutOfRange, WrongType,
    };
    use tidemark_domain::{EventId, Language, Operation, PostEvent, Wording};

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn post(text: &str) -> RawPost {
        RawPost { id: some("1"), text: some(text), created_at: some("2024-02-29T10:00:00Z"), ..RawPost::default() }
    }

    fn read(record: &RawPost) -> Result<PostEvent, RejectReason> {
        let pseudonymiser = Pseudonymiser::new(&[7; 32]);
        let now = "2026-11-21T10:00:00Z".parse().expect("a time");
        let run = Run {
            source: "s",
            run_id: "r",
            clock: &Clock::default(),
            pseudonymiser: &pseudonymiser,
            now,
            undated: now,
        };
        normalise(record, Some("own"), EventId::of_row("r", 1), &run).map_err(|fault| fault.reason)
    }

    #[test]
    fn a_whole_record_becomes_a_whole_event() {
        let event = read(&RawPost {
            author: some("ana"),
            place: some(" AR-B "),
            community: some("lonely"),
            parent: some("0"),
            conversation: some("00"),
            is_bot: some("True"),
            parent_text: some(" ¿cómo dormiste, @ana? "),
            topic: some("ley de @bea"),
            ..post("hola @ana, otra noche sin dormir")
        })
        .expect("a post");
        assert_eq!(event.text, "hola @user, otra noche sin dormir");
        assert_eq!(event.language, Language::Spanish);
        assert_eq!(event.post_key, Pseudonymiser::new(&[7; 32]).post("s", "1"));
        assert_eq!(event.parent, Some(Pseudonymiser::new(&[7; 32]).post("s", "0")));
        assert_eq!(event.conversation, Some(Pseudonymiser::new(&[7; 32]).post("s", "00")));
        assert_eq!(event.region.as_deref(), Some("AR-B"));
        assert_eq!(event.author, Some(Pseudonymiser::new(&[7; 32]).author("s", "ana")));
        assert!(event.is_bot_hint);
        assert_eq!(event.parent_text.as_deref(), Some("¿cómo dormiste, @user?"));
        assert_eq!(event.topic.as_deref(), Some("ley de @user"));
        assert_eq!((event.source.as_str(), event.run_id.as_str()), ("s", "r"));
    }

    #[test]
    fn texts_are_refused_or_kept_as_documented() {
        assert_eq!(read(&post(" \n\t ")).expect_err("empty"), EmptyText);
        assert_eq!(read(&post("\0\0")).expect_err("empty"), EmptyText);
        assert_eq!(read(&post("[removed]")).expect_err("removed"), EmptyText);
        assert_eq!(read(&post(&"é".repeat(100_001))).expect_err("too long"), TextTooLong);
        assert_eq!(read(&post(&"é".repeat(100_000))).expect("long").text.chars().count(), 100_000);
        assert_eq!(read(&post("a\0b")).expect("a post").text, "ab");
        assert_eq!(read(&post("😭😭")).expect("a post").text, "😭😭");
        assert_eq!(read(&RawPost { text: None, ..post("") }).expect_err("none"), MissingField);
        // A handle that a NUL tears in two is still a handle.
        assert!(!read(&post("hi @\0ana there")).expect("a post").text.contains("ana"));
    }

    #[test]
    fn a_post_says_whose_words_it_holds_and_not_which() {
        let wording = |text: &str| read(&post(text)).expect("a post").wording;
        let long = "I can't sleep, I can't eat, and tomorrow it all starts over again";
        assert!(matches!(wording(long), Some(Wording::Digest(_))));
        assert_eq!(wording(&format!("@ana {} https://example.org", long.to_uppercase())), wording(long));
        assert_ne!(wording(&format!("{long} today")), wording(long));
        assert_eq!(wording("RT @ana: so tired"), Some(Wording::Repost));
        assert_eq!(wording("@ana https://example.org"), Some(Wording::Link));
        assert_eq!(wording("so tired"), None);
        let deletion = RawPost { operation: some("delete"), ..post(long) };
        assert_eq!(read(&deletion).expect("a deletion").wording, None);
    }

    #[test]
    fn what_is_wrong_with_a_parents_text_does_not_cost_the_post() {
        let answering = |parent: &str| {
            let event = read(&RawPost { parent_text: some(parent), ..post("so do I") }).expect("a post");
            assert_eq!(event.text, "so do I");
            event.parent_text
        };
        assert_eq!(
            answering("I am so @\0ana tired, write to ana@example.org\0").as_deref(),
            Some("I am so @user tired, write to @user")
        );
        for none in ["", " \n", "\0", "[removed]", " [deleted] "] {
            assert_eq!(answering(none), None, "{none:?}");
        }
        assert_eq!(answering(&"é".repeat(100_001)).expect("its beginning").chars().count(), 100_000);
        // A deletion and a post that answers nobody's words carry none.
        let deletion = RawPost { operation: some("delete"), parent_text: some("I am tired"), ..post("gone") };
        assert_eq!(read(&deletion).expect("a deletion").parent_text, None);
        assert_eq!(read(&post("so do I")).expect("a post").parent_text, None);
        let long = RawPost { topic: some(&"x".repeat(513)), ..post("x") };
        assert_eq!(read(&long).expect_err("no topic is as long"), WrongType);
    }

    #[test]
    fn times_are_refused_with_their_own_codes() {
        let at = |time: Option<&str>| RawPost { created_at: time.map(str::to_owned), ..post("x y") };
        assert_eq!(read(&at(None)).expect_err("none"), MissingField);
        assert_eq!(read(&at(Some(" "))).expect_err("empty"), MissingField);
        assert_eq!(read(&at(Some("soon"))).expect_err("bad"), BadTime);
        assert_eq!(read(&at(Some("1970-01-01"))).expect_err("old"), TimeOutOfRange);
        assert_eq!(read(&at(Some("2100-01-01"))).expect_err("ahead"), TimeOutOfRange);
    }

    #[test]
    fn an_explicit_language_wins() {
        let tagged =
            |tag: &str| read(&RawPost { language: some(tag), ..post("estoy cansada de todo") }).expect("a post");
        assert_eq!(tagged("en").language, Language::English);
        assert_eq!(tagged("fr").language, Language::Other);
        assert_eq!(tagged("und").language, Language::Spanish);
        assert_eq!(tagged("").language, Language::Spanish);
    }

    #[test]
    fn a_record_without_an_id_is_a_post_of_its_own() {
        assert_eq!(
            read(&RawPost { id: None, ..post("x") }).expect("a post").post_key,
            Pseudonymiser::new(&[7; 32]).post("s", "own")
        );
    }

    #[test]
    fn deletions_carry_no_text_and_need_what_they_delete() {
        let operation = |name: &str| RawPost { operation: some(name), ..post("gone") };
        let deleted = read(&operation("delete")).expect("a deletion");
        assert_eq!((deleted.operation, deleted.text.as_str()), (Operation::DeletePost, ""));
        assert_eq!(deleted.post_key, Pseudonymiser::new(&[7; 32]).post("s", "1"));
        assert_eq!(read(&operation("edit")).expect("an edit").operation, Operation::Update);
        assert_eq!(read(&RawPost { id: None, ..operation("delete") }).expect_err("whose?"), MissingField);
        assert_eq!(read(&operation("delete_author")).expect_err("whose?"), MissingField);
        assert_eq!(read(&operation("explode")).expect_err("unknown"), WrongType);
        let gone = read(&RawPost { author: some("ana"), created_at: None, ..operation("delete_author") }).expect("one");
        assert_eq!(gone.created_at, gone.observed_at);
        assert!(gone.author.is_some());
    }

    #[test]
    fn people_who_are_gone_are_not_one_person() {
        assert_eq!(read(&RawPost { author: some("[deleted]"), ..post("x") }).expect("a post").author, None);
        assert_eq!(read(&RawPost { author: some(" "), ..post("x") }).expect("a post").author, None);
        assert_eq!(read(&RawPost { community: some("u_ana"), ..post("x") }).expect("a post").community, None);
    }

    #[test]
    fn a_text_in_an_ids_column_is_refused() {
        assert_eq!(read(&RawPost { id: some(&"x".repeat(513)), ..post("x") }).expect_err("long"), WrongType);
        assert_eq!(read(&RawPost { author: some("a\0b"), ..post("x") }).expect_err("NUL"), WrongType);
    }
}
