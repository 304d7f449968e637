//! Masks whatever in a text leads to a person or away to another page: handles, mentions, addresses, numbers.
//!
//! The tokens are the ones tweet models are trained with (Barbieri et al. 2020, TweetEval): `@user` for people, `http`
//! for addresses. Word lists and tokenisers pass over both. Hashtags and subreddits stay: they name topics.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

pub use tidemark_domain::wording::{LINK_TOKEN, PERSON_TOKEN};

/// Digits that make a telephone number (ITU-T E.164 allows 15; national numbers have 9 or more).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 9..=15;

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("the pattern is a constant and is compiled by the tests")
}

/// Any scheme, `www.`, a name with a path, or a bare name under one of the common top-level domains.
/// Word boundaries are ASCII's: Unicode's would send every text with an accent to the slowest of the regex engines.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)
        [a-z0-9+.\-]* :// \S*
        | (?-u:\b) www\. \S+
        | (?-u:\b) (?:[a-z0-9\-]+\.)+ [a-z]{2,24} / \S*
        | (?-u:\b) (?:[a-z0-9\-]+\.)+ (?:com|org|net|gov|edu|info|io|ly|gl|tv) (?-u:\b)",
    )
});
/// A bare handle of Bluesky, `name.bsky.social`; the host alone is nobody.
static HANDLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)[\w\-]+(?:\.[\w\-]+)*\.bsky\.social(?-u:\b)"));
/// A decentralised identifier, `did:plc:x`, `did:web:x`: what a handle stands for.
static DID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)(^|[^a-z0-9])did:[a-z][a-z0-9]*:[a-z0-9._:%\-]*[a-z0-9_\-]"));
/// A mention (`@x`, `@x@host`), an e-mail address, or anything else that is glued to an at sign.
static PERSON: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\w.+%\-]*(?:[@＠]+\w(?:[\w.\-]*\w)?)+"));
/// `u/x`, `/u/x`.
static REDDITOR: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)(^|[^\w/])(?:/?u/[a-z0-9_\-]+)+"));
/// Digits with at most two separators between neighbours.
static PHONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\+?\(?\d(?:[ .()/\-]{0,2}\d){8,}"));
/// What looks like a telephone number and is a date.
static DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:19|20)\d\d[\-/.]\d{1,2}[\-/.]\d{1,2}\b"));

/// The text with people and addresses masked. Nothing else changes.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    if may_hold_link(text) {
        replace(&mut masked, &LINK, |found| {
            let end = found[0].trim_end_matches(|c: char| ".,;:!?)]}'\"…»”".contains(c)).len();
            // A match of punctuation only would leave itself behind.
            format!("{LINK_TOKEN}{}", if end == 0 { "" } else { &found[0][end..] })
        });
    }
    // Before what stands at an at sign, so that `@name.bsky.social` becomes one token.
    if may_hold_handle(&masked) {
        replace(&mut masked, &HANDLE, |_| PERSON_TOKEN.to_owned());
    }
    if may_hold_did(&masked) {
        replace(&mut masked, &DID, |found| format!("{}{PERSON_TOKEN}", &found[1]));
    }
    if masked.contains(['@', '＠']) {
        replace(&mut masked, &PERSON, |_| PERSON_TOKEN.to_owned());
    }
    if masked.contains("u/") || masked.contains("U/") {
        replace(&mut masked, &REDDITOR, |found| format!("{}{PERSON_TOKEN}", &found[1]));
    }
    if masked.bytes().filter(u8::is_ascii_digit).nth(*PHONE_DIGITS.start() - 1).is_some() {
        mask_phones(&mut masked);
    }
    masked
}

/// Whether there is a scheme, or a full stop between two signs that could be a name's.
fn may_hold_link(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'.', b':', bytes).any(|at| match bytes[at] {
        b':' => bytes[at..].starts_with(b"://"),
        _ => bytes.get(at + 1).is_some_and(|next| !next.is_ascii_whitespace()),
    })
}

/// Whether there is a name's part before the host of Bluesky's handles.
fn may_hold_handle(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'.', bytes)
        .any(|at| bytes.get(at + 1..at + 6).is_some_and(|next| next.eq_ignore_ascii_case(b"bsky.")))
}

/// Whether there is a colon after `did`.
fn may_hold_did(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes).any(|at| at >= 3 && bytes[at - 3..at].eq_ignore_ascii_case(b"did"))
}

fn replace(text: &mut Cow<'_, str>, pattern: &Regex, with: impl Fn(&Captures<'_>) -> String) {
    if let Cow::Owned(replaced) = pattern.replace_all(text, with) {
        *text = Cow::Owned(replaced);
    }
}

fn mask_phones(text: &mut Cow<'_, str>) {
    let glued = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut masked = String::new();
    let mut kept_to = 0;
    for found in PHONE.find_iter(text) {
        let digits = found.as_str().chars().filter(|c| c.is_numeric()).count();
        let inside_a_word =
            glued(text[..found.start()].chars().next_back()) || glued(text[found.end()..].chars().next());
        if PHONE_DIGITS.contains(&digits) && !inside_a_word && !DATE.is_match(found.as_str()) {
            masked.push_str(&text[kept_to..found.start()]);
            masked.push_str(PERSON_TOKEN);
            kept_to = found.end();
        }
    }
    if kept_to > 0 {
        masked.push_str(&text[kept_to..]);
        *text = Cow::Owned(masked);
    }
}

/// What a source's own mark-up says about a stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// It mentions a person.
    Person,
    /// It is a link.
    Link,
}

/// Masks the stretches that the source marks, given in bytes of UTF-8, then everything [`mask`] finds. A stretch that
/// does not lie on character boundaries, or overlaps an earlier one, is passed over: marks are written by clients.
#[must_use]
pub fn mask_spans(text: &str, spans: &[(usize, usize, SpanKind)]) -> String {
    let mut sorted = spans.to_vec();
    sorted.sort_by_key(|(start, end, _)| (*start, *end));
    let mut marked = String::with_capacity(text.len());
    let mut kept_to = 0;
    for (start, end, kind) in sorted {
        if start < kept_to || end <= start || !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            continue;
        }
        marked.push_str(&text[kept_to..start]);
        marked.push_str(match kind {
            SpanKind::Person => PERSON_TOKEN,
            SpanKind::Link => LINK_TOKEN,
        });
        kept_to = end;
    }
    marked.push_str(&text[kept_to..]);
    mask(&marked).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{SpanKind, mask, mask_spans};
    use proptest::prelude::*;
    use regex::Regex;

    #[test]
    fn people_become_one_token() {
        for (text, masked) in [
            ("thanks @Some_One!", "thanks @user!"),
            (".@a and @b.bsky.social, hello", "@user and @user, hello"),
            ("@alice@mastodon.example hi", "@user hi"),
            ("write to jane.doe+x@mail.example.org.", "write to @user."),
            ("ask u/Throw_Away-1 or /u/other", "ask @user or @user"),
            ("(u/x)", "(@user)"),
            ("call 1-800-273-8255 or +54 9 11 2345 6789", "call @user or @user"),
            ("(555) 123-4567", "@user"),
            ("＠wide", "@user"),
            ("ask alice.bsky.social, or Bob-2.Bsky.Social.", "ask @user, or @user."),
            ("(_eve.b.bsky.social)", "(@user)"),
            ("@alice.bsky.social and x@alice.bsky.social", "@user and @user"),
            ("did:plc:abc234xyz.", "@user."),
            ("I am did:web:ana.example.com:u, not did:key:z6Mk", "I am @user, not @user"),
            ("_DID:plc:abc", "@user"),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    #[test]
    fn addresses_become_one_token() {
        for (text, masked) in [
            ("see https://t.co/abc123 now", "see http now"),
            ("[here](http://x.example/a?b=c).", "[here](http)."),
            ("www.example.org/path, yes", "http, yes"),
            ("bit.ly/xyz and example.com", "http and http"),
            ("https://bsky.app/profile/alice.bsky.social now", "http now"),
            ("alice.bsky.social/post", "http"),
            ("at://did:plc:abc/app.bsky.feed.post/1", "http"),
            ("HTTPS://X.EXAMPLE", "http"),
        ] {
            assert_eq!(mask(text), masked, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_stays() {
        for text in [
            "I slept 3.5 hours. No more.",
            "r/depression and #lonely stay",
            "on 2019-03-02 12:34 I was fine",
            "either/or, 24/7, he/she",
            "call 988 @ night",
            "1,000,000,000 times… ok.And then",
            "no duermo, ¿y vos?",
            "see bsky.social",
            "so I did: a lot; it was a candid:ate",
            "alice.bsky.socially",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn marked_stretches_are_masked_by_their_bytes() {
        let text = "héllo Ana, see example…";
        let ana = text.find("Ana").expect("there");
        let link = text.find("example").expect("there");
        let spans = [(link, text.len(), SpanKind::Link), (ana, ana + 3, SpanKind::Person)];
        assert_eq!(mask_spans(text, &spans), "héllo @user, see http");
    }

    #[test]
    fn marks_that_make_no_sense_are_passed_over() {
        let spans =
            [(1, 3, SpanKind::Person), (2, 1, SpanKind::Link), (0, 900, SpanKind::Link), (4, 4, SpanKind::Link)];
        assert_eq!(mask_spans("é Ana", &[spans[1], spans[2], spans[3]]), "é Ana");
        assert_eq!(mask_spans("éé", &[(1, 3, SpanKind::Person)]), "éé");
    }

    proptest! {
        #[test]
        fn no_handle_and_no_address_is_left(
            parts in prop::collection::vec(
                prop_oneof![
                    r"[@＠]{1,2}[\w.\-]{1,6}", r"[a-z.]{0,5}@[a-z.]{1,6}", r"[a-z]{0,6}://[a-z./@]{1,9}",
                    r"www\.[a-z]{1,4}", r"/?[uU]/[a-z@.]{1,4}", r"[+0-9 ()\-]{1,14}", r"\PC{0,4}", Just(" ".to_owned()),
                ],
                0..12,
            )
        ) {
            let text = parts.concat();
            let masked = mask(&text);
            let handle = Regex::new(r"[@＠]\w+").expect("valid");
            for found in handle.find_iter(&masked) {
                prop_assert!(found.as_str().starts_with("@user"), "{:?} in {:?}", found.as_str(), masked);
            }
            let address = Regex::new(r"(?i)://|\bwww\.\w").expect("valid");
            prop_assert!(!address.is_match(&masked), "{:?}", masked);
            let redditor = Regex::new(r"(?i)(^|[^\w/])/?u/[a-z0-9_\-]").expect("valid");
            prop_assert!(!redditor.is_match(&masked), "{:?}", masked);
        }
    }
}
