// From what the server says to what a chart needs. Pure.

import type { CellStatus, Forecasts, Point, Reliability, Series } from "./api";
import { addDays, at, daysBetween, stepDays } from "./dates";

/** One period on the axis; periods the server does not mention are there too, without data. */
export interface Slot {
  end: string;
  date: Date;
  label: string;
  status: CellStatus;
  value: number;
  lower: number;
  upper: number;
  k: number | null;
  n: number | null;
  nPosts: number | null;
  reliability: Reliability | null;
  baseline: number | null;
  z: number | null;
  ratio: number | null;
  /** Why the feed, and not the people, changed; null where it did not. The numbers are kept, and not drawn. */
  suspect: string | null;
}

/** One day ahead: the quantiles that are drawn. */
export interface Ahead {
  end: string;
  date: Date;
  horizonDays: number;
  q025: number;
  q100: number;
  q250: number;
  q500: number;
  q750: number;
  q900: number;
  q975: number;
  pExceed: number | null;
}

/** Why a period is drawn as a gap. */
export type GapKind = Exclude<CellStatus, "ok"> | "suspect";

/** A run of neighbouring periods that are drawn as a gap, for the same reason. */
export interface Gap {
  kind: GapKind;
  first: Date;
  last: Date;
  count: number;
}

const DRAWN = { q025: 0.025, q100: 0.1, q250: 0.25, q500: 0.5, q750: 0.75, q900: 0.9, q975: 0.975 } as const;

function toSlot(point: Point): Slot {
  const shown = point.status === "ok";
  return {
    end: point.end,
    date: at(point.end),
    label: point.label,
    status: point.status,
    // NaN breaks a line where it stands: a gap is drawn as a gap.
    value: shown ? (point.value ?? NaN) : NaN,
    lower: shown ? (point.lower ?? NaN) : NaN,
    upper: shown ? (point.upper ?? NaN) : NaN,
    k: shown ? point.k : null,
    n: shown ? point.n : null,
    nPosts: shown ? point.n_posts : null,
    reliability: shown ? point.reliability : null,
    baseline: point.baseline,
    z: shown ? point.z : null,
    ratio: shown ? point.ratio : null,
    suspect: point.suspect,
  };
}

const nothing = (end: string): Slot => ({
  end,
  date: at(end),
  label: end,
  status: "no_data",
  value: NaN,
  lower: NaN,
  upper: NaN,
  k: null,
  n: null,
  nPosts: null,
  reliability: null,
  baseline: null,
  z: null,
  ratio: null,
  suspect: null,
});

/** Every period from the first point to the last, in the order of time. */
export function toSlots(series: Series): Slot[] {
  const points = series.points.toSorted((a, b) => a.end.localeCompare(b.end));
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return [];
  const step = stepDays(series.key.period);
  const known = new Map(points.map((point) => [point.end, point]));
  const count = Math.floor(daysBetween(first.end, last.end) / step) + 1;
  return Array.from({ length: count }, (_, index) => {
    const end = addDays(first.end, index * step);
    const point = known.get(end);
    return point ? toSlot(point) : nothing(end);
  });
}

/** Why a period is a gap: that its feed is suspect says more than that nobody wrote. Null where it is drawn. */
export const gapOf = (slot: Slot): GapKind | null =>
  slot.suspect !== null ? "suspect" : slot.status === "ok" ? null : slot.status;

/** The periods as they are drawn: suspect ones without their numbers, so that line and band break there. */
export const toDrawn = (slots: Slot[]): Slot[] =>
  slots.map((slot) => (slot.suspect === null ? slot : { ...slot, value: NaN, lower: NaN, upper: NaN }));

export function toGaps(slots: Slot[]): Gap[] {
  const gaps: Gap[] = [];
  let before: GapKind | null = null;
  for (const slot of slots) {
    const kind = gapOf(slot);
    if (kind !== null) {
      const open = gaps.at(-1);
      if (open && before === kind) {
        open.last = slot.date;
        open.count += 1;
      } else {
        gaps.push({ kind, first: slot.date, last: slot.date, count: 1 });
      }
    }
    before = kind;
  }
  return gaps;
}

/** The fan; empty when the forecast lacks a level that is drawn. */
export function toAhead(forecasts: Forecasts): Ahead[] {
  const places = Object.entries(DRAWN).map(
    ([name, level]) => [name, forecasts.levels.findIndex((known) => Math.abs(known - level) < 1e-9)] as const,
  );
  if (places.some(([, place]) => place < 0)) return [];
  return forecasts.days
    .toSorted((a, b) => a.horizon_days - b.horizon_days)
    .map((day) => ({
      end: day.target,
      date: at(day.target),
      horizonDays: day.horizon_days,
      pExceed: day.p_exceed,
      ...(Object.fromEntries(places.map(([name, place]) => [name, day.quantiles[place] ?? NaN])) as Record<
        keyof typeof DRAWN,
        number
      >),
    }));
}

/** Of a fan, the days that are still to come: what was observed since its origin replaces what was forecast. */
export function stillAhead(ahead: Ahead[], slots: Slot[]): Ahead[] {
  const last = slots.at(-1);
  return last ? ahead.filter((day) => day.end > last.end) : ahead;
}

/** The vertical extent: what is drawn, a little more, and never outside [0, 1]. */
export function extent(slots: Slot[], ahead: Ahead[], threshold: number | null): [number, number] {
  const drawn = [
    ...slots.flatMap((slot) => [slot.lower, slot.upper]),
    ...ahead.flatMap((day) => [day.q025, day.q975]),
    ...(threshold === null ? [] : [threshold]),
  ].filter(Number.isFinite);
  if (drawn.length === 0) return [0, 1];
  const low = drawn.reduce((a, b) => Math.min(a, b));
  const high = drawn.reduce((a, b) => Math.max(a, b));
  const room = Math.max((high - low) * 0.08, 0.002);
  // A scale that nearly reaches zero starts there: nobody has to look for it.
  const floor = low - room < (high - low) * 0.6 ? 0 : low - room;
  return [Math.max(0, floor), Math.min(1, high + room)];
}

/** What the text summary of a chart says. Suspect periods are neither the latest, nor the highest, nor compared with. */
export interface Summary {
  latest: Slot | null;
  /** Latest value minus the mean of the 28 days (4 weeks) before it. */
  change: number | null;
  highest: Slot | null;
  shown: number;
  gaps: Record<GapKind, number>;
  /** The day of the fan on which exceeding the threshold is likeliest. */
  likeliest: Ahead | null;
  end: Ahead | null;
}

export function summarise(slots: Slot[], ahead: Ahead[], step: number): Summary {
  const isShown = (slot: Slot) => gapOf(slot) === null;
  const shown = slots.filter(isShown);
  const latest = shown.at(-1) ?? null;
  const window = Math.round(28 / step);
  const before = slots
    .slice(0, latest ? slots.indexOf(latest) : 0)
    .slice(-window)
    .filter(isShown);
  const mean = before.reduce((sum, slot) => sum + slot.value, 0) / before.length;
  const counted = (kind: GapKind) => slots.filter((slot) => gapOf(slot) === kind).length;
  const most = <T>(items: T[], of: (item: T) => number): T | null =>
    items.reduce<T | null>((best, item) => (best === null || of(item) > of(best) ? item : best), null);
  return {
    latest,
    change: latest && before.length >= window / 2 ? latest.value - mean : null,
    highest: most(shown, (slot) => slot.value),
    shown: shown.length,
    gaps: { censored: counted("censored"), no_data: counted("no_data"), suspect: counted("suspect") },
    likeliest: most(
      ahead.filter((day) => day.pExceed !== null),
      (day) => day.pExceed ?? 0,
    ),
    end: ahead.at(-1) ?? null,
  };
}

/** The place of `end` among the steps of a chart, or of the nearest one. */
export function nearest(ends: Date[], when: Date): number {
  if (ends.length === 0) return -1;
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as Date) < when) low = middle + 1;
    else high = middle;
  }
  const after = ends[low] as Date;
  const before = ends[low - 1];
  return before && when.getTime() - before.getTime() <= after.getTime() - when.getTime() ? low - 1 : low;
}
