//! What `ingest` does to a text before anything scores it, for the commands that have no server.

use tidemark_domain::Language;

/// Masks handles and addresses, and tells the language unless the tag does.
pub(crate) fn text(text: &str, tag: Option<&str>) -> (String, Language) {
    let masked = tidemark_ingest::mask::mask(text);
    let language = tidemark_ingest::language::tell(&masked, tag);
    (masked.into_owned(), language)
}
