/** Answers from segments and the journal's tail. Only numbers become SQL text, and only the manifest's own files. */
import type { Newest } from '../backend.ts';
import { addCell, addSample, type Cell, type CellRow, needs, points } from '../cells.ts';
import type { Aggregate } from '../series.ts';
import { bucketMs } from '../span.ts';
import { columnsOf, type Duck } from './duck.ts';
import type { Manifest } from './manifest.ts';
import type { QueryAnswer, SeriesQuestion } from './messages.ts';
import { overlapping, type Segment } from './plan.ts';
import { sourceOf } from './segments.ts';
import type { BlockTail } from './tail.ts';

/** Longer lists are filtered after reading, by least and largest id before. */
const longestList = 200;
/** How far before the first step a rate looks for the value to start from. */
const lookBackMs = 15 * 60_000;

/** Maximum time per query: a longer one would block every other chart. */
const queryDeadlineMs = 30_000;

/** Runs `read` on a connection of its own and ends it at the deadline. */
async function onConnection<T>(duck: Duck, sql: string, take: (columns: number[][]) => T): Promise<T> {
  const connection = await duck.connect();
  const deadline = setTimeout(() => connection.interrupt(), queryDeadlineMs);
  try {
    return take(await columnsOf(connection, sql));
  } finally {
    clearTimeout(deadline);
    connection.closeSync();
  }
}

/** The cells of the requested lines, from what the segments and the tail hold at this moment. */
export async function answer(
  duck: Duck,
  folder: string,
  segments: readonly Segment[],
  tail: BlockTail,
  question: SeriesQuestion,
): Promise<QueryAnswer> {
  const rows = new Map<number, CellRow>();
  const wanted = new Set(question.lines.map(({ line }) => line));
  // The tail first, in one synchronous step: a compaction that ends during the read would count twice or not at all.
  addTail(rows, tail, question, wanted);
  const start = question.from - Math.max(question.step, lookBackMs);
  const files = overlapping(segments, question.resolution, question.endpoints, start, question.to);
  if (files.length > 0 && wanted.size > 0) {
    await onConnection(duck, selectOf(sourceOf(folder, files), question, [...wanted], start), (columns) => {
      addColumns(rows, columns, wanted);
    });
  }
  return { lines: question.lines.flatMap(({ line, agg }) => pointsOf(line, rows.get(line), agg, question)) };
}

/** Nothing for a line that only has data before the first step. */
function pointsOf(
  line: number,
  row: CellRow | undefined,
  agg: Aggregate,
  { from, to, step }: SeriesQuestion,
): QueryAnswer['lines'] {
  if (!row || (row.size === 1 && row.has(-1))) return [];
  return [{ line, points: points(row, agg, from, step, (to - from) / step) }];
}

function rowOf(rows: Map<number, CellRow>, line: number): CellRow {
  let row = rows.get(line);
  if (!row) {
    row = new Map();
    rows.set(line, row);
  }
  return row;
}

function addTail(
  rows: Map<number, CellRow>,
  tail: BlockTail,
  question: SeriesQuestion,
  wanted: ReadonlySet<number>,
): void {
  const { from, to, step } = question;
  const start = from - Math.max(step, lookBackMs);
  const add = (line: number, at: number, value: number) => {
    if (at < start || at >= to || !wanted.has(line)) return;
    addSample(rowOf(rows, line), Math.max(-1, Math.floor((at - from) / step)), at, value);
  };
  for (const endpoint of question.endpoints) tail.eachSample(endpoint, add);
}

const cellColumns = ['min', 'max', 'sum', 'count', 'last', 'lastAt'] as const;
/** A cell's values from raw samples, and from the parts in rollups. */
const ofSamples: Record<keyof Cell, string> = {
  min: 'min(v)',
  max: 'max(v)',
  sum: 'sum(v)',
  count: 'count(*)::double',
  last: 'arg_max(v, t)',
  lastAt: 'max(t)::double',
};
const ofParts: Record<keyof Cell, string> = {
  min: 'min(min)',
  max: 'max(max)',
  sum: 'sum(sum)',
  count: 'sum(count)::double',
  last: 'arg_max(last, last_t)',
  lastAt: 'max(last_t)::double',
};

function selectOf(source: string, question: SeriesQuestion, lines: readonly number[], start: number): string {
  const { endpoints, from, to, step, resolution } = question;
  const wanted = new Set(question.lines.flatMap(({ agg }) => needs[agg]));
  const parts = resolution === 'raw' ? ofSamples : ofParts;
  const values = cellColumns.map((name) => (wanted.has(name) ? parts[name] : '0::double')).join(', ');
  const ids =
    lines.length > longestList
      ? `line between ${Math.min(...lines)} and ${Math.max(...lines)}`
      : `line in (${lines.join(', ')})`;
  return `select line::double, greatest(-1, floor((t - ${from}) / ${step}))::double as k, ${values} from ${source}
    where endpoint in (${endpoints.join(', ')}) and ${ids} and t >= ${start} and t < ${to} group by 1, 2`;
}

function addColumns(rows: Map<number, CellRow>, columns: number[][], wanted: ReadonlySet<number>): void {
  const [lines = [], steps, min, max, sum, count, last, lastAt] = columns as [number[], ...number[][]];
  lines.forEach((line, i) => {
    if (!wanted.has(line)) return;
    const at = (column: number[] | undefined) => column?.[i] as number;
    addCell(rowOf(rows, line), at(steps), {
      min: at(min),
      max: at(max),
      sum: at(sum),
      count: at(count),
      last: at(last),
      lastAt: at(lastAt),
    });
  });
}

/** The last value of each series that the hourly rollups saw at or after `since`. */
export async function newest(duck: Duck, folder: string, manifest: Manifest, since: number): Promise<Newest> {
  const bucket = Math.floor(since / bucketMs['1h']) * bucketMs['1h'];
  return manifest.reading(async (segments) => {
    const files = segments.filter(({ resolution, maxTime }) => resolution === '1h' && maxTime >= bucket);
    if (files.length === 0) return toNewest([[], [], [], []]);
    const sql = `select endpoint::double, line::double, max(last_t)::double, arg_max(last, last_t)
      from ${sourceOf(folder, files)} where t >= ${bucket} group by endpoint, line`;
    return onConnection(duck, sql, toNewest);
  });
}

function toNewest([endpoint = [], line = [], at = [], value = []]: number[][]): Newest {
  const pack = (numbers: number[]) => Float64Array.from(numbers);
  return { endpoint: pack(endpoint), line: pack(line), at: pack(at), value: pack(value) };
}
