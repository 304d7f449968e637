//! Weighs members by their recent errors: for each day ahead, day by day, with what was known on that day.
//!
//! A member's weight is `(least loss / its loss)^8`: twice the loss is next to no weight, 10 % more loss about half.
//! The loss is the discounted mean absolute error of its past forecasts (twice the pinball loss of the median).

use crate::{filter::Filtered, rolled::Rolled};

/// What a day's loss keeps of its weight on the next day: half after about 46 days.
const DISCOUNT_PER_DAY: f64 = 0.985;
/// Errors count up to this many scales, so that an artefact does not decide who is right.
const LOSS_CLIP_SCALES: f64 = 8.0;
/// Losses of this many days ahead on either side are pooled: neighbours err alike, and pooling steadies the weights.
const POOLED_NEIGHBOURS: usize = 2;
/// Origins this early are still finding their level and are not held against anybody.
const UNCOUNTED_DAYS: usize = 7;
/// Pooled losses needed before weights differ.
const LEAST_LOSSES: f64 = 7.0;
const LANES: usize = 4;

/// The weighted mean of members that rolled from every day.
pub(crate) fn combine(series: &Filtered, members: &[&Rolled]) -> Rolled {
    let horizon = members[0].horizon;
    let count = members.len();
    let mut combined = Rolled::every_day(series.days(), horizon);
    // Members side by side: what each said for one day ahead on one day.
    let mut said = vec![0.0; series.days() * horizon * count];
    for (index, member) in members.iter().enumerate() {
        said[index..].iter_mut().step_by(count).zip(&member.points).for_each(|(said, point)| *said = *point);
    }
    // One row of member losses a day ahead.
    let mut losses = vec![0.0; horizon * count];
    let mut counted = vec![0.0; horizon];
    let mut pooled = vec![0.0; count];
    for day in 0..series.days() {
        let value = series.observed[day];
        if !value.is_nan() {
            let most = LOSS_CLIP_SCALES * series.scale[day];
            for ahead in 1..=horizon.min(day.saturating_sub(UNCOUNTED_DAYS)) {
                let at = ((day - ahead) * horizon + ahead - 1) * count;
                counted[ahead - 1] = counted[ahead - 1] * DISCOUNT_PER_DAY + 1.0;
                let row = &mut losses[(ahead - 1) * count..ahead * count];
                for (loss, said) in row.iter_mut().zip(&said[at..at + count]) {
                    *loss = *loss * DISCOUNT_PER_DAY + (value - said).abs().min(most);
                }
            }
        }
        for index in 0..horizon {
            let near = index.saturating_sub(POOLED_NEIGHBOURS)..(index + POOLED_NEIGHBOURS + 1).min(horizon);
            pooled.fill(0.0);
            for neighbour in near.clone() {
                let row = &losses[neighbour * count..(neighbour + 1) * count];
                pooled.iter_mut().zip(row).for_each(|(sum, loss)| *sum += loss);
            }
            let least = pooled.iter().fold(f64::INFINITY, |least, loss| if *loss < least { *loss } else { least });
            let weighted = counted[near].iter().sum::<f64>() >= LEAST_LOSSES && least > 0.0;
            pooled.iter_mut().for_each(|loss| *loss = if weighted { eighth_power(least / *loss) } else { 1.0 });
            let at = (day * horizon + index) * count;
            combined.points.push(weighted_mean(&said[at..at + count], &pooled));
        }
    }
    combined
}

/// Sums in lanes: one after the other, each addition would wait for the one before.
fn weighted_mean(values: &[f64], weights: &[f64]) -> f64 {
    let (mut sums, mut totals) = ([0.0; LANES], [0.0; LANES]);
    for (values, weights) in values.chunks(LANES).zip(weights.chunks(LANES)) {
        for ((value, weight), (sum, total)) in values.iter().zip(weights).zip(sums.iter_mut().zip(&mut totals)) {
            *sum += value * weight;
            *total += weight;
        }
    }
    sums.iter().sum::<f64>() / totals.iter().sum::<f64>()
}

fn eighth_power(x: f64) -> f64 {
    let square = x * x;
    let fourth = square * square;
    fourth * fourth
}
