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
      expect([row.reliability, row.z, row.ratio]).toEqual(["", "", ""]);
    }
  });

  it("says how reliable and how unusual each observed number is", () => {
    const shown = rows.filter((row) => row.status === "ok").at(-1);
    expect(shown?.reliability).toBe("moderate");
    expect(Number(shown?.value) / Number(shown?.baseline)).toBeCloseTo(Number(shown?.ratio), 9);
    expect(shown?.z).not.toBe("");
    for (const row of rows.filter((row) => row.kind === "forecast")) expect([row.reliability, row.z]).toEqual(["", ""]);
  });

  it("cannot be run by a spreadsheet", () => {
    const named = { ...observed, key: { ...observed.key, source: '=cmd|"x"!A1' }, points: observed.points.slice(0, 1) };
    expect(toCsv(named, undefined)).toContain(`"'=cmd|""x""!A1"`);
  });
});
