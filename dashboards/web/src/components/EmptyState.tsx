import { strings } from "../strings";

const said = strings.empty;

export function EmptyState({ reading }: { reading: boolean }) {
  return (
    <section className="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">{said.title}</h2>
      <p>{said.text}</p>
      {reading ? (
        <p>{said.reading}</p>
      ) : (
        <dl>
          <dt>{said.demo}</dt>
          <dd>
            <code>tidemark up --demo</code>
          </dd>
          <dt>{said.file}</dt>
          <dd>
            <code>tidemark ingest file posts.csv.gz --mapping mapping.toml --wait</code>
          </dd>
        </dl>
      )}
    </section>
  );
}
