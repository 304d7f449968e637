//! An event, and the conversations that began around it.

use crate::conversation::Scored;
use crate::summary::Summary;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};
use serde::Serialize;
use tidemark_domain::time::day_in;
use tidemark_domain::{CellStatus, Proportion};

/// Days looked at before an event begins, and after it ends.
pub const DAYS_AROUND: i64 = 3;
/// No window may hold fewer conversations where an event is to be called anything.
pub const CONVERSATIONS_MIN: u64 = 30;
/// The 0.9875 quantile of the standard normal distribution: two comparisons that hold together with 95 %.
const Z_OF_TWO: f64 = 2.241_402_727_604_947;

/// Something that happened, or was going to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its name.
    pub event: String,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
    /// Whether it was known before it came, where somebody says so. It decides nothing.
    #[serde(rename = "event_kind", skip_serializing_if = "Option::is_none")]
    pub nature: Option<Nature>,
}

/// Whether an event was known before it came. Before one that was publicised, anticipation can be looked for; to a sudden
/// one there is only reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Nature {
    /// A summit, an election: its day was known.
    Publicised,
    /// A storm, a shooting: nobody knew.
    Sudden,
}

impl Nature {
    /// Reads its name, capitals or not; `None` of any other word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word.trim().to_lowercase().as_str() {
            "publicised" | "publicized" => Some(Self::Publicised),
            "sudden" => Some(Self::Sudden),
            _ => None,
        }
    }

    /// Its name in files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Publicised => "publicised",
            Self::Sudden => "sudden",
        }
    }
}

/// The conversations that began in a window of days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Window {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Whether there are enough of them to show anything.
    pub status: CellStatus,
    /// How many they are.
    pub n: Option<u64>,
    /// Their mean score, 0 to 10.
    pub mean: Option<f64>,
    /// Its standard error.
    pub sem: Option<f64>,
    /// The share of them that is extreme.
    pub extreme: Option<f64>,
    /// Wilson's 95 % interval of that share.
    pub extreme_interval: Option<(f64, f64)>,
    #[serde(skip)]
    counted: Proportion,
}

/// A difference of shares with an interval of at least 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The difference.
    pub value: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// What kind of event it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Most extreme before it came.
    AnticipationDriven,
    /// More extreme once it was there.
    Reactive,
    /// The conversations do not say: too few, or an interval that holds 0.
    Undetermined,
}

/// What the conversations around an event say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The event.
    #[serde(flatten)]
    pub event: Event,
    /// The days before it.
    pub before: Window,
    /// Its days.
    pub during: Window,
    /// The days after it.
    pub after: Window,
    /// A: the share of extreme conversations before, less the larger of those during and after.
    pub anticipation: Option<Difference>,
    /// R = -A: the larger of the shares during and after, less that before.
    pub reaction: Option<Difference>,
    /// What follows.
    pub kind: Kind,
}

impl Outcome {
    /// Compares the conversations that began in the [`DAYS_AROUND`] days before `event`, on its days, and in as many days
    /// after it, by civil days of `zone`.
    #[must_use]
    pub fn of(event: &Event, conversations: &[Scored], zone: &TimeZone) -> Self {
        let near = |day: Date, span: Span| day.saturating_add(span);
        let window = |from: Date, to: Date| Window::of(from, to, conversations, zone);
        let before = window(near(event.start, (-DAYS_AROUND).days()), near(event.start, (-1).days()));
        let during = window(event.start, event.end);
        let after = window(near(event.end, 1.days()), near(event.end, DAYS_AROUND.days()));
        let reaction = reaction(before.counted, during.counted, after.counted);
        let windows = [&before, &during, &after];
        let reaction = reaction.filter(|_| windows.iter().all(|window| window.status == CellStatus::Ok));
        let enough = windows.iter().all(|window| window.counted.n >= CONVERSATIONS_MIN);
        let kind = match reaction {
            Some(reaction) if enough && reaction.lower > 0.0 => Kind::Reactive,
            Some(reaction) if enough && reaction.upper < 0.0 => Kind::AnticipationDriven,
            _ => Kind::Undetermined,
        };
        let anticipation = reaction.map(|r| Difference { value: -r.value, lower: -r.upper, upper: -r.lower });
        Self { event: event.clone(), before, during, after, anticipation, reaction, kind }
    }
}

impl Window {
    fn of(from: Date, to: Date, conversations: &[Scored], zone: &TimeZone) -> Self {
        let inside =
            conversations.iter().filter(|conversation| (from..=to).contains(&day_in(conversation.began, zone)));
        let Summary { status, n, mean, sem, extreme, extreme_interval, counted, .. } = Summary::of(inside);
        Self { from, to, status, n, mean, sem, extreme, extreme_interval, counted }
    }
}

/// R, whose interval is that of a maximum: each of the two differences lies in Newcombe's hybrid score interval (method 10,
/// Statistics in Medicine 17, 1998), both at once with 95 % (Bonferroni), and so the larger lies between the larger of
/// the lower and the larger of the upper bounds.
fn reaction(before: Proportion, during: Proportion, after: Proportion) -> Option<Difference> {
    let (during, after) = (difference(during, before)?, difference(after, before)?);
    Some(Difference {
        value: during.value.max(after.value),
        lower: during.lower.max(after.lower),
        upper: during.upper.max(after.upper),
    })
}

/// `a - b`, each bound missed with 1.25 %.
fn difference(a: Proportion, b: Proportion) -> Option<Difference> {
    let (p, q) = (a.value()?, b.value()?);
    let ((a_lower, a_upper), (b_lower, b_upper)) = (a.wilson_at(Z_OF_TWO)?, b.wilson_at(Z_OF_TWO)?);
    let value = p - q;
    Some(Difference {
        value,
        lower: value - (p - a_lower).hypot(b_upper - q),
        upper: value + (a_upper - p).hypot(q - b_lower),
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, Outcome, difference, reaction};
    use crate::conversation::Scored;
    use crate::event::Event;
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use jiff::{Timestamp, ToSpan as _};
    use tidemark_domain::{CellStatus, Proportion};

    /// Conversations that began on a day of June 2024, `extreme` of them extreme.
    fn began(day: i8, n: usize, extreme: usize) -> Vec<Scored> {
        let began: Timestamp = date(2024, 6, day).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a time").timestamp();
        let score = |i| if i < extreme { 8.0 } else { 4.0 };
        let one =
            |i: usize| Scored { conversation: i.to_string(), topic: None, began, score: score(i), interactions: 1 };
        (0..n).map(one).collect()
    }

    fn event() -> Event {
        Event { event: "summit".into(), start: date(2024, 6, 10), end: date(2024, 6, 12), nature: None }
    }

    fn outcome(days: &[(i8, usize, usize)]) -> Outcome {
        let mut all: Vec<Scored> = days.iter().flat_map(|&(day, n, extreme)| began(day, n, extreme)).collect();
        // The days next to the windows belong to none.
        all.extend(began(6, 500, 500));
        all.extend(began(16, 500, 500));
        Outcome::of(&event(), &all, &TimeZone::UTC)
    }

    #[test]
    fn kinds_need_an_interval_without_zero_and_enough_conversations() {
        assert_eq!(outcome(&[(9, 100, 30), (11, 100, 5), (13, 100, 5)]).kind, Kind::AnticipationDriven);
        assert_eq!(outcome(&[(9, 100, 2), (11, 100, 20), (13, 100, 2)]).kind, Kind::Reactive);
        assert_eq!(outcome(&[(9, 100, 2), (11, 100, 2), (13, 100, 20)]).kind, Kind::Reactive);
        assert_eq!(outcome(&[(9, 100, 10), (11, 100, 12), (13, 100, 9)]).kind, Kind::Undetermined);
        assert_eq!(outcome(&[(9, 29, 0), (11, 100, 60), (13, 100, 60)]).kind, Kind::Undetermined);
    }

    #[test]
    fn windows_have_their_days_and_small_ones_show_nothing() {
        let outcome = outcome(&[(7, 20, 5), (9, 20, 5), (10, 15, 0), (12, 15, 3), (13, 5, 1), (15, 5, 1)]);
        assert_eq!((outcome.before.n, outcome.before.extreme), (Some(40), Some(0.25)));
        assert_eq!((outcome.during.n, outcome.during.mean), (Some(30), Some(4.4)));
        // Scores 8 three times and 4 27 times: variance 1.4897, over 30.
        assert!((outcome.during.sem.expect("shown") - 0.222_834).abs() < 1e-6);
        assert_eq!((outcome.after.status, outcome.after.n, outcome.after.extreme), (CellStatus::Censored, None, None));
        assert_eq!((outcome.reaction, outcome.kind), (None, Kind::Undetermined));
        assert_eq!(outcome.after.to - outcome.after.from, jiff::SpanFieldwise(2.days()));
    }

    #[test]
    fn the_difference_agrees_with_newcombe() {
        // Newcombe 1998, table II, 56/70 - 48/80 at 95 %: 0.0524 to 0.3339; wider here, at 97.5 %.
        let found = difference(Proportion { k: 56, n: 70 }, Proportion { k: 48, n: 80 }).expect("both");
        assert!((found.value - 0.2).abs() < 1e-12 && found.lower < 0.0524 && found.upper > 0.3339, "{found:?}");
        assert!(found.lower > 0.02 && found.upper < 0.37, "{found:?}");
    }

    /// Shares of extreme conversations before, during and after published events: n and per cent of arXiv 2601.00927.
    #[test]
    fn published_events_are_mostly_too_small_to_call() {
        let published = [
            ("IPCC report", (85, 12.9), (120, 5.0), (106, 4.7)),
            ("heat wave", (53, 1.9), (350, 6.3), (52, 5.8)),
            ("Robb school", (30, 0.0), (228, 3.5), (1060, 5.2)),
            ("MD-IL-VA", (203, 3.0), (100, 5.0), (353, 5.1)),
        ];
        for (event, before, during, after) in published {
            let counted = |(n, percent): (u64, f64)| Proportion { k: (n as f64 * percent / 100.0).round() as u64, n };
            let reaction = reaction(counted(before), counted(during), counted(after)).expect("counted");
            assert!(reaction.lower < 0.0 && reaction.upper > 0.0, "{event}: {reaction:?}");
        }
    }
}
