/** One simulated endpoint: measures on its own rhythm, keeps an outbox, and speaks the real wire. */
import { parseConfig, versionIn } from '../../agent/orders.ts';
import { agentLevel } from '../../shared/agent-level.ts';
import { digestOfSettings } from '../../shared/agent-settings.ts';
import type { Applied } from '../../shared/applied.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Presence } from '../../shared/presence.ts';
import { reason } from '../../shared/reason.ts';
import type { Ack } from '../../shared/report.ts';
import { topicOf, type UpLeaf } from '../../shared/topics.ts';
import { createMeasuring } from './agent.ts';
import { isAsleep, isRestarting, type Machine } from './machine.ts';
import { createOutbox, type Item } from './outbox.ts';
import { createRandom, hex } from './random.ts';
import { bootIdOf } from './sections.ts';
import { has } from './troubles.ts';
import { openWire, type Wire } from './wire.ts';

export interface Credential {
  endpoint: string;
  bucket: string;
  secret: string;
  mqtt: { url: string; ca?: string };
}

export interface SimulatedOptions {
  machine: Machine;
  credential: Credential;
  intervalMs: number;
  /** No naps, no restarts, no troubles: for tests that count. */
  steady?: boolean;
  /** Longest wait between two attempts to connect, ms; as an agent waits for a collector that refuses it. */
  longestWaitMs?: number;
}

export interface Simulated {
  /** Messages made: reports and inventory. */
  readonly generated: number;
  /** Reports alone. */
  readonly reports: number;
  /** Not known to be durable at the collector. */
  readonly waiting: number;
  readonly isConnected: boolean;
  /** Which settings it has. */
  readonly applied: Applied;
  readonly epoch: string;
  readonly credential: Credential;
  start(): void;
  /** No more reports; goes on sending what waits. */
  quiet(): void;
  /** Says goodbye and ends. */
  stop(): Promise<void>;
}

const nothingApplied: Applied = {
  ...{ version: 0, digest: digestOfSettings({}), result: 'ok', problems: [], remote: 'on', lock: [] },
};

const window = 32;
const backlogPerSecond = 50;

export function createSimulated(options: SimulatedOptions): Simulated {
  const { credential, intervalMs, steady = false, longestWaitMs = 10_000 } = options;
  const machine = steady ? { ...options.machine, troubles: [] } : options.machine;
  const random = createRandom(machine.seed ^ Date.now());
  const outbox = createOutbox(hex(random, 32));
  const address = { bucket: credential.bucket, endpoint: credential.endpoint };
  const startedAt = Date.now();
  let wire: Wire | undefined;
  let session = '';
  let attempts = 0;
  let reports = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let applied = nothingApplied;
  let previous: 'clean' | 'unclean' | 'unknown' = 'unknown';

  const say = (said: Presence) => wire?.publish(topicOf(address, 'presence'), JSON.stringify(said), { retain: true });

  async function connect(): Promise<void> {
    if (isStopped || wire) return;
    session = hex(random, 16);
    const { hostname, port, protocol } = new URL(credential.mqtt.url);
    const lost: Presence = { state: 'lost', session };
    const mine = openWire({
      host: hostname,
      port: Number(port),
      ca: protocol === 'mqtts:' ? credential.mqtt.ca : undefined,
      clientId: credential.endpoint,
      password: credential.secret,
      will: { topic: topicOf(address, 'presence'), payload: Buffer.from(JSON.stringify(lost)), qos: 1, retain: true },
      onMessage(topic, payload) {
        if (topic.endsWith('/ack')) outbox.acked(JSON.parse(payload.toString()) as Ack);
        else if (topic.endsWith('/config')) takeConfig(mine, payload);
      },
    });
    wire = mine;
    void mine.closed.then(() => {
      if (wire === mine) wire = undefined;
      again();
    });
    try {
      if ((await mine.connected) !== 0) return mine.cut();
      attempts = 0;
      await mine.subscribe(topicOf(address, 'ack'), topicOf(address, 'config'));
      await say({
        state: 'online',
        session,
        boot_id: bootIdOf(machine, Date.now()),
        started_at: startedAt,
        previous_shutdown: previous,
        version: '0.1.0',
        level: agentLevel,
        settings: applied,
      });
      previous = 'clean';
      await resend(mine);
    } catch {
      // The connection has ended: `closed` follows, and with it the next attempt.
    }
  }

  /** As an agent does: what its reader refuses changes nothing, and is answered as refused. */
  function takeConfig(mine: Wire, payload: Buffer): void {
    const version = versionIn(payload) ?? 0;
    try {
      const config = payload.length === 0 ? null : parseConfig(payload);
      const digest = digestOfSettings(config ?? {});
      applied = { ...nothingApplied, version: config?.version ?? 0, digest };
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message.slice(0, 1000) : '';
      applied = { ...applied, version, result: 'refused', problems: [reason('settings_refused', { text })] };
    }
    if (version > 0) void mine.publish(topicOf(address, 'applied'), JSON.stringify(applied)).catch(() => undefined);
  }

  /** Full jitter, as agents do. */
  function again(): void {
    if (isStopped || retry) return;
    const longest = Math.min(longestWaitMs, 1000 * 2 ** attempts++);
    retry = setTimeout(() => {
      retry = undefined;
      if (!away(Date.now())) void connect();
      else again();
    }, random() * longest);
  }

  const away = (at: number) =>
    !steady && (isAsleep(machine, at) || isRestarting(machine, at) || has(machine, 'silent', at));

  /** Everything that waits, the newest first so that the present is visible, then from the oldest, at a bounded rate. */
  async function resend(mine: Wire): Promise<void> {
    const [...items] = outbox.items();
    const newest = items.pop();
    if (newest) await send(mine, newest);
    for (let from = 0; from < items.length && mine.isOpen; from += window) {
      const started = performance.now();
      const batch = items.slice(from, from + window);
      await Promise.all(batch.map((item) => send(mine, item)));
      const due = (batch.length * 1000) / backlogPerSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - (performance.now() - started))));
    }
  }

  function send(mine: Wire, item: Item): Promise<void> {
    const isLate = item.leaf === 'report' && Date.now() - item.at > 2 * intervalMs;
    const leaf: UpLeaf = isLate ? 'backlog' : item.leaf;
    return mine.publish(topicOf(address, leaf), item.payload);
  }

  function offer(item: Item): void {
    // A connection that ends in between is no loss: the item waits in the outbox.
    if (wire?.isOpen) send(wire, item).catch(() => undefined);
  }

  const measuring = createMeasuring({
    machine,
    clock: systemClock,
    waiting: () => outbox.size,
    send: (section, data) => offer(outbox.put('inventory', systemClock.now(), { section, data })),
  });

  async function measure(): Promise<void> {
    const at = Date.now();
    if (away(at)) {
      if (has(machine, 'silent', at)) wire?.cut();
      else if (wire?.isOpen) void leave(isAsleep(machine, at) ? 'sleep' : 'restart');
      return;
    }
    if (!wire && !retry) void connect();
    reports++;
    offer(outbox.put('report', at, { interval_s: intervalMs / 1000, ...(await measuring.measure()) }));
  }

  async function leave(reason: 'sleep' | 'restart' | 'stop'): Promise<void> {
    const mine = wire;
    if (!mine) return;
    try {
      await say({ state: 'offline', session, reason });
    } catch {
      // Cut before the goodbye was heard: then it is a will, as in life.
    }
    mine.end();
  }

  return {
    get generated() {
      return outbox.generated;
    },
    get reports() {
      return reports;
    },
    get waiting() {
      return outbox.size;
    },
    get isConnected() {
      return wire?.isOpen ?? false;
    },
    get applied() {
      return applied;
    },
    epoch: outbox.epoch,
    credential,
    start() {
      if (!away(Date.now())) void connect();
      // Each in its own phase: a fleet does not report in step.
      timer = setTimeout(() => {
        void measure();
        timer = setInterval(() => void measure(), intervalMs);
      }, random() * intervalMs);
    },
    quiet() {
      clearInterval(timer);
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      clearTimeout(retry);
      await leave('stop');
      wire?.cut();
    },
  };
}
