import { useMemo, useState } from "react";
import { useCursor } from "../cursor";
import type { Forecasts, Marker, PeriodKind, Series, Unit } from "../data/api";
import { toCsv } from "../data/csv";
import { stepDays } from "../data/dates";
import { useForecasts, useSeries } from "../data/queries";
import { stillAhead, summarise, toAhead, toSlots, type Ahead, type Slot, type Summary } from "../data/series";
import { besideLatest, besideStep } from "../data/unusual";
import { band, count, day, percent, points, probability, weekday } from "../format";
import type { View } from "../selection";
import { strings } from "../strings";
import { DataTable } from "./DataTable";
import { Failure } from "./Failure";
import { SeriesChart } from "./SeriesChart";

const said = strings.chart;

const when = (period: PeriodKind, slot: { end: string; label: string }): string =>
  period === "day" ? weekday(slot.end) : said.week(slot.label, day(slot.end));

/** What one step of a chart says, on the read-out and to a screen reader. */
export function sayStep(step: Slot | Ahead, period: PeriodKind, unit: Unit): string {
  if ("q500" in step) {
    const exceed = step.pExceed === null ? "" : said.aheadExceed(probability(step.pExceed));
    return said.ahead(weekday(step.end), percent(step.q500), band(step.q025, step.q975)) + exceed;
  }
  const suspect = step.suspect === null ? "" : `; ${said.suspect(step.suspect)}`;
  if (step.status === "censored") return said.withheld(when(period, step)) + suspect;
  if (step.status === "no_data") return said.noData(when(period, step)) + suspect;
  const numbers = [percent(step.value), band(step.lower, step.upper), count(step.k ?? 0), count(step.n ?? 0)] as const;
  return said.observed(when(period, step), ...numbers, unit) + besideStep(step) + suspect;
}

function saySummary(summary: Summary, period: PeriodKind, unit: Unit, forecasts: Forecasts | undefined): string {
  const threshold = forecasts?.threshold ?? null;
  const { latest, change, highest, likeliest, end } = summary;
  const sentences: string[] = [];
  if (latest) {
    const now = said.summary.latest(
      percent(latest.value),
      band(latest.lower, latest.upper),
      count(latest.n ?? 0),
      unit,
      day(latest.end),
    );
    const moved =
      change === null ? "" : Math.abs(change) < 0.0005 ? said.summary.level : said.summary.change(points(change), change > 0);
    sentences.push(`${[now, moved].filter(Boolean).join(", ")}${besideLatest(latest, period)}.`);
  }
  if (highest) sentences.push(said.summary.highest(percent(highest.value), day(highest.end)));
  const gaps = said.summary.gaps(summary.gaps);
  if (gaps) sentences.push(`${gaps}.`);
  if (period !== "day") sentences.push(said.summary.daily);
  else if (!end && forecasts?.origin) sentences.push(said.summary.overtaken(day(forecasts.origin)));
  else if (!end) sentences.push(said.summary.noForecast);
  else {
    const within = forecasts?.p_exceed_within ?? null;
    const exceed =
      likeliest && threshold !== null && within !== null
        ? said.summary.exceed(probability(within), percent(threshold), day(likeliest.end), probability(likeliest.pExceed ?? 0))
        : "";
    sentences.push(`${said.summary.forecast(percent(end.q500), day(end.end))}${exceed}.`);
  }
  return sentences.join(" ");
}

function download(series: Series, forecasts: Forecasts | undefined): void {
  const { source, region, language, marker, period } = series.key;
  const address = URL.createObjectURL(new Blob([toCsv(series, forecasts)], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${[source, region, language, marker, period].join("-").replaceAll(/[^\w.-]+/g, "_")}.csv`;
  link.click();
  URL.revokeObjectURL(address);
}

export function ChartCard({ view, marker, busy }: { view: View; marker: Marker; busy: boolean }) {
  const series = useSeries(view, marker.name, busy);
  const forecasts = useForecasts(view, marker.name, busy);
  const [open, setOpen] = useState(false);
  const cursor = useCursor();

  const slots = useMemo(() => (series.data ? toSlots(series.data) : []), [series.data]);
  const ahead = useMemo(
    () => (forecasts.data && view.period === "day" ? stillAhead(toAhead(forecasts.data), slots) : []),
    [forecasts.data, view.period, slots],
  );
  const unit = series.data?.unit ?? view.known.unit;
  const threshold = forecasts.data?.threshold ?? null;
  const summary = summarise(slots, ahead, stepDays(view.period));
  const pointed = cursor.end === null ? undefined : [...slots, ...ahead].find((step) => step.end === cursor.end);
  const titleId = `chart-${marker.name}`;
  const { latest } = summary;
  const last = series.data?.points.at(-1);

  return (
    <article className="card" aria-labelledby={titleId}>
      <header className="card-head">
        <div>
          <h3 id={titleId}>{marker.title}</h3>
          <p className="quiet">{marker.description}</p>
        </div>
        {latest && (
          <p className="card-value">
            <strong className="number">{percent(latest.value)}</strong>
            <span className="quiet">
              {said.of(unit)}, {day(latest.end)}
            </span>
          </p>
        )}
      </header>
      {series.isError && <Failure error={series.error} />}
      {forecasts.isError && !series.isError && <Failure error={forecasts.error} />}
      {series.isPending && <p className="quiet">{strings.loading}</p>}
      {series.data && slots.length === 0 && <p className="quiet">{said.nothingHere}</p>}
      {slots.length > 0 && (
        <>
          <p className={`readout number${pointed ? "" : " readout-rest"}`} aria-hidden="true">
            {sayStep(pointed ?? (slots.at(-1) as Slot), view.period, unit)}
          </p>
          <SeriesChart
            title={marker.title}
            slots={slots}
            ahead={ahead}
            threshold={threshold}
            period={view.period}
            say={(step) => sayStep(step, view.period, unit)}
          />
          <p className="summary">{saySummary(summary, view.period, unit, forecasts.data)}</p>
          <div className="card-foot">
            <details onToggle={(event) => setOpen(event.currentTarget.open)}>
              <summary>{said.table}</summary>
              {open && <DataTable title={marker.title} slots={slots} ahead={ahead} period={view.period} unit={unit} />}
            </details>
            <button type="button" onClick={() => series.data && download(series.data, forecasts.data)}>
              {said.csv}
            </button>
            {last && <p className="quiet provenance">{said.provenance(last.model.slice(0, 8), last.lexicon.slice(0, 8), last.code)}</p>}
          </div>
        </>
      )}
    </article>
  );
}
