/** Broker and road put together: what comes over MQTT ends in the store, in state and at the rules. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Ack, AgentConfig, Report } from '../../shared/report.ts';
import { bucketOf } from '../../shared/topics.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { createInventory } from '../fleet/inventory.ts';
import { createMachines } from '../fleet/machines.ts';
import { createPresence, type Presence } from '../fleet/presence.ts';
import { createPipeline } from '../pipeline.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import type { Tell } from '../tell.ts';
import { createAcks } from './acks.ts';
import { createAdmission } from './admit.ts';
import { type Broker, createBroker, type Limits } from './broker.ts';
import { createIntakeCounters, type IntakeCounters } from './counters.ts';
import { createEvaluation } from './evaluation.ts';
import type { Tls } from './listen.ts';
import { createLosses } from './losses.ts';
import { createPatience } from './patience.ts';
import type { Message } from './publications.ts';
import { createQuarantine } from './quarantine.ts';

const troubleLookMs = 2000;
/** What is not durable by then stays with its agent. */
const roadEmptyMs = 5000;

export interface IntakeParts {
  host: string;
  /** 0 takes a free one: see `port` of the result. */
  port: number;
  tls?: Tls | undefined;
  limits?: Partial<Limits>;
  state: State;
  store: SeriesStore;
  fleet: Fleet;
  tell: Tell;
  clock: Clock;
  log: Log;
  registry: Registry;
  /** How long raw samples are kept, ms: older ones are refused with the reason. */
  rawRetentionMs: number;
  maxSeriesPerEndpoint?: number;
  /** Instead of the computed time that the fleet has to come back after a start, ms. */
  graceMs?: number;
  alerts: {
    /** A promise only where a change is being saved. */
    onReport(endpoint: Endpoint, report: Report, live: boolean): Promise<void> | undefined;
    onPresence(endpoint: Endpoint): Promise<void>;
  };
  /** What follows from a report and what else is known of its endpoint, as metrics for the rules. */
  derive?(endpoint: Endpoint, report: Report): Report;
  /** Something is wrong with the series store (`trouble`: what), or not any more (null): an alert of the collector about itself. */
  onTrouble?(trouble: string | null): void;
  /** Settings for an endpoint, where there are any. */
  configOf?(endpoint: Endpoint): AgentConfig | undefined;
}

export interface Intake {
  readonly port: number;
  readonly presence: Presence;
  readonly counters: IntakeCounters;
  connected(): number;
  /** Sends the endpoint its settings again, after they were changed. */
  configure(endpoint: string): void;
  /** Ends the connection of a retired endpoint. */
  disconnect(endpoint: string): void;
  /** The mirror of the start: closes the door, waits for what is on the road, tells the last acks. */
  close(): Promise<void>;
}

/** @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED */
export async function openIntake(parts: IntakeParts): Promise<Intake> {
  const { state, store, fleet, tell, clock, log, alerts } = parts;
  const counters = createIntakeCounters(parts.registry);
  const presence = await createPresence({
    ...parts,
    async onChange(endpoint) {
      try {
        await alerts.onPresence(endpoint);
      } catch (thrown) {
        counters.failedSteps.inc({ step: 'presence' });
        log.error({ err: thrown, endpoint: endpoint.id }, 'a change of presence could not be evaluated');
      }
      tell.publish({ kind: 'endpoint', endpoint: endpoint.id });
    },
  });
  const evaluation = createEvaluation({
    log,
    counters,
    onReport: (endpoint, report) => alerts.onReport(endpoint, parts.derive?.(endpoint, report) ?? report, true),
  });
  const machines = createMachines(state, clock.now);
  const patience = createPatience(log);
  let broker: Broker | undefined;
  const acks = createAcks({
    log,
    receipt: (endpoint, epoch) => store.receipt(endpoint, epoch),
    before: () => presence.backlog.save(),
    isShared: machines.isShared,
    send(endpoint, ack) {
      if (broker?.send(endpoint, 'ack', Buffer.from(JSON.stringify(ack), 'utf8'))) counters.acks.inc();
    },
  });
  const travel = createPipeline({
    ...parts,
    counters,
    presence,
    evaluation,
    inventory: createInventory(state),
    quarantine: createQuarantine({ state, clock, log, counters }),
    patience,
    machines,
    losses: createLosses({ state, patience, counters }),
    admission: createAdmission({
      retentionMs: parts.rawRetentionMs,
      maxSeries: parts.maxSeriesPerEndpoint ?? 2000,
      monotonic: clock.monotonic,
    }),
    ackDue: acks.due,
    conflict: acks.conflict,
  });
  const road = createGauge();

  function configure(id: string): void {
    const endpoint = fleet.get(id);
    const config = endpoint && parts.configOf?.(endpoint);
    if (config) broker?.send(id, 'config', Buffer.from(JSON.stringify(config), 'utf8'), true);
  }

  /** Its agent is told here and now: whatever it sends under the old id is not taken. */
  function tellMoved(id: string): void {
    const now = fleet.movedTo(id);
    if (!now) return;
    const moved = { endpoint: now.id, bucket: now.bucket, name: now.name };
    const ack: Ack = { epoch: '0'.repeat(32), through: 0, also: [], moved };
    broker?.send(id, 'ack', Buffer.from(JSON.stringify(ack), 'utf8'));
  }

  const opening = createBroker({
    ...parts,
    counters,
    authenticate(id, secret) {
      return fleet.authenticate(id, secret) ? { endpoint: id, bucket: bucketOf(id) } : undefined;
    },
    onMessage(message) {
      const endpoint = fleet.get(message.endpoint);
      // Retired while connected, or another one goes on for it: it is not stored, so it is not acknowledged.
      if (!endpoint) return message.refuse();
      const { leaf, topic, payload, from, crowded } = message;
      const answers = road.enter(message);
      travel({ endpoint, leaf, topic, payload, from, crowded, receivedAt: clock.now(), ...answers });
    },
    onSubscribe(id, leaf) {
      if (leaf === 'config') configure(id);
      else tellMoved(id);
    },
  });
  try {
    broker = await opening;
  } catch (thrown) {
    // Nothing that was started for it may go on without it.
    await acks.close();
    await evaluation.close();
    await presence.close();
    throw thrown;
  }
  const stopLooking = watchTrouble(store, parts.onTrouble);

  return {
    port: broker.port,
    presence,
    counters,
    connected: () => broker.connected(),
    configure,
    disconnect: (endpoint) => broker.disconnect(endpoint),
    async close() {
      stopLooking();
      await acks.close();
      await broker.close();
      // What the store cannot take will not be durable by waiting for it.
      const longest = store.stats().appendsWait === null ? roadEmptyMs : 0;
      await Promise.race([road.empty(), pause(longest, undefined, { ref: false })]);
      await evaluation.close();
      await presence.close();
    },
  };
}

/** Looks at the store's own word on whether all is well with it, and tells when that changes. */
function watchTrouble(store: SeriesStore, tellTrouble: IntakeParts['onTrouble']): () => void {
  let told: string | null = null;
  const timer = setInterval(() => {
    const { trouble } = store.stats();
    if (trouble === told) return;
    told = trouble;
    tellTrouble?.(trouble);
  }, troubleLookMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Counts what is not answered yet, and tells when nothing is. */
function createGauge() {
  let inside = 0;
  let waiting: (() => void)[] = [];
  const leave = () => {
    if (--inside > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  return {
    /** @returns how to answer it, once */
    enter({ acknowledge, refuse }: Pick<Message, 'acknowledge' | 'refuse'>) {
      inside++;
      const leaving = (answer: () => void) => () => {
        answer();
        leave();
      };
      return { acknowledge: leaving(acknowledge), refuse: leaving(refuse) };
    },
    empty: () => (inside === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
  };
}
