// A chart as a file: observed rows, then forecast rows, each saying which it is.

import type { Forecasts, Series } from "./api";
import { toAhead } from "./series";

const COLUMNS = [
  "kind", "source", "region", "language", "marker", "period", "label", "start", "end", "unit", "status",
  "value", "lower", "upper", "k", "n", "n_posts", "issued_at", "model", "lexicon", "code",
  "origin", "horizon_days", "q0.025", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.975", "threshold", "p_exceed",
  "reliability", "baseline", "z", "ratio",
  "adjusted", "adjusted_lower", "adjusted_upper", "weighted", "weighted_lower", "weighted_upper",
  "value_with_bots", "suspect",
] as const;

type Cell = string | number | null | undefined;

function text(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  // A spreadsheet must not run what a source was named.
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(series: Series, forecasts: Forecasts | undefined): string {
  const { source, region, language, marker, period } = series.key;
  const rows: Partial<Record<(typeof COLUMNS)[number], Cell>>[] = series.points.map((point) => ({
    kind: "observed",
    ...{ source, region, language, marker, period, unit: series.unit },
    ...point,
  }));
  if (forecasts && period === "day") {
    for (const day of toAhead(forecasts)) {
      rows.push({
        kind: "forecast",
        ...{ source, region, language, marker, period, unit: series.unit },
        ...{ label: day.end, start: day.end, end: day.end },
        ...{ model: forecasts.model, issued_at: forecasts.issued_at, origin: forecasts.origin },
        horizon_days: day.horizonDays,
        ...{ "q0.025": day.q025, "q0.1": day.q100, "q0.25": day.q250, "q0.5": day.q500 },
        ...{ "q0.75": day.q750, "q0.9": day.q900, "q0.975": day.q975 },
        ...{ threshold: forecasts.threshold, p_exceed: day.pExceed },
      });
    }
  }
  const lines = rows.map((row) => COLUMNS.map((column) => text(row[column])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}
