import { describe, expect, it } from "vitest";
import { catalogue } from "./data/fixture";
import { fromAddress, resolve, toAddress } from "./selection";

describe("a selection", () => {
  it("survives the address", () => {
    const address = "?source=simulated&region=north&language=es&period=epiweek&window=365&marker=mh.stress&marker=a.b";
    expect(toAddress(fromAddress(address))).toBe(address);
    expect(toAddress(fromAddress(""))).toBe("");
  });

  it("falls back to what there is", () => {
    const view = resolve(fromAddress("?source=gone&region=nowhere&marker=no.such&period=hour&window=x"), catalogue);
    expect(view).toMatchObject({ source: "simulated", region: "all", period: "day", window: "180" });
    expect(view?.markers).toHaveLength(4);
    expect(view?.from).toBe("2026-05-25");
    expect(resolve(fromAddress("?window=all"), catalogue)?.from).toBeUndefined();
    expect(resolve(fromAddress(""), { min_units: 11, sources: [] })).toBeUndefined();
  });
});
