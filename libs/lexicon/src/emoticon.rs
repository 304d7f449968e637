//! Emoticons: a closed list, because `:` and `)` are ordinary punctuation everywhere else.

/// Western and kaomoji-like emoticons, as written. Compared without regard to case.
const EMOTICONS: &[&str] = &[
    ":)", ":-)", ":]", "=)", "(:", ":))", ":)))", ":d", ":-d", "=d", "xd", ":p", ":-p", ";)", ";-)", ";p", ":')", "^^",
    "^_^", "<3", "<33", "<333", ":*", ":-*", ":3", ":(", ":-(", ":[", "=(", "):", ":((", ":(((", ":'(", ":'-(", ";(",
    ":c", "d:", ":/", ":-/", ":\\", ":-\\", ":|", ":-|", ":s", ":-s", "</3", "t_t", "t.t", ";_;", "q_q", "-_-", ">:(",
    ">:[", ">_<", "o_o", "o.o", "0_o", ":o", ":-o", ":0", "u_u", "n_n", ":v", ":-]", ":'-)", ":$",
];

/// Signs at an emoticon's end that people repeat.
const DRAWN_OUT: &[u8] = b"()[]dDpP3*";

/// The longest emoticon, in bytes, with nothing drawn out.
const MAX_BYTES: usize = 5;

/// Whether the whole of `chunk` is an emoticon, its last sign drawn out or not: `:)`, `:)))))))`.
pub(crate) fn is_emoticon(chunk: &str) -> bool {
    // What is drawn out is ASCII, so that it ends on a character's boundary.
    is_listed(chunk) || is_listed(&chunk[..chunk.len() - drawn_out(chunk)])
}

fn is_listed(chunk: &str) -> bool {
    chunk.len() <= MAX_BYTES && EMOTICONS.iter().any(|emoticon| chunk.eq_ignore_ascii_case(emoticon))
}

/// Bytes at the end of `chunk` that repeat its last sign, where that is one that people draw out.
fn drawn_out(chunk: &str) -> usize {
    let Some(last) = chunk.bytes().last().filter(|last| DRAWN_OUT.contains(last)) else { return 0 };
    chunk.bytes().rev().take_while(|byte| byte.eq_ignore_ascii_case(&last)).count() - 1
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
/// word touches it, so that `10:30` and `note:do` stay words; a heart, one with a nose and a capital (`hi:D`) may follow a
/// word. Parentheses are punctuation first: one that begins with `)` counts only where there is nothing to close
/// (`(like this): so`), one that ends in `(` or `[` only where no word follows (`note:(optional)`).
pub(crate) fn at_start(rest: &str, before: Before) -> Option<usize> {
    let bytes = rest.as_bytes();
    if !matches!(bytes.first(), Some(b':' | b';' | b'=' | b'<' | b'>' | b'^' | b'-' | b'(' | b')')) {
        return None;
    }
    if bytes[0] == b')' && (before.is_word || before.is_open) {
        return None;
    }
    let lengths = (2..=MAX_BYTES.min(bytes.len())).rev().filter(|&length| rest.get(..length).is_some_and(is_listed));
    let ends = lengths.map(|length| {
        let last = bytes[length - 1];
        let same = |byte: &&u8| DRAWN_OUT.contains(&last) && byte.eq_ignore_ascii_case(&last);
        length + bytes[length..].iter().take_while(same).count()
    });
    let is_alphanumeric = |byte: &u8| byte.is_ascii_alphanumeric();
    let mut fit = ends.filter(|&end| {
        let (next, last) = (bytes.get(end), bytes[end - 1]);
        let may_follow = rest.starts_with("<3") || bytes[1] == b'-' || matches!(last, b'D' | b'P');
        let free =
            !last.is_ascii_alphanumeric() || ((may_follow || !before.is_word) && !next.is_some_and(is_alphanumeric));
        let closed = !matches!(bytes[0], b'(' | b')') || next.is_none();
        let slash_open = !matches!(last, b'/' | b'\\') || next.is_none();
        free && closed
            && slash_open
            && (!matches!(last, b'(' | b'[' | b'$') || !rest[end..].starts_with(char::is_alphanumeric))
    });
    fit.next()
}

#[cfg(test)]
mod tests {
    use super::{Before, at_start, is_emoticon};

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

    #[test]
    fn the_last_sign_may_be_drawn_out_and_hearts_may_follow_a_word() {
        let after_word = Before { is_word: true, is_open: false };
        for (rest, bytes) in [(":)))))) ok", 7), (":DDDD", 5), ("<33333", 6), (":-D", 3), (":D", 2), (":$", 2)] {
            assert_eq!(at_start(rest, after_word), Some(bytes), "{rest}");
        }
        for rest in [":30", ":d", ":do", ":$5", "<3rd", ":Done", ":3"] {
            assert_eq!(at_start(rest, after_word), None, "{rest}");
        }
        assert!(is_emoticon(":((((((((") && is_emoticon("xDDDD") && !is_emoticon("))))") && !is_emoticon(""));
    }
}
