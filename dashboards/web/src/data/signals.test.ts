import { describe, expect, it } from "vitest";
import { judged, signals } from "./fixture";
import { reach, silence, told } from "./signals";

describe("a signal", () => {
  const [rise, outage] = signals.map(told);

  it("says of a marker where and when it stood out, and how much that is worth a look", () => {
    expect(rise).toEqual({
      kind: "Marker",
      sentence: "Stress in north stood higher than its own past let expect.",
      facts: "18 Nov 2026 to 20 Nov 2026, 3 days; score 7.3",
      why: "14.20 % up to 2026-11-20; 10.10 % were expected",
    });
  });

  it("says of a feed that it changed and not the people, and has no score", () => {
    expect(outage?.kind).toBe("Data quality");
    expect(outage?.sentence).toContain("the feed of simulated changed");
    expect(outage?.facts).toBe("12 Nov 2026");
    expect(outage?.why).toBe("31 posts; 300 are usual; 18 hours without a post; 0 are usual");
  });
});

describe("an empty list", () => {
  it("does not say that nothing changed while nothing is judged", () => {
    for (const busy of [true, false]) {
      expect(silence([], ["simulated"], busy)).toMatch(/^Nothing is judged yet/);
      expect(silence([], ["simulated"], busy)).not.toContain("no feed changed");
    }
  });

  it("says how far each source was judged, and which was not", () => {
    const none = "No signal in the last 28 days: on those that were judged no watched series stood out, and no feed changed.";
    expect(silence(judged, ["simulated"], false)).toBe(`${none} Judged: simulated to 20 Nov 2026.`);
    expect(reach(judged, ["simulated", "file"], false)).toBe("Judged: simulated to 20 Nov 2026. Not judged yet: file.");
    expect(reach(judged, ["simulated"], true)).toContain("are judged once they have come to rest");
  });
});
