import { useState } from "react";
import type { Catalogue, PeriodKind } from "../data/api";
import type { Selection, View } from "../selection";
import { strings } from "../strings";

const said = strings.series;

interface ChoiceProps {
  label: string;
  value: string;
  values: [value: string, name: string][];
  choose: (value: string) => void;
}

function Choice({ label, value, values, choose }: ChoiceProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => choose(event.target.value)}>
        {values.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function MarkerChoice({ view, select }: { view: View; select: (change: Partial<Selection>) => void }) {
  const [wanted, setWanted] = useState("");
  const text = wanted.trim().toLowerCase();
  const listed = view.known.markers.filter((marker) => `${marker.title} ${marker.name}`.toLowerCase().includes(text));
  return (
    <details className="markers">
      <summary>{said.markers(view.markers.length, view.known.markers.length)}</summary>
      <div className="markers-box">
        <div className="markers-tools">
          <input
            type="search"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            aria-label={said.markersHint}
            placeholder={said.markersHint}
          />
          <button type="button" onClick={() => select({ markers: [] })}>
            {said.headlines}
          </button>
        </div>
        <ul>
          {listed.map((marker) => (
            <li key={marker.name}>
              <label title={marker.description}>
                <input
                  type="checkbox"
                  checked={view.markers.includes(marker.name)}
                  onChange={(event) =>
                    select({
                      markers: event.target.checked
                        ? [...view.markers, marker.name]
                        : view.markers.filter((name) => name !== marker.name),
                    })
                  }
                />
                <span>{marker.title}</span>
                <code>{marker.name}</code>
              </label>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}

interface Props {
  view: View;
  catalogue: Catalogue;
  select: (change: Partial<Selection>) => void;
}

export function Controls({ view, catalogue, select }: Props) {
  const named = (values: string[], names: Record<string, string>) =>
    values.map((value): [string, string] => [value, names[value] ?? value]);
  return (
    <div className="controls">
      <Choice
        label={said.source}
        value={view.source}
        values={catalogue.sources.map((source) => [source.source, `${source.source} (${strings.units[source.unit]})`])}
        choose={(source) => select({ source, markers: [] })}
      />
      <Choice
        label={said.region}
        value={view.region}
        values={named(view.known.regions, strings.regions)}
        choose={(region) => select({ region })}
      />
      <Choice
        label={said.language}
        value={view.language}
        values={named(view.known.languages, strings.languages)}
        choose={(language) => select({ language })}
      />
      <Choice
        label={said.period}
        value={view.period}
        values={Object.entries(said.periods)}
        choose={(period) => select({ period: period as PeriodKind })}
      />
      <Choice
        label={said.window}
        value={view.window}
        values={Object.entries(said.windows).sort(([a], [b]) => Number(a) - Number(b) || (a === "all" ? 1 : -1))}
        choose={(window) => select({ window })}
      />
      <MarkerChoice view={view} select={select} />
    </div>
  );
}
