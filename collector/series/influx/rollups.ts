/**
 * 5 minute and 1 hour values by `SELECT INTO`. Buckets with new raw samples are kept, in memory and in the journal's
 * file, until they are computed: a backlog that comes days late has its buckets computed again, and computing one twice
 * changes nothing. Until then queries read the raw samples of such a bucket.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { reasonOf } from '../../../shared/errors.ts';
import type { Dictionary } from '../journal/dictionary.ts';
import { bucketMs, type Resolution, type SeriesRetention } from '../span.ts';
import type { InfluxClient } from './client.ts';
import type { PointBatch } from './points.ts';
import { safeValue, storedLine } from './points.ts';
import { policyOf, quoted } from './prepare.ts';

/** Their names are those that `min(*)` gives its columns. */
const functions = ['min', 'max', 'sum', 'count', 'last'] as const;

type RolledResolution = Exclude<Resolution, 'raw'>;
const rolled: readonly RolledResolution[] = ['5m', '1h'];

export interface TimeRange {
  from: number;
  to: number;
}

/** A bucket is computed this long after its end; the samples of a live fleet have arrived by then. */
const settleMs = 60_000;
/** A bucket with more endpoints than this is computed for all at once, and only this fact is remembered of it. */
const manyEndpoints = 100;
/** Stands for all endpoints; their ids begin at 1. */
const everyEndpoint = 0;
/** What one statement covers at most for all endpoints; of one endpoint 24 times as much. */
const widest: Record<RolledResolution, number> = { '5m': 3_600_000, '1h': 6 * 3_600_000 };
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
  /** The buckets of these endpoints within the span that are not computed yet, ascending. */
  open(resolution: RolledResolution, endpoints: readonly number[], span: TimeRange): TimeRange[];
}

export interface RollupParts {
  journal: { readonly database: DatabaseSync; advance(through: null, record: () => void): Promise<void> };
  dictionary: Pick<Dictionary, 'endpointName' | 'metrics'>;
  client: InfluxClient;
  database: string;
  retention: SeriesRetention;
  now(): number;
}

/** Endpoints by the start of their bucket. */
type Due = Map<number, Set<number>>;

interface Job extends TimeRange {
  endpoint: number;
}

export function createRollups(parts: RollupParts): Rollups {
  const { journal, dictionary, client, retention } = parts;
  journal.database.exec(`create table if not exists rollups_due (
    resolution text not null, bucket integer not null, endpoint integer not null,
    primary key (resolution, bucket, endpoint)) without rowid`);
  const insert = journal.database.prepare('insert or ignore into rollups_due values (?, ?, ?)');
  const remove = journal.database.prepare(
    `delete from rollups_due where resolution = ?1 and bucket = ?2 and (endpoint = ?3 or ?3 = ${everyEndpoint})`,
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
    if (endpoints.has(endpoint) || endpoints.has(everyEndpoint)) return false;
    endpoints.add(endpoint);
    return true;
  };
  const mark = (resolution: RolledResolution, bucket: number, endpoint: number) => {
    if (!add(resolution, bucket, endpoint)) return;
    const endpoints = due[resolution].get(bucket);
    const isFull = endpoints !== undefined && endpoints.size > manyEndpoints;
    if (isFull) due[resolution].set(bucket, new Set([everyEndpoint]));
    unsaved.push([resolution, bucket, isFull ? everyEndpoint : endpoint]);
  };
  for (const row of journal.database.prepare('select resolution, bucket, endpoint from rollups_due').all())
    add(row.resolution as RolledResolution, Number(row.bucket), Number(row.endpoint));

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
      for (const { from, to, endpoint } of done)
        for (let bucket = from; bucket < to; bucket += bucketMs[resolution]) {
          remove.run(resolution, bucket, endpoint);
          for (const again of due[resolution].get(bucket) ?? []) insert.run(resolution, bucket, again);
        }
    });

  const compute = async (resolution: RolledResolution, { from, to, endpoint }: Job) => {
    const isForAll = endpoint === everyEndpoint;
    const placeholders = isForAll ? {} : { endpoint: safeValue(dictionary.endpointName(endpoint) ?? '') };
    const policy = (name: Resolution) => `${quoted(parts.database)}.${quoted(policyOf[name])}`;
    // All fields of 1,000 endpoints in one statement take InfluxDB half a minute; it grows faster than their number.
    const sources = isForAll
      ? dictionary.metrics().map((metric) => storedLine(metric, {}))
      : [{ measurement: null, field: null }];
    for (const { measurement, field } of sources) {
      const columns = functions.map((name) =>
        field === null ? `${name}(*)` : `${name}(${quoted(field)}) as ${quoted(`${name}_${field}`)}`,
      );
      // Each tag is named by `*`: without it all endpoints would become one series.
      const statement =
        `select ${columns.join(', ')} into ${policy(resolution)}.:MEASUREMENT` +
        ` from ${policy('raw')}.${measurement === null ? '/.*/' : quoted(measurement)}` +
        ` where time >= ${from}ms and time < ${to}ms${isForAll ? '' : ' and "endpoint" = $endpoint'}` +
        ` group by time(${resolution}), *`;
      try {
        await client.query([statement], placeholders);
      } catch (thrown) {
        // By InfluxDB's own clock, which may be ahead of ours; the rest is computed.
        if (!reasonOf(thrown).includes('points beyond retention policy')) throw thrown;
      }
      // Writing has the right of way.
      await pause(0);
    }
  };
  const runOne = async (resolution: RolledResolution, all: boolean) => {
    take(resolution, all);
    // InfluxDB may have dropped raw samples of older buckets, one shard at a time: complete rollups stay as they are.
    const width = bucketMs[resolution];
    const oldest = Math.floor((parts.now() - retention.raw) / width) * width;
    const done: Job[] = [];
    try {
      for (const job of jobsOf(busy[resolution], resolution)) {
        const from = Math.max(job.from, oldest);
        if (from < job.to) await compute(resolution, { ...job, from });
        for (let bucket = job.from; bucket < job.to; bucket += width)
          busy[resolution].get(bucket)?.delete(job.endpoint);
        done.push(job);
      }
    } finally {
      giveBack(resolution);
      if (done.length > 0) await forget(resolution, done);
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
    open(resolution, endpoints, span) {
      const width = bucketMs[resolution];
      const concerned = [everyEndpoint, ...endpoints];
      const buckets = new Set<number>();
      for (const [bucket, ids] of [...due[resolution], ...busy[resolution]])
        if (bucket < span.to && bucket + width > span.from && concerned.some((id) => ids.has(id))) buckets.add(bucket);
      const ranges = rangesOf([...buckets], width, Number.POSITIVE_INFINITY);
      const [first, last] = [ranges[0], ranges.at(-1)];
      return first && last && ranges.length > manyRanges ? [{ from: first.from, to: last.to }] : ranges;
    },
  };
}

/** What one statement computes, the oldest first. */
function jobsOf(due: Due, resolution: RolledResolution): Job[] {
  const bucketsOf = new Map<number, number[]>();
  for (const [bucket, endpoints] of due)
    for (const endpoint of endpoints) {
      const buckets = bucketsOf.get(endpoint);
      if (buckets) buckets.push(bucket);
      else bucketsOf.set(endpoint, [bucket]);
    }
  return [...bucketsOf]
    .flatMap(([endpoint, buckets]) => {
      const most = widest[resolution] * (endpoint === everyEndpoint ? 1 : 24);
      return rangesOf(buckets, bucketMs[resolution], most).map((range) => ({ ...range, endpoint }));
    })
    .sort((a, b) => a.from - b.from);
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
