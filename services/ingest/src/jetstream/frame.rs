//! What a frame of either protocol says.

use jiff::Timestamp;
use serde_json::value::RawValue;

/// One message of the server.
#[derive(Debug)]
pub enum Message<'a> {
    /// Something happened on the network.
    Event(Frame<'a>),
    /// The server tells something about the stream, such as `OutdatedCursor`.
    Info {
        /// Its code.
        name: String,
    },
    /// The server ends the stream.
    Failure {
        /// Its code.
        code: String,
    },
    /// A kind of message that is not known: newer servers may send more.
    Unknown,
}

/// One event.
#[derive(Debug)]
pub struct Frame<'a> {
    /// v1: microseconds since 1970. v2: the host's sequence number.
    pub position: u64,
    /// When the server saw it.
    pub time: Timestamp,
    /// The account.
    pub did: String,
    /// What happened.
    pub body: Body<'a>,
}

/// What happened.
#[derive(Debug)]
pub enum Body<'a> {
    /// A record was written or deleted.
    Commit(Commit<'a>),
    /// The account's standing changed.
    Account {
        /// Where it stands now.
        standing: Standing,
        /// What distinguishes this change from others.
        revision: String,
    },
    /// The account's handle or host changed; nothing of ours depends on it.
    Identity,
    /// The account's repository was repaired; a resynchronising client would read it anew.
    Sync,
    /// A kind of event that is not known.
    Unknown,
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its content may be shown.
    Active,
    /// It was deleted by its owner: the one standing from which there is no way back.
    Deleted,
    /// It is not shown for now and may come back: what was done about it would have to be undone. The status as the
    /// protocol names it, `unknown` where it names none or a new one.
    Paused(&'static str),
}

/// The standings that may end again. A takedown lasts until its moderator takes it back.
const PAUSES: [&str; 5] = ["deactivated", "desynchronized", "suspended", "takendown", "throttled"];

impl Standing {
    /// The standing that `active` and `status` of an account event say.
    #[must_use]
    pub fn read(is_active: bool, status: Option<&str>) -> Self {
        match status {
            _ if is_active => Self::Active,
            Some("deleted") => Self::Deleted,
            other => Self::Paused(
                PAUSES.into_iter().find(|pause| other.is_some_and(|status| status == *pause)).unwrap_or("unknown"),
            ),
        }
    }
}

/// A record that was written or deleted.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The repository's revision.
    pub revision: String,
    /// `create`, `update` or `delete`, and whatever may come.
    pub operation: String,
    /// The record's type.
    pub collection: String,
    /// The record's key within the account and type.
    pub record_key: String,
    /// The record; none in deletions.
    pub record: Option<&'a RawValue>,
}

impl Commit<'_> {
    /// The record's address, by which the network knows it.
    #[must_use]
    pub fn native_id(&self, did: &str) -> String {
        format!("at://{did}/{}/{}", self.collection, self.record_key)
    }
}

#[cfg(test)]
mod tests {
    use super::Standing;

    #[test]
    fn only_a_deletion_is_final() {
        assert_eq!(Standing::read(false, Some("deleted")), Standing::Deleted);
        for status in ["deactivated", "desynchronized", "suspended", "takendown", "throttled"] {
            assert_eq!(Standing::read(false, Some(status)), Standing::Paused(status));
            assert_eq!(Standing::read(true, Some(status)), Standing::Active);
        }
        assert_eq!(Standing::read(false, Some("novel")), Standing::Paused("unknown"));
        assert_eq!(Standing::read(false, None), Standing::Paused("unknown"));
    }
}
