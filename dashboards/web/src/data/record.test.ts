import { describe, expect, it } from "vitest";
import { alerts } from "./fixture";
import { told } from "./record";

describe("a track record", () => {
  const record = alerts[0]?.track_record;
  if (!record) throw new Error("the fixture has a record");

  it("says each number as the command prints it", () => {
    expect(told(record)).toBe(
      "On 351 judged days of this series’ past, this rule would have raised 4 alerts, 3 of them right " +
        "(PPV 75 %, 30 % to 95 %); of 5 spells above the threshold it announced 2 (sensitivity 40 %, 12 % to 77 %), " +
        "3.5 days ahead at the median; 0.09 false alarms in 30 days; so few say little: read the intervals.",
    );
    const eighth = { value: 0.125, lower: 0.0224, upper: 0.4709 };
    expect(told({ ...record, episodes: 8, right: 1, ppv: eighth })).toContain("PPV 13 %, 2 % to 47 %");
    expect(told({ ...record, lead_days: 1 })).toContain(", 1 day ahead");
  });

  it("has no number where there is nothing to count", () => {
    const silent = { ...record, episodes: 0, right: 0, ppv: null, spells: 0, foreseen: 0, sensitivity: null, lead_days: null };
    expect(told({ ...silent, is_thin: false, false_alarms_per_month: 0 })).toBe(
      "On 351 judged days of this series’ past, this rule would have raised no alert; " +
        "no spell above the threshold began; 0.00 false alarms in 30 days.",
    );
  });
});
