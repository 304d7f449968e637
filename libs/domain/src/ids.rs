//! A *key* names a thing without saying who or what it is: 16 bytes, printed as 32 hexadecimal digits.

use serde::{Deserialize, Serialize};

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Reads 32 hexadecimal digits; `None` for anything else.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let digits = text.as_bytes();
                if digits.len() != 32 {
                    return None;
                }
                let mut bytes = [0; 16];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    let high = (pair[0] as char).to_digit(16)?;
                    let low = (pair[1] as char).to_digit(16)?;
                    *byte = (high << 4 | low) as u8;
                }
                Some(Self(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("a key is 32 hexadecimal digits"))
            }
        }
    };
}

key! {
    /// Names a post: within this deployment a keyed HMAC of its source's id, for that id may name its author. Every event
    /// on one post carries the same key, so one partition of the log holds them in order.
    PostKey
}
key! {
    /// Names an author within this deployment: a keyed HMAC of the source's author id. The raw id is never stored.
    AuthorKey
}
key! {
    /// Names one event on one post. A redelivered event has the same id, a second record of the same post another.
    EventId
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    bytes
}

impl PostKey {
    /// An unkeyed name of the post that `source` calls `native_id`, for what is told nobody: within one run over a file.
    #[must_use]
    pub fn of(source: &str, native_id: &str) -> Self {
        Self(digest(&[b"post", source.as_bytes(), native_id.as_bytes()]))
    }
}

impl EventId {
    /// The id of row `row` of ingest run `run`: reading the same file again after a crash gives the same ids.
    #[must_use]
    pub fn of_row(run: &str, row: u64) -> Self {
        Self(digest(&[b"row", run.as_bytes(), &row.to_le_bytes()]))
    }

    /// The id of a stream's event: `key` is what the stream's post or author is called here, never its native id;
    /// `revision` is whatever the source changes with every event on it.
    #[must_use]
    pub fn of_stream(source: &str, key: &str, operation: &str, revision: &str) -> Self {
        Self(digest(&[b"stream", source.as_bytes(), key.as_bytes(), operation.as_bytes(), revision.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::{EventId, PostKey};

    #[test]
    fn hex_round_trips_and_refuses_anything_else() {
        let key = PostKey::of("file", "42");
        assert_eq!(PostKey::from_hex(&key.to_string()), Some(key));
        assert_eq!(PostKey::from_hex("xyz"), None);
        assert_eq!(PostKey::from_hex(&"é".repeat(16)), None);
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(PostKey::of("ab", "c"), PostKey::of("a", "bc"));
        assert_ne!(EventId::of_row("r", 1), EventId::of_row("r", 2));
    }
}
