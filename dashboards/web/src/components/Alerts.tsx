import type { Alert, Share, TrackRecord } from "../data/api";
import { count, percent, probability, day, rate, weekday } from "../format";
import { strings } from "../strings";

const said = strings.alerts;
const SHOWN = 6;

const interval = ({ value, lower, upper }: Share) => [probability(value), probability(lower), probability(upper)] as const;

/** What the rule did on the series’ own past, in one sentence. */
function told(record: TrackRecord): string {
  const { judged_days, episodes, right, ppv, spells, foreseen, sensitivity, lead_days, false_alarms_per_month } = record;
  return [
    said.record.raised(count(judged_days), episodes, right),
    ppv && said.record.ppv(...interval(ppv)),
    said.record.announced(foreseen, spells),
    sensitivity && said.record.sensitivity(...interval(sensitivity)),
    lead_days !== null && said.record.lead(rate(lead_days)),
    false_alarms_per_month !== null && said.record.falseAlarms(rate(false_alarms_per_month)),
    ".",
  ]
    .filter(Boolean)
    .join("");
}

function Open({ alert, show }: { alert: Alert; show: (alert: Alert) => void }) {
  const { region, language } = alert.key;
  const [marker, where] = said.sentence.lead(alert.title, strings.inRegion(region), strings.amongst(alert.unit, language));
  return (
    <li className="alert">
      <p className="alert-probability">
        <strong>{probability(alert.probability)}</strong>
        <span>{said.probability}</span>
      </p>
      <div>
        <p className="alert-sentence">
          <strong>{marker}</strong>
          {where}
          {said.sentence.above}
          <strong>{percent(alert.threshold)}</strong>
          {said.sentence.on}
          <strong>{weekday(alert.peak_day)}</strong>.
        </p>
        <p className="quiet">
          {said.facts(alert.lead_days, day(alert.origin))}; {said.raised(day(alert.raised_origin), alert.rule)};{" "}
          {strings.source(alert.key.source)}
        </p>
        {alert.track_record && <p className="quiet">{told(alert.track_record)}</p>}
      </div>
      <button type="button" onClick={() => show(alert)} aria-label={`${said.show}: ${alert.title}, ${strings.inRegion(region)}`}>
        {said.show}
      </button>
    </li>
  );
}

export function Alerts({ alerts, show }: { alerts: Alert[]; show: (alert: Alert) => void }) {
  const open = alerts.filter((alert) => alert.state === "open").toSorted((a, b) => b.probability - a.probability);
  const resolved = alerts.filter((alert) => alert.state === "resolved");
  const rest = open.slice(SHOWN);
  return (
    <>
      {open.length === 0 && <p className="quiet">{said.none}</p>}
      <ol className="alerts" data-testid="alerts">
        {open.slice(0, SHOWN).map((alert) => (
          <Open key={alert.id} alert={alert} show={show} />
        ))}
      </ol>
      {rest.length > 0 && (
        <details>
          <summary>{said.more(rest.length)}</summary>
          <ol className="alerts" start={SHOWN + 1}>
            {rest.map((alert) => (
              <Open key={alert.id} alert={alert} show={show} />
            ))}
          </ol>
        </details>
      )}
      {resolved.length > 0 && (
        <details>
          <summary>{said.resolved(resolved.length)}</summary>
          <ul className="resolved">
            {resolved.map((alert) => (
              <li key={alert.id}>{said.over(alert.title, strings.inRegion(alert.key.region), day(alert.origin))}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
