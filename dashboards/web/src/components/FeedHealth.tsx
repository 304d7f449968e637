import { useState } from "react";
import type { FeedDay, FeedState } from "../data/api";
import { daysBetween } from "../data/dates";
import { FEED_DAYS, useFeedHealth } from "../data/queries";
import { byRegion, height, isUnusual, unusual, type FeedStrip } from "../data/feed";
import { count, day, weekday } from "../format";
import type { View } from "../selection";
import { strings } from "../strings";
import { Failure } from "./Failure";

const said = strings.freshness;
const HEIGHT = 40;
const STEP = 4;

/** A shape as well as a colour for every state. */
const SHAPES: Record<FeedState, string> = { ok: "●", low: "▼", high: "▲", silent: "■", open: "◐", unknown: "○" };

export function StateMark({ state }: { state: FeedState }) {
  return (
    <span className={`state state-${state}`}>
      <span aria-hidden="true">{SHAPES[state]}</span> {strings.feedStates[state]}
    </span>
  );
}

function Strip({ strip, first, minUnits }: { strip: FeedStrip; first: string; minUnits: number }) {
  const top = Math.max(1, ...strip.days.map((each) => Math.max(height(each, minUnits), each.expected ?? 0)));
  const y = (posts: number) => HEIGHT - (posts / top) * (HEIGHT - 2);
  const x = (each: FeedDay) => daysBetween(first, each.day) * STEP;
  const line = strip.days
    .filter((each) => each.expected !== null)
    .map((each, index) => `${index ? "L" : "M"}${x(each) + STEP / 2 - 0.5},${y(each.expected ?? 0)}`)
    .join("");
  return (
    <svg className="strip" viewBox={`0 0 ${FEED_DAYS * STEP} ${HEIGHT + 8}`} preserveAspectRatio="none" aria-hidden="true">
      {strip.days.map((each) => (
        <rect
          key={each.day}
          className={`bar bar-${each.state}`}
          x={x(each)}
          y={y(height(each, minUnits))}
          width={STEP - 1}
          height={HEIGHT - y(height(each, minUnits))}
        />
      ))}
      <path className="expected" d={line} />
      {strip.days.filter(isUnusual).map((each) => (
        <rect key={each.day} className={`flag flag-${each.state}`} x={x(each)} y={HEIGHT + 3} width={STEP - 0.5} height={4} />
      ))}
    </svg>
  );
}

function Feed({ strip, first, minUnits }: { strip: FeedStrip; first: string; minUnits: number }) {
  const { latest } = strip;
  const { low, high } = unusual(strip.days);
  return (
    <li className="feed">
      <div className="feed-head">
        <strong>{strings.regions[strip.region] ?? strip.region}</strong>
        <StateMark state={latest.state} />
      </div>
      <Strip strip={strip} first={first} minUnits={minUnits} />
      <p className="quiet number">
        {latest.expected === null
          ? said.feedLatestAlone(day(latest.day), posts(latest, minUnits))
          : said.feedLatest(day(latest.day), posts(latest, minUnits), count(Math.round(latest.expected)))}
        ; {said.feedSummary(low, high, strip.days.length)}
      </p>
    </li>
  );
}

const posts = (each: FeedDay, minUnits: number): string =>
  each.posts === null ? said.fewerThan(minUnits) : count(each.posts);

interface Props {
  view: View;
  minUnits: number;
  busy: boolean;
}

export function FeedHealth({ view, minUnits, busy }: Props) {
  const health = useFeedHealth(view, busy);
  const [open, setOpen] = useState(false);
  if (health.isError) return <Failure error={health.error} />;
  if (!health.data) return <p className="quiet">{strings.loading}</p>;
  const strips = byRegion(health.data.days);
  const first = health.data.days.reduce((least, each) => (each.day < least ? each.day : least), view.known.last_day);
  if (strips.length === 0) return <p className="quiet">{said.none}</p>;
  return (
    <div className="feeds-block">
      <h3>{said.feeds(FEED_DAYS)}</h3>
      <p className="quiet">
        {said.feedsHelp} {busy && said.rising}
      </p>
      <ul className="feeds" data-testid="feed-health">
        {strips.map((strip) => (
          <Feed key={strip.region} strip={strip} first={first} minUnits={minUnits} />
        ))}
      </ul>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{said.table}</summary>
        {open && (
          <div className="scroll" tabIndex={0} role="region" aria-label={said.feeds(FEED_DAYS)}>
            <table>
              <thead>
                <tr>
                  {Object.values(said.columns).map((column) => (
                    <th key={column} scope="col">
                      {column}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {health.data.days.toReversed().map((each) => (
                  <tr key={`${each.region} ${each.day}`}>
                    <td>{strings.regions[each.region] ?? each.region}</td>
                    <td>{weekday(each.day)}</td>
                    <td>{posts(each, minUnits)}</td>
                    <td>{each.expected === null ? "–" : count(Math.round(each.expected))}</td>
                    <td>
                      <StateMark state={each.state} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </details>
    </div>
  );
}
