//! Tails and quantiles of the distributions that detectors compare with.
//!
//! The special functions are statrs'. Everything here is total: what has no answer is NaN, and never a panic.

use statrs::function::{
    beta::checked_beta_reg,
    erf,
    gamma::{checked_gamma_lr, checked_gamma_ur},
};

/// P(Z > z) of the standard normal distribution, exact in the far tail.
pub(crate) fn normal_tail(z: f64) -> f64 {
    // By the incomplete gamma function: statrs' erfc has only ten digits.
    let square = 0.5 * z * z;
    let beyond = if square == 0.0 {
        0.5
    } else if square.is_infinite() {
        0.0
    } else {
        0.5 * checked_gamma_ur(0.5, square).unwrap_or(f64::NAN)
    };
    if z < 0.0 { 1.0 - beyond } else { beyond }
}

/// P(Z <= z) of the standard normal distribution.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    normal_tail(-z)
}

/// The density of the standard normal distribution.
pub(crate) fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The `p` quantile of the standard normal distribution.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    let z = std::f64::consts::SQRT_2 * erf::erfc_inv(2.0 * p.min(1.0 - p));
    if p < 0.5 { -z } else { z }
}

/// P(T > t) of Student's distribution.
pub(crate) fn student_tail(t: f64, degrees: f64) -> f64 {
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let beyond = 0.5 * checked_beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t)).unwrap_or(f64::NAN);
    if t >= 0.0 { beyond } else { 1.0 - beyond }
}

/// The `p` quantile of Student's distribution, by bisection of its tail: exact to the last digits for any degrees.
pub(crate) fn student_quantile(p: f64, degrees: f64) -> f64 {
    if p < 0.5 {
        return -student_quantile(1.0 - p, degrees);
    }
    let tail = 1.0 - p;
    let (mut low, mut high) = (0.0, 1.0);
    while student_tail(high, degrees) > tail && high < 1e300 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if student_tail(middle, degrees) > tail { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// A count whose variance is `dispersion` times its mean: negative binomial, or Poisson at a dispersion of 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountDistribution {
    pub(crate) mean: f64,
    pub(crate) dispersion: f64,
}

impl CountDistribution {
    /// P(Y <= y) for a whole `y`.
    pub(crate) fn cdf(self, y: f64) -> f64 {
        if y < 0.0 {
            return 0.0;
        }
        if self.mean <= 0.0 {
            return 1.0;
        }
        if self.dispersion > 1.0 {
            let size = self.mean / (self.dispersion - 1.0);
            checked_beta_reg(size, y + 1.0, size / (size + self.mean)).unwrap_or(f64::NAN)
        } else {
            checked_gamma_ur(y + 1.0, self.mean).unwrap_or(f64::NAN)
        }
    }

    /// P(Y >= y) for a whole `y`, exact in the far tail.
    pub(crate) fn tail(self, y: f64) -> f64 {
        if y <= 0.0 {
            return 1.0;
        }
        if self.mean <= 0.0 {
            return 0.0;
        }
        if self.dispersion > 1.0 {
            let size = self.mean / (self.dispersion - 1.0);
            checked_beta_reg(y, size, self.mean / (size + self.mean)).unwrap_or(f64::NAN)
        } else {
            checked_gamma_lr(y, self.mean).unwrap_or(f64::NAN)
        }
    }

    /// The least `y` with P(Y <= y) >= p; NaN where the distribution has no such number below 10^15.
    pub(crate) fn quantile(self, p: f64) -> f64 {
        // Rounding in the distribution function must not push the quantile to the next whole number.
        let p = p * (1.0 - 64.0 * f64::EPSILON);
        let (mut low, mut high) = (-1.0, self.mean.ceil().max(1.0));
        while self.cdf(high) < p {
            (low, high) = (high, 2.0 * high);
            if high > 1e15 {
                return f64::NAN;
            }
        }
        while high - low > 1.0 {
            let middle = f64::midpoint(low, high).floor();
            if self.cdf(middle) < p { low = middle } else { high = middle }
        }
        if self.cdf(high).is_nan() { f64::NAN } else { high }
    }
}

/// P(K <= k) of a binomial count of `n`; `k` need not be whole.
pub(crate) fn binomial_cdf(k: f64, n: f64, p: f64) -> f64 {
    // Rounding in the caller's arithmetic must not move a step.
    let k = (k + 1e-9).floor();
    if k < 0.0 {
        0.0
    } else if k >= n || p <= 0.0 {
        1.0
    } else {
        checked_beta_reg(n - k, k + 1.0, 1.0 - p).unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Abramowitz and Stegun, tables 26.5 and 26.10; R's qnorm and qt for the digits.
        for (p, z) in [(0.975, 1.959_963_984_540_054), (0.999, 3.090_232_306_167_813_5), (0.01, -2.326_347_874_040_841)]
        {
            assert!((normal_quantile(p) - z).abs() < 1e-13, "{p}: {}", normal_quantile(p));
        }
        for (p, degrees, t) in [
            (0.975, 6.0, 2.446_911_851_144_968_5),
            (0.95, 5.0, 2.015_048_372_669_157),
            (0.99, 27.0, 2.472_659_911_956_068_5),
            (0.95, 1.0, 6.313_751_514_675_037),
            (0.025, 3.0, -3.182_446_305_284_263),
        ] {
            assert!((student_quantile(p, degrees) - t).abs() < 1e-9, "{p} {degrees}: {}", student_quantile(p, degrees));
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert!((normal_tail(3.0) - 1.349_898_031_630_094_6e-3).abs() < 1e-15);
        assert!(normal_tail(30.0) > 0.0 && normal_tail(f64::INFINITY) == 0.0 && normal_cdf(f64::INFINITY) == 1.0);
        assert_eq!((student_tail(f64::INFINITY, 3.0), student_tail(0.0, 3.0)), (0.0, 0.5));
    }

    #[test]
    fn quantiles_of_counts_are_the_first_that_reach_their_probability() {
        for (mean, dispersion) in [(0.0, 1.0), (0.3, 1.0), (7.0, 1.0), (7.0, 2.5), (2500.0, 40.0), (1e-12, 1.0)] {
            let count = CountDistribution { mean, dispersion };
            for p in [0.05, 0.5, 0.95, 0.999] {
                let y = count.quantile(p);
                assert!(count.cdf(y) >= p - 1e-12 && count.cdf(y - 1.0) < p, "{mean} {dispersion} {p}: {y}");
                assert!((count.tail(y + 1.0) + count.cdf(y) - 1.0).abs() < 1e-10, "{mean} {dispersion} {y}");
            }
        }
    }

    #[test]
    fn binomial_tails_add_up() {
        let mass = |k: f64| binomial_cdf(k, 10.0, 0.3) - binomial_cdf(k - 1.0, 10.0, 0.3);
        assert!((mass(3.0) - 0.266_827_932).abs() < 1e-9 && (mass(0.0) - 0.7_f64.powi(10)).abs() < 1e-12);
        assert_eq!((binomial_cdf(-0.5, 10.0, 0.3), binomial_cdf(10.0, 10.0, 0.3)), (0.0, 1.0));
    }
}
