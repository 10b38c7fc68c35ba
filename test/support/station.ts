/** A collector's intake on a free port with the real state and store below it, and a few enrolled endpoints. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { hashSecret } from '../../collector/accounts/secret.ts';
import { createChangeFeed } from '../../collector/change-feed.ts';
import { createFleet } from '../../collector/fleet/endpoints.ts';
import type { Endpoint, EndpointKind } from '../../collector/fleet/fleet.ts';
import { type BrokerSettings, brokerOn } from '../../collector/intake/broker/broker.ts';
import type { IntakeParts } from '../../collector/intake/intake.ts';
import { openIntake } from '../../collector/open-intake.ts';
import { openEmbedded } from '../../collector/series/embedded/embedded.ts';
import type { SeriesStore } from '../../collector/series/series.ts';
import { openState, type State } from '../../collector/state/open.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import { bucketOf, topicOf, type UpLeaf } from '../../shared/topics.ts';
import { openWire, type Wire, type WireOptions } from '../simulate/wire.ts';
import { statePlace } from './state.ts';

export interface Credential {
  endpoint: string;
  bucket: string;
  secret: string;
}

/** Puts an endpoint into state as enrolment does. */
export async function addEndpoint(state: State, id: string, kind: EndpointKind = 'server'): Promise<Credential> {
  const secret = `secret of ${id}`;
  await state
    .insertInto('endpoints')
    .values({
      id,
      bucket: bucketOf(id),
      name: id,
      kind,
      kind_why: 'test',
      site: null,
      tags: '[]',
      platform: 'linux',
      arch: 'x64',
      version: null,
      secret_hash: hashSecret(secret),
      enrolled_at: 0,
      retired_at: null,
      state: 'never',
      state_reason: null,
      state_since: 0,
      session: null,
      boot_id: null,
      last_seen_at: null,
      interval_ms: null,
      clock_offset_ms: null,
    })
    .execute();
  return { endpoint: id, bucket: bucketOf(id), secret };
}

export interface StationOptions extends Partial<IntakeParts>, Pick<BrokerSettings, 'limits'> {
  endpoints?: readonly string[];
  wrapStore?(store: SeriesStore): SeriesStore;
}

/** @returns everything a test needs; `stop` ends it and removes its folder */
export async function openStation(options: StationOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-station-'));
  const state = await openState(statePlace(folder));
  const credentials = new Map<string, Credential>();
  for (const id of options.endpoints ?? []) credentials.set(id, await addEndpoint(state, id));
  const lines: { level: string; values: object; text: string }[] = [];
  const log = collectLog(lines);
  const clock = options.clock ?? systemClock;
  const fleet = await createFleet({ state, clock, log });
  const bare = await openEmbedded({ folder: join(folder, 'series'), clock, log });
  const store = options.wrapStore?.(bare) ?? bare;
  const evaluated: { endpoint: string; report: Report }[] = [];
  const presences: { endpoint: string; state: string; reason: string | null }[] = [];
  const intake = await openIntake({
    source: brokerOn({ host: '127.0.0.1', port: 0, limits: options.limits ?? {} }),
    state,
    store,
    fleet,
    clock,
    log,
    changeFeed: createChangeFeed(),
    registry: new Registry(),
    rawRetentionMs: 14 * 86_400_000,
    alerts: {
      async onReport(endpoint, report) {
        evaluated.push({ endpoint: endpoint.id, report });
      },
      async onPresence({ id, state: now, stateReason }) {
        presences.push({ endpoint: id, state: now, reason: stateReason });
      },
    },
    ...options,
  });
  const wires: Wire[] = [];
  return {
    folder,
    state,
    fleet,
    store,
    intake,
    lines,
    evaluated,
    presences,
    credential: (id: string) => credentials.get(id) as Credential,
    topic: (id: string, leaf: UpLeaf | 'ack' | 'config') => topicOf({ endpoint: id, bucket: bucketOf(id) }, leaf),
    endpoint: (id: string) => fleet.get(id) as Endpoint,
    /** A connection as this endpoint; whatever is given overrides. */
    wire(id: string, rude: Partial<WireOptions> = {}): Wire {
      const wire = openWire({
        host: '127.0.0.1',
        port: intake.port,
        clientId: id,
        password: `secret of ${id}`,
        ...rude,
      });
      wires.push(wire);
      return wire;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };

  async function stop(): Promise<void> {
    for (const wire of wires) wire.cut();
    await intake.close();
    await fleet.close();
    await store.close();
    await state.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

export type Station = Awaited<ReturnType<typeof openStation>>;

function collectLog(lines: { level: string; values: object; text: string }[]): Log {
  const at = (level: string) => (values: object, text: string) => void lines.push({ level, values, text });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The value of a counter with these labels. */
export async function counted(
  counter: { get(): Promise<{ values: { value: number; labels: object }[] }> },
  labels: Record<string, string> = {},
): Promise<number> {
  const { values } = await counter.get();
  const fits = values.filter((one) =>
    Object.entries(labels).every(([key, value]) => (one.labels as never)[key] === value),
  );
  return fits.reduce((sum, one) => sum + one.value, 0);
}

/** Waits for something that another process or the network does; fails with the name of what did not come. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`did not happen within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const epochOf = (n: number) => n.toString(16).padStart(32, '0');

/** A report of two metrics as an agent makes it. */
export function makeReport(epoch: string, seq: number, at = Date.now(), change: Partial<Report> = {}): Report {
  return {
    v: 1,
    epoch,
    seq,
    at,
    interval_s: 10,
    metrics: [
      { name: 'cpu', tags: { cpu: 'cpu-total' }, fields: { usage_active: 12.5 }, timestamp: at },
      { name: 'mem', tags: {}, fields: { available_percent: 60 }, timestamp: at },
    ],
    ...change,
  };
}
