//! Markers' names for people. What is not listed is read out of the dotted name.

use crate::answers::say::Marker;

/// Shown unasked, the most asked-for first.
const HEADLINES: [(&str, &str, &str); 10] = [
    ("lexicon.mh.stress", "Stress (words)", "Posts with a word or phrase of stress, not negated."),
    ("lexicon.mh.anxiety", "Anxiety (words)", "Posts with a word or phrase of anxiety, not negated."),
    ("lexicon.mh.depression", "Depression (words)", "Posts with a word or phrase of depression, not negated."),
    (
        "lexicon.mh.suicide_selfharm",
        "Suicidality and self-harm (words)",
        "Posts with a word or phrase of suicidal thoughts or self-harm, not negated.",
    ),
    ("lexicon.mh.loneliness", "Loneliness (words)", "Posts with a word or phrase of loneliness, not negated."),
    ("mh.stress", "Stress (model)", "Posts that the model reads as expressing the writer's own stress."),
    ("mh.depression", "Depression (model)", "Posts that the model reads as expressing the writer's own depression."),
    ("mh.anxiety", "Anxiety (model)", "Posts that the model reads as expressing the writer's own anxiety."),
    (
        "mh.suicide_selfharm",
        "Suicidality and self-harm (model)",
        "Posts that the model reads as speaking of suicidal thoughts or self-harm.",
    ),
    (
        "loneliness.is_lonely",
        "Loneliness (model)",
        "Posts that the model reads as expressing the writer's own loneliness.",
    ),
];

/// A source shows at least this many series unasked, whatever it measures.
const MIN_HEADLINES: usize = 4;

/// The catalogue's entries for `names`: sorted, headlines first, at least four of them where there are four.
pub(crate) fn markers(names: impl IntoIterator<Item = String>) -> Vec<Marker> {
    let mut markers: Vec<Marker> = names.into_iter().map(describe).collect();
    markers.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
    markers.dedup_by(|a, b| a.name == b.name);
    for (place, marker) in markers.iter_mut().enumerate() {
        marker.headline |= place < MIN_HEADLINES;
    }
    markers
}

/// The marker's name for people.
pub(crate) fn title(name: &str) -> String {
    describe(name.to_owned()).title
}

fn rank(name: &str) -> usize {
    let listed = HEADLINES.iter().position(|(headline, ..)| *headline == name);
    listed.unwrap_or_else(|| {
        HEADLINES.len()
            + match name.split('.').next() {
                Some("mh" | "loneliness") => 0,
                Some("sentiment") => 1,
                Some("emotion") => 2,
                Some("lexicon") => 3,
                Some("model") => 4,
                _ => 5,
            }
    })
}

fn describe(name: String) -> Marker {
    if let Some((_, title, description)) = HEADLINES.iter().find(|(headline, ..)| *headline == name) {
        return Marker {
            family: family(&name).to_owned(),
            name,
            title: (*title).to_owned(),
            description: (*description).to_owned(),
            headline: true,
        };
    }
    let family = family(&name).to_owned();
    let last = spoken(name.rsplit('.').next().unwrap_or(&name));
    let (title, description) = match name.split('.').collect::<Vec<_>>().as_slice() {
        ["lexicon", lexicon, _] => (
            format!("{} ({} words)", capital(&last), spoken(lexicon)),
            format!("Posts with at least one word of the category “{last}” of the lexicon “{}”.", spoken(lexicon)),
        ),
        ["model", model, ..] => (
            format!("{} ({} model)", capital(&last), spoken(model)),
            format!("Posts in which the model “{}” finds “{last}”.", spoken(model)),
        ),
        ["emotion", ..] => (capital(&last), format!("Posts that express {last}.")),
        ["sentiment", ..] => (format!("{} sentiment", capital(&last)), format!("Posts of {last} sentiment.")),
        _ => (capital(&last), format!("Posts in which the marker {name} is present.")),
    };
    Marker { name, title, description, family, headline: false }
}

fn family(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(family, _)| family)
}

fn spoken(part: &str) -> String {
    part.replace('_', " ")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::{markers, title};

    #[test]
    fn headlines_come_first_and_are_at_least_four() {
        let names = [
            "emotion.goemotions.joy",
            "lexicon.x.b",
            "mh.depression",
            "lexicon.x.a",
            "mh.stress",
            "sentiment.negative",
        ];
        let listed = markers(names.map(str::to_owned));
        let shown: Vec<_> = listed.iter().filter(|m| m.headline).map(|m| m.name.as_str()).collect();
        assert_eq!(shown, ["mh.stress", "mh.depression", "sentiment.negative", "emotion.goemotions.joy"]);
        assert_eq!(listed.len(), 6);
    }

    #[test]
    fn unlisted_names_are_read_out() {
        assert_eq!(title("lexicon.suicide_risk.active_ideation"), "Active ideation (suicide risk words)");
        assert_eq!(title("model.night_work.tired"), "Tired (night work model)");
        assert_eq!(title("sentiment.negative"), "Negative sentiment");
        assert_eq!(title("mh.stress"), "Stress (model)");
        assert_eq!(title("lexicon.mh.stress"), "Stress (words)");
        assert_eq!(title("oddity"), "Oddity");
    }
}
