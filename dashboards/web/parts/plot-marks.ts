/** What is drawn into a plot beside its lines: unknown time, maintenance, what is usual, limits, alerts, moments. */
import type uPlot from 'uplot';
import { type GapLength, gaps } from '../time/points.ts';
import { drawDiamonds } from './diamonds.ts';
import type { PlotData } from './plot-data.ts';

/** What a colour of the style sheet is at present; canvases cannot read `light-dark()`. */
export function colour(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function hatching(context: CanvasRenderingContext2D, ground: string, line: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = 8;
  tile.height = 8;
  const pen = tile.getContext('2d');
  if (!pen) return ground;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = line;
  pen.globalAlpha = 0.55;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat') ?? ground;
}

const severities = { info: '--info-fill', warning: '--warn-fill', critical: '--bad-fill' } as const;
/** CSS pixels. */
const alertHeight = 5;
const labelHeight = 13;

export interface MarkPens {
  under(u: uPlot, data: PlotData, least: GapLength): void;
  over(u: uPlot, data: PlotData): void;
}

/** With the colours of the page as they are now. */
export function createMarkPens(): MarkPens {
  const ground = colour('--unknown-soft');
  const line = colour('--unknown-fill');
  const violet = colour('--maintenance-soft');
  const usualFill = colour('--usual');
  const [ink, quiet, paper] = [colour('--ink'), colour('--ink-2'), colour('--surface')];
  const guide = colour('--bad');
  const severityInk = Object.fromEntries(Object.entries(severities).map(([name, token]) => [name, colour(token)]));
  const font = getComputedStyle(document.body).fontFamily;

  /** From edge to edge of the plot, whatever part of it is in view. */
  const stretch = (u: uPlot, from: number, to: number) => {
    const { left, width } = u.bbox;
    const begin = Math.min(left + width, Math.max(left, u.valToPos(from, 'x', true)));
    return { x: begin, width: Math.max(0, Math.min(left + width, u.valToPos(to, 'x', true)) - begin) };
  };
  const inPlot = (u: uPlot, draw: (pen: CanvasRenderingContext2D) => void) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(left, top, width, height);
    u.ctx.clip();
    draw(u.ctx);
    u.ctx.restore();
  };

  function drawLimits(u: uPlot, pen: CanvasRenderingContext2D, { limits }: PlotData): void {
    const ratio = devicePixelRatio;
    const { left, top, width, height } = u.bbox;
    const { min = 0, max = 0 } = u.scales.y ?? {};
    const taken: number[] = [];
    pen.font = `${11 * ratio}px ${font}`;
    pen.textAlign = 'right';
    for (const { value, severity, label } of limits) {
      if (value < (min ?? 0) || value > (max ?? 0)) continue;
      const y = u.valToPos(value, 'y', true);
      pen.strokeStyle = severityInk[severity] ?? guide;
      pen.lineWidth = 1.5 * ratio;
      pen.setLineDash([6 * ratio, 4 * ratio]);
      pen.beginPath();
      pen.moveTo(left, y);
      pen.lineTo(left + width, y);
      pen.stroke();
      // Above its line where there is room, else below; names of neighbours would lie upon each other.
      const at = y - top > labelHeight * ratio ? y - 4 * ratio : y + (labelHeight - 2) * ratio;
      if (at > top + height || taken.some((other) => Math.abs(other - at) < labelHeight * ratio)) continue;
      taken.push(at);
      pen.lineWidth = 3 * ratio;
      pen.setLineDash([]);
      pen.strokeStyle = paper;
      pen.fillStyle = quiet;
      const end = left + width - 4 * ratio;
      pen.strokeText(label, end, at);
      pen.fillText(label, end, at);
    }
    pen.setLineDash([]);
  }

  return {
    under(u, data, least) {
      const { top, height } = u.bbox;
      inPlot(u, (pen) => {
        pen.fillStyle = violet;
        for (const { start, end } of data.bands) {
          const { x, width } = stretch(u, start, end);
          pen.fillRect(x, top, width, height);
        }
        pen.fillStyle = usualFill;
        for (const { from, to, low, high } of data.usual) {
          const [x, y] = [u.valToPos(from, 'x', true), u.valToPos(high, 'y', true)];
          pen.fillRect(x, y, u.valToPos(to, 'x', true) - x, Math.max(1, u.valToPos(low, 'y', true) - y));
        }
        pen.fillStyle = hatching(pen, ground, line);
        for (const gap of gaps(data.aligned, data.from, Math.min(data.to, data.asOf), least)) {
          const { x, width } = stretch(u, gap.from, gap.to);
          pen.fillRect(x, top, width, height);
        }
      });
    },
    over(u, data) {
      const { top, height } = u.bbox;
      inPlot(u, (pen) => {
        drawLimits(u, pen, data);
        for (const { from, to, severity } of data.alerts) {
          const { x, width } = stretch(u, from, to ?? data.asOf);
          pen.fillStyle = severityInk[severity] ?? guide;
          // So short that it would not be seen.
          pen.fillRect(x, top, Math.max(2 * devicePixelRatio, width), alertHeight * devicePixelRatio);
        }
        pen.strokeStyle = guide;
        pen.lineWidth = devicePixelRatio;
        pen.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
        pen.beginPath();
        for (const at of data.marks) {
          const x = u.valToPos(at, 'x', true);
          pen.moveTo(x, top);
          pen.lineTo(x, top + height);
        }
        pen.stroke();
      });
      drawDiamonds(u, data.diamonds, ink, paper);
    },
  };
}
