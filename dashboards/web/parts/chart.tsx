/** A chart: a canvas with a name, a key with the values under the cursor, and the same data as a table. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { UsualBand } from '../../../shared/usual.ts';
import { measured, time } from '../../../shared/words/format.ts';
import { part } from '../net/part.ts';
import { navigate } from '../router.ts';
import { shade } from '../theme.ts';
import { type Aligned, align, type PointColumn, type Points, summary } from '../time/points.ts';
import { language, t } from '../words/words.ts';
import type { Diamond } from './diamonds.ts';
import { dashName, lineColour } from './lines.ts';
import type { Plot } from './plot.ts';
import { Table } from './table.tsx';

export interface ChartLine {
  label: string;
  points: Points;
}

interface ChartProps {
  name: string;
  unit: string;
  lines: readonly ChartLine[];
  from: number;
  to: number;
  asOf: number;
  step: number;
  stacked?: boolean;
  limit?: number | null;
  marks?: readonly number[];
  bands?: readonly { start: number; end: number }[];
  diamonds?: readonly Diamond[];
  /** What these hours of the week have been. */
  usual?: readonly UsualBand[];
  onZoom: (from: number, to: number) => void;
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

function Key({ lines, aligned, unit, point, stacked }: KeyProps) {
  return (
    <ul class="legend">
      {lines.map((line, index) => {
        const column = aligned.columns[index] ?? [];
        const value = point === null ? summary(column).last : (column[point] ?? null);
        const style = { '--swatch': lineColour(index) };
        return (
          <li key={line.label}>
            <span class={`swatch ${stacked ? '' : dashName(index)}`} style={style} />
            <span class="quiet">{line.label}</span>
            <span class="value">{measured(value, unit, language.value)}</span>
          </li>
        );
      })}
    </ul>
  );
}

interface KeyProps {
  lines: readonly ChartLine[];
  aligned: Aligned;
  unit: string;
  point: number | null;
  stacked: boolean;
}

const mostRows = 300;
const noMarks: readonly number[] = [];
const noBands: readonly { start: number; end: number }[] = [];
const noDiamonds: readonly Diamond[] = [];
const noUsual: readonly UsualBand[] = [];

function ChartTable({
  name,
  lines,
  aligned,
  unit,
}: {
  name: string;
  lines: readonly ChartLine[];
  aligned: Aligned;
  unit: string;
}) {
  const rows = aligned.times
    .map((at, index) => ({ at, values: aligned.columns.map((column) => column[index] ?? null) }))
    .filter((row) => row.values.some((value) => value !== null))
    .reverse()
    .slice(0, mostRows);
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

export function Chart(props: ChartProps) {
  const {
    name,
    unit,
    lines,
    from,
    to,
    asOf,
    step,
    stacked = false,
    limit = null,
    marks = noMarks,
    bands = noBands,
    diamonds = noDiamonds,
    usual = noUsual,
    onZoom,
  } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const [point, setPoint] = useState<number | null>(null);
  const [open, setOpen] = useState(false);
  const [drawn, setDrawn] = useState(0);
  const aligned = useMemo(() => align(lines.map((line) => line.points)), [lines]);
  /** At the cursor, else at the end. */
  const at = point === null ? undefined : aligned.times[point];
  const usualHere = at === undefined ? usual.at(-1) : usual.find((one) => one.from <= at && at < one.to);
  const labels = lines.map((line) => line.label).join('\n');
  const spokenIn = language.value;
  const colours = shade.value;
  // Read again or drawn again: `colours` is why a canvas is drawn anew
  useEffect(() => {
    const options = {
      labels: labels.split('\n'),
      unit,
      stacked,
      language: spokenIn,
      onZoom: (a: number, b: number) => zoom.current(a, b),
      onPoint: setPoint,
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
  }, [labels, unit, stacked, spokenIn, colours]);
  // Read again or drawn again: a canvas drawn anew needs its data again
  useEffect(() => {
    plot.current?.show({ aligned, from, to, asOf, step, limit, marks, bands, diamonds, usual });
  }, [aligned, from, to, asOf, step, limit, marks, bands, diamonds, usual, drawn]);
  return (
    <div class="chart stack-2">
      <Key lines={lines} aligned={aligned} unit={unit} point={point} stacked={stacked} />
      <div class="plot" ref={place} role="img" aria-label={spoken(props, aligned.columns)} />
      <div class="spread small">
        <span class="quiet">
          {t('common.asOf', { at: time(asOf, language.value, 'time') })}
          {bands.length > 0 && (
            <>
              {' · '}
              <span class="band-mark" /> {t('maintenance.band')}
            </>
          )}
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
          {diamonds.length > 0 && (
            <>
              {' · '}
              <span aria-hidden="true">◆</span> {t('change.marks')}
            </>
          )}
        </span>
        <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t('chart.hideTable') : t('chart.showTable')}
          <span class="unseen"> {name}</span>
        </button>
      </div>
      {open && <ChartTable name={name} lines={lines} aligned={aligned} unit={unit} />}
    </div>
  );
}
