//! What the prevalence would be if the marker made no errors.
//!
//! Rogan and Gladen's estimator (*American Journal of Epidemiology* 107, 1978):
//! `P_adj = (P + Sp − 1) / (Se + Sp − 1)`, cut to `[0, 1]`. Sensitivity `Se` and specificity `Sp` were each counted in a
//! validation sample, and their uncertainty belongs in the interval: the closed form of Zs. Lang and J. Reiczigel
//! (*Preventive Veterinary Medicine* 113, 2014), whose coverage stays near 95 % in small samples. Where both are known
//! exactly, the bounds of Wilson's interval are adjusted instead (J. Reiczigel, J. Földi and L. Ózsvári, *Epidemiology
//! and Infection* 138, 2010), so that a perfect test changes nothing.
//!
//! A marker no better than chance has `Se + Sp = 1`, and the estimator divides by zero: [`Accuracy::new`] refuses what
//! may be that bad.
//!
//! Sensitivity and specificity are those of the *unit counted*. A marker validated post by post has other ones for
//! people, who are positive when any of several posts is: [`Accuracy::of_authors`] carries them over.

use super::{Error, Estimate, share, whole};
use tidemark_domain::{Proportion, prevalence::Z_95};

/// The least lower 95 % bound of Youden's index `Se + Sp − 1` that is adjusted with: at 0.1 an error of one point in
/// `P` is already ten points in `P_adj`.
pub const LEAST_YOUDEN: f64 = 0.1;
/// Lang and Reiczigel add one success and one failure to each validation sample.
const ADDED: f64 = 2.0;

/// Posts per person beyond which [`Accuracy::of_people`] tells no difference: whoever writes as many shows any marker.
const MOST_POSTS: usize = 10_000;

/// How often the marker is right about one kind of people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Known without error, by design or by assumption.
    Known(f64),
    /// Seen in a validation sample of `n`, which need not be whole.
    Measured {
        /// Share of the sample that was answered rightly.
        value: f64,
        /// Size of the sample.
        n: f64,
    },
}

impl Rate {
    /// `k` right of `n` in a validation sample.
    ///
    /// # Errors
    /// [`Error::MoreThanAll`], or [`Error::NotACount`] for an empty sample.
    pub fn measured(right: Proportion) -> Result<Self, Error> {
        whole(right)?;
        let empty = Error::NotACount { what: "size of the validation sample", value: 0.0 };
        right.value().map(|value| Self::Measured { value, n: right.n as f64 }).ok_or(empty)
    }

    const fn value(self) -> f64 {
        match self {
            Self::Known(value) | Self::Measured { value, .. } => value,
        }
    }

    /// Lang and Reiczigel's shrunken rate and its variance.
    fn shrunken(self) -> (f64, f64) {
        match self {
            Self::Known(value) => (value, 0.0),
            Self::Measured { value, n } => {
                let shrunken = (value * n + ADDED / 2.0) / (n + ADDED);
                (shrunken, shrunken * (1.0 - shrunken) / (n + ADDED))
            }
        }
    }

    fn check(self, what: &'static str) -> Result<(), Error> {
        share(what, self.value())?;
        match self {
            Self::Measured { n, .. } if !(n.is_finite() && n > 0.0) => Err(Error::NotACount { what, value: n }),
            _ => Ok(()),
        }
    }
}

/// Sensitivity and specificity of one marker in one language, known to be worth adjusting with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    sensitivity: Rate,
    specificity: Rate,
}

impl Accuracy {
    /// A test that makes no errors.
    pub const PERFECT: Self = Self { sensitivity: Rate::Known(1.0), specificity: Rate::Known(1.0) };

    /// Takes both rates where they are rates, and the marker is clearly better than chance.
    ///
    /// # Errors
    /// [`Error::Uninformative`] where the lower 95 % bound of Youden's index is below [`LEAST_YOUDEN`];
    /// [`Error::NotAShare`] and [`Error::NotACount`] for what is no rate.
    pub fn new(sensitivity: Rate, specificity: Rate) -> Result<Self, Error> {
        sensitivity.check("sensitivity")?;
        specificity.check("specificity")?;
        let ((se, se_variance), (sp, sp_variance)) = (sensitivity.shrunken(), specificity.shrunken());
        let lower = se + sp - 1.0 - Z_95 * (se_variance + sp_variance).sqrt();
        if lower < LEAST_YOUDEN {
            let youden = sensitivity.value() + specificity.value() - 1.0;
            return Err(Error::Uninformative { youden, lower, least: LEAST_YOUDEN });
        }
        Ok(Self { sensitivity, specificity })
    }

    /// Share of those with the marker who are found.
    #[must_use]
    pub const fn sensitivity(&self) -> f64 {
        self.sensitivity.value()
    }

    /// Share of those without it who are left alone.
    #[must_use]
    pub const fn specificity(&self) -> f64 {
        self.specificity.value()
    }

    /// Youden's index, `Se + Sp − 1`.
    #[must_use]
    pub const fn youden(&self) -> f64 {
        self.sensitivity() + self.specificity() - 1.0
    }

    /// The accuracy about people who are positive when any of their posts is, from the accuracy about single posts.
    ///
    /// `posts_per_author[i]` is how many people have `i + 1` posts in the period (after the cap). `repeat` is the share
    /// of an expressing person's further posts that express it too. Errors are taken to fall on posts independently:
    /// `Sp_A = Σ f_m Sp^m` and `Se_A = 1 − Σ f_m (1 − Se) q^(m − 1)` with `q = (1 − repeat) Sp + repeat (1 − Se)`, which is
    /// a post that is not flagged. The validation samples' uncertainty is carried over by the delta method. With one
    /// post each, nothing changes.
    ///
    /// # Errors
    /// Those of [`Accuracy::new`]; [`Error::NotACount`] where there is nobody.
    pub fn of_authors(self, posts_per_author: &[u64], repeat: f64) -> Result<Self, Error> {
        share("share of an expressing author's further posts that express it too", repeat)?;
        let people: u64 = posts_per_author.iter().sum();
        if people == 0 {
            return Err(Error::NotACount { what: "number of people", value: 0.0 });
        }
        let counted = |se: f64, sp: f64| {
            let quiet = (1.0 - repeat) * sp + repeat * (1.0 - se);
            let mut of = OfAuthors::default();
            for (further, count) in (0_i32..).zip(posts_per_author) {
                let share = *count as f64 / people as f64;
                let (m, miss) = (f64::from(further), quiet.powi(further));
                // The derivative of quiet^further by `quiet`; with no further post there is none.
                let slope = if further == 0 { 0.0 } else { m * quiet.powi(further - 1) };
                of.specificity += share * sp.powi(further + 1);
                of.specificity_by_sp += share * (m + 1.0) * sp.powi(further);
                of.missed += share * (1.0 - se) * miss;
                of.sensitivity_by_se += share * (miss + (1.0 - se) * slope * repeat);
                of.sensitivity_by_sp -= share * (1.0 - se) * slope * (1.0 - repeat);
            }
            of
        };
        let ((se, se_variance), (sp, sp_variance)) = (self.sensitivity.shrunken(), self.specificity.shrunken());
        let (plain, shrunken) = (counted(self.sensitivity(), self.specificity()), counted(se, sp));
        let variance =
            shrunken.sensitivity_by_se.powi(2) * se_variance + shrunken.sensitivity_by_sp.powi(2) * sp_variance;
        let sensitivity = rate(1.0 - plain.missed, 1.0 - shrunken.missed, variance);
        let variance = shrunken.specificity_by_sp.powi(2) * sp_variance;
        Self::new(sensitivity, rate(plain.specificity, shrunken.specificity, variance))
    }

    /// [`Accuracy::of_authors`] where no more is known than how many people wrote how many posts: they are spread as evenly
    /// as can be, with which false alarms are at their most. Of people with one post each the marker is right as often as of
    /// posts.
    ///
    /// # Errors
    /// Those of [`Accuracy::of_authors`].
    pub fn of_people(self, people: u64, posts: u64, repeat: f64) -> Result<Self, Error> {
        if people == 0 || posts <= people {
            return Ok(self);
        }
        let (each, more) = (posts / people, posts % people);
        let mut posts_per_author = vec![0; usize::try_from(each).unwrap_or(MOST_POSTS).min(MOST_POSTS) + 1];
        if let [.., fewer, further] = posts_per_author.as_mut_slice() {
            (*fewer, *further) = (people - more, more);
        }
        self.of_authors(&posts_per_author, repeat)
    }

    /// The prevalence without the marker's errors, from the prevalence observed and the people it stands on: of
    /// independent people, or fewer effective ones under weights and clusters.
    #[must_use]
    pub fn adjust(&self, observed: &Estimate) -> Estimate {
        let (youden, false_positives) = (self.youden(), 1.0 - self.specificity());
        let rogan_gladen = |p: f64| ((p - false_positives) / youden).clamp(0.0, 1.0);
        let value = rogan_gladen(observed.value);
        let (lower, upper) = match (self.sensitivity, self.specificity) {
            (Rate::Known(_), Rate::Known(_)) => (rogan_gladen(observed.lower), rogan_gladen(observed.upper)),
            _ => self.lang_reiczigel(observed),
        };
        // The shifted interval can miss a value that was cut at a wall.
        Estimate { value, lower: lower.min(value), upper: upper.max(value), effective_n: observed.effective_n }
    }

    /// Lang and Reiczigel 2014, section 2: Wald's interval of shrunken rates, shifted by `dp`.
    fn lang_reiczigel(&self, observed: &Estimate) -> (f64, f64) {
        let (z2, n) = (Z_95 * Z_95, observed.effective_n);
        let p = (observed.value * n + z2 / 2.0) / (n + z2);
        let ((se, se_variance), (sp, sp_variance)) = (self.sensitivity.shrunken(), self.specificity.shrunken());
        let youden = se + sp - 1.0;
        let adjusted = (p + sp - 1.0) / youden;
        let variance =
            p * (1.0 - p) / (n + z2) + adjusted.powi(2) * se_variance + (1.0 - adjusted).powi(2) * sp_variance;
        let half = Z_95 * variance.sqrt() / youden;
        let dp = 2.0 * z2 * (adjusted * se_variance - (1.0 - adjusted) * sp_variance);
        ((adjusted + dp - half).clamp(0.0, 1.0), (adjusted + dp + half).clamp(0.0, 1.0))
    }
}

/// Rates about people, and how they follow those about posts.
#[derive(Default)]
struct OfAuthors {
    missed: f64,
    sensitivity_by_se: f64,
    sensitivity_by_sp: f64,
    specificity: f64,
    specificity_by_sp: f64,
}

/// A rate whose shrunken form has this variance: the sample size follows from `p (1 − p) / (n + 2)`.
fn rate(value: f64, shrunken: f64, variance: f64) -> Rate {
    let value = value.clamp(0.0, 1.0);
    if variance > 0.0 {
        let n = shrunken * (1.0 - shrunken) / variance - ADDED;
        return Rate::Measured { value, n: n.max(1.0) };
    }
    Rate::Known(value)
}

#[cfg(test)]
mod tests {
    use super::{Accuracy, Rate};
    use crate::prevalence::{Error, Estimate};
    use tidemark_domain::Proportion;

    fn measured(se: (u64, u64), sp: (u64, u64)) -> Result<Accuracy, Error> {
        let rate = |(k, n)| Rate::measured(Proportion { k, n });
        Accuracy::new(rate(se)?, rate(sp)?)
    }

    #[test]
    fn the_interval_is_lang_and_reiczigels() {
        // By hand, from the paper's formulas: 27 of 650 positive, Se 50 of 100, Sp 199 of 200.
        let observed = Estimate::of(Proportion { k: 27, n: 650 }).expect("consistent").expect("somebody");
        let adjusted = measured((50, 100), (199, 200)).expect("informative").adjust(&observed);
        assert!((adjusted.value - (27.0 / 650.0 - 0.005) / 0.495).abs() < 1e-12);
        assert!((adjusted.lower - 0.027_46).abs() < 5e-6 && (adjusted.upper - 0.114_583).abs() < 5e-6, "{adjusted:?}");
    }

    #[test]
    fn fewer_positives_than_errors_alone_would_give_is_zero() {
        let observed = Estimate::of(Proportion { k: 1, n: 200 }).expect("consistent").expect("somebody");
        let adjusted = measured((450, 500), (480, 500)).expect("informative").adjust(&observed);
        assert_eq!((adjusted.value, adjusted.lower), (0.0, 0.0));
        assert!(adjusted.upper < 0.05);
    }

    #[test]
    fn a_marker_near_chance_is_refused() {
        assert!(matches!(measured((50, 100), (50, 100)), Err(Error::Uninformative { .. })));
        // 0.2 in so small a sample may be 0.
        assert!(matches!(measured((6, 10), (6, 10)), Err(Error::Uninformative { lower, .. }) if lower < 0.1));
        assert!(matches!(Accuracy::new(Rate::Known(0.3), Rate::Known(0.6)), Err(Error::Uninformative { .. })));
        assert!(matches!(measured((0, 0), (9, 10)), Err(Error::NotACount { .. })));
        assert!(matches!(Accuracy::new(Rate::Known(f64::NAN), Rate::Known(1.0)), Err(Error::NotAShare { .. })));
    }

    #[test]
    fn people_with_more_posts_are_flagged_more_often() {
        let posts = measured((900, 1000), (1900, 2000)).expect("informative");
        let same = posts.of_authors(&[70], 0.3).expect("informative");
        assert!((same.sensitivity() - 0.9).abs() < 1e-12 && (same.specificity() - 0.95).abs() < 1e-12);
        let people = posts.of_authors(&[0, 0, 10], 0.3).expect("informative");
        let quiet = 0.7 * 0.95 + 0.3 * 0.1;
        assert!((people.specificity() - 0.95_f64.powi(3)).abs() < 1e-12);
        assert!((people.sensitivity() - (1.0 - 0.1 * quiet * quiet)).abs() < 1e-12);
        let known = Accuracy::new(Rate::Known(0.9), Rate::Known(0.95)).expect("informative");
        assert!(matches!(known.of_authors(&[3, 2], 0.3), Ok(Accuracy { specificity: Rate::Known(_), .. })));
        assert!(posts.of_authors(&[0, 0], 0.3).is_err() && posts.of_authors(&[1], f64::NAN).is_err());
    }

    #[test]
    fn posts_of_unknown_authors_are_spread_evenly() {
        let posts = measured((900, 1000), (1900, 2000)).expect("informative");
        assert_eq!(posts.of_people(10, 10, 0.3), Ok(posts));
        assert_eq!(posts.of_people(10, 25, 0.3), posts.of_authors(&[0, 5, 5], 0.3));
        assert_eq!(posts.of_people(10, 13, 0.0), posts.of_authors(&[7, 3], 0.0));
        assert_eq!(posts.of_people(0, 0, 0.3), Ok(posts));
        // Who writes a thousand posts shows the marker by a false alarm if by nothing else.
        assert!(matches!(posts.of_people(1, 1000, 0.3), Err(Error::Uninformative { .. })));
        assert!(posts.of_people(1, u64::MAX, 0.3).is_err());
    }
}
