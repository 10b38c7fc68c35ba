/** Charts from InfluxDB: rollups where computed, else raw samples. Names are quoted, values become placeholders. */
import { fieldOf, seriesKey } from '../../../shared/metrics.ts';
import { addCell, addSample, type Cell, type CellRow, needs, points } from '../cells.ts';
import type { Dictionary } from '../journal/dictionary.ts';
import type { Aggregate, SeriesLine, SeriesQuery, SeriesResult } from '../series.ts';
import { bucketMs, type QuerySpan, type Resolution, type SeriesRetention, spanFor } from '../span.ts';
import type { InfluxClient, ResultSeries } from './client.ts';
import { safeName, safeTags, safeValue, storedLine, type Tags } from './points.ts';
import { type InfluxPlaces, quoted } from './prepare.ts';
import type { Rollups, TimeRange } from './rollups.ts';

/** How far before the first step a rate looks for the value to start from. */
const lookBackMs = 15 * 60_000;

export interface QueryParts {
  client: InfluxClient;
  dictionary: Dictionary;
  rollups: Pick<Rollups, 'open'>;
  places(): InfluxPlaces;
  retention: SeriesRetention;
  now(): number;
}

interface RangePart extends TimeRange {
  resolution: Resolution;
}

interface Asked {
  measurement: string;
  field: string;
  agg: Aggregate;
  part: RangePart;
}

const functions = { min: 'min', max: 'max', sum: 'sum', count: 'count', last: 'last' } as const;
type InfluxColumn = keyof typeof functions;
const columnsOf = (agg: Aggregate): InfluxColumn[] =>
  needs[agg].filter((name): name is InfluxColumn => name in functions);

/** @returns what `query` of a backend returns; throws InfluxError */
export function createQuery(parts: QueryParts) {
  const { client, dictionary, rollups, places, retention } = parts;

  return async (query: SeriesQuery): Promise<SeriesResult> => {
    const span = spanFor(query.from, query.to, query.step, retention, parts.now());
    if (span.to <= span.from) return { ...span, series: [] };
    const endpoints = dictionary.namesOf(query.endpoint);
    const ids = dictionary.idsOf(query.endpoint);
    const ranges = partsOf(span, rollups, ids);
    const asked = [...new Set(query.metrics)].flatMap((metric) => {
      const { measurement, field } = storedLine(metric, {});
      const agg = query.agg ?? (fieldOf(metric)?.kind === 'counter' ? 'rate' : 'mean');
      return ranges.map((part) => ({ metric, measurement, field, agg, part }));
    });
    const { condition, placeholders } = conditionOf(endpoints, query.tags ?? {});
    const answers: ResultSeries[][] = [];
    // A request is of one place.
    const of = Object.groupBy(asked.keys(), (i) => (asked[i] as Asked).part.resolution);
    const ask = async ([resolution, some]: [string, number[]]) => {
      const statements = some.map((i) => statementOf(asked[i] as Asked, span, condition));
      const found = await client.query(statements, places()[resolution as Resolution], placeholders);
      some.forEach((i, k) => {
        answers[i] = found[k] ?? [];
      });
    };
    await Promise.all(Object.entries(of).map(ask));

    const found = new Map<string, { metric: string; tags: Tags; agg: Aggregate; row: CellRow }>();
    asked.forEach(({ metric, agg, part }, i) => {
      const known = new Map(
        dictionary.linesOf(ids, metric, query.tags ?? {}).map(({ tags }) => [keyOf(safeTags(tags)), tags]),
      );
      for (const series of answers[i] ?? []) {
        const stored = ownTags(series.tags ?? {});
        // As it came in, where the journal has it; series written by others, or before, as they are.
        const tags = { ...(known.get(keyOf(stored)) ?? stored) };
        const key = seriesKey(metric, tags);
        const line = found.get(key) ?? { metric, tags, agg, row: new Map() };
        found.set(key, line);
        addSeries(line.row, series, agg, part, span);
      }
    });
    const series = [...found.values()].flatMap(({ metric, tags, agg, row }): SeriesLine[] => {
      // A line that has data only before the first step.
      if (row.size === 0 || (row.size === 1 && row.has(-1))) return [];
      return [{ metric, tags, agg, points: points(row, agg, span.from, span.step, (span.to - span.from) / span.step) }];
    });
    return { ...span, series };
  };
}

const keyOf = (tags: Tags): string => seriesKey('', tags);

/** Without ours, and without those that other series of the measurement have. */
export function ownTags(tags: Tags): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter(([name, value]) => value !== '' && !['endpoint', 'host', 'site'].includes(name)),
  );
}

/** The span in ascending pieces: rollups, and raw samples where they are not computed yet. */
function partsOf(span: QuerySpan, rollups: Pick<Rollups, 'open'>, endpoints: readonly number[]): RangePart[] {
  const { resolution } = span;
  const from = span.from - Math.max(span.step, lookBackMs);
  if (resolution === 'raw') return [{ resolution, from, to: span.to }];
  const pieces: RangePart[] = [];
  let at = from;
  for (const open of rollups.open(resolution, endpoints, { from, to: span.to })) {
    const piece = { from: Math.max(open.from, from), to: Math.min(open.to, span.to) };
    if (piece.from > at) pieces.push({ resolution, from: at, to: piece.from });
    pieces.push({ resolution: 'raw', ...piece });
    at = piece.to;
  }
  if (at < span.to) pieces.push({ resolution, from: at, to: span.to });
  return pieces;
}

function conditionOf(endpoints: readonly string[], tags: Readonly<Tags>) {
  const placeholders: Record<string, string> = {};
  const equals = (name: string, value: string): string => {
    const placeholder = `p${Object.keys(placeholders).length}`;
    placeholders[placeholder] = value;
    return `${quoted(name)} = $${placeholder}`;
  };
  const ids = endpoints.map((name) => equals('endpoint', safeValue(name))).join(' or ');
  const conditions = [
    `(${ids})`,
    ...Object.entries(tags).map(([name, value]) => equals(safeName(name), safeValue(value))),
  ];
  return { condition: conditions.join(' and '), placeholders };
}

/** Rates of raw samples want their exact times; everything else is added up by InfluxDB. */
const isExact = (agg: Aggregate, span: QuerySpan): boolean => agg === 'rate' && span.resolution === 'raw';

function statementOf({ measurement, field, agg, part }: Asked, span: QuerySpan, condition: string): string {
  const from = ` from ${quoted(measurement)} where ${condition} and time >= ${part.from}ms and time < ${part.to}ms`;
  if (isExact(agg, span)) return `select ${quoted(field)}${from} group by *`;
  const columns = columnsOf(agg).map((name) => {
    if (part.resolution === 'raw') return `${functions[name]}(${quoted(field)}) as "${name}"`;
    const over = name === 'count' ? 'sum' : functions[name];
    return `${over}(${quoted(`${name}_${field}`)}) as "${name}"`;
  });
  // A rate looks at buckets, so that raw samples and rollups of one chart have their last value at the same time.
  const width = agg === 'rate' ? bucketMs[span.resolution] : span.step;
  return `select ${columns.join(', ')}${from} group by time(${width}ms), * fill(none)`;
}

function addSeries(
  row: CellRow,
  { columns, values }: ResultSeries,
  agg: Aggregate,
  part: RangePart,
  span: QuerySpan,
): void {
  const step = (at: number) => Math.max(-1, Math.floor((at - span.from) / span.step));
  for (const value of values) {
    const at = value[0] as number;
    if (isExact(agg, span)) {
      if (typeof value[1] === 'number') addSample(row, step(at), at, value[1]);
      continue;
    }
    const cell: Cell = { min: 0, max: 0, sum: 0, count: 0, last: 0, lastAt: Math.max(at, part.from) };
    let isThere = true;
    for (let i = 1; i < columns.length; i++) {
      const number = value[i];
      if (typeof number === 'number') cell[columns[i] as InfluxColumn] = number;
      else isThere = false;
    }
    if (isThere) addCell(row, step(at), cell);
  }
}
