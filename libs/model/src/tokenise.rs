//! Cuts a post into windows of tokens.
//!
//! **Reads** tokenizer.json and a post's text. **Writes** nothing. **Guarantees** the ids that the training saw for the
//! same text; at most `max_windows` windows of `max_tokens` tokens each, so that the work on one post is bounded; at
//! least one window, also of an empty text. **Does not** tell languages or score.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::ModelError;
use crate::manifest::Manifest;

/// A text beyond this many characters is not read: its windows are full long before.
const MAX_CHARACTERS_PER_TOKEN: usize = 16;

/// Tokens of one post, cut into windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Each window with its special tokens.
    pub(crate) windows: Vec<Vec<i64>>,
    /// Tokens over all windows, special ones not counted.
    pub(crate) tokens: usize,
}

pub(crate) struct PostTokenizer {
    tokenizer: Tokenizer,
    begin: i64,
    end: i64,
    content: usize,
    max_windows: usize,
}

impl PostTokenizer {
    pub(crate) fn new(path: &Path, bytes: &[u8], manifest: &Manifest) -> Result<Self, ModelError> {
        let tokenizer = Tokenizer::from_bytes(bytes)
            .map_err(|source| ModelError::Tokenizer { path: path.to_path_buf(), source })?;
        Ok(Self {
            tokenizer,
            begin: manifest.tokens.begin,
            end: manifest.tokens.end,
            content: manifest.max_tokens - 2,
            max_windows: manifest.max_windows,
        })
    }

    pub(crate) fn windows(&self, text: &str) -> Result<Windows, ModelError> {
        let limit = self.max_windows * self.content;
        let encoding = self
            .tokenizer
            .encode_fast(head_of(text, limit * MAX_CHARACTERS_PER_TOKEN), false)
            .map_err(|source| ModelError::Tokenise { source })?;
        let ids = encoding.get_ids();
        let ids = &ids[..ids.len().min(limit)];
        let wrap = |part: &[u32]| {
            let mut window = Vec::with_capacity(part.len() + 2);
            window.push(self.begin);
            window.extend(part.iter().map(|&id| i64::from(id)));
            window.push(self.end);
            window
        };
        let windows = if ids.is_empty() { vec![wrap(&[])] } else { ids.chunks(self.content).map(wrap).collect() };
        Ok(Windows { windows, tokens: ids.len() })
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

    use super::{PostTokenizer, head_of};
    use crate::manifest::Files;

    /// Sentences made up for the purpose, with the ids that the training's own tokenizer gives.
    #[derive(serde::Deserialize)]
    struct Golden {
        text: String,
        ids: Vec<i64>,
    }

    #[test]
    fn ids_are_those_of_the_training() {
        let files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/encoder-v1")).expect("the files");
        let tokenizer =
            PostTokenizer::new(&files.tokenizer.0, &files.tokenizer.1, &files.manifest).expect("a tokenizer");
        let golden: Vec<Golden> = serde_json::from_str(include_str!("../tests/golden.json")).expect("JSON");
        for Golden { text, ids } in golden {
            let made = tokenizer.windows(&text).expect("tokens");
            let found: Vec<i64> = made.windows.iter().flat_map(|w| w[1..w.len() - 1].to_vec()).collect();
            assert_eq!(found, ids, "{text:?}");
            assert!(made.windows.iter().all(|w| w.len() <= 128 && w[0] == 0 && w[w.len() - 1] == 2));
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(head_of("añb", 2), "añ");
        assert_eq!(head_of("añb", 3), "añb");
        assert_eq!(head_of("", 0), "");
    }
}
