// Numbers and days for people. Days are in UTC here: they are already the region's own.

import { at } from "./data/dates";
import { strings } from "./strings";

const percentFormat = new Intl.NumberFormat(strings.locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const wholePercent = new Intl.NumberFormat(strings.locale, { style: "percent", maximumFractionDigits: 0 });
const pointsFormat = new Intl.NumberFormat(strings.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const countFormat = new Intl.NumberFormat(strings.locale);
const hundredthsFormat = new Intl.NumberFormat(strings.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const rateFormat = new Intl.NumberFormat(strings.locale, { maximumSignificantDigits: 3 });
const dayFormat = new Intl.DateTimeFormat(strings.locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const weekdayFormat = new Intl.DateTimeFormat(strings.locale, {
  ...{ weekday: "short", day: "numeric", month: "short", year: "numeric" },
  timeZone: "UTC",
});
const timeFormat = new Intl.DateTimeFormat(strings.locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const percent = (value: number): string => percentFormat.format(value).replace("%", " %");
export const probability = (value: number): string => wholePercent.format(value).replace("%", " %");
export const band = (lower: number, upper: number): string =>
  `${percentFormat.format(lower).replace("%", "")}–${percent(upper)}`;
export const points = (difference: number): string => pointsFormat.format(Math.abs(difference) * 100);
export const ratio = (value: number): string => hundredthsFormat.format(value);
/** Deviations to a tenth; nothing is a little below zero. */
export const deviations = (value: number): string => {
  const tenths = Math.round(value * 10) / 10;
  return pointsFormat.format(tenths === 0 ? 0 : tenths);
};
export const count = (value: number): string => countFormat.format(value);
export const rate = (value: number): string => rateFormat.format(value);
export const perMonth = (value: number): string => hundredthsFormat.format(value);
export const day = (iso: string): string => dayFormat.format(at(iso));
export const weekday = (iso: string): string => weekdayFormat.format(at(iso));
export const time = (instant: string | number): string => timeFormat.format(new Date(instant));

/** Seconds as people say them: 4 s, 3 min, 5 h, 2 days. */
export function age(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
