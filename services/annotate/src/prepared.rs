//! A post *prepared*: masked, with its language, as whoever scores or explains it must give it to the annotator. One
//! function for all, so that an explanation and an audit are of the score that a post was given; and one for what the
//! annotator reads, so that a post of the stream, which ingest has prepared, has the scores that it has in a file.

use crate::annotator::Input;
use tidemark_domain::post::says_removed;
use tidemark_domain::{Language, PostEvent};

/// Makes a text ready to be scored: masked, and its language told (from the tag, where there is one).
pub type Prepare<'a> = &'a dyn Fn(&str, Option<&str>) -> (String, Language);

/// A post, ready to be scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Its text.
    pub text: String,
    /// What a stance is taken on.
    pub topic: Option<String>,
    /// The text that it answers.
    pub parent: Option<String>,
    /// Its language.
    pub language: Language,
}

impl Prepared {
    /// Prepares a text with its language tag, its topic and the text that it answers.
    #[must_use]
    pub fn of(prepare: Prepare<'_>, text: &str, tag: Option<&str>, [topic, parent]: [Option<&str>; 2]) -> Self {
        let (text, language) = prepare(text, tag);
        // What a post answers to is masked as the post is; its own language decides nothing.
        let masked = |context: &str| prepare(context.trim(), Some(language.code())).0;
        let parent = parent.filter(|parent| !says_removed(parent));
        Self { text, topic: topic.map(masked), parent: parent.map(masked), language }
    }

    /// What the annotator reads.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        read(&self.text, self.language, [self.topic.as_deref(), self.parent.as_deref()])
    }
}

/// What the annotator reads of a post event. An event that brings no parent is read without: nothing is remembered of
/// what the post or its parent said before.
pub(crate) fn of_event(event: &PostEvent) -> Input<'_> {
    read(&event.text, event.language, [event.topic.as_deref(), event.parent_text.as_deref()])
}

fn read<'a>(text: &'a str, language: Language, [topic, parent]: [Option<&'a str>; 2]) -> Input<'a> {
    Input { topic, parent, ..Input::new(text, language) }
}

#[cfg(test)]
mod tests {
    use super::Prepared;
    use tidemark_domain::Language;

    #[test]
    fn what_a_post_is_read_with_is_masked_as_the_post_is() {
        let prepare =
            |text: &str, tag: Option<&str>| (text.replace("@ann", "@user"), Language::from_tag(tag.unwrap_or("es")));
        let post = Prepared::of(&prepare, "hola @ann", None, [Some("@ann's law"), None]);
        let input = post.input();
        assert_eq!((input.text, input.topic, input.parent), ("hola @user", Some("@user's law"), None));
        assert_eq!(input.language, Language::Spanish);
        let answering = |parent| Prepared::of(&prepare, "hola", None, [None, Some(parent)]).parent;
        assert_eq!(answering(" @ann?\n").as_deref(), Some("@user?"));
        assert_eq!(answering("[removed]"), None, "these are nobody's words");
    }
}
