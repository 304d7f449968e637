//! A *rule* says which series are watched, what is too high, and how sure a forecast must be.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tidemark_domain::{PeriodKind, SeriesKey, series::ALL};

pub use tidemark_domain::alert::Threshold;

/// Which series, which threshold, how sure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The rule's name, unique.
    pub name: String,
    /// The marker it watches.
    pub marker: String,
    /// The source; every source where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The region, or `all`; each of them where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The language, or `all`; `all` where absent.
    #[serde(default = "all_languages")]
    pub language: Option<String>,
    /// What is too high.
    pub threshold: Threshold,
    /// Raise where P(value > threshold on any day within the horizon) is at least this.
    #[serde(default = "probability")]
    pub probability: f64,
    /// Resolve when it has fallen below this; lower than `probability`, so that an episode does not flap.
    #[serde(default = "clear_probability")]
    pub clear_probability: f64,
    /// Days ahead that are looked at.
    #[serde(default = "horizon_days")]
    pub horizon_days: u16,
}

#[allow(clippy::unnecessary_wraps)] // serde wants the field's type
fn all_languages() -> Option<String> {
    Some(ALL.to_owned())
}

const fn probability() -> f64 {
    0.6
}

const fn clear_probability() -> f64 {
    0.35
}

const fn horizon_days() -> u16 {
    14
}

impl Rule {
    /// A rule on a marker in every source and region: above the 95 % quantile of the last half year.
    #[must_use]
    pub fn on(marker: &str) -> Self {
        Self {
            name: format!("{marker} unusually high"),
            marker: marker.to_owned(),
            source: None,
            region: None,
            language: all_languages(),
            threshold: Threshold::Quantile { q: 0.95, window_days: 182 },
            probability: probability(),
            clear_probability: clear_probability(),
            horizon_days: horizon_days(),
        }
    }

    /// Whether it watches a series. Only days are watched.
    #[must_use]
    pub fn covers(&self, key: &SeriesKey) -> bool {
        let matches = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        key.period == PeriodKind::Day
            && key.marker == self.marker
            && matches(&self.source, &key.source)
            && matches(&self.region, &key.region)
            && matches(&self.language, &key.language)
    }

    /// The threshold on the series' own scale, from its observed values in the order of time (`None` where a day has
    /// none). `None` where there are too few to say what is usual.
    #[must_use]
    pub fn threshold_at(&self, history: &[(Date, Option<f64>)]) -> Option<f64> {
        let last = history.last().map(|(day, _)| *day);
        let back = jiff::Span::new().days(i64::from(self.threshold.window_days()) - 1);
        let first = last.map(|day| day.saturating_sub(back));
        let window = history.iter().filter(|(day, _)| first.is_some_and(|first| *day >= first));
        self.threshold.value(window.filter_map(|(_, value)| *value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Rule, Threshold};
    use jiff::civil::date;
    use tidemark_domain::{PeriodKind, SeriesKey, time::days};

    #[test]
    fn a_rule_from_a_file_has_defaults_and_refuses_what_it_does_not_know() {
        let rule: Rule =
            toml::from_str("name = \"n\"\nmarker = \"mh.stress\"\nthreshold = { absolute = 0.1 }").expect("valid");
        assert_eq!((rule.probability, rule.horizon_days, rule.language.as_deref()), (0.6, 14, Some("all")));
        assert!(toml::from_str::<Rule>("name = \"n\"\nmarker = \"m\"\nthreshhold = { absolute = 0.1 }").is_err());
    }

    #[test]
    fn a_trailing_quantile_sees_its_window_only() {
        let mut rule = Rule::on("m");
        rule.threshold = Threshold::Quantile { q: 0.5, window_days: 31 };
        let history: Vec<_> = days(date(2024, 1, 1), date(2024, 3, 1))
            .map(|day| (day, Some(if day < date(2024, 2, 1) { 9.0 } else { 0.5 })))
            .collect();
        assert_eq!(rule.threshold_at(&history), Some(0.5));
        assert_eq!(rule.threshold_at(&history[..20]), None);
        // A marker that is hardly ever seen: one post would exceed nothing.
        let none: Vec<_> = history.iter().map(|(day, _)| (*day, Some(0.0))).collect();
        assert_eq!(rule.threshold_at(&none), None);
    }

    #[test]
    fn it_covers_what_it_names() {
        let rule = Rule::on("mh.stress");
        let mut key = SeriesKey {
            source: "s".into(),
            region: "ES-MD".into(),
            language: "all".into(),
            marker: "mh.stress".into(),
            period: PeriodKind::Day,
        };
        assert!(rule.covers(&key));
        key.language = "en".into();
        assert!(!rule.covers(&key));
    }
}
