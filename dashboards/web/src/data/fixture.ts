// A synthetic data set in the interface's exact shape, for tests and for working on the page alone. No real data.

import type { Alert, Catalogue, FeedDay, Forecasts, Judged, Point, Reliability, Series, Signal, Status } from "./api";
import { addDays, daysBetween } from "./dates";

export const LEVELS = [0.01, 0.025, 0.05, ...Array.from({ length: 17 }, (_, i) => (i + 2) * 0.05), 0.95, 0.975, 0.99]
  .map((level) => Math.round(level * 1000) / 1000)
  .filter((level, index, all) => all.indexOf(level) === index);

const FIRST = "2025-11-22";
const LAST = "2026-11-20";
const REGIONS = ["all", "east", "north", "south", "west"];
const MARKERS = [
  ["mh.stress", "Stress", "Posts in which the writer's own stress is expressed.", true],
  ["mh.depression", "Depression", "Posts in which the writer's own depressive distress is expressed.", true],
  ["sentiment.negative", "Negative sentiment", "Posts of negative sentiment.", true],
  ["emotion.goemotions.sadness", "Sadness", "Posts that express sadness.", true],
  ["lexicon.suicide_risk.loneliness", "Loneliness (suicide risk words)", "Posts with a word of that category.", false],
] as const;

/** A day on which the feed changed and not the people, and why. */
const SUSPECT = {
  day: addDays(LAST, -8),
  reasons: ["31 posts; 300 are usual", "18 hours without a post; 0 are usual"],
};

/** The same number for the same text, in [0, 1). */
function chance(text: string): number {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}

const silent = (region: string, day: string) => region === "west" && day >= "2026-08-03" && day <= "2026-08-06";

export function truth(marker: string, region: string, day: string): number {
  const index = daysBetween(FIRST, day);
  const base = 0.07 + 0.12 * chance(marker) + 0.02 * chance(region);
  const week = 0.008 * Math.sin((2 * Math.PI * index) / 7);
  const surge = 0.07 * Math.exp(-(((index - 120 - 90 * chance(`${marker}s`)) / 9) ** 2));
  const rise = marker === "mh.stress" ? 0.06 / (1 + Math.exp((365 - index) / 6)) : 0;
  return base + week + surge + rise;
}

type Beside = Pick<Point, "reliability" | "baseline" | "z" | "ratio" | "suspect">;

/** A server that is given no tables adjusts and weights nothing. */
const UNTOLD = {
  ...{ adjusted: null, adjusted_lower: null, adjusted_upper: null },
  ...{ weighted: null, weighted_lower: null, weighted_upper: null },
};

function counted(marker: string, region: string, day: string): Omit<Point, keyof Beside> {
  const n = silent(region, day) ? 0 : Math.round((region === "all" ? 300 : 70) * (0.8 + 0.4 * chance(`${region}${day}`)));
  const small = region === "south" && chance(`small${day}`) < 0.04;
  const made = { issued_at: "2026-11-21T08:00:00Z", model: "m", lexicon: "l", code: "0.1.0" };
  const base = { label: day, start: day, end: day, ...made, ...UNTOLD };
  const none = { value: null, lower: null, upper: null, k: null, n: null, n_posts: null, value_with_bots: null };
  if (n === 0) return { ...base, ...none, status: "no_data" };
  if (small) return { ...base, ...none, status: "censored" };
  const k = Math.round(n * truth(marker, region, day) * (0.85 + 0.3 * chance(`${marker}${region}${day}`)));
  const p = k / n;
  const z2 = 3.8415;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (1.96 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  const counts = { k, n, n_posts: Math.round(n * 1.3), value_with_bots: (k + 11) / (n + 11) };
  return { ...base, status: "ok", value: p, lower: centre - half, upper: centre + half, ...counts };
}

/** What stands beside a number, as the server reckons it: the same weekdays of eight weeks, four of them at least, none of
    them suspect. */
function beside(marker: string, region: string, cell: Omit<Point, keyof Beside>): Beside {
  const earlier = Array.from({ length: 8 }, (_, index) => addDays(cell.end, -7 * (index + 1)))
    .filter((day) => day >= FIRST && day !== SUSPECT.day)
    .map((day) => counted(marker, region, day).value)
    .filter((value) => value !== null);
  const { value, n } = cell;
  const word: Reliability | null = n === null ? null : n < 50 ? "low" : n < 200 ? "moderate" : "high";
  const suspect = cell.end === SUSPECT.day ? SUSPECT.reasons.join("; ") : null;
  if (earlier.length < 4) return { reliability: word, baseline: null, z: null, ratio: null, suspect };
  const mean = earlier.reduce((sum, one) => sum + one, 0) / earlier.length;
  if (value === null || n === null) return { reliability: null, baseline: mean, z: null, ratio: null, suspect };
  if (suspect !== null) return { reliability: word, baseline: mean, z: null, ratio: null, suspect };
  const sd = Math.sqrt(earlier.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (earlier.length - 1));
  const spread = Math.max(sd, Math.sqrt((mean * (1 - mean)) / n));
  return { reliability: word, baseline: mean, z: (value - mean) / spread, ratio: value / mean, suspect };
}

function point(marker: string, region: string, day: string): Point {
  const cell = counted(marker, region, day);
  return { ...cell, ...beside(marker, region, cell) };
}

export function series(marker: string, region = "all", from = FIRST, to = LAST): Series {
  const first = from > FIRST ? from : FIRST;
  const count = daysBetween(first, to < LAST ? to : LAST) + 1;
  return {
    key: { source: "simulated", region, language: "all", marker, period: "day" },
    unit: "author",
    points: Array.from({ length: Math.max(0, count) }, (_, index) => point(marker, region, addDays(first, index))),
  };
}

export function forecasts(marker: string, region = "all"): Forecasts {
  const threshold = truth(marker, region, addDays(LAST, -3)) + 0.015;
  const days = Array.from({ length: 14 }, (_, index) => {
    const target = addDays(LAST, index + 1);
    const centre = truth(marker, region, target);
    const spread = 0.01 + 0.002 * index;
    const quantiles = LEVELS.map((level) => Math.max(0, centre + spread * Math.log(level / (1 - level)) * 0.6));
    const below = LEVELS.findLast((_, place) => (quantiles[place] as number) <= threshold) ?? 0.01;
    return { target, horizon_days: index + 1, quantiles, p_exceed: 1 - below };
  });
  return {
    key: { source: "simulated", region, language: "all", marker, period: "day" },
    unit: "author",
    model: "tidemark",
    origin: LAST,
    issued_at: "2026-11-21T08:00:01Z",
    threshold,
    rule: "trailing-80",
    p_exceed_within: Math.max(...days.map((day) => day.p_exceed)),
    levels: LEVELS,
    days,
  };
}

export function feed(region?: string, from = addDays(LAST, -89)): FeedDay[] {
  const regions = region ? [region] : REGIONS.slice(1);
  return regions.flatMap((name) =>
    Array.from({ length: daysBetween(from, LAST) + 1 }, (_, index) => {
      const day = addDays(from, index);
      const expected = 90 + 15 * Math.sin((2 * Math.PI * index) / 7);
      const quiet = silent(name, day) || (name === "east" && day === "2026-10-13");
      const posts = quiet ? (name === "east" ? 31 : 0) : Math.round(expected * (0.9 + 0.2 * chance(`${name}${day}f`)));
      const state = posts === 0 ? "silent" : quiet ? "low" : "ok";
      return { source: "simulated", region: name, day, posts, expected, state } as FeedDay;
    }),
  );
}

export const catalogue: Catalogue = {
  min_units: 11,
  sources: [
    {
      source: "simulated",
      unit: "author",
      first_day: FIRST,
      last_day: LAST,
      regions: REGIONS,
      languages: ["all", "en", "es"],
      markers: MARKERS.map(([name, title, description, headline]) => ({
        ...{ name, title, description, headline },
        family: name.slice(0, name.lastIndexOf(".")),
      })),
    },
  ],
};

export const status: Status = {
  version: "0.1.0",
  now: "2026-11-21T08:00:05Z",
  ledger: { read: 109_871, accepted: 108_700, rejected: 214, duplicates: 933, unmatched: 24 },
  broker: { reachable: true, detail: "" },
  stages: [
    { stage: "ingest", topic: "", lag: null, rate_per_second: 1210, freshness_seconds: 1 },
    { stage: "annotate", topic: "tidemark.posts", lag: 5210, rate_per_second: 904.3, freshness_seconds: 1 },
    { stage: "aggregate", topic: "tidemark.annotated", lag: 310, rate_per_second: 911.9, freshness_seconds: 4 },
    { stage: "forecast", topic: "", lag: null, rate_per_second: null, freshness_seconds: 61 },
    { stage: "alert", topic: "", lag: null, rate_per_second: null, freshness_seconds: 62 },
  ],
  feeds: feed(undefined, LAST),
  loads: [{ name: "demo", rows: 109_871, rows_total: 146_000, done: false }],
};

export const alerts: Alert[] = [
  ["mh.stress", "north", 0.93, 6],
  ["mh.stress", "all", 0.88, 8],
  ["mh.depression", "south", 0.71, 11],
].map(([marker, region, probability, lead], index) => ({
  id: `a${index}`,
  rule: "trailing-80",
  key: { source: "simulated", region: region as string, language: index === 2 ? "es" : "all", marker: marker as string, period: "day" },
  unit: "author",
  title: marker === "mh.stress" ? "Stress" : "Depression",
  state: "open",
  threshold: truth(marker as string, region as string, LAST) + 0.01,
  probability: probability as number,
  peak_day: addDays(LAST, lead as number),
  origin: LAST,
  raised_origin: addDays(LAST, -2),
  lead_days: lead as number,
  issued_at: "2026-11-21T08:00:02Z",
  track_record:
    index === 2
      ? null
      : {
          from: addDays(LAST, -372),
          to: addDays(LAST, -22),
          judged_days: 351,
          episodes: 4,
          right: 3,
          ppv: { value: 0.75, lower: 0.3006, upper: 0.9544 },
          spells: 5,
          foreseen: 2,
          sensitivity: { value: 0.4, lower: 0.1176, upper: 0.7693 },
          false_alarms_per_month: 30 / 351,
          lead_days: 3.5,
          is_thin: true,
          computed_at: "2026-11-01T00:01:00Z",
        },
}));

const feedSignal: Signal = {
  id: "f",
  kind: "data_quality",
  source: "simulated",
  region: "all",
  language: "all",
  marker: null,
  title: null,
  first_day: SUSPECT.day,
  last_day: SUSPECT.day,
  days: 1,
  score: null,
  reasons: SUSPECT.reasons,
  issued_at: "2026-11-21T08:00:02Z",
};

export const signals: Signal[] = [
  {
    ...feedSignal,
    id: "m",
    kind: "marker",
    region: "north",
    marker: "mh.stress",
    title: "Stress",
    first_day: addDays(LAST, -2),
    last_day: LAST,
    days: 3,
    score: 7.31,
    reasons: ["14.20 % up to 2026-11-20; 10.10 % were expected"],
  },
  feedSignal,
];

export const judged: Judged[] = [{ source: "simulated", last_day: LAST, issued_at: "2026-11-21T08:00:02Z" }];

/** Answers an address under /api/v1. */
export function answer(address: string): unknown {
  const url = new URL(address, "http://fixture");
  const ask = (name: string) => url.searchParams.get(name) ?? undefined;
  switch (url.pathname) {
    case "/status":
      return status;
    case "/catalogue":
      return catalogue;
    case "/series":
      return series(ask("marker") ?? "", ask("region"), ask("from"), ask("to"));
    case "/forecasts":
      return forecasts(ask("marker") ?? "", ask("region"));
    case "/alerts":
      return { alerts };
    case "/signals":
      return { signals, judged };
    case "/feed-health":
      return { days: feed(ask("region"), ask("from")) };
    default:
      return undefined;
  }
}
