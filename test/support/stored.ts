/** Looks into the series store of a collector that does not run: what is really there. */
import { join } from 'node:path';
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
