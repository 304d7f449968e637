//! What a post is read with beside its own text: the text of the post that it answers and the topic of its thread, where its
//! line names the one and holds neither.

use std::collections::HashMap;
use tidemark_wire::annotated_file::{ConversationLine, Op, PostLine};
use tidemark_wire::lines::LINE_BYTES_MAX;

/// How far up a thread its topic is looked for: posts may answer each other in a circle.
const ANSWERS_MAX: usize = 1_000;

/// What is known of every post of an input.
#[derive(Debug, Default)]
pub(super) struct Contexts(HashMap<String, Known>);

/// What those that answer a post need of it.
#[derive(Debug)]
struct Known {
    text: Option<String>,
    topic: Option<String>,
    parent: Option<String>,
}

impl Contexts {
    /// Keeps what a line says. Of lines with the same id the last one counts; of a post that was deleted nothing is kept.
    pub(super) fn keep(&mut self, post: &ConversationLine) {
        if post.op == Some(Op::Delete) {
            self.0.remove(&post.id);
            return;
        }
        let given = |field: &Option<String>| field.clone().filter(|text| says_something(text));
        let known = Known { text: given(&post.text), topic: given(&post.topic), parent: given(&post.parent) };
        self.0.insert(post.id.clone(), known);
    }

    /// A post's line with what it is read with; `None` where there is nothing to add, or the line is no post.
    pub(super) fn fill(&self, line: &[u8]) -> Option<Vec<u8>> {
        let mut post: PostLine = serde_json::from_slice(line).ok()?;
        // A post without text is refused for that, and by its own line.
        if !says_something(&post.text) {
            return None;
        }
        let parent = post.parent.clone()?;
        let text = self.0.get(&parent).and_then(|known| known.text.clone());
        let mut is_filled = false;
        for (field, found) in [(&mut post.parent_text, text), (&mut post.topic, self.topic(&parent))] {
            if found.is_some() && !field.as_deref().is_some_and(says_something) {
                *field = found;
                is_filled = true;
            }
        }
        if !is_filled {
            return None;
        }
        // A line that has become too long would cost the post.
        serde_json::to_vec(&post).ok().filter(|line| line.len() as u64 <= LINE_BYTES_MAX)
    }

    /// The topic of the nearest post up the thread that has one: in most sources that is its first post.
    fn topic(&self, parent: &str) -> Option<String> {
        let mut next = parent;
        for _ in 0..ANSWERS_MAX {
            let known = self.0.get(next)?;
            if known.topic.is_some() {
                return known.topic.clone();
            }
            next = known.parent.as_deref()?;
        }
        None
    }
}

fn says_something(text: &str) -> bool {
    !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::Contexts;
    use tidemark_wire::annotated_file::PostLine;

    const THREAD: [&str; 4] = [
        r#"{"id": "root", "text": "They close the school.", "topic": "closures", "labels": {"mh.stress": "no"}}"#,
        r#"{"id": "first", "text": "And rightly so.", "parent": "root"}"#,
        r#"{"id": 7, "text": "You have no children.", "parent": "first"}"#,
        r#"{"id": "ring", "text": "x", "parent": "ring"}"#,
    ];

    fn contexts(lines: &[&str]) -> Contexts {
        let mut contexts = Contexts::default();
        for line in lines {
            contexts.keep(&serde_json::from_str(line).expect("a line"));
        }
        contexts
    }

    /// The text that a line's post answers and its topic, once they are filled in.
    fn filled(contexts: &Contexts, line: &str) -> Option<(Option<String>, Option<String>)> {
        let line = contexts.fill(line.as_bytes())?;
        let post: PostLine = serde_json::from_slice(&line).expect("a post");
        Some((post.parent_text, post.topic))
    }

    fn some(parent: &str, topic: &str) -> Option<(Option<String>, Option<String>)> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some((given(parent), given(topic)))
    }

    #[test]
    fn a_reply_is_read_with_its_parents_text_and_its_threads_topic() {
        let contexts = contexts(&THREAD);
        assert_eq!(filled(&contexts, THREAD[0]), None, "it answers nobody");
        assert_eq!(filled(&contexts, THREAD[1]), some("They close the school.", "closures"));
        assert_eq!(filled(&contexts, THREAD[2]), some("And rightly so.", "closures"));
        let line = contexts.fill(THREAD[2].as_bytes()).expect("filled");
        let post: PostLine = serde_json::from_slice(&line).expect("a post");
        assert_eq!((post.id.as_str(), post.text.as_str()), ("7", "You have no children."));
        let orphan = r#"{"id": "8", "text": "Me neither.", "parent": "gone"}"#;
        assert_eq!(filled(&contexts, orphan), None);
        assert_eq!(filled(&contexts, THREAD[3]), some("x", ""), "a circle has an end");
    }

    #[test]
    fn what_a_post_says_itself_stands() {
        let contexts = contexts(&THREAD);
        let own = r#"{"id": "8", "text": "No.", "parent": "first", "parent_text": "Really?", "topic": "buses"}"#;
        assert_eq!(filled(&contexts, own), None);
        let half = r#"{"id": "8", "text": "No.", "parent": "first", "parent_text": " ", "topic": "buses"}"#;
        assert_eq!(filled(&contexts, half), some("And rightly so.", "buses"));
        // What is wrong with a line is told of the line as it is.
        for line in [r#"{"id": "8", "parent": "first"}"#, r#"{"id": "8", "text": " ", "parent": "first"}"#, "[]"] {
            assert_eq!(contexts.fill(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn the_last_line_of_a_post_counts_and_a_deleted_post_is_gone() {
        let edited = r#"{"id": "first", "text": "And wrongly so.", "parent": "root"}"#;
        let deleted = r#"{"id": "root", "op": "delete"}"#;
        let contexts = contexts(&[THREAD[0], THREAD[1], edited, deleted]);
        assert_eq!(filled(&contexts, THREAD[2]), some("And wrongly so.", ""));
        assert_eq!(filled(&contexts, THREAD[1]), None);
    }

    #[test]
    fn a_line_is_not_filled_beyond_what_can_be_read() {
        let long = format!(r#"{{"id": "long", "text": "{}"}}"#, "a".repeat(3 << 20));
        let reply = format!(r#"{{"id": "reply", "text": "{}", "parent": "long"}}"#, "b".repeat(2 << 20));
        let contexts = contexts(&[long.as_str()]);
        assert_eq!(contexts.fill(reply.as_bytes()), None);
    }
}
