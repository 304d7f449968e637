//! The gRPC door: the same questions, the same [`Answers`], in protobuf. Nothing is decided here.

use crate::{
    Error,
    answers::{
        Answers,
        ask::{AlertsAsk, FeedHealthAsk, ForecastsAsk, SeriesAsk, SignalsAsk},
        say,
    },
    error::Problem,
    guard::Guard,
    metrics,
    proto::{self, tidemark_server},
};
use jiff::Timestamp;
use std::{future::Future, net::TcpListener, sync::Arc, time::Duration, time::Instant};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

/// The largest question, in bytes.
const MAX_QUESTION_BYTES: usize = 16 * 1024;
/// Questions one connection may ask at once.
const MAX_CONCURRENT: usize = 32;
/// How long a question may take, in seconds; the answers have their own, shorter limit.
const TIMEOUT_SECONDS: u64 = 30;

struct Door(Arc<Answers>);

async fn reply<T, P: From<T>>(
    method: &'static str,
    answer: impl Future<Output = Result<T, Problem>>,
) -> Result<Response<P>, Status> {
    let start = Instant::now();
    let answer = answer.await;
    let outcome = answer.as_ref().map_or_else(|problem| problem.put().grpc, |_| tonic::Code::Ok);
    metrics::answered("grpc", method.to_owned(), format!("{outcome:?}"), start.elapsed());
    Ok(Response::new(P::from(answer?)))
}

/// proto3 has no absent text: empty is absent.
fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[tonic::async_trait]
impl tidemark_server::Tidemark for Door {
    async fn get_health(
        &self,
        _: Request<proto::GetHealthRequest>,
    ) -> Result<Response<proto::GetHealthResponse>, Status> {
        reply("GetHealth", async { Ok(self.0.health()) }).await
    }

    async fn get_status(
        &self,
        _: Request<proto::GetStatusRequest>,
    ) -> Result<Response<proto::GetStatusResponse>, Status> {
        reply("GetStatus", self.0.status()).await
    }

    async fn get_catalogue(
        &self,
        _: Request<proto::GetCatalogueRequest>,
    ) -> Result<Response<proto::GetCatalogueResponse>, Status> {
        reply("GetCatalogue", self.0.catalogue()).await
    }

    async fn get_series(
        &self,
        request: Request<proto::GetSeriesRequest>,
    ) -> Result<Response<proto::GetSeriesResponse>, Status> {
        let asked = request.into_inner();
        let ask = SeriesAsk {
            source: asked.source,
            region: given(asked.region),
            language: given(asked.language),
            marker: asked.marker,
            period: given(asked.period),
            from: given(asked.from),
            to: given(asked.to),
            as_of: given(asked.as_of),
        };
        reply("GetSeries", self.0.series(&ask)).await
    }

    async fn list_forecasts(
        &self,
        request: Request<proto::ListForecastsRequest>,
    ) -> Result<Response<proto::ListForecastsResponse>, Status> {
        let asked = request.into_inner();
        let ask = ForecastsAsk {
            source: asked.source,
            region: given(asked.region),
            language: given(asked.language),
            marker: asked.marker,
        };
        reply("ListForecasts", self.0.forecasts(&ask)).await
    }

    async fn list_alerts(
        &self,
        request: Request<proto::ListAlertsRequest>,
    ) -> Result<Response<proto::ListAlertsResponse>, Status> {
        let ask = AlertsAsk { state: given(request.into_inner().state) };
        reply("ListAlerts", self.0.alerts(&ask)).await
    }

    async fn list_signals(
        &self,
        request: Request<proto::ListSignalsRequest>,
    ) -> Result<Response<proto::ListSignalsResponse>, Status> {
        let asked = request.into_inner();
        let ask = SignalsAsk {
            source: given(asked.source),
            kind: given(asked.kind),
            from: given(asked.from),
            to: given(asked.to),
        };
        reply("ListSignals", self.0.signals(&ask)).await
    }

    async fn list_feed_health(
        &self,
        request: Request<proto::ListFeedHealthRequest>,
    ) -> Result<Response<proto::ListFeedHealthResponse>, Status> {
        let asked = request.into_inner();
        let ask = FeedHealthAsk {
            source: asked.source,
            region: given(asked.region),
            from: given(asked.from),
            to: given(asked.to),
        };
        reply("ListFeedHealth", self.0.feed_health(&ask)).await
    }
}

pub(crate) async fn serve(
    listener: TcpListener,
    answers: Arc<Answers>,
    guard: Guard,
    stop: CancellationToken,
) -> Result<(), Error> {
    let listener = tokio::net::TcpListener::from_std(listener).map_err(Error::GrpcListen)?;
    let admit = move |request: Request<()>| {
        let key = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        guard.admit(None, key)?;
        Ok(request)
    };
    let tidemark = tidemark_server::TidemarkServer::new(Door(answers)).max_decoding_message_size(MAX_QUESTION_BYTES);
    let reflection =
        || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(proto::DESCRIPTORS);
    tonic::transport::Server::builder()
        .timeout(Duration::from_secs(TIMEOUT_SECONDS))
        .concurrency_limit_per_connection(MAX_CONCURRENT)
        .layer(tonic::service::InterceptorLayer::new(admit))
        .add_service(tidemark)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop.cancelled())
        .await
        .map_err(Error::Grpc)
}

fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

impl From<say::Health> for proto::GetHealthResponse {
    fn from(said: say::Health) -> Self {
        Self {
            status: said.status.to_owned(),
            version: said.version.to_owned(),
            started_at_us: micros(said.started_at),
        }
    }
}

impl From<Arc<say::Status>> for proto::GetStatusResponse {
    fn from(said: Arc<say::Status>) -> Self {
        let say::Ledger { read, accepted, rejected, duplicates, unmatched } = said.ledger;
        Self {
            version: said.version.to_owned(),
            now_us: micros(said.now),
            ledger: Some(proto::Ledger { read, accepted, rejected, duplicates, unmatched }),
            broker: Some(proto::Broker { reachable: said.broker.reachable, detail: said.broker.detail.clone() }),
            stages: said
                .stages
                .iter()
                .map(|stage| proto::Stage {
                    stage: stage.stage.clone(),
                    topic: stage.topic.clone(),
                    lag: stage.lag,
                    rate_per_second: stage.rate_per_second,
                    freshness_seconds: stage.freshness_seconds,
                })
                .collect(),
            feeds: said
                .feeds
                .iter()
                .map(|feed| proto::Feed {
                    source: feed.source.clone(),
                    region: feed.region.clone(),
                    last_day: feed.day.to_string(),
                    posts: feed.posts,
                    expected: feed.expected,
                    state: feed.state.clone(),
                })
                .collect(),
            loads: said
                .loads
                .iter()
                .map(|load| proto::Load {
                    name: load.name.clone(),
                    rows: load.rows,
                    rows_total: load.rows_total,
                    done: load.done,
                })
                .collect(),
        }
    }
}

impl From<Arc<say::Catalogue>> for proto::GetCatalogueResponse {
    fn from(said: Arc<say::Catalogue>) -> Self {
        let marker = |marker: &say::Marker| proto::Marker {
            name: marker.name.clone(),
            title: marker.title.clone(),
            description: marker.description.clone(),
            family: marker.family.clone(),
            headline: marker.headline,
        };
        let source = |source: &say::Source| proto::Source {
            source: source.source.clone(),
            unit: source.unit.code().to_owned(),
            first_day: source.first_day.to_string(),
            last_day: source.last_day.to_string(),
            regions: source.regions.clone(),
            languages: source.languages.clone(),
            markers: source.markers.iter().map(marker).collect(),
        };
        Self { min_units: said.min_units, sources: said.sources.iter().map(source).collect() }
    }
}

impl From<&say::Key> for proto::SeriesKey {
    fn from(key: &say::Key) -> Self {
        Self {
            source: key.source.clone(),
            region: key.region.clone(),
            language: key.language.clone(),
            marker: key.marker.clone(),
            period: key.period.code().to_owned(),
        }
    }
}

impl From<say::Series> for proto::GetSeriesResponse {
    fn from(said: say::Series) -> Self {
        let point = |point: &say::Point| proto::SeriesPoint {
            label: point.label.clone(),
            start: point.start.to_string(),
            end: point.end.to_string(),
            status: point.status.to_owned(),
            value: point.value,
            lower: point.lower,
            upper: point.upper,
            k: point.k,
            n: point.n,
            n_posts: point.n_posts,
            issued_at_us: point.issued_at.map(micros),
            model: point.model.clone(),
            lexicon: point.lexicon.clone(),
            code: point.code.clone(),
            reliability: point.reliability.map_or_else(String::new, |reliability| reliability.code().to_owned()),
            baseline: point.baseline,
            z: point.z,
            ratio: point.ratio,
            adjusted: point.adjusted,
            adjusted_lower: point.adjusted_lower,
            adjusted_upper: point.adjusted_upper,
            weighted: point.weighted,
            weighted_lower: point.weighted_lower,
            weighted_upper: point.weighted_upper,
            value_with_bots: point.value_with_bots,
            suspect: point.suspect.clone(),
        };
        Self {
            key: Some((&said.key).into()),
            unit: said.unit.code().to_owned(),
            points: said.points.iter().map(point).collect(),
        }
    }
}

impl From<say::Forecasts> for proto::ListForecastsResponse {
    fn from(said: say::Forecasts) -> Self {
        let day = |day: &say::ForecastDay| proto::ForecastDay {
            target: day.target.to_string(),
            horizon_days: u32::from(day.horizon_days),
            quantiles: day.quantiles.clone(),
            p_exceed: day.p_exceed,
        };
        Self {
            key: Some((&said.key).into()),
            unit: said.unit.code().to_owned(),
            model: said.model.clone().unwrap_or_default(),
            origin: said.origin.map_or_else(String::new, |origin| origin.to_string()),
            issued_at_us: said.issued_at.map_or(0, micros),
            threshold: said.threshold,
            rule: said.rule.clone().unwrap_or_default(),
            p_exceed_within: said.p_exceed_within,
            levels: said.levels.clone(),
            days: said.days.iter().map(day).collect(),
        }
    }
}

impl From<say::Alerts> for proto::ListAlertsResponse {
    fn from(said: say::Alerts) -> Self {
        let alert = |alert: &say::AlertEpisode| proto::Alert {
            id: alert.id.clone(),
            rule: alert.rule.clone(),
            key: Some((&alert.key).into()),
            unit: alert.unit.code().to_owned(),
            state: alert.state.to_owned(),
            threshold: alert.threshold,
            probability: alert.probability,
            peak_day: alert.peak_day.to_string(),
            origin: alert.origin.to_string(),
            raised_origin: alert.raised_origin.to_string(),
            lead_days: alert.lead_days,
            issued_at_us: micros(alert.issued_at),
            track_record: alert.track_record.as_ref().map(Into::into),
        };
        Self { alerts: said.alerts.iter().map(alert).collect() }
    }
}

impl From<&say::TrackRecord> for proto::TrackRecord {
    fn from(said: &say::TrackRecord) -> Self {
        let share = |share: say::Share| proto::Share { value: share.value, lower: share.lower, upper: share.upper };
        Self {
            from: said.from.to_string(),
            to: said.to.to_string(),
            judged_days: said.judged_days,
            episodes: said.episodes,
            right: said.right,
            ppv: said.ppv.map(share),
            spells: said.spells,
            foreseen: said.foreseen,
            sensitivity: said.sensitivity.map(share),
            false_alarms_per_month: said.false_alarms_per_month,
            lead_days: said.lead_days,
            is_thin: said.is_thin,
            computed_at_us: micros(said.computed_at),
        }
    }
}

impl From<say::Signals> for proto::ListSignalsResponse {
    fn from(said: say::Signals) -> Self {
        let signal = |signal: say::SignalEntry| proto::Signal {
            id: signal.id,
            kind: signal.kind.to_owned(),
            source: signal.source,
            region: signal.region,
            language: signal.language,
            marker: signal.marker.unwrap_or_default(),
            title: signal.title.unwrap_or_default(),
            first_day: signal.first_day.to_string(),
            last_day: signal.last_day.to_string(),
            days: signal.days,
            score: signal.score,
            reasons: signal.reasons,
            issued_at_us: micros(signal.issued_at),
        };
        let judged = |judged: say::Judged| proto::Judged {
            source: judged.source,
            last_day: judged.last_day.to_string(),
            issued_at_us: micros(judged.issued_at),
        };
        Self {
            signals: said.signals.into_iter().map(signal).collect(),
            judged: said.judged.into_iter().map(judged).collect(),
        }
    }
}

impl From<say::FeedHealth> for proto::ListFeedHealthResponse {
    fn from(said: say::FeedHealth) -> Self {
        let day = |day: &say::FeedDay| proto::FeedDay {
            source: day.source.clone(),
            region: day.region.clone(),
            day: day.day.to_string(),
            posts: day.posts,
            expected: day.expected,
            state: day.state.clone(),
        };
        Self { days: said.days.iter().map(day).collect() }
    }
}
