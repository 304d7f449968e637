import { strings } from "../strings";
import { HATCH, Hatch } from "./Hatch";

const said = strings.series.legend;

export function Legend({ minUnits }: { minUnits: number }) {
  return (
    <ul className="legend">
      <li>
        <svg width="28" height="14" aria-hidden="true">
          <rect className="k-band" width="28" height="14" />
          <path className="k-value" d="M0 7H28" />
        </svg>
        {said.value}, {said.band}
      </li>
      <li>
        <svg width="28" height="14" aria-hidden="true">
          <path className="k-threshold" d="M0 7H28" />
        </svg>
        {said.threshold}
      </li>
      <li>
        <svg width="28" height="14" aria-hidden="true">
          <rect className="k-fan" width="28" height="14" />
          <rect className="k-fan" y="2" width="28" height="10" />
          <rect className="k-fan" y="4" width="28" height="6" />
          <path className="k-median" d="M0 7H28" />
        </svg>
        {said.fan}
      </li>
      <li>
        <svg width="28" height="14" aria-hidden="true">
          <rect className="k-censored" x="4" y="5" width="20" height="5" />
        </svg>
        {said.censored(minUnits)}
      </li>
      <li>
        <svg width="28" height="14" aria-hidden="true">
          <rect className="k-no_data" x="4" y="5" width="20" height="5" />
        </svg>
        {said.noData}
      </li>
      <li>
        <svg width="28" height="14" aria-hidden="true">
          <Hatch />
          <rect width="28" height="14" fill={HATCH} />
        </svg>
        {said.suspect}
      </li>
    </ul>
  );
}
