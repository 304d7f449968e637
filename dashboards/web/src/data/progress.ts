// How much of what was read has been counted. Pure.

import type { Status } from "./api";

/** Fewer waiting rows than this are a live feed's everyday, not a backlog. */
const MIN_BACKLOG_ROWS = 500;

export interface Progress {
  counted: number;
  total: number;
}

/** Rows that have reached the series, of those that were read; null when there is no backlog. */
export function progress({ ledger, stages, loads }: Status): Progress | null {
  const waiting = stages.reduce((sum, stage) => sum + (stage.lag ?? 0), 0);
  if (waiting < MIN_BACKLOG_ROWS) return null;
  const announced = loads.reduce((sum, load) => sum + (load.rows_total ?? load.rows), 0);
  return { counted: ledger.read, total: Math.max(ledger.read + waiting, announced) };
}
