//! What brings posts in.

use super::Place;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `tidemark ingest`.
#[derive(Debug, Subcommand)]
pub(crate) enum Ingest {
    /// Read files: NDJSON, CSV or Parquet, plain, gzip or zstd.
    #[command(after_help = INGEST_FILE_HELP)]
    File(IngestFile),
    /// Follow Bluesky's Jetstream, resuming where the last run ended.
    #[command(
        after_help = "Example:\n  tidemark ingest jetstream --url wss://jetstream2.us-east.bsky.network/subscribe"
    )]
    Jetstream(IngestJetstream),
}

const INGEST_FILE_HELP: &str = r#"Example:
  tidemark ingest file posts.csv.gz --mapping posts.toml --wait

A mapping file says which column is what:
  source = "my_forum"
  id = "post_id"
  text = "body"
  author = "user"
  created_at = { column = "date", format = "%Y-%m-%d", zone = "Europe/Madrid" }
  language = "lang"
  place = "region"
  community = "board"
  parent = "reply_to"
  conversation = "thread"
  parent_text = "quoted"
  topic = "subject"

Posts are told apart by source and id: files whose ids mean other posts need other sources. Without one it is `file`.
Without a mapping, columns with the usual names are recognised (id, text or body, author, created_at or date, lang, region,
parent_text; not topic). What a post answers, parent_text, is masked as the post is, and read with it (docs/markers.md).
Rejected records are kept in DATA/rejects with a reason, and can be read again with a corrected mapping."#;

/// `tidemark ingest file`.
#[derive(Debug, Args)]
pub(crate) struct IngestFile {
    /// Files to read; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Which column is what (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// The paths are rejects files of earlier runs: read their records once more, with a corrected mapping. Those of
    /// Jetstream (bluesky.jsonl) need none.
    #[arg(long)]
    pub(crate) rejects: bool,
    /// Wait until every row is in the lake and its series are recomputed, then print the counts. Ends with exit code 8 where
    /// the platform stops before.
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `tidemark ingest jetstream`.
#[derive(Debug, Args)]
pub(crate) struct IngestJetstream {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Address of a Jetstream server; may be given more than once, the next is tried when one fails.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Vec<String>,
    /// Protocol version.
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) protocol: Option<u8>,
}
