//! One JSON object a line.

use super::lines::{Line, Lines};
use super::{BYTE_ORDER_MARK, MAX_RECORD_BYTES, Raw, Row, cut_off, too_long, utf8};
use crate::mapping::{Mapping, OPTIONAL_FIELDS, usual_names};
use crate::record::{Fault, Field, RawPost};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::io::BufRead;
use tidemark_domain::RejectReason::{Malformed, WrongType};

/// Objects within objects are listed as columns to this depth.
const COLUMN_DEPTH: usize = 3;

/// An object's members in their order. Values stay text: a number keeps all its digits, and what no field needs is
/// never decoded.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl<'a> Members<'a> {
    /// The last member of that name (as every JSON reader takes it), else the one at that dotted path.
    fn get(&self, column: &str) -> Option<&'a RawValue> {
        if let Some((_, value)) = self.0.iter().rfind(|(name, _)| name == column) {
            return Some(value);
        }
        let (name, rest) = column.split_once('.')?;
        let (_, inner) = self.0.iter().rfind(|(member, _)| member == name)?;
        serde_json::from_str::<Members<'a>>(inner.get()).ok()?.get(rest)
    }

    fn list(&self, prefix: &str, depth: usize, seen: &mut HashSet<String>, columns: &mut Vec<String>) {
        for (name, value) in &self.0 {
            let path = format!("{prefix}{name}");
            if depth < COLUMN_DEPTH
                && let Ok(inner) = serde_json::from_str::<Members<'_>>(value.get())
            {
                inner.list(&format!("{path}."), depth + 1, seen, columns);
            }
            if seen.insert(path.clone()) {
                columns.push(path);
            }
        }
    }
}

/// A field and the column it is looked up in.
struct Lookup {
    field: Field,
    column: String,
    is_seen: bool,
}

impl Lookup {
    const fn new(field: Field, column: String) -> Self {
        Self { field, column, is_seen: false }
    }
}

/// The fields of a post, looked up in one object after another.
pub(super) struct Fields {
    lookups: Vec<Lookup>,
    /// Fields without a column, which has a usual name if it still comes.
    awaited: Vec<(Field, &'static [&'static str])>,
    /// Whether there was an object at all.
    has_read: bool,
}

impl Fields {
    /// The fields of `mapping`; where `is_by_name`, the others too, as soon as a member has one of their usual names.
    pub(super) fn new(mapping: &Mapping, is_by_name: bool) -> Self {
        let lookups: Vec<_> =
            mapping.fields().into_iter().map(|(field, column)| Lookup::new(field, column.to_owned())).collect();
        let is_awaited = |field: &Field| is_by_name && !lookups.iter().any(|lookup| lookup.field == *field);
        let awaited = OPTIONAL_FIELDS.into_iter().filter(is_awaited).map(|field| (field, usual_names(field))).collect();
        Self { lookups, awaited, has_read: false }
    }

    pub(super) fn decode(&mut self, line: &[u8]) -> Result<RawPost, Fault> {
        let text = utf8(line)?;
        let members: Members<'_> = serde_json::from_str(text).map_err(|fault| {
            let what = if fault.is_data() { "the line is JSON, but no object" } else { "the line is not JSON" };
            Fault::new(Malformed, format!("{what}; see its byte {}", fault.column()))
        })?;
        self.has_read = true;
        self.recognise(&members);
        let mut post = Ok(RawPost::default());
        for Lookup { field, column, is_seen } in &mut self.lookups {
            let Some(value) = members.get(column) else { continue };
            *is_seen = true;
            post = post.and_then(|mut post| {
                post.set(*field, scalar(value, *field, column)?);
                Ok(post)
            });
        }
        post
    }

    /// Gives the fields that still have no column the first member with a usual name, for good: an author must not be
    /// `user` in one record and `username` in the next. What cannot be a field's value is not taken for it.
    fn recognise(&mut self, members: &Members<'_>) {
        let lookups = &mut self.lookups;
        let is_value = |value: &RawValue| !value.get().starts_with(['{', '[', 'n']);
        self.awaited.retain(|(field, names)| {
            let mut found = names
                .iter()
                .filter_map(|name| members.0.iter().find(|(member, _)| member.eq_ignore_ascii_case(name)))
                .filter(|(_, value)| is_value(value));
            let Some((column, _)) = found.next() else { return true };
            lookups.push(Lookup::new(*field, column.clone()));
            false
        });
    }

    /// See [`super::Decoder::unseen`].
    pub(super) fn unseen(&self) -> Vec<String> {
        let unseen = self.lookups.iter().filter(|lookup| self.has_read && !lookup.is_seen);
        unseen.map(|lookup| lookup.column.clone()).collect()
    }
}

/// Numbers and booleans are taken as their text, but a text must be a text.
fn scalar(value: &RawValue, field: Field, column: &str) -> Result<Option<String>, Fault> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json)
            .map(Some)
            .map_err(|_| Fault::new(Malformed, format!("the text in `{column}` is not valid JSON"))),
        Some(b'n') | None => Ok(None),
        Some(b'{' | b'[') => Err(Fault::new(WrongType, format!("`{column}` is an object or a list"))),
        Some(_) if field == Field::Text => Err(Fault::new(WrongType, format!("`{column}` is not a text"))),
        Some(_) => Ok(Some(json.to_owned())),
    }
}

pub(crate) struct Ndjson<R> {
    lines: Lines<R>,
    fields: Fields,
    is_first: bool,
}

impl<R: BufRead> Ndjson<R> {
    pub(super) fn new(reader: R, mapping: &Mapping, is_by_name: bool) -> Self {
        Self { lines: Lines::new(reader, MAX_RECORD_BYTES), fields: Fields::new(mapping, is_by_name), is_first: true }
    }

    /// See [`super::Decoder::unseen`].
    pub(super) fn unseen(&self) -> Vec<String> {
        self.fields.unseen()
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<Row<'_>>> {
        let is_first = std::mem::take(&mut self.is_first);
        Ok(self.lines.next()?.map(|line| match line {
            Line::Whole(line) => {
                let content = if is_first { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
                Row::new(self.fields.decode(content), Raw::Bytes(line))
            }
            Line::TooLong(bytes) => Row::new(Err(too_long(bytes)), Raw::Bytes(b"")),
            Line::Cut(part) => Row::new(Err(cut_off()), Raw::Bytes(part)),
        }))
    }
}

/// The columns of the first records, in the order they are met; those of inner objects as dotted paths.
pub(super) fn columns(reader: impl BufRead, records: usize) -> std::io::Result<Vec<String>> {
    let mut lines = Lines::new(reader, MAX_RECORD_BYTES);
    let (mut seen, mut columns) = (HashSet::new(), Vec::new());
    for _ in 0..records {
        match lines.next()? {
            Some(Line::Whole(line)) => {
                let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
                if let Ok(members) = serde_json::from_slice::<Members<'_>>(line) {
                    members.list("", 1, &mut seen, &mut columns);
                }
            }
            Some(Line::TooLong(_)) => {}
            Some(Line::Cut(_)) | None => break,
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::{Fields, Ndjson, columns};
    use crate::mapping::{Mapping, TimeColumn};
    use crate::record::RawPost;
    use tidemark_domain::RejectReason;

    fn mapping() -> Mapping {
        Mapping {
            text: "text".into(),
            created_at: TimeColumn::named("t"),
            id: Some("id".into()),
            author: Some("user.id".into()),
            ..Mapping::default()
        }
    }

    fn decode(line: &[u8]) -> Result<RawPost, RejectReason> {
        Fields::new(&mapping(), false).decode(line).map_err(|fault| fault.reason)
    }

    #[test]
    fn numbers_keep_their_digits_and_extra_fields_do_no_harm() {
        let post =
            decode(br#"{"x":[1,{}],"id":12345678901234567890123,"t":1709251199.5,"text":"a\u00e9","user":{"id":7}}"#)
                .expect("a record");
        assert_eq!(post.id.as_deref(), Some("12345678901234567890123"));
        assert_eq!(post.created_at.as_deref(), Some("1709251199.5"));
        assert_eq!((post.text.as_deref(), post.author.as_deref()), (Some("aé"), Some("7")));
    }

    #[test]
    fn what_is_absent_or_null_is_none() {
        let post = decode(br#"{"id":null,"text":"a","user":3}"#).expect("a record");
        assert_eq!((post.id, post.created_at, post.author), (None, None, None));
        assert_eq!(decode(br#"{"id":"1","id":"2"}"#).expect("a record").id.as_deref(), Some("2"));
    }

    #[test]
    fn what_is_no_record_says_why_and_not_what_it_says() {
        let deep = format!("{{\"x\":{}", "[".repeat(100_000));
        for (line, reason) in [
            (br#"{"text": "secret"#.as_slice(), RejectReason::Malformed),
            (b"[1, 2]", RejectReason::Malformed),
            (b"\"secret\"", RejectReason::Malformed),
            (br#"{"text":"\ud800"}"#, RejectReason::Malformed),
            (deep.as_bytes(), RejectReason::Malformed),
            (b"{\"text\":\"secret \xff\"}", RejectReason::InvalidUtf8),
            (br#"{"text":["secret"]}"#, RejectReason::WrongType),
            (br#"{"text":5}"#, RejectReason::WrongType),
            (br#"{"text":"a","id":{"secret":1}}"#, RejectReason::WrongType),
        ] {
            let fault = Fields::new(&mapping(), false).decode(line).expect_err("no record");
            assert_eq!(fault.reason, reason);
            assert!(!fault.detail.contains("secret"), "{}", fault.detail);
        }
    }

    #[test]
    fn usual_names_are_recognised_late_and_for_good() {
        let mapping = Mapping { author: None, ..mapping() };
        let mut fields = Fields::new(&mapping, true);
        let mut author = |line: &str| fields.decode(line.as_bytes()).expect("a record").author;
        assert_eq!(author(r#"{"text":"a"}"#), None);
        assert_eq!(author(r#"{"text":"a","user":{"name":"ana"}}"#), None, "an object is no author's id");
        assert_eq!(author(r#"{"text":"a","author":null}"#), None);
        assert_eq!(author(r#"{"text":"a","Username":"ana"}"#).as_deref(), Some("ana"));
        assert_eq!(author(r#"{"text":"a","author":"Ana Ruiz","Username":"ana"}"#).as_deref(), Some("ana"));
        assert_eq!(author(r#"{"text":"a","author":"Eva"}"#), None);
        let mut mapped = Fields::new(&mapping, false);
        assert_eq!(mapped.decode(br#"{"text":"a","author":"ana"}"#).expect("a record").author, None);
        assert_eq!(mapped.unseen(), ["t", "id"]);
    }

    #[test]
    fn a_byte_order_mark_and_blank_lines_are_no_content() {
        let input = b"\xef\xbb\xbf{\"text\":\"a\"}\r\n\n  \n{\"text\":\"b\"}";
        let mut decoder = Ndjson::new(input.as_slice(), &mapping(), false);
        let mut texts = Vec::new();
        while let Some(row) = decoder.next().expect("memory does not fail") {
            texts.push(row.post.expect("a record").text.expect("a text"));
        }
        assert_eq!(texts, ["a", "b"]);
    }

    #[test]
    fn columns_are_those_of_all_records_and_paths_into_objects() {
        let input = b"nonsense\n{\"a\":1,\"u\":{\"id\":1}}\n{\"b\":2}\n";
        assert_eq!(columns(input.as_slice(), 10).expect("memory does not fail"), ["a", "u.id", "u", "b"]);
        assert!(columns(b"nonsense".as_slice(), 10).expect("memory does not fail").is_empty());
    }
}
