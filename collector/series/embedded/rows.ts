/** All that the segments hold, for a copy into another backend. The store must be closed meanwhile. */
import type { DatabaseSync } from 'node:sqlite';
import { bucketMs, type Resolution } from '../span.ts';
import { columnsOf, openDuck } from './duck.ts';
import { partitionMs, type Segment } from './plan.ts';
import { createSegmentTable } from './segment-table.ts';
import { sourceOf } from './segments.ts';

/** Segments of one resolution and one partition of time. */
export interface SegmentPart {
  resolution: Resolution;
  from: number;
  to: number;
  /** Another one when it holds other files. */
  key: string;
  rows: number;
  segments: readonly Segment[];
}

/** `values`: of raw samples one; of rollups min, max, sum, count, last. Endpoints and times ascend. */
export type TakeRow = (endpoint: number, line: number, at: number, values: readonly number[]) => void;

const rolled = 'min(min), max(max), sum(sum), sum(count)::double, arg_max(last, last_t)';

export function partsIn(journal: DatabaseSync): SegmentPart[] {
  const parts = new Map<string, Segment[]>();
  for (const segment of createSegmentTable(journal).load().segments) {
    const name = `${segment.resolution} ${segment.partition}`;
    parts.set(name, [...(parts.get(name) ?? []), segment]);
  }
  return [...parts.values()].flatMap((segments) => {
    const [first] = segments;
    if (!first) return [];
    const { resolution, partition: from } = first;
    const key = `${resolution} ${from} ${segments.map(({ id }) => id).join(' ')}`;
    const rows = segments.reduce((sum, one) => sum + one.rows, 0);
    return [{ resolution, from, to: from + partitionMs[resolution], key, rows, segments }];
  });
}

export async function openRows(folder: string) {
  const duck = await openDuck(folder, { threads: 1, memoryMb: 256 });
  const connection = await duck.connect();
  return {
    /** `full` is awaited after some thousand rows. */
    async each(part: SegmentPart, oldest: number, take: TakeRow, full: () => Promise<void>): Promise<void> {
      const values = part.resolution === 'raw' ? 'arg_max(v, t)' : rolled;
      const first = Math.ceil(oldest / bucketMs[part.resolution]) * bucketMs[part.resolution];
      const result = await connection.stream(
        `select endpoint::double, line::double, t::double, ${values} from ${sourceOf(folder, part.segments)}
          where t >= ${first} group by endpoint, line, t order by endpoint, t`,
      );
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0) return;
        const [endpoints = [], lines = [], times = [], ...columns] = chunk.getColumns() as number[][];
        for (let i = 0; i < chunk.rowCount; i++)
          take(
            endpoints[i] as number,
            lines[i] as number,
            times[i] as number,
            columns.map((one) => one[i] as number),
          );
        await full();
      }
    },
    /** For questions that both backends are asked: series with their newest time, spread over all that there are. */
    async some(parts: readonly SegmentPart[], n: number): Promise<[endpoint: number, line: number, at: number][]> {
      const hourly = parts.filter(({ resolution }) => resolution === '1h').flatMap(({ segments }) => segments);
      if (hourly.length === 0) return [];
      const [endpoints = [], lines = [], times = []] = await columnsOf(
        connection,
        `select endpoint::double, line::double, max(last_t)::double from ${sourceOf(folder, hourly)}
          group by endpoint, line order by hash(endpoint * 1000003 + line) limit ${n}`,
      );
      return endpoints.map((endpoint, i) => [endpoint, lines[i] as number, times[i] as number]);
    },
    close() {
      connection.closeSync();
      duck.close();
    },
  };
}
