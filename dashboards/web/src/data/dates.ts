// Days are ISO texts (2026-11-21). They are never read in the browser's zone.

import type { PeriodKind } from "./api";

const DAY_MS = 86_400_000;

export const at = (day: string): Date => new Date(`${day}T00:00:00Z`);
export const iso = (date: Date): string => date.toISOString().slice(0, 10);
export const addDays = (day: string, days: number): string => iso(new Date(at(day).getTime() + days * DAY_MS));
export const daysBetween = (first: string, last: string): number =>
  Math.round((at(last).getTime() - at(first).getTime()) / DAY_MS);

/** Days from one period's end to the next one's. */
export const stepDays = (period: PeriodKind): number => (period === "day" ? 1 : 7);
