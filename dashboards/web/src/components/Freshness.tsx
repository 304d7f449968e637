import type { Load, Stage, Status } from "../data/api";
import { progress } from "../data/progress";
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

function Bar({ name, share, words }: { name: string; share: number | undefined; words: string }) {
  return (
    <p className="load">
      <span>{name}</span>
      <progress max={1} {...(share !== undefined && { value: share })} aria-label={name} />
      <span className="number">{words}</span>
    </p>
  );
}

function LoadLine({ load }: { load: Load }) {
  const share = load.rows_total ? Math.min(1, load.rows / load.rows_total) : undefined;
  const words =
    share === undefined || load.rows_total === null
      ? said.readRows(count(load.rows))
      : said.share(probability(share), count(load.rows), count(load.rows_total));
  return <Bar name={said.read(load.name)} share={share} words={words} />;
}

function Backlog({ status }: { status: Status }) {
  const backlog = progress(status);
  if (!backlog) return null;
  const share = Math.min(1, backlog.counted / backlog.total);
  const names = status.loads.map((load) => load.name).join(", ");
  const words = said.share(probability(share), count(backlog.counted), count(backlog.total));
  return <Bar name={said.counting(names)} share={share} words={words} />;
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
      {status.loads
        .filter((load) => !load.done)
        .map((load) => (
          <LoadLine key={load.name} load={load} />
        ))}
      <Backlog status={status} />
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
