// The interface under /api/v1, as the server describes it in openapi.json.

export type Unit = "author" | "post";
export type PeriodKind = "day" | "epiweek" | "isoweek";
export type CellStatus = "ok" | "censored" | "no_data";
export type Reliability = "low" | "moderate" | "high";
export type FeedState = "ok" | "low" | "high" | "silent" | "open" | "unknown";

export interface Stage {
  stage: string;
  topic: string;
  lag: number | null;
  rate_per_second: number | null;
  freshness_seconds: number | null;
}

export interface Load {
  name: string;
  rows: number;
  rows_total: number | null;
  done: boolean;
}

export interface FeedDay {
  source: string;
  region: string;
  day: string;
  /** Null: some, but too few to be counted out. */
  posts: number | null;
  expected: number | null;
  state: FeedState;
}

export interface Ledger {
  read: number;
  accepted: number;
  rejected: number;
  duplicates: number;
  unmatched: number;
}

export interface Status {
  version: string;
  now: string;
  ledger: Ledger;
  broker: { reachable: boolean; detail: string };
  stages: Stage[];
  feeds: FeedDay[];
  loads: Load[];
}

export interface Marker {
  name: string;
  title: string;
  description: string;
  family: string;
  headline: boolean;
}

export interface Source {
  source: string;
  unit: Unit;
  first_day: string;
  last_day: string;
  regions: string[];
  languages: string[];
  markers: Marker[];
}

export interface Catalogue {
  min_units: number;
  sources: Source[];
}

export interface SeriesKey {
  source: string;
  region: string;
  language: string;
  marker: string;
  period: PeriodKind;
}

export interface Point {
  label: string;
  start: string;
  end: string;
  status: CellStatus;
  value: number | null;
  lower: number | null;
  upper: number | null;
  k: number | null;
  n: number | null;
  n_posts: number | null;
  /** The value with likely bots among the units. Null also where they are few, or were not counted. */
  value_with_bots: number | null;
  /** Null: posts are counted, or the number is withheld. */
  reliability: Reliability | null;
  /** The mean of the same weekdays (of a week: of eight weeks) before it. Null: too few. */
  baseline: number | null;
  /** Standard deviations above the baseline. */
  z: number | null;
  /** The value over the baseline. */
  ratio: number | null;
  /** The value without the marker's errors, with its 95 % interval. Null: the server knows no error rates of it. */
  adjusted: number | null;
  adjusted_lower: number | null;
  adjusted_upper: number | null;
  /** Of all regions together: the value by who lives there, with its 95 % interval. Null: the server knows no population. */
  weighted: number | null;
  weighted_lower: number | null;
  weighted_upper: number | null;
  /** Why the feed, and not the people, changed in the period. Null: it did not, or was not judged yet. */
  suspect: string | null;
  issued_at: string | null;
  model: string;
  lexicon: string;
  code: string;
}

export interface Series {
  key: SeriesKey;
  unit: Unit;
  points: Point[];
}

export interface ForecastDay {
  target: string;
  horizon_days: number;
  quantiles: number[];
  p_exceed: number | null;
}

export interface Forecasts {
  key: SeriesKey;
  unit: Unit;
  model: string | null;
  origin: string | null;
  issued_at: string | null;
  threshold: number | null;
  rule: string | null;
  /** P(above threshold on at least one of the days). */
  p_exceed_within: number | null;
  levels: number[];
  days: ForecastDay[];
}

export interface Alert {
  id: string;
  rule: string;
  key: SeriesKey;
  unit: Unit;
  title: string;
  state: "open" | "resolved";
  threshold: number;
  probability: number;
  peak_day: string;
  origin: string;
  raised_origin: string;
  lead_days: number;
  issued_at: string;
  /** Null: not computed yet, or no day can be judged. */
  track_record: TrackRecord | null;
}

/** A share with its 95 % interval. */
export interface Share {
  value: number;
  lower: number;
  upper: number;
}

/** How a rule did on one series’ own past. */
export interface TrackRecord {
  from: string;
  to: string;
  judged_days: number;
  episodes: number;
  right: number;
  /** Null: no episode. */
  ppv: Share | null;
  spells: number;
  foreseen: number;
  /** Null: no spell. */
  sensitivity: Share | null;
  false_alarms_per_month: number | null;
  lead_days: number | null;
  /** A share stands on fewer than five alerts or spells. */
  is_thin: boolean;
  computed_at: string;
}

export type SignalKind = "data_quality" | "marker";

/** What has happened and is worth a look. It speaks of days that are over, and is no alert. */
export interface Signal {
  id: string;
  kind: SignalKind;
  source: string;
  region: string;
  language: string;
  /** Null, as title and score: it speaks of a feed. */
  marker: string | null;
  title: string | null;
  first_day: string;
  last_day: string;
  days: number;
  score: number | null;
  reasons: string[];
  issued_at: string;
}

/** How far a source was judged: no signal on later days says nothing yet. */
export interface Judged {
  source: string;
  last_day: string;
  issued_at: string;
}

export interface Signals {
  signals: Signal[];
  /** A source that was not judged yet is absent. */
  judged: Judged[];
}

/** RFC 9457 problem details, as an error. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail);
  }
}

type Parameters = Record<string, string | undefined>;

export async function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const query = new URLSearchParams(given).toString();
  const address = `/api/v1/${path}${query ? `?${query}` : ""}`;
  const response = await fetch(address, { headers: { accept: "application/json" }, ...(signal && { signal }) });
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
    throw new ProblemError(response.status, problem.title ?? response.statusText, problem.detail ?? "");
  }
  return (await response.json()) as T;
}
