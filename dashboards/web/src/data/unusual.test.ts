import { describe, expect, it } from "vitest";
import { deviations } from "../format";
import { series } from "./fixture";
import { toSlots, type Slot } from "./series";
import { besideLatest, besideStep } from "./unusual";

const latest = toSlots(series("mh.stress")).at(-1);
if (!latest) throw new Error("the fixture has points");
const slot: Slot = { ...latest, z: 2.28, baseline: 0.1204, ratio: 1.2, reliability: "high" };

describe("how unusual a number is", () => {
  it("stands behind the numbers of a step, with how far to rely on them", () => {
    expect(besideStep(slot)).toBe("; z 2.3, high reliability");
    expect(besideStep({ ...slot, z: null, reliability: "low" })).toBe("; low reliability");
    expect(besideStep({ ...slot, reliability: null })).toBe("; z 2.3");
    expect(besideStep({ ...slot, z: null, reliability: null })).toBe("");
  });

  it("says in the sentence what is usual", () => {
    expect(besideLatest(slot, "day")).toBe(
      "; z 2.3 against the same weekdays of the eight weeks before (12.0 %); high reliability",
    );
    expect(besideLatest({ ...slot, reliability: "moderate" }, "epiweek")).toBe(
      "; z 2.3 against eight weeks before the last (12.0 %); moderate reliability",
    );
    expect(besideLatest({ ...slot, baseline: null, z: null, reliability: null }, "day")).toBe("");
  });

  it("is what the server said", () => {
    const points = series("mh.stress", "south").points;
    const slots = toSlots(series("mh.stress", "south"));
    expect(slots.map(({ z }) => z)).toEqual(points.map(({ z }) => z));
    expect(slots.slice(0, 28).every(({ baseline }) => baseline === null)).toBe(true);
    expect(slots.filter(({ z }) => z !== null).length).toBeGreaterThan(300);
  });

  it("has one place after the point, and no minus before nothing", () => {
    expect([2.25, -1.04, -0.04, 0, -0.06].map(deviations)).toEqual(["2.3", "-1.0", "0.0", "0.0", "-0.1"]);
  });
});
