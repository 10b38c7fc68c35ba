/**
 * The pipeline of a message. On arrival: admit → seen → keep → evaluate; once it is durable: acknowledge → publish.
 * Store, then acknowledge; save a change, then publish it. Every step is idempotent, because after a crash it is
 * repeated. Rules do not wait for the store, so that alerts do not depend on it.
 */
import type { Clock } from '../shared/clock.ts';
import { EvenkeelError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Presence } from '../shared/presence.ts';
import type { Metric, Report } from '../shared/report.ts';
import type { Section } from '../shared/section.ts';
import { advance } from './alerts/advance.ts';
import { type Batch, createBatch, type Input, isAlertChange } from './alerts/batch.ts';
import { type CauseOf, explain } from './alerts/explain.ts';
import type { AlertMemory } from './alerts/memory.ts';
import { saveAlerts } from './alerts/save.ts';
import type { Suppressors } from './alerts/suppressors.ts';
import type { Change, ChangeFeed } from './change-feed.ts';
import type { Endpoint, Fleet } from './fleet/fleet.ts';
import type { Inventory } from './fleet/inventory.ts';
import { type Machine, type Machines, namesOf } from './fleet/machines.ts';
import type { PresenceTracker } from './fleet/presence.ts';
import type { oneAtATime } from './fleet/turns.ts';
import type { EndpointBudgets } from './intake/budgets.ts';
import type { Evaluation } from './intake/evaluation.ts';
import { digestOf } from './intake/identity.ts';
import type { Losses } from './intake/losses.ts';
import type { Quarantine } from './intake/quarantine.ts';
import { type AdmitParts, admit } from './intake/read-message.ts';
import { answerAsk, keepApplied, rowsOfSaid, type SaidParts } from './intake/said.ts';
import { maintain } from './maintenance/maintain.ts';
import type { MaintenanceMemory } from './maintenance/memory.ts';
import { saveMaintenance } from './maintenance/save.ts';
import type { Admitting, Message } from './message.ts';
import { groupAlerts, type NotifyParts } from './notify/group-alerts.ts';
import type { MessageGroups } from './notify/groups.ts';
import { saveNotifications } from './notify/save.ts';
import { saveGroups } from './notify/save-groups.ts';
import { detect } from './outages/detect.ts';
import { inhibit } from './outages/inhibit.ts';
import { saveOutages } from './outages/save.ts';
import type { SeriesStore, Settled } from './series/series.ts';
import { saveSilences } from './silences/save.ts';
import { silence } from './silences/silence.ts';
import type { StateTransaction } from './state/database.ts';
import type { State } from './state/open.ts';
import { openTickets } from './tickets/open.ts';
import type { TicketPolicy } from './tickets/policy.ts';
import { saveTickets } from './tickets/save.ts';

/**
 * What is kept of a message until its commit. Thousands wait at a time: if their reports were kept too, the garbage
 * collector would copy each of them (13 of 40 µs per report, measured).
 */
interface PendingAck {
  acknowledge: () => void;
  endpoint: string;
  /** The content of the `ack` of this epoch changes with it. */
  epoch?: string;
  change?: Change;
}

export interface RoadParts extends AdmitParts, SaidParts {
  fleet: Fleet;
  quarantine: Quarantine;
  store: SeriesStore;
  presence: PresenceTracker;
  machines: Machines;
  inventory: Inventory;
  evaluation: Evaluation;
  losses: Losses;
  changeFeed: ChangeFeed;
  log: Log;
  /** A change of presence counts as several rows: it is kept for years, and closes and opens spans of availability. */
  budgets: Pick<EndpointBudgets, 'charge' | 'inventoryMay'>;
  /** Of one endpoint one section after the other: what one has cost is known before the next begins. */
  inventoryTurns: ReturnType<typeof oneAtATime>;
  /** The content of an `ack` has changed. */
  ackDue(endpoint: string, epoch: string): void;
  /** A number of this epoch conflicts: its agent is to continue under a new epoch. */
  conflict(endpoint: string, epoch: string): void;
}

interface RoadStep {
  name: string;
  /** A promise only where something is waited for: no step of a usual report costs a turn of the event loop. */
  run(parts: RoadParts, message: Message): Promise<void> | undefined;
  /** While it waits, so does what comes behind the message: reports are judged in their order. */
  keepsOrder?: true;
}

const arrival: readonly RoadStep[] = [
  { name: 'admit', run: admit, keepsOrder: true },
  { name: 'seen', run: seen },
  { name: 'keep', run: keep },
  { name: 'evaluate', run: evaluate },
];
const onceDurable: readonly { name: string; run(parts: RoadParts, kept: PendingAck): void }[] = [
  { name: 'acknowledge', run: acknowledge },
  { name: 'publish', run: ({ changeFeed }, { change }) => change && changeFeed.publish(change) },
];

/** @returns the function that runs one message through the steps; never throws */
export function createPipeline(parts: RoadParts): (message: Message) => Admitting {
  return (message) => travel(parts, message, 0);
}

function travel(parts: RoadParts, message: Message, from: number): Admitting {
  for (let n = from; n < arrival.length; n++) {
    const step = arrival[n] as RoadStep;
    try {
      const waiting = step.run(parts, message);
      if (waiting !== undefined) {
        const admitting = goOn(parts, message, n, waiting);
        return step.keepsOrder ? admitting : undefined;
      }
    } catch (thrown) {
      void failed(parts, message, step.name, thrown);
      return undefined;
    }
  }
  return undefined;
}

/** The remaining steps when step `n` has resolved. Separate, so that only such a message is held by a closure. */
function goOn(parts: RoadParts, message: Message, n: number, waiting: Promise<void>): Promise<void> {
  return waiting.then(
    () => void travel(parts, message, n + 1),
    (thrown) => void failed(parts, message, (arrival[n] as RoadStep).name, thrown),
  );
}

/** It would survive a crash from here on. Never throws: the store calls this in the middle of a commit. */
function durable(parts: RoadParts, kept: PendingAck): void {
  for (const step of onceDurable) {
    try {
      step.run(parts, kept);
    } catch (thrown) {
      parts.counters.failedSteps.inc({ step: step.name });
      parts.log.error(
        { err: thrown, endpoint: kept.endpoint, step: step.name },
        'A stored message was not processed further',
      );
    }
  }
}

/** Proof of life counts from receipt, whether or not the store accepts the report. */
function seen({ fleet, presence, log }: RoadParts, message: Message): undefined {
  const { endpoint, leaf, report, receivedAt } = message;
  if (!report) return undefined;
  const intervalMs = report.interval_s === undefined ? null : Math.round(report.interval_s * 1000);
  if (leaf === 'backlog' || presence.isLate(endpoint, report.at))
    presence.backlog.add(endpoint.id, report.at, intervalMs ?? endpoint.intervalMs ?? 10_000);
  if (leaf === 'backlog') return undefined;
  fleet.seen(endpoint.id, receivedAt, message.clockOffsetMs ?? null, intervalMs);
  presence.reported(endpoint)?.catch((thrown) => {
    log.error({ err: thrown, endpoint: endpoint.id }, 'Could not save the return of an endpoint');
  });
}

/** Makes the message durable. Beyond the limit it is not kept: its connection ends when there is room again. */
function keep(parts: RoadParts, message: Message): Promise<void> | undefined {
  if (message.presence) return keepPresence(parts, message, message.presence);
  if (message.ask) return answerAsk(parts, message, message.ask);
  if (message.applied) return keepApplied(parts, message, message.applied);
  if (message.crowded) {
    message.refuse();
    return undefined;
  }
  if (message.inventory) return keepInventory(parts, message, message.inventory);
  const { report } = message;
  if (!report) return undefined;
  if (report.lost || message.isEmptied)
    return keepLosses(parts, message, report).then(() => keepReport(parts, message, report));
  keepReport(parts, message, report);
  return undefined;
}

async function keepPresence(parts: RoadParts, message: Message, presence: Presence): Promise<void> {
  const { endpoint, acknowledge, from } = message;
  parts.budgets.charge(endpoint.id, 'rows', rowsOfSaid);
  const { settings: said, update, trust } = presence.state === 'online' ? presence : {};
  await Promise.all([
    // Before anything is waited for: what comes behind the birth may say something newer.
    said && parts.patience(() => parts.applied(endpoint, said)),
    update && parts.patience(() => parts.updated(endpoint, update)),
    trust && parts.patience(() => parts.trusts(endpoint, trust)),
    parts.patience(() => parts.presence.receive(endpoint, presence)),
  ]);
  const shared =
    presence.state === 'online' ? await parts.patience(() => parts.machines.born(endpoint.id, presence, from)) : null;
  durable(parts, { acknowledge, endpoint: endpoint.id });
  if (!shared) return;
  parts.counters.clones.inc();
  parts.evaluation.evaluate(endpoint, identityReport(shared, message.receivedAt));
}

/** A shared identity as a metric, so that a rule can alert on it; the alert shows the names. */
export function identityReport(machines: readonly Machine[], at: number): Report {
  const metric = {
    name: 'identity',
    tags: { host: namesOf(machines) },
    fields: { machines: machines.length },
    timestamp: at,
  };
  return { v: 1, epoch: '0'.repeat(32), seq: 1, at, metrics: [metric] };
}

function keepInventory(parts: RoadParts, message: Message, section: Section): Promise<void> {
  const { id } = message.endpoint;
  parts.budgets.charge(id, 'inventory', message.size as number);
  return parts.inventoryTurns.run(id, async () => {
    await parts.budgets.inventoryMay(id);
    await saveSection(parts, message, section);
  });
}

async function saveSection(parts: RoadParts, message: Message, section: Section): Promise<void> {
  const { acknowledge, receivedAt } = message;
  const endpoint = message.endpoint.id;
  const kept = await parts.patience(() => parts.inventory.save(endpoint, section, receivedAt));
  // Nothing is derived from an outdated section.
  const metrics = kept === 'saved' ? await parts.inventory.derive(endpoint, section, receivedAt) : [];
  const derived = await keepPlace(parts, message, section, metrics);
  if (!derived) return;
  durable(parts, { acknowledge, endpoint, change: { kind: 'inventory', endpoint, section: section.section } });
  if (metrics.length > 0) parts.evaluation.evaluate(message.endpoint, derived);
}

function keepReport(parts: RoadParts, message: Message, report: Report): void {
  const { receivedAt, acknowledge } = message;
  const endpoint = message.endpoint.id;
  const { epoch } = report;
  const digest = message.digest as number;
  if (!parts.store.hasEpoch(endpoint, epoch)) parts.budgets.charge(endpoint, 'epochs', 1);
  const settled = whenStored(parts, { acknowledge, endpoint, epoch, change: { kind: 'values', endpoint } });
  message.taken = parts.store.accept({ endpoint, receivedAt, report, digest, shapes: message.shapes }, settled);
  if (message.taken === 'duplicate') parts.counters.duplicates.inc();
  if (message.taken === 'conflict') refuseNumber(parts, message, epoch);
}

/** A separate function: its closure must not hold the report. */
function whenStored(parts: RoadParts, kept: PendingAck): Settled {
  return (problem) => {
    if (!problem) return durable(parts, kept);
    // Not acknowledged, so it is resent.
    parts.log.debug({ reason: problem.message, endpoint: kept.endpoint }, 'A report was not stored before the stop');
  };
}

function acknowledge({ ackDue }: RoadParts, { acknowledge, endpoint, epoch }: PendingAck): void {
  acknowledge();
  if (epoch !== undefined) ackDue(endpoint, epoch);
}

/** Two machines with one identity, or numbers restored from a backup: its content is not stored, so it must be resent. */
function refuseNumber({ counters, conflict }: RoadParts, { endpoint, refuse }: Message, epoch: string): void {
  counters.conflicts.inc();
  conflict(endpoint.id, epoch);
  refuse();
}

/**
 * Inventory and quarantined messages are numbered like reports: their number counts as received.
 * @returns undefined when the number belongs to other content, and the message is refused
 */
async function keepPlace(
  parts: RoadParts,
  message: Message,
  { epoch, seq }: { epoch: string; seq: number },
  metrics: Metric[] = [],
): Promise<Report | undefined> {
  const { receivedAt, payload, digest = digestOf(payload) } = message;
  const endpoint = message.endpoint.id;
  const report: Report = { v: 1, epoch, seq, at: receivedAt, metrics };
  const stored = await parts.store.append({ endpoint, receivedAt, report, digest });
  if (stored !== 'conflict') {
    parts.ackDue(endpoint, epoch);
    return report;
  }
  refuseNumber(parts, message, epoch);
  return undefined;
}

/** What will never be stored is declared before its number can be acknowledged. */
async function keepLosses({ losses, store, budgets }: RoadParts, message: Message, report: Report): Promise<void> {
  const { endpoint, receivedAt, isEmptied } = message;
  const lost = report.lost ?? [];
  budgets.charge(endpoint.id, 'rows', lost.length);
  budgets.charge(endpoint.id, 'epochs', lost.filter(({ epoch }) => !store.hasEpoch(endpoint.id, epoch)).length);
  await losses.declared(endpoint.id, lost, receivedAt);
  if (isEmptied) await losses.refused(endpoint.id, report, receivedAt);
}

/** Only live reports can raise an alert: breaches in a backlog are over. */
function evaluate({ evaluation }: RoadParts, { endpoint, leaf, report, taken }: Message): undefined {
  const isRepeat = taken === 'duplicate' || taken === 'conflict';
  if (leaf === 'report' && report && !isRepeat) evaluation.evaluate(endpoint, report);
}

async function failed(parts: RoadParts, message: Message, step: string, thrown: unknown): Promise<void> {
  const { counters, log } = parts;
  const { endpoint, topic } = message;
  if (!(thrown instanceof EvenkeelError)) {
    counters.failedSteps.inc({ step });
    log.error({ err: thrown, endpoint: endpoint.id, topic, step }, 'Could not process a message');
  }
  if (message.report && hasTooManyGaps(thrown)) await refuseGap(parts, message, message.report.epoch, thrown);
  // It can be kept later (CONFLICT: the store is closing), and is resent until then.
  else if (thrown instanceof EvenkeelError && (thrown.retryable || thrown.code === 'CONFLICT')) return;
  else if (step === 'admit' || step === 'keep') await putAside(parts, message, thrown);
}

/** A new epoch, with numbers in a row, is the cure; what was refused is shown. */
async function refuseGap(parts: RoadParts, message: Message, epoch: string, error: unknown): Promise<void> {
  refuseNumber(parts, message, epoch);
  const { endpoint, topic, payload } = message;
  await parts.quarantine.put({ endpoint: endpoint.id, topic, error, bytes: payload });
}

const hasTooManyGaps = (thrown: unknown) => thrown instanceof EvenkeelError && thrown.code === 'TOO_MANY_GAPS';

/**
 * A message that could not be admitted or kept would fail again: it is quarantined, declared lost, its number counts as
 * received, and it is acknowledged. Otherwise it would be resent for ever.
 */
async function putAside(parts: RoadParts, message: Message, error: unknown): Promise<void> {
  const { quarantine, losses, log } = parts;
  const { endpoint, topic, leaf, payload, report, receivedAt } = message;
  await quarantine.put({ endpoint: endpoint.id, topic, error, bytes: payload });
  const identity =
    leaf === 'presence' || leaf === 'ask' || leaf === 'applied'
      ? undefined
      : (message.inventory ?? report ?? message.identity);
  // Without a number no `ack` can cover it: its agent still has it.
  if (!identity) return message.acknowledge();
  try {
    await losses.refused(endpoint.id, identity, receivedAt);
    if (await keepPlace(parts, message, identity)) message.acknowledge();
  } catch (again) {
    log.error({ err: again, endpoint: endpoint.id, topic }, 'Could not save the number of a refused message');
    if (hasTooManyGaps(again)) refuseNumber(parts, message, identity.epoch);
    else message.refuse();
  }
}

// ── The second half: from a verdict to people and tickets ──

export interface SecondHalfParts {
  state: State;
  clock: Clock;
  changeFeed: ChangeFeed;
  memory: AlertMemory;
  maintenance: MaintenanceMemory;
  suppressors: Suppressors;
  policy: TicketPolicy;
  groups: MessageGroups;
  notify: NotifyParts;
  endpointOf(id: string): Endpoint | undefined;
  named(id: string): Pick<Endpoint, 'id' | 'name' | 'kind' | 'site'>;
  causeOf: CauseOf;
  wakeOutbox(): void;
}

/** Decided in memory, in this order; each step adds to the batch. */
const onVerdicts: readonly ((parts: SecondHalfParts, batch: Batch) => Promise<void>)[] = [
  ({ suppressors }, batch) => detect(suppressors, batch),
  advance,
  maintain,
  ({ suppressors }, batch) => silence(suppressors, batch),
  ({ suppressors }, batch) => inhibit(suppressors, batch),
  ({ causeOf }, batch) => explain(causeOf, batch),
  ({ policy, memory, named }, batch) => openTickets({ policy, alertOf: memory.alert, endpointOf: named }, batch),
  (parts, batch) => groupAlerts(parts.notify, batch),
];
/** Saved in one transaction, each room its own tables: alerts refer to tickets, notifications to both. */
const commit: readonly ((db: StateTransaction, batch: Batch, parts: SecondHalfParts) => Promise<void>)[] = [
  (db, batch, parts) => saveTickets(db, batch, parts.notify),
  (db, batch, { suppressors }) => saveAlerts(db, batch, suppressors.suppressions.suppressedBy),
  saveMaintenance,
  saveSilences,
  (db, batch, { suppressors }) => saveOutages(db, suppressors.outages, batch.at),
  saveNotifications,
  (db, _batch, { groups }) => saveGroups(db, groups),
];

/** @returns runs a batch through the second half; throws when it could not be saved, and then nothing has changed */
export function createSecondHalf(parts: SecondHalfParts): (inputs: readonly Input[]) => Promise<void> {
  const { state, clock, changeFeed, memory, maintenance, suppressors, policy, groups } = parts;
  const rooms = [memory, maintenance, suppressors, policy, groups];
  return async (inputs) => {
    const batch = createBatch(inputs, clock.now());
    try {
      for (const step of onVerdicts) await step(parts, batch);
      if (isWorthSaving(batch, parts))
        await state.transaction().execute(async (db) => {
          for (const save of commit) await save(db, batch, parts);
        });
    } catch (thrown) {
      for (const room of rooms) room.undo();
      throw thrown;
    }
    for (const [id, ticket] of batch.ticketOf) {
      const alert = memory.byId(id);
      if (alert) alert.ticket = ticket;
    }
    for (const room of rooms) room.keep();
    maintenance.pass(batch.at);
    suppressors.pass(batch.at);
    announce(changeFeed, batch);
    // A ticket may have called helpers.
    if (batch.notifications.length > 0 || batch.passedOn.length > 0 || batch.changedTickets.size > 0)
      parts.wakeOutbox();
  };
}

/** Time alone may send messages, and may change what they will say. */
function isWorthSaving(batch: Batch, { groups, suppressors }: SecondHalfParts): boolean {
  const { changes, actions, maintenance, silences, notifications, remarks } = batch;
  const decided = [changes, actions, maintenance, silences, notifications, remarks, suppressors.outages.changed()];
  return groups.unsaved().size > 0 || decided.some(({ length }) => length > 0);
}

/** After the commit: publishes the changes to open pages. */
function announce(changeFeed: ChangeFeed, batch: Batch): void {
  const { changes, remarks, changedTickets, maintenance, silences } = batch;
  const changed = [...changes.filter(isAlertChange), ...remarks];
  const alerts = new Map(changed.map(({ alert }) => [alert.id, alert.endpoint]));
  for (const [alert, endpoint] of alerts) changeFeed.publish({ kind: 'alert', alert, endpoint });
  for (const ticket of changedTickets) changeFeed.publish({ kind: 'ticket', ticket });
  const windows = maintenance.flatMap((one) =>
    one.type === 'window'
      ? one.window.id
      : one.type === 'occurrence'
        ? one.occurrence.window
        : one.type === 'over'
          ? one.window
          : [],
  );
  for (const one of new Set(windows)) changeFeed.publish({ kind: 'maintenance', maintenance: one });
  const ofSilences = silences.map((one) => (one.type === 'silence' ? one.silence.id : one.silence));
  for (const one of new Set(ofSilences)) changeFeed.publish({ kind: 'silence', silence: one });
}
