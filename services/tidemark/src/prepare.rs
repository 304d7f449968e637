//! What `ingest` does to a text before anything scores it, for the commands that have no server.

use tidemark_annotate::Prepared;
use tidemark_domain::Language;

/// Masks handles and addresses, and tells the language unless the tag does.
pub(crate) fn text(text: &str, tag: Option<&str>) -> (String, Language) {
    let masked = tidemark_ingest::mask::mask(text);
    let language = tidemark_ingest::language::tell(&masked, tag);
    (masked.into_owned(), language)
}

/// A post with its topic and the text that it answers, as every command and door has it scored.
pub(crate) fn post(text: &str, tag: Option<&str>, context: [Option<&str>; 2]) -> Prepared {
    Prepared::of(&self::text, text, tag, context)
}

#[cfg(test)]
mod tests {
    use super::post;
    use tidemark_domain::Language;

    #[test]
    fn nobody_is_named_to_what_scores() {
        let post =
            post("so @ann.example.org says", Some("en"), [Some("https://example.org/law"), Some("@bob hates it")]);
        assert!(post.text.contains("@user") && !post.text.contains("ann"), "{post:?}");
        assert_eq!((post.topic.as_deref(), post.parent.as_deref()), (Some("http"), Some("@user hates it")));
        assert_eq!(post.language, Language::English);
    }
}
