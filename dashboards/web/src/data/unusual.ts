// How far to rely on a number and how unusual it is, in words. Pure.

import { deviations, percent } from "../format";
import { strings } from "../strings";
import type { PeriodKind } from "./api";
import type { Slot } from "./series";

const said = strings.chart;

const joined = (parts: (string | null)[], separator: string): string => {
  const words = parts.filter((part) => part !== null);
  return words.length > 0 ? `; ${words.join(separator)}` : "";
};

const reliable = ({ reliability }: Slot): string | null => (reliability === null ? null : said.reliability[reliability]);

/** What follows the numbers of one step; nothing where nothing is known. */
export const besideStep = (slot: Slot): string =>
  joined([slot.z === null ? null : said.z(deviations(slot.z)), reliable(slot)], ", ");

/** What follows them in the sentence below a chart, which has room for what is usual. */
export const besideLatest = (slot: Slot, period: PeriodKind): string => {
  const { z, baseline } = slot;
  const unusual = z === null || baseline === null ? null : said.summary.unusual(deviations(z), percent(baseline), period);
  return joined([unusual, reliable(slot)], "; ");
};
