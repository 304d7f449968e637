//! The false discovery rate over many tests.
//!
//! Y. Benjamini and Y. Hochberg, *JRSS B* 57 (1995). The *q-value* of a test is the least rate at which it is a
//! discovery: the smallest `p m / i` over itself and every test ranked after it, `i` being its rank among the `m`
//! tests. It holds for independent tests and for positively dependent ones (Benjamini and Yekutieli 2001), which
//! markers of the same posts are.

/// Q-values in the order of the p-values, over `tests` tests of which these are the smallest; the others count as
/// having found nothing. A p-value that is no probability has the q-value 1.
#[must_use]
pub fn q_values(p_values: &[f64], tests: usize) -> Vec<f64> {
    let p = |index: usize| if (0.0..=1.0).contains(&p_values[index]) { p_values[index] } else { 1.0 };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p(*b).total_cmp(&p(*a)));
    let tests = tests.max(p_values.len()) as f64;
    let mut q = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (from_last, index) in order.iter().enumerate() {
        let rank = (p_values.len() - from_last) as f64;
        least = least.min(p(*index) * tests / rank);
        q[*index] = least;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::q_values;

    #[test]
    fn the_example_of_the_paper_has_four_discoveries() {
        // Benjamini and Hochberg 1995, section 3.2: fifteen p-values; four are rejected at .05.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let q = q_values(&p, p.len());
        assert_eq!(q.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((q[0] - 0.0015).abs() < 1e-12 && (q[3] - 0.0095 * 15.0 / 4.0).abs() < 1e-12);
        assert!(q.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn tests_that_found_nothing_count() {
        assert_eq!(q_values(&[0.01], 10), [0.1]);
        assert_eq!(q_values(&[f64::NAN, 0.01], 0), [1.0, 0.02]);
        assert_eq!(q_values(&[], 5), [0.0; 0]);
    }
}
