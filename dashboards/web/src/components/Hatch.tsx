/** What suspect periods are filled with; `Hatch` stands once on the page, in the legend. */
export const HATCH = "url(#suspect-hatch)";

export function Hatch() {
  return (
    <defs>
      <pattern id="suspect-hatch" width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className="k-hatch" d="M3 0V6" />
      </pattern>
    </defs>
  );
}
