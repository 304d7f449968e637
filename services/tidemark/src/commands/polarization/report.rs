//! What is told of conversations: a report for people or programs, and a table of the conversations themselves.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write;
use tidemark_domain::CellStatus;
use tidemark_domain::disclosure::MIN_UNITS;
use tidemark_domain::time::day_in;
use tidemark_polarization::conversation::{Band, Scored};
use tidemark_polarization::event::Difference;
use tidemark_polarization::{Conversations, Event, Kind, Mode, Outcome, Summary, Window};

/// The first line of the table of conversations.
const COLUMNS: [&str; 6] = ["conversation", "topic", "first_day", "interactions", "score", "band"];

/// The report as JSON.
pub(super) fn for_programs(all: &Conversations, mode: Mode, outcomes: &[Outcome]) -> Value {
    let n = all.scored.len() as u64;
    let shown = CellStatus::of(n) == CellStatus::Ok;
    let band = |band| shown.then(|| all.in_band(band));
    json!({
        "mode": match mode { Mode::Strict => "strict", Mode::Paper => "paper" },
        "conversations": {
            "scored": n,
            "without_score": all.without_score,
            "low": band(Band::Low),
            "mid": band(Band::Mid),
            "high": band(Band::High),
        },
        "interactions": {"scored": all.interactions, "unsettled": all.unsettled, "orphans": all.orphans},
        "overall": Summary::of(&all.scored),
        "topics": Summary::by_topic(&all.scored),
        "events": outcomes,
    })
}

/// The report as text.
pub(super) fn for_people(all: &Conversations, outcomes: &[Outcome]) -> String {
    let n = all.scored.len() as u64;
    let mut text = format!("conversations with a score  {n}, without {}\n", all.without_score);
    if CellStatus::of(n) == CellStatus::Ok {
        let [low, mid, high] = [Band::Low, Band::Mid, Band::High].map(|band| all.in_band(band));
        let _ = writeln!(text, "  low {low}, mid {mid}, high {high}");
        let _ = writeln!(text, "  all  {}", summary(&Summary::of(&all.scored)));
    }
    let topics = Summary::by_topic(&all.scored);
    let (shown, small): (Vec<_>, Vec<_>) = topics
        .iter()
        .filter_map(|row| Some((row.topic.as_deref()?, &row.summary)))
        .partition(|(_, summary)| summary.status == CellStatus::Ok);
    for (topic, found) in shown {
        let _ = writeln!(text, "  {topic}  {}", summary(found));
    }
    if !small.is_empty() {
        let _ = writeln!(text, "  topics of fewer than {MIN_UNITS} conversations, not shown  {}", small.len());
    }
    let _ = writeln!(
        text,
        "interactions with a score   {}, not settled by their labels {}, with a post that is not here {}",
        all.interactions, all.unsettled, all.orphans
    );
    for outcome in outcomes {
        let Event { event, start, end, nature } = &outcome.event;
        let nature = nature.map_or_else(String::new, |nature| format!(" ({})", nature.name()));
        let _ = writeln!(text, "\n{event}{nature}, {start} to {end}: {}", kind(outcome));
        for (name, window) in [("before", &outcome.before), ("during", &outcome.during), ("after", &outcome.after)] {
            let _ = writeln!(text, "  {name}  {} to {}  {}", window.from, window.to, numbers(window));
        }
        let mut difference = |name: &str, found: Option<Difference>| {
            if let Some(Difference { value, lower, upper }) = found {
                let _ = writeln!(text, "  {name}  {value:+.3} ({lower:+.3} to {upper:+.3})");
            }
        };
        difference("A (before - later)", outcome.anticipation);
        difference("R (later - before)", outcome.reaction);
    }
    text
}

const fn kind(outcome: &Outcome) -> &'static str {
    match outcome.kind {
        Kind::AnticipationDriven => "anticipation-driven",
        Kind::Reactive => "reactive",
        Kind::Undetermined => "undetermined",
    }
}

fn numbers(window: &Window) -> String {
    let (Some(n), Some(mean), Some(sem), Some(extreme), Some(interval)) =
        (window.n, window.mean, window.sem, window.extreme, window.extreme_interval)
    else {
        return withheld(window.status);
    };
    format!("n {n}, score {mean:.2} ± {sem:.2}, extreme {}", share(extreme, interval))
}

fn summary(summary: &Summary) -> String {
    let (Some(n), Some(mean), Some((lower, upper)), Some(extreme), Some(interval)) =
        (summary.n, summary.mean, summary.mean_interval, summary.extreme, summary.extreme_interval)
    else {
        return withheld(summary.status);
    };
    format!("n {n}, score {mean:.2} ({lower:.2} to {upper:.2}), extreme {}", share(extreme, interval))
}

fn share(value: f64, (lower, upper): (f64, f64)) -> String {
    format!("{:.1} % ({:.1} to {:.1})", 100.0 * value, 100.0 * lower, 100.0 * upper)
}

fn withheld(status: CellStatus) -> String {
    format!("{}: fewer than {MIN_UNITS} conversations", status.code())
}

/// One row a conversation, by the time they began.
pub(super) fn write_conversations(out: impl Write, conversations: &[Scored], zone: &TimeZone) -> csv::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for Scored { conversation, topic, began, score, interactions } in conversations {
        let (day, interactions) = (day_in(*began, zone).to_string(), interactions.to_string());
        let (score, band) = (format!("{score:.6}"), Band::of(*score).name());
        let topic = topic.as_deref().unwrap_or_default();
        let row = [conversation.as_str(), topic, day.as_str(), interactions.as_str(), score.as_str(), band];
        writer.write_record(row)?;
    }
    Ok(writer.flush()?)
}

#[cfg(test)]
mod tests {
    use super::{for_people, for_programs, write_conversations};
    use jiff::Timestamp;
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use serde_json::json;
    use tidemark_polarization::conversation::Scored;
    use tidemark_polarization::{Conversations, Event, Mode, Nature, Outcome};

    fn scored(conversation: &str, topic: Option<&str>, score: f64) -> Scored {
        let began: Timestamp = "2024-06-09T23:30:00Z".parse().expect("a time");
        let (conversation, topic) = (conversation.to_owned(), topic.map(str::to_owned));
        Scored { conversation, topic, began, score, interactions: 3 }
    }

    fn all() -> Conversations {
        let of = |topic, n: usize, score| (0..n).map(move |n| scored(&n.to_string(), Some(topic), score));
        let scored = of("transit", 11, 8.0).chain(of("housing", 10, 2.0)).collect();
        Conversations { scored, interactions: 63, ..Conversations::default() }
    }

    #[test]
    fn a_small_topic_has_a_row_and_no_numbers() {
        let report = for_programs(&all(), Mode::Strict, &[]);
        assert_eq!((&report["overall"]["n"], &report["overall"]["interactions"]), (&json!(21), &json!(63)));
        assert_eq!(report["overall"]["mean_interval"].as_array().map(Vec::len), Some(2));
        let [housing, transit] = [&report["topics"][0], &report["topics"][1]];
        assert_eq!((&housing["topic"], &housing["status"]), (&json!("housing"), &json!("censored")));
        assert!(housing["n"].is_null() && housing["mean"].is_null() && housing["extreme"].is_null(), "{housing}");
        assert_eq!((&transit["mean"], &transit["extreme"]), (&json!(8.0), &json!(1.0)));
        let said = for_people(&all(), &[]);
        assert!(said.contains("  transit  n 11, score 8.00 (8.00 to 8.00), extreme 100.0 % ("), "{said}");
        assert!(said.contains("not shown  1") && !said.contains("housing"), "{said}");
    }

    #[test]
    fn an_events_kind_stands_beside_what_was_found() {
        let (event, day) = ("summit".to_owned(), date(2024, 6, 10));
        let event = Event { event, start: day, end: day, nature: Some(Nature::Publicised) };
        let outcomes = [Outcome::of(&event, &all().scored, &TimeZone::UTC)];
        let report = for_programs(&all(), Mode::Strict, &outcomes);
        let told = &report["events"][0];
        assert_eq!((&told["event_kind"], &told["kind"]), (&json!("publicised"), &json!("undetermined")));
        let said = for_people(&all(), &outcomes);
        assert!(said.contains("summit (publicised), 2024-06-10 to 2024-06-10: undetermined"), "{said}");
    }

    #[test]
    fn a_conversation_is_a_row_on_the_day_it_began_where_days_are_counted() {
        let mut out = Vec::new();
        let conversations = [scored("t1", Some("buses, trams"), 8.0), scored("t2", None, 20.0 / 3.0)];
        let zone = TimeZone::get("Europe/Madrid").expect("a zone");
        write_conversations(&mut out, &conversations, &zone).expect("written");
        let expected = "conversation,topic,first_day,interactions,score,band\n\
                        t1,\"buses, trams\",2024-06-10,3,8.000000,high\n\
                        t2,,2024-06-10,3,6.666667,mid\n";
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }
}
