import type { Alert } from "../data/api";
import { told } from "../data/record";
import { percent, probability, day, weekday } from "../format";
import { strings } from "../strings";

const said = strings.alerts;
const SHOWN = 6;

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
