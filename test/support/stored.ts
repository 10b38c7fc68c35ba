/** Looks into the series store of a collector that does not run: what is really there. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { openEmbedded } from '../../collector/series/embedded/embedded.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import type { Ack } from '../../shared/report.ts';

export interface Stored {
  receipt(endpoint: string, epoch: string): Ack;
  /** Samples of `cpu.usage_active`, of which every report of the test has one: a report kept twice counts twice. */
  reports(endpoint: string, from: number, to: number): Promise<number>;
  close(): Promise<void>;
}

export async function openStored(data: string): Promise<Stored> {
  const store = await openEmbedded({ folder: join(data, 'series'), clock: systemClock, log: silentLog });
  return {
    receipt: store.receipt,
    async reports(endpoint, from, to) {
      const { series } = await store.query({ endpoint, metrics: ['cpu.usage_active'], from, to, agg: 'count' });
      return series.reduce((all, line) => all + line.points.reduce((sum, [, count]) => sum + (count ?? 0), 0), 0);
    },
    close: store.close,
  };
}

/** How often each ms has this metric in the store: from its files, since no query is finer than a second. */
export const storedTimes = (data: string, metric: string) => storedCounts(data, metric, 't');

/** How often the store has each value of this metric. */
export const storedValues = (data: string, metric: string) =>
  storedCounts(data, metric, 'coalesce(i::double, d / 100::double, v)');

async function storedCounts(data: string, metric: string, what: string): Promise<Map<number, number>> {
  const path = join(data, 'series');
  const store = await openEmbedded({ folder: path, clock: systemClock, log: silentLog });
  await store.compact();
  await store.close();
  const journal = new DatabaseSync(join(path, 'journal.db'), { readOnly: true });
  const files = journal.prepare("SELECT file FROM segments WHERE resolution = 'raw'").all();
  const found = journal.prepare('SELECT id FROM lines WHERE metric = ?').all(metric);
  const lines = found.map(({ id }) => id).join(', ');
  journal.close();
  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  const names = files.map(({ file }) => `'${join(path, 'segments', String(file))}'`).join(', ');
  const rows = await duck.runAndReadAll(
    `SELECT ${what}, count(*) FROM read_parquet([${names}]) WHERE line IN (${lines}) GROUP BY 1`,
  );
  duck.closeSync();
  return new Map(rows.getRows().map(([found, count]) => [Number(found), Number(count)]));
}

export interface Numbered {
  epoch: string;
  seq: number;
}

/** The numbers that an agent gave to its reports, by epoch, and how many wait in its spool. */
export function numbered(agentData: string): { epochs: Numbered[]; waiting: number } {
  const spool = new DatabaseSync(join(agentData, 'spool.db'), { readOnly: true });
  try {
    const epochs = spool.prepare('select epoch, seq from epochs').all() as unknown as Numbered[];
    const { waiting } = spool.prepare('select count(*) as waiting from outbox').get() as { waiting: number };
    return { epochs, waiting };
  } finally {
    spool.close();
  }
}

/** How many of these numbers the collector has. */
export function keptOf({ receipt }: Stored, endpoint: string, epochs: readonly Numbered[]): number {
  let kept = 0;
  for (const { epoch } of epochs) {
    const { through, also } = receipt(endpoint, epoch);
    kept += through + also.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  }
  return kept;
}
