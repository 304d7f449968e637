//! What can be asked, as both doors hand it over: text. Reading it into the domain happens here, once.

use crate::error::Problem;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use tidemark_domain::{PeriodKind, SeriesKey, SignalKind, alert::AlertState, series::ALL};
use utoipa::{IntoParams, ToSchema};

/// The longest name that is looked up, in bytes; more is a mistake or an attack.
const MAX_NAME_BYTES: usize = 200;

/// A question without parameters.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Asks why a text has a score.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainAsk {
    /// The text; handles and addresses in it are masked before anything else. It is not kept.
    pub text: String,
    /// The marker: `mh.stress`, `emotion.goemotions.joy`; of a marker with labels, the one that scores highest.
    pub marker: String,
    /// BCP 47 tag of the text's language; told from the text where absent.
    pub language: Option<String>,
    /// The topic a stance is taken on.
    pub topic: Option<String>,
    /// The text this one answers.
    pub parent_text: Option<String>,
}

/// Asks for one series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesAsk {
    /// The source.
    pub source: String,
    /// The region; `all` when absent.
    pub region: Option<String>,
    /// The language; `all` when absent.
    pub language: Option<String>,
    /// The marker's dotted name.
    pub marker: String,
    /// `day` (when absent), `epiweek` or `isoweek`.
    pub period: Option<String>,
    /// The first day, `YYYY-MM-DD`; the first there is when absent.
    pub from: Option<String>,
    /// The last day, `YYYY-MM-DD`; the last there is when absent.
    pub to: Option<String>,
    /// An instant (RFC 3339): answers with what had been issued by then.
    pub as_of: Option<String>,
}

/// Asks for the latest forecast of one daily series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForecastsAsk {
    /// The source.
    pub source: String,
    /// The region; `all` when absent.
    pub region: Option<String>,
    /// The language; `all` when absent.
    pub language: Option<String>,
    /// The marker's dotted name.
    pub marker: String,
}

/// Asks for episodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertsAsk {
    /// `open` or `resolved`; both when absent.
    pub state: Option<String>,
}

/// Asks for signals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SignalsAsk {
    /// The source; every source when absent.
    pub source: Option<String>,
    /// `data_quality` or `marker`; both when absent.
    pub kind: Option<String>,
    /// Only signals with a day from this one on, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Only signals with a day up to this one, `YYYY-MM-DD`.
    pub to: Option<String>,
}

/// Asks how a feed is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedHealthAsk {
    /// The source.
    pub source: String,
    /// The region; every region, each by itself, when absent.
    pub region: Option<String>,
    /// The first day, `YYYY-MM-DD`; the first there is when absent.
    pub from: Option<String>,
    /// The last day, `YYYY-MM-DD`; the last there is when absent.
    pub to: Option<String>,
}

pub(super) fn series_key(
    source: &str,
    region: Option<&str>,
    language: Option<&str>,
    marker: &str,
    period: PeriodKind,
) -> Result<SeriesKey, Problem> {
    Ok(SeriesKey {
        source: name("source", source)?,
        region: name("region", region.unwrap_or(ALL))?,
        language: name("language", language.unwrap_or(ALL))?,
        marker: name("marker", marker)?,
        period,
    })
}

pub(super) fn name(parameter: &'static str, value: &str) -> Result<String, Problem> {
    if value.is_empty() || value.len() > MAX_NAME_BYTES || value.chars().any(char::is_control) {
        // What was sent is not repeated at full length.
        let value = value.chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(Problem::Parameter { parameter, value, expected: "give a name of 1 to 200 bytes" });
    }
    Ok(value.to_owned())
}

pub(super) fn period(value: Option<&str>) -> Result<PeriodKind, Problem> {
    let code = value.unwrap_or("day");
    PeriodKind::from_code(code).ok_or_else(|| wrong("period", code, "give day, epiweek or isoweek"))
}

pub(super) fn date(parameter: &'static str, value: Option<&str>) -> Result<Option<Date>, Problem> {
    value
        .map(|text| {
            text.parse().map_err(|_| wrong(parameter, text, "give a day as YYYY-MM-DD, for example 2026-11-21"))
        })
        .transpose()
}

/// First and last day; the first may not be after the last.
pub(super) fn span(from: Option<&str>, to: Option<&str>) -> Result<(Option<Date>, Option<Date>), Problem> {
    let (first, last) = (date("from", from)?, date("to", to)?);
    if let (Some(first), Some(last)) = (first, last)
        && first > last
    {
        return Err(wrong("from", &first.to_string(), "give a day that is not after `to`"));
    }
    Ok((first, last))
}

pub(super) fn instant(parameter: &'static str, value: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    value
        .map(|text| {
            text.parse()
                .map_err(|_| wrong(parameter, text, "give an instant with its zone, for example 2026-11-21T12:00:00Z"))
        })
        .transpose()
}

pub(super) fn alert_state(value: Option<&str>) -> Result<Option<AlertState>, Problem> {
    match value {
        None => Ok(None),
        Some("open") => Ok(Some(AlertState::Open)),
        Some("resolved") => Ok(Some(AlertState::Resolved)),
        Some(other) => Err(wrong("state", other, "give open or resolved, or leave it out for both")),
    }
}

pub(super) fn signal_kind(value: Option<&str>) -> Result<Option<SignalKind>, Problem> {
    let read = |code: &str| {
        let expected = "give data_quality or marker, or leave it out for both";
        SignalKind::from_code(code).ok_or_else(|| wrong("kind", code, expected))
    };
    value.map(read).transpose()
}

fn wrong(parameter: &'static str, value: &str, expected: &'static str) -> Problem {
    Problem::Parameter { parameter, value: value.chars().take(40).collect(), expected }
}

#[cfg(test)]
mod tests {
    use super::{alert_state, date, name, period, signal_kind, span};

    #[test]
    fn what_cannot_be_read_is_refused_with_what_to_give() {
        let said = |result: Result<_, crate::error::Problem>| result.map(|_: ()| ()).expect_err("refused").to_string();
        assert!(said(period(Some("week")).map(drop)).contains("day, epiweek or isoweek"));
        assert!(said(date("from", Some("21.11.2026")).map(drop)).contains("YYYY-MM-DD"));
        assert!(said(span(Some("2026-02-01"), Some("2026-01-01")).map(drop)).contains("not after"));
        assert!(said(alert_state(Some("closed")).map(drop)).contains("open or resolved"));
        assert!(said(signal_kind(Some("rise")).map(drop)).contains("data_quality or marker"));
        assert!(said(name("marker", "").map(drop)).contains("marker"));
        assert!(name("marker", &"x".repeat(5000)).expect_err("refused").to_string().len() < 200);
        assert!(span(Some("2026-01-01"), Some("2026-01-01")).is_ok());
    }
}
