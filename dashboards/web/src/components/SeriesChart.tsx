import * as Plot from "@observablehq/plot";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useCursor } from "../cursor";
import type { PeriodKind } from "../data/api";
import { stepDays } from "../data/dates";
import { extent, nearest, toDrawn, toGaps, type Ahead, type Slot } from "../data/series";
import { percent } from "../format";
import { strings } from "../strings";
import { HATCH } from "./Hatch";

const HEIGHT = 236;
const MARGIN = { left: 48, right: 10, top: 10, bottom: 48 };
const LABEL_WIDTH = 108;
/** Below the axis a strip says that there is no number; over the whole height, a hatch says that it is suspect. */
const STRIP = { y: HEIGHT - MARGIN.bottom + 3, height: 5 };
const WHOLE = { y: MARGIN.top, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const DAY_MS = 86_400_000;

interface Props {
  title: string;
  slots: Slot[];
  ahead: Ahead[];
  threshold: number | null;
  period: PeriodKind;
  say: (step: Slot | Ahead) => string;
}

type Scale = (value: Date | number) => number;

interface Drawn {
  x: Scale;
  invert: (pixel: number) => Date;
  y: Scale;
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.round(entry.contentRect.width)));
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [box, width] as const;
}

function draw({ slots, ahead, threshold }: Omit<Props, "say" | "title" | "period">, width: number) {
  const first = slots[0] as Slot;
  const last = slots.at(-1) as Slot;
  const end = ahead.at(-1)?.date ?? last.date;
  const fan = (low: keyof Ahead, high: keyof Ahead) =>
    Plot.areaY(ahead, { x: "date", y1: low, y2: high, fill: "var(--fan)", fillOpacity: 0.22, curve: "linear" });
  return Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    x: { type: "utc", domain: [first.date, end], label: null },
    y: { domain: extent(slots, ahead, threshold), label: null },
    marks: [
      Plot.gridY({ ticks: 5, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.axisY({ ticks: 5, tickFormat: (value: number) => percent(value).replace(".0", ""), tickSize: 0, fill: "var(--quiet)" }),
      Plot.axisX({ ticks: Math.max(3, Math.floor(width / 90)), fill: "var(--quiet)", stroke: "var(--grid)", tickSize: 0, dy: 8 }),
      Plot.areaY(slots, { x: "date", y1: "lower", y2: "upper", fill: "var(--value)", fillOpacity: 0.22 }),
      fan("q025", "q975"),
      fan("q100", "q900"),
      fan("q250", "q750"),
      Plot.ruleY(threshold === null ? [] : [threshold], {
        ...{ stroke: "var(--threshold)", strokeWidth: 1.5, strokeDasharray: "6 4" },
      }),
      Plot.lineY(slots, { x: "date", y: "value", stroke: "var(--value)", strokeWidth: 1.6, strokeLinecap: "round" }),
      ...(ahead.length > 0
        ? [
            Plot.ruleX([last.date], { stroke: "var(--quiet)", strokeOpacity: 0.6, strokeDasharray: "2 3" }),
            Plot.lineY(ahead, { x: "date", y: "q500", stroke: "var(--median)", strokeWidth: 1.6, strokeDasharray: "4 2" }),
          ]
        : []),
    ],
  });
}

/** Above the line, or below it where there is no room. */
const labelTop = (line: number): number => (line - 19 < MARGIN.top ? line + 3 : line - 19);

export function SeriesChart(props: Props) {
  const { title, slots, ahead, threshold, period, say } = props;
  const [box, width] = useWidth();
  const paper = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const cursor = useCursor();
  const steps = useMemo<(Slot | Ahead)[]>(() => [...slots, ...ahead], [slots, ahead]);
  const gaps = useMemo(() => toGaps(slots), [slots]);
  const shown = useMemo(() => toDrawn(slots), [slots]);

  useEffect(() => {
    if (width < 100 || !paper.current) return;
    const plot = draw({ slots: shown, ahead, threshold }, width);
    // The page's policy allows no inline styles; what Plot's own sheet says stands in base.css.
    for (const style of plot.querySelectorAll("style")) style.remove();
    paper.current.replaceChildren(plot);
    const x = plot.scale("x");
    const y = plot.scale("y");
    if (x?.invert && y) setDrawn({ x: x.apply, invert: x.invert, y: y.apply });
  }, [shown, ahead, threshold, width]);

  const place = cursor.end === null ? -1 : steps.findIndex((step) => step.end === cursor.end);
  const pointed = steps[place];
  const go = (to: number) => cursor.set(steps[Math.min(steps.length - 1, Math.max(0, to))]?.end ?? null);

  const point = (event: PointerEvent<HTMLDivElement>) => {
    if (!drawn) return;
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    go(nearest(steps.map((step) => step.date), drawn.invert(left)));
  };

  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const now = place < 0 ? slots.length - 1 : place;
    const long = Math.round(28 / stepDays(period));
    const to = {
      ArrowLeft: place < 0 ? now : now - 1,
      ArrowDown: place < 0 ? now : now - 1,
      ArrowRight: place < 0 ? now : now + 1,
      ArrowUp: place < 0 ? now : now + 1,
      PageUp: now + long,
      PageDown: now - long,
      Home: 0,
      End: steps.length - 1,
    }[event.key];
    if (event.key === "Escape") cursor.set(null);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };

  const level = pointed && ("q500" in pointed ? pointed.q500 : shown[place]?.value);
  const half = (stepDays(period) * DAY_MS) / 2;
  return (
    <div className="chart" ref={box}>
      <div
        className="chart-stage"
        role="slider"
        tabIndex={0}
        aria-label={strings.chart.steps(title)}
        aria-valuemin={0}
        aria-valuemax={steps.length - 1}
        aria-valuenow={place < 0 ? slots.length - 1 : place}
        aria-valuetext={say(pointed ?? (slots.at(-1) as Slot))}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => cursor.set(null)}
        onKeyDown={press}
        data-testid="chart"
        data-steps={steps.length}
        data-ahead={ahead.length}
      >
        <div className="paper" ref={paper} aria-hidden="true" />
        {drawn && (
          <svg className="overlay" width={width} height={HEIGHT} aria-hidden="true">
            {gaps.map((gap) => {
              const left = Math.max(MARGIN.left, drawn.x(new Date(gap.first.getTime() - half)));
              const right = drawn.x(new Date(gap.last.getTime() + half));
              return (
                <rect
                  key={gap.first.getTime()}
                  className={`k-${gap.kind}`}
                  x={left}
                  width={Math.max(2, right - left - 0.5)}
                  {...(gap.kind === "suspect" ? { ...WHOLE, fill: HATCH } : STRIP)}
                />
              );
            })}
            {threshold !== null && (
              <g className="threshold-label" transform={`translate(${MARGIN.left + 4},${labelTop(drawn.y(threshold))})`}>
                <rect width={LABEL_WIDTH} height={16} rx={3} />
                <text x={5} y={12}>
                  {strings.chart.threshold(percent(threshold))}
                </text>
              </g>
            )}
            {pointed && (
              <>
                <line className="hair" x1={drawn.x(pointed.date)} x2={drawn.x(pointed.date)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
                {level !== undefined && Number.isFinite(level) && (
                  <circle className="dot" cx={drawn.x(pointed.date)} cy={drawn.y(level)} r={4} />
                )}
              </>
            )}
          </svg>
        )}
      </div>
    </div>
  );
}
