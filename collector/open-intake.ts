/** Wires the intake: from the source of messages to the store, to state and to the rules. Called by `collector.ts` alone. */
import { setTimeout as pause } from 'node:timers/promises';
import { bucketOf } from '../shared/topics.ts';
import { noteInstalls } from './changes/observe.ts';
import type { Endpoint } from './fleet/fleet.ts';
import { createInventory } from './fleet/inventory.ts';
import { createMachines, instanceIn, sharing } from './fleet/machines.ts';
import { createPresence } from './fleet/presence.ts';
import { oneAtATime } from './fleet/turns.ts';
import { createAcks } from './intake/acks.ts';
import { createAdmission } from './intake/admit.ts';
import { createArrivals } from './intake/arrivals.ts';
import { bridgeTo } from './intake/bridge/bridge.ts';
import { brokerOn } from './intake/broker/broker.ts';
import { createBudgets } from './intake/budgets.ts';
import { createIntakeCounters } from './intake/counters.ts';
import { createDownlink } from './intake/downlink.ts';
import { createEvaluation } from './intake/evaluation.ts';
import { watchFloods } from './intake/floods.ts';
import type { Intake, IntakeParts } from './intake/intake.ts';
import { createKeptInflater } from './intake/kept-inflater.ts';
import { createLargeMessages } from './intake/large/large-messages.ts';
import { createLosses } from './intake/losses.ts';
import { createQuarantine } from './intake/quarantine.ts';
import { createReportShapes } from './intake/report-shapes.ts';
import { createRetryWhileBusy, willPass } from './intake/retry-while-busy.ts';
import type { IntakeSource, OpenSource } from './intake/source.ts';
import type { OpenTls } from './open-tls.ts';
import { createPipeline, identityReport } from './pipeline.ts';
import { watchTrouble } from './series/trouble.ts';
import type { Config } from './settings/settings.ts';

/** What is not durable by then stays with its agent. */
const roadEmptyMs = 5000;

/** One save for all that ask while another is on its way. */
function createSaves(save: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    next ??= running.then(() => {
      next = null;
      running = save();
      return running;
    });
    return next;
  };
}

/** The broker of the settings, or that of this process. */
export const sourceOf = ({ broker, mqtt }: Config, { broker: shown }: Pick<OpenTls, 'broker'>): OpenSource =>
  broker ? bridgeTo(broker) : brokerOn({ ...mqtt, tls: shown.current() ?? undefined, renewals: shown.onChange });

/** How many should send now. */
function expectedOf(fleet: IntakeParts['fleet']): number {
  let count = 0;
  for (const { state } of fleet.all()) if (state === 'online' || state === 'unknown') count++;
  return count;
}

/** Two may have a fault at a time; people are told of one. */
function createTroubles(onTrouble: IntakeParts['onTrouble']): (of: 'store' | 'source', trouble: string | null) => void {
  const known = { store: null as string | null, source: null as string | null };
  return (of, trouble) => {
    known[of] = trouble;
    onTrouble?.(known.store ?? known.source);
  };
}

/** What comes from the source ends in the store, in state and at the rules. @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED */
export async function openIntake(parts: IntakeParts): Promise<Intake> {
  const { state, store, fleet, changeFeed, clock, log, alerts } = parts;
  const counters = createIntakeCounters(parts.registry);
  let listening: IntakeSource | undefined;
  const troubles = createTroubles(parts.onTrouble);
  const presence = await createPresence({
    ...parts,
    hears: () => listening?.hears?.() ?? true,
    async onChange(endpoint) {
      try {
        await alerts.onPresence(endpoint);
      } catch (thrown) {
        counters.failedSteps.inc({ step: 'presence' });
        if (!willPass(thrown))
          log.error({ err: thrown, endpoint: endpoint.id }, 'Could not evaluate a change of presence');
      }
      changeFeed.publish({ kind: 'endpoint', endpoint: endpoint.id });
    },
    // Its settings may hold what it did not know, or does no longer.
    onLevel: ({ id }) => downlink.configure(id),
  });
  const budgets = createBudgets(clock.monotonic, parts.budgets, parts.longestHoldMs);
  const evaluation = createEvaluation({
    log,
    counters,
    onReport(endpoint, sent) {
      const report = parts.heard?.(endpoint, sent) ?? sent;
      const before = alerts.countOf?.(endpoint.id) ?? 0;
      const saving = alerts.onReport(endpoint, parts.derive?.(endpoint, report) ?? report, true);
      return saving?.then(() => budgets.charge(endpoint.id, 'alerts', (alerts.countOf?.(endpoint.id) ?? 0) - before));
    },
  });
  const floods = watchFloods({ ...{ budgets, fleet, evaluation, changeFeed, counters, log }, now: clock.now });
  const machines = createMachines({
    ...{ state, now: clock.now },
    async onRefused(endpoint, isHere) {
      await fleet.reload(endpoint);
      if (isHere) source.disconnect(endpoint);
      changeFeed.publish({ kind: 'endpoint', endpoint });
    },
  });
  /** The alert about it lasts as long as the one that is refused tries. */
  const stillTries = async (endpoint: Endpoint) => {
    const found = await sharing(state, endpoint.id, clock.now());
    if (found.length > 1) evaluation.evaluate(endpoint, identityReport(found, clock.now()));
  };
  function barred(id: string, session: string | null): string | null {
    const endpoint = fleet.get(id);
    if (!endpoint) return null;
    if ((endpoint.againAt ?? null) !== null) return 'its machine is to be enrolled again before it reports';
    const instance = instanceIn(session);
    if (instance === null || !endpoint.refused?.includes(instance)) return null;
    stillTries(endpoint).catch((thrown) =>
      log.warn({ err: thrown, endpoint: id }, 'Could not read who shares an identity'),
    );
    return 'another machine with the same identity was there before; it is to be enrolled again';
  }
  const patience = createRetryWhileBusy(log);
  const downlink = createDownlink({ fleet, counters, now: clock.now, configOf: parts.configOf });
  const acks = createAcks({
    log,
    receipt: (endpoint, epoch) => store.receipt(endpoint, epoch),
    before: () => presence.backlog.save(),
    isShared: machines.isShared,
    send: downlink.acknowledge,
    charge: (endpoint, ms) => budgets.charge(endpoint, 'cpu', ms),
    monotonic: clock.monotonic,
  });
  const largeMessages = createLargeMessages({ log, limits: parts.largeMessages });
  const travel = createPipeline({
    ...parts,
    largeMessages,
    shapes: createReportShapes(),
    quickInflate: createKeptInflater(Math.max(0, largeMessages.smallBytes)),
    counters,
    presence,
    evaluation,
    budgets,
    inventoryTurns: oneAtATime(),
    inventory: createInventory(state, noteInstalls, (endpoint, rows) => budgets.charge(endpoint, 'rows', rows)),
    quarantine: createQuarantine({ state, clock, log, counters }),
    patience,
    machines,
    losses: createLosses({ state, patience, counters }),
    admission: createAdmission({
      retentionMs: parts.rawRetentionMs,
      maxSeries: parts.maxSeriesPerEndpoint ?? 2000,
      monotonic: clock.monotonic,
    }),
    asked: parts.asked ?? ((_endpoint, { id }) => Promise.resolve({ id, ok: false, until: null, text: 'Refused.' })),
    applied: parts.applied ?? (() => Promise.resolve()),
    updated: parts.updated ?? (() => Promise.resolve()),
    trusts: parts.trusts ?? (() => Promise.resolve()),
    answer: downlink.answer,
    ackDue: parts.conflict ? () => undefined : acks.due,
    conflict: parts.conflict ?? acks.conflict,
  });
  const arrivals = createArrivals({ fleet, clock, travel });
  const endOfRoad = async () => {
    floods.close();
    await largeMessages.close();
    await evaluation.close();
    await presence.close();
  };
  const opening = parts.source({
    ...{ held: parts.held, expected: () => expectedOf(fleet), onTrouble: (trouble) => troubles('source', trouble) },
    sessionOf: (id) => fleet.get(id)?.session,
    ...{ clock, log, counters, budgets, onMessage: arrivals.take, onSubscribe: downlink.onSubscribe },
    saved: createSaves(presence.backlog.save),
    onHeld: (endpoint) => fleet.received(endpoint, clock.now()),
    isShared: machines.isShared,
    barred,
    authenticate: (id, secret) => (fleet.authenticate(id, secret) ? { endpoint: id, bucket: bucketOf(id) } : undefined),
  });
  const source = await opening.catch(async (thrown: unknown) => {
    // Nothing that was started for it may go on without it.
    await acks.close();
    await endOfRoad();
    throw thrown;
  });
  listening = source;
  downlink.through(source);
  const stopWatching = watchTrouble(store, (trouble) => troubles('store', trouble));

  return {
    port: source.port,
    presence,
    counters,
    connected: source.connected,
    floodOf: floods.of,
    configure: downlink.configure,
    retire(endpoint) {
      downlink.forget(endpoint);
      source.disconnect(endpoint);
    },
    disconnect: source.disconnect,
    guests: source.guests,
    async close() {
      stopWatching();
      await acks.close();
      await source.close();
      // What the store cannot take will not be durable by waiting for it.
      const longest = store.stats().appendsWait === null ? roadEmptyMs : 0;
      await Promise.race([arrivals.empty(), pause(longest, undefined, { ref: false })]);
      await endOfRoad();
    },
  };
}
