// Feed health, region by region. Pure.

import type { FeedDay } from "./api";

export interface FeedStrip {
  region: string;
  days: FeedDay[];
  latest: FeedDay;
}

export const isUnusual = ({ state }: FeedDay): boolean => state === "low" || state === "high" || state === "silent";

/** One strip per region, those that are unusual now first, then by name. */
export function byRegion(days: FeedDay[]): FeedStrip[] {
  const strips = new Map<string, FeedDay[]>();
  for (const day of days.toSorted((a, b) => a.day.localeCompare(b.day))) {
    const strip = strips.get(day.region);
    if (strip) strip.push(day);
    else strips.set(day.region, [day]);
  }
  return [...strips]
    .map(([region, each]) => ({ region, days: each, latest: each.at(-1) as FeedDay }))
    .toSorted((a, b) => Number(isUnusual(b.latest)) - Number(isUnusual(a.latest)) || a.region.localeCompare(b.region));
}

export function unusual(days: FeedDay[]): { low: number; high: number } {
  return {
    low: days.filter((day) => day.state === "low" || day.state === "silent").length,
    high: days.filter((day) => day.state === "high").length,
  };
}

/** How high a day's bar stands: a count that is withheld stands half as high as the least that would be shown. */
export const height = (day: FeedDay, minUnits: number): number => day.posts ?? minUnits / 2;
