/**
 * 5 minute and 1 hour values, asked from InfluxDB and written back: 2 and 3 have no `SELECT INTO`, and it costs 1.x no
 * less. Buckets with new raw samples are kept, in memory and in the journal's file, until they are computed: a backlog
 * that comes days late has its buckets computed again, and computing one twice changes nothing. Only endpoints that
 * reported here are computed: another collector on the same database computes its own. Until then queries read the raw
 * samples of such a bucket.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { IPoint } from 'influx';
import type { Dictionary } from '../journal/dictionary.ts';
import { bucketMs, type Resolution, type SeriesRetention } from '../span.ts';
import type { InfluxClient, ResultSeries } from './client.ts';
import { type PointBatch, safeValue } from './points.ts';
import type { InfluxPlaces } from './prepare.ts';

/** Their names are those that `min(*)` gives its columns. */
const functions = ['min', 'max', 'sum', 'count', 'last'] as const;

export type RolledResolution = Exclude<Resolution, 'raw'>;
const rolled: readonly RolledResolution[] = ['5m', '1h'];

export interface TimeRange {
  from: number;
  to: number;
}

/** A bucket is computed this long after its end; the samples of a live fleet have arrived by then. */
const settleMs = 60_000;
/** Endpoints of one statement, and endpoints times buckets: an answer of 600 is about 1 MB with 20 fields each. */
const manyEndpoints = 50;
const manyCells = 600;
/** What one statement covers at most. */
const widest: Record<RolledResolution, number> = { '5m': 24 * 3_600_000, '1h': 6 * 24 * 3_600_000 };
/** Points of one request. */
const pointsARequest = 1000;
/** Jobs whose end is written to the journal together. */
const jobsACommit = 20;
/** Stood for all endpoints in journals of earlier versions. */
const everyEndpoint = 0;
/** By then another collector has computed a bucket that is over: a minute until it is due, one until it is looked at, and its work. */
const othersMs = 300_000;
/** More ranges than this of one query are read as one. */
const manyRanges = 12;

export interface Rollups {
  mark(batch: PointBatch): void;
  /** Writes what was marked; within a transaction of the journal. */
  save(): void;
  /** That transaction is durable. */
  saved(): void;
  /** Computes what is over, or all of it. @throws InfluxError */
  run(all: boolean): Promise<void>;
  /** Computes the last buckets of these as well: who had them may not have come to it. */
  takeOver(endpoints: readonly number[]): void;
  /** The buckets of these endpoints within the span that are not computed yet, ascending. */
  open(resolution: RolledResolution, endpoints: readonly number[], span: TimeRange): TimeRange[];
}

export interface RollupParts {
  journal: { readonly database: DatabaseSync; advance(through: null, record: () => void): Promise<void> };
  dictionary: Pick<Dictionary, 'endpointName' | 'endpointIds'>;
  client: Pick<InfluxClient, 'query'>;
  places(): InfluxPlaces;
  /** What is refused for good does not count as a failure. */
  write(points: IPoint[], resolution: RolledResolution): Promise<void>;
  retention: SeriesRetention;
  /** Others compute those of their endpoints, and do not say when. */
  isShared: boolean;
  now(): number;
}

/** Endpoints by the start of their bucket. */
type Due = Map<number, Set<number>>;

interface Job extends TimeRange {
  endpoints: number[];
}

export function createRollups(parts: RollupParts): Rollups {
  const { journal, dictionary, client, retention } = parts;
  journal.database.exec(`create table if not exists rollups_due (
    resolution text not null, bucket integer not null, endpoint integer not null,
    primary key (resolution, bucket, endpoint)) without rowid`);
  const insert = journal.database.prepare('insert or ignore into rollups_due values (?, ?, ?)');
  const remove = journal.database.prepare(
    'delete from rollups_due where resolution = ? and bucket = ? and endpoint = ?',
  );
  const due: Record<RolledResolution, Due> = { '5m': new Map(), '1h': new Map() };
  /** Taken out of `due`, and not computed yet: queries must not read rollups of it either. */
  const busy: Record<RolledResolution, Due> = { '5m': new Map(), '1h': new Map() };
  const unsaved: [RolledResolution, number, number][] = [];
  let saving = 0;

  const add = (resolution: RolledResolution, bucket: number, endpoint: number): boolean => {
    let endpoints = due[resolution].get(bucket);
    if (!endpoints) {
      endpoints = new Set();
      due[resolution].set(bucket, endpoints);
    }
    if (endpoints.has(endpoint)) return false;
    endpoints.add(endpoint);
    return true;
  };
  const mark = (resolution: RolledResolution, bucket: number, endpoint: number) => {
    if (add(resolution, bucket, endpoint)) unsaved.push([resolution, bucket, endpoint]);
  };
  for (const row of journal.database.prepare('select resolution, bucket, endpoint from rollups_due').all()) {
    const endpoint = Number(row.endpoint);
    for (const id of endpoint === everyEndpoint ? dictionary.endpointIds() : [endpoint])
      add(row.resolution as RolledResolution, Number(row.bucket), id);
  }

  /** What is over, taken out: what is written meanwhile marks its bucket again. */
  const take = (resolution: RolledResolution, all: boolean) => {
    const before = parts.now() - settleMs - bucketMs[resolution];
    for (const [bucket, endpoints] of due[resolution]) {
      if (!all && bucket > before) continue;
      due[resolution].delete(bucket);
      busy[resolution].set(bucket, endpoints);
    }
  };
  const giveBack = (resolution: RolledResolution) => {
    for (const [bucket, endpoints] of busy[resolution])
      for (const endpoint of endpoints) add(resolution, bucket, endpoint);
    busy[resolution].clear();
  };
  const forget = (resolution: RolledResolution, done: readonly Job[]) =>
    journal.advance(null, () => {
      for (const { from, to, endpoints } of done)
        for (let bucket = from; bucket < to; bucket += bucketMs[resolution]) {
          const again = due[resolution].get(bucket);
          for (const endpoint of [everyEndpoint, ...endpoints])
            if (!again?.has(endpoint)) remove.run(resolution, bucket, endpoint);
        }
    });

  const compute = async (resolution: RolledResolution, { from, to, endpoints }: Job) => {
    const placeholders: Record<string, string> = {};
    const ofEndpoints = endpoints.map((id, i) => {
      placeholders[`p${i}`] = safeValue(dictionary.endpointName(id) ?? '');
      return `"endpoint" = $p${i}`;
    });
    // Each tag is named by `*`: without it all endpoints would become one series.
    const statement =
      `select ${functions.map((name) => `${name}(*)`).join(', ')} from /.*/` +
      ` where time >= ${from}ms and time < ${to}ms and (${ofEndpoints.join(' or ')})` +
      ` group by time(${resolution}), * fill(none)`;
    const [answer = []] = await client.query([statement], parts.places().raw, placeholders);
    const points = answer.flatMap((series) => [...rolledPoints(series)]);
    for (let i = 0; i < points.length; i += pointsARequest)
      await parts.write(points.slice(i, i + pointsARequest), resolution);
    // Writing has the right of way.
    await pause(0);
  };
  const runOne = async (resolution: RolledResolution, all: boolean) => {
    take(resolution, all);
    // InfluxDB may have dropped raw samples of older buckets, one shard at a time: complete rollups stay as they are.
    const width = bucketMs[resolution];
    const oldest = Math.floor((parts.now() - retention.raw) / width) * width;
    let done: Job[] = [];
    const settle = async () => {
      const settled = done;
      done = [];
      if (settled.length > 0) await forget(resolution, settled);
    };
    try {
      for (const job of jobsOf(busy[resolution], resolution)) {
        const from = Math.max(job.from, oldest);
        if (from < job.to) await compute(resolution, { ...job, from });
        for (let bucket = job.from; bucket < job.to; bucket += width)
          for (const endpoint of job.endpoints) busy[resolution].get(bucket)?.delete(endpoint);
        done.push(job);
        if (done.length >= jobsACommit) await settle();
      }
    } finally {
      giveBack(resolution);
      await settle();
    }
  };

  return {
    mark({ touched }) {
      for (const [endpoint, times] of touched)
        for (const resolution of rolled) {
          let last = -1;
          for (const at of times) {
            const bucket = Math.floor(at / bucketMs[resolution]) * bucketMs[resolution];
            if (bucket === last) continue;
            last = bucket;
            mark(resolution, bucket, endpoint);
          }
        }
    },
    save() {
      saving = unsaved.length;
      for (const row of unsaved) insert.run(...row);
    },
    saved: () => void unsaved.splice(0, saving),
    async run(all) {
      for (const resolution of rolled) await runOne(resolution, all);
    },
    takeOver(endpoints) {
      for (const resolution of rolled)
        for (const bucket of lastBuckets(resolution, parts.now() - 2 * othersMs, parts.now()))
          for (const endpoint of endpoints) add(resolution, bucket, endpoint);
    },
    open(resolution, endpoints, span) {
      const width = bucketMs[resolution];
      const buckets = new Set<number>();
      if (parts.isShared)
        for (const bucket of lastBuckets(resolution, Math.max(span.from, parts.now() - othersMs), span.to))
          buckets.add(bucket);
      for (const [bucket, ids] of [...due[resolution], ...busy[resolution]])
        if (bucket < span.to && bucket + width > span.from && endpoints.some((id) => ids.has(id))) buckets.add(bucket);
      const ranges = rangesOf([...buckets], width, Number.POSITIVE_INFINITY);
      const [first, last] = [ranges[0], ranges.at(-1)];
      return first && last && ranges.length > manyRanges ? [{ from: first.from, to: last.to }] : ranges;
    },
  };
}

/** An answer as points: whole counts, as `SELECT INTO` wrote them, because a field has one type. */
function* rolledPoints({ name, tags = {}, columns, values }: ResultSeries): Generator<IPoint> {
  const there = Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''));
  for (const row of values) {
    const fields: Record<string, unknown> = {};
    for (let i = 1; i < columns.length; i++) {
      const [column = '', value] = [columns[i], row[i]];
      if (typeof value === 'number') fields[column] = column.startsWith('count_') ? whole(value) : value;
    }
    if (Object.keys(fields).length > 0)
      yield { measurement: name, tags: there, fields, timestamp: new Date(row[0] as number) };
  }
}

/** The same of values that were added up elsewhere: min, max, sum, count, last. */
export const rolledFields = (field: string, values: readonly number[]): Record<string, unknown> =>
  Object.fromEntries(
    functions.map((name, i) => [`${name}_${field}`, name === 'count' ? whole(values[i] as number) : values[i]]),
  );

/** The package writes a field by its text, and numbers as floats. */
const whole = (count: number) => ({ toString: () => `${count}i`, toJSON: () => count });

/** What one statement computes, the oldest first. */
function jobsOf(due: Due, resolution: RolledResolution): Job[] {
  const width = bucketMs[resolution];
  const bucketsOf = new Map<number, number[]>();
  for (const [bucket, endpoints] of due)
    for (const endpoint of endpoints) {
      const buckets = bucketsOf.get(endpoint);
      if (buckets) buckets.push(bucket);
      else bucketsOf.set(endpoint, [bucket]);
    }
  const alike = new Map<string, Job>();
  for (const [endpoint, buckets] of bucketsOf)
    for (const range of rangesOf(buckets, width, widest[resolution])) {
      const key = `${range.from} ${range.to}`;
      const job = alike.get(key);
      if (job) job.endpoints.push(endpoint);
      else alike.set(key, { ...range, endpoints: [endpoint] });
    }
  return [...alike.values()].sort((a, b) => a.from - b.from).flatMap((job) => partsOf(job, width));
}

function partsOf(job: Job, width: number): Job[] {
  const most = Math.max(1, Math.min(manyEndpoints, Math.floor((manyCells * width) / (job.to - job.from))));
  const jobs: Job[] = [];
  for (let i = 0; i < job.endpoints.length; i += most)
    jobs.push({ ...job, endpoints: job.endpoints.slice(i, i + most) });
  return jobs;
}

/** All that reach into the span. */
function* lastBuckets(resolution: RolledResolution, from: number, to: number): Generator<number> {
  const width = bucketMs[resolution];
  for (let bucket = Math.floor(from / width) * width; bucket < to; bucket += width) yield bucket;
}

/** Buckets that touch, as ranges no wider than `most`. */
export function rangesOf(buckets: readonly number[], width: number, most: number): TimeRange[] {
  const ranges: TimeRange[] = [];
  for (const bucket of buckets.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last.to === bucket && bucket + width - last.from <= most) last.to = bucket + width;
    else ranges.push({ from: bucket, to: bucket + width });
  }
  return ranges;
}
