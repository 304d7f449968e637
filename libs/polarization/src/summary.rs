//! What many conversations say together.

use crate::conversation::{EXTREME_ABOVE, Scored};
use serde::Serialize;
use std::collections::BTreeMap;
use tidemark_domain::prevalence::Z_95;
use tidemark_domain::{CellStatus, Proportion};

/// The scale of a score.
const SCORES: (f64, f64) = (0.0, 10.0);

/// How polarized conversations are, taken together. Every conversation counts once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Whether there are enough of them to show anything.
    pub status: CellStatus,
    /// How many they are.
    pub n: Option<u64>,
    /// Their interactions with a score.
    pub interactions: Option<u64>,
    /// Their mean score, 0 to 10.
    pub mean: Option<f64>,
    /// Its standard error.
    pub sem: Option<f64>,
    /// Student's 95 % interval of the mean.
    pub mean_interval: Option<(f64, f64)>,
    /// The share of them that is extreme.
    pub extreme: Option<f64>,
    /// Wilson's 95 % interval of that share.
    pub extreme_interval: Option<(f64, f64)>,
    #[serde(skip)]
    pub(crate) counted: Proportion,
}

/// The conversations on one topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicSummary {
    /// The topic; of the last row, none: the conversations whose topic is not known.
    pub topic: Option<String>,
    /// How polarized they are.
    #[serde(flatten)]
    pub summary: Summary,
}

impl Summary {
    /// Takes conversations together.
    #[must_use]
    pub fn of<'a>(conversations: impl IntoIterator<Item = &'a Scored>) -> Self {
        let (mut scores, mut interactions) = (Vec::new(), 0);
        for conversation in conversations {
            scores.push(conversation.score);
            interactions += conversation.interactions;
        }
        let n = scores.len() as u64;
        let k = scores.iter().filter(|score| **score > EXTREME_ABOVE).count() as u64;
        let counted = Proportion { k, n };
        let status = CellStatus::of(n);
        let shown = status == CellStatus::Ok;
        let mean = scores.iter().sum::<f64>() / n as f64;
        let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
        // n is at least 11 where any of this is shown.
        let freedom = n as f64 - 1.0;
        let sem = (squares / freedom / n as f64).sqrt();
        let interval = || {
            let half = t_975(freedom) * sem;
            ((mean - half).max(SCORES.0), (mean + half).min(SCORES.1))
        };
        Self {
            status,
            n: shown.then_some(n),
            interactions: shown.then_some(interactions),
            mean: shown.then_some(mean),
            sem: shown.then_some(sem),
            mean_interval: shown.then(interval),
            extreme: counted.value().filter(|_| shown),
            extreme_interval: counted.wilson().filter(|_| shown),
            counted,
        }
    }

    /// Each topic's conversations, by the topic's name.
    #[must_use]
    pub fn by_topic(conversations: &[Scored]) -> Vec<TopicSummary> {
        let mut topics: BTreeMap<(bool, Option<&str>), Vec<&Scored>> = BTreeMap::new();
        for conversation in conversations {
            let topic = conversation.topic.as_deref();
            topics.entry((topic.is_none(), topic)).or_default().push(conversation);
        }
        let row = |((_, topic), conversations): ((bool, Option<&str>), Vec<&Scored>)| TopicSummary {
            topic: topic.map(str::to_owned),
            summary: Self::of(conversations),
        };
        topics.into_iter().map(row).collect()
    }
}

/// The 0.975 quantile of Student's distribution, to three decimals from 10 degrees of freedom on (Abramowitz and Stegun,
/// *Handbook of Mathematical Functions*, 1964, 26.7.5).
fn t_975(freedom: f64) -> f64 {
    let z = Z_95;
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * freedom)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * freedom.powi(3))
}

#[cfg(test)]
mod tests {
    use super::{Summary, t_975};
    use crate::conversation::Scored;
    use jiff::Timestamp;
    use tidemark_domain::CellStatus;

    fn scored(topic: Option<&str>, scores: &[f64]) -> Vec<Scored> {
        let one = |(place, score): (usize, &f64)| Scored {
            conversation: place.to_string(),
            topic: topic.map(str::to_owned),
            began: Timestamp::UNIX_EPOCH,
            score: *score,
            interactions: 2,
        };
        scores.iter().enumerate().map(one).collect()
    }

    #[test]
    fn students_quantile_agrees_with_the_tables() {
        for (freedom, table) in [(10.0, 2.228_139), (30.0, 2.042_272), (100.0, 1.983_972)] {
            assert!((t_975(freedom) - table).abs() < 5e-4, "{freedom}");
        }
    }

    #[test]
    fn eleven_conversations_have_a_mean_and_a_share_with_intervals() {
        // Ten of 4 and one of 8: mean 48/11, variance 16/11, standard error 4/11.
        let mut scores = vec![4.0; 10];
        scores.push(8.0);
        let summary = Summary::of(&scored(None, &scores));
        assert_eq!((summary.status, summary.n, summary.interactions), (CellStatus::Ok, Some(11), Some(22)));
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-3, "{found} {wanted}");
        near(summary.mean.expect("shown"), 48.0 / 11.0);
        near(summary.sem.expect("shown"), 4.0 / 11.0);
        let (lower, upper) = summary.mean_interval.expect("shown");
        near(lower, 48.0 / 11.0 - 2.228_139 * 4.0 / 11.0);
        near(upper, 48.0 / 11.0 + 2.228_139 * 4.0 / 11.0);
        near(summary.extreme.expect("shown"), 1.0 / 11.0);
        let (lower, upper) = summary.extreme_interval.expect("shown");
        assert!(0.0 < lower && lower < 1.0 / 11.0 && upper < 0.5, "{lower} {upper}");
        // The interval of a mean stays on the scale.
        let high = Summary::of(&scored(None, &[[10.0; 10].as_slice(), &[2.0]].concat()));
        assert_eq!(high.mean_interval.map(|(_, upper)| upper), Some(10.0));
    }

    #[test]
    fn topics_are_rows_and_small_ones_show_nothing() {
        let mut all = scored(None, &[4.0; 12]);
        all.extend(scored(Some("transit"), &[6.0; 11]));
        all.extend(scored(Some("housing"), &[8.0; 10]));
        let rows = Summary::by_topic(&all);
        let said: Vec<_> = rows.iter().map(|row| (row.topic.as_deref(), row.summary.n, row.summary.mean)).collect();
        assert_eq!(
            said,
            [(Some("housing"), None, None), (Some("transit"), Some(11), Some(6.0)), (None, Some(12), Some(4.0))]
        );
        assert_eq!(rows[0].summary.status, CellStatus::Censored);
        assert_eq!((rows[0].summary.extreme, rows[0].summary.interactions), (None, None));
        assert_eq!(Summary::of(&scored(None, &[])).status, CellStatus::NoData);
    }
}
