//! Whether two markers occur in the same people more often than by chance.
//!
//! `lift = P(A and B) / (P(A) P(B))`; 1 where they are independent. The interval is Wald's on the logarithm, its variance
//! by the delta method from the four cells of the table: `(1/p_AB − 1/p_A − 1/p_B + 2 lift − 1) / n`. Where no one has both,
//! half a person is added to each cell for the bounds (J. B. S. Haldane, *Annals of Human Genetics* 20, 1956; F. J.
//! Anscombe, *Biometrika* 43, 1956), and the lift is 0.

use super::Error;
use tidemark_domain::prevalence::Z_95;

/// What is added to each cell of a table without anyone who has both.
const ADDED: f64 = 0.5;

/// How much more often two markers meet than by chance, with a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lift {
    /// 1 where they are independent.
    pub value: f64,
    /// The interval's lower end.
    pub lower: f64,
    /// The interval's upper end.
    pub upper: f64,
}

/// The lift of two markers in `n` people of whom `a` show the one, `b` the other and `both` both. `None` where nobody
/// shows the one, or the other.
///
/// # Errors
/// [`Error::MoreThanAll`] where the counts contradict each other.
pub fn lift(both: u64, a: u64, b: u64, n: u64) -> Result<Option<Lift>, Error> {
    for (part, whole) in [(both, a), (both, b), (a, n), (b, n)] {
        if part > whole {
            return Err(Error::MoreThanAll { k: part, n: whole });
        }
    }
    let either = a - both + b;
    if either > n {
        return Err(Error::MoreThanAll { k: either, n });
    }
    if a == 0 || b == 0 {
        return Ok(None);
    }
    let added = if both == 0 { ADDED } else { 0.0 };
    let shares = |count: u64, cells: f64| (count as f64 + cells * added) / (n as f64 + 4.0 * added);
    let (p_both, p_a, p_b) = (shares(both, 1.0), shares(a, 2.0), shares(b, 2.0));
    let ratio = p_both / (p_a * p_b);
    // The variance is that of a mean: rounding alone can take it below 0.
    let variance = (1.0 / p_both - (1.0 / p_a + 1.0 / p_b) + 2.0 * ratio - 1.0).max(0.0) / (n as f64 + 4.0 * added);
    let reach = (Z_95 * variance.sqrt()).exp();
    Ok(Some(if both == 0 {
        Lift { value: 0.0, lower: 0.0, upper: ratio * reach }
    } else {
        Lift { value: ratio, lower: ratio / reach, upper: ratio * reach }
    }))
}

#[cfg(test)]
mod tests {
    use super::lift;

    #[test]
    fn independent_markers_have_a_lift_of_one() {
        let even = lift(50, 100, 500, 1000).expect("consistent").expect("both occur");
        assert!((even.value - 1.0).abs() < 1e-12 && even.lower < 1.0 && even.upper > 1.0);
        // By hand: (20 − 10 − 2 + 2 − 1) / 1000.
        assert!((even.upper - (1.959_964 * 0.009_f64.sqrt()).exp()).abs() < 1e-6);
        let more = lift(90, 100, 500, 1000).expect("consistent").expect("both occur");
        assert!((more.value - 1.8).abs() < 1e-12 && more.lower > 1.0);
    }

    #[test]
    fn extremes_are_defined() {
        let never = lift(0, 100, 100, 1000).expect("consistent").expect("both occur");
        assert!(never.value == 0.0 && never.lower == 0.0 && never.upper > 0.0 && never.upper < 1.0);
        let always = lift(7, 7, 7, 7).expect("consistent").expect("both occur");
        assert_eq!((always.value, always.lower, always.upper), (1.0, 1.0, 1.0));
        assert_eq!(lift(0, 0, 5, 10).expect("consistent"), None);
        assert_eq!(lift(0, 0, 0, 0).expect("consistent"), None);
        assert!(lift(3, 2, 5, 10).is_err() && lift(0, 6, 5, 10).is_err() && lift(1, 2, 11, 10).is_err());
    }
}
