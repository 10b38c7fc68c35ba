/** Two fingers on a chart zoom it, as they do on a map; one finger scrolls the page, which the browser does by itself. */
import type uPlot from 'uplot';

/** Fingers nearer than this tell nothing of a span, CSS pixels. */
const leastApart = 24;

/** @param onZoom the span that stands under the fingers when they are lifted, ms */
export function listenToFingers(u: uPlot, onZoom: (from: number, to: number) => void): void {
  let values: [number, number] | null = null;
  let wanted: { min: number; max: number } | null = null;
  const places = ({ touches }: TouchEvent): [number, number] => {
    const { left } = u.over.getBoundingClientRect();
    const [a = 0, b = 0] = [...touches].map(({ clientX }) => clientX - left).sort((one, other) => one - other);
    return [a, b];
  };
  u.over.addEventListener(
    'touchstart',
    (event) => {
      const [a, b] = places(event);
      values = event.touches.length === 2 && b - a >= leastApart ? [u.posToVal(a, 'x'), u.posToVal(b, 'x')] : null;
    },
    { passive: true },
  );
  u.over.addEventListener(
    'touchmove',
    (event) => {
      if (values === null || event.touches.length !== 2) return;
      event.preventDefault();
      const [a, b] = places(event);
      if (b - a < leastApart) return;
      // What was under each finger stays under it.
      const perPixel = (values[1] - values[0]) / (b - a);
      const min = values[0] - a * perPixel;
      wanted = { min, max: min + u.over.clientWidth * perPixel };
      u.setScale('x', wanted);
    },
    { passive: false },
  );
  const end = () => {
    if (wanted) onZoom(Math.round(wanted.min), Math.round(wanted.max));
    [values, wanted] = [null, null];
  };
  u.over.addEventListener('touchend', end);
  u.over.addEventListener('touchcancel', end);
}
