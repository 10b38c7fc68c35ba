/** The hatching of unknown time, defined once on the page. */
export function Hatch() {
  return (
    <svg class="defs" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-ground" width="6" height="6" />
          <line class="hatch-line" x1="1" y1="0" x2="1" y2="6" />
        </pattern>
      </defs>
    </svg>
  );
}
