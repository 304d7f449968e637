import { strings } from "../strings";

export function Failure({ error }: { error: Error }) {
  return (
    <p className="notice notice-bad" role="status">
      <strong>{strings.problem}</strong> {error.message}
    </p>
  );
}
