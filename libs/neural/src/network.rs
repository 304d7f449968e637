//! The network: two hidden layers, and outputs that can only rise.
//!
//! Of each target, the middle output is the middle quantile; every other is the step from its neighbour nearer to the
//! middle, made positive by `(x + sqrt(x² + 1)) / 2`, which is smooth and needs no exponential.

use ndarray::{Array1, Array2, ArrayView2, Axis, Zip, linalg::general_mat_mul};
use rand::Rng;

/// Layers, the last one the outputs'.
pub(crate) const LAYERS: usize = 3;
/// Steps start out at about a ninth, so that a new network's quantiles span two units: a standard normal's span four.
const NARROW: f32 = 2.0;

/// Every output is a sum of all inputs, each times a weight, and a bias.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    /// A row for each input, a column for each output.
    pub(crate) weights: Array2<f32>,
    pub(crate) biases: Array1<f32>,
}

/// A network.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub(crate) layers: [Layer; LAYERS],
    levels: usize,
}

/// What each layer gave for the rows of a batch: units of the hidden layers, how steeply they follow what they were made
/// of, and quantiles with the raw outputs behind them.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) units: [Array2<f32>; LAYERS - 1],
    slopes: [Array2<f32>; LAYERS - 1],
    pub(crate) raw: Array2<f32>,
    pub(crate) quantiles: Array2<f32>,
}

impl Layer {
    /// Weights and biases are drawn evenly, and the more narrowly the more inputs there are.
    fn random(inputs: usize, outputs: usize, random: &mut impl Rng) -> Self {
        let bound = 1.0 / (inputs as f32).sqrt();
        let mut draw = || random.random_range(-bound..bound);
        let weights = Array2::from_shape_simple_fn((inputs, outputs), &mut draw);
        Self { weights, biases: Array1::from_shape_simple_fn(outputs, &mut draw) }
    }

    fn apply(&self, inputs: &ArrayView2<'_, f32>, outputs: &mut Array2<f32>) {
        outputs.assign(&self.biases);
        general_mat_mul(1.0, inputs, &self.weights, 1.0, outputs);
    }
}

impl Pass {
    pub(crate) fn of(network: &Network, rows: usize) -> Self {
        let [first, second, last] = network.layers.each_ref().map(|layer| Array2::zeros((rows, layer.biases.len())));
        let units = [first, second];
        Self { slopes: units.clone(), units, quantiles: last.clone(), raw: last }
    }
}

impl Network {
    pub(crate) fn random([inputs, hidden, targets, levels]: [usize; 4], random: &mut impl Rng) -> Self {
        let layers = [
            Layer::random(inputs, hidden, random),
            Layer::random(hidden, hidden, random),
            Layer::random(hidden, targets * levels, random),
        ];
        Self { layers, levels }
    }

    /// All weights and biases: layer by layer, the weights of each input's row, then the biases.
    pub fn numbers(&self) -> impl Iterator<Item = f32> + '_ {
        self.layers.iter().flat_map(|layer| layer.weights.iter().chain(&layer.biases).copied())
    }

    /// The network of so many inputs, hidden units, targets and levels that has these [`Network::numbers`]; `None` where
    /// there are more or fewer of them, or one is not finite.
    #[must_use]
    pub fn of_numbers([inputs, hidden, targets, levels]: [usize; 4], numbers: &[f32]) -> Option<Self> {
        let mut rest = numbers;
        let mut layer = |rows: usize, columns: usize| {
            let (weights, after) = rest.split_at_checked(rows * columns)?;
            let (biases, after) = after.split_at_checked(columns)?;
            rest = after;
            let weights = Array2::from_shape_vec((rows, columns), weights.to_vec()).ok()?;
            Some(Layer { weights, biases: Array1::from_vec(biases.to_vec()) })
        };
        let layers = [layer(inputs, hidden)?, layer(hidden, hidden)?, layer(hidden, targets * levels)?];
        (rest.is_empty() && numbers.iter().all(|number| number.is_finite())).then_some(Self { layers, levels })
    }

    /// The quantiles of each target of one row, in the order of the levels; none for a row of another width than the
    /// lessons had.
    #[must_use]
    pub fn quantiles(&self, row: &[f32]) -> Vec<Vec<f32>> {
        let width = self.layers[0].weights.nrows();
        let Some(inputs) = ArrayView2::from_shape((1, width), row).ok().filter(|_| row.len() == width) else {
            return Vec::new();
        };
        let mut pass = Pass::of(self, 1);
        self.forward(&inputs, &mut pass, |_| {});
        pass.quantiles.iter().copied().collect::<Vec<_>>().chunks(self.levels).map(<[f32]>::to_vec).collect()
    }

    /// What the rows of a batch come to. `forget` is shown the units of each hidden layer with their slopes.
    pub(crate) fn forward(&self, inputs: &ArrayView2<'_, f32>, pass: &mut Pass, mut forget: impl FnMut(Units<'_>)) {
        for index in 0..LAYERS - 1 {
            let (before, after) = pass.units.split_at_mut(index);
            let (units, slopes) = (&mut after[0], &mut pass.slopes[index]);
            let inputs = before.last().map_or(*inputs, |before| before.view());
            self.layers[index].apply(&inputs, units);
            Zip::from(&mut *units).and(&mut *slopes).for_each(light);
            forget(Units { units, slopes });
        }
        self.layers[LAYERS - 1].apply(&pass.units[LAYERS - 2].view(), &mut pass.raw);
        pass.quantiles.assign(&pass.raw);
        if let Some(values) = pass.quantiles.as_slice_mut() {
            values.chunks_mut(self.levels).for_each(rise);
        }
    }

    /// The slopes of a loss along all weights and biases, from its slopes along the quantiles, which are used up.
    pub(crate) fn backward(
        &self,
        inputs: &ArrayView2<'_, f32>,
        pass: &Pass,
        slopes: &mut Array2<f32>,
        gradient: &mut [Layer; LAYERS],
    ) {
        if let (Some(slopes), Some(raw)) = (slopes.as_slice_mut(), pass.raw.as_slice()) {
            let targets = slopes.chunks_mut(self.levels).zip(raw.chunks(self.levels));
            targets.for_each(|(slopes, raw)| slopes_of_raw(raw, slopes));
        }
        let mut slopes = slopes.view().to_owned();
        for index in (0..LAYERS).rev() {
            let inputs = if index == 0 { *inputs } else { pass.units[index - 1].view() };
            general_mat_mul(1.0, &inputs.t(), &slopes, 0.0, &mut gradient[index].weights);
            gradient[index].biases.assign(&slopes.sum_axis(Axis(0)));
            if index > 0 {
                let mut before = slopes.dot(&self.layers[index].weights.t());
                before *= &pass.slopes[index - 1];
                slopes = before;
            }
        }
    }
}

/// A hidden layer's units, and how steeply they follow what they were made of.
pub(crate) struct Units<'p> {
    pub(crate) units: &'p mut Array2<f32>,
    pub(crate) slopes: &'p mut Array2<f32>,
}

/// A unit lights up: `x / (1 + exp(-x))` (SiLU: Elfwing and others, *Neural Networks* 107, 2018).
fn light(unit: &mut f32, slope: &mut f32) {
    let gate = 1.0 / (1.0 + (-*unit).exp());
    *slope = gate * (1.0 + *unit * (1.0 - gate));
    *unit *= gate;
}

/// Raw outputs of one target become its quantiles, in place.
fn rise(values: &mut [f32]) {
    let middle = values.len() / 2;
    let mut at = values[middle];
    values.iter_mut().for_each(|value| *value = step(*value));
    values[middle] = at;
    for value in &mut values[middle + 1..] {
        at += *value;
        *value = at;
    }
    at = values[middle];
    for value in values[..middle].iter_mut().rev() {
        at -= *value;
        *value = at;
    }
}

/// Slopes along one target's quantiles become slopes along its raw outputs: a step moves all quantiles beyond it, and
/// the middle moves all.
fn slopes_of_raw(raw: &[f32], slopes: &mut [f32]) {
    let middle = raw.len() / 2;
    let mut above = 0.0;
    for slope in slopes[middle + 1..].iter_mut().rev() {
        above += *slope;
        *slope = above;
    }
    let mut below = 0.0;
    for slope in &mut slopes[..middle] {
        below += *slope;
        *slope = -below;
    }
    let all = slopes[middle] + above + below;
    slopes.iter_mut().zip(raw).for_each(|(slope, raw)| *slope *= step_slope(*raw));
    slopes[middle] = all;
}

// Both are free of branches, so that the loops above take several outputs at once.

fn step(raw: f32) -> f32 {
    let x = raw - NARROW;
    let root = (x * x + 1.0).sqrt();
    // Half of `root + x`; for x far below zero that sum would round to nothing.
    let far = (root + x.abs()) / 2.0;
    let near = 0.25 / far;
    if x > 0.0 { far } else { near }
}

fn step_slope(raw: f32) -> f32 {
    step(raw) / ((raw - NARROW) * (raw - NARROW) + 1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{light, rise, slopes_of_raw, step, step_slope};

    #[test]
    fn steps_go_up_and_their_slopes_are_slopes() {
        for raw in [-30.0_f32, -1.0, 0.0, 1.9, 2.0, 5.0, 40.0] {
            assert!(step(raw) > 0.0, "{raw}");
            let found = (step(raw + 0.01) - step(raw - 0.01)) / 0.02;
            assert!((found - step_slope(raw)).abs() < 1e-3, "{raw}: {found} {}", step_slope(raw));
            let lit = |mut unit: f32| {
                let mut slope = 0.0;
                light(&mut unit, &mut slope);
                (unit, slope)
            };
            let found = (lit(raw + 0.01).0 - lit(raw - 0.01).0) / 0.02;
            assert!((found - lit(raw).1).abs() < 1e-3, "{raw}: {found} {:?}", lit(raw));
        }
    }

    #[test]
    fn slopes_reach_every_raw_output() {
        // A loss that weighs five quantiles: its slopes along the raw outputs, beside differences.
        let weights = [0.3_f32, -1.0, 2.0, 0.5, -0.7];
        let raw = [0.5_f32, 2.5, -0.4, 3.0, 1.0];
        let loss = |raw: [f32; 5]| {
            let mut quantiles = raw;
            rise(&mut quantiles);
            assert!(quantiles.windows(2).all(|pair| pair[0] < pair[1]));
            quantiles.iter().zip(weights).map(|(quantile, weight)| quantile * weight).sum::<f32>()
        };
        let mut slopes = weights;
        slopes_of_raw(&raw, &mut slopes);
        for index in 0..raw.len() {
            let moved = |by: f32| {
                let mut raw = raw;
                raw[index] += by;
                loss(raw)
            };
            let found = (moved(0.01) - moved(-0.01)) / 0.02;
            assert!((found - slopes[index]).abs() < 1e-3, "{index}: {found} {}", slopes[index]);
        }
    }
}
