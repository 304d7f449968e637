// Opens the page of a running tidemark in Chromium and checks what a person would see.
//
//   node page.mjs http://127.0.0.1:8377 [--screenshot FILE.png] [--within SECONDS] [--started UNIX_MS]
//
// Waits (420 s at most, unless told) for four charts with bands, feed health, an alert, and the gap of a planted outage;
// audits with axe; steps through a chart with the keyboard; opens a table; looks at the page dark and narrow. Exit code 0: all passed. 1: something
// failed. 2: could not begin.
// TIDEMARK_CHROMIUM names the browser; /usr/bin/chromium otherwise (scripts/install-browser.sh installs it).

import { AxeBuilder } from "@axe-core/playwright";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const MIN_CHARTS = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { screenshot: { type: "string", default: "" }, within: { type: "string", default: "420" }, started: { type: "string" } },
});
const address = positionals[0];
if (!address) {
  console.error("usage: node page.mjs http://127.0.0.1:8377 [--screenshot FILE.png] [--within SECONDS]");
  process.exit(2);
}
const browserPath = process.env.TIDEMARK_CHROMIUM || "/usr/bin/chromium";
if (!existsSync(browserPath)) {
  console.error(`there is no browser at ${browserPath}: run scripts/install-browser.sh, or set TIDEMARK_CHROMIUM`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
async function check(name, run) {
  try {
    const note = await run();
    passed += 1;
    console.log(`ok    ${name}${note ? `: ${note}` : ""}`);
    return true;
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message.split("\n").slice(0, 4).join(" ") : error}`);
    return false;
  }
}
const must = (condition, complaint) => {
  if (!condition) throw new Error(complaint);
};

const profile = mkdtempSync(join(tmpdir(), "tidemark-browser-"));
let context;
try {
  context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath,
    headless: true,
    args: FLAGS,
    viewport: { width: 1440, height: 1000 },
  });
} catch (error) {
  console.error(`the browser did not start: ${error}`);
  rmSync(profile, { recursive: true, force: true });
  process.exit(2);
}

const page = await context.newPage();
const complaints = [];
const foreign = [];
page.on("console", (message) => {
  // A server that is still loading may say "too slow, ask again" (503), and the page does.
  const isAskedAgain = /status of 503/.test(message.text());
  if (message.type() === "error" && !isAskedAgain) complaints.push(message.text());
});
page.on("pageerror", (error) => complaints.push(error.message));
page.on("request", (request) => {
  const url = new URL(request.url());
  if (url.protocol.startsWith("http") && url.origin !== new URL(address).origin) foreign.push(request.url());
});
// Charts are promised within a minute of the start; forecasts and alerts come when the year has been read.
const FIRST_CHARTS_MILLISECONDS = 60_000;
const within = Number(values.within) * 1000;
const charts = page.getByTestId("chart");

async function audit(name) {
  await check(name, async () => {
    const { violations } = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const words = (list) => list.map(({ id, nodes }) => `${id} (${nodes.length}: ${nodes[0]?.target})`).join("; ");
    must(serious.length === 0, words(serious));
    return violations.length > 0 ? `minor: ${words(violations)}` : "no violation";
  });
}

async function screenshot(suffix) {
  if (!values.screenshot) return;
  await page.screenshot({ path: values.screenshot.replace(/(\.png)?$/, `${suffix}.png`), fullPage: true });
}

const opened = await check("the page opens", async () => {
  const response = await page.goto(address, { timeout: within });
  must(response?.ok(), `HTTP ${response?.status()}`);
  must(response.headers()["content-security-policy"]?.includes("default-src 'none'"), "no content security policy");
});

if (opened) {
  await check(`at least ${MIN_CHARTS} charts with bands`, async () => {
    // From the start of the program, where it is known.
    const start = values.started ? Number(values.started) : Date.now();
    await page.waitForFunction(
      (least) =>
        [...document.querySelectorAll('[data-testid="chart"]')].filter((chart) => {
          const band = chart.querySelector('[aria-label="area"] path')?.getAttribute("d");
          const line = chart.querySelector('[aria-label="line"] path')?.getAttribute("d");
          return (band?.length ?? 0) > 20 && (line?.length ?? 0) > 20;
        }).length >= least,
      MIN_CHARTS,
      { timeout: Math.max(FIRST_CHARTS_MILLISECONDS - (Date.now() - start), 1) },
    );
    return `${await charts.count()} charts after ${((Date.now() - start) / 1000).toFixed(1)} s`;
  });

  await check("feed health with bars", async () => {
    await page.locator('[data-testid="feed-health"] li .bar').first().waitFor({ state: "attached", timeout: within });
    return `${await page.locator('[data-testid="feed-health"] > li').count()} feeds`;
  });

  await check("at least one alert, in a sentence", async () => {
    await page.locator('[data-testid="alerts"] > li').first().waitFor({ timeout: within });
    const sentence = await page.locator(".alert-sentence").first().innerText();
    must(/is expected to exceed .*%.* on .*\d{4}\.$/.test(sentence), `not a sentence: ${sentence}`);
    return sentence;
  });

  await check("a forecast fan and a threshold line", async () => {
    await page.locator('[data-testid="chart"]:not([data-ahead="0"])').first().waitFor({ timeout: within });
    await page.locator('[data-testid="chart"] [aria-label="rule"] line').first().waitFor({ state: "attached", timeout: within });
  });

  await check("the planted outage is a gap, and the page says how far was judged", async () => {
    const hatched = page.locator('[data-testid="chart"] .k-suspect');
    await hatched.first().waitFor({ state: "attached", timeout: within });
    // Each part of the page asks for itself: one may know of what was judged a while before the other.
    await page.getByTestId("judged").filter({ hasText: /Judged: .* to \d+ \w+ \d{4}/ }).waitFor({ timeout: within });
    // The line is drawn in one stroke where no day is missing.
    const strokes = await hatched.first().evaluate((mark) => {
      const line = mark.closest('[data-testid="chart"]').querySelector('[aria-label="line"] path');
      return (line.getAttribute("d").match(/M/g) ?? []).length;
    });
    must(strokes >= 2, "the line goes through it");
    const listed = await page.getByTestId("signals").count();
    return `${await hatched.count()} gaps, ${listed > 0 ? "signals are listed" : "no signal of late"}`;
  });

  await check("freshness and the ledger of rows", async () => {
    must((await page.locator(".stage").count()) >= 3, "fewer than three stages");
    const ledger = await page.locator(".ledger").innerText();
    const [read, ...parts] = (ledger.match(/[\d,]+/g) ?? []).map((number) => Number(number.replaceAll(",", "")));
    must(read > 0 && parts.reduce((sum, part) => sum + part, 0) === read, `does not add up: ${ledger}`);
    return ledger;
  });

  await audit("accessibility, light");
  await screenshot("");

  await check("stepping with the keyboard reads out values", async () => {
    const chart = charts.first();
    await chart.focus();
    // The data may grow while we look: what belongs together is read in one go.
    const press = async (key) => {
      await page.keyboard.press(key);
      return chart.evaluate((element) => ({
        said: element.getAttribute("aria-valuetext"),
        place: Number(element.getAttribute("aria-valuenow")),
        end: Number(element.getAttribute("aria-valuemax")),
        shown: element.closest(".card").querySelector(".readout").textContent,
      }));
    };
    const first = await press("Home");
    const second = await press("ArrowRight");
    const last = await press("End");
    must(first.place === 0 && second.place === 1, `stepped to ${first.place}, ${second.place}`);
    must(last.place === last.end, `End went to ${last.place} of ${last.end}`);
    must(first.said !== second.said && second.said !== last.said, `said ${first.said} | ${second.said} | ${last.said}`);
    must(last.shown === last.said, `shows ${last.shown}, says ${last.said}`);
    return last.said;
  });

  await check("pointing reads out values in every chart", async () => {
    await charts.first().scrollIntoViewIfNeeded();
    const box = await charts.first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForFunction((least) => document.querySelectorAll(".hair").length >= least, MIN_CHARTS, { timeout: 5000 });
  });

  await check("a data table behind a chart", async () => {
    const card = page.locator(".card").first();
    await card.locator("summary").click();
    const rows = card.locator("tbody tr");
    await rows.first().waitFor({ timeout: 5000 });
    const counted = await rows.count();
    must(counted >= 7, `only ${counted} rows`);
    const suspects = rows.filter({ hasText: "suspect:" });
    await suspects.first().waitFor({ timeout: within });
    const suspect = await suspects.count();
    return `${counted} rows, ${suspect} suspect`;
  });

  await check("a chart as CSV", async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download", { timeout: 5000 }),
      page.locator(".card").first().getByRole("button").last().click(),
    ]);
    must(download.suggestedFilename().endsWith(".csv"), download.suggestedFilename());
    return download.suggestedFilename();
  });

  await audit("accessibility, with a table open");

  await check("dark", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    must(ground === "rgb(15, 20, 23)", ground);
  });
  await audit("accessibility, dark");
  await screenshot("-dark");

  await check("narrow: nothing runs over the edge", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(300);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    must(over <= 0, `${over} px too wide`);
  });
  await screenshot("-narrow");

  await check("no request to elsewhere", () => must(foreign.length === 0, foreign.join(", ")));
  await check("no error in the console", () => must(complaints.length === 0, complaints.slice(0, 3).join(" | ")));
  if (failed > 0) await screenshot("-failed");
}

await context.close();
rmSync(profile, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
