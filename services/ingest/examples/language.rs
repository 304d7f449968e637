//! How often the language of real short posts is told right. Needs a folder of labelled posts, which the repository
//! does not hold: `TIDEMARK_LABELLED=FOLDER cargo run -p tidemark-ingest --example language`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use flate2::read::GzDecoder;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use tidemark_domain::Language;
use tidemark_ingest::language::detect;
use tidemark_ingest::mask::mask;

#[derive(Deserialize)]
struct Labelled {
    text: String,
    lang: String,
}

/// Lines of JSON `{text, lang}`, English and Spanish, gzip.
const FILES: [&str; 3] = ["emoevent.jsonl.gz", "sentiment.jsonl.gz", "stress.jsonl.gz"];

fn main() {
    let folder = PathBuf::from(std::env::var_os("TIDEMARK_LABELLED").expect("TIDEMARK_LABELLED names the folder"));
    for file in FILES {
        let mut told: BTreeMap<(String, Language), u32> = BTreeMap::new();
        let reader = BufReader::new(GzDecoder::new(File::open(folder.join(file)).unwrap()));
        for line in reader.lines() {
            let post: Labelled = serde_json::from_str(&line.unwrap()).unwrap();
            let language = detect(&mask(&post.text), None);
            *told.entry((post.lang, language)).or_default() += 1;
        }
        for labelled in ["en", "es"] {
            let of = |language| told.get(&(labelled.to_owned(), language)).copied().unwrap_or(0);
            let total: u32 = Language::ALL.into_iter().map(of).sum();
            if total > 0 {
                let right = f64::from(of(Language::from_tag(labelled))) / f64::from(total);
                println!(
                    "{file} {labelled}: {total} posts, right {right:.4}; en {} es {} other {}",
                    of(Language::English),
                    of(Language::Spanish),
                    of(Language::Other)
                );
            }
        }
    }
}
