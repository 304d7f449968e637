//! The mapping file: which column of the input is which field of a post.
//!
//! ```toml
//! source = "reddit_mh"      # names the series' source; sources are never pooled. Default: file
//! format = "csv"            # ndjson, csv, parquet. Default: told from the name, else from the content
//! delimiter = ";"           # of a CSV. Default: comma, or tab in a .tsv
//! id = "post_id"            # not mapped: the row's number within this file, so that no two rows are one post
//! text = "body"             # needed
//! created_at = { column = "date", format = "%Y-%m-%d", zone = "Europe/London" }   # needed; or just a column's name
//! author = "user"           # not mapped: the source has no authors and its series count posts
//! language = "lang"         # BCP 47 or a code; not mapped or empty: told from the text
//! place = "state"
//! community = "subreddit"
//! parent = "reply_to"       # the native id of the post this one answers
//! conversation = "thread"   # the native id of the conversation's first post
//! operation = "op"          # create, update, delete_post, delete_author. Not mapped or empty: create
//! is_bot = "bot"            # true, 1, yes, bot
//! parent_text = "quoted"    # the text of the post this one answers, for markers that read it
//! topic = "subject"         # what it is about, for markers that read a topic; only ever read where it is named here
//! ```
//!
//! `format` of `created_at` is `rfc3339`, `unix` (seconds), `unix_ms`, a pattern of `strftime`, or `auto` (the default:
//! RFC 3339, `YYYY-MM-DD[ HH:MM:SS]`, or a number taken as s, ms or µs by its size). `zone` holds for times that carry
//! no offset. A date without a time is taken as noon, so that it stays the same civil day in the zones nearby.
//! In NDJSON a column may be a path, `user.id`.
//!
//! A CSV or Parquet file must have every column that is named. NDJSON has no header: its first 1,000 records must show
//! `text`, `created_at` and, where they are named, `id` and `author`; the others may come at any time; one that never came is told at the end. Without a mapping
//! file, columns but `topic` are known by their usual names ([`Mapping::by_name`]), in NDJSON whenever they come.

use crate::decode::{ColumnKind, Columns};
use crate::error::Error;
use crate::record::Field;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::Path;
use tidemark_wire::header;

/// The keys of a mapping file.
pub(crate) const KEYS: [&str; 16] = [
    "source",
    "format",
    "delimiter",
    "id",
    "text",
    "created_at",
    "author",
    "language",
    "place",
    "community",
    "parent",
    "conversation",
    "operation",
    "is_bot",
    "parent_text",
    "topic",
];

/// The source of a file whose mapping names none.
pub const DEFAULT_SOURCE: &str = "file";

/// Longest name of a source.
pub const MAX_SOURCE_BYTES: usize = 64;

/// How the records of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// Apache Parquet.
    Parquet,
    /// The rejects file of an earlier run, whose records are read once more.
    Rejects,
}

/// A mapping file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Names the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How the records are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Of a CSV: one ASCII character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Column of the native id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Column of the text.
    pub text: String,
    /// Column of the time.
    pub created_at: TimeColumn,
    /// Column of the author's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Column of the language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Column of the place's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Column of the community.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub community: Option<String>,
    /// Column of the native id of the post that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Column of the native id of the conversation's first post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Column of the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Column of the bot flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_bot: Option<String>,
    /// Column of the text of the post that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_text: Option<String>,
    /// Column of what the post is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// Where the time stands and how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TimeColumn {
    /// The column.
    pub column: String,
    /// `auto`, `rfc3339`, `unix`, `unix_ms` or a `strftime` pattern.
    pub format: String,
    /// IANA name of the zone of times without an offset.
    pub zone: String,
}

const AUTO: &str = "auto";
const UTC: &str = "UTC";

impl TimeColumn {
    /// A column whose format is told from its values; UTC.
    pub fn named(column: impl Into<String>) -> Self {
        Self { column: column.into(), format: AUTO.to_owned(), zone: UTC.to_owned() }
    }
}

impl<'de> Deserialize<'de> for TimeColumn {
    // By hand, for an untagged enum would say only that "no variant matches".
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            column: String,
            #[serde(default)]
            format: Option<String>,
            #[serde(default)]
            zone: Option<String>,
        }
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = TimeColumn;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a column's name, or { column, format, zone }")
            }
            fn visit_str<E>(self, column: &str) -> Result<TimeColumn, E> {
                Ok(TimeColumn::named(column))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<TimeColumn, A::Error> {
                let table = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(TimeColumn {
                    column: table.column,
                    format: table.format.unwrap_or_else(|| AUTO.to_owned()),
                    zone: table.zone.unwrap_or_else(|| UTC.to_owned()),
                })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The fields that a post may lack.
pub(crate) const OPTIONAL_FIELDS: [Field; 11] = [
    Field::Id,
    Field::Author,
    Field::Language,
    Field::Place,
    Field::Community,
    Field::Parent,
    Field::Conversation,
    Field::Operation,
    Field::IsBot,
    Field::ParentText,
    Field::Topic,
];

/// The names that everybody gives to the column of `field`, the likeliest first.
pub(crate) const fn usual_names(field: Field) -> &'static [&'static str] {
    match field {
        Field::Text => &["text", "body", "selftext", "content", "message", "full_text"],
        Field::CreatedAt => &["created_at", "created_utc", "date", "timestamp", "time", "datetime", "created"],
        Field::Id => &["id", "post_id", "tweet_id", "native_id"],
        Field::Author => &["author", "author_id", "user_id", "user", "username"],
        Field::Language => &["lang", "language"],
        Field::Place => &["region", "place", "state", "country"],
        Field::Community => &["community", "subreddit", "channel", "group"],
        Field::Parent => &["parent", "parent_id", "in_reply_to", "in_reply_to_id", "reply_to"],
        Field::Conversation => &["conversation", "conversation_id", "thread", "thread_id", "root"],
        Field::Operation => &["operation", "op"],
        Field::IsBot => &["is_bot", "is_bot_hint", "bot"],
        Field::ParentText => &["parent_text"],
        // As often a board, or the number of a thread, which must not become what a stance is taken on.
        Field::Topic => &[],
    }
}

fn all_usual_names() -> Vec<&'static str> {
    let fields = OPTIONAL_FIELDS.into_iter().chain([Field::Text, Field::CreatedAt]);
    fields.flat_map(|field| usual_names(field).iter().copied()).collect()
}

/// What an error says of the columns, which may be somebody's words where a file has no header.
fn describe(columns: &[String], kind: ColumnKind, expected: &[&str]) -> String {
    match kind {
        ColumnKind::Header => header::describe(columns, expected),
        ColumnKind::Schema | ColumnKind::Sample | ColumnKind::Frames => header::listed(columns, expected).map_or_else(
            || format!("none of its {} columns is sure to be a name that can be shown", columns.len()),
            |names| format!("the columns are {names}"),
        ),
    }
}

impl Mapping {
    /// Reads a mapping from TOML.
    ///
    /// # Errors
    /// [`Error::MappingSyntax`] for anything but the documented keys.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        Ok(toml::from_str(text)?)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`Error::MappingFile`] where it cannot be read, [`Error::MappingSyntax`] where it is not valid.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::MappingFile { path: path.to_owned(), source })?;
        Self::from_toml(&text)
    }

    /// The mapping for an input with these columns and no mapping file: names that everybody uses.
    ///
    /// # Errors
    /// [`Error::UnrecognisedColumns`] where no column has a name that says text, or time.
    pub fn by_name(columns: &[String]) -> Result<Self, Error> {
        Self::by_usual_names(&Columns { names: columns.to_vec(), kind: ColumnKind::Header })
    }

    /// [`Mapping::by_name`] for columns of any kind.
    pub(crate) fn by_usual_names(Columns { names: columns, kind }: &Columns) -> Result<Self, Error> {
        let first = |field| {
            let named = |name: &&str| columns.iter().find(|column| column.eq_ignore_ascii_case(name));
            usual_names(field).iter().find_map(named).cloned()
        };
        // Nothing is known of the columns (an empty input, or not one readable record): the first names will do.
        let needed = |field, key| match first(field) {
            Some(column) => Ok(column),
            None if columns.is_empty() => Ok(usual_names(field)[0].to_owned()),
            None => {
                let present = describe(columns, *kind, &all_usual_names());
                Err(Error::UnrecognisedColumns { field: key, present })
            }
        };
        Ok(Self {
            source: None,
            format: None,
            delimiter: None,
            text: needed(Field::Text, "text")?,
            created_at: TimeColumn::named(needed(Field::CreatedAt, "created_at")?),
            id: first(Field::Id),
            author: first(Field::Author),
            language: first(Field::Language),
            place: first(Field::Place),
            community: first(Field::Community),
            parent: first(Field::Parent),
            conversation: first(Field::Conversation),
            operation: first(Field::Operation),
            is_bot: first(Field::IsBot),
            parent_text: first(Field::ParentText),
            topic: first(Field::Topic),
        })
    }

    /// Every mapped field with its column.
    pub(crate) fn fields(&self) -> Vec<(Field, &str)> {
        let mut fields = vec![(Field::Text, self.text.as_str()), (Field::CreatedAt, self.created_at.column.as_str())];
        let optional = [
            (Field::Id, &self.id),
            (Field::Author, &self.author),
            (Field::Language, &self.language),
            (Field::Place, &self.place),
            (Field::Community, &self.community),
            (Field::Parent, &self.parent),
            (Field::Conversation, &self.conversation),
            (Field::Operation, &self.operation),
            (Field::IsBot, &self.is_bot),
            (Field::ParentText, &self.parent_text),
            (Field::Topic, &self.topic),
        ];
        fields.extend(optional.into_iter().filter_map(|(field, column)| Some((field, column.as_deref()?))));
        fields
    }

    /// The columns it names, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        self.fields().into_iter().map(|(_, column)| column).filter(|column| seen.insert(*column)).collect()
    }

    /// Refuses a mapping that names a column which the input does not have; of a sample, which shows only some columns,
    /// that of the text, the time, the id or the author. Knows nothing where no column is known.
    ///
    /// # Errors
    /// [`Error::MissingColumns`], naming both what is missing and what there is.
    pub(crate) fn check(&self, columns: &Columns) -> Result<(), Error> {
        let Columns { names: present, kind } = columns;
        if present.is_empty() {
            return Ok(());
        }
        let needed = match kind {
            ColumnKind::Header | ColumnKind::Schema => self.columns(),
            // Without its ids posts are not known again, without its authors nobody is counted: no series mends that.
            ColumnKind::Sample => {
                let named = [Some(&self.text), Some(&self.created_at.column), self.id.as_ref(), self.author.as_ref()];
                named.into_iter().flatten().map(String::as_str).collect()
            }
            ColumnKind::Frames => Vec::new(),
        };
        let missing: Vec<String> =
            needed.into_iter().filter(|column| !present.iter().any(|name| name == column)).map(str::to_owned).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::MissingColumns { missing, present: describe(present, *kind, &self.columns()) })
    }

    /// The source's name.
    #[must_use]
    pub fn source(&self) -> &str {
        self.source.as_deref().unwrap_or(DEFAULT_SOURCE)
    }

    /// Refuses a source's name that could not stand in an address or a table.
    pub(crate) fn check_source(&self) -> Result<(), Error> {
        let name = self.source();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if name.is_empty() || name.len() > MAX_SOURCE_BYTES || !name.bytes().all(is_plain) {
            return Err(Error::MappingSource);
        }
        Ok(())
    }

    /// How times are written.
    ///
    /// # Errors
    /// [`Error::MappingZone`] for a zone that is not known.
    pub fn clock(&self) -> Result<Clock, Error> {
        let zone = self.created_at.zone.as_str();
        // UTC must not depend on the system having a zone database.
        let zone = if zone.eq_ignore_ascii_case(UTC) {
            TimeZone::UTC
        } else {
            TimeZone::get(zone).map_err(|source| Error::MappingZone { zone: zone.to_owned(), source })?
        };
        let format = match self.created_at.format.as_str() {
            AUTO => TimeFormat::Auto,
            "rfc3339" => TimeFormat::Rfc3339,
            "unix" => TimeFormat::Unix { per_second: 1 },
            "unix_ms" => TimeFormat::Unix { per_second: 1_000 },
            pattern => TimeFormat::Pattern(pattern.to_owned()),
        };
        Ok(Clock { format, zone })
    }

    /// The delimiter of a CSV named `name`.
    ///
    /// # Errors
    /// [`Error::MappingDelimiter`] unless it is one ASCII character.
    pub(crate) fn delimiter(&self, name: &str) -> Result<u8, Error> {
        match self.delimiter.as_deref().map(str::as_bytes) {
            Some([one]) if one.is_ascii() && !b"\"\r\n".contains(one) => Ok(*one),
            Some(_) => Err(Error::MappingDelimiter),
            None => Ok(if name.ends_with(".tsv") { b'\t' } else { b',' }),
        }
    }
}

/// How the times of an input are written: compiled from a [`TimeColumn`].
#[derive(Debug, Clone)]
pub struct Clock {
    pub(crate) format: TimeFormat,
    pub(crate) zone: TimeZone,
}

impl Default for Clock {
    fn default() -> Self {
        Self { format: TimeFormat::Auto, zone: TimeZone::UTC }
    }
}

/// How a time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// Told from the value.
    Auto,
    /// RFC 3339.
    Rfc3339,
    /// A count since 1970.
    Unix {
        /// 1 for seconds, 1,000 for milliseconds.
        per_second: i64,
    },
    /// A `strftime` pattern.
    Pattern(String),
}

#[cfg(test)]
mod tests {
    use super::{Mapping, TimeColumn};
    use crate::decode::{ColumnKind, Columns};
    use crate::error::Error;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_documented_example_is_valid() {
        let docs: String = include_str!("mapping.rs")
            .lines()
            .skip_while(|line| *line != "//! ```toml")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| format!("{}\n", line.trim_start_matches("//!")))
            .collect();
        let mapping = Mapping::from_toml(&docs).expect("valid");
        assert_eq!(mapping.source(), "reddit_mh");
        assert_eq!(mapping.columns().len(), 13);
        assert_eq!(mapping.delimiter("x.csv").expect("valid"), b';');
        mapping.clock().expect("the zone is known");
    }

    #[test]
    fn a_column_is_a_name_or_a_table() {
        let mapping = Mapping::from_toml("text = 'body'\ncreated_at = 'date'").expect("valid");
        assert_eq!(mapping.created_at, TimeColumn::named("date"));
        assert_eq!(mapping.source(), "file");
        for wrong in
            ["text = 'body'", "text = 'b'\ncreated_at = 'd'\nautor = 'x'", "text = 'b'\ncreated_at = {colum = 'd'}"]
        {
            assert!(matches!(Mapping::from_toml(wrong), Err(Error::MappingSyntax(_))), "{wrong}");
        }
    }

    #[test]
    fn missing_columns_are_named_beside_those_there_are() {
        let mapping = Mapping::from_toml("text = 'boddy'\ncreated_at = 'date'\nplace = 'where'").expect("valid");
        let check = |columns: &[&str], kind| mapping.check(&Columns { names: names(columns), kind });
        let fault = check(&["date", "body"], ColumnKind::Header).expect_err("two are missing").to_string();
        assert!(fault.contains("`boddy`, `where`") && fault.contains("`date`, `body`"), "{fault}");
        let fault = check(&["date", "body"], ColumnKind::Sample).expect_err("the text is missing").to_string();
        assert!(fault.contains("`boddy`") && !fault.contains("`where`"), "{fault}");
        assert!(check(&["date", "boddy"], ColumnKind::Sample).is_ok(), "`where` may still come");
        assert!(check(&[], ColumnKind::Header).is_ok());
    }

    #[test]
    fn a_file_without_a_header_keeps_its_first_post_to_itself() {
        let mapping = Mapping::from_toml("text = 'body'\ncreated_at = 'date'").expect("valid");
        for post in [["2024-01-01", "nobody writes back", "ana_b"], ["date", "nobody writes back!", "ana_b"]] {
            for kind in [ColumnKind::Header, ColumnKind::Schema, ColumnKind::Sample] {
                let columns = Columns { names: names(&post), kind };
                for fault in [mapping.check(&columns).err(), Mapping::by_usual_names(&columns).err()] {
                    let fault = fault.expect("no column is the text");
                    let said = format!("{fault} {fault:?}");
                    assert!(!said.contains("nobody") && !said.contains("ana_b"), "{said}");
                }
            }
        }
        let fault = Mapping::by_name(&names(&["2024-01-01", "so it goes"])).expect_err("no text").to_string();
        assert!(fault.ends_with("the first line is no header (2 cells)"), "{fault}");
    }

    #[test]
    fn usual_names_are_recognised() {
        let mapping = Mapping::by_name(&names(&["date", "subreddit", "cohort", "kind", "body"])).expect("recognised");
        assert_eq!((mapping.text.as_str(), mapping.created_at.column.as_str()), ("body", "date"));
        assert_eq!((mapping.community.as_deref(), mapping.id), (Some("subreddit"), None));
        let fault = Mapping::by_name(&names(&["tweet", "date"])).expect_err("no text").to_string();
        assert!(fault.contains("post's text") && fault.contains("`tweet`"), "{fault}");
    }

    #[test]
    fn a_parents_text_is_known_by_its_name_and_a_topic_is_not() {
        let mapping = Mapping::by_name(&names(&["date", "text", "Parent_Text", "topic"])).expect("recognised");
        assert_eq!((mapping.parent_text.as_deref(), mapping.topic), (Some("Parent_Text"), None));
        // A run is named by what its mapping serialises to: without these columns, by the name that it always had.
        let without = Mapping::by_name(&names(&["date", "text"])).expect("recognised");
        let written = serde_json::to_string(&without).expect("JSON");
        assert_eq!(written, r#"{"text":"text","created_at":{"column":"date","format":"auto","zone":"UTC"}}"#);
    }

    #[test]
    fn unknown_zones_and_delimiters_are_refused() {
        let with = |zone| Mapping {
            created_at: TimeColumn { zone, ..TimeColumn::named("t") },
            delimiter: Some(";;".into()),
            ..Mapping::default()
        };
        assert!(matches!(with("Mars/Olympus".into()).clock(), Err(Error::MappingZone { .. })));
        assert!(matches!(with(String::new()).delimiter("x"), Err(Error::MappingDelimiter)));
        for name in ["", "a b", "é", &"x".repeat(65)] {
            let named = Mapping { source: Some(name.to_owned()), ..Mapping::default() };
            assert!(matches!(named.check_source(), Err(Error::MappingSource)), "{name}");
        }
    }
}
