// What is looked at. It lives in the address, so that a view can be kept and sent.

import { useCallback, useEffect, useState } from "react";
import type { Catalogue, PeriodKind, Source } from "./data/api";
import { addDays } from "./data/dates";

export interface Selection {
  source: string;
  region: string;
  language: string;
  period: PeriodKind;
  /** Days back from the source's last day, or `all`. */
  window: string;
  /** Empty: the source's headline markers. */
  markers: string[];
}

const START: Selection = { source: "", region: "all", language: "all", period: "day", window: "180", markers: [] };

export function fromAddress(search: string): Selection {
  const given = new URLSearchParams(search);
  const period = given.get("period");
  return {
    source: given.get("source") ?? START.source,
    region: given.get("region") ?? START.region,
    language: given.get("language") ?? START.language,
    period: period === "epiweek" || period === "isoweek" ? period : START.period,
    window: /^(\d{1,4}|all)$/.test(given.get("window") ?? "") ? (given.get("window") as string) : START.window,
    markers: given.getAll("marker"),
  };
}

export function toAddress(selection: Selection): string {
  const said = new URLSearchParams();
  for (const name of ["source", "region", "language", "period", "window"] as const) {
    if (selection[name] !== START[name]) said.set(name, selection[name]);
  }
  for (const marker of selection.markers) said.append("marker", marker);
  const text = said.toString();
  return text ? `?${text}` : "";
}

/** What is shown of a selection: names the catalogue does not know fall back to what there is. */
export interface View extends Selection {
  known: Source;
  from: string | undefined;
}

export function resolve(selection: Selection, catalogue: Catalogue): View | undefined {
  const known = catalogue.sources.find((source) => source.source === selection.source) ?? catalogue.sources[0];
  if (!known) return undefined;
  const oneOf = (value: string, values: string[]) => (values.includes(value) ? value : (values[0] ?? "all"));
  const asked = selection.markers.filter((name) => known.markers.some((marker) => marker.name === name));
  const headlines = known.markers.filter((marker) => marker.headline).map((marker) => marker.name);
  return {
    ...selection,
    known,
    source: known.source,
    region: oneOf(selection.region, known.regions),
    language: oneOf(selection.language, known.languages),
    markers: asked.length > 0 ? asked : headlines,
    from: selection.window === "all" ? undefined : addDays(known.last_day, 1 - Number(selection.window)),
  };
}

export function useSelection(): [Selection, (change: Partial<Selection>) => void] {
  const [selection, setSelection] = useState(() => fromAddress(window.location.search));
  useEffect(() => {
    const back = () => setSelection(fromAddress(window.location.search));
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, []);
  useEffect(() => {
    window.history.replaceState(null, "", `${window.location.pathname}${toAddress(selection)}${window.location.hash}`);
  }, [selection]);
  const change = useCallback((part: Partial<Selection>) => setSelection((before) => ({ ...before, ...part })), []);
  return [selection, change];
}
