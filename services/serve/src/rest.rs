//! The HTTP door: reads parameters, asks [`Answers`], writes JSON. Nothing is decided here.

use crate::{
    Error,
    answers::{
        Answers,
        ask::{AlertsAsk, ExplainAsk, FeedHealthAsk, ForecastsAsk, Nothing, SeriesAsk, SignalsAsk},
        say,
    },
    error::Problem,
    guard::Guard,
    metrics, page,
};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Resource, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::JsonPayloadError,
    http::{StatusCode, header},
    middleware::{Compress, Next, from_fn},
    web::{self, Data, Json, Query},
};
use serde::Serialize;
use std::{borrow::Borrow, future::Future, net::TcpListener, sync::Arc, time::Duration, time::Instant};
use tidemark_wire::annotated_file::Explanation;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use utoipa::{OpenApi, ToSchema};

/// Threads that read and write HTTP; answers are made on the program's own runtime.
const WORKER_THREADS: usize = 2;
/// Connections held at once, per worker.
const MAX_CONNECTIONS: usize = 512;
/// How long a client may take to send its request, in seconds.
const REQUEST_TIMEOUT_SECONDS: u64 = 5;
/// How long an idle connection is kept, in seconds.
const KEEP_ALIVE_SECONDS: u64 = 75;
/// How long requests under way may take to finish once the server stops, in seconds.
const SHUTDOWN_SECONDS: u64 = 5;
/// The longest body of a question, in bytes: a text of 100,000 characters is the longest that is scored.
const MAX_BODY_BYTES: usize = 512 << 10;
/// The longest address with its parameters, in bytes.
const MAX_ADDRESS_BYTES: usize = 4096;

/// The description served as OpenAPI 3.1.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tidemark",
        description = "Prevalence of mental-health markers in public posts, with intervals, forecasts and alerts. \
                       Read only. A cell that stands on fewer than eleven people (or posts, where a source has no \
                       authors) shows none of its numbers."
    ),
    paths(health, status, catalogue, series, forecasts, alerts, signals, feed_health, explain),
    components(schemas(ProblemDetails))
)]
struct Description;

/// RFC 9457 problem details.
#[derive(Serialize, ToSchema)]
struct ProblemDetails {
    /// Names the kind of problem: `urn:tidemark:problem:…`.
    r#type: String,
    /// The kind, in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// This occurrence, and what to do about it.
    detail: String,
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.put().http
    }

    fn error_response(&self) -> HttpResponse {
        let put = self.put();
        let mut response = HttpResponse::build(put.http);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::Key => {
                response
                    .insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"tidemark admin key\", charset=\"UTF-8\""));
            }
            Self::Method => {
                response.insert_header((header::ALLOW, "GET, HEAD"));
            }
            Self::TooSlow { .. } | Self::Lake(_) => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            _ => {}
        }
        response.content_type("application/problem+json").body(
            serde_json::json!(ProblemDetails {
                r#type: format!("urn:tidemark:problem:{}", put.name),
                title: put.title,
                status: put.http.as_u16(),
                detail: self.to_string(),
            })
            .to_string(),
        )
    }
}

#[derive(Clone)]
struct Door {
    answers: Arc<Answers>,
    runtime: Handle,
}

impl Door {
    /// Makes an answer on the program's runtime: a worker here has one thread, and the lake wants many.
    async fn answer<A, T, F>(&self, make: impl FnOnce(Arc<Answers>) -> F) -> Result<HttpResponse, Problem>
    where
        T: Borrow<A> + Send + 'static,
        A: Serialize,
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let answer = self.runtime.spawn(make(self.answers.clone())).await.map_err(|_| Problem::Internal)??;
        Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer.borrow()))
    }
}

type Reply = Result<HttpResponse, Problem>;

/// Whether the server answers, and which version it is.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, body = say::Health)))]
async fn health(door: Data<Door>, _: Query<Nothing>) -> Reply {
    door.answer::<say::Health, _, _>(|answers| async move { Ok(answers.health()) }).await
}

/// Lag, rate and freshness per stage, the ledger of rows, the broker, feeds and loads in progress.
#[utoipa::path(get, path = "/api/v1/status", responses(
    (status = 200, body = say::Status),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn status(door: Data<Door>, _: Query<Nothing>) -> Reply {
    door.answer::<say::Status, _, _>(|answers| async move { answers.status().await }).await
}

/// What can be asked for: sources, regions, languages, markers, days.
#[utoipa::path(get, path = "/api/v1/catalogue", responses(
    (status = 200, body = say::Catalogue),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn catalogue(door: Data<Door>, _: Query<Nothing>) -> Reply {
    door.answer::<say::Catalogue, _, _>(|answers| async move { answers.catalogue().await }).await
}

/// One series: a marker's prevalence over time in one population.
#[utoipa::path(get, path = "/api/v1/series", params(SeriesAsk), responses(
    (status = 200, body = say::Series),
    (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn series(door: Data<Door>, ask: Query<SeriesAsk>) -> Reply {
    door.answer::<say::Series, _, _>(|answers| async move { answers.series(&ask).await }).await
}

/// The latest forecast of one daily series, with the threshold it is held against.
#[utoipa::path(get, path = "/api/v1/forecasts", params(ForecastsAsk), responses(
    (status = 200, body = say::Forecasts),
    (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn forecasts(door: Data<Door>, ask: Query<ForecastsAsk>) -> Reply {
    door.answer::<say::Forecasts, _, _>(|answers| async move { answers.forecasts(&ask).await }).await
}

/// Episodes in which a series will probably exceed its threshold, the most probable first.
#[utoipa::path(get, path = "/api/v1/alerts", params(AlertsAsk), responses(
    (status = 200, body = say::Alerts),
    (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn alerts(door: Data<Door>, ask: Query<AlertsAsk>) -> Reply {
    door.answer::<say::Alerts, _, _>(|answers| async move { answers.alerts(&ask).await }).await
}

/// What has happened and is worth a look, the latest first: days on which a series stood higher than its own past let
/// expect, and days on which a feed changed and not the people. No signal is an alert.
#[utoipa::path(get, path = "/api/v1/signals", params(SignalsAsk), responses(
    (status = 200, body = say::Signals),
    (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn signals(door: Data<Door>, ask: Query<SignalsAsk>) -> Reply {
    door.answer::<say::Signals, _, _>(|answers| async move { answers.signals(&ask).await }).await
}

/// Posts per day beside what the same weekdays let expect.
#[utoipa::path(get, path = "/api/v1/feed-health", params(FeedHealthAsk), responses(
    (status = 200, body = say::FeedHealth),
    (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn feed_health(door: Data<Door>, ask: Query<FeedHealthAsk>) -> Reply {
    door.answer::<say::FeedHealth, _, _>(|answers| async move { answers.feed_health(&ask).await }).await
}

/// Why a text has a score, beside the threshold from which its label holds: what each word contributes to the label's
/// log-odds (`words`: `start`, `end`, `text`, `weight`), and what the lexica hit (`lexicon`). Of a marker made by a rule, the
/// expressions it looks for, and of a lexicon's category its terms (`cues`); of one made of others, which one that was (`source`). Places are characters of the text
/// with handles and addresses masked.
#[utoipa::path(post, path = "/api/v1/explain", request_body = ExplainAsk, responses(
    (status = 200, description = "language, marker, label, abstains, score, threshold, source, words, cues, lexicon, provenance", body = serde_json::Value),
    (status = 400, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 404, body = ProblemDetails, content_type = "application/problem+json"),
    (status = 503, body = ProblemDetails, content_type = "application/problem+json")))]
async fn explain(door: Data<Door>, ask: Json<ExplainAsk>) -> Reply {
    door.answer::<Explanation, _, _>(|answers| async move { answers.explain(ask.into_inner()).await }).await
}

async fn openapi(_: Query<Nothing>) -> HttpResponse {
    let mut description = Description::openapi();
    crate::answers::VERSION.clone_into(&mut description.info.version);
    HttpResponse::Ok().json(description)
}

async fn prometheus() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(metrics::recorder().render())
}

async fn elsewhere(request: HttpRequest) -> Reply {
    if request.method() != "GET" && request.method() != "HEAD" {
        return Err(Problem::Method);
    }
    if request.path().starts_with("/api/") {
        return Err(Problem::NoSuchPath);
    }
    page::file(request.path(), request.headers().get(header::IF_NONE_MATCH)).ok_or(Problem::NoSuchPath)
}

/// A place that is read and nothing else.
fn place<F, A>(path: &str, read: F) -> Resource
where
    F: actix_web::Handler<A> + Copy,
    A: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(read))
        .route(web::head().to(read))
        .default_service(web::to(|| async { Problem::Method.error_response() }))
}

async fn guarded(
    guard: Data<Guard>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let long = request.uri().path_and_query().is_some_and(|address| address.as_str().len() > MAX_ADDRESS_BYTES);
    let verdict = if long {
        Err(Problem::Malformed(format!("the address is longer than {MAX_ADDRESS_BYTES} bytes")))
    } else {
        guard.admit(text(header::HOST), text(header::AUTHORIZATION))
    };
    match verdict {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(problem) => Ok(request.into_response(problem.error_response()).map_into_right_body()),
    }
}

async fn measured(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let start = Instant::now();
    let response = next.call(request).await?;
    let pattern = response.request().match_pattern().unwrap_or_else(|| "page".to_owned());
    metrics::answered("rest", pattern, response.status().as_u16().to_string(), start.elapsed());
    Ok(response)
}

pub(crate) async fn serve(
    listener: TcpListener,
    answers: Arc<Answers>,
    guard: Guard,
    stop: CancellationToken,
) -> Result<(), Error> {
    let door = Data::new(Door { answers, runtime: Handle::current() });
    let guard = Data::new(guard);
    metrics::recorder();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(door.clone())
            .app_data(guard.clone())
            .app_data(web::QueryConfig::default().error_handler(|error, _| {
                let said = error.to_string();
                let said = said.strip_prefix("Query deserialize error: ").unwrap_or(&said);
                Problem::Malformed(said.chars().take(200).collect()).into()
            }))
            .app_data(web::JsonConfig::default().limit(MAX_BODY_BYTES).error_handler(|error, _| {
                // What serde says of a body can repeat it; a text goes into no answer and no log.
                let said = match error {
                    JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
                        "the body is too long"
                    }
                    JsonPayloadError::ContentType => "the body is not application/json",
                    _ => "the body is not the JSON that is asked for: text, marker and perhaps language",
                };
                Problem::Malformed(said.to_owned()).into()
            }))
            .service(place("/api/v1/health", health))
            .service(place("/api/v1/status", status))
            .service(place("/api/v1/catalogue", catalogue))
            .service(place("/api/v1/series", series))
            .service(place("/api/v1/forecasts", forecasts))
            .service(place("/api/v1/alerts", alerts))
            .service(place("/api/v1/signals", signals))
            .service(place("/api/v1/feed-health", feed_health))
            .service(web::resource("/api/v1/explain").route(web::post().to(explain)).default_service(web::to(
                || async {
                    let mut refused = Problem::Method.error_response();
                    refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("POST"));
                    refused
                },
            )))
            .service(place("/api/v1/openapi.json", openapi))
            .service(place("/metrics", prometheus))
            .default_service(web::to(elsewhere))
            .wrap(from_fn(guarded))
            .wrap(Compress::default())
            .wrap(from_fn(measured))
            .wrap(page::headers())
    })
    .workers(WORKER_THREADS)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(Duration::from_secs(REQUEST_TIMEOUT_SECONDS))
    .keep_alive(Duration::from_secs(KEEP_ALIVE_SECONDS))
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .listen(listener)
    .map_err(Error::Http)?
    .run();
    let handle = server.handle();
    let stopping = async {
        stop.cancelled().await;
        handle.stop(true).await;
    };
    tokio::pin!(server, stopping);
    tokio::select! {
        ended = &mut server => ended,
        () = &mut stopping => server.await,
    }
    .map_err(Error::Http)
}
