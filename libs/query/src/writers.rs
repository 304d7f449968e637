//! What roles hand back to the lake: forecasts, evaluated episodes, signals, judgements. Track records have their own module.

use crate::columns::day_number;
use crate::{Error, Session, tables};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Date32Builder, Float64Array, Float64Builder, Int32Array, Int32Builder,
    Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, SchemaRef};
use jiff::Timestamp;
use std::sync::Arc;
use tidemark_domain::{Alert, ForecastPoint, Judgement, SeriesKey, Signal};

pub(crate) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// The five columns that name a series.
pub(crate) fn key_columns<'a>(keys: impl Iterator<Item = &'a SeriesKey> + Clone) -> Vec<ArrayRef> {
    vec![
        texts(keys.clone().map(|key| key.source.as_str())),
        texts(keys.clone().map(|key| key.region.as_str())),
        texts(keys.clone().map(|key| key.language.as_str())),
        texts(keys.clone().map(|key| key.marker.as_str())),
        texts(keys.map(|key| key.period.code())),
    ]
}

pub(crate) fn instants(values: impl Iterator<Item = Timestamp>) -> ArrayRef {
    let values = TimestampMicrosecondArray::from_iter_values(values.map(Timestamp::as_microsecond));
    Arc::new(values.with_timezone("UTC"))
}

pub(crate) fn days(values: impl Iterator<Item = jiff::civil::Date>) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(values.map(day_number)))
}

fn forecast_rows(points: &[ForecastPoint]) -> Result<RecordBatch, Error> {
    let mut columns = key_columns(points.iter().map(|point| &point.key));
    columns.push(texts(points.iter().map(|point| point.model.as_str())));
    columns.push(days(points.iter().map(|point| point.origin)));
    columns.push(Arc::new(Int32Array::from_iter_values(points.iter().map(|point| i32::from(point.horizon_days)))));
    columns.push(days(points.iter().map(|point| point.target)));
    let item = Arc::new(Field::new("element", DataType::Float64, true));
    let mut quantiles = ListBuilder::new(Float64Builder::new()).with_field(item);
    let item = Arc::new(Field::new("element", DataType::Int32, true));
    let mut ranks = ListBuilder::new(Int32Builder::new()).with_field(item);
    for point in points {
        quantiles.values().append_slice(&point.quantiles);
        quantiles.append(true);
        point.ranks.iter().for_each(|rank| ranks.values().append_value(i32::from(*rank)));
        ranks.append(!point.ranks.is_empty());
    }
    columns.push(Arc::new(quantiles.finish()));
    columns.push(instants(points.iter().map(|point| point.issued_at)));
    columns.push(Arc::new(ranks.finish()));
    Ok(RecordBatch::try_new(tables::forecasts(), columns)?)
}

fn alert_rows(alerts: &[Alert]) -> Result<RecordBatch, Error> {
    let mut columns = vec![
        texts(alerts.iter().map(|alert| alert.id.as_str())),
        texts(alerts.iter().map(|alert| alert.rule.as_str())),
    ];
    columns.extend(key_columns(alerts.iter().map(|alert| &alert.key)));
    columns.push(texts(alerts.iter().map(|alert| alert.state.code())));
    columns.push(Arc::new(Float64Array::from_iter_values(alerts.iter().map(|alert| alert.threshold))));
    columns.push(Arc::new(Float64Array::from_iter_values(alerts.iter().map(|alert| alert.probability))));
    columns.push(days(alerts.iter().map(|alert| alert.peak_day)));
    columns.push(days(alerts.iter().map(|alert| alert.origin)));
    columns.push(days(alerts.iter().map(|alert| alert.raised_origin)));
    columns.push(instants(alerts.iter().map(|alert| alert.issued_at)));
    Ok(RecordBatch::try_new(tables::alerts(), columns)?)
}

fn signal_rows(signals: &[Signal]) -> Result<RecordBatch, Error> {
    let item = |kind| Arc::new(Field::new("element", kind, true));
    let mut reasons = ListBuilder::new(StringBuilder::new()).with_field(item(DataType::Utf8));
    let mut suspect_days = ListBuilder::new(Date32Builder::new()).with_field(item(DataType::Date32));
    for signal in signals {
        signal.reasons.iter().for_each(|reason| reasons.values().append_value(reason));
        reasons.append(true);
        signal.suspect_days.iter().for_each(|day| suspect_days.values().append_value(day_number(*day)));
        suspect_days.append(true);
    }
    let columns: Vec<ArrayRef> = vec![
        texts(signals.iter().map(|signal| signal.id.as_str())),
        texts(signals.iter().map(|signal| signal.kind.code())),
        texts(signals.iter().map(|signal| signal.source.as_str())),
        texts(signals.iter().map(|signal| signal.region.as_str())),
        texts(signals.iter().map(|signal| signal.language.as_str())),
        Arc::new(signals.iter().map(|signal| signal.marker.as_deref()).collect::<StringArray>()),
        days(signals.iter().map(|signal| signal.first_day)),
        days(signals.iter().map(|signal| signal.last_day)),
        Arc::new(Int64Array::from_iter_values(signals.iter().map(|signal| signal.days as i64))),
        Arc::new(signals.iter().map(|signal| signal.score).collect::<Float64Array>()),
        Arc::new(reasons.finish()),
        Arc::new(signals.iter().map(|signal| Some(signal.is_withdrawn)).collect::<BooleanArray>()),
        instants(signals.iter().map(|signal| signal.issued_at)),
        Arc::new(suspect_days.finish()),
    ];
    Ok(RecordBatch::try_new(tables::signals(), columns)?)
}

fn judgement_rows(judgements: &[Judgement]) -> Result<RecordBatch, Error> {
    let columns = vec![
        texts(judgements.iter().map(|judgement| judgement.source.as_str())),
        days(judgements.iter().map(|judgement| judgement.last_day)),
        instants(judgements.iter().map(|judgement| judgement.issued_at)),
    ];
    Ok(RecordBatch::try_new(tables::judgements(), columns)?)
}

impl Session {
    /// Appends forecasts in one commit; nothing is written for none.
    ///
    /// # Errors
    /// [`Error::Lake`]: [`tidemark_lake::Error::Fenced`] where another writer was at work, and may be tried again.
    pub async fn append_forecasts(&self, points: &[ForecastPoint]) -> Result<(), Error> {
        self.append(tables::FORECASTS, &tables::forecasts(), forecast_rows(points)?).await
    }

    /// Appends evaluated episodes in one commit; nothing is written for none.
    ///
    /// # Errors
    /// As [`Session::append_forecasts`].
    pub async fn append_alerts(&self, alerts: &[Alert]) -> Result<(), Error> {
        self.append(tables::ALERTS, &tables::alerts(), alert_rows(alerts)?).await
    }

    /// Appends evaluated signals in one commit; nothing is written for none.
    ///
    /// # Errors
    /// As [`Session::append_forecasts`].
    pub async fn append_signals(&self, signals: &[Signal]) -> Result<(), Error> {
        self.append(tables::SIGNALS, &tables::signals(), signal_rows(signals)?).await
    }

    /// Appends how far sources were judged in one commit; nothing is written for none.
    ///
    /// # Errors
    /// As [`Session::append_forecasts`].
    pub async fn append_judgements(&self, judgements: &[Judgement]) -> Result<(), Error> {
        self.append(tables::JUDGEMENTS, &tables::judgements(), judgement_rows(judgements)?).await
    }

    pub(crate) async fn append(&self, table: &str, schema: &SchemaRef, rows: RecordBatch) -> Result<(), Error> {
        if rows.num_rows() > 0 {
            self.lake.writer(table, schema).await?.append(vec![rows], &[]).await?;
        }
        Ok(())
    }
}
