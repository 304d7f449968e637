// Every word on the page. A second language is a second file of this shape.

import type { CellStatus, FeedState, PeriodKind, Reliability, SignalKind, Unit } from "./data/api";
import type { GapKind } from "./data/series";

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

export const strings = {
  locale: "en-GB",
  title: "Tidemark",
  tagline: "Prevalence of mental-health markers in public posts",
  skip: "Skip to the series",
  updated: (time: string) => `Updated ${time}`,
  version: (version: string) => `version ${version}`,
  theme: "Colours",
  themes: { auto: "As the system", light: "Light", dark: "Dark" },
  interface: "Interface (OpenAPI)",

  unreachable: "The server does not answer.",
  unreachableHelp: "The page asks again every few seconds. If tidemark is not running, start it with",
  problem: "This could not be answered.",
  loading: "Loading…",

  empty: {
    title: "No data yet",
    text: "Series appear here as soon as the first posts have been read, annotated and counted.",
    demo: "To look around with simulated posts of a year, start with the demo:",
    file: "To read posts of your own:",
    reading: "Posts are being read now; the first series should appear within a minute.",
  },

  freshness: {
    title: "Freshness and feed",
    stages: "Stages, in the order of the data",
    stageNames: {
      ingest: "Ingest",
      annotate: "Annotate",
      aggregate: "Aggregate",
      forecast: "Forecast",
      alert: "Alert",
    } as Record<string, string>,
    waiting: (count: string) => `${count} waiting`,
    upToDate: "nothing waiting",
    rate: (rate: string) => `${rate}/s`,
    ago: (age: string) => `${age} ago`,
    never: "no output yet",
    ledger: "Rows read",
    ledgerParts: { accepted: "accepted", rejected: "rejected", duplicates: "duplicates", unmatched: "deletions of unknown posts" },
    broker: "The broker does not answer",
    read: (name: string) => `Reading ${name}`,
    counting: (names: string) => (names ? `Scoring and counting ${names}` : "Scoring and counting"),
    share: (percent: string, rows: string, total: string) => `${percent} · ${rows} of ${total} rows`,
    readRows: (rows: string) => `${rows} rows so far`,
    feeds: (days: number) => `Posts per day and region, last ${days} days`,
    feedsHelp: "The line is what the same weekdays of the 28 days before let expect.",
    rising: "Rows are still being counted: the latest days will rise.",
    feedLatest: (day: string, posts: string, expected: string) => `${day}: ${posts} posts, ${expected} expected`,
    feedLatestAlone: (day: string, posts: string) => `${day}: ${posts} posts`,
    fewerThan: (units: number) => `fewer than ${units}`,
    feedSummary: (low: number, high: number, days: number) =>
      low + high === 0
        ? `no unusual day in ${days}`
        : [
            low ? `${low} ${plural(low, "day", "days")} with too few posts` : "",
            high ? `${high} with too many` : "",
          ]
            .filter(Boolean)
            .join(", "),
    table: "Table",
    columns: { region: "Region", day: "Day", posts: "Posts", expected: "Expected", state: "State" },
    none: "No posts yet.",
  },
  feedStates: {
    ok: "as expected",
    low: "too few",
    high: "too many",
    silent: "silent",
    open: "day not over",
    unknown: "no baseline yet",
  } as Record<FeedState, string>,

  alerts: {
    title: "Open alerts",
    none: "No open alert: no series is expected to exceed its threshold.",
    sentence: {
      lead: (marker: string, where: string, who: string) => [marker, ` ${where}, ${who}, `] as const,
      above: "is expected to exceed ",
      on: ", most likely on ",
    },
    facts: (lead: number, seen: string) =>
      `${lead} ${plural(lead, "day", "days")} ahead of the last day seen, ${seen}`,
    raised: (day: string, rule: string) => `raised on data to ${day} by rule “${rule}”`,
    record: {
      raised: (days: string, alerts: number, right: number) =>
        alerts === 0
          ? `On ${days} judged days of this series’ past, this rule would have raised no alert`
          : `On ${days} judged days of this series’ past, this rule would have raised ${alerts} ${plural(alerts, "alert", "alerts")}, ${right} of them right`,
      ppv: (value: string, lower: string, upper: string) => ` (PPV ${value}, ${lower} to ${upper})`,
      announced: (foreseen: number, spells: number) =>
        spells === 0
          ? "; no spell above the threshold began"
          : `; of ${spells} ${plural(spells, "spell", "spells")} above the threshold it announced ${foreseen}`,
      sensitivity: (value: string, lower: string, upper: string) => ` (sensitivity ${value}, ${lower} to ${upper})`,
      lead: (days: string) => `, ${days} ${days === "1" ? "day" : "days"} ahead at the median`,
      falseAlarms: (rate: string) => `; ${rate} false alarms in 30 days`,
      thin: "; so few say little: read the intervals",
    },
    probability: "probability",
    show: "Show the series",
    more: (count: number) => `${count} more`,
    resolved: (count: number) => `${count} resolved ${plural(count, "episode", "episodes")}`,
    over: (marker: string, where: string, day: string) => `${marker}, ${where}: over on data to ${day}`,
  },

  signals: {
    title: "Signals",
    help: "What stood out on days that are over. Scores say how much a look is worth; no signal is an alert.",
    none: (days: number) =>
      `No signal in the last ${days} days: on those that were judged no watched series stood out, and no feed changed.`,
    unjudged:
      "Nothing is judged yet: days that are being read in are judged once they have come to rest, and a feed once it is more than two weeks old.",
    judged: (sources: string[]) => `Judged: ${sources.join(", ")}.`,
    judgedTo: (source: string, day: string) => `${source} to ${day}`,
    notJudged: (sources: string[]) => `Not judged yet: ${sources.join(", ")}.`,
    resting: "Days that are being read in are judged once they have come to rest.",
    kinds: { data_quality: "Data quality", marker: "Marker" } as Record<SignalKind, string>,
    marker: (marker: string, where: string) => `${marker} ${where} stood higher than its own past let expect.`,
    feed: (source: string) =>
      `the feed of ${source} changed and not the people; on these days no series is judged, and no forecast sees them.`,
    days: (first: string, last: string, count: number) => `${first} to ${last}, ${count} ${plural(count, "day", "days")}`,
    score: (score: string) => `score ${score}`,
    more: (count: number) => `${count} more`,
  },

  series: {
    title: "Series",
    source: "Source",
    region: "Region",
    language: "Language",
    period: "Period",
    window: "Window",
    markers: (shown: number, all: number) => `Markers (${shown} of ${all})`,
    markersHint: "Filter markers",
    headlines: "Headline markers",
    periods: { day: "Days", epiweek: "Epiweeks (to Saturday)", isoweek: "ISO weeks (to Sunday)" } as Record<PeriodKind, string>,
    windows: { "90": "90 days", "180": "180 days", "365": "1 year", all: "Everything" } as Record<string, string>,
    postLevel: "Counts posts, not people: this source has no authors.",
    legend: {
      value: "share",
      band: "95 % interval",
      threshold: "threshold",
      fan: "forecast: median, 50, 80, 95 %",
      censored: (units: number) => `withheld (fewer than ${units})`,
      noData: "no data",
      suspect: "suspect: the feed changed, not the people",
    },
    none: "Choose at least one marker.",
  },
  regions: { all: "All regions", unknown: "Unknown place" } as Record<string, string>,
  languages: { all: "All languages", en: "English", es: "Spanish", other: "Other languages" } as Record<string, string>,
  inRegion: (region: string) => (region === "all" ? "in all regions" : region === "unknown" ? "in unknown places" : `in ${region}`),
  amongst: (unit: Unit, language: string) => {
    const who = unit === "author" ? "people" : "posts";
    const names: Record<string, string> = { en: "in English", es: "in Spanish", other: "in other languages" };
    if (language === "all") return `among ${who}`;
    return unit === "author" ? `among ${who} writing ${names[language] ?? language}` : `among ${who} ${names[language] ?? language}`;
  },
  units: { author: "people", post: "posts" } as Record<Unit, string>,
  statuses: { ok: "shown", censored: "withheld: too few", no_data: "no data" } as Record<CellStatus, string>,
  source: (name: string) => name,

  chart: {
    of: (unit: Unit) => `of ${unit === "author" ? "people" : "posts"}`,
    steps: (marker: string) => `${marker}: step through time with the arrow keys`,
    nothingHere: "Nothing in this window.",
    week: (label: string, end: string) => `week ${label.slice(4)} of ${label.slice(0, 4)}, to ${end}`,
    observed: (when: string, value: string, band: string, k: string, n: string, unit: Unit) =>
      `${when}: ${value} (${band}), ${k} of ${n} ${unit === "author" ? "people" : "posts"}`,
    z: (z: string) => `z ${z}`,
    reliability: { low: "low reliability", moderate: "moderate reliability", high: "high reliability" } as Record<Reliability, string>,
    withheld: (when: string) => `${when}: withheld, too few`,
    noData: (when: string) => `${when}: no data`,
    suspect: (why: string) => `suspect: ${why}`,
    ahead: (when: string, median: string, band: string) => `${when}, forecast: ${median} (95 %: ${band})`,
    aheadExceed: (probability: string) => `, ${probability} above threshold`,
    threshold: (value: string) => `threshold ${value}`,
    summary: {
      latest: (value: string, band: string, n: string, unit: Unit, when: string) =>
        `${value} (${band}) of ${n} ${unit === "author" ? "people" : "posts"} on ${when}`,
      change: (points: string, up: boolean) => `${points} points ${up ? "above" : "below"} the 28 days before`,
      level: "level with the 28 days before",
      unusual: (z: string, usual: string, period: PeriodKind) =>
        `z ${z} against ${period === "day" ? "the same weekdays of the eight weeks before" : "eight weeks before the last"} (${usual})`,
      highest: (value: string, when: string) => `Highest in view: ${value} on ${when}.`,
      gaps: ({ censored, no_data, suspect }: Record<GapKind, number>) =>
        [
          censored ? `${censored} withheld` : "",
          no_data ? `${no_data} without data` : "",
          suspect ? `${suspect} suspect and not drawn` : "",
        ]
          .filter(Boolean)
          .join(", "),
      forecast: (value: string, when: string) => `Forecast: ${value} on ${when}`,
      exceed: (within: string, threshold: string, when: string, probability: string) =>
        `; the probability of more than ${threshold} on any day of the forecast is ${within}, most likely on ${when}, ${probability}`,
      noForecast: "No forecast yet: it needs more days.",
      overtaken: (origin: string) => `The latest forecast was made on data to ${origin} and has been overtaken; the next is due.`,
      daily: "Forecasts are daily: choose days to see them.",
    },
    table: "Data table",
    csv: "Download CSV",
    columns: {
      period: "Period",
      value: "Share",
      band: "95 % interval",
      k: "With marker",
      n: { author: "People", post: "Posts asked" } as Record<Unit, string>,
      posts: "Posts",
      reliability: "Reliability",
      baseline: "Usual share",
      z: "z",
      ratio: "Share / usual",
      status: "Status",
    },
    reliabilities: { low: "low", moderate: "moderate", high: "high" } as Record<Reliability, string>,
    forecastColumns: { median: "Median", fifty: "50 %", eighty: "80 %", ninetyFive: "95 %", exceed: "P(above threshold)" },
    observedCaption: (title: string) => `${title}: observed, newest first`,
    forecastCaption: (title: string) => `${title}: forecast`,
    provenance: (model: string, lexicon: string, code: string) => `model ${model || "–"}, lexica ${lexicon || "–"}, program ${code}`,
  },

  footer: (units: number) => [
    `Every number speaks of a population, never of a person. A number that stands on fewer than ${units} people (posts, where a source has no authors) is withheld.`,
    "A person counts once per period, however much they write. Bands are Wilson’s 95 % intervals; they do not cover the errors of a marker or of who posts in public.",
    "z says by how many standard deviations a share lies above its usual one, the mean of the same weekdays of the eight weeks before (of weeks: of the weeks two to nine before). Reliability is that of a share of so many people: low below 50, high from 200 on.",
  ],
};
