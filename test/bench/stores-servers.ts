/** The stores that `bench stores` compares, each a real server with a folder of its own, asked over HTTP. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { influxMissing, startInflux } from '../support/influxdb.ts';
import { startVictoria, victoriaMissing } from '../support/victoria-metrics.ts';
import { openPour, pin, startSubject } from './intake.ts';
import type { Kept } from './intake-broker.ts';
import {
  batchOf,
  framesOf,
  linesOf,
  openHttpPour,
  type Pour,
  type Reading,
  requestOf,
  type Shape,
} from './stores-load.ts';

/** One sender and what it is to send. */
interface Lane {
  pour: Pour;
  messages: Buffer[];
}

export interface Chart {
  host: string;
  from: number;
  to: number;
  step: number;
}

export interface StoreServer {
  pids: number[];
  /** @param readings of each endpoint, in order of time */
  lanes(readings: readonly Reading[][]): Promise<Lane[]>;
  /** Resolves when all is on disk and compacted as far as it gets soon. */
  settle(): Promise<void>;
  bytes(): number;
  /** How many points a chart of one series has. */
  chart(asked: Chart): Promise<number>;
  /** Of how many endpoints the newest value comes. */
  newest(): Promise<number>;
  close(): Promise<void>;
}

export interface StoreKind {
  name: string;
  /** What an acknowledgement means. */
  durable: string;
  missing(): string | null;
  start(shape: Shape): Promise<StoreServer>;
}

const database = 'bench';
const batchLanes = 4;
const quietMs = 3000;
const settleMs = 90_000;
/** InfluxDB compacts what nobody writes to any more after hours; here it begins at once. */
const soon = ['cache-snapshot-write-cold-duration = "1s"', 'compact-full-write-cold-duration = "1s"'];

/** What its files take of the disk: some are made larger than what is in them. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0)
    .reduce((sum, blocks) => sum + 512 * blocks, 0);
}

async function untilQuiet(bytes: () => number): Promise<void> {
  const end = performance.now() + settleMs;
  let [size, since] = [bytes(), performance.now()];
  while (performance.now() - since < quietMs && performance.now() < end) {
    await pause(250);
    const now = bytes();
    if (now !== size) [size, since] = [now, performance.now()];
  }
}

async function answerOf<T>(url: string): Promise<T> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Line protocol over HTTP: a connection of each endpoint, or a few that carry many reports in a request. */
async function httpLanes(url: string, shape: Shape, readings: readonly Reading[][]) {
  const text = readings.map((all, n) => all.map((one) => linesOf(n, one)));
  let parts = text.map((all) => all.map((lines) => requestOf(lines, database, shape.zipped)));
  if (shape.kind === 'batched') {
    const inOrder = Array.from({ length: shape.each }, (_, k) => text.map((all) => all[k] as string)).flat();
    const requests = Array.from({ length: Math.ceil(inOrder.length / batchOf) }, (_, n) =>
      requestOf(inOrder.slice(n * batchOf, (n + 1) * batchOf).join(''), database, shape.zipped),
    );
    parts = Array.from({ length: batchLanes }, (_, lane) => requests.filter((__, n) => n % batchLanes === lane));
  }
  const opened = await Promise.all(parts.map(() => openHttpPour(url)));
  return {
    lanes: opened.map(({ pour }, n) => ({ pour, messages: parts[n] as Buffer[] })),
    close: () => {
      for (const one of opened) one.close();
    },
  };
}

async function mqttLanes(port: number, shape: Shape, readings: readonly Reading[][]): Promise<Lane[]> {
  const window = shape.kind === 'own' ? 2 : 32;
  const pours = await Promise.all(readings.map((_, n) => openPour(port, n, window)));
  return pours.map((pour, n) => ({ pour, messages: framesOf(n, shape, readings[n] as Reading[]) }));
}

async function startOurs(shape: Shape, influx?: Awaited<ReturnType<typeof startInflux>>): Promise<StoreServer> {
  const subject = await startSubject('ours', shape.endpoints, undefined, ...(influx ? [influx.url] : []));
  const url = `http://127.0.0.1:${subject.queries}`;
  let kept: Kept = { samples: 0, segmentBytes: 0, journalRows: 0 };
  return {
    pids: [subject.pid, ...(influx ? [influx.pid()] : [])],
    lanes: (readings) => mqttLanes(subject.port, shape, readings),
    async settle() {
      const end = performance.now() + settleMs;
      // Rollups of squeezed times say nothing: of an interval of 10 s each has 30 values, of these it has one second's.
      const isWhole = influx === undefined || shape.kind === 'batched';
      do kept = await subject.ask<Kept>(isWhole ? 'compact' : 'stats');
      while (kept.journalRows > 0 && performance.now() < end && (await pause(250, true)));
      if (influx) await untilQuiet(() => sizeOf(influx.folder));
    },
    bytes: () => (influx ? sizeOf(influx.folder) : kept.segmentBytes),
    async chart({ host, from, to, step }) {
      const asked = new URLSearchParams({ endpoint: host, from: String(from), to: String(to), step: String(step) });
      const { series } = await answerOf<{ series: { points: [number, number | null][] }[] }>(`${url}/chart?${asked}`);
      return series[0]?.points.filter(([, value]) => value !== null).length ?? 0;
    },
    newest: async () => (await answerOf<unknown[]>(`${url}/newest`)).length,
    async close() {
      await subject.stop();
      await influx?.close();
    },
  };
}

async function startInfluxStore(shape: Shape): Promise<StoreServer> {
  const server = await startInflux({ dataLines: soon });
  await server.ask(`create database ${database}`);
  pin(server.pid());
  const ask = async (q: string) => {
    type Answer = { results: { error?: string; series?: { values: unknown[][] }[] }[] };
    const { results } = await answerOf<Answer>(
      `${server.url}/query?${new URLSearchParams({ db: database, epoch: 'ms', q })}`,
    );
    if (results[0]?.error !== undefined) throw new Error(`${q}: ${results[0].error}`);
    return results[0]?.series ?? [];
  };
  let hangUp = () => {};
  return {
    pids: [server.pid()],
    async lanes(readings) {
      const { lanes, close } = await httpLanes(server.url, shape, readings);
      hangUp = close;
      return lanes;
    },
    settle: () => untilQuiet(() => sizeOf(server.folder)),
    bytes: () => sizeOf(server.folder),
    chart: async ({ host, from, to, step }) =>
      (
        await ask(
          `select mean("usage_active") from cpu where "host" = '${host}' and time >= ${from}ms and time < ${to}ms group by time(${step}ms) fill(none)`,
        )
      )[0]?.values.length ?? 0,
    newest: async () => (await ask('select last("usage_active") from cpu group by "host"')).length,
    async close() {
      hangUp();
      await server.close();
    },
  };
}

async function startVictoriaStore(shape: Shape): Promise<StoreServer> {
  const server = await startVictoria();
  pin(server.pid());
  type Answer = { data: { result: { values?: unknown[] }[] } };
  const ask = async (path: string, asked: Record<string, string>) =>
    (await answerOf<Answer>(`${server.url}/api/v1/${path}?${new URLSearchParams({ nocache: '1', ...asked })}`)).data
      .result;
  let hangUp = () => {};
  return {
    pids: [server.pid()],
    async lanes(readings) {
      const { lanes, close } = await httpLanes(server.url, shape, readings);
      hangUp = close;
      return lanes;
    },
    async settle() {
      for (const what of ['force_flush', 'force_merge']) await fetch(`${server.url}/internal/${what}`);
      await untilQuiet(() => sizeOf(server.folder));
    },
    bytes: () => sizeOf(server.folder),
    async chart({ host, from, to, step }) {
      const every = `${step / 1000}s`;
      const query = `avg_over_time(cpu_usage_active{host="${host}"}[${every}])`;
      const [start, end] = [(from + step) / 1000, to / 1000].map(String) as [string, string];
      return (await ask('query_range', { query, start, end, step: every }))[0]?.values?.length ?? 0;
    },
    newest: async () => (await ask('query', { query: 'last_over_time(cpu_usage_active[1h])' })).length,
    async close() {
      hangUp();
      await server.close();
    },
  };
}

export const storeKinds: readonly StoreKind[] = [
  { name: 'embedded', durable: 'on disk', missing: () => null, start: (shape) => startOurs(shape) },
  {
    name: 'embedded journal, series in InfluxDB',
    durable: 'on disk',
    missing: influxMissing,
    async start(shape) {
      const influx = await startInflux({ dataLines: soon });
      pin(influx.pid());
      return startOurs(shape, influx);
    },
  },
  { name: 'InfluxDB 1.6', durable: 'on disk', missing: influxMissing, start: startInfluxStore },
  {
    name: 'VictoriaMetrics 1.79',
    durable: 'in memory, on disk seconds later',
    missing: victoriaMissing,
    start: startVictoriaStore,
  },
];
