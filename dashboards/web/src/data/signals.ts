// What a signal says, in words. Pure.

import { count, day } from "../format";
import { strings } from "../strings";
import type { Signal } from "./api";
import { SIGNAL_DAYS } from "./queries";

const said = strings.signals;

export interface Told {
  kind: string;
  sentence: string;
  /** The days it speaks of, and its score where it has one. */
  facts: string;
  why: string;
}

/** What an empty list says: while much is being read in, that it is not judged yet. */
export function silence(busy: boolean): string {
  return busy ? said.unjudged : said.none(SIGNAL_DAYS);
}

export function told({ kind, source, region, title, first_day, last_day, days, score, reasons }: Signal): Told {
  const when = first_day === last_day ? day(first_day) : said.days(day(first_day), day(last_day), days);
  return {
    kind: said.kinds[kind],
    sentence: kind === "marker" ? said.marker(title ?? "", strings.inRegion(region)) : said.feed(strings.source(source)),
    facts: [when, score === null ? "" : said.score(count(Math.round(score * 10) / 10))].filter(Boolean).join("; "),
    why: reasons.join("; "),
  };
}
