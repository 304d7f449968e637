//! The rhythm of the week in a series of counts.

use super::{Counts, Measure};
use std::ops::Range;
use tidemark_domain::PeriodKind;

/// Days in a week. The day at some index has the weekday `index % WEEK`, counted from the first day's.
pub(crate) const WEEK: usize = 7;
/// Cases at which a weekday's own rate and that of all days weigh the same.
const PROFILE_CASES: f64 = 20.0;

/// The rate of each weekday over that of all days, of the days given, drawn towards 1 where there are few cases; 1 for
/// weeks.
pub(crate) fn profile(counts: &Counts, measure: Measure, days: Range<usize>) -> [f64; WEEK] {
    let (mut cases, mut sizes) = ([0.0; WEEK], [0.0; WEEK]);
    if counts.kind() == PeriodKind::Day {
        for (day, cell) in counts.cells(days) {
            cases[day % WEEK] += cell.k;
            sizes[day % WEEK] += cell.size(measure);
        }
    }
    let rate = cases.iter().sum::<f64>() / sizes.iter().sum::<f64>();
    let factor = |weekday: usize| {
        let expected = rate * sizes[weekday];
        if expected > 0.0 { (cases[weekday] + PROFILE_CASES) / (expected + PROFILE_CASES) } else { 1.0 }
    };
    std::array::from_fn(factor)
}
