//! A *reject* is a record that could not become a post. It is kept with a reason, counted, and can be replayed.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// Why a record was refused. The code is stable: it stands in files, tables and metrics.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum RejectReason {
            $($(#[$doc])* #[serde(rename = $code)] $name),+
        }

        impl RejectReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// Reads [`RejectReason::code`].
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.code() == code)
            }
        }
    };
}

reasons! {
    /// The line is not the JSON, CSV or protobuf it should be.
    Malformed = "malformed",
    /// The bytes are not UTF-8.
    InvalidUtf8 = "invalid_utf8",
    /// A field that the mapping needs is absent.
    MissingField = "missing_field",
    /// A field holds the wrong kind of value.
    WrongType = "wrong_type",
    /// The text is empty, or white space only.
    EmptyText = "empty_text",
    /// The text is longer than 100,000 characters.
    TextTooLong = "text_too_long",
    /// The record is longer than 4 MiB.
    RecordTooLong = "record_too_long",
    /// The time cannot be read with the mapping's format.
    BadTime = "bad_time",
    /// The time lies before 2000-01-01 or more than a day in the future.
    TimeOutOfRange = "time_out_of_range",
    /// The compressed stream ends before its end.
    TruncatedInput = "truncated_input",
}

impl std::fmt::Display for RejectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}
