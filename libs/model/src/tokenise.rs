//! Cuts a post, alone or with what it answers to, into windows of tokens.
//!
//! **Reads** tokenizer.json and a post's texts. **Writes** nothing. **Guarantees** the ids that the training saw for the
//! same text; at most `max_windows` windows of `max_tokens` tokens each, so that the work on one post is bounded; at
//! least one window, also of an empty text. **Does not** tell languages or score.
//!
//! A post alone is `begin text end`, cut every `max_tokens - 2` tokens. With a context (a stance's topic, a reply's
//! parent) every window is `begin context end end text end`, so that none loses what the post answers to. Of the context
//! the first `max(budget, max_tokens - 4 - tokens of the text)` tokens are read: a short reply leaves its place to the
//! parent, a long one still sees the budget. `training/encode.py` says the same.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::ModelError;
use crate::manifest::{Manifest, Pairs, SpecialTokens};

/// A text beyond this many characters is not read: its windows are full long before.
const MAX_CHARACTERS_PER_TOKEN: usize = 16;
/// Special tokens of a window without a context.
const SPECIAL_TOKENS: usize = 2;

/// What padding is called, by whoever made the tokenizer.
const PADS: [&str; 2] = ["[PAD]", "<pad>"];

/// What the encoder reads in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// Ids, special ones included.
    pub(crate) ids: Vec<i64>,
    /// Tokens of the post's own text among them: what its answer weighs.
    pub(crate) tokens: usize,
}

pub(crate) struct PostTokenizer {
    tokenizer: Tokenizer,
    begin: i64,
    end: i64,
    max_tokens: usize,
    max_windows: usize,
}

/// The tokenizer in a file. What the file says of cutting and of padding is left out: that is what windows are for.
pub(crate) fn open(bytes: &[u8]) -> tokenizers::Result<Tokenizer> {
    let mut tokenizer = Tokenizer::from_bytes(bytes)?;
    tokenizer.with_truncation(None)?.with_padding(None);
    Ok(tokenizer)
}

impl SpecialTokens {
    /// What a tokenizer puts around each of some texts; nothing where that is not one and the same token before and one
    /// after, as windows have it.
    pub(crate) fn of(tokenizer: &Tokenizer, texts: &[&str]) -> tokenizers::Result<Option<Self>> {
        let mut around = None;
        for text in texts {
            let (bare, whole) = (tokenizer.encode_fast(*text, false)?, tokenizer.encode_fast(*text, true)?);
            match whole.get_ids() {
                [begin, inside @ .., end]
                    if inside == bare.get_ids() && around.is_none_or(|known| known == (*begin, *end)) =>
                {
                    around = Some((*begin, *end));
                }
                _ => return Ok(None),
            }
        }
        Ok(around.map(|(begin, end)| {
            let pad = PADS.into_iter().find_map(|name| tokenizer.token_to_id(name));
            Self { begin: begin.into(), end: end.into(), pad: pad.unwrap_or(end).into() }
        }))
    }
}

impl PostTokenizer {
    pub(crate) fn new(path: &Path, bytes: &[u8], manifest: &Manifest) -> Result<Self, ModelError> {
        let tokenizer = open(bytes).map_err(|source| ModelError::Tokenizer { path: path.to_path_buf(), source })?;
        Ok(Self {
            tokenizer,
            begin: manifest.tokens.begin,
            end: manifest.tokens.end,
            max_tokens: manifest.max_tokens,
            max_windows: manifest.max_windows,
        })
    }

    /// The ids of a post's text, as many as its windows can hold.
    pub(crate) fn text(&self, text: &str) -> Result<Vec<i64>, ModelError> {
        self.ids(text, self.max_windows * (self.max_tokens - SPECIAL_TOKENS))
    }

    /// The ids of a context, as many as one window can hold.
    pub(crate) fn context(&self, context: &str) -> Result<Vec<i64>, ModelError> {
        self.ids(context, self.max_tokens - Pairs::SPECIAL_TOKENS)
    }

    /// Windows of a post alone.
    pub(crate) fn alone(&self, text: &[i64]) -> Vec<Window> {
        self.cut(&[self.begin], text, self.max_tokens - SPECIAL_TOKENS)
    }

    /// Windows of a post with its context, for which every one of them keeps `budget` tokens.
    pub(crate) fn paired(&self, text: &[i64], context: &[i64], budget: usize) -> Vec<Window> {
        let room = self.max_tokens - Pairs::SPECIAL_TOKENS;
        let context = &context[..context.len().min(budget.max(room.saturating_sub(text.len())))];
        let mut prefix = Vec::with_capacity(context.len() + 3);
        prefix.push(self.begin);
        prefix.extend_from_slice(context);
        prefix.extend([self.end; 2]);
        self.cut(&prefix, text, room - context.len())
    }

    /// `prefix text end`, the text cut every `content` tokens.
    fn cut(&self, prefix: &[i64], text: &[i64], content: usize) -> Vec<Window> {
        let window = |part: &[i64]| {
            let mut ids = Vec::with_capacity(prefix.len() + part.len() + 1);
            ids.extend_from_slice(prefix);
            ids.extend_from_slice(part);
            ids.push(self.end);
            Window { ids, tokens: part.len() }
        };
        if text.is_empty() {
            return vec![window(&[])];
        }
        // Only an empty text can be left without a place: its context may take all of it.
        text.chunks(content.max(1)).take(self.max_windows).map(window).collect()
    }

    fn ids(&self, text: &str, limit: usize) -> Result<Vec<i64>, ModelError> {
        let encoding = self
            .tokenizer
            .encode_fast(head_of(text, limit * MAX_CHARACTERS_PER_TOKEN), false)
            .map_err(|source| ModelError::Tokenise { source })?;
        Ok(encoding.get_ids().iter().take(limit).map(|&id| i64::from(id)).collect())
    }
}

/// The first `characters` characters of a text.
fn head_of(text: &str, characters: usize) -> &str {
    // A character has four bytes at most, so most texts need no counting.
    if text.len() <= characters {
        return text;
    }
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Pairs, PostTokenizer, Window, head_of};
    use crate::heads::Pair;
    use crate::manifest::Files;

    /// Sentences made up for the purpose, with the ids and windows that the training's own code gives.
    #[derive(serde::Deserialize)]
    struct Golden {
        text: String,
        topic: Option<String>,
        parent: Option<String>,
        ids: Vec<i64>,
        windows: Option<Vec<Vec<i64>>>,
    }

    #[test]
    fn what_stands_around_a_text_is_found_out_of_the_tokenizer() {
        use super::{SpecialTokens, open};
        let bytes = std::fs::read(crate::Model::default_dir().join("tokenizer.json")).expect("read");
        let tokenizer = open(&bytes).expect("a tokenizer");
        let SpecialTokens { begin, end, pad } =
            SpecialTokens::of(&tokenizer, &["two words", ""]).expect("encoded").expect("one on each side");
        assert_eq!((begin, end, pad), (0, 2, 1));
        let mut bare = tokenizer.clone();
        bare.with_post_processor(None::<tokenizers::PostProcessorWrapper>);
        assert!(SpecialTokens::of(&bare, &["two words"]).expect("encoded").is_none());
    }

    fn crate_folder() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn tokenizer_in(folder: &Path) -> (PostTokenizer, Option<Pairs>) {
        let files = Files::read(folder).expect("the files");
        let tokenizer = PostTokenizer::new(&files.tokenizer.0, &files.tokenizer.1, &files.manifest);
        (tokenizer.expect("a tokenizer"), files.manifest.pair)
    }

    fn tokenizer() -> PostTokenizer {
        tokenizer_in(&crate::Model::default_dir()).0
    }

    fn assert_golden(folder: &Path, golden: &Path) {
        let (tokenizer, pairs) = tokenizer_in(folder);
        let golden = std::fs::read_to_string(golden).expect("the golden file");
        for row in serde_json::from_str::<Vec<Golden>>(&golden).expect("JSON") {
            let ids = tokenizer.text(&row.text).expect("tokens");
            // The file has all ids; no more are read than the windows hold.
            assert_eq!(ids, row.ids[..row.ids.len().min(tokenizer.max_windows * 126)], "{:?}", row.text);
            for window in tokenizer.alone(&ids) {
                assert!(window.ids.len() <= 128 && window.ids[0] == 0 && window.ids[window.ids.len() - 1] == 2);
            }
            let context = row.topic.map(|c| (Pair::Topic, c)).or(row.parent.map(|c| (Pair::Parent, c)));
            if let (Some((pair, context)), Some(pairs)) = (context, pairs) {
                let context = tokenizer.context(&context).expect("tokens");
                let made = tokenizer.paired(&ids, &context, pairs.budget(pair));
                assert_eq!(Some(made.into_iter().map(|w| w.ids).collect()), row.windows, "{:?}", row.text);
            }
        }
    }

    #[test]
    fn ids_and_windows_are_those_of_the_training() {
        assert_golden(&crate::Model::default_dir(), &crate_folder().join("tests/golden.json"));
        assert_golden(&crate_folder().join("tests/tiny"), &crate_folder().join("tests/tiny/golden.json"));
    }

    fn ids(from: i64, count: i64) -> Vec<i64> {
        (from..from + count).collect()
    }

    #[test]
    fn a_post_alone_is_cut_and_bounded() {
        let tokenizer = tokenizer();
        assert_eq!(tokenizer.alone(&[]), [Window { ids: vec![0, 2], tokens: 0 }]);
        let tokens = |windows: Vec<Window>| windows.iter().map(|w| w.tokens).collect::<Vec<_>>();
        assert_eq!(tokens(tokenizer.alone(&ids(100, 300))), [126, 126, 48]);
        assert_eq!(tokenizer.alone(&ids(100, 20_000)).len(), 128);
    }

    #[test]
    fn a_context_stands_before_the_text() {
        let made = tokenizer().paired(&[7, 8], &[5, 6], 24);
        assert_eq!(made, [Window { ids: vec![0, 5, 6, 2, 2, 7, 8, 2], tokens: 2 }]);
    }

    #[test]
    fn a_short_text_leaves_its_place_to_the_context() {
        let made = tokenizer().paired(&ids(1000, 10), &ids(100, 400), 56);
        assert_eq!((made.len(), made[0].ids.len(), made[0].tokens), (1, 128, 10));
        assert_eq!(made[0].ids[1..115], ids(100, 114));
    }

    #[test]
    fn a_long_text_sees_the_budget_in_every_window() {
        let made = tokenizer().paired(&ids(1000, 150), &ids(100, 400), 56);
        assert_eq!(made.iter().map(|w| w.tokens).collect::<Vec<_>>(), [68, 68, 14]);
        for window in &made {
            assert_eq!(window.ids[1..57], ids(100, 56));
            assert_eq!(window.ids[57..59], [2, 2]);
        }
        let text: Vec<i64> = made.iter().flat_map(|w| w.ids[59..w.ids.len() - 1].to_vec()).collect();
        assert_eq!(text, ids(1000, 150));
    }

    #[test]
    fn every_window_fits_whatever_the_lengths() {
        let tokenizer = tokenizer();
        for text in (0..400).step_by(7) {
            for context in (0..300).step_by(11) {
                for budget in [24, 56] {
                    let made = tokenizer.paired(&ids(1000, text), &ids(100, context), budget);
                    assert!(made.iter().all(|w| w.ids.len() <= 128));
                    assert_eq!(made.iter().map(|w| w.tokens).sum::<usize>(), usize::try_from(text).expect("small"));
                }
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(head_of("añb", 2), "añ");
        assert_eq!(head_of("añb", 3), "añb");
        assert_eq!(head_of("", 0), "");
    }
}
