//! The constructs a simulated person can express, and sets of them.

use serde::{Deserialize, Serialize};

macro_rules! markers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What a text can express. The name is the construct's; a measuring marker has its own
        /// (`lexicon.mh.stress` measures `mh.stress`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Marker {
            $($(#[$doc])* #[serde(rename = $name)] $variant),+
        }

        impl Marker {
            /// Every marker, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The construct's dotted name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

markers! {
    /// Worry, panic, tension without an object.
    Anxiety = "mh.anxiety",
    /// Low mood, emptiness, loss of interest.
    Depression = "mh.depression",
    /// Demands that exceed what one can bear.
    Stress = "mh.stress",
    /// Thoughts of suicide or of hurting oneself.
    SuicideSelfHarm = "mh.suicide_selfharm",
    /// Missing people: loneliness that is not wanted.
    Loneliness = "mh.loneliness",
    /// Joy.
    Joy = "emotion.joy",
    /// Anger.
    Anger = "emotion.anger",
    /// Fear.
    Fear = "emotion.fear",
    /// Sadness.
    Sadness = "emotion.sadness",
}

/// The number of markers.
pub const N_MARKERS: usize = Marker::ALL.len();

impl Marker {
    /// Position in [`Marker::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A set of markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MarkerSet(u16);

impl MarkerSet {
    /// The set without members.
    pub const EMPTY: Self = Self(0);

    /// Adds `marker`.
    pub const fn insert(&mut self, marker: Marker) {
        self.0 |= 1 << marker.index();
    }

    /// Whether `marker` is a member.
    #[must_use]
    pub const fn contains(self, marker: Marker) -> bool {
        self.0 & (1 << marker.index()) != 0
    }

    /// Whether there are no members.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Members of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members, in the order of [`Marker::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Marker> {
        Marker::ALL.iter().copied().filter(move |marker| self.contains(*marker))
    }
}

impl FromIterator<Marker> for MarkerSet {
    fn from_iter<I: IntoIterator<Item = Marker>>(markers: I) -> Self {
        let mut set = Self::EMPTY;
        markers.into_iter().for_each(|marker| set.insert(marker));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::{Marker, MarkerSet};

    #[test]
    fn a_set_gives_back_what_was_put_in() {
        let set: MarkerSet = [Marker::Sadness, Marker::Anxiety, Marker::Sadness].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Marker::Anxiety, Marker::Sadness]);
        assert!(!set.contains(Marker::Joy) && !set.is_empty());
    }

    #[test]
    fn the_serialised_name_is_the_name() {
        for marker in Marker::ALL {
            assert_eq!(serde_json::to_value(marker).expect("a string"), marker.name());
        }
    }
}
