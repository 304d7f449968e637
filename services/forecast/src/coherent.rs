//! Series of all regions and those of their regions, continued together so that they add up.
//!
//! A series is known by its name, `[SOURCE/]REGION/LANGUAGE/MARKER`: those that differ in nothing but the region are a
//! *family*, if one of them has the region `all`. That is the whole; the others make it up, or the run ends.

use crate::ensembles::Pair;
use crate::error::RequestFault;
use crate::hubverse::Told;
use crate::offline::{PATHS_SEED, Word, has_peak};
use crate::{Request, SeriesFile};
use std::collections::BTreeMap;
use tidemark_domain::series::ALL;
use tidemark_surveillance::History;
use tidemark_surveillance::joint::{DEFAULT_PATHS, Paths};
use tidemark_surveillance::peaks::PeakForecast;
use tidemark_surveillance::reconcile::{Reconciliation, Shares, add_up};

/// A series of the file with its name.
pub(crate) type Series<'a> = (&'a String, &'a History);

/// The series of a file in the order in which they are continued: each by itself or, where they are to be coherent, a
/// whole before its regions.
///
/// # Errors
/// Where sums are asked for: [`RequestFault::NoFamily`], [`RequestFault::NoRegions`], [`RequestFault::NoTotals`],
/// [`RequestFault::Apart`].
pub(crate) fn families<'a>(file: &'a SeriesFile, request: &Request) -> Result<Vec<Vec<Series<'a>>>, RequestFault> {
    let Some(named) = &request.coherent else {
        return Ok(file.series.iter().map(|series| vec![series]).collect());
    };
    let is_asked = |whole: &String| named.is_empty() || named.contains(whole);
    let mut families: Vec<Vec<Series<'_>>> = Vec::new();
    let mut regions: BTreeMap<String, Vec<Series<'_>>> = BTreeMap::new();
    for series in &file.series {
        match whole_of(series.0).filter(|whole| file.series.contains_key(whole) && is_asked(whole)) {
            Some(whole) => regions.entry(whole).or_default().push(series),
            None => families.push(vec![series]),
        }
    }
    if let Some(name) = named.iter().find(|name| !regions.contains_key(*name)) {
        return Err(RequestFault::NoRegions { series: name.clone() });
    }
    if regions.is_empty() {
        return Err(RequestFault::NoFamily);
    }
    for family in &mut families {
        let (name, whole) = family[0];
        let Some(regions) = regions.remove(name) else { continue };
        family.extend(regions);
        if let Some((name, _)) = family.iter().find(|(_, history)| history.totals().iter().all(Option::is_none)) {
            return Err(RequestFault::NoTotals { series: (*name).clone() });
        }
        let histories: Vec<&History> = family[1..].iter().map(|(_, history)| *history).collect();
        add_up(whole, &histories).map_err(|apart| RequestFault::Apart { series: name.clone(), apart })?;
    }
    Ok(families)
}

/// The name of the series of all regions that a region's is a part of.
fn whole_of(name: &str) -> Option<String> {
    let mut parts: Vec<&str> = name.split('/').collect();
    // Region, language and marker; a source may stand before them.
    let region = parts.len().checked_sub(3).filter(|region| *region <= 1)?;
    if parts[region] == ALL {
        return None;
    }
    parts[region] = ALL;
    Some(parts.join("/"))
}

/// What is said of a family from one origin, made to add up, series by series and model by model as it was given: `None`
/// where a model does not speak of all of them. Nothing where not all could be continued, or no day of the weeks before
/// tells the regions' shares.
pub(crate) fn tell(family: &[Pair<'_>], said: &[Vec<Option<Word<'_>>>], request: &Request) -> Vec<Vec<Option<Told>>> {
    let Some(((_, _, origin), regions)) = family.split_first().filter(|_| said.len() == family.len()) else {
        return Vec::new();
    };
    let histories: Vec<&History> = regions.iter().map(|(_, history, _)| *history).collect();
    let Some(shares) = Shares::trailing(&histories, *origin) else { return Vec::new() };
    let mut told: Vec<Vec<Option<Told>>> = vec![Vec::new(); said.len()];
    for model in 0..said.iter().map(Vec::len).min().unwrap_or_default() {
        let of_model: Option<Vec<&Word<'_>>> = said.iter().map(|models| models[model].as_ref()).collect();
        let mut made = of_model.and_then(|said| coherent(&said, &shares, request)).map(Vec::into_iter);
        told.iter_mut().for_each(|told| told.push(made.as_mut().and_then(Iterator::next)));
    }
    told
}

/// One model's forecasts of a whole and then of its regions, made to add up.
fn coherent(said: &[&Word<'_>], shares: &Shares, request: &Request) -> Option<Vec<Told>> {
    let (whole, regions) = said.split_first()?;
    // A series of weeks and one of days have no days in common.
    said.iter().all(|said| said.of.ahead == whole.of.ahead).then_some(())?;
    let quantiles: Vec<&[[f64; 23]]> = regions.iter().map(|region| region.quantiles.as_slice()).collect();
    let reconciliation = Reconciliation::of(shares, &whole.quantiles, &quantiles);
    let draw = |count: usize| -> Option<Vec<Paths>> {
        // Paths of one number follow the misses of one past day in all series of one length. Within it, and where there
        // is no past, they go their own ways: each has its own draws.
        let drawn = (PATHS_SEED..).zip(said).map(|(seed, said)| said.draw(count, seed));
        let drawn: Vec<Paths> = drawn.collect::<Option<_>>()?;
        let (whole, regions) = drawn.split_first()?;
        let (whole, regions) = reconciliation.paths(whole, regions);
        Some(std::iter::once(whole).chain(regions).collect())
    };
    let paths = draw(DEFAULT_PATHS)?;
    let mut samples = if request.samples > 0 { Some(draw(request.samples)?.into_iter()) } else { None };
    let told = |(said, paths): (&&Word<'_>, &Paths)| Told {
        model: said.model,
        origin: said.of.origin,
        ahead: said.of.ahead.clone(),
        quantiles: (0..paths.horizon()).map(|day| paths.quantiles(|path| path[day])).collect(),
        peak: has_peak(said.of, request).then(|| PeakForecast::of(paths, said.of.origin)),
        samples: samples.as_mut().and_then(Iterator::next),
    };
    Some(said.iter().zip(&paths).map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::whole_of;

    #[test]
    fn a_region_is_known_by_the_name_of_its_series() {
        assert_eq!(whole_of("US-CA/en/mh.stress"), Some("all/en/mh.stress".to_owned()));
        assert_eq!(whole_of("bluesky/US-CA/all/mh.stress"), Some("bluesky/all/all/mh.stress".to_owned()));
        for none in ["all/en/mh.stress", "bluesky/all/en/mh.stress", "north", "en/mh.stress", "a/b/c/d/e"] {
            assert_eq!(whole_of(none), None, "{none}");
        }
    }
}
