/**
 * The MQTT session: publishes the agent's presence, sends what the spool holds, and reports to the spool what is
 * durable.
 *
 * Order of a connection: birth (retained), own `ack` and `config`, the newest report, then live and backlog side by
 * side: new reports immediately, and what waited in the spool oldest first at a bounded rate. So current data is
 * visible immediately, however long the outage was. Each connection is a session of its own with its own will: the late
 * will of a connection that was cut does not affect the next one.
 */
// First: it decides what the client's own imports find.
import './light-mqtt.ts';
import { hostname } from 'node:os';
// The client alone: the package's main entry also loads WebSocket, SOCKS and command line code, 5 MB that are never
// used.
import mqttClient from 'mqtt/lib/client';
import type { Clock } from '../shared/clock.ts';
import { reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { OfflineReason, Online, Presence } from '../shared/presence.ts';
import type { Ack, AgentConfig, Moved } from '../shared/report.ts';
import { topicOf, type UpLeaf } from '../shared/topics.ts';
import { delayBefore, stableMs, type Trouble, troubleOf } from './backoff.ts';
import type { AgentBirth } from './birth.ts';
import type { Credential } from './credential.ts';
import { createDelivered, type Delivered } from './delivered.ts';
import { parseAck, parseConfig } from './orders.ts';
import { openSocket } from './socket.ts';
import { isAfter, type Spool, type SpoolEntry, type SpoolKey } from './spool.ts';
import { version } from './version.ts';

const { default: MqttClient } = mqttClient;

export interface LinkOptions {
  credential: Credential;
  spool: Spool;
  clock: Clock;
  log: Log;
  bootId: string;
  startedAt: number;
  previousShutdown?: Online['previous_shutdown'];
  /** The further facts of a birth, at the moment it is published; `delivered` is called when the broker has them. */
  birth?: Pick<AgentBirth, 'facts' | 'delivered'>;
  /** The fast loop's interval in ms: what is older than two of them goes to the backlog. */
  intervalMs(): number;
  /** Null: the collector took its settings back. */
  onConfig(config: AgentConfig | null): void;
  /** This identity has become another one. Keeps it; throws where that is not possible. */
  onMoved?(moved: Moved): void;
  random?: () => number;
}

export interface LinkState {
  state: 'connecting' | 'connected' | 'waiting' | 'asleep' | 'stopped';
  /** ms UTC of the last change of state. */
  since: number;
  trouble: string | null;
  lastAck: number | null;
  /** ms UTC; the collector has reported that another machine uses this identity, too. */
  sharedSince: number | null;
}

export interface Link {
  start(): void;
  /** Sends a fresh entry at once when connected; otherwise the spool keeps it. */
  offer(entry: SpoolEntry): void;
  /** Publishes `offline` and disconnects. Resolves when the broker has it, or after two seconds. */
  goodbye(reason: OfflineReason): Promise<void>;
  /** Something of the birth has changed: publishes it again if connected, else with the next connection. */
  announce(): void;
  /** The newest entry that has been sent; null when none has. */
  sentUpTo(): SpoolKey | null;
  /** Back from sleep: connects at once. */
  wake(): void;
  state(): LinkState;
}

const maxInFlight = 32;
/** Reserved for live messages, so that a backlog never delays current data. */
const liveReserve = 8;
/** Backlog entries per second: one hour of a 10 s interval takes 8 s, three days take nine minutes. */
const backlogPerSecond = 50;
const pumpEveryMs = 200;
/** The broker has it, but no `ack` came: sent again after this time, then at growing intervals. */
const firstResendMs = 60_000;
const maxResendMs = 900_000;
/** A machine that announced sleep and did not sleep reconnects after this time. */
const sleepMs = 120_000;

const keyOf = (entry: { era: number; seq: number }) => `${entry.era}:${entry.seq}`;

/** One connection, from its socket to its end. */
interface LinkSession {
  id: string;
  client: InstanceType<typeof MqttClient>;
  connectedAt: number | null;
  inFlight: number;
  /** Last entry of the backlog that was sent; the backlog ends at `until`. */
  cursor: { era: number; seq: number } | null;
  until: { era: number; seq: number } | null;
  /** Sent out of the backlog's order: it skips them. */
  ahead: Set<string>;
  delivered: Delivered;
  allowance: number;
  error: { code?: unknown; message?: string } | null;
  over: boolean;
}

export function createLink(options: LinkOptions): Link {
  const { spool, clock, log } = options;
  let { credential } = options;
  const random = options.random ?? Math.random;
  let address = { bucket: credential.bucket, endpoint: credential.endpoint };
  let session: LinkSession | null = null;
  let retry: NodeJS.Timeout | null = null;
  let tries = 0;
  let resendMs = firstResendMs;
  let lastAckAt: number | null = null;
  let sentUpTo: SpoolKey | null = null;
  let status: LinkState = { state: 'stopped', since: clock.now(), trouble: null, lastAck: null, sharedSince: null };
  const instance = randomId();

  /** Distinguishes connections and processes; guessing it gives no advantage, so node:crypto (2.4 MB) is not loaded. */
  function randomId(): string {
    const half = () => Math.floor(random() * 2 ** 32);
    return [half(), half()].map((part) => part.toString(16).padStart(8, '0')).join('');
  }

  function become(state: LinkState['state'], trouble: string | null = null): void {
    status = { ...status, state, since: clock.now(), trouble };
  }

  function connect(): void {
    retry = null;
    become('connecting');
    const id = randomId();
    const current = {
      id,
      connectedAt: null,
      inFlight: 0,
      cursor: null,
      until: null,
      ahead: new Set<string>(),
      delivered: createDelivered(),
    } as LinkSession;
    Object.assign(current, { allowance: 0, error: null, over: false });
    session = current;
    const lost: Presence = { state: 'lost', session: id };
    const build = () => {
      const socket = openSocket(credential.mqtt);
      // The client passes on only errors with a code; a refused certificate must be in `doctor` too.
      socket.on('error', (error) => {
        current.error ??= error;
      });
      return socket;
    };
    const client = new MqttClient(build, {
      clientId: credential.endpoint,
      username: credential.endpoint,
      password: credential.secret,
      clean: true,
      keepalive: 60,
      // Only traffic from the broker proves that it is alive: sent messages must not postpone the pings.
      reschedulePings: false,
      // Each connection has its own session and will: a client of its own, made when the agent decides.
      reconnectPeriod: 0,
      reconnectOnConnackError: true,
      resubscribe: false,
      // Otherwise mqtt-packet keeps a buffer for each of 65,536 numbers: 7 MB to save a microsecond.
      writeCache: false,
      queueQoSZero: false,
      connectTimeout: 10_000,
      protocolVersion: 4,
      protocolId: 'MQTT',
      will: { topic: topicOf(address, 'presence'), payload: Buffer.from(JSON.stringify(lost)), qos: 1, retain: true },
      log: () => {},
    });
    current.client = client;
    client.on('connect', () => begin(current));
    client.on('message', (topic: string, bytes: Uint8Array) => receive(current, topic, bytes));
    client.on('error', (error: Error) => {
      current.error ??= error;
      client.end(true);
      end(current);
    });
    client.on('close', () => end(current));
  }

  function begin(current: LinkSession): void {
    current.connectedAt = clock.monotonic();
    become('connected');
    log.info({ url: credential.mqtt.url }, 'Connected to the collector');
    current.client.subscribe(
      { [topicOf(address, 'ack')]: { qos: 0 }, [topicOf(address, 'config')]: { qos: 1 } },
      (error: Error | null) => {
        if (error && !current.over) log.warn({ reason: error.message }, 'The collector refused the subscription');
      },
    );
    beBorn(current);
    spool.lone(false);
    const newest = spool.newest();
    current.until = newest;
    if (newest) {
      current.ahead.add(keyOf(newest));
      send(current, newest);
    }
    const [last] = lastOf(current);
    if (last && (!current.until || isAfter(last, current.until))) current.until = last;
    pump(current);
  }

  function beBorn(current: LinkSession): void {
    const facts = options.birth?.facts() ?? {};
    const online: Presence = {
      state: 'online',
      session: current.id,
      boot_id: options.bootId,
      started_at: options.startedAt,
      previous_shutdown: options.previousShutdown ?? 'unknown',
      version,
      instance,
      hostname: hostname(),
      ...facts,
    };
    void say(current, online).then((taken) => taken && options.birth?.delivered(facts));
  }

  /** Everything that waits now belongs to the backlog, including inventory that is newer than the newest report. */
  function lastOf(current: LinkSession): SpoolEntry[] {
    return spool.after(current.until, 1000).slice(-1);
  }

  /** @returns whether the broker has it */
  function say(current: LinkSession, presence: Presence): Promise<boolean> {
    const options = { qos: 1, retain: true } as const;
    return new Promise((resolve) => {
      current.client.publish(topicOf(address, 'presence'), JSON.stringify(presence), options, (error?: Error | null) =>
        resolve(!error),
      );
    });
  }

  function laneOf(entry: SpoolEntry): UpLeaf {
    if (entry.kind === 'inventory') return 'inventory';
    // Of the future: made before the clock was set back.
    return Math.abs(clock.now() - entry.at) > 2 * options.intervalMs() ? 'backlog' : 'report';
  }

  function send(current: LinkSession, entry: SpoolEntry): void {
    current.inFlight += 1;
    if (!sentUpTo || isAfter(entry, sentUpTo)) sentUpTo = { era: entry.era, seq: entry.seq };
    current.client.publish(topicOf(address, laneOf(entry)), Buffer.from(entry.body), { qos: 1 }, (error) => {
      // PUBACK, or the end of the connection: either way the spool keeps it until an `ack` covers it.
      current.inFlight -= 1;
      if (!error && !current.over) current.delivered.add(entry);
      if (!current.over && current.inFlight === maxInFlight - liveReserve - 1) pump(current);
    });
  }

  function pump(current: LinkSession): void {
    if (current.over || session !== current || !current.until) return;
    current.allowance = Math.min(backlogPerSecond, current.allowance + (backlogPerSecond * pumpEveryMs) / 1000);
    while (current.allowance >= 1 && current.inFlight < maxInFlight - liveReserve) {
      const entries = spool.after(current.cursor, Math.min(8, Math.floor(current.allowance)));
      if (entries.length === 0 || isAfter(entries[0] as SpoolEntry, current.until)) {
        current.until = null;
        current.ahead.clear();
        return;
      }
      for (const entry of entries) {
        if (isAfter(entry, current.until)) break;
        current.cursor = { era: entry.era, seq: entry.seq };
        if (current.ahead.delete(keyOf(entry))) continue;
        current.allowance -= 1;
        send(current, entry);
      }
    }
    setTimeout(() => pump(current), pumpEveryMs).unref();
  }

  function receive(current: LinkSession, topic: string, bytes: Uint8Array): void {
    try {
      if (topic === topicOf(address, 'ack')) {
        takeAck(current, parseAck(bytes));
      } else if (topic === topicOf(address, 'config')) {
        // An empty retained message is how MQTT forgets one.
        options.onConfig(bytes.length === 0 ? null : parseConfig(bytes));
      }
    } catch (thrown) {
      log.warn({ topic, reason: reasonOf(thrown) }, 'Ignored an invalid message from the collector');
    }
  }

  /** A person has confirmed that this machine is one that the collector knew before. */
  function goOnAs(moved: Moved, current: LinkSession): void {
    options.onMoved?.(moved);
    log.info({ ...moved, was: credential.endpoint }, 'This machine continues as an earlier endpoint');
    credential = { ...credential, ...moved };
    address = { bucket: moved.bucket, endpoint: moved.endpoint };
    // The numbers of before belong to the identity of before.
    spool.renumber(spool.state().epoch);
    tries = 0;
    current.client.end(true);
    end(current);
  }

  function takeAck(current: LinkSession, ack: Ack): void {
    if (ack.moved) {
      if (ack.moved.endpoint !== credential.endpoint) goOnAs(ack.moved, current);
      return;
    }
    spool.ack(current.delivered.within(ack));
    resendMs = firstResendMs;
    lastAckAt = clock.monotonic();
    status.lastAck = clock.now();
    if (ack.conflict === undefined) return;
    if (ack.conflict === 'shared' && status.sharedSince === null) {
      status.sharedSince = clock.now();
      log.warn(
        { endpoint: credential.endpoint, name: credential.name },
        'Another machine reports under this identity, too. On the one that is the copy, run: npm run agent -- enroll CODE --again',
      );
    }
    if (ack.conflict !== 'content' || !spool.renumber(ack.epoch)) return;
    log.warn(
      { epoch: ack.epoch },
      'The collector has other reports under these numbers (a copied folder, or one from a backup): reports are renumbered',
    );
    // What waits for its PUBACK will get none: everything is sent again, under its new number.
    current.client.end(true);
    end(current);
  }

  function end(current: LinkSession): void {
    if (current.over) return;
    current.over = true;
    if (session !== current) return;
    session = null;
    spool.lone(true);
    if (status.state === 'asleep' || status.state === 'stopped') return;
    const held = current.connectedAt === null ? 0 : clock.monotonic() - current.connectedAt;
    if (held >= stableMs) tries = 0;
    const trouble: Trouble = troubleOf(current.error);
    const reason = current.error?.message || 'the connection was closed';
    const delay = delayBefore(tries, trouble, random());
    // Once, not at each try: the state is in `doctor`.
    if (tries === 0)
      log.warn({ url: credential.mqtt.url, reason }, 'No connection to the collector; reports are spooled on disk');
    tries += 1;
    become('waiting', reason);
    retry = setTimeout(connect, delay);
  }

  /**
   * Sends again what the broker confirmed but the collector did not acknowledge: the ack may have been lost, or the
   * collector's disk.
   */
  function resend(): void {
    const current = session;
    if (!current || current.connectedAt === null || current.until || clock.monotonic() - current.connectedAt < resendMs)
      return;
    if (lastAckAt !== null && clock.monotonic() - lastAckAt < resendMs) return;
    const [oldest] = spool.after(null, 1);
    if (!oldest || clock.now() - oldest.at < resendMs) return;
    resendMs = Math.min(maxResendMs, resendMs * 2);
    lastAckAt = clock.monotonic();
    current.cursor = null;
    current.until = spool.newest() ?? oldest;
    pump(current);
  }
  let resending: NodeJS.Timeout | null = null;

  async function goodbye(reason: OfflineReason): Promise<void> {
    const current = session;
    become(reason === 'sleep' ? 'asleep' : 'stopped');
    if (retry) clearTimeout(retry);
    if (resending && reason !== 'sleep') clearInterval(resending);
    retry = null;
    if (current && current.connectedAt !== null) {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, 2000).unref());
      await Promise.race([say(current, { state: 'offline', session: current.id, reason }), limit]);
      await Promise.race([new Promise<void>((resolve) => current.client.end(false, {}, () => resolve())), limit]);
    }
    current?.client.end(true);
    if (current) end(current);
    if (reason === 'sleep') retry = setTimeout(connect, sleepMs);
  }

  return {
    start() {
      resending = setInterval(resend, firstResendMs / 2);
      resending.unref();
      connect();
    },
    offer(entry) {
      const current = session;
      if (!current || current.connectedAt === null || current.over) return;
      // Left to the backlog when the window is full: the broker is slower than the agent.
      if (current.inFlight >= maxInFlight) {
        // What went out live before is behind the cursor, or was noted as sent ahead.
        if (!current.until) current.cursor = { era: entry.era, seq: entry.seq - 1 };
        current.until = { era: entry.era, seq: entry.seq };
        pump(current);
        return;
      }
      if (current.until) current.ahead.add(keyOf(entry));
      send(current, entry);
    },
    goodbye,
    sentUpTo: () => sentUpTo,
    announce() {
      if (session && session.connectedAt !== null && !session.over) beBorn(session);
    },
    wake() {
      if (status.state !== 'asleep' && status.state !== 'waiting') return;
      if (retry) clearTimeout(retry);
      tries = 0;
      connect();
    },
    state: () => ({ ...status }),
  };
}
