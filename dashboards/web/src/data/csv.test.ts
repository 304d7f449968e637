import { describe, expect, it } from "vitest";
import { toCsv } from "./csv";
import { forecasts, series } from "./fixture";

describe("the file of a chart", () => {
  const observed = series("mh.stress", "south");
  const lines = toCsv(observed, forecasts("mh.stress", "south")).trimEnd().split("\r\n");
  const columns = (lines[0] ?? "").split(",");
  const rows = lines.slice(1).map((line) => Object.fromEntries(line.split(",").map((cell, at) => [columns[at], cell])));

  it("has a row for every point and every day ahead, each as wide as the header", () => {
    expect(rows.filter((row) => row.kind === "observed")).toHaveLength(observed.points.length);
    expect(rows.filter((row) => row.kind === "forecast")).toHaveLength(14);
    for (const line of lines) expect(line.split(",")).toHaveLength(columns.length);
  });

  it("shows no number of a withheld cell", () => {
    const withheld = rows.filter((row) => row.status === "censored");
    expect(withheld.length).toBeGreaterThan(0);
    for (const row of withheld) {
      expect([row.value, row.lower, row.upper, row.k, row.n, row.n_posts]).toEqual(Array(6).fill(""));
      expect(row.value_with_bots).toBe("");
      expect([row.reliability, row.z, row.ratio]).toEqual(["", "", ""]);
    }
  });

  it("says how reliable and how unusual each observed number is", () => {
    const shown = rows.filter((row) => row.status === "ok").at(-1);
    expect(shown?.reliability).toBe("moderate");
    expect(Number(shown?.value_with_bots)).toBeGreaterThan(Number(shown?.value));
    expect(Number(shown?.value) / Number(shown?.baseline)).toBeCloseTo(Number(shown?.ratio), 9);
    expect(shown?.z).not.toBe("");
    for (const row of rows.filter((row) => row.kind === "forecast")) expect([row.reliability, row.z]).toEqual(["", ""]);
  });

  it("says what a number would be without errors and by who lives there, where the server does", () => {
    const adjusted = { adjusted: 0.11, adjusted_lower: 0.08, adjusted_upper: 0.14 };
    const told = { ...adjusted, weighted: 0.13, weighted_lower: 0.1, weighted_upper: 0.16 };
    const points = observed.points.slice(0, 2).map((point, at) => (at === 0 ? { ...point, ...told } : point));
    const [, first, second] = toCsv({ ...observed, points }, undefined).split("\r\n");
    expect(first?.split(",").slice(-8, -2)).toEqual(["0.11", "0.08", "0.14", "0.13", "0.1", "0.16"]);
    expect(second?.split(",").slice(-8, -2)).toEqual(Array(6).fill(""));
  });

  it("says why a number is suspect, and keeps the number", () => {
    const suspect = rows.filter((row) => row.suspect !== "");
    expect(suspect.map((row) => row.end)).toEqual(["2026-11-12"]);
    expect(suspect[0]?.suspect).toContain("31 posts; 300 are usual");
    expect(suspect[0]?.value).not.toBe("");
  });

  it("cannot be run by a spreadsheet", () => {
    const named = { ...observed, key: { ...observed.key, source: '=cmd|"x"!A1' }, points: observed.points.slice(0, 1) };
    expect(toCsv(named, undefined)).toContain(`"'=cmd|""x""!A1"`);
  });
});
