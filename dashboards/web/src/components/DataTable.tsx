import type { PeriodKind, Unit } from "../data/api";
import type { Ahead, Slot } from "../data/series";
import { band, count, day, deviations, percent, probability, ratio, weekday } from "../format";
import { strings } from "../strings";

const said = strings.chart;

interface Props {
  title: string;
  slots: Slot[];
  ahead: Ahead[];
  period: PeriodKind;
  unit: Unit;
}

function Head({ columns }: { columns: string[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col">
            {column}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function DataTable({ title, slots, ahead, period, unit }: Props) {
  const { columns, forecastColumns } = said;
  // How far to rely on a share is known of people, and not of posts.
  const ofPeople = unit === "author";
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={said.observedCaption(title)}>
      {ahead.length > 0 && (
        <table>
          <caption>{said.forecastCaption(title)}</caption>
          <Head columns={[columns.period, ...Object.values(forecastColumns)]} />
          <tbody>
            {ahead.map((step) => (
              <tr key={step.end}>
                <th scope="row">{weekday(step.end)}</th>
                <td>{percent(step.q500)}</td>
                <td>{band(step.q250, step.q750)}</td>
                <td>{band(step.q100, step.q900)}</td>
                <td>{band(step.q025, step.q975)}</td>
                <td>{step.pExceed === null ? "–" : probability(step.pExceed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <table>
        <caption>{said.observedCaption(title)}</caption>
        <Head
          columns={[
            ...[columns.period, columns.value, columns.band, columns.k, columns.n[unit], columns.posts],
            ...(ofPeople ? [columns.reliability] : []),
            ...[columns.baseline, columns.z, columns.ratio, columns.status],
          ]}
        />
        <tbody>
          {slots.toReversed().map((slot) => (
            <tr key={slot.end}>
              <th scope="row">{period === "day" ? weekday(slot.end) : said.week(slot.label, day(slot.end))}</th>
              <td>{slot.status === "ok" ? percent(slot.value) : "–"}</td>
              <td>{slot.status === "ok" ? band(slot.lower, slot.upper) : "–"}</td>
              <td>{slot.k === null ? "–" : count(slot.k)}</td>
              <td>{slot.n === null ? "–" : count(slot.n)}</td>
              <td>{slot.nPosts === null ? "–" : count(slot.nPosts)}</td>
              {ofPeople && <td>{slot.reliability === null ? "–" : said.reliabilities[slot.reliability]}</td>}
              <td>{slot.baseline === null ? "–" : percent(slot.baseline)}</td>
              <td>{slot.z === null ? "–" : deviations(slot.z)}</td>
              <td>{slot.ratio === null ? "–" : ratio(slot.ratio)}</td>
              <td>{slot.suspect === null ? strings.statuses[slot.status] : said.suspect(slot.suspect)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
