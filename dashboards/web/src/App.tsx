import { useMemo, useState } from "react";
import { Alerts } from "./components/Alerts";
import { ChartCard } from "./components/ChartCard";
import { Controls } from "./components/Controls";
import { EmptyState } from "./components/EmptyState";
import { FeedHealth } from "./components/FeedHealth";
import { Freshness } from "./components/Freshness";
import { Header } from "./components/Header";
import { Legend } from "./components/Legend";
import { Signals } from "./components/Signals";
import { CursorContext } from "./cursor";
import type { Alert } from "./data/api";
import { isBusy, useAlerts, useCatalogue, useSignals, useStatus } from "./data/queries";
import { resolve, useSelection } from "./selection";
import { strings } from "./strings";

const START_COMMAND = "tidemark up";

export function App() {
  const status = useStatus();
  const busy = isBusy(status.data);
  const catalogue = useCatalogue(busy);
  const alerts = useAlerts(busy);
  const signals = useSignals(busy);
  const [selection, select] = useSelection();
  const [end, setEnd] = useState<string | null>(null);
  const cursor = useMemo(() => ({ end, set: setEnd }), [end]);

  const view = catalogue.data && resolve(selection, catalogue.data);
  const titles = new Map(view?.known.markers.map((marker) => [marker.name, marker]));

  const show = (alert: Alert) => {
    const { source, region, language, marker } = alert.key;
    const rest = (view?.source === source ? view.markers : []).filter((name) => name !== marker);
    select({ source, region, language, period: "day", markers: [marker, ...rest] });
    const heading = document.getElementById("series-title");
    heading?.scrollIntoView({ block: "start" });
    heading?.focus({ preventScroll: true });
  };

  return (
    <CursorContext value={cursor}>
      <a className="skip" href="#series-title">
        {strings.skip}
      </a>
      <Header status={status.data} updatedAt={status.dataUpdatedAt} />
      <main>
        {status.isError && (
          <p className="notice notice-bad" role="status">
            <strong>{strings.unreachable}</strong> {strings.unreachableHelp} <code>{START_COMMAND}</code>
          </p>
        )}
        <section aria-labelledby="freshness-title">
          <h2 id="freshness-title">{strings.freshness.title}</h2>
          {status.data && <Freshness status={status.data} />}
          {view && <FeedHealth view={view} minUnits={catalogue.data.min_units} busy={busy} />}
        </section>
        {catalogue.data && !view && <EmptyState reading={(status.data?.ledger.read ?? 0) > 0} />}
        {view && (
          <>
            <section aria-labelledby="alerts-title">
              <h2 id="alerts-title">{strings.alerts.title}</h2>
              {alerts.data && <Alerts alerts={alerts.data.alerts} show={show} />}
            </section>
            <section aria-labelledby="signals-title">
              <h2 id="signals-title">{strings.signals.title}</h2>
              {signals.data && (
                <Signals answer={signals.data} sources={catalogue.data.sources.map(({ source }) => source)} busy={busy} />
              )}
            </section>
            <section aria-labelledby="series-title">
              <h2 id="series-title" tabIndex={-1}>
                {strings.series.title}
              </h2>
              <Controls view={view} catalogue={catalogue.data} select={select} />
              {view.known.unit === "post" && <p className="notice">{strings.series.postLevel}</p>}
              <Legend minUnits={catalogue.data.min_units} />
              {view.markers.length === 0 && <p className="quiet">{strings.series.none}</p>}
              <div className="charts">
                {view.markers.map((name) => {
                  const marker = titles.get(name);
                  return marker && <ChartCard key={name} view={view} marker={marker} busy={busy} />;
                })}
              </div>
            </section>
          </>
        )}
      </main>
      <footer>
        {strings.footer(catalogue.data?.min_units ?? 11).map((line) => (
          <p key={line}>{line}</p>
        ))}
      </footer>
    </CursorContext>
  );
}
