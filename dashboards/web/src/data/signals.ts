// What a signal says, in words. Pure.

import { count, day } from "../format";
import { strings } from "../strings";
import type { Judged, Signal } from "./api";
import { SIGNAL_DAYS } from "./queries";

const said = strings.signals;

export interface Told {
  kind: string;
  sentence: string;
  /** The days it speaks of, and its score where it has one. */
  facts: string;
  why: string;
}

/** How far each of the sources was judged: on later days, no signal says nothing. */
export function reach(judged: Judged[], sources: string[], busy: boolean): string {
  if (judged.length === 0) return said.unjudged;
  const missing = sources.filter((source) => !judged.some((known) => known.source === source));
  return [
    said.judged(judged.map(({ source, last_day }) => said.judgedTo(strings.source(source), day(last_day)))),
    missing.length > 0 ? said.notJudged(missing.map((source) => strings.source(source))) : "",
    busy ? said.resting : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** What an empty list says: that nothing stood out only where something was judged. */
export function silence(judged: Judged[], sources: string[], busy: boolean): string {
  const nothing = judged.length === 0 ? "" : said.none(SIGNAL_DAYS);
  return [nothing, reach(judged, sources, busy)].filter(Boolean).join(" ");
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
