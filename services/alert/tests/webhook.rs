//! Notices and a receiver that is not always there: nothing is given up, the order stays.
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

#[tokio::test]
async fn a_receiver_that_fails_is_told_later_and_in_order() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let receiving = receiver(listener, &[503, 200, 200]);
    let mut notifier = Notifier::new(Some(address)).unwrap();
    notifier.tell(&alert("first"));
    notifier.tell(&alert("second"));
    notifier.deliver().await;
    assert_eq!(notifier.waiting(), 2, "it failed at the first and asks no more of it this turn");
    notifier.deliver().await;
    assert_eq!(notifier.waiting(), 0);
    let bodies: Vec<serde_json::Value> =
        receiving.join().unwrap().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let ids: Vec<_> = bodies.iter().map(|body| body["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["first", "first", "second"]);
    assert!(bodies[0]["sentence"].as_str().unwrap().contains("mh.stress in all regions"));
}

#[tokio::test]
async fn without_a_webhook_nothing_waits() {
    let mut notifier = Notifier::new(None).unwrap();
    notifier.tell(&alert("first"));
    assert_eq!(notifier.waiting(), 0);
}
