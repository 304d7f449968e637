//! A post *prepared*: masked, with its language, as whoever scores or explains it must give it to the annotator. One
//! function for all, so that an explanation and an audit are of the score that a post was given.

use crate::annotator::Input;
use tidemark_domain::Language;

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
        let masked = |context: &str| prepare(context, Some(language.code())).0;
        Self { text, topic: topic.map(masked), parent: parent.map(masked), language }
    }

    /// What the annotator reads.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        let Self { text, topic, parent, language } = self;
        Input { topic: topic.as_deref(), parent: parent.as_deref(), ..Input::new(text, *language) }
    }
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
    }
}
