/**
 * The points of a chart: put on one time axis, stacked, and their gaps found. Pure; times in ms. `null` is time
 * without a value, which is unknown and never 0.
 */
export type Points = readonly (readonly [at: number, value: number | null])[];
export type PointColumn = (number | null)[];

export interface Aligned {
  times: number[];
  /** One per line, as long as `times`. */
  columns: PointColumn[];
}

export function align(lines: readonly Points[]): Aligned {
  const times = [...new Set(lines.flatMap((points) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const columns = lines.map((points) => {
    const column: PointColumn = new Array(times.length).fill(null);
    for (const [at, value] of points) column[place.get(at) ?? 0] = value;
    return column;
  });
  return { times, columns };
}

/** Each column on top of those before it. A part without a value adds nothing where another part has one. */
export function stack(columns: readonly PointColumn[]): PointColumn[] {
  const sum: PointColumn = new Array(columns[0]?.length ?? 0).fill(null);
  return columns.map((column) => {
    column.forEach((value, index) => {
      if (value !== null) sum[index] = (sum[index] ?? 0) + value;
    });
    return [...sum];
  });
}

/** From which length on missing values after a moment are a gap. */
export type GapLength = (after: number) => number;

/** So many distances on each side of a gap say how often values came there. */
const nearDistances = 7;

const median = (values: readonly number[]): number | null =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;

/**
 * How far apart the values of one column are around a moment: of both sides the longer, for a rhythm may change.
 * @param due what holds where there are too few of them to see it
 */
function rhythmAround(times: readonly number[], due: number): (after: number) => number {
  const distances = times.slice(1).map((at, index) => at - (times[index] as number));
  const least = distances.length < 3 ? due : 0;
  return (after) => {
    const place = after < (times[0] ?? 0) ? -1 : (nearest(times, after, Number.POSITIVE_INFINITY) ?? -1);
    const sides = [
      distances.slice(Math.max(0, place - nearDistances), Math.max(0, place)),
      distances.slice(place + 1, place + 1 + nearDistances),
    ].flatMap((side) => median(side) ?? []);
    return Math.max(least, ...(sides.length === 0 ? distances : sides));
  };
}

/**
 * Values are missing only where they were due: a check that runs once per hour leaves most steps of 12 s empty, and
 * what came each quarter of an hour may come each minute now.
 * @param due how often values come at the latest, ms
 */
export function gapLength({ times, columns }: Aligned, step: number, due = 0): GapLength {
  const rhythms = columns
    .map((column) => times.filter((_, index) => (column[index] ?? null) !== null))
    .filter((own) => own.length > 0)
    .map((own) => rhythmAround(own, due));
  return (after) => 2.5 * Math.max(step, rhythms.length === 0 ? due : Math.min(...rhythms.map((one) => one(after))));
}

export interface TimeSpan {
  from: number;
  to: number;
}

/** Where no line has a value for longer than `least`, inside [from, to): drawn hatched. */
export function gaps({ times, columns }: Aligned, from: number, to: number, least: GapLength): TimeSpan[] {
  const found: TimeSpan[] = [];
  let last = from;
  times.forEach((at, index) => {
    if (at < from || at >= to || columns.every((column) => column[index] === null)) return;
    if (at - last > least(last)) found.push({ from: last, to: at });
    last = at;
  });
  if (to - last > least(last)) found.push({ from: last, to });
  return found;
}

export interface PointSummary {
  last: number | null;
  min: number | null;
  max: number | null;
  mean: number | null;
  n: number;
}

export function summary(column: PointColumn): PointSummary {
  const values = column.filter((value) => value !== null);
  if (values.length === 0) return { last: null, min: null, max: null, mean: null, n: 0 };
  return {
    last: values.at(-1) ?? null,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: values.reduce((a, b) => a + b, 0) / values.length,
    n: values.length,
  };
}

/** The `count` lines with the largest mean, largest first: the rest would only be noise. */
export function largest<T extends { points: Points }>(lines: readonly T[], count: number): T[] {
  return lines
    .map((line) => ({ line, mean: summary(line.points.map(([, value]) => value)).mean ?? Number.NEGATIVE_INFINITY }))
    .sort((a, b) => b.mean - a.mean)
    .slice(0, count)
    .map(({ line }) => line);
}

/** Parts of a stack that never reach `least` are thinner than their outline: they are added up to one part. */
export function withoutSlivers<T extends { label: string; points: Points; before?: Points | undefined }>(
  parts: readonly T[],
  least: number,
  label: string,
): (T | { label: string; points: Points; before: Points | undefined })[] {
  const small = parts.filter(({ points }) => points.every(([, value]) => value === null || value < least));
  if (small.length < 2) return [...parts];
  const before = small.flatMap((part) => (part.before ? [part.before] : []));
  const rest = {
    ...{ label, points: sumOf(small.map(({ points }) => points)) },
    before: before.length === 0 ? undefined : sumOf(before),
  };
  return [...parts.filter((part) => !small.includes(part)), rest];
}

function sumOf(lines: readonly Points[]): Points {
  const { times, columns } = align(lines);
  const sum = stack(columns).at(-1) ?? [];
  return times.map((at, index) => [at, sum[index] ?? null] as const);
}

/** Values with a gap on both sides: no line leads to them, so they are drawn as dots. */
export function isolated(times: readonly number[], column: PointColumn, least: GapLength): number[] {
  const there = times.flatMap((at, index) =>
    column[index] === null || column[index] === undefined ? [] : [{ at, index }],
  );
  return there.flatMap(({ at, index }, n) => {
    const [before, after] = [there[n - 1], there[n + 1]];
    const isAlone = (!before || at - before.at > least(before.at)) && (!after || after.at - at > least(at));
    return isAlone ? [index] : [];
  });
}

/** The index of the time that is nearest, at most `reach` away; null: there is none. */
export function nearest(times: readonly number[], at: number, reach: number): number | null {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  const off = (index: number) => Math.abs((times[index] ?? Number.POSITIVE_INFINITY) - at);
  const best = off(low - 1) <= off(low) ? low - 1 : low;
  return off(best) <= reach ? best : null;
}

/** The value nearest to a moment, at most `reach` away: a check that runs each hour has none in most steps. */
export function valueNear(times: readonly number[], column: PointColumn, at: number, reach: number): number | null {
  const middle = nearest(times, at, Number.POSITIVE_INFINITY) ?? 0;
  let best: number | null = null;
  const offOf = (index: number) => Math.abs((times[index] as number) - at);
  for (const step of [-1, 1]) {
    for (let index = middle; index >= 0 && index < times.length && offOf(index) <= reach; index += step) {
      if (column[index] === null || column[index] === undefined) continue;
      if (best === null || offOf(index) < offOf(best)) best = index;
      break;
    }
  }
  return best === null ? null : (column[best] ?? null);
}

/** What a chart of a week before had, put on the times of now. */
export const shifted = (points: Points, byMs: number): Points => points.map(([at, value]) => [at + byMs, value]);

export interface PointRow {
  at: number;
  values: PointColumn;
}

/** The rows of the table of a chart, and of its file: newest first, without times that have no value. */
export const pointRows = ({ times, columns }: Aligned): PointRow[] =>
  times
    .map((at, index) => ({ at, values: columns.map((column) => column[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null))
    .reverse();

/** The top of the scale of percent: the whole, or more where a machine has several of it. */
export function percentTop(max: number): number {
  // Parts that were rounded one by one may add up to a little more than the whole.
  const most = max > 100 && max < 101 ? 100 : max;
  return Math.max(100, Math.ceil(most / 100) * 100);
}

/** A span moved or resized by the buttons beside a chart, at least one minute long and never beyond `now`. */
export function moved(span: TimeSpan, how: 'earlier' | 'later' | 'closer' | 'wider', now: number): TimeSpan {
  const length = span.to - span.from;
  const half = length / 2;
  const middle = span.from + half;
  const wanted = {
    earlier: { from: span.from - half, to: span.to - half },
    later: { from: span.from + half, to: span.to + half },
    closer: { from: middle - length / 4, to: middle + length / 4 },
    wider: { from: middle - length, to: middle + length },
  }[how];
  const size = Math.max(60_000, wanted.to - wanted.from);
  const to = Math.min(now, wanted.from + size);
  return { from: Math.round(to - size), to: Math.round(to) };
}
