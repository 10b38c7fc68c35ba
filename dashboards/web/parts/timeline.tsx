/** Time as coloured stretches: one line of a span, one strip of days. The list of intervals is always beside it. */
import type { Interval } from '../../../shared/api.ts';
import { duration, percent, time } from '../../../shared/words/format.ts';
import {
  cellsOfDays,
  clip,
  type DayCell,
  dayBounds,
  dayCells,
  holes,
  type IntervalState,
  sums,
} from '../time/intervals.ts';
import { aboutLanguage, language, t, wordOr } from '../words/words.ts';
import { Moment } from './moment.tsx';
import { Table } from './table.tsx';

const keyStates: readonly IntervalState[] = ['up', 'down', 'idle', 'maintenance', 'unknown', 'not_monitored'];

const spokenShares = (total: Iterable<readonly [IntervalState, number]>, whole: number) =>
  [...total]
    .map(([state, part]) => `${t(`interval.${state}`)} ${percent((part / whole) * 100, language.value, 1)}`)
    .join(', ');

const spoken = (intervals: readonly Interval[], from: number, to: number) =>
  spokenShares(sums(intervals, from, to), to - from);

export function StateKey({ states = keyStates }: { states?: readonly IntervalState[] }) {
  return (
    <ul class="state-key" aria-label={t('interval.key')}>
      {states.map((state) => (
        <li key={state}>
          <svg viewBox="0 0 14 14" aria-hidden="true">
            <rect class={`state-${state}`} width="14" height="14" />
          </svg>
          {t(`interval.${state}`)}
        </li>
      ))}
    </ul>
  );
}

interface TimelineProps {
  name: string;
  intervals: readonly Interval[];
  from: number;
  to: number;
}

export function Timeline({ name, intervals, from, to }: TimelineProps) {
  const all = [...clip(intervals, from, to), ...holes(intervals, from, to)];
  const width = 1000;
  const x = (at: number) => ((at - from) / (to - from)) * width;
  return (
    <svg
      class="timeline"
      viewBox={`0 0 ${width} 26`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${name}: ${spoken(all, from, to)}`}
    >
      {all.map((part) => (
        <rect
          key={part.from}
          class={`state-${part.state}`}
          x={x(part.from)}
          width={Math.max(1.5, x(part.to) - x(part.from))}
          height="26"
        >
          <title>{describe(part)}</title>
        </rect>
      ))}
    </svg>
  );
}

/** `Down, 3 Nov 14:05 – 14:20, 15m: no report`. */
function describe(part: Interval): string {
  const span = `${time(part.from, language.value)} – ${time(part.to, language.value)}`;
  const length = duration((part.to - part.from) / 1000, language.value);
  const cause = part.cause ? `: ${wordOr('cause', part.cause)}` : '';
  const evidence = part.cause && evidenceOf(part);
  return `${t(`interval.${part.state}`)}, ${span}, ${length}${cause}${evidence ? ` (${evidence})` : ''}`;
}

function evidenceOf({ evidence = [] }: Interval): string {
  return evidence.map((code) => wordOr('evidence', code)).join(aboutLanguage(language.value).separator);
}

interface StripProps {
  name: string;
  intervals: readonly Interval[];
  from: number;
  to: number;
  zone: string;
}

/** One cell per day, filled by the shares of its states. */
export const Strip = ({ name, intervals, from, to, zone }: StripProps) => (
  <Cells
    label={`${name}: ${spoken(intervals, from, to)}`}
    cells={dayCells(intervals, dayBounds(from, to, zone))}
    zone={zone}
  />
);

type Day = Parameters<typeof cellsOfDays>[0][number];

/** The same of many endpoints together, whose minutes of each day are added up. */
export function DayStrip({ name, days, to, zone }: { name: string; days: readonly Day[]; to: number; zone: string }) {
  const total = keyStates.flatMap((state) => {
    const minutes = days.reduce((sum, day) => sum + (day[state] ?? 0), 0);
    return minutes > 0 ? [[state, minutes] as const] : [];
  });
  const whole = total.reduce((sum, [, minutes]) => sum + minutes, 0);
  return <Cells label={`${name}: ${spokenShares(total, whole)}`} cells={cellsOfDays(days, to)} zone={zone} />;
}

function Cells({ label, cells, zone }: { label: string; cells: readonly DayCell[]; zone: string }) {
  const size = 10;
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${cells.length * size} 22`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {cells.map((cell, index) => {
        let y = 22;
        return cell.shares.map(({ state, share }) => {
          const height = share * 22;
          y -= height;
          return (
            <rect
              key={`${cell.from}${state}`}
              class={`state-${state}`}
              x={index * size + 0.75}
              y={y}
              width={size - 1.5}
              height={height}
            >
              <title>{`${time(cell.from, language.value, 'date', zone)}: ${t(`interval.${state}`)}`}</title>
            </rect>
          );
        });
      })}
    </svg>
  );
}

/** The intervals behind a line or a number, newest first. */
export function IntervalTable({ caption, intervals }: { caption: string; intervals: readonly Interval[] }) {
  return (
    <Table
      caption={caption}
      rows={[...intervals].reverse()}
      keyOf={(row) => row.from}
      columns={[
        { key: 'state', head: t('interval.state'), cell: (row) => <IntervalWord state={row.state} /> },
        { key: 'from', head: t('interval.from'), cell: (row) => <Moment at={row.from} shape="long" /> },
        { key: 'to', head: t('interval.to'), cell: (row) => <Moment at={row.to} shape="long" /> },
        {
          key: 'length',
          head: t('interval.length'),
          right: true,
          cell: (row) => duration((row.to - row.from) / 1000, language.value),
        },
        { key: 'cause', head: t('interval.cause'), cell: (row) => (row.cause ? wordOr('cause', row.cause) : '—') },
        { key: 'evidence', head: t('interval.evidence'), cell: (row) => evidenceOf(row) || '—' },
      ]}
    />
  );
}

function IntervalWord({ state }: { state: IntervalState }) {
  return (
    <span class="mark">
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <rect class={`state-${state}`} width="12" height="12" rx="2" />
      </svg>
      {t(`interval.${state}`)}
    </span>
  );
}
