//! How a network learns.
//!
//! No lesson is shown as it came. Each is mixed with another of its group: `cos a` of the one and `± sin a` of the other,
//! `a` drawn anew up to 45°, and the sum turned upside down every other time. Where inputs and answers are linear in what they are
//! made of, and of one scale, a mixture is as plausible as its parts (mixup: Zhang and others, ICLR 2018). Lessons of one
//! day resemble each other; mixed across days, what that day was like can not be learnt by heart.

use crate::{
    Lessons, Network,
    network::{Layer, Pass, Units},
};
use ndarray::Array2;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::f32::consts::{FRAC_PI_4, PI};

/// Adam's memories of slopes and of their squares, and what keeps it from dividing by nothing: the paper's own.
const SLOPE_MEMORY: f32 = 0.9;
const SQUARE_MEMORY: f32 = 0.999;
const LEAST_ROOT: f32 = 1e-8;
/// A tenth of the hidden units is left out of each row, the others make up for it (dropout: Srivastava and others, *JMLR*
/// 15, 2014): 26 of a random byte's 256 values.
const LEFT_OUT: u8 = 26;
/// The rate rises over this share of the steps, from a twenty-fifth of its height, and falls to next to nothing.
const RISING_SHARE: f32 = 0.3;
const FIRST_RATE: f32 = 1.0 / 25.0;
const LAST_RATE: f32 = 1e-5;

/// How a network is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Rising levels of the quantiles, the middle one the median.
    pub levels: Vec<f32>,
    /// Units of each hidden layer.
    pub hidden: usize,
    /// Steps; each takes one batch.
    pub steps: usize,
    /// Lessons of a batch.
    pub batch: usize,
    /// The highest rate at which weights move.
    pub rate: f32,
    /// So many inputs, the first, change sign with the answers and add up: these are mixed.
    pub mixed: usize,
    /// Where random numbers begin.
    pub seed: u64,
}

/// Teaches a new network; `None` without lessons or levels.
#[must_use]
pub fn train(lessons: &Lessons, plan: &Plan) -> Option<Network> {
    if lessons.is_empty() || plan.levels.is_empty() || plan.batch == 0 {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
    let shape = [lessons.width(), plan.hidden, lessons.targets(), plan.levels.len()];
    let mut network = Network::random(shape, &mut random);
    let mut pass = Pass::of(&network, plan.batch);
    let mut batch = Batch::of(lessons, plan);
    let mut slopes = Array2::zeros(pass.quantiles.raw_dim());
    let mut adam = Adam::of(&network);
    let mut bytes = vec![0; plan.batch * plan.hidden];
    for step in 0..plan.steps {
        batch.fill(&mut random);
        let inputs = batch.inputs.view();
        network.forward(&inputs, &mut pass, |units| leave_out(units, &mut bytes, &mut random));
        pinball_slopes(&pass.quantiles, &batch.answers, &plan.levels, &mut slopes);
        network.backward(&inputs, &pass, &mut slopes, &mut adam.gradient);
        adam.step(&mut network, plan.rate * one_cycle(step, plan.steps));
    }
    Some(network)
}

fn leave_out(Units { units, slopes }: Units<'_>, bytes: &mut [u8], random: &mut impl Rng) {
    random.fill_bytes(bytes);
    let kept = 256.0 / (256.0 - f32::from(LEFT_OUT));
    let (Some(units), Some(slopes)) = (units.as_slice_mut(), slopes.as_slice_mut()) else { return };
    for ((unit, slope), byte) in units.iter_mut().zip(slopes).zip(bytes) {
        let share = kept * f32::from(u8::from(*byte >= LEFT_OUT));
        *unit *= share;
        *slope *= share;
    }
}

/// The rate at a step, as a share of the highest.
fn one_cycle(step: usize, steps: usize) -> f32 {
    let done = (step as f32 + 0.5) / steps as f32;
    let (from, to, at) = if done < RISING_SHARE {
        (FIRST_RATE, 1.0, done / RISING_SHARE)
    } else {
        (1.0, LAST_RATE, (done - RISING_SHARE) / (1.0 - RISING_SHARE))
    };
    to + (from - to) * (1.0 + (PI * at).cos()) / 2.0
}

/// The slopes of the mean pinball loss along the quantiles; answers that are not known count for nothing.
fn pinball_slopes(quantiles: &Array2<f32>, answers: &Array2<f32>, levels: &[f32], slopes: &mut Array2<f32>) {
    let known = answers.iter().filter(|answer| answer.is_finite()).count().max(1);
    let weight = 1.0 / (known * levels.len()) as f32;
    let (Some(slopes), Some(quantiles), Some(answers)) =
        (slopes.as_slice_mut(), quantiles.as_slice(), answers.as_slice())
    else {
        return;
    };
    let targets = slopes.chunks_mut(levels.len()).zip(quantiles.chunks(levels.len())).zip(answers);
    for ((slopes, quantiles), answer) in targets {
        let weight = if answer.is_finite() { weight } else { 0.0 };
        for ((slope, quantile), level) in slopes.iter_mut().zip(quantiles).zip(levels) {
            let is_above = f32::from(u8::from(*quantile > *answer));
            *slope = (is_above - level) * weight;
        }
    }
}

/// Lessons in random order, mixed.
struct Batch<'l> {
    lessons: &'l Lessons,
    mixed: usize,
    /// The rows of each group, by group.
    groups: Vec<Vec<usize>>,
    /// A random order of all rows, used up from its end.
    order: Vec<usize>,
    inputs: Array2<f32>,
    answers: Array2<f32>,
}

impl<'l> Batch<'l> {
    fn of(lessons: &'l Lessons, plan: &Plan) -> Self {
        let mut groups = vec![Vec::new(); 1 + usize::from(u8::MAX)];
        for (row, group) in lessons.groups().iter().enumerate() {
            groups[usize::from(*group)].push(row);
        }
        Self {
            lessons,
            mixed: plan.mixed.min(lessons.width()),
            groups,
            order: Vec::new(),
            inputs: Array2::zeros((plan.batch, lessons.width())),
            answers: Array2::zeros((plan.batch, lessons.targets())),
        }
    }

    fn fill(&mut self, random: &mut impl Rng) {
        let lessons = self.lessons;
        let (width, targets) = (lessons.width().max(1), lessons.targets().max(1));
        let (Some(inputs), Some(answers)) = (self.inputs.as_slice_mut(), self.answers.as_slice_mut()) else { return };
        for (inputs, answers) in inputs.chunks_mut(width).zip(answers.chunks_mut(targets)) {
            if self.order.is_empty() {
                self.order = (0..lessons.len()).collect();
                self.order.shuffle(random);
            }
            let row = self.order.pop().unwrap_or(0);
            let group = &self.groups[usize::from(lessons.groups()[row])];
            let other = group[random.random_range(0..group.len())];
            let (sine, cosine) = random.random_range(0.0..FRAC_PI_4).sin_cos();
            let sign = |random: &mut dyn rand::RngCore| if random.random() { 1.0 } else { -1.0 };
            let (own, added) = (cosine * sign(random), sine * sign(random));
            let mix = |mixed: &mut [f32], one: &[f32], two: &[f32]| {
                mixed
                    .iter_mut()
                    .zip(one.iter().zip(two))
                    .for_each(|(mixed, (one, two))| *mixed = own * one + added * two);
            };
            let (mixed, kept) = inputs.split_at_mut(self.mixed);
            mix(mixed, lessons.inputs(row), lessons.inputs(other));
            kept.copy_from_slice(&lessons.inputs(row)[self.mixed..]);
            mix(answers, lessons.answers(row), lessons.answers(other));
        }
    }
}

/// Adam, for every weight and bias of a network.
struct Adam {
    gradient: [Layer; 3],
    slopes: [Layer; 3],
    squares: [Layer; 3],
    steps: i32,
}

impl Adam {
    fn of(network: &Network) -> Self {
        let zeros = || {
            network.layers.each_ref().map(|layer| Layer {
                weights: Array2::zeros(layer.weights.raw_dim()),
                biases: ndarray::Array1::zeros(layer.biases.raw_dim()),
            })
        };
        Self { gradient: zeros(), slopes: zeros(), squares: zeros(), steps: 0 }
    }

    fn step(&mut self, network: &mut Network, rate: f32) {
        self.steps += 1;
        // Both memories begin with nothing, which is made good for.
        let rate = rate * (1.0 - SQUARE_MEMORY.powi(self.steps)).sqrt() / (1.0 - SLOPE_MEMORY.powi(self.steps));
        let move_one = |value: &mut f32, gradient: &f32, slope: &mut f32, square: &mut f32| {
            *slope += (1.0 - SLOPE_MEMORY) * (gradient - *slope);
            *square += (1.0 - SQUARE_MEMORY) * (gradient * gradient - *square);
            *value -= rate * *slope / (square.sqrt() + LEAST_ROOT);
        };
        let moments = self.slopes.iter_mut().zip(&mut self.squares);
        for ((layer, gradient), (slopes, squares)) in network.layers.iter_mut().zip(&self.gradient).zip(moments) {
            ndarray::Zip::from(&mut layer.weights)
                .and(&gradient.weights)
                .and(&mut slopes.weights)
                .and(&mut squares.weights)
                .for_each(move_one);
            ndarray::Zip::from(&mut layer.biases)
                .and(&gradient.biases)
                .and(&mut slopes.biases)
                .and(&mut squares.biases)
                .for_each(move_one);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Adam, one_cycle, pinball_slopes};
    use crate::{Network, network::Pass};
    use ndarray::Array2;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_rate_rises_and_falls() {
        let rates: Vec<f32> = (0..100).map(|step| one_cycle(step, 100)).collect();
        assert!(rates[0] < 0.05 && rates[99] < 0.001 && rates.iter().all(|rate| (0.0..=1.0).contains(rate)));
        assert!(rates[..30].is_sorted() && rates[30..].is_sorted_by(|one, next| one >= next) && rates[30] > 0.99);
    }

    /// Against the gradient the loss falls as fast as the gradient says.
    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let levels = [0.1, 0.5, 0.9];
        let network = Network::random([4, 16, 2, 3], &mut random);
        let inputs = Array2::from_shape_simple_fn((64, 4), || random.random_range(-1.0..1.0));
        let mut answers = Array2::from_shape_simple_fn((64, 2), || random.random_range(-2.0..2.0));
        answers[[5, 1]] = f32::NAN;
        let loss = |network: &Network| {
            let mut pass = Pass::of(network, 64);
            network.forward(&inputs.view(), &mut pass, |_| {});
            let mut sum = 0.0;
            for (row, answers) in answers.rows().into_iter().enumerate() {
                for (target, answer) in answers.iter().enumerate().filter(|(_, answer)| answer.is_finite()) {
                    for (index, level) in levels.iter().enumerate() {
                        let miss = f64::from(answer - pass.quantiles[[row, target * 3 + index]]);
                        sum += (f64::from(*level) * miss).max((f64::from(*level) - 1.0) * miss);
                    }
                }
            }
            (sum / (127.0 * 3.0), pass)
        };
        let (before, pass) = loss(&network);
        let mut slopes = Array2::zeros(pass.quantiles.raw_dim());
        pinball_slopes(&pass.quantiles, &answers, &levels, &mut slopes);
        let mut adam = Adam::of(&network);
        network.backward(&inputs.view(), &pass, &mut slopes, &mut adam.gradient);
        for moved in 0..3 {
            let (mut stepped, mut squared) = (network.clone(), 0.0);
            let (layer, gradient) = (&mut stepped.layers[moved], &adam.gradient[moved]);
            layer.weights.scaled_add(-0.02, &gradient.weights);
            layer.biases.scaled_add(-0.02, &gradient.biases);
            let all = gradient.weights.iter().chain(&gradient.biases);
            squared += all.map(|slope| f64::from(slope * slope)).sum::<f64>();
            let fallen = (before - loss(&stepped).0) / 0.02;
            assert!((fallen / squared - 1.0).abs() < 0.05, "layer {moved}: {fallen} {squared}");
        }
    }
}
