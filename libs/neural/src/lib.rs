//! A small network that learns quantiles: rows of numbers in, and for each target of a row a rising list of values out.
//!
//! **Reads** [`Lessons`]: rows of inputs, each with the answers that came; an answer that is not known is NaN.
//! **Writes** nothing. **Guarantees** that quantiles never fall, that the same lessons, plan and seed give the same
//! network on the same kind of processor, and that training takes as many steps as [`Plan`] says, however many lessons
//! there are. **Does not** know what the numbers mean, parallelise, or keep networks on a disk: training again is quick.
//!
//! Two hidden layers; the middle quantile and the steps to its neighbours are the outputs
//! ([`network`]); pinball loss and Adam (Kingma and Ba, ICLR 2015) on a one-cycle rate (Smith and Topin, arXiv
//! 1708.07120), with every lesson mixed with another, so that none is learnt by heart ([`training`]).
//!
//! Why not a framework: candle or burn would add some hundred crates and minutes to everybody's first build, for two
//! layers whose gradient fits on a screen and is held against differences in the tests. Nearly all time goes into
//! products of matrices, and those are `ndarray`'s, which the build contains already.

pub mod lessons;
pub mod network;
pub mod training;

pub use lessons::Lessons;
pub use network::Network;
pub use training::{Plan, train};
