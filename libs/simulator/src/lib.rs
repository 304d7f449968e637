//! A population with known truth, as posts in English and Spanish.
//!
//! **Reads** a [`Scenario`]: seed, people, places, how often each [`Marker`] is present, and what is planted (surges,
//! outages, bots, edits, deletions, ages that bias who posts). **Writes** post events in time order ([`Simulation::posts`], [`files`]), the
//! truth about them ([`Simulation::truth`]) and about those who do not post ([`Simulation::population_truth`]), and live
//! posts on request ([`Live`]). **Guarantees** that the same
//! scenario gives the same bytes; that the truth is what a perfect reader of the remaining texts would count; and that
//! memory holds about one day. All texts come from a template grammar written for this project. **Does not** open
//! files, read a clock, or know the dictionaries and models that measure its posts.
//!
//! ```
//! use tidemark_simulator::{Scenario, Simulation};
//!
//! let simulation = Simulation::new(Scenario::default_for(7, 3, 50.0))?;
//! let posts = simulation.posts().count();
//! assert!((100..200).contains(&posts));
//! # Ok::<(), tidemark_simulator::Error>(())
//! ```

mod curve;
mod draw;
mod error;
pub mod files;
mod grammar;
mod live;
mod marker;
mod people;
mod plan;
mod population;
mod post;
mod reader;
pub mod scenario;
mod simulation;
mod stream;
mod template;
mod truth;

pub use error::{Error, Fault};
pub use live::{Live, MAX_POSTS_PER_CALL};
pub use marker::{Marker, MarkerSet, N_MARKERS};
pub use people::Resident;
pub use post::{Event, SimulatedPost};
pub use reader::Reader;
pub use scenario::Scenario;
pub use simulation::Simulation;
pub use stream::Posts;
pub use truth::{PlantedEvent, TruthRow};
