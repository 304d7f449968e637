// What the page asks the server, and how often: every few seconds while something is being read, seldom otherwise.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get, type Alert, type Catalogue, type FeedDay, type Forecasts, type Series, type Signals, type Status } from "./api";
import type { View } from "../selection";
import { progress } from "./progress";
import { addDays, iso } from "./dates";

const STATUS_MS = 3_000;
const BUSY_MS = 4_000;
const CALM_MS = 15_000;
export const FEED_DAYS = 90;
/** Older signals are no news. */
export const SIGNAL_DAYS = 28;

/** Whether numbers are changing fast. A few waiting rows are what a live feed always has. */
export function isBusy(status: Status | undefined): boolean {
  if (!status) return true;
  return status.loads.some((load) => !load.done) || progress(status) !== null;
}

export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => get<Status>("status", {}, signal),
    refetchInterval: STATUS_MS,
  });
}

export function useCatalogue(busy: boolean) {
  return useQuery({
    queryKey: ["catalogue"],
    queryFn: ({ signal }) => get<Catalogue>("catalogue", {}, signal),
    refetchInterval: busy ? BUSY_MS : CALM_MS,
  });
}

export function useAlerts(busy: boolean) {
  return useQuery({
    queryKey: ["alerts"],
    queryFn: ({ signal }) => get<{ alerts: Alert[] }>("alerts", {}, signal),
    refetchInterval: busy ? BUSY_MS : CALM_MS,
  });
}

export function useSignals(busy: boolean) {
  const from = addDays(iso(new Date()), -SIGNAL_DAYS);
  return useQuery({
    queryKey: ["signals", from],
    queryFn: ({ signal }) => get<Signals>("signals", { from }, signal),
    refetchInterval: busy ? BUSY_MS : CALM_MS,
    placeholderData: keepPreviousData,
  });
}

export function useFeedHealth(view: View, busy: boolean) {
  const from = addDays(view.known.last_day, 1 - FEED_DAYS);
  return useQuery({
    queryKey: ["feed-health", view.source, from],
    queryFn: ({ signal }) => get<{ days: FeedDay[] }>("feed-health", { source: view.source, from }, signal),
    refetchInterval: busy ? BUSY_MS : CALM_MS,
    placeholderData: keepPreviousData,
  });
}

export function useSeries(view: View, marker: string, busy: boolean) {
  const { source, region, language, period, from } = view;
  return useQuery({
    queryKey: ["series", source, region, language, marker, period, from],
    queryFn: ({ signal }) => get<Series>("series", { source, region, language, marker, period, from }, signal),
    refetchInterval: busy ? 2 * BUSY_MS : 2 * CALM_MS,
    placeholderData: keepPreviousData,
  });
}

export function useForecasts(view: View, marker: string, busy: boolean) {
  const { source, region, language } = view;
  return useQuery({
    queryKey: ["forecasts", source, region, language, marker],
    queryFn: ({ signal }) => get<Forecasts>("forecasts", { source, region, language, marker }, signal),
    refetchInterval: busy ? 2 * BUSY_MS : 2 * CALM_MS,
    placeholderData: keepPreviousData,
  });
}
