/** A series store on a real InfluxDB that asks for a password, with a folder and a database of its own for each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { type InfluxOptions, openInflux } from '../../collector/series/influx/influx.ts';
import type { OpenedStore, SeriesSettings } from '../../collector/series/store.ts';
import { silentLog } from '../../shared/log.ts';
import { clockAt, hour, noon } from '../contract/series.ts';
import { forEver, freshDatabase, type InfluxServer, influxMissing, startInflux } from './influxdb.ts';

export function influxSuite(name: string) {
  const test = suite(name);
  const missing = influxMissing();
  if (missing !== null) console.log(`\nSKIP influxdb: ${missing}`);
  const admin = { username: 'admin', password: 'admin password' };
  let server: InfluxServer;
  let database = '';
  let folder = '';
  let store: OpenedStore | null = null;

  test.before(async () => {
    if (missing === null) server = await startInflux({ auth: true });
  });
  test.after(() => server?.close());
  test.before.each(() => {
    database = freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-influx-test-'));
  });
  test.after.each(async () => {
    await store?.close();
    store = null;
    rmSync(folder, { recursive: true, force: true });
  });

  const parts = () => ({
    ...{ folder, clock: clockAt(noon), log: silentLog, retention: forEver, commitEveryMs: 1, deadlineMs: 5000 },
    ...{ url: server.url, database, ...admin },
  });
  const open = async (
    options: Partial<InfluxOptions & SeriesSettings> = {},
    clock = clockAt(noon),
  ): Promise<OpenedStore> => {
    store = await openInflux({ ...parts(), clock, ...options });
    return store;
  };
  const used = {
    admin,
    get server() {
      return server;
    },
    get database() {
      return database;
    },
    get folder() {
      return folder;
    },
    open,
    /** For a store beside it. */
    parts,
    async again(options: Parameters<typeof open>[0] = {}) {
      await store?.close();
      return open(options);
    },
    rows: async (statement: string) =>
      (await server.ask(statement)).results[0]?.series?.flatMap(({ values }) => values) ?? [],
    /** Samples of the last day that a chart of `cpu.usage_active` shows. */
    async counted(from: OpenedStore, endpoint = 'one') {
      const span = { from: noon - 24 * hour, to: noon };
      const { series } = await from.query({ endpoint, metrics: ['cpu.usage_active'], agg: 'count', ...span });
      return series.flatMap(({ points }) => points).reduce((sum, [, value]) => sum + (value ?? 0), 0);
    },
  };
  return { test, onServer: missing === null ? test : test.skip, used };
}
