//! A Jetstream server for tests: holds events, speaks both protocols, and misbehaves as it is told.

use futures::{SinkExt, StreamExt};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};

/// Something that happened on the network.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) time_us: u64,
    pub(crate) did: String,
    /// Kind and the members its frame has beyond those of all frames, in v1's shape and in v2's.
    pub(crate) kind: &'static str,
    pub(crate) v1: String,
    pub(crate) v2: String,
}

/// The time of the first event, microseconds since 1970.
pub(crate) const EPOCH_US: u64 = 1_783_175_888_000_000;

impl Event {
    fn new(seq: u64, author: u64, kind: &'static str, v1: String, v2: String) -> Self {
        Self { seq, time_us: EPOCH_US + seq * 1_000_000, did: format!("did:plc:author{author}"), kind, v1, v2 }
    }

    /// Event `seq` writes post `seq`.
    pub(crate) fn post(seq: u64) -> Self {
        let record = format!(
            r#"{{"$type":"app.bsky.feed.post","createdAt":"2026-07-04T14:38:06.240Z","langs":["en"],"text":"made up post number {seq}"}}"#
        );
        Self::commit(seq, seq, "create", &format!(r#","record":{record},"cid":"bafyrei{seq}""#))
    }

    /// Event `seq` does something to post `post`.
    pub(crate) fn commit(seq: u64, post: u64, operation: &str, rest: &str) -> Self {
        let commit = format!(
            r#""rev":"3m{seq}","operation":"{operation}","collection":"app.bsky.feed.post","rkey":"k{post}"{rest}"#
        );
        Self::new(seq, post % 3, "commit", format!(r#""commit":{{{commit}}}"#), commit)
    }

    /// Event `seq` says that author 1 is no longer active.
    pub(crate) fn account(seq: u64, status: &str) -> Self {
        let account =
            format!(r#""account":{{"active":false,"did":"did:plc:author1","seq":{seq},"status":"{status}"}}"#);
        Self::new(seq, 1, "account", account.clone(), account)
    }

    pub(crate) fn identity(seq: u64) -> Self {
        let identity =
            format!(r#""identity":{{"did":"did:plc:author1","seq":{seq},"time":"2026-07-04T14:38:07.877Z"}}"#);
        Self::new(seq, 1, "identity", identity.clone(), identity)
    }

    pub(crate) fn frame(&self, is_v2: bool) -> String {
        let Self { seq, time_us, did, kind, v1, v2 } = self;
        if !is_v2 {
            return format!(r#"{{"did":"{did}","time_us":{time_us},"kind":"{kind}",{v1}}}"#);
        }
        let time = jiff::Timestamp::from_microsecond(i64::try_from(*time_us).unwrap()).unwrap();
        format!(
            r##"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#{kind}","seq":{seq},"did":"{did}","time":"{time:.6}",{v2}}}}}"##
        )
    }
}

/// What the server does with one connection.
#[derive(Clone)]
pub(crate) enum Visit {
    /// Sends the events from the cursor on (all without one), and stays.
    Serve,
    /// The same, but closes after so many frames.
    CloseAfter(usize),
    /// The same, but the connection breaks without a good-bye.
    BreakAfter(usize),
    /// Sends these frames as they are, and stays.
    Frames(Vec<String>),
    /// Sends these frames as they are, and closes.
    FramesThenClose(Vec<String>),
    /// Accepts, pings, and sends nothing.
    Silent,
    /// Answers 400 with this code.
    Refuse(&'static str),
}

#[derive(Default)]
pub(crate) struct Seen {
    /// Path and query of each handshake.
    pub(crate) requests: Vec<String>,
    /// Data frames the client has sent: it must send none.
    pub(crate) client_frames: usize,
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl Server {
    /// Serves `events`; the n-th connection is treated as the n-th of `visits` says, later ones as the last.
    pub(crate) async fn start(events: Vec<Event>, visits: Vec<Visit>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let task_seen = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let visit = visits[number.min(visits.len() - 1)].clone();
                number += 1;
                tokio::spawn(attend(stream, visit, events.clone(), Arc::clone(&task_seen)));
            }
        });
        Self { url, seen }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// The cursor of each handshake.
    pub(crate) fn cursors(&self) -> Vec<Option<u64>> {
        self.requests().iter().map(|request| cursor_of(request)).collect()
    }
}

fn cursor_of(request: &str) -> Option<u64> {
    request.split(['?', '&']).find_map(|part| part.strip_prefix("cursor=")).map(|cursor| cursor.parse().unwrap())
}

async fn attend(stream: TcpStream, visit: Visit, events: Vec<Event>, seen: Arc<Mutex<Seen>>) {
    let mut request_line = String::new();
    #[allow(clippy::result_large_err)]
    let handshake = |request: &Request, mut response: Response| {
        request_line = request.uri().to_string();
        seen.lock().unwrap().requests.push(request_line.clone());
        if let Visit::Refuse(code) = &visit {
            let body = format!(r#"{{"error":"{code}","message":"made up"}}"#);
            let mut refusal = ErrorResponse::new(Some(body));
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return Err(refusal);
        }
        if request_line.starts_with("/xrpc/network.bsky.jetstream.subscribeEvents?") {
            assert_eq!(request.headers()["Sec-WebSocket-Protocol"], "xrpc.v1.json");
            response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("xrpc.v1.json"));
        } else {
            assert!(request_line.starts_with("/subscribe?"), "{request_line}");
        }
        Ok(response)
    };
    let Ok(socket) = accept_hdr_async(stream, handshake).await else { return };
    let (mut out, mut input) = socket.split();
    let is_v2 = request_line.starts_with("/xrpc/");
    let cursor = cursor_of(&request_line).unwrap_or(0);
    // v2 takes a cursor of 10^15 or more for a time; v1 knows only times.
    let is_due = |event: &Event| {
        if is_v2 && cursor < 1_000_000_000_000_000 { event.seq >= cursor } else { event.time_us >= cursor }
    };
    let due = events.iter().filter(|event| is_due(event)).map(|event| event.frame(is_v2));
    let (frames, closes) = match &visit {
        Visit::Serve => (due.collect(), false),
        Visit::CloseAfter(n) | Visit::BreakAfter(n) => (due.take(*n).collect(), true),
        Visit::Frames(frames) => (frames.clone(), false),
        Visit::FramesThenClose(frames) => (frames.clone(), true),
        Visit::Silent | Visit::Refuse(_) => (Vec::new(), false),
    };
    if matches!(visit, Visit::Silent) {
        let _ = out.send(Message::Ping(b"alive".as_slice().into())).await;
    }
    for frame in frames {
        if out.send(Message::Text(frame.into())).await.is_err() {
            return;
        }
    }
    if closes {
        if !matches!(visit, Visit::BreakAfter(_)) {
            let _ = out.close().await;
        }
        return;
    }
    while let Some(Ok(message)) = input.next().await {
        if message.is_text() || message.is_binary() {
            seen.lock().unwrap().client_frames += 1;
        }
    }
}
