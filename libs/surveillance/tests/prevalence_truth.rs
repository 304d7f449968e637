//! The prevalence of people against known truth, in small: `examples/prevalence_of_people` prints the full size.
#![allow(missing_docs, clippy::unwrap_used, dead_code)]

#[path = "../examples/prevalence_of_people/biased.rs"]
mod biased;
#[path = "../examples/prevalence_of_people/evidence.rs"]
mod evidence;
#[path = "../examples/prevalence_of_people/world.rs"]
mod world;

/// 95 % intervals hold 93 to 97 % of the time.
fn assert_honest(coverage: evidence::Coverage) {
    assert!((0.93..=0.97).contains(&coverage.share()), "{coverage}");
}

#[test]
fn people_are_measured_better_than_posts_and_intervals_hold() {
    let found = evidence::people(8, 80, world::Activity { sd: 0.9, correlation: 0.0 }).unwrap();
    assert!(found.authors.rmse() < found.posts.rmse(), "{} {}", found.authors, found.posts);
    assert!(found.authors.correlation() > found.posts.correlation() - 0.02);
    assert_honest(found.covered);
    assert_honest(found.erring.1);
    assert_honest(found.erring_posts.1);
    assert!(found.erring.0.share() < 0.9, "unadjusted intervals miss: {}", found.erring.0);
    assert!(found.adjusted.rmse() < found.unadjusted.rmse());
}

#[test]
fn robust_weights_beat_naive_ones_in_biased_samples() {
    let found = biased::biased(6, 30, 300).unwrap();
    assert!(found.robust.rmse() < 0.9 * found.naive.rmse(), "{} {}", found.robust, found.naive);
    assert!(found.robust.rmse() < found.unweighted.rmse(), "{} {}", found.robust, found.unweighted);
}

#[test]
fn a_persons_days_are_not_independent_and_the_interval_knows() {
    let (independent, clustered) = evidence::author_weeks(800, 100).unwrap();
    assert_honest(clustered);
    assert!(independent.share() < 0.85, "{independent}");
}

#[test]
fn parts_hold_together_and_lift_holds() {
    let (parts, pairs) = evidence::parts_and_pairs(1500).unwrap();
    assert!(parts.share() >= 0.94, "{parts}");
    assert_honest(pairs);
}
