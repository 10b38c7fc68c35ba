/** The manifest of segments as it lies in the journal's file, so that it changes in one commit with the watermark. */
import type { DatabaseSync } from 'node:sqlite';
import type { SeriesFile } from '../series.ts';
import type { Resolution } from '../span.ts';
import type { Plan } from './messages.ts';
import type { Segment } from './plan.ts';

const table = `create table if not exists segments (
  id integer primary key, resolution text not null, partition integer not null, level integer not null,
  run integer not null, file text not null, rows integer not null, bytes integer not null, crc integer not null,
  min_endpoint integer not null, max_endpoint integer not null, min_time integer not null, max_time integer not null,
  created_at integer not null
)`;

const columns: (keyof Segment)[] = [
  'id',
  'resolution',
  'partition',
  'level',
  'run',
  'file',
  'rows',
  'bytes',
  'crc',
  'minEndpoint',
  'maxEndpoint',
  'minTime',
  'maxTime',
  'createdAt',
];

export interface SegmentTable {
  load(): { segments: Segment[]; lastSegment: number };
  /** Within a transaction of the journal. */
  change(plan: Pick<Plan, 'added' | 'removed'>): void;
}

export function createSegmentTable(database: DatabaseSync): SegmentTable {
  database.exec(table);
  const insert = database.prepare(`insert into segments values (${columns.map(() => '?').join(', ')})`);
  const remove = database.prepare('delete from segments where id = ?');
  // Ids are never reused, even when the segment with the greatest one is gone.
  const keepLast = database.prepare('update watermark set last_segment = max(last_segment, ?)');
  return {
    load: () => ({
      segments: database.prepare('select * from segments').all().map(segmentOf),
      lastSegment: Number(database.prepare('select last_segment from watermark').get()?.last_segment),
    }),
    change({ added, removed }) {
      for (const segment of added) insert.run(...columns.map((column) => segment[column]));
      for (const { id } of removed) remove.run(id);
      keepLast.run(added.reduce((most, { id }) => Math.max(most, id), 0));
    },
  };
}

/** The files that a journal names, which may be a copy that is only read. */
export function segmentFiles(journal: DatabaseSync): SeriesFile[] {
  const isThere = journal.prepare("select 1 from sqlite_master where type = 'table' and name = 'segments'").get();
  if (!isThere) return [];
  return journal
    .prepare('select file, bytes, crc from segments order by id')
    .all()
    .map(({ file, bytes, crc }) => ({ path: `segments/${file}`, bytes: Number(bytes), crc: Number(crc) }));
}

function segmentOf(row: Record<string, unknown>): Segment {
  const number = (name: string) => Number(row[name]);
  return {
    id: number('id'),
    resolution: String(row.resolution) as Resolution,
    partition: number('partition'),
    level: number('level'),
    run: number('run'),
    file: String(row.file),
    rows: number('rows'),
    bytes: number('bytes'),
    crc: number('crc'),
    minEndpoint: number('min_endpoint'),
    maxEndpoint: number('max_endpoint'),
    minTime: number('min_time'),
    maxTime: number('max_time'),
    createdAt: number('created_at'),
  };
}
