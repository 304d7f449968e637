//! Connects, reads, publishes, and comes back.

use super::backoff::Backoff;
use super::cursor::{Cursor, address};
use super::frame::{Body, Frame, Message, Standing};
use super::outcome::{Stream, malformed, outcome};
use super::{CURSOR_FILE, JetstreamSettings, SOURCE, Version, parse_v1, parse_v2};
use crate::checkpoint::StateFile;
use crate::error::Error;
use crate::metrics;
use crate::pseudonym::Pseudonymiser;
use crate::record::Fault;
use crate::rejects::{self, RejectedRow};
use crate::sink::{Outcome, Sink};
use futures::StreamExt;
use jiff::Timestamp;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidemark_domain::RejectReason::Malformed;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tokio_util::sync::CancellationToken;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A message that is longer ends the connection, in bytes.
const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// The subprotocol of v2.
const V2_SUBPROTOCOL: &str = "xrpc.v1.json";
/// A stream that goes on this much later than where it was to be resumed has a gap, in microseconds.
const GAP_TOLERANCE_US: u64 = 60_000_000;
/// A frame that claims to be this much ahead of our clock does not move the cursor, in microseconds.
const CLOCK_TOLERANCE_US: u64 = 300_000_000;
/// Rejected frames that are held before they are sent, in bytes as they stand in the file.
const REJECT_LINES_BYTES_MAX: usize = 16 * 1024 * 1024;
const MICROSECONDS_PER_SECOND: u64 = 1_000_000;

/// The server no longer holds what the cursor asks for, or never had it.
const CURSOR_CODES: [&str; 3] = ["CursorTooOld", "OutdatedCursor", "FutureCursor"];
/// The request itself is wrong.
const REQUEST_CODES: [&str; 2] = ["InvalidRequest", "UnknownZstdDictionary"];

/// What a stream has seen since it was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JetstreamReport {
    /// Messages received.
    pub frames: u64,
    /// Post events sent.
    pub sent: u64,
    /// Rejects sent.
    pub rejected: u64,
    /// Events and messages that mean nothing for us: identities, accounts that are not deleted, other record types,
    /// unknown kinds.
    pub passed_over: u64,
    /// Attempts to connect after the first.
    pub reconnects: u64,
    /// Times the stream went on later than it had ended.
    pub gaps: u64,
    /// How long these gaps were together, in seconds.
    pub gap_seconds: u64,
}

/// Why a session ended.
enum End {
    Stopped,
    /// Closed, broken, refused: worth another attempt.
    Lost(&'static str),
    /// The server does not have what the cursor asks for.
    BadCursor,
    /// Trying again is no use.
    Refused(String),
}

/// Reads the stream into `sink` until `stop`. `clock` says what time it is.
///
/// # Errors
/// [`Error`] where going on is no use: an address that is none, a request the server calls wrong, a cursor that cannot
/// be written, a log that refuses a record. A server that goes away is waited for.
pub async fn run_jetstream(
    sink: &mut impl Sink,
    settings: &JetstreamSettings,
    data_dir: &Path,
    pseudonymiser: &Pseudonymiser,
    clock: impl Fn() -> Timestamp + Send + Sync,
    stop: CancellationToken,
) -> Result<JetstreamReport, Error> {
    let cursor_path = settings.cursor_file.clone().unwrap_or_else(|| data_dir.join(CURSOR_FILE));
    let (cursor_file, found) = StateFile::<Cursor>::open(cursor_path, "cursor")?;
    // Where nothing is settled yet, the start of the stream is near: going on from the end loses least.
    let cursor = found.map(|found| found.settled.unwrap_or(found.latest));
    for host in &settings.hosts {
        address(host, settings, None)?;
    }
    if settings.hosts.is_empty() {
        return Err(Error::JetstreamHosts);
    }
    let mut session = Session {
        settings,
        pseudonymiser,
        clock,
        data_dir,
        cursor_file,
        cursor,
        is_cursor_refused: false,
        report: JetstreamReport::default(),
        events: 0,
        outcomes: Vec::new(),
        reject_lines: Vec::new(),
        pending: None,
        is_fresh: true,
    };
    let mut backoff = Backoff::new(settings);
    let mut hosts = settings.hosts.iter().cycle();
    let Some(mut host) = hosts.next() else { return Err(Error::JetstreamHosts) };
    loop {
        let before = session.events;
        match session.attend(host, sink, &stop).await? {
            End::Stopped => return Ok(session.report),
            End::Refused(code) => return Err(Error::JetstreamRefused { code }),
            End::BadCursor => {
                tracing::warn!("the server no longer has the posts after the cursor: going on with what it has");
                metrics::reconnect("cursor");
                session.is_cursor_refused = true;
            }
            End::Lost(cause) => {
                tracing::info!(cause, "the stream was lost: connecting again");
                metrics::reconnect(cause);
                if let Some(next) = hosts.next() {
                    host = next;
                }
            }
        }
        // Frames are not enough: a server that accepts and at once says why it will not serve has sent one.
        if session.events > before {
            backoff.reset();
        }
        session.report.reconnects += 1;
        tokio::select! {
            () = stop.cancelled() => return Ok(session.report),
            () = tokio::time::sleep(backoff.next_pause()) => {}
        }
    }
}

struct Session<'a, C> {
    settings: &'a JetstreamSettings,
    pseudonymiser: &'a Pseudonymiser,
    clock: C,
    data_dir: &'a Path,
    cursor_file: StateFile<Cursor>,
    /// Acknowledged.
    cursor: Option<Cursor>,
    /// The server does not take it: connect without, until there is a newer one.
    is_cursor_refused: bool,
    report: JetstreamReport,
    /// Events received, of whatever kind.
    events: u64,
    /// Read and not yet sent.
    outcomes: Vec<Outcome>,
    /// The rejects among them, as they stand in the file.
    reject_lines: Vec<u8>,
    /// The cursor once they are acknowledged.
    pending: Option<Cursor>,
    /// No event of this connection was read yet.
    is_fresh: bool,
}

impl<C: Fn() -> Timestamp + Send + Sync> Session<'_, C> {
    /// One connection, from its handshake to its end.
    async fn attend(&mut self, host: &str, sink: &mut impl Sink, stop: &CancellationToken) -> Result<End, Error> {
        let resume_at = match &self.cursor {
            Some(cursor) if !self.is_cursor_refused => Some(cursor.resume_at(host, self.settings)),
            _ => None,
        };
        let url = address(host, self.settings, resume_at)?;
        tracing::info!(host = url.host_str(), resumes = resume_at.is_some(), "connecting to Jetstream");
        let connected = tokio::select! {
            () = stop.cancelled() => return Ok(End::Stopped),
            connected = tokio::time::timeout(CONNECT_TIMEOUT, connect(url.as_str(), self.settings.version)) => connected,
        };
        let mut socket = match connected {
            Ok(Ok(socket)) => socket,
            Ok(Err(fault)) => return Ok(refusal(&fault)),
            Err(_) => return Ok(End::Lost("connect_timeout")),
        };
        self.is_fresh = true;
        let blind = Duration::from_millis(self.settings.blind_timeout_ms);
        let batch_age = Duration::from_millis(self.settings.batch_age_ms);
        let mut last_frame = Instant::now();
        let mut batch_since = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.flush(sink).await?;
                    // A server that does not answer the good-bye does not keep us.
                    let _ = tokio::time::timeout(Duration::from_secs(1), socket.close(None)).await;
                    return Ok(End::Stopped);
                }
                () = tokio::time::sleep_until(batch_since + batch_age), if self.has_unsent() => {
                    self.flush(sink).await?;
                }
                () = tokio::time::sleep_until(last_frame + blind) => {
                    self.flush(sink).await?;
                    return Ok(End::Lost("blind"));
                }
                message = socket.next() => {
                    if !self.has_unsent() {
                        batch_since = Instant::now();
                    }
                    let end = match message {
                        Some(Ok(tungstenite::Message::Text(text))) => {
                            last_frame = Instant::now();
                            self.take(text.as_str(), host)
                        }
                        Some(Ok(tungstenite::Message::Binary(bytes))) => {
                            last_frame = Instant::now();
                            self.report.frames += 1;
                            metrics::frame("binary");
                            self.refuse(&bytes, Fault::new(Malformed, "the frame is binary, but compression was not asked for"));
                            None
                        }
                        // Pings show that the host lives, not that it sees anything.
                        Some(Ok(tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_) | tungstenite::Message::Frame(_))) => None,
                        Some(Ok(tungstenite::Message::Close(_))) | None => Some(End::Lost("closed")),
                        Some(Err(_)) => Some(End::Lost("broken")),
                    };
                    if end.is_some() || self.is_full() {
                        self.flush(sink).await?;
                    }
                    if let Some(end) = end {
                        return Ok(end);
                    }
                }
            }
        }
    }

    fn has_unsent(&self) -> bool {
        !self.outcomes.is_empty() || self.pending.is_some()
    }

    fn is_full(&self) -> bool {
        self.outcomes.len() >= self.settings.batch_events.max(1) || self.reject_lines.len() >= REJECT_LINES_BYTES_MAX
    }

    /// Takes one message in.
    fn take(&mut self, text: &str, host: &str) -> Option<End> {
        self.report.frames += 1;
        let parsed = match self.settings.version {
            Version::V1 => parse_v1(text),
            Version::V2 => parse_v2(text),
        };
        let frame = match parsed {
            Ok(Message::Event(frame)) => frame,
            Ok(Message::Unknown) => {
                metrics::frame("unknown");
                self.report.passed_over += 1;
                return None;
            }
            Ok(Message::Info { name }) => {
                metrics::frame("info");
                self.report.passed_over += 1;
                if CURSOR_CODES.contains(&name.as_str()) {
                    tracing::warn!(info = %name, "the server starts later than asked: posts before are lost to this host");
                }
                return None;
            }
            Ok(Message::Failure { code }) => {
                metrics::frame("error");
                self.report.passed_over += 1;
                return Some(by_code(&code));
            }
            Err(fault) => {
                metrics::frame("malformed");
                self.refuse(text.as_bytes(), fault);
                return None;
            }
        };
        self.events += 1;
        metrics::frame(kind(&frame.body));
        if let Body::Account { standing: Standing::Paused(status), .. } = frame.body {
            metrics::paused_account(status);
        }
        let now = (self.clock)();
        self.advance(&frame, host, now);
        match outcome(&frame, &Stream { pseudonymiser: self.pseudonymiser, now }) {
            Some(outcome) => self.hold(outcome, text.as_bytes()),
            None => self.report.passed_over += 1,
        }
        None
    }

    fn refuse(&mut self, raw: &[u8], fault: Fault) {
        let now = (self.clock)();
        self.hold(Err(malformed(raw, fault, now)), raw);
    }

    /// Keeps the outcome of the frame `raw` for the next flush.
    fn hold(&mut self, outcome: Outcome, raw: &[u8]) {
        if let Err(reject) = &outcome {
            let rejected = RejectedRow {
                row: reject.row,
                reason: reject.reason,
                detail: reject.detail.clone(),
                input: reject.event_id.to_string(),
                columns: None,
                delimiter: None,
                protocol: Some(self.settings.version),
                raw: raw.to_vec(),
            };
            rejected.write_to(&mut self.reject_lines);
        }
        self.outcomes.push(outcome);
    }

    /// Moves the pending cursor on, never back, and measures what is missing at a connection's begin.
    fn advance(&mut self, frame: &Frame<'_>, host: &str, now: Timestamp) {
        let microseconds = |time: Timestamp| u64::try_from(time.as_microsecond()).unwrap_or(0);
        let time_us = microseconds(frame.time);
        if time_us > microseconds(now) + CLOCK_TOLERANCE_US {
            return;
        }
        let last = self.pending.as_ref().or(self.cursor.as_ref());
        if std::mem::take(&mut self.is_fresh)
            && let Some(last) = last
            && time_us > last.time_us + GAP_TOLERANCE_US
        {
            let seconds = (time_us - last.time_us) / MICROSECONDS_PER_SECOND;
            tracing::warn!(seconds, "posts of this stretch of time are missing");
            self.report.gaps += 1;
            self.report.gap_seconds += seconds;
            #[allow(clippy::cast_precision_loss)]
            metrics::gap(seconds as f64);
        }
        // Positions of another host or protocol are not comparable: there only the time carries over.
        let comparable = last.filter(|last| last.version == self.settings.version && last.host == host);
        self.pending = Some(Cursor {
            version: self.settings.version,
            host: host.to_owned(),
            position: comparable.map_or(frame.position, |last| last.position.max(frame.position)),
            time_us: last.map_or(time_us, |last| last.time_us.max(time_us)),
        });
    }

    /// Sends what was read, files the rejects, and keeps the cursor once all that is done.
    async fn flush(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        let outcomes = std::mem::take(&mut self.outcomes);
        if !outcomes.is_empty() {
            let rejected: Vec<_> =
                outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(|r| r.reason).collect();
            let (sent, refused) = ((outcomes.len() - rejected.len()) as u64, rejected.len() as u64);
            sink.publish(outcomes).await?;
            let lines = std::mem::take(&mut self.reject_lines);
            rejects::append_to_stream(self.data_dir, SOURCE, &lines, rejects::STREAM_BYTES_MAX)?;
            self.report.sent += sent;
            self.report.rejected += refused;
            metrics::rows(SOURCE, sent + refused);
            metrics::accepted(SOURCE, sent);
            rejected.into_iter().for_each(|reason| metrics::rejected(SOURCE, reason, 1));
        }
        if let Some(cursor) = self.pending.take() {
            self.cursor_file.keep(&cursor, std::time::Instant::now())?;
            #[allow(clippy::cast_precision_loss)]
            metrics::stream_time(cursor.time_us as f64 / MICROSECONDS_PER_SECOND as f64);
            self.cursor = Some(cursor);
            self.is_cursor_refused = false;
        }
        Ok(())
    }
}

fn kind(body: &Body<'_>) -> &'static str {
    match body {
        Body::Commit(_) => "commit",
        Body::Account { .. } => "account",
        Body::Identity => "identity",
        Body::Sync => "sync",
        Body::Unknown => "unknown",
    }
}

async fn connect(url: &str, version: Version) -> Result<Socket, tungstenite::Error> {
    let mut request = url.into_client_request()?;
    if version == Version::V2 {
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(V2_SUBPROTOCOL));
    }
    let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE_BYTES));
    let connector = if url.starts_with("wss:") { Some(Connector::Rustls(tls()?)) } else { None };
    let (socket, _) = connect_async_tls_with_config(request, Some(config), true, connector).await?;
    Ok(socket)
}

/// TLS with a provider that is named: where several are compiled in, rustls cannot choose one and panics.
fn tls() -> Result<Arc<ClientConfig>, tungstenite::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|fault| tungstenite::Error::Io(std::io::Error::other(fault)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What a failed handshake means.
fn refusal(fault: &tungstenite::Error) -> End {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }
    let tungstenite::Error::Http(response) = fault else { return End::Lost("connect") };
    if response.status().as_u16() != 400 {
        return End::Lost("refused");
    }
    let body = response.body().as_deref().unwrap_or_default();
    match serde_json::from_slice::<Body>(body) {
        Ok(body) => by_code(&body.error),
        Err(_) => End::Lost("refused"),
    }
}

/// What a code of the server means, before or within the stream.
fn by_code(code: &str) -> End {
    if CURSOR_CODES.contains(&code) {
        End::BadCursor
    } else if REQUEST_CODES.contains(&code) {
        End::Refused(code.to_owned())
    } else {
        End::Lost("server_error")
    }
}
