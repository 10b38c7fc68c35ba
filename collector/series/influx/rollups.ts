/**
 * 5 minute and 1 hour values by `SELECT INTO`. Which buckets have new raw samples is kept, in memory and in the journal's
 * file, until they are computed: a backlog that comes days late has its buckets computed again, and computing one twice
 * changes nothing. Until then queries read the raw samples of such a bucket.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dictionary } from '../journal/dictionary.ts';
import { bucketMs, type Resolution, type Retention } from '../span.ts';
import type { InfluxClient } from './client.ts';
import type { Batch } from './points.ts';
import { safeValue } from './points.ts';
import { policyOf, quoted } from './prepare.ts';

type Rolled = Exclude<Resolution, 'raw'>;
const rolled: readonly Rolled[] = ['5m', '1h'];

export interface Range {
  from: number;
  to: number;
}

/** A bucket is computed when it has been over for so long; the samples of a live fleet have come by then. */
const settleMs = 60_000;
/** A bucket with more endpoints than this is computed for all at once. */
const manyEndpoints = 20;
/** What one statement covers at most. */
const widest: Record<Rolled, number> = { '5m': 3_600_000, '1h': 6 * 3_600_000 };
/** More ranges than this of one query are read as one. */
const manyRanges = 12;

export interface Rollups {
  mark(batch: Batch): void;
  /** Writes what was marked since the last call; within a transaction of the journal. */
  save(): void;
  /** Computes what is over, or all of it. @throws InfluxError */
  run(all: boolean): Promise<void>;
  /** The buckets of these endpoints within the span that are not computed yet, ascending. */
  open(resolution: Rolled, endpoints: readonly number[], span: Range): Range[];
}

export interface RollupParts {
  journal: { readonly database: DatabaseSync; advance(through: null, record: () => void): Promise<void> };
  dictionary: Pick<Dictionary, 'endpointName'>;
  client: InfluxClient;
  database: string;
  retention: Retention;
  now(): number;
}

type Due = Map<number, Set<number>>;

export function createRollups(parts: RollupParts): Rollups {
  const { journal, dictionary, client, retention } = parts;
  journal.database.exec(`create table if not exists rollups_due (
    resolution text not null, bucket integer not null, endpoint integer not null,
    primary key (resolution, bucket, endpoint)) without rowid`);
  const insert = journal.database.prepare('insert or ignore into rollups_due values (?, ?, ?)');
  const remove = journal.database.prepare(
    'delete from rollups_due where resolution = ? and bucket = ? and endpoint = ?',
  );
  const due: Record<Rolled, Due> = { '5m': new Map(), '1h': new Map() };
  let unsaved: [Rolled, number, number][] = [];

  const add = (resolution: Rolled, bucket: number, endpoint: number): boolean => {
    let endpoints = due[resolution].get(bucket);
    if (!endpoints) {
      endpoints = new Set();
      due[resolution].set(bucket, endpoints);
    }
    if (endpoints.has(endpoint)) return false;
    endpoints.add(endpoint);
    return true;
  };
  for (const row of journal.database.prepare('select resolution, bucket, endpoint from rollups_due').all())
    add(row.resolution as Rolled, Number(row.bucket), Number(row.endpoint));

  /** What is over, taken out: what is written meanwhile marks its bucket again. */
  const take = (resolution: Rolled, all: boolean): Due => {
    const before = parts.now() - settleMs - bucketMs[resolution];
    const taken: Due = new Map();
    for (const [bucket, endpoints] of [...due[resolution]].sort(([a], [b]) => a - b)) {
      if (!all && bucket > before) continue;
      due[resolution].delete(bucket);
      taken.set(bucket, endpoints);
    }
    return taken;
  };
  const giveBack = (resolution: Rolled, taken: Due) => {
    for (const [bucket, endpoints] of taken) for (const endpoint of endpoints) add(resolution, bucket, endpoint);
  };
  const forget = (resolution: Rolled, taken: Due) =>
    journal.advance(null, () => {
      for (const [bucket, endpoints] of taken)
        for (const endpoint of endpoints)
          if (!due[resolution].get(bucket)?.has(endpoint)) remove.run(resolution, bucket, endpoint);
    });

  const compute = async (resolution: Rolled, { from, to }: Range, endpoints: readonly number[] | null) => {
    const placeholders: Record<string, string> = {};
    const names = (endpoints ?? []).flatMap((id) => dictionary.endpointName(id) ?? []);
    const only = names.map((name, i) => {
      placeholders[`e${i}`] = safeValue(name);
      return `"endpoint" = $e${i}`;
    });
    const database = quoted(parts.database);
    // Each tag is named by `*`: without it all endpoints would become one series.
    const statement =
      `select min(*), max(*), sum(*), count(*), last(*) into ${database}.${quoted(policyOf[resolution])}.:MEASUREMENT` +
      ` from ${database}.${quoted(policyOf.raw)}./.*/ where time >= ${from}ms and time < ${to}ms` +
      `${only.length > 0 ? ` and (${only.join(' or ')})` : ''} group by time(${resolution}), *`;
    await client.query([statement], placeholders);
  };
  const runOne = async (resolution: Rolled, all: boolean) => {
    const taken = take(resolution, all);
    // Of older buckets InfluxDB may have thrown raw samples away: what was computed of all of them stays.
    const oldest = parts.now() - retention.raw;
    try {
      const wide: number[] = [];
      const narrow = new Map<number, number[]>();
      for (const [bucket, endpoints] of taken) {
        if (bucket < oldest) continue;
        if (endpoints.size > manyEndpoints) wide.push(bucket);
        else for (const id of endpoints) narrow.set(id, [...(narrow.get(id) ?? []), bucket]);
      }
      for (const range of rangesOf(wide, bucketMs[resolution], widest[resolution]))
        await compute(resolution, range, null);
      for (const [id, buckets] of narrow)
        for (const range of rangesOf(buckets, bucketMs[resolution], 24 * widest[resolution])) {
          await compute(resolution, range, [id]);
          // Writing has the right of way.
          await pause(0);
        }
      await forget(resolution, taken);
    } catch (thrown) {
      giveBack(resolution, taken);
      throw thrown;
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
            if (add(resolution, bucket, endpoint)) unsaved.push([resolution, bucket, endpoint]);
          }
        }
    },
    save() {
      const saved = unsaved;
      for (const row of saved) insert.run(...row);
      unsaved = [];
    },
    async run(all) {
      for (const resolution of rolled) await runOne(resolution, all);
    },
    open(resolution, endpoints, span) {
      const width = bucketMs[resolution];
      const buckets = [...due[resolution]]
        .filter(
          ([bucket, ids]) => bucket < span.to && bucket + width > span.from && endpoints.some((id) => ids.has(id)),
        )
        .map(([bucket]) => bucket)
        .sort((a, b) => a - b);
      const ranges = rangesOf(buckets, width, Number.POSITIVE_INFINITY);
      const [first, last] = [ranges[0], ranges.at(-1)];
      return first && last && ranges.length > manyRanges ? [{ from: first.from, to: last.to }] : ranges;
    },
  };
}

/** Buckets (ascending) that touch, as ranges no wider than `most`. */
export function rangesOf(buckets: readonly number[], width: number, most: number): Range[] {
  const ranges: Range[] = [];
  for (const bucket of buckets) {
    const last = ranges.at(-1);
    if (last && last.to === bucket && bucket + width - last.from <= most) last.to = bucket + width;
    else ranges.push({ from: bucket, to: bucket + width });
  }
  return ranges;
}
