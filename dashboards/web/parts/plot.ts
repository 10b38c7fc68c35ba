/** uPlot, dressed: colours of the page, hatched gaps, words of the language, zoom by dragging with mouse or finger. */
import uPlot from 'uplot';
import type { UsualBand } from '../../../shared/usual.ts';
import { measured, percent, time } from '../../../shared/words/format.ts';
import type { Language } from '../../../shared/words/index.ts';
import { type Aligned, gapLength, gaps, percentTop, stack } from '../time/points.ts';
import { type Diamond, drawDiamonds, listenToDiamonds } from './diamonds.ts';
import { dashOf, lineToken } from './lines.ts';

export interface PlotOptions {
  labels: readonly string[];
  unit: string;
  stacked: boolean;
  language: Language;
  /** The span that was chosen by dragging, ms. */
  onZoom: (from: number, to: number) => void;
  /** The index of the point under the cursor; null when there is none. */
  onPoint: (index: number | null) => void;
  /** A diamond was clicked. */
  onOpen: (href: string) => void;
}

export interface PlotData {
  aligned: Aligned;
  from: number;
  to: number;
  /** Until when data can be expected. */
  asOf: number;
  step: number;
  /** A level to compare with, such as the limit of a rule. */
  limit: number | null;
  /** Moments worth a vertical line, ms. */
  marks: readonly number[];
  /** Time under maintenance. */
  bands: readonly { start: number; end: number }[];
  /** Work on the machine. */
  diamonds: readonly Diamond[];
  /** What these hours of the week have been. */
  usual: readonly UsualBand[];
}

export interface Plot {
  show(data: PlotData): void;
  destroy(): void;
}

/** What a colour of the style sheet is at present; canvases cannot read `light-dark()`. */
function colour(name: string): string {
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

const powers = Array.from({ length: 50 }, (_, exponent) => 2 ** exponent);

function timeLabels(language: Language) {
  return (_: uPlot, splits: number[], __: number, ___: number, step: number) => {
    let day = '';
    return splits.map((at) => {
      const date = time(at, language, 'day');
      const fresh = date !== day && day !== '';
      day = date;
      if (step >= 86_400_000) return date;
      return fresh ? date : time(at, language, 'minute');
    });
  };
}

/** A whole percent needs no decimals on an axis. */
function axisLabel(value: number, { unit, language }: PlotOptions): string {
  return unit === 'percent' && Number.isInteger(value) ? percent(value, language, 0) : measured(value, unit, language);
}

const usualWidth = 74;
/** As wide as the longest label: a duration in Japanese is wider than a number, and would be cut. */
function widthOf(u: uPlot, values: readonly string[] | null, index: number): number {
  const axis = u.axes[index] as uPlot.Axis & { font: [string] };
  u.ctx.font = axis.font[0];
  const widths = (values ?? []).map((text) => u.ctx.measureText(text).width / devicePixelRatio);
  return Math.ceil(Math.max(usualWidth, ...widths.map((width) => width + 14)));
}

function axesOf(options: PlotOptions): uPlot.Axis[] {
  const ink = colour('--ink-2');
  const line = colour('--line');
  const shared = {
    stroke: ink,
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
  };
  const isBytes = options.unit.startsWith('bytes');
  return [
    { ...shared, space: 64, size: 28, values: timeLabels(options.language) },
    {
      ...shared,
      size: widthOf,
      space: 34,
      values: (_, splits) => splits.map((value) => axisLabel(value, options)),
      ...(isBytes ? { incrs: powers } : {}),
      ...(options.unit === 'bool' ? { incrs: [1] } : {}),
    },
  ];
}

function seriesOf(options: PlotOptions, least: () => number): uPlot.Series[] {
  const refine: uPlot.Series.GapsRefiner = (u, _index, _from, _to, found) => {
    const { min = 0, max = 1 } = u.scales.x ?? {};
    const perMs = u.bbox.width / Math.max(1, (max ?? 1) - (min ?? 0));
    return found.filter(([from, to]) => (to - from) / perMs > least());
  };
  return options.labels.map((label, index) => {
    const stroke = colour(lineToken(index));
    const base: uPlot.Series = {
      label,
      stroke,
      width: 1.75,
      gaps: refine,
      points: { show: false },
      dash: [...dashOf(index)],
    };
    if (options.stacked) return { ...base, dash: [], width: 1, fill: faint(stroke, 0.45) };
    return options.labels.length === 1 ? { ...base, fill: faint(stroke, 0.14) } : base;
  });
}

function faint(stroke: string, alpha: number): string {
  return `color-mix(in srgb, ${stroke} ${alpha * 100}%, transparent)`;
}

function range(unit: string, atLeast: () => number): uPlot.Range.Function {
  return (_u, min, max) => {
    const top = Math.max(max ?? 0, atLeast());
    if (unit === 'percent') return [0, percentTop(top)];
    return [Math.min(0, min ?? 0), top <= 0 ? 1 : top * 1.08];
  };
}

/** A finger draws a span as a mouse does; moving up and down still scrolls the page. */
function listenToFingers(u: uPlot): void {
  let start: number | null = null;
  const at = (event: PointerEvent) => {
    const box = u.over.getBoundingClientRect();
    return Math.min(box.width, Math.max(0, event.clientX - box.left));
  };
  const select = (end: number, fire: boolean) => {
    const from = start ?? end;
    const box = { left: Math.min(from, end), width: Math.abs(end - from), top: 0, height: u.over.clientHeight };
    u.setSelect(box, fire);
  };
  u.over.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'mouse') start = at(event);
  });
  u.over.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'mouse') return;
    u.setCursor({ left: at(event), top: 10 });
    if (start !== null) select(at(event), false);
  });
  u.over.addEventListener('pointerup', (event) => {
    if (start === null) return;
    const far = Math.abs(at(event) - start) > 24;
    if (far) select(at(event), true);
    else u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    start = null;
  });
  u.over.addEventListener('pointercancel', () => {
    start = null;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  });
}

export function createPlot(place: HTMLElement, options: PlotOptions): Plot {
  let data: PlotData = {
    aligned: { times: [], columns: [] },
    from: 0,
    to: 1,
    asOf: 1,
    step: 1,
    limit: null,
    marks: [],
    bands: [],
    diamonds: [],
    usual: [],
  };
  let least = 0;
  const ground = colour('--unknown-soft');
  const line = colour('--unknown-fill');
  const guide = colour('--bad');
  const violet = colour('--maintenance-soft');
  const usualFill = colour('--usual');
  const [ink, paper] = [colour('--ink'), colour('--surface')];
  const drawGaps = (u: uPlot) => {
    u.ctx.save();
    u.ctx.fillStyle = hatching(u.ctx, ground, line);
    for (const gap of gaps(data.aligned, data.from, Math.min(data.to, data.asOf), least)) {
      const left = Math.max(u.bbox.left, u.valToPos(gap.from, 'x', true));
      const right = Math.min(u.bbox.left + u.bbox.width, u.valToPos(gap.to, 'x', true));
      u.ctx.fillRect(left, u.bbox.top, Math.max(0, right - left), u.bbox.height);
    }
    u.ctx.restore();
  };
  const drawBands = (u: uPlot) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.fillStyle = violet;
    for (const { start, end } of data.bands) {
      const from = Math.max(left, u.valToPos(start, 'x', true));
      const to = Math.min(left + width, u.valToPos(end, 'x', true));
      u.ctx.fillRect(from, top, Math.max(0, to - from), height);
    }
    u.ctx.restore();
  };
  const drawUsual = (u: uPlot) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(left, top, width, height);
    u.ctx.clip();
    u.ctx.fillStyle = usualFill;
    for (const { from, to, low, high } of data.usual) {
      const [x, y] = [u.valToPos(from, 'x', true), u.valToPos(high, 'y', true)];
      u.ctx.fillRect(x, y, u.valToPos(to, 'x', true) - x, Math.max(1, u.valToPos(low, 'y', true) - y));
    }
    u.ctx.restore();
  };
  const drawGuides = (u: uPlot) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.strokeStyle = guide;
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    u.ctx.beginPath();
    if (data.limit !== null) {
      const y = u.valToPos(data.limit, 'y', true);
      u.ctx.moveTo(left, y);
      u.ctx.lineTo(left + width, y);
    }
    for (const at of data.marks.filter((mark) => mark >= data.from && mark <= data.to)) {
      const x = u.valToPos(at, 'x', true);
      u.ctx.moveTo(x, top);
      u.ctx.lineTo(x, top + height);
    }
    u.ctx.stroke();
    u.ctx.restore();
  };
  const chosen = (u: uPlot) => {
    const { left, width } = u.select;
    if (width < 6) return;
    const [from, to] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    options.onZoom(Math.round(from), Math.round(to));
  };
  const u = new uPlot(
    {
      width: place.clientWidth || 300,
      height: place.clientHeight || 190,
      ms: 1,
      legend: { show: false },
      // The last time stands in the middle under its line, and half of it beyond the edge.
      padding: [8, 28, 0, 0],
      scales: {
        x: { time: true, auto: false },
        y: { range: range(options.unit, () => Math.max(data.limit ?? 0, ...data.usual.map(({ high }) => high))) },
      },
      axes: axesOf(options),
      series: [{}, ...seriesOf(options, () => least)],
      ...(options.stacked
        ? { bands: options.labels.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })) }
        : {}),
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 }, y: false },
      hooks: {
        drawClear: [drawBands, drawUsual, drawGaps],
        draw: [drawGuides, (plot) => drawDiamonds(plot, data.diamonds, ink, paper)],
        setSelect: [chosen],
        setCursor: [(plot) => options.onPoint(plot.cursor.idx ?? null)],
      },
    },
    [[]],
    place,
  );
  listenToFingers(u);
  listenToDiamonds(u, () => data.diamonds, options.onOpen);
  const watcher = new ResizeObserver(() => {
    if (place.clientWidth > 0) u.setSize({ width: place.clientWidth, height: place.clientHeight || 190 });
  });
  watcher.observe(place);
  return {
    show(next) {
      data = next;
      least = gapLength(next.aligned, next.step);
      const columns = options.stacked ? stack(next.aligned.columns) : next.aligned.columns;
      u.batch(() => {
        u.setData([next.aligned.times, ...columns], false);
        u.setScale('x', { min: next.from, max: next.to });
      });
    },
    destroy() {
      watcher.disconnect();
      u.destroy();
    },
  };
}
