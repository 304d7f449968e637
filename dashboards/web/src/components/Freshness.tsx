import type { Load, Stage, Status } from "../data/api";
import { age, count, probability, rate } from "../format";
import { strings } from "../strings";

const said = strings.freshness;

function StageCell({ stage }: { stage: Stage }) {
  const behind = (stage.lag ?? 0) > 0;
  return (
    <li className="stage">
      <strong>{said.stageNames[stage.stage] ?? stage.stage}</strong>
      <span className={behind ? "behind" : undefined}>
        {stage.lag === null ? "" : behind ? said.waiting(count(stage.lag)) : said.upToDate}
      </span>
      <span className="quiet">
        {[
          stage.rate_per_second === null ? "" : said.rate(rate(stage.rate_per_second)),
          stage.freshness_seconds !== null ? said.ago(age(stage.freshness_seconds)) : stage.topic ? "" : said.never,
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </li>
  );
}

function LoadLine({ load }: { load: Load }) {
  if (load.done) return <p className="quiet">{said.readDone(load.name, count(load.rows))}</p>;
  const share = load.rows_total ? Math.min(1, load.rows / load.rows_total) : undefined;
  const words =
    share === undefined || load.rows_total === null
      ? said.readRows(count(load.rows))
      : said.readOf(probability(share), count(load.rows), count(load.rows_total));
  return (
    <p className="load">
      <span>{said.read(load.name)}</span>
      <progress max={1} {...(share !== undefined && { value: share })} aria-label={said.read(load.name)} />
      <span className="number">{words}</span>
    </p>
  );
}

export function Freshness({ status }: { status: Status }) {
  const { ledger } = status;
  const parts = (Object.keys(said.ledgerParts) as (keyof typeof said.ledgerParts)[])
    .filter((part) => part !== "unmatched" || ledger.unmatched > 0)
    .map((part) => `${count(ledger[part])} ${said.ledgerParts[part]}`);
  return (
    <div className="freshness">
      {!status.broker.reachable && (
        <p className="notice notice-bad" role="status">
          <strong>{said.broker}.</strong> {status.broker.detail}
        </p>
      )}
      {status.loads.map((load) => (
        <LoadLine key={load.name} load={load} />
      ))}
      <ol className="stages" aria-label={said.stages}>
        {status.stages.map((stage) => (
          <StageCell key={stage.stage} stage={stage} />
        ))}
      </ol>
      <p className="ledger">
        {said.ledger} <strong className="number">{count(ledger.read)}</strong> = {parts.join(" + ")}
      </p>
    </div>
  );
}
