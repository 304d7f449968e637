//! How long a CUSUM runs before it alarms by chance, and the decision interval that makes it run as long as wanted.
//!
//! E. S. Page, *Biometrika* 41 (1954): the run length `L(u)` from a sum `u` solves
//! `L(u) = 1 + P(u + step <= 0) L(0) + E[L(u + step); 0 < u + step < h]`. As D. Brook and D. A. Evans (*Biometrika* 59,
//! 1972) do, the sum is cut into [`STATES`] equal parts and the equation becomes a linear system; between two states
//! `L` is taken to be linear (in place of constant), which keeps the drift of binomial steps, whose jumps would fall on
//! one side of a boundary. The system asks of the steps only their distribution function and its integral, so the same
//! code serves normal and binomial steps. D. Siegmund, *Sequential Analysis* (1985), (2.54), gives the closed
//! approximation for normal steps.
//!
//! Run lengths are of one-sided charts that start at zero; the chart of two sides runs about half as long.

use super::{
    Error,
    distributions::{binomial_cdf, normal_cdf, normal_density},
    error::{probability, within},
    likelihood::Steps,
};

/// Parts the sum is cut into.
pub const STATES: usize = 128;
/// Decision intervals are looked for up to here, in the unit of the sum.
const MOST_INTERVAL: f64 = 200.0;
/// Bisections of the interval: more than the digits of a number.
const BISECTIONS: usize = 60;

/// The run length of a CUSUM on standard normal values that lie `shift` standard deviations above what is expected.
///
/// # Errors
/// [`Error::Parameter`] for a `k` or `h` that is not above 0.
pub fn normal(k: f64, h: f64, shift: f64) -> Result<f64, Error> {
    within("k", k, k > 0.0 && k.is_finite(), "above 0")?;
    within("h", h, h > 0.0 && h.is_finite(), "above 0")?;
    within("shift", shift, shift.is_finite(), "a number")?;
    Ok(mean_time(&Normal { drift: shift - k }, h))
}

/// Siegmund's approximation of [`normal`].
#[must_use]
pub fn siegmund(k: f64, h: f64, shift: f64) -> f64 {
    // 1.166 is twice the mean overshoot of a normal walk.
    let (drift, height) = (shift - k, h + 1.166);
    if drift.abs() < 1e-6 {
        return height * height;
    }
    ((-2.0 * drift * height).exp() + 2.0 * drift * height - 1.0) / (2.0 * drift * drift)
}

/// The decision interval at which a CUSUM on standard normal values runs `run_length` periods before a false alarm.
///
/// # Errors
/// [`Error::Parameter`] for a `k` that is not above 0 or a run length of one period or less, [`Error::NoInterval`]
/// where none is found.
pub fn normal_interval(k: f64, run_length: f64) -> Result<f64, Error> {
    within("k", k, k > 0.0 && k.is_finite(), "above 0")?;
    interval(run_length, |h| mean_time(&Normal { drift: -k }, h))
}

/// What a [binomial CUSUM](super::likelihood) in control looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    /// The usual proportion.
    pub p0: f64,
    /// The odds that are to be found soonest, over the usual ones.
    pub odds_ratio: f64,
    /// Units in a period; with a dispersion `d` of the periods, `n / d`, rounded.
    pub n: u64,
}

impl Binomial {
    fn check(self) -> Result<(), Error> {
        probability("p0", self.p0)?;
        within("odds_ratio", self.odds_ratio, self.odds_ratio > 1.0 && self.odds_ratio.is_finite(), "above 1")?;
        within("n", self.n as f64, self.n > 0, "1 or more")
    }

    /// The steps where the proportion is `p`.
    fn walk(self, p: f64) -> Lattice {
        let (steps, n) = (Steps::new(self.p0, self.odds_ratio), self.n as f64);
        Lattice { start: n * steps.without, jump: steps.with - steps.without, n, p }
    }

    /// The run length with the decision interval `h` where the proportion is `p`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a probability outside (0, 1), an odds ratio of 1 or less, nobody, or an `h` not above
    /// 0.
    pub fn run_length(self, h: f64, p: f64) -> Result<f64, Error> {
        self.check()?;
        probability("p", p)?;
        within("h", h, h > 0.0 && h.is_finite(), "above 0")?;
        Ok(mean_time(&self.walk(p), h))
    }

    /// The decision interval at which the chart runs `run_length` periods before a false alarm.
    ///
    /// # Errors
    /// As [`Binomial::run_length`] and [`normal_interval`].
    pub fn interval(self, run_length: f64) -> Result<f64, Error> {
        self.check()?;
        interval(run_length, |h| mean_time(&self.walk(self.p0), h))
    }
}

/// The least interval with at least this run length. Run lengths grow with the interval.
fn interval(wanted: f64, run_length: impl Fn(f64) -> f64) -> Result<f64, Error> {
    within("run_length", wanted, wanted > 1.0 && wanted.is_finite(), "more than 1 period")?;
    let (mut low, mut high) = (0.0, 1.0);
    // One that is no positive number has left the range of the arithmetic: it is longer than any that is wanted.
    let long = |h: f64| !(0.0..wanted).contains(&run_length(h));
    while !long(high) {
        (low, high) = (high, 2.0 * high);
        if high > MOST_INTERVAL {
            return Err(Error::NoInterval { run_length: wanted, most: MOST_INTERVAL });
        }
    }
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        if long(middle) { high = middle } else { low = middle }
    }
    Ok(high)
}

/// The steps of a sum.
trait Walk {
    /// P(step < x).
    fn below(&self, x: f64) -> f64;
    /// E[max(0, x - step)], the integral of the distribution function up to `x`.
    fn shortfall(&self, x: f64) -> f64;
}

struct Normal {
    drift: f64,
}

impl Walk for Normal {
    fn below(&self, x: f64) -> f64 {
        normal_cdf(x - self.drift)
    }

    fn shortfall(&self, x: f64) -> f64 {
        let z = x - self.drift;
        z * normal_cdf(z) + normal_density(z)
    }
}

/// `start + jump K` with a binomial `K`.
struct Lattice {
    start: f64,
    jump: f64,
    n: f64,
    p: f64,
}

impl Walk for Lattice {
    fn below(&self, x: f64) -> f64 {
        // The largest K that stays below x; rounding in a step must not move it.
        let last = ((x - self.start) / self.jump - 1e-9).ceil() - 1.0;
        binomial_cdf(last, self.n, self.p)
    }

    fn shortfall(&self, x: f64) -> f64 {
        let last = ((x - self.start) / self.jump + 1e-9).floor();
        // E[K; K <= last] = n p P(K' <= last - 1) with K' of one unit less.
        let partial = self.n * self.p * binomial_cdf(last - 1.0, self.n - 1.0, self.p);
        (x - self.start) * binomial_cdf(last, self.n, self.p) - self.jump * partial
    }
}

/// The mean time from zero until `S = max(0, S' + step)` is at least `h`.
fn mean_time(walk: &impl Walk, h: f64) -> f64 {
    let width = h / STATES as f64;
    let at = |difference: usize| (difference as f64 - STATES as f64 - 1.0) * width;
    // Only differences of states matter.
    let shortfall: Vec<f64> = (0..2 * STATES + 3).map(|difference| walk.shortfall(at(difference)) / width).collect();
    let weight = |from: usize, to: usize| {
        let here = STATES + 1 + to - from;
        match to {
            0 => shortfall[here + 1] - shortfall[here],
            STATES => walk.below((STATES - from) as f64 * width) - (shortfall[here] - shortfall[here - 1]),
            _ => shortfall[here + 1] - 2.0 * shortfall[here] + shortfall[here - 1],
        }
    };
    // (I - R) L = 1 by elimination from the last state up. No pivoting: the rows of R are positive and add up to less
    // than 1.
    let row = |from: usize| {
        let row = (0..=STATES).map(|to| f64::from(u8::from(from == to)) - weight(from, to));
        row.chain([1.0]).collect::<Vec<f64>>()
    };
    let mut rows: Vec<Vec<f64>> = (0..=STATES).map(row).collect();
    for pivot in (1..=STATES).rev() {
        let (above, rest) = rows.split_at_mut(pivot);
        let row = &rest[0];
        for other in above {
            let factor = other[pivot] / row[pivot];
            for (value, change) in other[..pivot].iter_mut().zip(&row[..pivot]) {
                *value -= factor * change;
            }
            other[STATES + 1] -= factor * row[STATES + 1];
        }
    }
    rows[0][STATES + 1] / rows[0][0]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Binomial, Error, normal, normal_interval, siegmund};

    #[test]
    fn run_lengths_are_the_published_ones() {
        // D. C. Montgomery, Statistical Quality Control, 7th ed., table 9.3: two-sided, k = 1/2, h = 4 and 5; one side
        // of a chart in control runs twice as long, and out of control as long.
        for (h, shift, published, tolerance) in [
            (4.0, 0.0, 2.0 * 168.0, 2.0),
            (5.0, 0.0, 2.0 * 465.0, 4.0),
            (4.0, 1.0, 8.38, 0.01),
            (5.0, 1.0, 10.4, 0.05),
            (4.0, 2.0, 3.34, 0.01),
            (5.0, 2.0, 4.01, 0.01),
        ] {
            let found = normal(0.5, h, shift).unwrap();
            assert!((found - published).abs() < tolerance, "h {h}, shift {shift}: {found}, published {published}");
        }
    }

    #[test]
    fn intervals_are_the_published_ones() {
        // Table 9.4 there (Hawkins 1993): k and h of a two-sided run length of 370.
        for (k, h) in [(0.25, 8.01), (0.5, 4.77), (0.75, 3.34), (1.0, 2.52), (1.25, 1.99), (1.5, 1.61)] {
            let found = normal_interval(k, 2.0 * 370.0).unwrap();
            assert!((found - h).abs() < 0.02, "k {k}: {found}, published {h}");
        }
    }

    #[test]
    fn siegmund_is_close_where_he_says_so() {
        // Montgomery, section 9.1.3: 938.2 for h = 5, k = 1/2.
        assert!((siegmund(0.5, 5.0, 0.0) - 938.2).abs() < 0.1);
        for h in [3.0, 4.0, 5.0] {
            let chain = normal(0.5, h, 0.0).unwrap();
            assert!((siegmund(0.5, h, 0.0) / chain - 1.0).abs() < 0.03, "{h}");
        }
        assert!((siegmund(0.5, 4.0, 0.5) - 5.166 * 5.166).abs() < 1e-9);
    }

    #[test]
    fn a_binomial_interval_gives_its_run_length_and_more_than_its_bound() {
        let chart = Binomial { p0: 0.05, odds_ratio: 1.5, n: 400 };
        let h = chart.interval(365.0).unwrap();
        let run = chart.run_length(h, 0.05).unwrap();
        assert!((364.9..420.0).contains(&run) && run >= h.exp(), "{h} {run}");
        assert!(chart.run_length(h, 0.075).unwrap() < 5.0);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(matches!(normal(0.0, 4.0, 0.0), Err(Error::Parameter { name: "k", .. })));
        assert!(matches!(normal_interval(0.5, f64::NAN), Err(Error::Parameter { name: "run_length", .. })));
        assert!(matches!(normal_interval(0.5, 0.5), Err(Error::Parameter { .. })));
        let nobody = Binomial { p0: 0.1, odds_ratio: 2.0, n: 0 };
        assert!(matches!(nobody.interval(100.0), Err(Error::Parameter { name: "n", .. })));
    }
}
