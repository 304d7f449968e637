//! Where the stream is resumed.

use super::{JetstreamSettings, POST_COLLECTION, Version};
use crate::error::Error;
use serde::{Deserialize, Serialize};
use url::Url;

/// A record over this size is left out by the server, in bytes: a post has at most 300 characters.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
const V1_PATH: &str = "/subscribe";
const V2_PATH: &str = "/xrpc/network.bsky.jetstream.subscribeEvents";
const MICROSECONDS_PER_MILLISECOND: u64 = 1_000;

/// The last event that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The protocol it was read with …
    pub(super) version: Version,
    /// … and the host: sequence numbers are each host's own.
    pub(super) host: String,
    /// The highest position seen.
    pub(super) position: u64,
    /// The latest server time seen, microseconds since 1970.
    pub(super) time_us: u64,
}

impl Cursor {
    /// What to ask `host` for. A sequence number is inclusive and exact; a time is taken back a little, because events
    /// of one moment come in no order. Both protocols take times: v2 tells them by their size.
    pub(super) fn resume_at(&self, host: &str, settings: &JetstreamSettings) -> u64 {
        if settings.version == Version::V2 && self.version == Version::V2 && self.host == host {
            return self.position;
        }
        self.time_us.saturating_sub(settings.rewind_ms.saturating_mul(MICROSECONDS_PER_MILLISECOND))
    }
}

/// The address to connect to.
pub(super) fn address(host: &str, settings: &JetstreamSettings, cursor: Option<u64>) -> Result<Url, Error> {
    let invalid = || Error::JetstreamUrl { url: host.to_owned() };
    let mut url = Url::parse(host).map_err(|_| invalid())?;
    if !["ws", "wss"].contains(&url.scheme()) || url.host().is_none() {
        return Err(invalid());
    }
    if matches!(url.path(), "" | "/") {
        url.set_path(if settings.version == Version::V1 { V1_PATH } else { V2_PATH });
    }
    {
        let mut query = url.query_pairs_mut();
        let collections = if settings.collections.is_empty() {
            &[POST_COLLECTION.to_owned()]
        } else {
            settings.collections.as_slice()
        };
        for collection in collections {
            query.append_pair(
                if settings.version == Version::V1 { "wantedCollections" } else { "collections" },
                collection,
            );
        }
        if settings.version == Version::V2 {
            query.append_pair("kinds", "commit").append_pair("kinds", "account");
        }
        query.append_pair("maxMessageSizeBytes", &MAX_MESSAGE_BYTES.to_string());
        if let Some(cursor) = cursor {
            query.append_pair("cursor", &cursor.to_string());
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::{Cursor, address};
    use crate::error::Error;
    use crate::jetstream::{JetstreamSettings, Version};

    #[test]
    fn addresses_are_those_of_the_protocols() {
        let v1 = JetstreamSettings::default();
        assert_eq!(
            address("wss://h.example", &v1, Some(7)).expect("valid").as_str(),
            "wss://h.example/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes=1048576&cursor=7"
        );
        let v2 = JetstreamSettings { version: Version::V2, ..v1.clone() };
        assert_eq!(
            address("ws://127.0.0.1:9/", &v2, None).expect("valid").as_str(),
            "ws://127.0.0.1:9/xrpc/network.bsky.jetstream.subscribeEvents?collections=app.bsky.feed.post&kinds=commit&kinds=account&maxMessageSizeBytes=1048576"
        );
        assert!(
            address("wss://h.example/subscribe?x=1", &v1, None).expect("valid").as_str().contains("/subscribe?x=1&")
        );
        for wrong in ["h.example", "https://h.example", ""] {
            assert!(matches!(address(wrong, &v1, None), Err(Error::JetstreamUrl { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_sequence_number_is_one_hosts_own() {
        let cursor = Cursor { version: Version::V2, host: "a".into(), position: 42, time_us: 9_000_000 };
        let v2 = JetstreamSettings { version: Version::V2, ..Default::default() };
        assert_eq!(cursor.resume_at("a", &v2), 42);
        assert_eq!(cursor.resume_at("b", &v2), 4_000_000);
        assert_eq!(cursor.resume_at("a", &JetstreamSettings::default()), 4_000_000);
    }
}
