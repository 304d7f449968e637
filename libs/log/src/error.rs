//! What can go wrong, and what to do about it.

use rdkafka::error::KafkaError;
use std::path::PathBuf;
use std::time::Duration;

/// A fault of the client. A broker that is away is none: it is waited for.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// librdkafka does not take the settings.
    #[error("the Kafka client does not accept its settings; check the section `kafka` of the configuration")]
    Settings(#[source] KafkaError),
    /// No answer within the deadline.
    #[error(
        "the broker at {bootstrap} did not answer within {deadline:?}; check that it runs and that `kafka.bootstrap_servers` is right"
    )]
    Unreachable {
        /// Where it was looked for.
        bootstrap: String,
        /// How long.
        deadline: Duration,
        /// The last fault seen.
        #[source]
        source: Option<KafkaError>,
    },
    /// The broker refused to create a topic.
    #[error("topic `{topic}` could not be created: {code}; create it by hand, or allow this client to")]
    CreateTopic {
        /// Which.
        topic: String,
        /// Why, in Kafka's words.
        code: rdkafka::types::RDKafkaErrorCode,
    },
    /// The topic is not there.
    #[error("topic `{topic}` does not exist")]
    NoSuchTopic {
        /// Which.
        topic: String,
    },
    /// Metadata, watermarks or committed offsets could not be read.
    #[error("the broker's metadata could not be read")]
    Metadata(#[source] KafkaError),
    /// A record is larger than the log takes.
    #[error(
        "a record of {size_bytes} bytes for topic `{topic}` is over the limit of {limit_bytes} bytes; refuse or split it before it is sent"
    )]
    TooLarge {
        /// Where it was to go.
        topic: String,
        /// Its size.
        size_bytes: usize,
        /// [`crate::MAX_RECORD_BYTES`].
        limit_bytes: usize,
    },
    /// The broker refused a record for good.
    #[error("the broker refused a record for topic `{topic}`")]
    Produce {
        /// Where it was to go.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// The producer was dropped with records in it.
    #[error("the producer was closed before the record was acknowledged")]
    ProducerClosed,
    /// Records are not acknowledged within the deadline.
    #[error("{waiting} records were not acknowledged within {deadline:?}")]
    Flush {
        /// How many.
        waiting: i32,
        /// How long.
        deadline: Duration,
    },
    /// Subscribing or assigning failed.
    #[error("the consumer could not be started")]
    Subscribe(#[source] KafkaError),
    /// Reading failed for good.
    #[error("reading from the log failed")]
    Consume(#[source] KafkaError),
    /// Committing offsets failed.
    #[error("offsets of group `{group}` could not be committed")]
    Commit {
        /// Whose.
        group: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// The start offset is not in the log: it lost data, or the lake belongs to another log.
    #[error(
        "the log holds {topic}/{partition} from {low} to {high}, but reading was to go on at {wanted}: the log lost data, or the lake was written from another log; restore the log's data folder, or start with a fresh lake and a fresh log"
    )]
    OutOfRange {
        /// Topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// Where reading was to start.
        wanted: i64,
        /// The oldest offset held.
        low: i64,
        /// The next offset to be written.
        high: i64,
    },
    /// A background task ended.
    #[error("a background task of the client ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

/// A fault of the embedded broker, in its own process or in the one that watches it.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Someone listens there already.
    #[error("port {port} is in use by another program; stop it or choose another port")]
    PortInUse {
        /// Which.
        port: u16,
    },
    /// The port cannot be listened on for another reason.
    #[error("port {port} cannot be listened on")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another broker runs on the folder.
    #[error("the log folder {} is in use by another broker; stop it or choose another data folder", .path.display())]
    FolderInUse {
        /// Which.
        path: PathBuf,
    },
    /// The folder cannot be used.
    #[error("the log folder {} cannot be used; check its permissions and the free space of its disk", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The broker's storage could not be opened.
    #[error("the broker's storage could not be opened; check the free space of the data folder's disk")]
    Storage(#[source] tansu_storage::Error),
    /// The broker stopped serving.
    #[error("the broker stopped serving")]
    Serve(#[source] tansu_broker::Error),
    /// The process could not be started.
    #[error("the broker's process {} could not be started", .exe.display())]
    Spawn {
        /// Which program.
        exe: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The process ended before it answered.
    #[error("the broker's process ended with {status} before it answered; it said: {said}")]
    Died {
        /// How it ended.
        status: std::process::ExitStatus,
        /// The last lines of what it wrote to its standard error.
        said: String,
    },
    /// The process runs but does not answer.
    #[error("the broker at port {port} did not answer within {deadline:?}")]
    Silent {
        /// Where.
        port: u16,
        /// How long it was waited for.
        deadline: Duration,
    },
    /// The client that asks whether it answers could not be made.
    #[error(transparent)]
    Client(#[from] LogError),
}
