//! A post that answers another is read with that other's text wherever it comes from: a file and the stream give it the
//! same scores.

use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use tidemark_annotate::file::{Unanswered, annotate_lines};
use tidemark_annotate::{Annotator, Settings};
use tidemark_domain::{AnnotatedPost, EventId, Language, Operation, PostEvent, PostKey, marker};
use tidemark_wire::annotated_file::{AnnotatedLine, Scores};

/// A post as ingest leaves it.
struct Post {
    language: Language,
    text: &'static str,
    parent_text: Option<&'static str>,
    topic: Option<&'static str>,
}

const AGREEING: Post = Post {
    language: Language::English,
    text: "I see it as you do.",
    parent_text: Some("They close the school again, says @user."),
    topic: None,
};

/// One text under two parents and under none, one with a topic, and one in another language.
const POSTS: [Post; 5] = [
    AGREEING,
    Post { parent_text: Some("Nobody on our street sleeps."), ..AGREEING },
    Post { parent_text: None, ..AGREEING },
    Post { text: "Those hypocrites lie to you.", topic: Some("closures"), ..AGREEING },
    Post { language: Language::Spanish, text: "no es verdad", parent_text: Some("cierran la escuela"), topic: None },
];

/// The model of random weights that has every head.
fn annotator() -> Annotator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../libs/model/tests/tiny");
    Annotator::load(&Settings { model_dir: Some(folder), threads: 1, ..Settings::default() }).expect("it loads")
}

fn event(post: &Post) -> PostEvent {
    PostEvent {
        event_id: EventId::of_row("run", 1),
        post_key: PostKey::of("file", "1"),
        source: "file".into(),
        run_id: "run".into(),
        operation: Operation::Create,
        author: None,
        created_at: "2024-05-01T12:00:00Z".parse().expect("a time"),
        observed_at: "2024-06-01T12:00:00Z".parse().expect("a time"),
        language: post.language,
        text: post.text.into(),
        region: None,
        community: None,
        parent: None,
        conversation: None,
        is_bot_hint: false,
        parent_text: post.parent_text.map(str::to_owned),
        topic: post.topic.map(str::to_owned),
        wording: None,
    }
}

fn in_stream(annotator: &Annotator, events: Vec<PostEvent>) -> Vec<AnnotatedPost> {
    annotator.annotate_events(events).expect("annotated").0
}

fn in_file(annotator: &Annotator, posts: &[Post]) -> Vec<AnnotatedLine> {
    let line = |post: &Post| {
        let (text, lang) = (post.text, post.language.code());
        format!(
            "{}\n",
            json!({"id": 1, "text": text, "lang": lang, "parent_text": post.parent_text, "topic": post.topic})
        )
    };
    let input: String = posts.iter().map(line).collect();
    let prepare = |text: &str, tag: Option<&str>| (text.to_owned(), Language::from_tag(tag.unwrap_or_default()));
    let (mut output, rejects, progress) = (Vec::new(), std::io::sink(), |_, _| ());
    let summary =
        annotate_lines(annotator, input.as_bytes(), &mut output, rejects, Unanswered::Omitted, &prepare, progress);
    assert_eq!(summary.expect("annotated").rejected, 0);
    let output = String::from_utf8(output).expect("text");
    output.lines().map(|line| serde_json::from_str(line).expect("an annotated line")).collect()
}

/// A line's scores by marker, as a stream names them.
fn scores(line: &AnnotatedLine) -> BTreeMap<String, f32> {
    let named = |(name, score): (&String, &f32)| (format!("{}{name}", marker::LEXICON_PREFIX), *score);
    let mut scores: BTreeMap<String, f32> = line.lexicon.iter().map(named).collect();
    for (name, answer) in &line.scores {
        match answer {
            Scores::One(score) => scores.extend([(name.clone(), *score)]),
            Scores::Each(each) => scores
                .extend(each.iter().map(|(label, score)| (format!("{name}.{}", marker::name_part(label)), *score))),
        }
    }
    scores
}

/// What heads that read a parent say of a post.
fn agreement(post: &AnnotatedPost) -> Vec<f32> {
    let own = post.scores.iter().filter(|score| score.marker.starts_with("polarization.agreement."));
    own.map(|score| score.score).collect()
}

#[test]
fn a_post_has_the_same_scores_in_a_file_and_in_the_stream() {
    let annotator = annotator();
    let stream = in_stream(&annotator, POSTS.iter().map(event).collect());
    let file = in_file(&annotator, &POSTS);
    assert_eq!((stream.len(), file.len()), (POSTS.len(), POSTS.len()));
    for (post, line) in stream.iter().zip(&file) {
        let in_line = scores(line);
        for score in &post.scores {
            assert_eq!(in_line.get(&score.marker), Some(&score.score), "{} of {:?}", score.marker, post.event.text);
        }
        let present: Vec<&str> =
            post.scores.iter().filter(|score| score.present).map(|score| score.marker.as_str()).collect();
        let told: Vec<&str> = line.present.iter().flatten().map(String::as_str).collect();
        assert_eq!((present, &post.provenance), (told, &line.provenance));
    }
    // The parent is read, where there is one, and is not the same as another one.
    let [school, street, none] = [0, 1, 2].map(|n| agreement(&stream[n]));
    assert!(school.len() == 3 && street.len() == 3 && none.is_empty(), "{school:?} {street:?} {none:?}");
    assert_ne!(school, street);
    assert!(stream[0].scores.iter().any(|score| score.marker.starts_with("support.")));
    assert!(stream[3].scores.iter().any(|score| score.marker.starts_with("polarization.stance.")));
}

#[test]
fn an_edit_without_the_parents_text_is_read_without_it() {
    let annotator = annotator();
    let written = event(&AGREEING);
    let edited = PostEvent { operation: Operation::Update, parent_text: None, ..written.clone() };
    let both = in_stream(&annotator, vec![written, edited.clone()]);
    assert!(!agreement(&both[0]).is_empty() && agreement(&both[1]).is_empty());
    // Nothing of the event before it is remembered, nor does it matter that there was one.
    assert_eq!(both[1].scores, in_stream(&annotator, vec![edited])[0].scores);
}
