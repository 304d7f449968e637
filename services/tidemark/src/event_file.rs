//! A file of events: what happened or is planned, and on which days. `tidemark polarization` and `tidemark events` read it,
//! and `tidemark forecast` and `tidemark backtest` as a calendar.

use crate::files::{is_dash, open};
use anyhow::Context as _;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use tidemark_forecast::History;
use tidemark_polarization::Nature;

/// One event of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventRow {
    /// Its name.
    pub(crate) name: String,
    /// First day.
    pub(crate) start: Date,
    /// Last day.
    pub(crate) end: Date,
    /// The one series that it may have touched; all where none is named.
    pub(crate) series: Option<String>,
    /// What its maker calls its kind.
    pub(crate) kind: Option<String>,
}

impl EventRow {
    /// Whether it may have touched a series.
    pub(crate) fn touches(&self, series: &str) -> bool {
        self.series.as_deref().is_none_or(|only| only == series)
    }

    /// The event as conversations are compared around it. A kind that is neither of the two is a fault.
    pub(crate) fn around(self) -> anyhow::Result<tidemark_polarization::Event> {
        let Self { name, start, end, kind, .. } = self;
        let nature = |word: String| {
            let fault = || format!("the event `{name}` has the kind `{word}`: publicised, sudden, or nothing");
            Nature::read(&word).with_context(fault)
        };
        let nature = kind.map(nature).transpose()?;
        Ok(tidemark_polarization::Event { event: name, start, end, nature })
    }
}

/// Reads events: CSV with the columns event (or name) and start (or date), and perhaps end, without which an event has one
/// day, series, without which it may have touched all, and kind. Other columns are passed over.
pub(crate) fn read_events(path: &Path) -> anyhow::Result<Vec<EventRow>> {
    let file = if is_dash(path) { "standard input".to_owned() } else { path.display().to_string() };
    let mut text = String::new();
    open(path)?.reader.read_to_string(&mut text).with_context(|| format!("cannot read {file}"))?;
    events(&text, &file)
}

/// That events which name a series name one of those at hand.
pub(crate) fn check_series(events: &[EventRow], series: &BTreeMap<String, History>) -> anyhow::Result<()> {
    let mut named = events.iter().filter_map(|event| Some((event, event.series.as_deref()?)));
    if let Some((event, missing)) = named.find(|(_, name)| !series.contains_key(*name)) {
        anyhow::bail!("the event `{}` names the series `{missing}`, which the series file does not hold", event.name);
    }
    Ok(())
}

fn events(text: &str, file: &str) -> anyhow::Result<Vec<EventRow>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().with_context(|| format!("{file} has no header"))?.clone();
    let column = |wanted: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(wanted));
    let either = |one: &'static str, other: &'static str| {
        let found = column(one).map(|place| (place, one)).or_else(|| column(other).map(|place| (place, other)));
        found.with_context(|| {
            format!("{file}: the header has no column `{one}` or `{other}`; it needs event and start, or name and date")
        })
    };
    let (event, _) = either("event", "name")?;
    let (start, of_start) = either("start", "date")?;
    let (end, series, kind) = (column("end"), column("series"), column("kind"));
    let mut events = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| format!("{file} is not CSV"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let date = |place: usize, what: &str| -> anyhow::Result<Date> {
            let written = record.get(place).unwrap_or_default();
            written.parse().ok().with_context(|| format!("{file}, line {line}: {what} is no date (2024-06-10)"))
        };
        let given =
            |place: Option<usize>| place.filter(|place| record.get(*place).is_some_and(|cell| !cell.is_empty()));
        let start = date(start, of_start)?;
        let end = given(end).map_or(Ok(start), |place| date(place, "end"))?;
        anyhow::ensure!(start <= end, "{file}, line {line}: the event ends before it starts");
        let name = record.get(event).unwrap_or_default().to_owned();
        anyhow::ensure!(!name.is_empty(), "{file}, line {line}: the event has no name");
        let word = |place: Option<usize>| given(place).and_then(|place| record.get(place)).map(str::to_owned);
        events.push(EventRow { name, start, end, series: word(series), kind: word(kind) });
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::{EventRow, Nature, events};
    use jiff::civil::date;

    fn row(name: &str, end: i8, series: Option<&str>) -> EventRow {
        EventRow {
            name: name.to_owned(),
            start: date(2024, 6, 10),
            end: date(2024, 6, end),
            series: series.map(str::to_owned),
            kind: None,
        }
    }

    #[test]
    fn both_headers_are_read_and_what_is_not_said_has_a_meaning() {
        let of_polarization = events("event,start,end\nsummit,2024-06-10,2024-06-12\nfair,2024-06-10,\n", "e.csv");
        assert_eq!(of_polarization.expect("events"), [row("summit", 12, None), row("fair", 10, None)]);
        let text =
            "\u{feff}Date,End,Name,Series,Note\n2024-06-10,,\"fair, small\",s/all,x\n2024-06-10,2024-06-11,flood,,\n";
        let found = events(text, "e.csv").expect("events");
        assert_eq!(found, [row("fair, small", 10, Some("s/all")), row("flood", 11, None)]);
        assert_eq!(events("date,name\n2024-06-10,fair\n", "e.csv").expect("events"), [row("fair", 10, None)]);
    }

    #[test]
    fn a_kind_is_one_of_two_where_conversations_are_compared() {
        let text = "name,date,kind\nsummit,2024-06-10,Publicised\nflood,2024-06-10,sudden\nfair,2024-06-10,\n";
        let natures: Vec<_> = events(text, "e.csv")
            .expect("events")
            .into_iter()
            .map(|row| row.around().expect("a kind, or none").nature)
            .collect();
        assert_eq!(natures, [Some(Nature::Publicised), Some(Nature::Sudden), None]);
        // Others may call kinds what they like: series are studied without them.
        let row = events("name,date,kind\nflood,2024-06-10,weather\n", "e.csv").expect("events").remove(0);
        let fault = row.around().expect_err("no kind of ours").to_string();
        assert_eq!(fault, "the event `flood` has the kind `weather`: publicised, sudden, or nothing");
    }

    #[test]
    fn a_fault_names_its_line_and_its_column() {
        for (text, fault) in [
            ("date,name\n2024-06-10,fair\nsoon,flood\n", "e.csv, line 3: date is no date (2024-06-10)"),
            ("date,end,name\n2024-06-10,2024-06-09,fair\n", "e.csv, line 2: the event ends before it starts"),
            ("date,name\n2024-06-10,\n", "e.csv, line 2: the event has no name"),
            (
                "day,name\n",
                "e.csv: the header has no column `start` or `date`; it needs event and start, or name and date",
            ),
        ] {
            assert_eq!(events(text, "e.csv").expect_err("a fault").to_string(), fault);
        }
    }
}
