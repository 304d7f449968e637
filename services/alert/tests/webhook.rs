//! Notices and a receiver that is not always there: nothing is lost, by no restart either, and the order stays.
#![allow(missing_docs, clippy::unwrap_used)]

use jiff::{Timestamp, civil::date};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use tidemark_alert::notify::Notifier;
use tidemark_domain::alert::{Alert, AlertState};
use tidemark_domain::{PeriodKind, SeriesKey};

fn alert(id: &str) -> Alert {
    Alert {
        id: id.to_owned(),
        rule: "stress".to_owned(),
        key: SeriesKey {
            source: "s".into(),
            region: "all".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        },
        state: AlertState::Open,
        threshold: 0.1,
        probability: 0.8,
        peak_day: date(2024, 5, 3),
        origin: date(2024, 5, 1),
        raised_origin: date(2024, 5, 1),
        issued_at: Timestamp::UNIX_EPOCH,
    }
}

/// Answers one request for each of `statuses`; gives back the bodies.
fn receiver(listener: TcpListener, statuses: &'static [u16]) -> std::thread::JoinHandle<Vec<String>> {
    std::thread::spawn(move || {
        let answer = |status: &u16| {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut text, mut bytes) = (String::new(), [0; 4096]);
            loop {
                let read = stream.read(&mut bytes).unwrap();
                text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
                if read == 0 || text.ends_with('}') {
                    break;
                }
            }
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            text.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()
        };
        statuses.iter().map(answer).collect()
    })
}

fn notifier(address: Option<String>, folder: &tempfile::TempDir) -> Notifier {
    Notifier::new(address, &folder.path().join("alerts.outbox")).unwrap()
}

fn ids(bodies: Vec<String>) -> Vec<String> {
    let id =
        |body: &String| serde_json::from_str::<serde_json::Value>(body).unwrap()["id"].as_str().unwrap().to_owned();
    bodies.iter().map(id).collect()
}

#[tokio::test]
async fn a_receiver_that_fails_is_told_later_and_in_order_even_by_another_process() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = Some(format!("http://{}/hook", listener.local_addr().unwrap()));
    let receiving = receiver(listener, &[503, 200, 200]);
    let folder = tempfile::tempdir().unwrap();
    let mut first = notifier(address.clone(), &folder);
    first.tell([alert("first"), alert("second")].iter()).unwrap();
    first.deliver().await.unwrap();
    assert_eq!(first.waiting(), 2, "it failed at the first and asks no more of it this turn");
    // The process dies, and the one after it decides the same once more.
    drop(first);
    let mut second = notifier(address, &folder);
    second.tell([alert("first"), alert("second")].iter()).unwrap();
    assert_eq!(second.waiting(), 2, "nothing is said twice");
    second.deliver().await.unwrap();
    assert_eq!(second.waiting(), 0);
    let bodies = receiving.join().unwrap();
    assert!(bodies[0].contains("mh.stress in all regions"));
    assert_eq!(ids(bodies), ["first", "first", "second"]);
    assert_eq!(notifier(Some(String::new()), &folder).waiting(), 0, "what was delivered does not come again");
}

#[tokio::test]
async fn a_notice_that_is_always_refused_does_not_hold_up_the_others() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = Some(format!("http://{}/hook", listener.local_addr().unwrap()));
    let receiving = receiver(listener, &[400, 400, 429, 400, 400, 400, 200]);
    let folder = tempfile::tempdir().unwrap();
    let mut notifier = notifier(address, &folder);
    notifier.tell([alert("first"), alert("second")].iter()).unwrap();
    for _ in 0..5 {
        notifier.deliver().await.unwrap();
        assert_eq!(notifier.waiting(), 2);
    }
    notifier.deliver().await.unwrap();
    assert_eq!(notifier.waiting(), 0);
    assert_eq!(ids(receiving.join().unwrap()).last().unwrap(), "second");
}

#[tokio::test]
async fn without_a_webhook_nothing_waits() {
    let folder = tempfile::tempdir().unwrap();
    let mut notifier = notifier(None, &folder);
    notifier.tell([alert("first")].iter()).unwrap();
    assert_eq!(notifier.waiting(), 0);
}
