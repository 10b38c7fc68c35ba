/** What the two contracts of the series have in common: a store in a folder of its own, opened again and again, and reports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { suite } from 'uvu';
import type { Aggregate, Arrival, SeriesStore } from '../../collector/series/series.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Metric, Report } from '../../shared/report.ts';

export type OpenStore = (folder: string, clock: Clock) => Promise<SeriesStore>;

export const noon = Date.parse('2026-11-20T12:00:00Z');
export const clockAt = (time: number): Clock => ({ now: () => time, monotonic: () => 0 });
export const epochA = 'a'.repeat(32);
export const epochB = 'b'.repeat(32);

export function metric(name: string, fields: Record<string, number>, at: number, tags: Record<string, string> = {}) {
  return { name, tags, fields, timestamp: at } satisfies Metric;
}

export function arrival(endpoint: string, seq: number, metrics: Metric[], more: Partial<Report> = {}): Arrival {
  const report: Report = { v: 1, epoch: epochA, seq, at: noon, metrics, ...more };
  return { endpoint, receivedAt: noon, report, digest: crc32(JSON.stringify(report)) || 1 };
}

/** One `cpu.usage_active` at `at`. */
export const cpu = (endpoint: string, seq: number, value: number, at: number) =>
  arrival(endpoint, seq, [metric('cpu', { usage_active: value }, at, { cpu: 'cpu-total' })]);

export const minute = 60_000;
export const hour = 60 * minute;

export interface Opened {
  readonly store: SeriesStore;
  /** Closes it and opens it again over the same folder. */
  again(): Promise<void>;
  /** The last hour of endpoint `one` in steps of 10 minutes, one list a line. */
  values(metric: string, agg: Aggregate): Promise<(number | null)[][]>;
}

/** A suite with a store of its own for each test. */
export function suiteOf(name: string, open: OpenStore): { test: ReturnType<typeof suite>; opened: Opened } {
  const test = suite(name);
  let folder: string;
  let store: SeriesStore;
  test.before.each(async () => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-series-'));
    store = await open(folder, clockAt(noon));
  });
  test.after.each(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const opened: Opened = {
    get store() {
      return store;
    },
    async again() {
      await store.close();
      store = await open(folder, clockAt(noon));
    },
    async values(metricName, agg) {
      const ask = { endpoint: 'one', metrics: [metricName], from: noon - hour, to: noon, step: 10 * minute, agg };
      return (await store.query(ask)).series.map(({ points }) => points.map(([, value]) => value));
    },
  };
  return { test, opened };
}
