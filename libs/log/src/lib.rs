//! The stream between the stages: a Kafka client, and a Kafka broker to go with it for those who run none.
//!
//! **Reads** records of topics, by group or from given offsets, and the environment of no one. **Writes** records, group
//! offsets and, in the broker's process, the files of its data folder. **Guarantees** that what [`Producer`] has
//! acknowledged survives `kill -9` of any process; that records of one key keep their order, through retries and
//! restarts of the broker; that memory is bounded on both sides; that a broker that goes away is waited for and not
//! reported as an error; and that payloads and keys never reach a log line or an error. Delivery is at least once: a
//! reader must be ready to see a record again. **Does not** know what a payload means, open the lake, or use Kafka
//! transactions.
//!
//! This is the only crate that says rdkafka or tansu.
//!
//! ```no_run
//! # async fn example() -> Result<(), tidemark_log::LogError> {
//! use std::time::Duration;
//! use tidemark_log::{EventHeaders, Log, LogSettings, OutRecord, TopicSpec, next_positions};
//!
//! let log = Log::connect("127.0.0.1:9092", &LogSettings::default())?;
//! log.ensure_topics(&[TopicSpec::new("posts")], Duration::from_secs(30)).await?;
//!
//! let producer = log.producer()?;
//! let headers = EventHeaders::new("id-1", "file", "tidemark.v1.PostEvent").to_headers();
//! producer.send_all(vec![OutRecord::new("posts", "key", "payload").with_headers(headers)]).await?;
//!
//! let consumer = log.consumer("annotate", &["posts"])?;
//! let records = consumer.next_batch(500, Duration::from_millis(200)).await?;
//! consumer.commit(&next_positions(&records)).await?;
//! # Ok(()) }
//! ```

mod broker;
mod client;
mod consumer;
mod context;
mod error;
mod headers;
mod metrics;
mod producer;
mod record;
mod settings;
mod storage;
mod supervisor;

pub use broker::{BROKER_LOG_FILTER, serve_broker};
pub use client::{Log, PartitionLag, TopicSpec};
pub use consumer::Consumer;
pub use error::{BrokerError, LogError};
pub use headers::{CONTENT_TYPE_PROTOBUF, EventHeaders, HeaderError};
pub use producer::{Delivery, Producer};
pub use record::{MAX_RECORD_BYTES, OutRecord, Position, Record, next_positions};
pub use settings::{Compression, LogSettings};
pub use supervisor::BrokerProcess;
