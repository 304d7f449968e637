//! How restless a series is: by how much it has missed what its own past let expect, beyond chance.

/// Fewer comparisons say nothing about dispersion.
const LEAST_COMPARISONS: usize = 28;
/// The median of the absolute value of a standard normal number.
const MEDIAN_DEVIATION: f64 = 0.674_489_750_196_081_7;

/// The dispersion behind some misses, each without its sign and in standard deviations of what chance alone gives: their
/// squared median over that of the normal distribution. The median, because earlier rises must not hide later ones. 1
/// where there are too few of them.
pub(crate) fn of_misses(mut misses: Vec<f64>) -> f64 {
    if misses.len() < LEAST_COMPARISONS {
        return 1.0;
    }
    let middle = misses.len() / 2;
    let (_, median, _) = misses.select_nth_unstable_by(middle, f64::total_cmp);
    (*median / MEDIAN_DEVIATION).powi(2)
}
