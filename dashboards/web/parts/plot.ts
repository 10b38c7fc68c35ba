/** uPlot, dressed: colours of the page, marks, words of the language, one crosshair with the other charts of the page. */
import { effect } from '@preact/signals';
import uPlot from 'uplot';
import { measured, percent, time } from '../../../shared/words/format.ts';
import type { Language } from '../../../shared/words/index.ts';
import { type GapLength, gapLength, isolated, type PointColumn, percentTop, stack } from '../time/points.ts';
import { crosshairAt, hoveredAt, pin, pinnedAt } from './crosshair.ts';
import { showOpenings } from './diamonds.ts';
import { dashOf, lineToken } from './lines.ts';
import { momentText } from './moment.tsx';
import type { PlotData } from './plot-data.ts';
import { colour, createMarkPens } from './plot-marks.ts';
import { listenToFingers } from './plot-touch.ts';

export interface PlotOptions {
  labels: readonly string[];
  unit: string;
  stacked: boolean;
  /** How many lines of a week before are drawn behind. */
  before: number;
  language: Language;
  /** The span that was chosen by dragging, ms. */
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
  /** A diamond or the bar of an alert was clicked. */
  onOpen: (href: string) => void;
}

export interface Plot {
  show(data: PlotData): void;
  destroy(): void;
}

const nothing: PlotData = {
  aligned: { times: [], columns: [] },
  ...{ before: [], from: 0, to: 1, asOf: 1, step: 1, due: 0, full: null },
  ...{ limits: [], alerts: [], marks: [], bands: [], diamonds: [], usual: [] },
};

const height = 160;
/** Round numbers of each unit: 500 MiB and 2 GiB, not 488 MiB. */
const byteSteps = Array.from({ length: 6 }, (_, power) =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * 1024 ** power),
).flat();

const [hour, day] = [3600, 86_400];
/** A duration: 5 and 10 days, not 5 days 18 hours. */
const secondSteps = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((n) => n * day),
];
const stepsOf: Readonly<Record<string, number[]>> = {
  bytes: byteSteps,
  'bytes/s': byteSteps,
  bool: [1],
  seconds: secondSteps,
};

function timeLabels(language: Language) {
  return (_: uPlot, splits: number[], __: number, ___: number, step: number) => {
    let day = '';
    const isLong = step >= 28 * 86_400_000;
    return splits.map((at) => {
      const date = time(at, language, isLong ? 'date' : 'day');
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
  return [
    { ...shared, space: 64, size: 28, values: timeLabels(options.language) },
    {
      ...shared,
      size: widthOf,
      // Three to six of them, whatever the height.
      space: (u) => Math.max(24, u.bbox.height / devicePixelRatio / 5),
      values: (_, splits) => splits.map((value) => axisLabel(value, options)),
      ...(stepsOf[options.unit] ? { incrs: stepsOf[options.unit] as number[] } : {}),
    },
  ];
}

function faint(stroke: string, alpha: number): string {
  return `color-mix(in srgb, ${stroke} ${alpha * 100}%, transparent)`;
}

/** @param least from which length on missing values are a gap, of the lines and of those of a week before */
function seriesOf(
  { labels, stacked, before }: PlotOptions,
  least: () => { now: GapLength; before: GapLength },
): uPlot.Series[] {
  const leastOf = (index: number) => (index > labels.length ? least().before : least().now);
  const refine: uPlot.Series.GapsRefiner = (u, index, _from, _to, found) => {
    const { min = 0, max = 1 } = u.scales.x ?? {};
    const perMs = u.bbox.width / Math.max(1, (max ?? 1) - (min ?? 0));
    const isGap = leastOf(index);
    return found.filter(([from, to]) => (to - from) / perMs > isGap((min ?? 0) + (from - u.bbox.left) / perMs));
  };
  /** Where no line leads to a value, as on the first day of a machine, there is a dot. */
  const dots = (stroke: string): uPlot.Series.Points => ({
    show: true,
    size: 5,
    fill: stroke,
    filter: (u, index) => isolated(u.data[0] as number[], u.data[index] as PointColumn, leastOf(index)),
  });
  const drawn = labels.map((label, index): uPlot.Series => {
    const stroke = colour(lineToken(index));
    const base: uPlot.Series = { label, stroke, width: 1.75, gaps: refine, points: dots(stroke) };
    if (stacked) return { ...base, width: 1, fill: faint(stroke, 0.45) };
    return { ...base, dash: [...dashOf(index)], ...(labels.length === 1 ? { fill: faint(stroke, 0.14) } : {}) };
  });
  const grey = colour('--unknown');
  const earlier = Array.from({ length: before }, (): uPlot.Series => {
    return { stroke: grey, width: 1.5, dash: [2, 3], gaps: refine, points: dots(grey) };
  });
  return [...drawn, ...earlier];
}

/** A limit far above the values would press them flat: it is named in the legend, and not drawn. */
const farAway = 3;

function range(options: PlotOptions, shown: () => PlotData): uPlot.Range.Function {
  return (_u, min, max) => {
    const { full, limits, usual } = shown();
    const most = Math.max(max ?? 0, ...usual.map(({ high }) => high));
    if (options.unit === 'percent' && full === 100) return [0, percentTop(most)];
    if (full !== null && most <= full) return [0, full];
    const near = limits.map(({ value }) => value).filter((value) => value <= most * farAway);
    const top = Math.max(most, ...near);
    return [Math.min(0, min ?? 0), top <= 0 ? 1 : top * 1.08];
  };
}

/** The pointer moves the crosshair of all charts; a pinned one stays, but for the time of a drag. */
function bindings(dragged: () => void, options: PlotOptions): uPlot.Cursor.Bind {
  let isDown = false;
  let before: number | null = null;
  return {
    mousedown: (_u, _, handle) => (event) => {
      isDown = event.button === 0;
      // The first of two clicks pins; a double click takes that back.
      if (event.detail === 1) before = pinnedAt.value;
      dragged();
      return handle(event);
    },
    mouseup: (_u, _, handle) => (event) => {
      isDown = false;
      return handle(event);
    },
    mousemove: (u, _, handle) => (event) => {
      if (isDown || pinnedAt.value === null) handle(event);
      if (pinnedAt.value === null && u.cursor.left !== undefined && u.cursor.left >= 0)
        hoveredAt.value = Math.round(u.posToVal(u.cursor.left, 'x'));
      return null;
    },
    mouseleave: (_u, _, handle) => (event) => {
      hoveredAt.value = null;
      if (pinnedAt.value === null) handle(event);
      return null;
    },
    dblclick: () => () => {
      pin(before);
      options.onReset();
      return null;
    },
  };
}

export function createPlot(place: HTMLElement, options: PlotOptions): Plot {
  let data = nothing;
  let least: { now: GapLength; before: GapLength } = { now: () => 0, before: () => 0 };
  /** Of the last drag, CSS pixels: a hand that trembles clicks. */
  let dragWidth = 0;
  const pens = createMarkPens();
  const unselected = { left: 0, top: 0, width: 0, height: 0 };
  const chosen = (u: uPlot) => {
    const { left, width } = u.select;
    dragWidth = width;
    if (width < 6) return;
    const [from, to] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')];
    u.setSelect(unselected, false);
    options.onZoom(Math.round(from), Math.round(to));
  };
  const u = new uPlot(
    {
      width: place.clientWidth || 300,
      height: place.clientHeight || height,
      ms: 1,
      legend: { show: false },
      // The last time stands in the middle under its line, and half of it beyond the edge.
      padding: [8, 28, 0, 0],
      scales: { x: { time: true, auto: false }, y: { range: range(options, () => data) } },
      axes: axesOf(options),
      series: [{}, ...seriesOf(options, () => least)],
      ...(options.stacked
        ? { bands: options.labels.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })) }
        : {}),
      cursor: {
        drag: {
          ...{ x: true, y: false, setScale: false },
          click: (_u, event) => {
            if (dragWidth >= 6) event.stopImmediatePropagation();
          },
        },
        points: { size: 6 },
        y: false,
        bind: bindings(() => {
          dragWidth = 0;
        }, options),
      },
      hooks: {
        drawClear: [(plot) => pens.under(plot, data, least.now)],
        draw: [(plot) => pens.over(plot, data)],
        setSelect: [chosen],
      },
    },
    [[]],
    place,
  );
  const label = document.createElement('span');
  label.className = 'cursor-time';
  u.over.append(label);
  const placeCrosshair = (at: number | null) => {
    const { min, max } = u.scales.x ?? {};
    const isIn = at !== null && min != null && max != null && at >= min && at <= max;
    const left = isIn ? u.valToPos(at, 'x') : -10;
    u.setCursor({ left, top: isIn ? 0 : -10 }, false);
    label.hidden = !isIn;
    u.root.classList.toggle('pinned', pinnedAt.value !== null);
    if (!isIn) return;
    const long = (max ?? 0) - (min ?? 0) > 12 * 3_600_000;
    label.textContent = long ? momentText(at) : time(at, options.language, 'time');
    label.classList.toggle('to-left', left > u.over.clientWidth / 2);
    label.style.left = `${left}px`;
  };
  const stop = effect(() => placeCrosshair(crosshairAt.value));
  const opening = showOpenings(u, () => data);
  u.over.addEventListener('click', (event) => {
    const one = opening(event);
    if (one) options.onOpen(one.href);
    else pin(u.posToVal(event.clientX - u.over.getBoundingClientRect().left, 'x'));
  });
  listenToFingers(u, options.onZoom);
  const watcher = new ResizeObserver(() => {
    if (place.clientWidth > 0) u.setSize({ width: place.clientWidth, height: place.clientHeight || height });
    placeCrosshair(crosshairAt.value);
  });
  watcher.observe(place);
  return {
    show(next) {
      data = next;
      const { aligned, before, step, due } = next;
      // History was kept further apart than what is new.
      least = {
        now: gapLength(aligned, step, due),
        before: gapLength({ times: aligned.times, columns: [...before] }, step, due),
      };
      const columns = options.stacked ? stack(next.aligned.columns) : next.aligned.columns;
      u.batch(() => {
        u.setData([next.aligned.times, ...columns, ...next.before.slice(0, options.before)], false);
        u.setScale('x', { min: next.from, max: next.to });
      });
      placeCrosshair(crosshairAt.value);
    },
    destroy() {
      stop();
      watcher.disconnect();
      u.destroy();
    },
  };
}
