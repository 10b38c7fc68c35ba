/**
 * The process under measurement: our intake with its real stores, or aedes alone. Told what to do over IPC, so that the
 * load runs in another process on another core.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { Registry } from 'prom-client';
import { createChangeFeed } from '../../collector/change-feed.ts';
import { createFleet } from '../../collector/fleet/endpoints.ts';
import { bridgeTo } from '../../collector/intake/bridge/bridge.ts';
import { brokerOn } from '../../collector/intake/broker/broker.ts';
import { openIntake } from '../../collector/open-intake.ts';
import { openEmbedded } from '../../collector/series/embedded/embedded.ts';
import { openInflux } from '../../collector/series/influx/influx.ts';
import type { OpenedStore } from '../../collector/series/store.ts';
import { openState } from '../../collector/state/open.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { collectorUser } from '../support/mosquitto.ts';
import { addEndpoints, endpointId } from './intake-names.ts';

export interface Usage {
  /** CPU time of all threads since the start, µs. */
  cpu: number;
  rss: number;
}
export interface Kept {
  samples: number;
  segmentBytes: number;
  journalRows: number;
}

interface Subject {
  port: number;
  /** Where `serveQueries` answers. */
  queries?: number;
  compact(): Promise<Kept>;
  stats?(): Kept;
  close(): Promise<void>;
}

async function openBare(): Promise<Subject> {
  const aedes = new Aedes();
  await aedes.listen();
  const server = createServer({ noDelay: true }, aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    compact: async () => ({ samples: 0, segmentBytes: 0, journalRows: 0 }),
    async close() {
      await new Promise<void>((resolve) => aedes.close(resolve));
      server.close();
    },
  };
}

/** Charts and newest values over HTTP, as other stores answer them. */
async function serveQueries(store: OpenedStore, endpoints: number): Promise<number> {
  const answerOf = async (path: string, asked: URLSearchParams): Promise<unknown> => {
    if (path === '/chart')
      return store.query({
        ...{ endpoint: asked.get('endpoint') ?? '', metrics: ['cpu.usage_active'], agg: 'mean' },
        ...{ from: Number(asked.get('from')), to: Number(asked.get('to')), step: Number(asked.get('step')) },
      });
    return Array.from({ length: endpoints }, (_, n) =>
      store.latest(endpointId(n)).find(({ metric }) => metric === 'cpu.usage_active'),
    ).filter((value) => value !== undefined);
  };
  const server = createHttpServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    answerOf(pathname, searchParams).then(
      (value) => response.end(JSON.stringify(value)),
      (thrown) => response.writeHead(500).end(String(thrown)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/**
 * @param influx URL of an InfluxDB that keeps the samples, in place of the embedded store
 * @param broker URL of a Mosquitto by which reports come, in place of the embedded broker
 */
async function openOurs(endpoints: number, influx?: string, broker?: string): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  const state = await openState(join(folder, 'state.db'));
  await addEndpoints(state, endpoints);
  const parts = { clock: systemClock, log: silentLog };
  const series = { folder: join(folder, 'series'), compactEveryMs: 3_600_000, ...parts };
  const store = await (influx === undefined
    ? openEmbedded(series)
    : openInflux({ ...series, url: influx, database: 'ours' }));
  const fleet = await createFleet({ state, ...parts });
  const intake = await openIntake({
    source: broker === undefined ? brokerOn({ host: '127.0.0.1', port: 0, limits: unlimited }) : bridgedBy(broker),
    state,
    store,
    fleet,
    changeFeed: createChangeFeed(),
    registry: new Registry(),
    rawRetentionMs: 14 * 86_400_000,
    alerts: { onReport: () => undefined, onPresence: async () => undefined },
    ...parts,
  });
  return {
    port: intake.port,
    queries: await serveQueries(store, endpoints),
    async compact() {
      await store.compact();
      return store.stats();
    },
    stats: store.stats,
    async close() {
      await intake.close();
      await fleet.close();
      await store.close();
      await state.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const bridgedBy = (url: string) =>
  bridgeTo({
    ...{ url: new URL(url), agentsUrl: url, ca: null },
    ...{ username: collectorUser.name, password: collectorUser.password },
    rules: { messagesPerSecond: 1e9, messagesAtOnce: 1e9 },
  });

const gate = { connections: 1e6, strangers: 1e6, perAddress: 1e6, perKnownAddress: 1e6, evictAfter: 1e9 };
const unlimited = { messagesPerSecond: 1e9, messagesAtOnce: 1e9, gate };

const [mode = 'bare', endpoints = '1', influx, broker] = process.argv.slice(2);
const subject = await (mode === 'bare' ? openBare() : openOurs(Number(endpoints), influx || undefined, broker));
const answer = (message: object) => void process.send?.(message);

process.on('message', (asked: string) => {
  if (asked === 'usage') {
    const { user, system } = process.cpuUsage();
    answer({ cpu: user + system, rss: process.memoryUsage.rss() } satisfies Usage);
  } else if (asked === 'stats') answer(subject.stats?.() ?? {});
  else if (asked === 'compact') void subject.compact().then(answer);
  else void subject.close().then(() => process.exit(0));
});
answer({ port: subject.port, queries: subject.queries });
