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

/// Bytes of the emoticon at the start of `rest`, which stands inside a longer chunk (`sad:(`, `:):)`).
///
/// One that begins with a letter counts only as a whole chunk, and one that ends in a letter or digit only where no
/// word touches it, so that `10:30` and `note:do` stay words.
pub(crate) fn at_start(rest: &str, after_word: bool) -> Option<usize> {
    let bytes = rest.as_bytes();
    if !matches!(bytes.first(), Some(b':' | b';' | b'=' | b'<' | b'>' | b'^' | b'-' | b'(' | b')')) {
        return None;
    }
    (2..=MAX_BYTES.min(bytes.len())).rev().find(|&length| {
        let next = bytes.get(length);
        let lettered = bytes[length - 1].is_ascii_alphanumeric();
        let free = !lettered || (!after_word && next.is_none_or(|byte| !byte.is_ascii_alphanumeric()));
        let closed = !matches!(bytes[0], b'(' | b')') || next.is_none();
        let slash_open = !matches!(bytes[length - 1], b'/' | b'\\') || next.is_none();
        free && closed && slash_open && rest.get(..length).is_some_and(is_emoticon)
    })
}
