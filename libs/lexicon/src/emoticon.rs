//! Emoticons: a closed list, because `:` and `)` are ordinary punctuation everywhere else.

/// Western and kaomoji-like emoticons, as written. Compared without regard to case.
const EMOTICONS: &[&str] = &[
    ":)", ":-)", ":]", "=)", "(:", ":))", ":)))", ":d", ":-d", "=d", "xd", ":p", ":-p", ";)", ";-)", ";p", ":')", "^^",
    "^_^", "<3", "<33", "<333", ":*", ":-*", ":3", ":(", ":-(", ":[", "=(", "):", ":((", ":(((", ":'(", ":'-(", ";(",
    ":c", "d:", ":/", ":-/", ":\\", ":-\\", ":|", ":-|", ":s", ":-s", "</3", "t_t", "t.t", ";_;", "q_q", "-_-", ">:(",
    ">:[", ">_<", "o_o", "o.o", "0_o", ":o", ":-o", ":0", "u_u", "n_n", ":v",
];

/// The longest emoticon, in bytes.
const MAX_BYTES: usize = 5;

/// Whether the whole of `chunk` is an emoticon.
pub(crate) fn is_emoticon(chunk: &str) -> bool {
    chunk.len() <= MAX_BYTES && EMOTICONS.iter().any(|emoticon| chunk.eq_ignore_ascii_case(emoticon))
}

/// What stands before an emoticon inside a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Before {
    /// A word ends there.
    pub(crate) is_word: bool,
    /// A parenthesis was opened on the line and has not been closed.
    pub(crate) is_open: bool,
}

/// Bytes of the emoticon at the start of `rest`, which stands inside a longer chunk (`sad:(`, `:):)`).
///
/// One that begins with a letter counts only as a whole chunk, and one that ends in a letter or digit only where no
/// word touches it, so that `10:30` and `note:do` stay words. Parentheses are punctuation first: one that begins with
/// `)` counts only where there is nothing to close (`(like this): so`), one that ends in `(` or `[` only where no word
/// follows (`note:(optional)`).
pub(crate) fn at_start(rest: &str, before: Before) -> Option<usize> {
    let bytes = rest.as_bytes();
    if !matches!(bytes.first(), Some(b':' | b';' | b'=' | b'<' | b'>' | b'^' | b'-' | b'(' | b')')) {
        return None;
    }
    if bytes[0] == b')' && (before.is_word || before.is_open) {
        return None;
    }
    (2..=MAX_BYTES.min(bytes.len())).rev().find(|&length| {
        let next = bytes.get(length);
        let lettered = bytes[length - 1].is_ascii_alphanumeric();
        let free = !lettered || (!before.is_word && next.is_none_or(|byte| !byte.is_ascii_alphanumeric()));
        let closed = !matches!(bytes[0], b'(' | b')') || next.is_none();
        let slash_open = !matches!(bytes[length - 1], b'/' | b'\\') || next.is_none();
        free && closed
            && slash_open
            && rest.get(..length).is_some_and(is_emoticon)
            && (!matches!(bytes[length - 1], b'(' | b'[') || !rest[length..].starts_with(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::{Before, at_start};

    #[test]
    fn parentheses_are_punctuation_first() {
        let after_word = Before { is_word: true, is_open: false };
        assert_eq!(at_start(":(", after_word), Some(2));
        assert_eq!(at_start(":(, ok", after_word), Some(2));
        assert_eq!(at_start(":(optional)", after_word), None);
        assert_eq!(at_start(":[\u{e9}]", after_word), None);
        assert_eq!(at_start("):", Before::default()), Some(2));
        assert_eq!(at_start("):", after_word), None);
        assert_eq!(at_start("):", Before { is_word: false, is_open: true }), None);
    }
}
