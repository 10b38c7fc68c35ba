/**
 * Writes segments: sorted Parquet, durable on disk before anything refers to them. Compaction, merging and bulk loading
 * all come through `writeRun`.
 *
 *   raw:     endpoint, line, t (ms UTC), and the value as one of: i (whole), d (hundredths), v (any other)
 *   rollups: endpoint, line, t (start of the bucket), min, max, sum, count, last, last_t
 *
 * A rollup may hold several rows for one bucket, in one file or in many: they are parts, and add up.
 */
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Resolution } from '../span.ts';
import { columnsOf, quote } from './duck.ts';
import { partitionMs, type Segment } from './plan.ts';

/** A merged file has at most about this many rows, so that the next merge of it fits into memory. */
const maxRows = 16_000_000;

/**
 * Measured on a realistic day of 10 s samples: DuckDB's own dictionary limit takes half as much again. A small one
 * keeps constants at nothing and leaves the rest to delta and byte-stream-split.
 */
const format = '(format parquet, parquet_version v2, compression zstd, dictionary_size_limit 2000)';

/** A value is in one of three columns, chosen by `split` in sort.ts. */
const value = 'coalesce(i::double, d / 100::double, v)';

const parts =
  'min(min) as min, max(max) as max, sum(sum) as sum, sum(count)::integer as count, ' +
  'arg_max(last, last_t) as last, max(last_t) as last_t';

export interface SegmentRun {
  resolution: Resolution;
  partition: number;
  level: number;
  /** A table or table function that has the columns of the resolution. */
  source: string;
  /** The source is small, in order and has one row per bucket, as compaction makes it. */
  sorted: boolean;
  createdAt: number;
  /** Of the files that it replaces; default its own. */
  run?: number;
}

export interface Folder {
  path: string;
  nextId(): number;
}

/** The rows of segments as a relation with the columns that the files have. */
export function filesOf(folder: string, segments: readonly Segment[]): string {
  return `read_parquet([${segments.map((segment) => quote(pathOf(folder, segment))).join(', ')}])`;
}

/** The same with a raw sample's value in the one column `v`. */
export function sourceOf(folder: string, segments: readonly Segment[]): string {
  const files = filesOf(folder, segments);
  return segments[0]?.resolution === 'raw' ? `(select endpoint, line, t, ${value} as v from ${files})` : files;
}

export function pathOf(folder: string, segment: Pick<Segment, 'file'>): string {
  return join(folder, 'segments', segment.file);
}

/** Writes one run: one file, or several that share out the endpoints. No file for a partition without rows. */
export async function writeRun(connection: DuckDBConnection, folder: Folder, run: SegmentRun): Promise<Segment[]> {
  const segments: Segment[] = [];
  try {
    for (const [low, high] of await cuts(connection, run)) {
      segments.push(await writeFile(connection, folder, run, run.run ?? segments[0]?.run, low, high));
    }
    if (segments.length > 0) await syncFolder(join(folder.path, 'segments'));
    return segments;
  } catch (thrown) {
    await removeFiles(folder.path, segments);
    throw thrown;
  }
}

const within = (run: SegmentRun) => `t >= ${run.partition} and t < ${run.partition + partitionMs[run.resolution]}`;

/** Ranges of endpoints, inclusive, with at most about `maxRows` rows each. */
async function cuts(connection: DuckDBConnection, run: SegmentRun): Promise<[number, number][]> {
  if (run.sorted) return [[0, Number.MAX_SAFE_INTEGER]];
  const [endpoints = [], counts = []] = await columnsOf(
    connection,
    `select endpoint::double, count(*)::double from ${run.source} where ${within(run)} group by 1 order by 1`,
  );
  const ranges: [number, number][] = [];
  let rows = Number.POSITIVE_INFINITY;
  endpoints.forEach((endpoint, i) => {
    const more = counts[i] as number;
    const last = ranges.at(-1);
    if (!last || rows + more > maxRows) {
      ranges.push([endpoint, endpoint]);
      rows = more;
    } else {
      last[1] = endpoint;
      rows += more;
    }
  });
  return ranges;
}

async function writeFile(
  connection: DuckDBConnection,
  folder: Folder,
  run: SegmentRun,
  firstOfRun: number | undefined,
  low: number,
  high: number,
): Promise<Segment> {
  const id = folder.nextId();
  const file = `${run.resolution}-${run.partition}-${id}.parquet`;
  const path = pathOf(folder.path, { file });
  const half = `${path}.half`;
  try {
    await connection.run(`copy (${selectOf(run, low, high)}) to ${quote(half)} ${format}`);
    const { bytes, crc } = await settle(half);
    const facts = await factsOf(connection, half);
    await rename(half, path);
    const { resolution, partition, level, createdAt } = run;
    return { id, resolution, partition, level, run: firstOfRun ?? id, file, bytes, crc, createdAt, ...facts };
  } catch (thrown) {
    await rm(half, { force: true });
    throw thrown;
  }
}

function selectOf(run: SegmentRun, low: number, high: number): string {
  const raw = run.resolution === 'raw';
  const values = raw
    ? ['i', 'd', 'v'].map(run.sorted ? fromStream : (name) => name).join(', ')
    : 'min, max, sum, count::integer as count, last, last_t::bigint as last_t';
  const columns = `endpoint::integer as endpoint, line::integer as line, t::bigint as t, ${values}`;
  if (run.sorted) return `select ${columns} from ${run.source} where ${within(run)}`;
  const rows = `from ${run.source} where ${within(run)} and endpoint between ${low} and ${high}`;
  if (raw) return `select ${columns} ${rows} order by endpoint, line, t`;
  return `select ${columns} from (select endpoint, line, t, ${parts} ${rows} group by endpoint, line, t)
    order by endpoint, line, t`;
}

/** Nulls come as NaN: setting them one by one from JavaScript costs more than all the rest. */
const fromStream = (name: string) =>
  `case when isnan(${name}) then null else ${name}::${name === 'v' ? 'double' : 'bigint'} end as ${name}`;

async function factsOf(connection: DuckDBConnection, path: string) {
  const [columns, endpointFrom, endpointTo, timeFrom, timeTo] = await columnsOf(
    connection,
    `select count(*)::double, min(endpoint)::double, max(endpoint)::double, min(t)::double, max(t)::double
     from read_parquet(${quote(path)})`,
  );
  return {
    rows: columns?.[0] as number,
    minEndpoint: endpointFrom?.[0] as number,
    maxEndpoint: endpointTo?.[0] as number,
    minTime: timeFrom?.[0] as number,
    maxTime: timeTo?.[0] as number,
  };
}

/** Size and checksum of a file; the file is durable when this resolves. */
async function settle(path: string): Promise<{ bytes: number; crc: number }> {
  const handle = await open(path, 'r+');
  try {
    const sums = await checksum(handle);
    await handle.sync();
    return sums;
  } finally {
    await handle.close();
  }
}

async function checksum(handle: { read: Awaited<ReturnType<typeof open>>['read'] }) {
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  let bytes = 0;
  let crc = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes);
    if (bytesRead === 0) return { bytes, crc };
    crc = crc32(buffer.subarray(0, bytesRead), crc);
    bytes += bytesRead;
  }
}

/** Why the file is not what was written; null when it is. */
export async function damageOf(folder: string, segment: Segment): Promise<string | null> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(pathOf(folder, segment), 'r');
  } catch (thrown) {
    return (thrown as Error).message;
  }
  try {
    const { bytes, crc } = await checksum(handle);
    if (bytes !== segment.bytes) return `it has ${bytes} bytes instead of ${segment.bytes}`;
    return crc === segment.crc ? null : 'its checksum is wrong';
  } catch (thrown) {
    return (thrown as Error).message;
  } finally {
    await handle.close();
  }
}

/** Files that are missing or have another size than when they were written. */
export async function wrongSizes(folder: string, segments: readonly Segment[]): Promise<Segment[]> {
  const wrong: Segment[] = [];
  for (const segment of segments) {
    const found = await stat(pathOf(folder, segment)).catch(() => null);
    if (found?.size !== segment.bytes) wrong.push(segment);
  }
  return wrong;
}

/** A new name is only durable with its folder. Windows cannot open one, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function removeFiles(folder: string, segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) await rm(pathOf(folder, segment), { force: true });
}

/** Files without a manifest row: a crash left them between renaming and recording, or recording and removing. */
export async function removeOrphans(folder: string, known: readonly Segment[]): Promise<string[]> {
  const names = new Set(known.map(({ file }) => file));
  const orphans = (await readdir(join(folder, 'segments'))).filter((file) => !names.has(file));
  for (const file of orphans) await rm(join(folder, 'segments', file), { force: true });
  return orphans;
}
