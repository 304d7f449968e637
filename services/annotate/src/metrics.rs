//! What is counted, declared once. Labels come from closed sets.

/// A batch was scored.
pub(crate) fn scored(posts: usize, tokens: usize, seconds: f64) {
    metrics::counter!("tidemark_annotate_posts_total").increment(posts as u64);
    metrics::counter!("tidemark_annotate_model_tokens_total").increment(tokens as u64);
    metrics::histogram!("tidemark_annotate_batch_seconds").record(seconds);
}

/// Posts were given a topic by the settings.
pub(crate) fn given_topic(posts: usize) {
    metrics::counter!("tidemark_annotate_topic_posts_total").increment(posts as u64);
}

/// Markers were asked of posts and abstained. Beside how many were answered, which the series say, it tells what share.
pub(crate) fn abstained(markers: impl Iterator<Item = String>) {
    for marker in markers {
        metrics::counter!("tidemark_annotate_abstained_total", "marker" => marker).increment(1);
    }
}

/// A record of the log was not a post event.
pub(crate) fn undecodable() {
    metrics::counter!("tidemark_annotate_undecodable_total").increment(1);
}
