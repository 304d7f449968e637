//! A *wording* says whose words a post holds, as far as its own text tells: a repost's are another's, a link alone has
//! none, and posts of one wording are copies of the earliest of them.
//!
//! Two posts have one wording where they differ in nothing but case, punctuation, spaces, emoji, handles and addresses: its
//! letters and digits are compared, in lower case and without the masks. That is what *near-duplicate* means here. A fuzzier
//! likeness (SimHash) would have to be decided pair by pair, and whether a post counts would depend on which others stand
//! between it and the one it is like.

/// Stands for a person in a masked text: a handle, an e-mail address, a telephone number.
pub const PERSON_TOKEN: &str = "@user";
/// Stands for an address on the web in a masked text.
pub const LINK_TOKEN: &str = "http";

/// A text of fewer words is not compared: short texts are alike by chance, and two people who are "so tired of it all today"
/// are two people.
pub const COMPARED_WORDS_MIN: usize = 12;

/// The first sign that is a picture (an arrow, a symbol, an emoji) and no punctuation.
const FIRST_PICTURE: char = '\u{2190}';

const REPOST: &str = "repost";
const LINK: &str = "link";

/// Whose words a post holds. A post of which nothing of this can be said, which most short ones are, is its author's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wording {
    /// Another's: it opens with `RT @handle`.
    Repost,
    /// Nobody's: nothing but masked addresses and handles. A post of emoji says something.
    Link,
    /// The digest of a wording that is long enough to be compared; posts that share it are copies.
    Digest(u64),
}

impl Wording {
    /// What a masked text says. `digest` is asked for the digest of the wording: what outlives the text is keyed, for whoever
    /// holds a plain one can find the text by trying texts.
    #[must_use]
    pub fn of(masked: &str, digest: impl FnOnce(&str) -> u64) -> Option<Self> {
        if opens_as_repost(masked) {
            return Some(Self::Repost);
        }
        let (mut own, mut words) = (String::new(), 0);
        let (mut has_masks, mut says_more) = (false, false);
        for token in masked.split_whitespace() {
            let before = own.len();
            let is_masked = append_own(token, &mut own);
            let has_word = own.len() > before;
            words += usize::from(has_word);
            has_masks |= is_masked;
            says_more |= has_word || has_picture(token) || (!is_masked && may_be_face(token));
        }
        if has_masks && !says_more {
            return Some(Self::Link);
        }
        (words >= COMPARED_WORDS_MIN).then(|| Self::Digest(digest(&own)))
    }

    /// Why a post of this wording never counts: `repost` or `link`. `None` of one that may be a copy.
    #[must_use]
    pub const fn left_out(self) -> Option<&'static str> {
        match self {
            Self::Repost => Some(REPOST),
            Self::Link => Some(LINK),
            Self::Digest(_) => None,
        }
    }

    /// Reads what `Display` writes, which tables and files hold: `repost`, `link`, or a digest's 16 hexadecimal digits.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            REPOST => Some(Self::Repost),
            LINK => Some(Self::Link),
            digits if digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                u64::from_str_radix(digits, 16).ok().map(Self::Digest)
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Wording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Repost => f.write_str(REPOST),
            Self::Link => f.write_str(LINK),
            Self::Digest(digest) => write!(f, "{digest:016x}"),
        }
    }
}

/// Whether a text opens as reposts did before networks had a button for them: `RT @user: …`.
fn opens_as_repost(masked: &str) -> bool {
    let Some((head, rest)) = masked.trim_start().split_at_checked(2) else { return false };
    head.eq_ignore_ascii_case("RT") && rest.trim_start_matches([' ', ':']).starts_with(PERSON_TOKEN)
}

/// Appends a token's own letters and digits, in lower case; whether there was a mask among them, which are nobody's own.
fn append_own(token: &str, own: &mut String) -> bool {
    let mut is_masked = token.contains(PERSON_TOKEN);
    let runs = token.split(PERSON_TOKEN).flat_map(|part| part.split(|sign: char| !sign.is_alphanumeric()));
    for run in runs {
        if run == LINK_TOKEN {
            is_masked = true;
        } else {
            own.extend(run.chars().flat_map(char::to_lowercase));
        }
    }
    is_masked
}

fn has_picture(token: &str) -> bool {
    token.chars().any(|sign| sign >= FIRST_PICTURE && !sign.is_alphanumeric())
}

/// Signs that differ may draw a face, `:(`; one sign, however often, is punctuation.
fn may_be_face(token: &str) -> bool {
    let mut signs = token.chars();
    signs.next().is_some_and(|first| signs.any(|sign| sign != first))
}

#[cfg(test)]
mod tests {
    use super::{COMPARED_WORDS_MIN, Wording};

    const ENGLISH: &str = "I can't sleep, I can't eat, and tomorrow it all starts over again";
    const SPANISH: &str = "No puedo dormir ni comer y mañana empieza todo otra vez, no doy más";

    /// The wording itself in place of its digest.
    fn compared(masked: &str) -> Option<String> {
        let mut own = None;
        let _ = Wording::of(masked, |text| {
            own = Some(text.to_owned());
            0
        });
        own
    }

    fn kind(masked: &str) -> Option<Wording> {
        Wording::of(masked, |_| 7)
    }

    #[test]
    fn near_duplicates_have_one_wording() {
        for (text, others) in [
            (
                ENGLISH,
                [
                    "I CAN’T SLEEP!!! I can't eat... and tomorrow it all starts over again 😭😭",
                    "@user I can't sleep, I can't eat,\nand tomorrow it all starts over again http",
                    "\"I can't sleep, I can't eat, and #tomorrow it all starts over again\" (@user: http)",
                ],
            ),
            (
                SPANISH,
                [
                    "¡NO PUEDO DORMIR ni comer! Y mañana empieza todo otra vez… no doy más 💔",
                    ".@user no puedo dormir ni comer y MAÑANA empieza todo otra vez no doy más http.",
                    "no puedo dormir, ni comer, y mañana empieza todo otra vez: no doy más @user @user",
                ],
            ),
        ] {
            let wording = compared(text);
            assert!(wording.is_some(), "{text}");
            for other in others {
                assert_eq!(compared(other), wording, "{other}");
            }
        }
    }

    #[test]
    fn other_words_and_other_numbers_are_another_wording() {
        for other in [
            "I can't sleep, I can't eat, and today it all starts over again",
            "I can't sleep, I can't eat, and tomorrow it all starts over again honestly",
            "I can't sleep, I can't eat, and tomorrow it all starts over again 2",
        ] {
            assert_ne!(compared(other), compared(ENGLISH), "{other}");
            assert!(compared(other).is_some(), "{other}");
        }
        let accents = SPANISH.replace('ñ', "n");
        assert_ne!(compared(&accents), compared(SPANISH), "letters are compared as they are written");
    }

    #[test]
    fn short_texts_are_not_compared_and_masks_are_no_words() {
        let words = |count: usize| vec!["day"; count].join(" ");
        assert!(compared(&words(COMPARED_WORDS_MIN)).is_some());
        assert_eq!(kind(&words(COMPARED_WORDS_MIN - 1)), None);
        assert_eq!(kind(&format!("{} @user http , 😭 --", words(COMPARED_WORDS_MIN - 1))), None);
        assert_eq!(kind(""), None);
    }

    #[test]
    fn links_alone_say_nothing_and_emoji_do() {
        for link in ["http", "http http", "@user http", "@user @user", " (http). ", "http | http", "@user: … http ..."]
        {
            assert_eq!(kind(link), Some(Wording::Link), "{link}");
        }
        for post in ["😭", "😭😭 http", "@user😭", "@user :(", "http no", "ok", "...", "@users http", "7 http"]
        {
            assert_eq!(kind(post), None, "{post}");
        }
    }

    #[test]
    fn a_repost_is_told_by_its_opening() {
        for repost in ["RT @user: so tired", " rt @user so tired", "RT : @user hi", "RT @user: http"] {
            assert_eq!(kind(repost), Some(Wording::Repost), "{repost}");
        }
        for post in ["RTs are not mine", "so tired RT @user", "R", "é", "RT if you agree @user", "art @user"] {
            assert_eq!(kind(post), None, "{post}");
        }
    }

    #[test]
    fn codes_are_read_back() {
        for wording in [Wording::Repost, Wording::Link, Wording::Digest(0), Wording::Digest(u64::MAX)] {
            assert_eq!(Wording::from_code(&wording.to_string()), Some(wording));
        }
        for other in ["", "link-only", "+00000000000000f", "00000000000000zz", "ff"] {
            assert_eq!(Wording::from_code(other), None, "{other}");
        }
    }
}
