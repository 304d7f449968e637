//! The same as the example, in small.
#![allow(missing_docs, clippy::unwrap_used)]

use tidemark_evidence::{figures::Figures, population, samples};

/// 95 % intervals hold 93 to 97 % of the time.
fn assert_honest(figures: &Figures) {
    assert!((0.93..=0.97).contains(&figures.coverage()), "{figures}");
}

#[test]
fn people_are_measured_better_than_posts_and_intervals_hold() {
    // One author-day in five holds several posts.
    let found = population::measure(1..10, 120, 1000).unwrap();
    assert!(found.people.rmse() < found.posts.rmse(), "{} {}", found.people, found.posts);
    assert_honest(&found.people);
    assert_honest(&found.adjusted);
    assert!(found.erring.coverage() < 0.8, "{}", found.erring);
}

#[test]
fn robust_weights_beat_naive_ones_where_age_decides_who_posts() {
    let found = samples::measure(1..7, 60, 400.0).unwrap();
    assert!(found.robust.rmse() < found.naive.rmse(), "{} {}", found.robust, found.naive);
    assert!(found.robust.rmse() < found.unweighted.rmse(), "{} {}", found.robust, found.unweighted);
}
