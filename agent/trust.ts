/**
 * Which authority this agent trusts, while it runs. Another one is tried before it is kept: what the collector says by mistake must
 * not cut this machine off. Where the authority was given up, the next one is found by the pin that was told when all was well.
 */

import type { Clock } from '../shared/clock.ts';
import { reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { SaidTrust, Trust } from '../shared/trust.ts';
import { trustBounds } from '../shared/trust.ts';
import { createClockFloor } from './clock-floor.ts';
import { type Credential, keepTrust } from './credential.ts';
import type { AgentMemory } from './memory.ts';
import { certificatesIn, openSocket, type Trusting } from './socket.ts';
import { isCertificateTrouble, isNotYetValid, isUnknownAuthority, refusalOf } from './tls-refusal.ts';
import { type AgentWay, webUrl } from './ways.ts';

const withinMs = 10_000;

export interface TrustKeeper {
  /** What the collector says that is to be trusted. Resolves when it is kept, or refused. */
  take(told: Trust): Promise<void>;
  /** For births. */
  said(): SaidTrust;
  /** What time it is at the collector, from an `ack`. */
  heard(at: number): void;
  /** ms UTC: it is not earlier, whatever the clock of this machine says. */
  earliest(): number;
  /** For the next connection: as of when its certificate is looked at by hand; null: as usual. */
  byHandAt(): number | null;
  /** A connection has ended. @returns what is to be said of its certificate; null: nothing */
  ended(error: unknown): Promise<string | null>;
}

interface TrustParts {
  /** By which way the collector is reached. Left out: MQTT at its own port. */
  way?(): AgentWay;
  data: string;
  credential: Credential;
  memory: AgentMemory;
  clock: Clock;
  log: Log;
  /** It is there before the first message. */
  link(): {
    /** What is trusted from the next connection on. */
    adopt(trusting: Trusting): void;
    /** What is said in births has changed. */
    announce(): void;
  };
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function createTrust({
  data,
  credential,
  memory,
  clock,
  log,
  link,
  way = () => 'mqtt',
}: TrustParts): TrustKeeper {
  const floor = createClockFloor(memory);
  /** The clock here made the last certificate one that is not valid yet. */
  let isClockBehind = false;
  /** Whether the collector is reached by it, before anything secret goes out. @returns why not */
  async function tryOut(next: Trusting): Promise<string | null> {
    if (way() === 'mqtt') return tryDirect(next);
    const { tryWeb } = await import('./web-socket.ts');
    const thrown = await tryWeb({ ...next, collector: credential.collector });
    return thrown && notReached(webUrl(credential), next, thrown);
  }

  let now: Trusting = { mqtt: credential.mqtt, ...(credential.trust && { trust: credential.trust }) };
  let refused: SaidTrust['refused'];
  let turn: Promise<unknown> = Promise.resolve();
  let lastSaid: string | null = null;

  function keep(next: Trusting): void {
    keepTrust(data, next);
    now = next;
    refused = undefined;
    link().adopt(next);
  }

  async function take({ version, mode, roots, pins }: Trust): Promise<void> {
    const { url } = now.mqtt;
    const next: Trusting = {
      mqtt: { url, ...(mode === 'system' ? {} : { ca: roots.join('') }) },
      trust: { version, pins, ...(mode === 'pin' ? {} : { mode }) },
    };
    const wasRefused = refused;
    if (!isSame(next, now)) {
      const why = mode !== 'system' && roots.length === 0 ? 'it names no authority' : await tryOut(next);
      try {
        if (why === null) keep(next);
        else refused = { version, why: why.slice(0, trustBounds.why) };
      } catch (thrown) {
        refused = { version, why: `it could not be kept: ${reasonOf(thrown)}`.slice(0, trustBounds.why) };
      }
      if (refused)
        log.warn({ version, why: refused.why }, 'The change of authority was not taken; what was trusted still is');
      else log.info({ version, mode, pins }, 'Another authority of the collector is trusted from now on');
      link().announce();
    } else if (wasRefused) {
      refused = undefined;
      link().announce();
    }
  }

  async function recover(error: unknown): Promise<string | null> {
    const { mqtt, trust } = now;
    const url = way() === 'mqtt' ? mqtt.url : credential.collector;
    const isPinned = mqtt.ca !== undefined && trust?.mode !== 'both';
    const { fetchAuthority, lookAt, pinOf } = await import('./authority.ts');
    if (!isUnknownAuthority(error) || !trust || !isPinned || !credential.collector.startsWith('https:')) {
      const shown = await lookAt(url, withinMs, mqtt.ca);
      const refusal = refusalOf(error, { url, now: clock.now(), isPinned, shown });
      return refusal && `the certificate is not accepted: ${refusal.reason}. ${refusal.todo}`;
    }
    const { roots } = await fetchAuthority(credential.collector, trust.pins, withinMs);
    const { X509Certificate } = process.getBuiltinModule('node:crypto');
    const pinned = roots.map((root) => [pinOf(new X509Certificate(root)), root] as const);
    // The one after the current: the current one may be given up, and is not needed any more.
    const later = pinned.filter(([pin]) => pin !== trust.pins[0]);
    const known = certificatesIn(mqtt.ca ?? '').length;
    const shown = await lookAt(url, withinMs, mqtt.ca);
    const foreign = refusalOf(error, { url, now: clock.now(), isPinned, shown });
    const sentence = foreign && `the certificate is not accepted: ${foreign.reason}. ${foreign.todo}`;
    if (later.length === 0 || known === 0) return sentence;
    const next: Trusting = {
      mqtt: { ...mqtt, ca: later.map(([, root]) => root).join('') },
      trust: { version: trust.version, pins: later.map(([pin]) => pin) },
    };
    if ((await tryOut(next)) !== null) return sentence;
    keep(next);
    log.warn(
      { pins: next.trust?.pins },
      'The authority was given up: the next one, whose pin was known, is trusted now',
    );
    return null;
  }

  /** One after the other: each is judged by what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  }

  return {
    take: (told) => inTurn(() => take(told)),
    said: () => ({ version: now.trust?.version ?? 0, ...(refused && { refused }) }),
    heard: floor.heard,
    earliest: floor.at,
    byHandAt: () => (isClockBehind ? floor.at() : null),
    async ended(error) {
      isClockBehind = isNotYetValid(error) && clock.now() < floor.at();
      if (!isCertificateTrouble(error)) return null;
      const sentence = await inTurn(() => recover(error).catch((thrown: unknown) => reasonOf(thrown)));
      if (sentence !== null && sentence !== lastSaid)
        log.warn(
          { url: way() === 'mqtt' ? now.mqtt.url : webUrl(credential), reason: sentence },
          'Nothing is sent; reports are kept here',
        );
      lastSaid = sentence;
      return sentence;
    },
  };
}

function notReached(url: string, next: Trusting, thrown: Error): string {
  const refusal = refusalOf(thrown, { url, now: Date.now(), isPinned: next.trust?.mode === undefined });
  return `with it ${url} is not reached: ${refusal?.reason ?? thrown.message}`;
}

function tryDirect(next: Trusting): Promise<string | null> {
  if (!next.mqtt.url.startsWith('mqtts:')) return Promise.resolve(null);
  const { url } = next.mqtt;
  return new Promise((resolve) => {
    const socket = openSocket(next);
    const end = (why: string | null) => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(withinMs, () => end(`${url} did not answer within ${withinMs / 1000} s`));
    socket.on('error', (error) => end(notReached(url, next, error)));
    socket.on('secureConnect', () => end(null));
  });
}
