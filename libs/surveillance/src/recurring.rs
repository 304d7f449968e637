//! *Recurring days*: dates on which, year after year, the same happens. Learnt from a panel, by date.
//!
//! What a day one year ago was like says little about the same date this year: news does not come again, and models
//! make next to nothing of it. A holiday does come again. One series sees it once a year, too seldom to tell it from
//! news; a panel sees it in every series. So for each date of the year the panel is asked how much of last year's
//! deviation came again (the slope of a regression through the origin, over all series and years, shrunk), and that
//! much of a series' own deviation one year ago is added to its forecast. No list of holidays is needed, none is left
//! out, and each series keeps the size and the sign of its own.
//!
//! Only dates are known, not feasts that move with the week or the moon.

use crate::{
    History,
    filter::{Filtered, median},
    series::{day_after, days_between},
};
use jiff::{ToSpan, civil::Date};

/// Dates of a year that has them all.
pub(crate) const DATES: usize = 366;
/// A deviation is that from the median of so many days before and after it, of which so many are known.
const AROUND_DAYS: usize = 14;
const LEAST_AROUND: usize = 15;
/// Scales beyond which a deviation is no longer told apart.
const FARTHEST: f64 = 15.0;
/// Squared deviations, in scales, at which half of what they say is believed: some fifteen clear holidays.
const HALF_BELIEVED: f64 = 200.0;

/// How much of last year's deviation comes again, by date.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecurringDays(Vec<f64>);

/// What a panel's years say of each date.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Years {
    /// Sums of deviations times those one year before, and of the squares of the latter.
    products: Vec<f64>,
    squares: Vec<f64>,
}

impl Years {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { products: vec![0.0; DATES], squares: vec![0.0; DATES] }
    }

    /// Adds those of a series.
    pub(crate) fn add(&mut self, history: &History, series: &Filtered) {
        let level = |day: usize| series.observed[day] - series.profile[day][series.weekday(day)];
        let levels: Vec<f64> = (0..series.days()).map(level).collect();
        let scaled = |day: usize| (deviation(&levels, day) / series.scale[day]).clamp(-FARTHEST, FARTHEST);
        let deviations: Vec<f64> = (0..series.days()).map(scaled).collect();
        for (day, now) in deviations.iter().enumerate() {
            let date = day_after(history.first(), day);
            let Some(before) = year_before(history.first(), date).and_then(|before| deviations.get(before)) else {
                continue;
            };
            if !now.is_nan() && !before.is_nan() {
                self.products[place(date)] += before * now;
                self.squares[place(date)] += before * before;
            }
        }
    }

    /// Adds those of others.
    pub(crate) fn append(&mut self, others: &Self) {
        self.products.iter_mut().zip(&others.products).for_each(|(sum, more)| *sum += more);
        self.squares.iter_mut().zip(&others.squares).for_each(|(sum, more)| *sum += more);
    }

    /// What comes again, beside what models make of any date: what the mean date keeps they have found themselves.
    /// `known` is believed of dates that were hardly seen.
    pub(crate) fn recurring(&self, known: Option<&RecurringDays>) -> RecurringDays {
        let squares: f64 = self.squares.iter().sum();
        let mean = if squares > 0.0 { (self.products.iter().sum::<f64>() / squares).clamp(0.0, 0.9) } else { 0.0 };
        let kept = self.products.iter().zip(&self.squares).enumerate().map(|(date, (product, square))| {
            let known = known.map_or(0.0, |known| known.0[date]);
            let slope = (product + HALF_BELIEVED * (mean + (1.0 - mean) * known)) / (square + HALF_BELIEVED);
            ((slope - mean) / (1.0 - mean)).clamp(0.0, 1.0)
        });
        RecurringDays(kept.collect())
    }
}

impl RecurringDays {
    /// One number for each of [`DATES`].
    pub(crate) fn of(kept: Vec<f64>) -> Option<Self> {
        (kept.len() == DATES && kept.iter().all(|share| (0.0..=1.0).contains(share))).then_some(Self(kept))
    }

    /// The numbers.
    pub(crate) fn kept(&self) -> &[f64] {
        &self.0
    }

    /// By how much the `ahead`-th day after the last lies off, on the logit scale; 0 where the year before is not known.
    pub(crate) fn offset(&self, first: Date, series: &Filtered, ahead: usize) -> f64 {
        let last = series.days() - 1;
        let date = day_after(first, last + ahead);
        let kept = self.0[place(date)];
        let Some(before) = year_before(first, date).filter(|before| *before <= last && kept > 0.0) else { return 0.0 };
        // Seen with today's profile, and no day beyond the last.
        let days = before.saturating_sub(AROUND_DAYS)..(before + AROUND_DAYS + 1).min(last + 1);
        let levels: Vec<f64> =
            days.clone().map(|day| series.observed[day] - series.profile[last][series.weekday(day)]).collect();
        let most = FARTHEST * series.scale[last];
        let deviation = deviation(&levels, before - days.start);
        if deviation.is_nan() { 0.0 } else { kept * deviation.clamp(-most, most) }
    }
}

/// How far a day lies from the median of the days around it; NaN where too few of them are known, or it is not.
fn deviation(levels: &[f64], day: usize) -> f64 {
    let around = &levels[day.saturating_sub(AROUND_DAYS)..(day + AROUND_DAYS + 1).min(levels.len())];
    let known: Vec<f64> = around.iter().copied().filter(|level| !level.is_nan()).collect();
    if known.len() < LEAST_AROUND { f64::NAN } else { levels[day] - median(known) }
}

/// Days from `first` to the same date one year before.
fn year_before(first: Date, date: Date) -> Option<usize> {
    usize::try_from(days_between(first, date.checked_sub(1.year()).ok()?)).ok()
}

/// The place of a date in a year that has them all.
fn place(date: Date) -> usize {
    let past_february = !date.in_leap_year() && date.month() > 2;
    usize::try_from(date.day_of_year() - 1).unwrap_or(0) + usize::from(past_february)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{DATES, RecurringDays, Years, place};
    use crate::{History, filter::Filtered, scale::LogitScale};
    use jiff::{ToSpan, civil::date};

    /// Series that jump on 24 December every year, and on 3 May of one year.
    fn panel() -> Vec<History> {
        let first = date(2013, 1, 1);
        (0..10_u64)
            .map(|series| {
                let value = |day: i64| {
                    let date = first + day.days();
                    let noise = ((day as u64 + 37 * series) * 2_654_435_761 % 1000) as f64 / 1e5;
                    let is_feast = (date.month(), date.day()) == (12, 24);
                    let is_news = (date.year(), date.month(), date.day()) == (2014, 5, 3);
                    Some(0.1 + noise + if is_feast || is_news { 0.05 } else { 0.0 })
                };
                History::new(first, (0..1_500).map(value).collect()).unwrap()
            })
            .collect()
    }

    fn years(panel: &[History]) -> Years {
        let mut years = Years::new();
        panel.iter().for_each(|history| years.add(history, &Filtered::new(history, LogitScale::of(history))));
        years
    }

    #[test]
    fn a_feast_comes_again_and_news_does_not() {
        let recurring = years(&panel()).recurring(None);
        assert!(recurring.0[place(date(2017, 12, 24))] > 0.8, "{:?}", recurring.0[place(date(2017, 12, 24))]);
        assert!(recurring.0[place(date(2017, 5, 3))] < 0.05);
        let most = recurring.0.iter().filter(|kept| **kept > 0.2).count();
        assert_eq!(most, 1, "{most}");
    }

    #[test]
    fn last_years_feast_is_added_and_nothing_else() {
        let panel = panel();
        let recurring = years(&panel).recurring(None);
        // Ends on 20 December 2015, with a year behind it.
        let history = panel[3].known_at(date(2015, 12, 20), 365).unwrap();
        let series = Filtered::new(&history, LogitScale::of(&history));
        let offsets: Vec<f64> = (1..=10).map(|ahead| recurring.offset(history.first(), &series, ahead)).collect();
        assert!((0.3..0.5).contains(&offsets[3]), "{offsets:?}");
        assert!(offsets.iter().enumerate().all(|(at, offset)| at == 3 || offset.abs() < 0.02), "{offsets:?}");
        let short = panel[3].known_at(date(2015, 12, 20), 200).unwrap();
        let series = Filtered::new(&short, LogitScale::of(&short));
        assert_eq!(recurring.offset(short.first(), &series, 4), 0.0, "the year before is not known");
    }

    #[test]
    fn what_is_known_is_believed_until_the_panel_says_otherwise() {
        let known = RecurringDays::of(vec![0.6; DATES]).unwrap();
        assert_eq!(Years::new().recurring(Some(&known)), known);
        let taught = years(&panel()).recurring(Some(&known));
        assert!(taught.0[place(date(2017, 5, 3))] < 0.2 && taught.0[place(date(2017, 12, 24))] > 0.8);
        assert_eq!(RecurringDays::of(vec![0.5; 365]), None);
    }

    #[test]
    fn a_date_has_one_place_in_every_year() {
        assert_eq!([place(date(2023, 12, 31)), place(date(2024, 12, 31))], [365, 365]);
        assert_eq!([place(date(2023, 3, 1)), place(date(2024, 3, 1)), place(date(2024, 2, 29))], [60, 60, 59]);
    }
}
