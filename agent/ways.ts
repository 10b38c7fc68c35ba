/**
 * By which way this agent reaches its collector: MQTT at its own port or, where that cannot be reached, by WebSocket at the HTTPS
 * port of the enrolment. The one that works is remembered and tried first; the direct one is looked for again from time to time.
 * A certificate or a credential that is refused is refused by every way, so it is never a reason for the other one.
 */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { isReadable } from '../shared/loopback.ts';
import { createWebStream, webPath } from '../shared/web-stream.ts';
import type { Credential } from './credential.ts';
import type { AgentMemory } from './memory.ts';
import type { WantedWay } from './orders.ts';
import { takeProxyOf } from './proxy-setting.ts';
import { openSocket } from './socket.ts';
import { isCertificateTrouble } from './tls-refusal.ts';

export type AgentWay = 'mqtt' | 'websocket';
type Ended = { code?: unknown; message?: string } | null;

export interface AgentWays {
  /** Begins a connection. */
  open(credential: Credential, byHandAt: number | null): Duplex;
  /** Of the last connection that was begun. */
  now(): AgentWay;
  /** The address that it goes to. */
  url(credential: Credential): string;
  /** The broker has accepted it. */
  opened(): void;
  /** It has ended. @returns the error by which the wait before the next one is measured */
  ended(error: Ended, wasOpen: boolean): Ended;
  stop(): void;
}

/** Its own port alone. */
export const directWay: Pick<AgentWays, 'open' | 'now' | 'url' | 'opened' | 'ended'> = {
  open: openSocket,
  now: () => 'mqtt',
  url: ({ mqtt }) => mqtt.url,
  opened: () => {},
  ended: (error) => error,
};

/** Of the usual way, in a row, before the other one is tried once. */
const tries = 3;
/** Where the direct way has worked before, the collector is likelier to be off than the port to be closed since. */
const patienceMs = 120_000;
const firstLookMs = 600_000;
const lookEveryMs = 86_400_000;
const lookMs = 10_000;
const key = 'way';

export function createWays(parts: {
  data: string;
  /** Of this machine's settings file. */
  wanted: WantedWay;
  memory: AgentMemory;
  clock: Pick<Clock, 'monotonic'>;
  log: Log;
  /** Of the present, for a look at the direct way. */
  credential(): Credential;
  /** The direct way is open again: the next connection takes it. */
  onDirect(): void;
  firstLookMs?: number;
  patienceMs?: number;
}): AgentWays {
  const { data, wanted, memory, clock, log } = parts;
  const kept = memory.get(key);
  /** Whether the usual one has ever worked. */
  let isKnown = kept === 'mqtt' || kept === 'websocket';
  let usual: AgentWay = wanted === 'auto' ? (kept === 'websocket' ? 'websocket' : 'mqtt') : wanted;
  let next: AgentWay = usual;
  let current: AgentWay = usual;
  let failures = 0;
  let failingSince: number | null = null;
  let last: Ended = null;
  let looking: NodeJS.Timeout | null = null;
  let hasLooked = false;
  /** It was found open a moment ago. */
  let isDirect = false;

  function stopLooking(): void {
    if (looking) clearTimeout(looking);
    looking = null;
  }

  function lookLater(): void {
    stopLooking();
    const wait = !hasLooked ? (parts.firstLookMs ?? firstLookMs) : lookEveryMs;
    looking = setTimeout(look, wait);
    looking.unref();
  }

  async function look(): Promise<void> {
    hasLooked = true;
    if (await isDirectOpen(parts.credential())) {
      if (usual === 'mqtt') return;
      isDirect = true;
      parts.onDirect();
    } else lookLater();
  }

  function remember(way: AgentWay): void {
    if (wanted !== 'auto' || (way === usual && isKnown)) return;
    if (way !== usual) log.info({ way }, 'Another way to the collector works, and is taken from now on');
    usual = way;
    isKnown = true;
    memory.set(key, way);
  }

  return {
    open(credential, byHandAt) {
      current = next;
      if (current === 'mqtt') return openSocket(credential, byHandAt);
      return openThroughWeb(data, credential, byHandAt, current === usual);
    },
    now: () => current,
    url: (credential) => (current === 'mqtt' ? credential.mqtt.url : webUrl(credential)),
    opened() {
      failures = 0;
      failingSince = null;
      remember(current);
      if (usual === 'websocket' && wanted === 'auto') lookLater();
    },
    ended(error, wasOpen) {
      stopLooking();
      next = isDirect ? 'mqtt' : usual;
      isDirect = false;
      if (wanted !== 'auto' || !mayGoByWeb(parts.credential())) return error;
      // The other one was tried once: how long to wait, the usual one says.
      if (current !== usual) return last;
      last = error;
      if (wasOpen || isRefusal(error)) {
        failures = 0;
        failingSince = null;
        return error;
      }
      failures += 1;
      failingSince ??= clock.monotonic();
      const patience = isKnown && usual === 'mqtt' ? (parts.patienceMs ?? patienceMs) : 0;
      if (failures >= tries && clock.monotonic() - failingSince >= patience) {
        failures = 0;
        next = usual === 'mqtt' ? 'websocket' : 'mqtt';
      }
      return error;
    },
    stop: stopLooking,
  };
}

export const webUrl = ({ collector }: Pick<Credential, 'collector'>): string =>
  collector.replace(/^http/, 'ws') + webPath;

/** Nothing goes out that others could read. */
export const mayGoByWeb = ({ collector }: Pick<Credential, 'collector'>): boolean =>
  /^https?:/.test(collector) && !isReadable(collector);

/** The collector has answered, with a no. */
const isRefusal = (error: Ended) => typeof error?.code === 'number' || isCertificateTrouble(error);

/** What is verified as ever; nothing is said. */
function isDirectOpen(credential: Credential): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(credential);
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(lookMs, () => end(false));
    socket.on('error', () => end(false));
    socket.on(credential.mqtt.url.startsWith('mqtts:') ? 'secureConnect' : 'connect', () => end(true));
  });
}

/** @param isUsual it has worked before */
function openThroughWeb(data: string, credential: Credential, byHandAt: number | null, isUsual: boolean): Duplex {
  const { stream, take } = createWebStream();
  const over = new AbortController();
  stream.once('close', () => over.abort());
  const opening = async () => {
    takeProxyOf(data);
    // While the collector is off, nothing is loaded that would stay loaded.
    if (!isUsual) await answers(credential.collector);
    const { openWeb } = await import('./web-socket.ts');
    return openWeb(credential, { byHandAt, signal: over.signal });
  };
  opening().then(take, (thrown: Error) => void stream.destroy(thrown));
  return stream;
}

/** Somebody listens there. Behind a proxy only that one knows. @throws Error of the socket */
function answers(collector: string): Promise<void> {
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return Promise.resolve();
  const { hostname, port, protocol } = new URL(collector);
  const usual = protocol === 'https:' ? 443 : 80;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usual), timeout: lookMs });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.on('timeout', () => fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    socket.on('error', fail);
  });
}
