//! What holds of any posts.

use jiff::Timestamp;
use proptest::prelude::*;
use tidemark_polarization::conversation::Band;
use tidemark_polarization::{Conversations, Labels, Mode, Post};

fn label(words: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![1 => Just(None), 4 => prop::sample::select(words).prop_map(Some)]
}

fn posts() -> impl Strategy<Value = Vec<Post>> {
    let post = (
        prop::option::of(0_usize..40),
        prop::option::of(0_usize..4),
        0_i64..1_000,
        label(&["favor", "against", "none"]),
        label(&["yes", "no"]),
        label(&["agree", "neutral", "disagree"]),
    );
    prop::collection::vec(post, 0..40).prop_map(|posts| {
        posts
            .into_iter()
            .enumerate()
            .map(|(place, (parent, conversation, second, stance, affect, agreement))| Post {
                id: place.to_string(),
                // May be missing, later, itself, or part of a circle.
                parent: parent.map(|parent| parent.to_string()),
                conversation: conversation.map(|name| format!("c{name}")),
                topic: None,
                created_at: Timestamp::from_second(second).expect("a time"),
                labels: Labels::read(stance, affect, agreement),
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn order_does_not_matter_and_nothing_is_lost(posts in posts(), seed in any::<u64>()) {
        for mode in [Mode::Strict, Mode::Paper] {
            let found = Conversations::of(&posts, mode);
            let mut shuffled = posts.clone();
            shuffled.sort_by_key(|post| post.id.parse::<u64>().unwrap().wrapping_mul(seed | 1));
            prop_assert_eq!(&Conversations::of(&shuffled, mode), &found);
            let replies = posts.iter().filter(|post| post.parent.is_some()).count() as u64;
            prop_assert_eq!(found.interactions + found.unsettled + found.orphans, replies);
            let bands: u64 = [Band::Low, Band::Mid, Band::High].map(|band| found.in_band(band)).iter().sum();
            prop_assert_eq!(bands, found.scored.len() as u64);
            prop_assert!(found.scored.iter().all(|one| (0.0..=10.0).contains(&one.score)));
            if mode == Mode::Paper {
                prop_assert_eq!(found.unsettled, 0);
            }
        }
    }
}

#[test]
fn a_conversation_is_its_replies_and_its_name() {
    let post = |id: &str, parent: Option<&str>, conversation: Option<&str>, agreement: &str, second: i64| Post {
        id: id.into(),
        parent: parent.map(Into::into),
        conversation: conversation.map(Into::into),
        topic: Some("transit".into()),
        created_at: Timestamp::from_second(second).unwrap(),
        labels: Labels::read(Some("favor"), Some("no"), Some(agreement)),
    };
    let mut posts = vec![
        post("a", None, None, "", 50),
        post("b", Some("a"), None, "agree", 60),
        post("c", Some("b"), None, "disagree", 70),
        post("x", None, Some("named"), "", 10),
        post("y", Some("gone"), Some("named"), "agree", 20),
        post("z", Some("x"), Some("named"), "agree", 5),
    ];
    let found = Conversations::of(&posts, Mode::Strict);
    let scores: Vec<(i64, f64, u64)> =
        found.scored.iter().map(|one| (one.began.as_second(), one.score, one.interactions)).collect();
    assert_eq!(scores, [(5, 6.0, 1), (50, 4.0, 2)]);
    assert_eq!((found.orphans, found.without_score, found.unsettled), (1, 0, 0));
    let names: Vec<_> = found.scored.iter().map(|one| (one.conversation.as_str(), one.topic.as_deref())).collect();
    assert_eq!(names, [("named", Some("transit")), ("a", Some("transit"))], "the source's name, else the first post's");
    // Stances on different topics say nothing of each other.
    posts[1].topic = Some("housing".into());
    assert_eq!(Conversations::of(&posts, Mode::Strict).unsettled, 2);
}
