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

/** The usual distance between two values of a column: their median. null with fewer than two values. */
function spacing(times: readonly number[], column: PointColumn): number | null {
  const distances: number[] = [];
  let last: number | null = null;
  column.forEach((value, index) => {
    const at = times[index];
    if (value === null || at === undefined) return;
    if (last !== null) distances.push(at - last);
    last = at;
  });
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? null;
}

/**
 * From which length on missing values are a gap: a check that runs once per minute leaves most steps of 12 s empty, and
 * that is no gap.
 */
export function gapLength({ times, columns }: Aligned, step: number): number {
  const usual = columns.map((column) => spacing(times, column)).filter((value) => value !== null);
  return Math.max(2.5 * step, 2.5 * (usual.length === 0 ? 0 : Math.min(...usual)));
}

export interface TimeSpan {
  from: number;
  to: number;
}

/** Where no line has a value for longer than `least`, inside [from, to): drawn hatched. */
export function gaps({ times, columns }: Aligned, from: number, to: number, least: number): TimeSpan[] {
  const found: TimeSpan[] = [];
  let last = from;
  times.forEach((at, index) => {
    if (at < from || at >= to || columns.every((column) => column[index] === null)) return;
    if (at - last > least) found.push({ from: last, to: at });
    last = at;
  });
  if (to - last > least) found.push({ from: last, to });
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
export function withoutSlivers<T extends { label: string; points: Points }>(
  parts: readonly T[],
  least: number,
  label: string,
): { label: string; points: Points }[] {
  const small = parts.filter(({ points }) => points.every(([, value]) => value === null || value < least));
  if (small.length < 2) return [...parts];
  const { times, columns } = align(small.map(({ points }) => points));
  const sum = stack(columns).at(-1) ?? [];
  const rest = { label, points: times.map((at, index) => [at, sum[index] ?? null] as const) };
  return [...parts.filter((part) => !small.includes(part)), rest];
}

/** The top of the scale of percent: idle machines stay readable, busy ones comparable. */
export function percentTop(max: number): number {
  // Parts that were rounded one by one may add up to a little more than the whole.
  const most = max > 100 && max < 101 ? 100 : max;
  return [10, 25, 50, 100].find((top) => most <= top) ?? Math.ceil(most / 100) * 100;
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
