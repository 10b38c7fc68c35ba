/** What in a chart opens something: diamonds of changes on its base line, alerts along its top edge. */
import type uPlot from 'uplot';
import type { Diamond, PlotData, PlotLink } from './plot-data.ts';

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
function openingAt(u: uPlot, { diamonds, alerts, asOf }: PlotData, x: number, y: number): PlotLink | null {
  const near = (from: number, to: number) => Math.max(0, u.valToPos(from, 'x') - x, x - u.valToPos(to, 'x'));
  const candidates =
    y <= reach
      ? alerts.map((one) => ({ one, off: near(one.from, one.to ?? asOf) }))
      : y >= u.over.clientHeight - 2 * reach
        ? diamonds.map((one) => ({ one, off: near(one.at, one.at) }))
        : [];
  const [nearest] = candidates.filter(({ off }) => off <= reach).sort((a, b) => a.off - b.off);
  return nearest?.one ?? null;
}

/** The pointer shows beforehand that a click would open, and what. @returns what is under an event of the mouse */
export function showOpenings(u: uPlot, shown: () => PlotData): (event: MouseEvent) => PlotLink | null {
  const found = ({ clientX, clientY }: MouseEvent) => {
    const box = u.over.getBoundingClientRect();
    return openingAt(u, shown(), clientX - box.left, clientY - box.top);
  };
  u.over.addEventListener('pointermove', (event) => {
    const one = found(event);
    u.over.style.cursor = one ? 'pointer' : '';
    u.over.title = one?.title ?? '';
  });
  return found;
}
