//! The network that ships, for panels that cannot teach one of their own, and how it is written and read.
//!
//! It learnt from 75 daily series of emotions on Twitter (15 countries, 2013 to 2018; aggregated shares, no posts), and
//! knows no day after its last: it serves origins after that day alone, so that back-tests stay honest.
//! `cargo build --workspace --example teach`, then `target/debug/examples/teach shipped.bin < SERIES.csv` makes it anew.
//!
//! The file: the last day it knows (days since 1970-01-01, `i32`), how many members (`u32`), then `f32`: what comes again
//! on each of 366 dates, and each member's numbers. All little-endian.

use super::{HIDDEN, HORIZON_DAYS, INPUTS, Member, Network};
use crate::{
    recurring::{DATES, RecurringDays},
    series::days_between,
};
use jiff::{ToSpan, civil::Date};
use std::sync::LazyLock;
use tidemark_domain::forecast::QUANTILE_LEVELS;

const EPOCH: Date = Date::constant(1970, 1, 1);
const SHAPE: [usize; 4] = [INPUTS, HIDDEN, HORIZON_DAYS, QUANTILE_LEVELS.len()];

/// The last day that the shipped network knows, and the network; `None` of a file that is no network.
static SHIPPED: LazyLock<Option<(Date, Network)>> = LazyLock::new(|| read(include_bytes!("shipped.bin")));

/// The network that ships, for origins after the last day it knows.
#[must_use]
pub fn shipped(origin: Date) -> Option<&'static Network> {
    SHIPPED.as_ref().filter(|(until, _)| *until < origin).map(|(_, network)| network)
}

/// The bytes of a network that knows the days up to `until`, as they ship.
#[must_use]
pub fn shipping(network: &Network, until: Date) -> Vec<u8> {
    let days = i32::try_from(days_between(EPOCH, until)).unwrap_or(i32::MAX);
    let members = u32::try_from(network.members.len()).unwrap_or(0);
    let recurring = network.recurring.kept().iter().map(|kept| *kept as f32);
    let numbers = recurring.chain(network.members.iter().flat_map(|Member(member)| member.numbers()));
    let head = days.to_le_bytes().into_iter().chain(members.to_le_bytes());
    head.chain(numbers.flat_map(f32::to_le_bytes)).collect()
}

fn read(bytes: &[u8]) -> Option<(Date, Network)> {
    let (days, rest) = bytes.split_first_chunk::<4>()?;
    let (members, rest) = rest.split_first_chunk::<4>()?;
    let until = EPOCH.checked_add(i64::from(i32::from_le_bytes(*days)).days()).ok()?;
    let members = usize::try_from(u32::from_le_bytes(*members)).ok().filter(|members| *members > 0)?;
    let numbers: Vec<f32> = rest.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
    let (kept, numbers) = numbers.split_at_checked(DATES)?;
    let recurring = RecurringDays::of(kept.iter().copied().map(f64::from).collect())?;
    let each = numbers.len() / members;
    let member = |numbers| tidemark_neural::Network::of_numbers(SHAPE, numbers).map(Member);
    let members = numbers.chunks(each.max(1)).map(member).collect::<Option<Vec<_>>>()?;
    Some((until, Network { members, recurring, is_own: false }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{SHIPPED, read, shipped, shipping};
    use jiff::civil::date;

    #[test]
    fn what_ships_is_read_and_serves_later_days_alone() {
        let (until, network) = SHIPPED.as_ref().unwrap();
        assert_eq!(shipping(network, *until), include_bytes!("shipped.bin"));
        assert_eq!(shipped(*until), None);
        assert_eq!(shipped(until.tomorrow().unwrap()), Some(network));
        assert!(network.recurring().kept()[365 - 6] > 0.5, "Christmas comes again");
        assert_eq!(network.members.len(), 2);
    }

    #[test]
    fn what_is_no_network_is_none() {
        let bytes = include_bytes!("shipped.bin");
        assert_eq!(read(&bytes[..bytes.len() - 4]), None);
        assert_eq!(read(&bytes[..6]), None);
        let (until, network) = SHIPPED.as_ref().unwrap();
        assert!(*until > date(2018, 1, 1) && read(&shipping(network, *until)).is_some());
    }
}
