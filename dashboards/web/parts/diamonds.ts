/** Diamonds on the base line of a chart, each of which opens something. */
import type uPlot from 'uplot';

export interface Diamond {
  at: number;
  /** Where a click leads. */
  href: string;
  title: string;
}

/** Half its width, and how far beside it a click still counts, CSS pixels. */
const size = 6;
const reach = 10;

export function drawDiamonds(u: uPlot, diamonds: readonly Diamond[], ink: string, ground: string): void {
  const { left, top, width, height } = u.bbox;
  const half = size * devicePixelRatio;
  const y = top + height - half;
  u.ctx.save();
  u.ctx.fillStyle = ink;
  u.ctx.strokeStyle = ground;
  for (const { at } of diamonds) {
    const x = u.valToPos(at, 'x', true);
    if (x < left || x > left + width) continue;
    u.ctx.beginPath();
    u.ctx.moveTo(x, y - half);
    u.ctx.lineTo(x + half, y);
    u.ctx.lineTo(x, y + half);
    u.ctx.lineTo(x - half, y);
    u.ctx.closePath();
    u.ctx.fill();
    u.ctx.stroke();
  }
  u.ctx.restore();
}

/** The nearest one under a point of the plot, in CSS pixels from its upper left corner. */
function diamondAt(u: uPlot, diamonds: readonly Diamond[], x: number, y: number): Diamond | null {
  if (y < u.over.clientHeight - 2 * reach) return null;
  const [nearest] = diamonds
    .map((one) => ({ one, off: Math.abs(u.valToPos(one.at, 'x') - x) }))
    .filter(({ off }) => off <= reach)
    .sort((a, b) => a.off - b.off);
  return nearest?.one ?? null;
}

/** A click opens; the pointer shows beforehand that it would, and what. */
export function listenToDiamonds(u: uPlot, shown: () => readonly Diamond[], open: (href: string) => void): void {
  const found = ({ clientX, clientY }: MouseEvent) => {
    const box = u.over.getBoundingClientRect();
    return diamondAt(u, shown(), clientX - box.left, clientY - box.top);
  };
  u.over.addEventListener('click', (event) => {
    const one = found(event);
    if (one) open(one.href);
  });
  u.over.addEventListener('pointermove', (event) => {
    const one = found(event);
    u.over.style.cursor = one ? 'pointer' : '';
    u.over.title = one?.title ?? '';
  });
}
