//! Records per second through the embedded broker: `cargo run -p tidemark-log --example log_throughput [records]`.
//! Records of 3 KB of text-like bytes with CloudEvents headers, four partitions, one producer, then one consumer.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::{Duration, Instant};
use tidemark_log::{BrokerProcess, Compression, EventHeaders, Log, LogSettings, OutRecord, TopicSpec, serve_broker};

const PAYLOAD_BYTES: usize = 3000;
const IDLE: Duration = Duration::from_secs(5);
/// Linux counts a process's time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, command, _, folder, _, port] = args.as_slice()
        && command == "broker"
    {
        return Ok(serve_broker(Path::new(folder), port.parse()?).await?);
    }
    let records: usize = args.get(1).map_or(Ok(50_000), |count| count.parse())?;
    let words = ["tide", "mark", "hoy", "todo", "cuesta", "quiet", "harbour", "winter", "lamp", "letter"];
    for compression in [Compression::None, Compression::Lz4, Compression::Gzip] {
        let folder = std::env::temp_dir().join(format!("tidemark-throughput-{}", std::process::id()));
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let broker = BrokerProcess::spawn(&std::env::current_exe()?, &["broker"], &folder, port).await?;
        let log = Log::connect(&broker.bootstrap(), &LogSettings { compression, ..LogSettings::default() })?;
        log.ensure_topics(&[TopicSpec::new("throughput")], Duration::from_secs(30)).await?;
        let out: Vec<OutRecord> = (0..records)
            .map(|n| {
                let mut text = String::with_capacity(PAYLOAD_BYTES + 16);
                let mut state = n as u64 + 1;
                while text.len() < PAYLOAD_BYTES {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    text.push_str(words[(state >> 33) as usize % words.len()]);
                    text.push(if state >> 60 == 0 { '.' } else { ' ' });
                }
                OutRecord::new("throughput", format!("key-{n}"), text)
                    .with_headers(EventHeaders::new(format!("{n:032x}"), "file", "tidemark.v1.PostEvent").to_headers())
            })
            .collect();
        let producer = log.producer()?;
        let started = Instant::now();
        producer.send_all(out).await?;
        let produced = started.elapsed();
        let consumer = log.consumer("throughput", &["throughput"])?;
        let started = Instant::now();
        let mut seen = 0;
        let mut first = None;
        while seen < records {
            seen += consumer.next_batch(1000, Duration::from_millis(100)).await?.len();
            if seen > 0 {
                first.get_or_insert_with(|| started.elapsed());
            }
        }
        let consumed = started.elapsed();
        let on_disk = size_bytes(&folder)?;
        let per_second = |elapsed: Duration| records as f64 / elapsed.as_secs_f64();
        println!(
            "{compression:?}: {records} records of {PAYLOAD_BYTES} bytes; produced {:.0}/s, consumed {:.0}/s (first after {:.2} s), {} MB on disk",
            per_second(produced),
            per_second(consumed),
            first.unwrap_or_default().as_secs_f64(),
            on_disk / 1_000_000
        );
        let before = cpu_seconds(broker.pid())?;
        let _nothing = consumer.next_batch(1, IDLE).await?;
        let idle = (cpu_seconds(broker.pid())? - before) / IDLE.as_secs_f64();
        println!("  a reader waiting at the end costs the broker {:.1} % of a core", idle * 100.0);
        consumer.close().await;
        broker.shutdown().await;
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn size_bytes(folder: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { size_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}

fn cpu_seconds(pid: u32) -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    // User and system time are fields 14 and 15; the first after the name is 3.
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / TICKS_PER_SECOND)
}
