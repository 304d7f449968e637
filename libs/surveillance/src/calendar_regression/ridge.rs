//! Ridge regression that outliers cannot hijack: Huber's M-estimate by iteratively reweighted least squares (Holland
//! and Welsch, *Communications in Statistics A* 6, 1977), each round in closed form.

use crate::filter::{LEAST_SCALE, median};

/// What is not 0 of a row of regressors: column and value, by rising column.
pub(super) type Row = Vec<(usize, f64)>;

/// Misses count in full up to so many scales, and beyond them as if they were so large: 95 % efficient under the normal
/// distribution (Huber, *Robust Statistics*, 1981).
const HUBER_SCALES: f64 = 1.345;
/// Median absolute miss to standard deviation under the normal distribution.
const MEDIAN_TO_SD: f64 = 1.4826;
/// Rounds end when no fitted value moves by more scales, or here: three to six are usual.
const STEADY_SCALES: f64 = 0.01;
const MOST_ROUNDS: usize = 20;

/// The coefficients, one for each penalty. Values are distances from what all of them lie around, so that the first
/// round knows already which are wild. A penalty is in rows: a coefficient that is determined by so many rows (of a
/// regressor of 1) is drawn half the way towards 0. All are above 0, so that there always is an answer; of no rows it
/// is 0.
pub(super) fn fit(rows: &[Row], values: &[f64], penalties: &[f64]) -> Vec<f64> {
    let mut equations = NormalEquations::new(penalties);
    let mut coefficients = vec![0.0; penalties.len()];
    let (mut weights, mut fitted) = (vec![0.0_f64; rows.len()], vec![0.0_f64; rows.len()]);
    for _ in 0..MOST_ROUNDS {
        let misses: Vec<f64> = values.iter().zip(&fitted).map(|(value, fitted)| (value - fitted).abs()).collect();
        let scale = (MEDIAN_TO_SD * median(misses.clone())).max(LEAST_SCALE);
        let most = HUBER_SCALES * scale;
        for (((row, value), miss), weight) in rows.iter().zip(values).zip(misses).zip(&mut weights) {
            let now = if miss > most { most / miss } else { 1.0 };
            // Most rows have a weight of 1, and keep it.
            if now != *weight {
                equations.add(row, *value, now - *weight);
                *weight = now;
            }
        }
        coefficients = equations.solve();
        let mut moved = 0.0_f64;
        for (row, fitted) in rows.iter().zip(&mut fitted) {
            let now = product(row, &coefficients);
            moved = moved.max((now - *fitted).abs());
            *fitted = now;
        }
        if moved < STEADY_SCALES * scale {
            break;
        }
    }
    coefficients
}

/// What coefficients make of a row.
pub(super) fn product(row: &Row, coefficients: &[f64]) -> f64 {
    row.iter().map(|(column, value)| value * coefficients[*column]).sum()
}

/// Weighted sums of squares and products, with the penalties on the diagonal.
struct NormalEquations {
    columns: usize,
    /// The lower triangle of a square matrix, row by row; what lies above is 0.
    squares: Vec<f64>,
    products: Vec<f64>,
    least_penalty: f64,
}

impl NormalEquations {
    fn new(penalties: &[f64]) -> Self {
        let columns = penalties.len();
        let mut squares = vec![0.0; columns * columns];
        for (column, penalty) in penalties.iter().enumerate() {
            squares[column * columns + column] = *penalty;
        }
        let least_penalty = penalties.iter().copied().fold(f64::INFINITY, f64::min);
        Self { columns, squares, products: vec![0.0; columns], least_penalty }
    }

    /// Adds a row `weight` times; a weight below 0 takes it away.
    fn add(&mut self, row: &Row, value: f64, weight: f64) {
        for (place, (column, x)) in row.iter().enumerate() {
            let weighted = weight * x;
            self.products[*column] += weighted * value;
            let line = &mut self.squares[column * self.columns..];
            for (other, y) in &row[..=place] {
                line[*other] += weighted * y;
            }
        }
    }

    /// By Cholesky's decomposition.
    fn solve(&self) -> Vec<f64> {
        let columns = self.columns;
        let mut factor = self.squares.clone();
        let mut solution = self.products.clone();
        for column in 0..columns {
            let (above, rest) = factor.split_at_mut(column * columns);
            let line = &mut rest[..=column];
            for before in 0..column {
                let other = &above[before * columns..=before * columns + before];
                line[before] = (line[before] - dot(&line[..before], other)) / other[before];
            }
            let pivot = line[column] - dot(&line[..column], &line[..column]);
            // The penalties bound it from below; rounding may not.
            line[column] = pivot.max(self.least_penalty).sqrt();
            solution[column] = (solution[column] - dot(line, &solution[..column])) / line[column];
        }
        for column in (0..columns).rev() {
            solution[column] /= factor[column * columns + column];
            let known = solution[column];
            let line = &factor[column * columns..column * columns + column];
            solution.iter_mut().zip(line).for_each(|(earlier, cell)| *earlier -= cell * known);
        }
        solution
    }
}

/// The sum of products over the shorter of the two.
fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::{Row, fit, product};

    const LIGHT: f64 = 1e-9;

    fn line(x: f64) -> Row {
        vec![(0, 1.0), (1, x)]
    }

    /// A spread that is the same in both directions and of no other pattern.
    fn noise(place: usize) -> f64 {
        ((place as f64 * 2.399).sin() * 43_758.545).fract() * 0.1
    }

    #[test]
    fn without_outliers_it_solves_the_equations() {
        // Half a penalty's pull: rows of 1 with the mean of 3, and as many rows' penalty.
        let rows: Vec<Row> = vec![vec![(0, 1.0)]; 3];
        let found = fit(&rows, &[2.9, 3.0, 3.1], &[3.0]);
        assert!((found[0] - 1.5).abs() < 1e-9, "{found:?}");
        let rows: Vec<Row> = (0..20).map(|x| vec![(0, 1.0), (1, f64::from(x)), (2, f64::from(x * x))]).collect();
        let values: Vec<f64> = (0..20).map(|x| 2.0 - 0.5 * f64::from(x) + 0.25 * f64::from(x * x)).collect();
        let found = fit(&rows, &values, &[LIGHT; 3]);
        for (found, expected) in found.iter().zip([2.0, -0.5, 0.25]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn a_tenth_of_the_rows_may_be_anything() {
        let rows: Vec<Row> = (0..100).map(|place| line(f64::from(place) / 100.0)).collect();
        let honest: Vec<f64> = (0..100).map(|place| 1.0 + 2.0 * place as f64 / 100.0 + noise(place)).collect();
        let mut spoilt = honest.clone();
        spoilt.iter_mut().skip(90).for_each(|value| *value = -1000.0);
        let (clean, dirty) = (fit(&rows, &honest, &[LIGHT; 2]), fit(&rows, &spoilt, &[LIGHT; 2]));
        let at = |found: &[f64]| product(&line(1.2), found);
        assert!((at(&clean) - 3.4).abs() < 0.05, "{clean:?}");
        assert!((at(&dirty) - 3.4).abs() < 0.25, "{dirty:?}");
    }

    #[test]
    fn one_row_alone_pulls_its_own_regressor_no_farther_than_its_weight() {
        // The regressor is 1 on one row whose value is wild: its pull of 1.345 scales is held by the penalty.
        let mut rows: Vec<Row> = vec![vec![(0, 1.0)]; 50];
        rows[20].push((1, 1.0));
        let mut values: Vec<f64> = (0..50).map(noise).collect();
        values[20] = 500.0;
        let found = fit(&rows, &values, &[LIGHT, 0.25]);
        assert!(found[1] > 0.0 && found[1] < 1.0 && found[0].abs() < 0.05, "{found:?}");
    }

    #[test]
    fn nothing_and_what_does_not_vary_have_an_answer() {
        assert_eq!(fit(&[], &[], &[1.0, 1.0]), [0.0, 0.0]);
        // Two columns that are the same share what both explain.
        let rows: Vec<Row> = vec![vec![(0, 1.0), (1, 1.0)]; 10];
        let found = fit(&rows, &[4.0; 10], &[LIGHT; 2]);
        assert!((found[0] - 2.0).abs() < 1e-3 && (found[1] - 2.0).abs() < 1e-3, "{found:?}");
        assert_eq!(fit(&rows, &[0.0; 10], &[1.0; 2]), [0.0, 0.0]);
    }
}
