import { describe, expect, it } from "vitest";
import { status } from "./fixture";
import { progress } from "./progress";
import { isBusy } from "./queries";

describe("progress", () => {
  it("is what has been counted of what was announced, or of what waits where that is more", () => {
    expect(progress(status)).toEqual({ counted: 109_871, total: 146_000 });
    expect(progress({ ...status, loads: [] })).toEqual({ counted: 109_871, total: 109_871 + 5_520 });
  });

  it("is none when a live feed is only a few rows behind, and the page is calm then", () => {
    const live = { ...status, stages: status.stages.map((stage) => ({ ...stage, lag: stage.lag && 3 })) };
    expect(progress(live)).toBeNull();
    expect(isBusy({ ...live, loads: [] })).toBe(false);
    expect(isBusy(live)).toBe(true);
    expect(isBusy(undefined)).toBe(true);
  });
});
