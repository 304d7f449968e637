import { useState } from "react";
import type { Status } from "../data/api";
import { time } from "../format";
import { strings } from "../strings";
import { applyTheme, storedTheme, type Theme } from "../theme";

export function Header({ status, updatedAt }: { status: Status | undefined; updatedAt: number }) {
  const [theme, setTheme] = useState(storedTheme);
  return (
    <header className="top">
      <div className="brand">
        <img src="/tidemark.svg" alt="" width={32} height={32} />
        <div>
          <h1>{strings.title}</h1>
          <p>{strings.tagline}</p>
        </div>
      </div>
      <div className="top-side">
        {status && (
          <p className="quiet">
            {strings.updated(time(updatedAt))} · {strings.version(status.version)} ·{" "}
            <a href="/api/v1/openapi.json">{strings.interface}</a>
          </p>
        )}
        <label className="field field-inline">
          <span>{strings.theme}</span>
          <select
            value={theme}
            onChange={(event) => {
              const chosen = event.target.value as Theme;
              setTheme(chosen);
              applyTheme(chosen);
            }}
          >
            {Object.entries(strings.themes).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
    </header>
  );
}
