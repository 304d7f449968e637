//! Text to tokens: words, emoji and emoticons, each with its place in the original text.
//!
//! Rules, in the order they apply:
//! - white space separates; a line break also ends a clause;
//! - masks and addresses are skipped and count as nothing, whatever punctuation they stand in: `@user`, `http`,
//!   `https://…`, `www.…`, `&amp;`;
//! - a word is a run of letters, digits and combining marks, segmented as Unicode UAX #29 says; an apostrophe between
//!   letters, or an acute or grave accent that stands for one, and a `.` or `,` between digits belong to it; `_`, `-`,
//!   `#` and quotes separate words without ending a clause, so `#panic_attack` and `self-harm` are two words each; every
//!   other punctuation mark ends the clause;
//! - an emoji is one grapheme cluster, stripped of skin tone and variation selector; emoticons come from a closed list.
//!
//! Words are compared in lower case, NFC, with curly quotes made straight. Time is linear in the length of the text.

use crate::emoticon::{self, Before};
use crate::words::Short;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

/// One word, emoji or emoticon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// Byte offset of its first character in the text.
    pub(crate) start: usize,
    /// Byte offset after its last character.
    pub(crate) end: usize,
    /// A clause ended between the token before and this one: no expression and no negation reaches across.
    pub(crate) breaks: bool,
    /// It ended at nothing but a comma.
    pub(crate) comma: bool,
    norm: (u32, u32),
}

/// A run of the text without white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Byte offsets in the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The token of the plain word that it is: of ASCII letters, digits and apostrophes, with the end of a clause after it or
    /// without. Nothing is said of others, nor of a mask.
    pub(crate) word: Option<usize>,
}

/// The tokens of one text; its buffers are reused from text to text.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
    chunks: Vec<Chunk>,
    norms: String,
}

impl Tokens {
    /// Replaces the tokens held by those of `text`.
    pub(crate) fn read(&mut self, text: &str) {
        self.read_by(text, Self::plain_word);
    }

    /// The same, where `plain` is tried before [`Self::chunk`]: it answers where the word that it took ends.
    fn read_by(&mut self, text: &str, plain: impl Fn(&mut Self, &str, usize, &mut Place) -> Option<usize>) {
        self.tokens.clear();
        self.chunks.clear();
        self.norms.clear();
        let mut place = Place::default();
        let mut at = 0;
        while at < text.len() {
            let (start, next) = (at, self.tokens.len());
            let plainly = plain(self, text, at, &mut place);
            at = plainly.unwrap_or_else(|| {
                let rest = &text[at..];
                let end = at + rest.find(char::is_whitespace).unwrap_or(rest.len());
                if at < end {
                    self.chunk(text, at, end, &mut place);
                }
                end
            });
            if start < at {
                let word = (plainly.is_some() && next < self.tokens.len()).then_some(next);
                self.chunks.push(Chunk { start, end: at, word });
            }
            let space = text[at..].chars().next();
            if matches!(space, Some('\n' | '\r' | '\u{2028}' | '\u{2029}')) {
                place = Place { breaks: true, beyond_comma: true, open: 0 };
            }
            at += space.map_or(0, char::len_utf8);
        }
    }

    /// What [`Self::chunk`] makes of one plain word between spaces, with the end of a clause after it or without, as most of a
    /// text is: answers where it ends, or nothing where something else begins at `start`.
    fn plain_word(&mut self, text: &str, start: usize, place: &mut Place) -> Option<usize> {
        let bytes = &text.as_bytes()[start..];
        let joins = |at: usize| bytes[at] == b'\'' && at > 0 && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
        let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let mut length = 0;
        while is_letter(length) || (length < bytes.len() && joins(length)) {
            length += 1;
        }
        let mut end = length;
        while let Some(b'.' | b',' | b'!' | b'?') = bytes.get(end) {
            end += 1;
        }
        let word = &text[start..start + length];
        if length == 0
            || bytes.get(end).is_some_and(|next| !matches!(next, b'\t'..=b'\r' | b' '))
            || word.eq_ignore_ascii_case("www")
        {
            return None;
        }
        if !is_link_mask(word) {
            self.push_plain(start, word, place);
        }
        if length < end {
            place.breaks = true;
            place.beyond_comma |= bytes[length..end].iter().any(|mark| *mark != b',');
        }
        Some(start + end)
    }

    /// The tokens, in the order of the text.
    pub(crate) fn all(&self) -> &[Token] {
        &self.tokens
    }

    /// What stands between white space, in the order of the text.
    pub(crate) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// How the token is compared.
    pub(crate) fn norm(&self, index: usize) -> &str {
        let (start, end) = self.tokens[index].norm;
        &self.norms[start as usize..end as usize]
    }

    /// The same, where it is short.
    pub(crate) fn short_norm(&self, index: usize) -> Option<Short> {
        let (start, end) = self.tokens[index].norm;
        Short::of(&self.norms, start as usize, end as usize)
    }

    /// Tokens of one run without white space.
    fn chunk(&mut self, text: &str, start: usize, end: usize, place: &mut Place) {
        let chunk = &text[start..end];
        if is_link_mask(chunk) {
            return;
        }
        if emoticon::is_emoticon(chunk) && !(chunk.starts_with(')') && place.open > 0) {
            self.push(start, end, chunk, place);
            place.close(chunk);
            return;
        }
        let mut at = 0;
        let mut after_word = false;
        while let Some(character) = chunk[at..].chars().next() {
            let rest = &chunk[at..];
            let before = Before { is_word: after_word, is_open: place.open > 0 };
            if is_word(character) {
                if !after_word && is_address(rest) {
                    return;
                }
                let length = word_length(rest);
                if !is_link_mask(&rest[..length]) {
                    self.word(start + at, &rest[..length], place);
                }
                at += length;
                after_word = true;
            } else if is_emoji(character) {
                let length = rest.graphemes(true).next().map_or(character.len_utf8(), str::len);
                self.push(start + at, start + at + length, &rest[..length], place);
                at += length;
                after_word = false;
            } else if let Some(length) = emoticon::at_start(rest, before) {
                self.push(start + at, start + at + length, &rest[..length], place);
                place.close(&rest[..length]);
                at += length;
                after_word = false;
            } else if let Some(length) = skipped(rest) {
                at += length;
                after_word = false;
            } else {
                if ends_clause(character, rest) {
                    place.breaks = true;
                    place.beyond_comma |= character != ',';
                }
                match character {
                    '(' => place.open += 1,
                    ')' => place.open = place.open.saturating_sub(1),
                    _ => {}
                }
                at += character.len_utf8();
                after_word = false;
            }
        }
    }

    /// A run of word characters: one token in Latin script, as many as UAX #29 finds in others.
    fn word(&mut self, start: usize, run: &str, place: &mut Place) {
        if run.is_ascii() {
            self.push(start, start + run.len(), run, place);
            return;
        }
        // UAX #29 parts words at the accents that keyboards have in an apostrophe's place; not at these, of as many bytes.
        let joined = run.contains(ACCENTS).then(|| run.replace(ACCENTS[0], "\u{02BC}").replace(ACCENTS[1], "'"));
        let run = joined.as_deref().unwrap_or(run);
        for (at, piece) in run.split_word_bound_indices() {
            if piece.chars().any(char::is_alphanumeric) {
                self.push(start + at, start + at + piece.len(), piece, place);
            }
        }
    }

    fn push(&mut self, start: usize, end: usize, raw: &str, place: &mut Place) {
        if raw.bytes().all(|byte| byte.is_ascii() && byte != b'`') {
            self.push_plain(start, raw, place);
            return;
        }
        let from = self.norms.len();
        let folded = raw.chars().flat_map(char::to_lowercase).map(straight).filter(|c| !is_dressing(*c));
        self.norms.extend(folded.nfc());
        self.push_norm(start, end, from, place);
    }

    /// A token of ASCII alone, in which nothing but capitals is folded.
    fn push_plain(&mut self, start: usize, raw: &str, place: &mut Place) {
        let from = self.norms.len();
        self.norms.push_str(raw);
        self.norms[from..].make_ascii_lowercase();
        self.push_norm(start, start + raw.len(), from, place);
    }

    /// A token whose norm is all that was written since `from`.
    fn push_norm(&mut self, start: usize, end: usize, from: usize, place: &mut Place) {
        let comma = place.breaks && !place.beyond_comma;
        self.tokens.push(Token {
            start,
            end,
            breaks: place.breaks,
            comma,
            norm: (from as u32, self.norms.len() as u32),
        });
        (place.breaks, place.beyond_comma) = (false, false);
    }
}

/// What a text left behind up to a place in it.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// A clause ended since the last token…
    breaks: bool,
    /// …at more than a comma.
    beyond_comma: bool,
    /// Parentheses that were opened on the line and not closed.
    open: u32,
}

impl Place {
    /// Many close a parenthesis with a smile: `(so happy :)`.
    fn close(&mut self, emoticon: &str) {
        if emoticon.ends_with(')') {
            self.open = self.open.saturating_sub(1);
        }
    }
}

/// How a single word is compared: what [`Tokens::read`] makes of it, without segmentation.
pub(crate) fn fold(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(straight).filter(|c| !is_dressing(*c)).nfc().collect()
}

/// The characters a word is made of. Combining marks belong to the letter before them.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || (!character.is_ascii()
            && (character.is_alphanumeric() || is_combining_mark(character))
            && !is_emoji(character))
}

/// Accents written for apostrophes.
const ACCENTS: [char; 2] = ['\u{00B4}', '`'];

/// Curly and other apostrophes, made straight.
const fn straight(character: char) -> char {
    match character {
        '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{FF07}' | '\u{00B4}' | '`' => '\'',
        other => other,
    }
}

/// Variation selectors and skin tones: they dress an emoji and do not change which it is.
const fn is_dressing(character: char) -> bool {
    matches!(character, '\u{FE0E}' | '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}')
}

/// Characters that begin an emoji: the pictographic blocks of Unicode 16, regional indicators included.
const fn is_emoji(character: char) -> bool {
    matches!(character,
        '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B05}'..='\u{2B55}' | '\u{2300}'..='\u{23FF}'
        | '\u{2934}' | '\u{2935}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{203C}' | '\u{2049}')
}

/// Bytes of the word at the start of `rest`, joined apostrophes and decimal marks included.
fn word_length(rest: &str) -> usize {
    let mut previous = None;
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let joins = match straight(character) {
            '\'' => characters.peek().is_some_and(|(_, next)| next.is_alphabetic()),
            '.' | ',' => {
                previous.is_some_and(|p: char| p.is_ascii_digit())
                    && characters.peek().is_some_and(|(_, next)| next.is_ascii_digit())
            }
            _ => is_word(character),
        };
        if !joins {
            return at;
        }
        previous = Some(character);
    }
    rest.len()
}

/// What ingest puts in an address's place.
fn is_link_mask(word: &str) -> bool {
    matches!(word, "http" | "https")
}

/// A web address, which runs to the end of its chunk.
fn is_address(rest: &str) -> bool {
    let starts = |prefix: &str| rest.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    starts("http://") || starts("https://") || starts("www.")
}

/// Bytes of a mention or an HTML entity at the start of `rest`.
fn skipped(rest: &str) -> Option<usize> {
    /// The longest entity, `&CounterClockwiseContourIntegral;`, in bytes.
    const MAX_ENTITY_BYTES: usize = 34;
    let bytes = rest.as_bytes();
    match bytes.first() {
        Some(b'@') => {
            let handle = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            let length = bytes[1..].iter().take_while(|byte| handle(byte)).count();
            // A full stop or a dash at its end is the sentence's.
            let length = rest[1..=length].trim_end_matches(['.', '-']).len();
            (length > 0).then_some(1 + length)
        }
        Some(b'&') => {
            let name =
                bytes[1..].iter().take(MAX_ENTITY_BYTES).take_while(|b| b.is_ascii_alphanumeric() || **b == b'#');
            let length = name.count();
            (length > 0 && bytes.get(1 + length) == Some(&b';')).then_some(2 + length)
        }
        _ => None,
    }
}

/// Punctuation that only joins or decorates words does not end a clause; everything else does.
fn ends_clause(character: char, rest: &str) -> bool {
    match straight(character) {
        '-' => rest.as_bytes().get(1) == Some(&b'-'),
        '_' | '#' | '*' | '~' | '\'' | '"' | '+' | '=' | '^' | '$' | '%' | '&' | '@' | '<' | '>' => false,
        '\u{201C}' | '\u{201D}' | '\u{AB}' | '\u{BB}' | '\u{2010}' | '\u{2011}' | '\u{200B}'..='\u{200F}' => false,
        '\u{FE0E}' | '\u{FE0F}' => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Tokens;

    fn norms(text: &str) -> Vec<String> {
        let mut tokens = Tokens::default();
        tokens.read(text);
        (0..tokens.all().len()).map(|index| tokens.norm(index).to_owned()).collect()
    }

    fn triples(count: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..count.pow(3)).map(move |n| (n % count, n / count % count, n / count / count))
    }

    #[test]
    fn plain_words_are_what_any_chunk_would_be() {
        let parts = [
            "so",
            "SAD",
            "it's",
            "dogs'",
            "3",
            "3.",
            "1,000",
            "www",
            "www.",
            "www.a.b",
            "http",
            "http?!",
            "https,",
            "xD",
            "xDD",
            "o.o",
            "0_o",
            ":)",
            "(so",
            "ok)",
            ").",
            "a'\u{e9}",
            "d'\u{e9}t\u{e9}",
            "don`t",
            "no\u{85}so",
            "a\u{a0}b",
            "\0",
            "b\0.",
            "!",
            "...",
            "\u{1f602}",
            "word.\u{1f602}",
            "@user.",
            "#tag,",
            "x-y",
            "\n",
            "end.\r",
            "\x0b",
            "",
        ];
        for (first, second, third) in triples(parts.len()) {
            let text = [parts[first], parts[second], parts[third]].join(" ");
            let (mut tokens, mut slowly) = (Tokens::default(), Tokens::default());
            tokens.read(&text);
            slowly.read_by(&text, |_, _, _, _| None);
            assert_eq!((&tokens.tokens, &tokens.norms), (&slowly.tokens, &slowly.norms), "{text:?}");
        }
    }

    #[test]
    fn words_are_lower_case_composed_and_straight() {
        assert_eq!(norms("I Can\u{2019}t, e\u{301}l dijo"), ["i", "can't", "\u{e9}l", "dijo"]);
        assert_eq!(
            norms("sad.But 3.5 self-harm #panic_attack"),
            ["sad", "but", "3.5", "self", "harm", "panic", "attack"]
        );
    }

    #[test]
    fn masks_and_addresses_are_not_words() {
        assert!(norms("@user http https://t.co/x?y=1 www.example.org &amp; @user_2").is_empty());
        assert_eq!(norms("[see](https://a.b/c) (http://x.y) mail"), ["see", "mail"]);
        assert_eq!(norms("[see](http). (http) http, \u{bf}http? @user-- @user. mail"), ["see", "mail"]);
    }

    #[test]
    fn a_mention_leaves_the_sentence_its_end() {
        let mut tokens = Tokens::default();
        tokens.read("you @user. Happy @a.b-c.d birthday @user-");
        let breaks: Vec<bool> = tokens.all().iter().map(|token| token.breaks).collect();
        assert_eq!(breaks, [false, true, false]);
    }

    #[test]
    fn emoji_and_emoticons_are_tokens() {
        assert_eq!(norms("😂😂 ❤️ 👍🏽 👩‍👩‍👧"), ["😂", "😂", "❤", "👍", "👩‍👩‍👧"]);
        assert_eq!(norms("sad:( ok :'( T_T <3"), ["sad", ":(", "ok", ":'(", "t_t", "<3"]);
        assert_eq!(norms("at 10:30, see (x)"), ["at", "10", "30", "see", "x"]);
        assert_eq!(norms("(like this): so (or this ): so"), ["like", "this", "so", "or", "this", "so"]);
        assert_eq!(norms("note:(optional) tired ):"), ["note", "optional", "tired", "):"]);
        assert_eq!(norms("(so glad :) or not ):"), ["so", "glad", ":)", "or", "not", "):"]);
    }

    #[test]
    fn clauses_end_at_punctuation_and_line_breaks() {
        let mut tokens = Tokens::default();
        tokens.read("no. \"happy\" days\nnow (so)");
        let breaks: Vec<bool> = tokens.all().iter().map(|token| token.breaks).collect();
        assert_eq!(breaks, [false, true, false, true, true]);
    }
}
