//! What roles hand back to the lake: forecasts and evaluated episodes.

use crate::columns::day_number;
use crate::{Error, Session, tables};
use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Float64Builder, Int32Array, ListBuilder, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, SchemaRef};
use jiff::Timestamp;
use std::sync::Arc;
use tidemark_domain::{Alert, ForecastPoint, SeriesKey};

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// The five columns that name a series.
fn key_columns<'a>(keys: impl Iterator<Item = &'a SeriesKey> + Clone) -> Vec<ArrayRef> {
    vec![
        texts(keys.clone().map(|key| key.source.as_str())),
        texts(keys.clone().map(|key| key.region.as_str())),
        texts(keys.clone().map(|key| key.language.as_str())),
        texts(keys.clone().map(|key| key.marker.as_str())),
        texts(keys.map(|key| key.period.code())),
    ]
}

fn instants(values: impl Iterator<Item = Timestamp>) -> ArrayRef {
    let values = TimestampMicrosecondArray::from_iter_values(values.map(Timestamp::as_microsecond));
    Arc::new(values.with_timezone("UTC"))
}

fn days(values: impl Iterator<Item = jiff::civil::Date>) -> ArrayRef {
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
    for point in points {
        quantiles.values().append_slice(&point.quantiles);
        quantiles.append(true);
    }
    columns.push(Arc::new(quantiles.finish()));
    columns.push(instants(points.iter().map(|point| point.issued_at)));
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

    async fn append(&self, table: &str, schema: &SchemaRef, rows: RecordBatch) -> Result<(), Error> {
        if rows.num_rows() > 0 {
            self.lake.writer(table, schema).await?.append(vec![rows], &[]).await?;
        }
        Ok(())
    }
}
