/** A chart: a canvas with a name, a legend with the values at the crosshair of the page, and the same data as a table. */
import 'uplot/dist/uPlot.min.css';
import '../look/chart.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { UsualBand } from '../../../shared/usual.ts';
import { measured, time } from '../../../shared/words/format.ts';
import { part } from '../net/part.ts';
import { navigate } from '../router.ts';
import { shade } from '../theme.ts';
import {
  type Aligned,
  align,
  gapLength,
  nearest,
  type PointColumn,
  type Points,
  pointRows,
  stack,
  summary,
  valueNear,
} from '../time/points.ts';
import { language, t } from '../words/words.ts';
import { crosshairAt, hoveredAt, pin, pinnedAt } from './crosshair.ts';
import { dashName, lineColour } from './lines.ts';
import { momentText } from './moment.tsx';
import type { Plot } from './plot.ts';
import type { AlertBar, Diamond, LimitLine, PlotData } from './plot-data.ts';
import { Table } from './table.tsx';
import { toast } from './toast.tsx';

export interface ChartLine {
  label: string;
  points: Points;
  /** What it is a part of, such as `of 32 GiB`. */
  of?: string | undefined;
  /** The same a week before, on the times of now. */
  before?: Points | undefined;
}

export interface ChartProps {
  name: string;
  unit: string;
  lines: readonly ChartLine[];
  from: number;
  to: number;
  asOf: number;
  step: number;
  /** How often values come at the latest, ms. */
  due?: number;
  stacked?: boolean;
  /** What the axis ends at, and in words. */
  full?: { top: number | null; text: string } | null;
  limits?: readonly LimitLine[];
  alerts?: readonly AlertBar[];
  marks?: readonly number[];
  bands?: readonly { start: number; end: number }[];
  diamonds?: readonly Diamond[];
  /** What these hours of the week have been. */
  usual?: readonly UsualBand[];
  /** What is shown is of another span than the one that was asked for. */
  isStale?: boolean;
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
  /** Where a rule begins from a value of a line, of a stack from the sum. */
  alertOn?: ((line: number, value: number) => string) | undefined;
}

/** Text alternative of the canvas: the last, smallest and largest value of each line. */
function spoken({ name, lines, unit }: ChartProps, columns: readonly PointColumn[]): string {
  const sentences = columns.map((column, index) => {
    const { last, min, max } = summary(column);
    const [a, b, c] = [last, min, max].map((value) => measured(value, unit, language.value));
    return t('chart.spoken', { label: lines[index]?.label ?? '', last: a ?? '', min: b ?? '', max: c ?? '' });
  });
  return `${name}. ${sentences.join(' ')}`;
}

interface ShownChart {
  chart: ChartProps;
  aligned: Aligned;
  before: readonly (PointColumn | null)[];
}

/**
 * At the crosshair, as far off as values are apart there: a week before is kept further apart. Where there is none,
 * the last one.
 */
const shownValue = ({ aligned: { times }, chart }: ShownChart, column: PointColumn, at: number | null) =>
  at === null
    ? summary(column).last
    : valueNear(times, column, at, gapLength({ times, columns: [column] }, chart.step)(at) / 2);

function Key(shown: ShownChart) {
  const { chart, aligned, before } = shown;
  const { lines, unit, stacked = false, full = null } = chart;
  const at = crosshairAt.value;
  const text = (column: PointColumn) => measured(shownValue(shown, column, at), unit, language.value);
  return (
    <ul class="legend">
      {lines.map((line, index) => {
        const past = before[index];
        return (
          <li key={line.label}>
            <span class={`swatch ${stacked ? '' : dashName(index)}`} style={{ '--swatch': lineColour(index) }} />
            <span class="quiet">{line.label}</span>
            <span class="value">{text(aligned.columns[index] ?? [])}</span>
            {line.of && <span class="quiet">{line.of}</span>}
            {past && <span class="quiet">{t('chart.weekBefore', { value: text(past) })}</span>}
          </li>
        );
      })}
      {full && <li class="full quiet">{full.text}</li>}
    </ul>
  );
}

function ChartTable({ chart: { name, lines, unit }, aligned }: ShownChart) {
  const rows = pointRows(aligned);
  return (
    <div class="chart-data">
      <Table
        caption={t('chart.tableOf', { name })}
        scroll
        rows={rows}
        keyOf={(row) => row.at}
        columns={[
          { key: 'at', head: t('chart.time'), cell: (row) => time(row.at, language.value, 'full') },
          ...lines.map((line, index) => ({
            key: line.label,
            head: line.label,
            right: true,
            cell: (row: (typeof rows)[number]) => measured(row.values[index], unit, language.value),
          })),
        ]}
      />
    </div>
  );
}

/** The crosshair for the keyboard: arrows move it by a point of this chart, Shift by ten; Enter pins it, Esc frees it. */
function PointSlider(shown: ShownChart) {
  const { chart, aligned } = shown;
  const at = crosshairAt.value;
  const { times } = useMemo(
    () => ({ times: aligned.times.filter((_, index) => aligned.columns.some((column) => column[index] !== null)) }),
    [aligned],
  );
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const move = (to: number) => {
    const next = times[Math.max(0, Math.min(times.length - 1, to))];
    if (next === undefined) return;
    if (pinnedAt.value === null) hoveredAt.value = next;
    else pin(next);
  };
  const press = (event: KeyboardEvent) => {
    const here = at === null ? times.length : (nearest(times, at, Number.POSITIVE_INFINITY) ?? 0);
    const step = event.shiftKey ? 10 : 1;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => move(here - step),
      ArrowRight: () => move(here + step),
      Home: () => move(0),
      End: () => move(times.length - 1),
      Enter: () => at !== null && pin(at),
      Escape: () => pin(null),
    };
    const act = event.altKey || event.ctrlKey || event.metaKey || event.isComposing ? undefined : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const values = chart.lines.map(
    ({ label }, index) =>
      `${label} ${measured(shownValue(shown, aligned.columns[index] ?? [], at), chart.unit, language.value)}`,
  );
  return (
    <div
      class="plot-focus"
      role="slider"
      tabIndex={0}
      aria-label={t('chart.point', { name: chart.name })}
      aria-valuemin={first}
      aria-valuemax={last}
      aria-valuenow={Math.min(last, Math.max(first, at ?? last))}
      aria-valuetext={`${time(at ?? last, language.value, 'full')}: ${values.join(', ')}`}
      onKeyDown={press}
      onBlur={() => {
        hoveredAt.value = null;
      }}
    />
  );
}

/** Of several lines the one that is highest there. */
function AlertLink(shown: ShownChart) {
  const { chart, aligned } = shown;
  const at = pinnedAt.value;
  const columns = chart.stacked ? stack(aligned.columns).slice(-1) : aligned.columns;
  const values = columns.map((column) => shownValue(shown, column, at) ?? Number.NEGATIVE_INFINITY);
  const most = Math.max(...values);
  if (!chart.alertOn || !Number.isFinite(most)) return null;
  return (
    <a href={chart.alertOn(values.indexOf(most), most)}>
      {t('chart.alertOn')}
      <span class="unseen"> {chart.name}</span>
    </a>
  );
}

function Foot({
  shown,
  place,
  children,
}: {
  shown: ShownChart;
  place: { current: HTMLDivElement | null };
  children: preact.ComponentChildren;
}) {
  const { chart, aligned } = shown;
  const { name, unit, lines, usual = [], asOf } = chart;
  const at = crosshairAt.value;
  const usualHere = at === null ? usual.at(-1) : usual.find((one) => one.from <= at && at < one.to);
  const saveTable = async () => {
    const { saveCsv } = await part(() => import('./chart-file.ts'));
    saveCsv({ name, unit, labels: lines.map(({ label }) => label), aligned }, t('chart.time'));
  };
  const take = async () => {
    const { takePicture } = await part(() => import('./chart-file.ts'));
    const span = `${momentText(chart.from)} – ${momentText(chart.to)}`;
    const way = place.current && (await takePicture(place.current, name, span));
    if (way) toast(t(way === 'copied' ? 'chart.pictureCopied' : 'chart.pictureSaved', { name }));
  };
  return (
    <div class="spread small">
      <span class="quiet">
        {t('common.asOf', { at: time(asOf, language.value, 'time') })}
        {usualHere && (
          <>
            {' · '}
            <span class="band-mark usual-mark" />{' '}
            {t('chart.usual', {
              low: measured(usualHere.low, unit, language.value),
              high: measured(usualHere.high, unit, language.value),
            })}
          </>
        )}
      </span>
      <span class="row screen-only">
        <AlertLink {...shown} />
        {children}
        <button type="button" class="link" onClick={() => void saveTable()}>
          CSV<span class="unseen"> {name}</span>
        </button>
        <button type="button" class="link" onClick={() => void take()}>
          {t('chart.picture')}
          <span class="unseen"> {name}</span>
        </button>
      </span>
    </div>
  );
}

const none: readonly never[] = [];

/** All that the plot draws; of a stack a week before only the sum, for parts would lie upon each other. */
function dataOf(chart: ChartProps, aligned: Aligned, before: ShownChart['before']): PlotData {
  const { from, to, asOf, step, due = 0, full = null } = chart;
  const { limits = none, alerts = none, marks = none, bands = none, diamonds = none, usual = none } = chart;
  const past = before.filter((column) => column !== null);
  const drawn = chart.stacked ? stack(past).slice(-1) : past;
  return {
    aligned,
    before: drawn,
    from,
    to,
    asOf,
    ...{ step, due },
    full: full?.top ?? null,
    limits,
    alerts,
    marks,
    bands,
    diamonds,
    usual,
  };
}

export function Chart(props: ChartProps) {
  const { name, unit, lines, stacked = false, isStale = false } = props;
  const whole = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const acts = useRef(props);
  acts.current = props;
  const [open, setOpen] = useState(false);
  const [drawn, setDrawn] = useState(0);
  const { aligned, before } = useMemo(() => {
    const { times, columns } = align([...lines.map(({ points }) => points), ...lines.map((line) => line.before ?? [])]);
    return {
      aligned: { times, columns: columns.slice(0, lines.length) },
      before: lines.map((line, index) => (line.before ? (columns[lines.length + index] ?? null) : null)),
    };
  }, [lines]);
  const shown = { chart: props, aligned, before };
  const labels = lines.map((line) => line.label).join('\n');
  const past = before.filter((column) => column !== null).length;
  const drawnBefore = stacked ? Math.min(1, past) : past;
  const spokenIn = language.value;
  const colours = shade.value;
  // Read again or drawn again: `colours` is why a canvas is drawn anew
  useEffect(() => {
    const options = {
      labels: labels.split('\n'),
      unit,
      stacked,
      before: drawnBefore,
      language: spokenIn,
      onZoom: (a: number, b: number) => acts.current.onZoom(a, b),
      onReset: () => acts.current.onReset(),
      onOpen: navigate,
    };
    let isGone = false;
    part(() => import('./plot.ts')).then(
      ({ createPlot }) => {
        if (isGone || !place.current) return;
        plot.current = createPlot(place.current, options);
        setDrawn((n) => n + 1);
      },
      // The values stay in words, and as a table.
      () => {},
    );
    return () => {
      isGone = true;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [labels, unit, stacked, drawnBefore, spokenIn, colours]);
  const { from, to, asOf, step, full, limits, alerts, marks, bands, diamonds, usual } = props;
  // Read again or drawn again: a canvas drawn anew needs its data again
  useEffect(() => {
    plot.current?.show(dataOf(props, aligned, before));
  }, [aligned, before, from, to, asOf, step, full?.top, limits, alerts, marks, bands, diamonds, usual, drawn]);
  return (
    <div class={`chart stack-2 ${isStale ? 'stale' : ''}`} ref={whole}>
      <Key {...shown} />
      <div class="plot-place">
        <div class="plot" ref={place} role="img" aria-label={spoken(props, aligned.columns)} />
        <PointSlider {...shown} />
      </div>
      <Foot shown={shown} place={whole}>
        <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t('chart.hideTable') : t('chart.showTable')}
          <span class="unseen"> {name}</span>
        </button>
      </Foot>
      {open && <ChartTable {...shown} />}
    </div>
  );
}
