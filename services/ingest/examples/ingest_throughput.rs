//! How fast a file is decoded, normalised and masked, without a log:
//! `TIDEMARK_INPUT=FILE cargo run -p tidemark-ingest --example ingest_throughput`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;
use tidemark_domain::Language;
use tidemark_ingest::{Error, FileJob, Outcome, Pseudonymiser, Settings, Sink, ingest_file};

/// Counts and forgets.
#[derive(Default)]
struct Counter {
    languages: [u64; 3],
}

impl Sink for Counter {
    async fn publish(&mut self, outcomes: Vec<Outcome>) -> Result<(), Error> {
        for event in outcomes.iter().flatten() {
            let language = Language::ALL.iter().position(|language| *language == event.language).unwrap();
            self.languages[language] += 1;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let job = FileJob {
        path: std::env::var_os("TIDEMARK_INPUT").expect("TIDEMARK_INPUT names a file").into(),
        mapping: None,
        data_dir: folder.path().to_owned(),
        is_replay: false,
    };
    let mut sink = Counter::default();
    let pseudonymiser = Pseudonymiser::new(&[0; 32]);
    let start = Instant::now();
    let report = ingest_file(&mut sink, &job, &Settings::default(), &pseudonymiser, jiff::Timestamp::now(), |_| {})
        .await
        .unwrap();
    let seconds = start.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)]
    let per_second = report.rows as f64 / seconds;
    println!(
        "{} rows, {} sent, {:?} rejected, {seconds:.1} s, {per_second:.0} rows/s, languages {:?}",
        report.rows, report.sent, report.rejected, sink.languages
    );
    assert_eq!(report.rows, report.sent + report.rejected.values().sum::<u64>());
}
