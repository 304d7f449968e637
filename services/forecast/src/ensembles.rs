//! The ensembles of a run: what members are held against, and what they are averaged with.

use crate::{Error, Members, Request, learning::Networks};
use jiff::civil::Date;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tidemark_surveillance::ensemble::{Said, ensemble};
use tidemark_surveillance::scale::LogitScale;
use tidemark_surveillance::{History, Model, forecast};

/// A series with its name, and a day from which it is continued.
pub(crate) type Pair<'a> = (&'a String, &'a History, Date);

/// Members, and what `tidemark` itself said on the days on which they are scored.
#[derive(Debug)]
pub(crate) struct Ensembles<'a> {
    members: &'a Members,
    request: &'a Request,
    /// Our quantiles by series and origin; `None` where too little was known then.
    ours: BTreeMap<(String, Date), Option<Vec<[f64; 23]>>>,
}

impl<'a> Ensembles<'a> {
    pub(crate) fn new(members: &'a Members, request: &'a Request) -> Self {
        Self { members, request, ours: BTreeMap::new() }
    }

    /// Earlier origins that are looked back at from `origin`.
    pub(crate) fn looked_back_at(&self, series: &str, origin: Date) -> BTreeSet<Date> {
        self.members.scored_origins(series, origin, self.request.horizon_days)
    }

    /// Makes what is looked back at from `pairs` and not at hand yet, as it would have been made then, on every core.
    /// `made` are our forecasts of those pairs themselves, which later ones look back at.
    ///
    /// Pairs come series by series: what is at hand of series before the last one is let go.
    pub(crate) fn look_back(
        &mut self,
        pairs: &[Pair<'_>],
        made: impl Iterator<Item = (String, Date, Vec<[f64; 23]>)>,
        networks: &Networks,
        go_on: impl Fn() -> Result<(), Error> + Sync,
    ) -> Result<(), Error> {
        let series: BTreeSet<&str> = pairs.iter().map(|(name, ..)| name.as_str()).collect();
        self.ours.retain(|(name, _), _| series.contains(name.as_str()));
        self.ours.extend(made.map(|(name, origin, quantiles)| ((name, origin), Some(quantiles))));
        let mut lacking: BTreeMap<(String, Date), &History> = BTreeMap::new();
        for (name, history, origin) in pairs {
            for earlier in self.looked_back_at(name, *origin) {
                let key = ((*name).clone(), earlier);
                if !self.ours.contains_key(&key) {
                    lacking.insert(key, *history);
                }
            }
        }
        let request = self.request;
        let made: Vec<_> = lacking
            .into_iter()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|((name, origin), history)| {
                go_on()?;
                let ours = recommended(history, origin, request, networks);
                Ok(((name, origin), ours))
            })
            .collect::<Result<_, Error>>()?;
        self.ours.extend(made);
        Ok(())
    }

    /// The quantiles of the ensemble, by what is `known` of a series at the origin and what `tidemark` says there; and
    /// whether a member speaks in it.
    pub(crate) fn of(&self, series: &str, known: &History, origin: Date, ours: &[[f64; 23]]) -> (Vec<[f64; 23]>, bool) {
        let scale = LogitScale::of(known);
        let said = |origin: Date, ours: &[[f64; 23]]| Said {
            origin,
            ours: ours.to_vec(),
            others: self.members.said(series, origin, self.request.horizon_days, scale),
        };
        let past = |earlier: Date| {
            let ours = self.ours.get(&(series.to_owned(), earlier))?.as_deref()?;
            Some(said(earlier, ours))
        };
        let pasts: Vec<Said> = self.looked_back_at(series, origin).into_iter().filter_map(past).collect();
        let now = said(origin, ours);
        (ensemble(known, &now, &pasts), !now.others.is_empty())
    }
}

/// What `tidemark` says from an origin, of a series whose later days it does not see.
fn recommended(history: &History, origin: Date, request: &Request, networks: &Networks) -> Option<Vec<[f64; 23]>> {
    let known = history.known_at(origin, request.history_days)?;
    let horizon = usize::from(request.horizon_days);
    let answers = forecast(&known, horizon, &[Model::Tidemark], networks.at(origin)).ok()?;
    Some(answers.into_iter().next()?.ok()?.quantiles)
}
