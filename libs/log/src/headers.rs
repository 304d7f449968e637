//! CloudEvents 1.0 in the binary mode of its Kafka protocol binding: attributes are headers `ce_…`, the payload is bare.
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md>

use bytes::Bytes;
use jiff::Timestamp;

/// `content-type` of every payload of ours.
pub const CONTENT_TYPE_PROTOBUF: &str = "application/protobuf";

const SPEC_VERSION: &str = "1.0";

/// The attributes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHeaders {
    /// Unique within the source; ours is the hexadecimal event id.
    pub id: String,
    /// Who made it, a URI reference: `file`, `bluesky`, `annotate`.
    pub source: String,
    /// What the payload is: `tidemark.v1.PostEvent`.
    pub kind: String,
    /// When it happened.
    pub time: Option<Timestamp>,
}

/// Why headers are not those of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A required header is absent.
    #[error("header `{0}` is missing")]
    Missing(&'static str),
    /// A header is not text, is empty, or is not what it must be.
    #[error("header `{0}` is not valid")]
    Invalid(&'static str),
    /// A version of the specification that is not 1.0.
    #[error("header `ce_specversion` is not 1.0")]
    SpecVersion,
}

impl EventHeaders {
    /// An event without a time.
    pub fn new(id: impl Into<String>, source: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { id: id.into(), source: source.into(), kind: kind.into(), time: None }
    }

    /// The same, at this time.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// As headers of a record.
    #[must_use]
    pub fn to_headers(&self) -> Vec<(String, Bytes)> {
        let mut headers: Vec<(String, Bytes)> = vec![
            ("ce_specversion".into(), Bytes::from_static(SPEC_VERSION.as_bytes())),
            ("ce_id".into(), self.id.clone().into()),
            ("ce_source".into(), self.source.clone().into()),
            ("ce_type".into(), self.kind.clone().into()),
        ];
        if let Some(time) = self.time {
            headers.push(("ce_time".into(), time.to_string().into()));
        }
        headers.push(("content-type".into(), Bytes::from_static(CONTENT_TYPE_PROTOBUF.as_bytes())));
        headers
    }

    /// From the headers of a record. Others than those of an event are passed over.
    ///
    /// # Errors
    /// [`HeaderError`] where a required attribute is absent, or one is not valid.
    pub fn from_headers(headers: &[(String, Bytes)]) -> Result<Self, HeaderError> {
        if text(headers, "ce_specversion")? != SPEC_VERSION {
            return Err(HeaderError::SpecVersion);
        }
        let time = match text(headers, "ce_time") {
            Ok(time) => Some(time.parse().map_err(|_| HeaderError::Invalid("ce_time"))?),
            Err(HeaderError::Missing(_)) => None,
            Err(other) => return Err(other),
        };
        Ok(Self {
            id: text(headers, "ce_id")?.to_owned(),
            source: text(headers, "ce_source")?.to_owned(),
            kind: text(headers, "ce_type")?.to_owned(),
            time,
        })
    }
}

/// Header names of Kafka keep their case; of two with one name the last counts, as in Kafka's own `lastHeader`.
fn text<'a>(headers: &'a [(String, Bytes)], name: &'static str) -> Result<&'a str, HeaderError> {
    let (_, value) = headers.iter().rfind(|(key, _)| key == name).ok_or(HeaderError::Missing(name))?;
    match std::str::from_utf8(value) {
        Ok("") | Err(_) => Err(HeaderError::Invalid(name)),
        Ok(text) => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{EventHeaders, HeaderError};
    use bytes::Bytes;

    fn event() -> EventHeaders {
        EventHeaders::new("0af3", "file", "tidemark.v1.PostEvent")
            .at("2024-02-29T23:59:59.25Z".parse().expect("a time"))
    }

    #[test]
    fn attributes_round_trip() {
        assert_eq!(EventHeaders::from_headers(&event().to_headers()), Ok(event()));
        let untimed = EventHeaders::new("1", "s", "t");
        assert_eq!(EventHeaders::from_headers(&untimed.to_headers()), Ok(untimed));
    }

    #[test]
    fn names_and_values_are_those_of_the_binding() {
        let headers = event().to_headers();
        let shown: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), std::str::from_utf8(value).expect("text"))).collect();
        assert_eq!(
            shown,
            [
                ("ce_specversion", "1.0"),
                ("ce_id", "0af3"),
                ("ce_source", "file"),
                ("ce_type", "tidemark.v1.PostEvent"),
                ("ce_time", "2024-02-29T23:59:59.25Z"),
                ("content-type", "application/protobuf"),
            ]
        );
    }

    #[test]
    fn foreign_headers_are_passed_over_and_the_last_of_a_name_counts() {
        let mut headers = event().to_headers();
        headers.insert(0, ("traceparent".into(), Bytes::from_static(b"\xff\x00")));
        headers.insert(0, ("ce_id".into(), Bytes::from_static(b"older")));
        assert_eq!(EventHeaders::from_headers(&headers), Ok(event()));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for name in ["ce_specversion", "ce_id", "ce_source", "ce_type"] {
            let mut headers = event().to_headers();
            headers.retain(|(key, _)| key != name);
            assert_eq!(EventHeaders::from_headers(&headers), Err(HeaderError::Missing(name)));
        }
        for (name, value) in [("ce_id", b"".as_slice()), ("ce_type", b"\xff"), ("ce_time", b"yesterday")] {
            let mut headers = event().to_headers();
            headers.push((name.into(), Bytes::copy_from_slice(value)));
            assert_eq!(EventHeaders::from_headers(&headers), Err(HeaderError::Invalid(name)));
        }
        let mut headers = event().to_headers();
        headers.push(("ce_specversion".into(), Bytes::from_static(b"0.3")));
        assert_eq!(EventHeaders::from_headers(&headers), Err(HeaderError::SpecVersion));
    }
}
