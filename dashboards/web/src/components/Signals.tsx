import type { Signal, Signals as Answer } from "../data/api";
import { reach, silence, told } from "../data/signals";
import { strings } from "../strings";

const said = strings.signals;
const SHOWN = 6;

function One({ signal }: { signal: Signal }) {
  const { kind, sentence, facts, why } = told(signal);
  return (
    <li className="signal">
      <p>
        <strong>{kind}:</strong> {sentence}
      </p>
      <p className="quiet">
        {facts}; {why}; {strings.source(signal.source)}
      </p>
    </li>
  );
}

interface Props {
  answer: Answer;
  sources: string[];
  busy: boolean;
}

export function Signals({ answer: { signals, judged }, sources, busy }: Props) {
  const rest = signals.slice(SHOWN);
  if (signals.length === 0) {
    return (
      <p className="quiet" data-testid="judged">
        {silence(judged, sources, busy)}
      </p>
    );
  }
  return (
    <>
      <p className="quiet" data-testid="judged">
        {said.help} {reach(judged, sources, busy)}
      </p>
      <ol className="signals" data-testid="signals">
        {signals.slice(0, SHOWN).map((signal) => (
          <One key={signal.id} signal={signal} />
        ))}
      </ol>
      {rest.length > 0 && (
        <details>
          <summary>{said.more(rest.length)}</summary>
          <ol className="signals" start={SHOWN + 1}>
            {rest.map((signal) => (
              <One key={signal.id} signal={signal} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}
