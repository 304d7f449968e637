import { describe, expect, it } from "vitest";
import type { Series } from "./api";
import { byRegion, unusual } from "./feed";
import { LEVELS, feed, forecasts, series } from "./fixture";
import { extent, gapOf, nearest, stillAhead, summarise, toAhead, toDrawn, toGaps, toSlots } from "./series";

const south = series("mh.stress", "south");
const west = series("mh.stress", "west");

describe("slots", () => {
  it("hold every day between the first and the last, also those the server does not mention", () => {
    const sparse: Series = { ...west, points: west.points.filter((_, index) => index % 3 === 0) };
    const slots = toSlots(sparse);
    expect(slots).toHaveLength(3 * (sparse.points.length - 1) + 1);
    expect(slots.filter((slot) => slot.status === "no_data").length).toBeGreaterThan(slots.length / 2);
    for (const [index, slot] of slots.entries()) {
      const before = slots[index - 1];
      if (before) expect(slot.date.getTime() - before.date.getTime()).toBe(86_400_000);
    }
  });

  it("step by weeks in weekly series", () => {
    const weekly: Series = {
      ...west,
      key: { ...west.key, period: "epiweek" },
      points: west.points.filter((point) => new Date(`${point.end}T00:00:00Z`).getUTCDay() === 6).toSpliced(4, 2),
    };
    const slots = toSlots(weekly);
    expect(slots).toHaveLength(weekly.points.length + 2);
    expect(slots.slice(4, 6).map((slot) => slot.status)).toEqual(["no_data", "no_data"]);
  });

  it("show no number of a withheld cell, even if one were sent", () => {
    const first = south.points[0];
    if (!first) throw new Error("the fixture has points");
    const numbers = { value: 0.5, lower: 0.4, upper: 0.6, k: 4, n: 8, reliability: "low", z: 2, ratio: 1.5 } as const;
    const leaking: Series = { ...south, points: [{ ...first, ...numbers, status: "censored" }] };
    const [slot] = toSlots(leaking);
    expect([slot?.value, slot?.lower, slot?.upper]).toEqual([NaN, NaN, NaN]);
    expect([slot?.k, slot?.n]).toEqual([null, null]);
    expect([slot?.reliability, slot?.z, slot?.ratio]).toEqual([null, null, null]);
  });

  it("are none where there are no points", () => {
    expect(toSlots({ ...south, points: [] })).toEqual([]);
  });
});

describe("gaps", () => {
  it("are runs of one reason", () => {
    const slots = toSlots(west);
    const outage = new Date("2026-11-12T00:00:00Z");
    expect(toGaps(slots)).toEqual([
      { kind: "no_data", first: new Date("2026-08-03T00:00:00Z"), last: new Date("2026-08-06T00:00:00Z"), count: 4 },
      { kind: "suspect", first: outage, last: outage, count: 1 },
    ]);
    const withheld = toSlots(south).filter((slot) => gapOf(slot) === "censored").length;
    expect(withheld).toBeGreaterThan(0);
    expect(toGaps(toSlots(south)).reduce((sum, gap) => sum + gap.count, 0)).toBe(withheld + 1);
  });

  it("tell a withheld day from a neighbouring day without data", () => {
    const [a, b] = west.points;
    if (!a || !b) throw new Error("the fixture has points");
    const slots = toSlots({ ...west, points: [{ ...a, status: "censored" }, { ...b, status: "no_data" }] });
    expect(toGaps(slots).map((gap) => [gap.kind, gap.count])).toEqual([["censored", 1], ["no_data", 1]]);
  });

  it("are suspect where the feed is, whether somebody wrote or not", () => {
    const [a, b, c] = west.points;
    if (!a || !b || !c) throw new Error("the fixture has points");
    const why = { suspect: "no posts; 120 are usual" };
    const slots = toSlots({ ...west, points: [{ ...a, ...why }, { ...b, ...why, status: "no_data" }, c] });
    expect(toGaps(slots).map((gap) => [gap.kind, gap.count])).toEqual([["suspect", 2]]);
    // The numbers are kept for the table and the read-out, and not drawn.
    expect(slots[0]?.value).toBe(a.value);
    const drawn = toDrawn(slots);
    expect(drawn.map((slot) => Number.isFinite(slot.value))).toEqual([false, false, true]);
    expect([drawn[0]?.lower, drawn[0]?.upper]).toEqual([NaN, NaN]);
    expect(drawn[2]).toBe(slots[2]);
  });
});

describe("the fan", () => {
  it("picks the drawn quantiles by their level", () => {
    const forecast = forecasts("mh.stress");
    const ahead = toAhead(forecast);
    expect(ahead).toHaveLength(14);
    for (const [index, day] of ahead.entries()) {
      const quantiles = forecast.days[index]?.quantiles ?? [];
      expect(day.q500).toBe(quantiles[LEVELS.indexOf(0.5)]);
      expect(day.q025).toBe(quantiles[LEVELS.indexOf(0.025)]);
      expect(day.q975).toBe(quantiles[LEVELS.indexOf(0.975)]);
      expect([day.q025, day.q100, day.q250, day.q500, day.q750, day.q900, day.q975]).toEqual(
        [day.q025, day.q100, day.q250, day.q500, day.q750, day.q900, day.q975].toSorted((x, y) => x - y),
      );
    }
  });

  it("is empty rather than wrong when a level is missing", () => {
    const forecast = forecasts("mh.stress");
    expect(toAhead({ ...forecast, levels: forecast.levels.with(11, 0.51) })).toEqual([]);
  });
});

describe("a fan that was overtaken", () => {
  it("keeps the days still to come", () => {
    const slots = toSlots(series("mh.stress"));
    const ahead = toAhead(forecasts("mh.stress"));
    expect(stillAhead(ahead, slots)).toEqual(ahead);
    const later = slots.map((slot, index) => (index === slots.length - 1 ? { ...slot, end: ahead[9]?.end ?? "" } : slot));
    expect(stillAhead(ahead, later)).toEqual(ahead.slice(10));
  });
});

describe("extent", () => {
  it("holds the band, the fan and the threshold, and stays a proportion", () => {
    const slots = toSlots(west);
    const ahead = toAhead(forecasts("mh.stress", "west"));
    const [low, high] = extent(slots, ahead, 0.9);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeGreaterThan(0.9);
    expect(high).toBeLessThanOrEqual(1);
    expect(extent([], [], null)).toEqual([0, 1]);
  });
});

describe("summary", () => {
  it("compares the latest value with the 28 days before it and finds the highest", () => {
    const slots = toSlots(series("mh.stress"));
    const summary = summarise(slots, toAhead(forecasts("mh.stress")), 1);
    const trusted = slots.filter((slot) => slot.suspect === null);
    const before = slots.slice(-29, -1).filter((slot) => slot.suspect === null);
    const mean = before.reduce((sum, slot) => sum + slot.value, 0) / 27;
    expect(summary.latest).toBe(slots.at(-1));
    expect(summary.change).toBeCloseTo((slots.at(-1)?.value ?? 0) - mean, 12);
    expect(summary.highest?.value).toBe(Math.max(...trusted.map((slot) => slot.value)));
    expect(summary.gaps).toEqual({ censored: 0, no_data: 0, suspect: 1 });
    expect(summary.likeliest?.pExceed).toBeGreaterThan(0.5);
  });

  it("takes no suspect day for the latest or the highest", () => {
    const points = series("mh.stress").points;
    const last = points.at(-1);
    if (!last) throw new Error("the fixture has points");
    const flood = { ...last, value: 0.9, suspect: "40 % of posts are automated; 2 % are usual" };
    const summary = summarise(toSlots({ ...series("mh.stress"), points: [...points.slice(0, -1), flood] }), [], 1);
    expect(summary.latest?.end).toBe(points.at(-2)?.end);
    expect(summary.highest?.value).toBeLessThan(0.9);
  });

  it("says nothing about change after too little", () => {
    const slots = toSlots(series("mh.stress", "all", "2026-11-12"));
    expect(summarise(slots, [], 1).change).toBeNull();
    expect(summarise([], [], 1).latest).toBeNull();
  });
});

describe("nearest", () => {
  const days = ["2026-01-01", "2026-01-02", "2026-01-05"].map((day) => new Date(`${day}T00:00:00Z`));
  it.each([
    ["2025-01-01T00:00:00Z", 0],
    ["2026-01-01T11:00:00Z", 0],
    ["2026-01-01T13:00:00Z", 1],
    ["2026-01-04T00:00:00Z", 2],
    ["2027-01-01T00:00:00Z", 2],
  ])("finds the step next to %s", (when, place) => {
    expect(nearest(days, new Date(when))).toBe(place);
  });
});

describe("feeds", () => {
  it("count days that are unusual and put regions that are unusual now first", () => {
    const strips = byRegion(feed());
    expect(strips.map((strip) => strip.region)).toEqual(["east", "north", "south", "west"]);
    const east = strips[0];
    expect(east && unusual(east.days)).toEqual({ low: 1, high: 0 });
    const quiet = feed().map((day) => (day.region === "south" && day.day === "2026-11-20" ? { ...day, state: "silent" as const } : day));
    expect(byRegion(quiet)[0]?.region).toBe("south");
  });
});
