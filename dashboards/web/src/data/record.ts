// What a rule’s track record says, in words. Pure.

import { count, perMonth, probability, rate } from "../format";
import { strings } from "../strings";
import type { Share, TrackRecord } from "./api";

const said = strings.alerts.record;

const interval = ({ value, lower, upper }: Share) => [probability(value), probability(lower), probability(upper)] as const;

/** What the rule did on the series’ own past, in one sentence. */
export function told(record: TrackRecord): string {
  const { judged_days, episodes, right, ppv, spells, foreseen, sensitivity, lead_days, false_alarms_per_month } = record;
  return [
    said.raised(count(judged_days), episodes, right),
    ppv && said.ppv(...interval(ppv)),
    said.announced(foreseen, spells),
    sensitivity && said.sensitivity(...interval(sensitivity)),
    lead_days !== null && said.lead(rate(lead_days)),
    false_alarms_per_month !== null && said.falseAlarms(perMonth(false_alarms_per_month)),
    record.is_thin && said.thin,
    ".",
  ]
    .filter(Boolean)
    .join("");
}
