//! Words with letters drawn out, and emoticons with signs drawn out, and the forms they may stand for.

/// Words with two letters of a kind that are others with one: drawn out they are these and not "god", "son" or "pero".
pub(crate) const DOUBLED: &[&str] = &[
    "good", "soon", "too", "off", "coop", "loose", "feed", "hoop", "boot", "root", "shoot", "meet", "noon", "mood",
    "steep", "weed", "bee", "ass", "perro", "carro", "cerro", "barro", "corro",
];

/// Ways an elongated word is squeezed; with up to three long runs, every mix of one and two letters.
pub(crate) const MAX_SQUEEZES: u32 = 8;

/// Three or more of one letter in a row, or two of one sign of an emoticon.
pub(crate) fn is_elongated(norm: &str) -> bool {
    let is_emoticon = is_emoticon(norm);
    let mut previous = '\0';
    let mut run = 1;
    norm.chars().any(|character| {
        run = if character == previous && (is_emoticon || character.is_alphabetic()) { run + 1 } else { 1 };
        previous = character;
        run >= if is_emoticon { 2 } else { 3 }
    })
}

/// Whether a token is an emoticon, an emoji included.
fn is_emoticon(norm: &str) -> bool {
    shows(norm) || norm.strip_prefix('x').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte == b'd'))
}

/// Writes `norm` with each long run cut to two letters, or to one where the run's bit in `plan` is set.
///
/// Answers false when `plan` names more runs than there are.
pub(crate) fn squeeze(norm: &str, plan: u32, out: &mut String) -> bool {
    out.clear();
    let is_emoticon = is_emoticon(norm);
    let mut characters = norm.chars().peekable();
    let mut runs = 0;
    while let Some(character) = characters.next() {
        let mut run = 1;
        while characters.next_if_eq(&character).is_some() {
            run += 1;
        }
        let keep = if (run >= 3 && character.is_alphabetic()) || (run >= 2 && is_emoticon) {
            runs += 1;
            if plan >> (runs - 1).min(2) & 1 == 1 { 1 } else { 2 }
        } else {
            run
        };
        out.extend(std::iter::repeat_n(character, keep));
    }
    plan < 1 << runs.min(3)
}

/// Whether a token is an emoji or an emoticon: it shows what no word before it takes back ("not happy 😭").
pub(crate) fn shows(norm: &str) -> bool {
    norm.chars().next().is_some_and(|first| !first.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{is_elongated, squeeze};

    #[test]
    fn elongations_are_squeezed_to_two_letters_then_to_one() {
        let forms = |word: &str| {
            let mut out = String::new();
            (0..8).map_while(|plan| squeeze(word, plan, &mut out).then(|| out.clone())).collect::<Vec<_>>()
        };
        assert!(is_elongated("soooo") && !is_elongated("soo") && !is_elongated("1000"));
        assert_eq!(forms("soooo"), ["soo", "so"]);
        assert_eq!(forms("haaappyyy"), ["haappyy", "happyy", "haappy", "happy"]);
        assert!(is_elongated(":))))") && !is_elongated("10000"));
        assert_eq!(forms(":))))"), [":))", ":)"]);
        assert_eq!(forms(":dddd"), [":dd", ":d"]);
        assert!(is_elongated(":))") && is_elongated("xdd") && !is_elongated(":)") && !is_elongated("odd"));
    }
}
