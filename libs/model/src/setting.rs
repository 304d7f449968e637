//! What makes scores and labels of a head's logits in one language: calibration, thresholds, and when it abstains.

use serde::{Deserialize, Serialize};
use tidemark_domain::Language;

use crate::{HeadKind, ManifestFault};

/// Calibration, thresholds and abstention of a head in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageSetting {
    /// The language.
    pub language: Language,
    /// As [`Head::thresholds`](crate::Head::thresholds).
    pub thresholds: Vec<f32>,
    /// As [`Head::scale`](crate::Head::scale).
    pub scale: f32,
    /// As [`Head::shift`](crate::Head::shift).
    pub shift: Vec<f32>,
    /// As [`Head::abstain`](crate::Head::abstain).
    #[serde(default)]
    pub abstain: Option<[f32; 2]>,
    /// As [`Head::abstain_below`](crate::Head::abstain_below).
    #[serde(default)]
    pub abstain_below: Option<f32>,
}

impl LanguageSetting {
    pub(crate) fn setting(&self) -> Setting<'_> {
        let Self { thresholds, scale, shift, abstain, abstain_below, .. } = self;
        Setting { thresholds, scale: *scale, shift, abstain: *abstain, abstain_below: *abstain_below }
    }
}

/// The settings of a head, whether they are of one language or of all others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) thresholds: &'a [f32],
    pub(crate) scale: f32,
    pub(crate) shift: &'a [f32],
    pub(crate) abstain: Option<[f32; 2]>,
    pub(crate) abstain_below: Option<f32>,
}

impl Setting<'_> {
    /// Whether these probabilities leave the label undecided; of a binary head there is one.
    pub(crate) fn abstains(self, scores: &[f32]) -> bool {
        let highest = scores.iter().copied().fold(0.0, f32::max);
        self.abstain.is_some_and(|[low, high]| (low..=high).contains(&highest))
            || self.abstain_below.is_some_and(|least| highest < least)
    }

    /// Whether its lists and bands fit a head of a kind with so many scores.
    pub(crate) fn check(self, marker: &str, kind: HeadKind, scores: usize) -> Result<(), ManifestFault> {
        let Self { thresholds, scale, shift, abstain, abstain_below } = self;
        let decisions = if kind == HeadKind::Regression { 0 } else { scores };
        check_length(marker, "thresholds", decisions, thresholds.len())?;
        check_length(marker, "shift", scores, shift.len())?;
        let check_value = |list, is_good| {
            if is_good { Ok(()) } else { Err(ManifestFault::Value { marker: marker.to_owned(), list }) }
        };
        // Of a multiclass head a threshold divides; elsewhere it is a probability, and above 1 nothing would ever hold.
        let most = if kind == HeadKind::Multiclass { f32::MAX } else { 1.0 };
        check_value("thresholds", thresholds.iter().all(|t| *t > 0.0 && *t <= most))?;
        check_value("scale", scale > 0.0 && scale.is_finite())?;
        check_value("shift", shift.iter().all(|s| s.is_finite()))?;
        let is_band = match (kind, abstain, abstain_below) {
            (_, None, None) => true,
            (HeadKind::Binary, Some([low, high]), None) => {
                low >= 0.0 && high <= 1.0 && (low..=high).contains(&thresholds[0])
            }
            (HeadKind::Multiclass, None, Some(least)) => (0.0..=1.0).contains(&least),
            _ => false,
        };
        if is_band { Ok(()) } else { Err(ManifestFault::Abstention { marker: marker.to_owned() }) }
    }
}

/// Whether a list of a head is as long as its labels ask for.
pub(crate) fn check_length(
    marker: &str,
    list: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), ManifestFault> {
    if expected == found {
        Ok(())
    } else {
        Err(ManifestFault::Length { marker: marker.to_owned(), list, expected, found })
    }
}

#[cfg(test)]
mod tests {
    use super::Setting;
    use crate::{HeadKind, ManifestFault};

    const BINARY: Setting<'static> =
        Setting { thresholds: &[0.6], scale: 1.0, shift: &[0.0], abstain: None, abstain_below: None };
    const PAIR: Setting<'static> = Setting { thresholds: &[0.5, 0.5], shift: &[0.0, 0.0], ..BINARY };

    fn is_refused(kind: HeadKind, setting: Setting<'_>) -> bool {
        let scores = setting.shift.len();
        matches!(setting.check("test.marker", kind, scores), Err(ManifestFault::Abstention { .. }))
    }

    #[test]
    fn bands_that_do_not_fit_are_refused() {
        let band = |abstain| Setting { abstain: Some(abstain), ..BINARY };
        for unfit in [[0.7, 0.9], [0.1, 0.5], [-0.1, 0.9], [0.1, 1.1], [0.9, 0.1], [f32::NAN, 0.9], [0.1, f32::NAN]] {
            assert!(is_refused(HeadKind::Binary, band(unfit)), "{unfit:?}");
        }
        assert_eq!(band([0.6, 0.6]).check("test.marker", HeadKind::Binary, 1), Ok(()));
        assert!(is_refused(HeadKind::Binary, Setting { abstain_below: Some(0.5), ..BINARY }));
        for kind in [HeadKind::Multilabel, HeadKind::Multiclass] {
            assert!(is_refused(kind, Setting { abstain: Some([0.1, 0.9]), ..PAIR }));
        }
        let below = |least| Setting { abstain_below: Some(least), ..PAIR };
        assert!(is_refused(HeadKind::Multilabel, below(0.5)) && is_refused(HeadKind::Multiclass, below(1.5)));
        assert!(is_refused(HeadKind::Regression, Setting { thresholds: &[], ..below(0.5) }));
        assert_eq!(below(0.5).check("test.marker", HeadKind::Multiclass, 2), Ok(()));
    }

    #[test]
    fn what_lies_in_the_band_is_undecided() {
        let undecided = |score: f32| Setting { abstain: Some([0.5, 0.75]), ..BINARY }.abstains(&[score]);
        assert_eq!([0.49, 0.5, 0.6, 0.75, 0.76].map(undecided), [false, true, true, true, false]);
        let below = Setting { abstain_below: Some(0.6), ..PAIR };
        assert!(below.abstains(&[0.45, 0.55]) && !below.abstains(&[0.4, 0.6]));
        assert!(!BINARY.abstains(&[0.6]) && !PAIR.abstains(&[0.5, 0.5]));
    }
}
