/**
 * The road of a message, written once: admit → seen → keep → acknowledge → evaluate → tell. Store, then acknowledge;
 * save the change, then tell anyone. Every step can be repeated without harm, because after a crash it will be.
 */
import type { Clock } from '../shared/clock.ts';
import { EvenkeelError, reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { Presence as Said } from '../shared/presence.ts';
import { decode, InventoryMessage, type Report } from '../shared/report.ts';
import type { UpLeaf } from '../shared/topics.ts';
import type { Endpoint, Fleet } from './fleet/fleet.ts';
import type { Inventory } from './fleet/inventory.ts';
import type { Presence } from './fleet/presence.ts';
import { type Admission, identityIn } from './intake/admit.ts';
import type { IntakeCounters } from './intake/counters.ts';
import type { Evaluation } from './intake/evaluation.ts';
import type { Patience } from './intake/patience.ts';
import type { Quarantine } from './intake/quarantine.ts';
import type { SeriesStore } from './series/series.ts';
import type { State } from './state/open.ts';
import type { Tell } from './tell.ts';

/** One message on its way. Filled by the steps; `over` ends the road early. */
export interface Passage {
  readonly endpoint: Endpoint;
  readonly leaf: UpLeaf;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** ms UTC by the collector's wall clock. */
  readonly receivedAt: number;
  /** Called once when the message is durable or need never come again. */
  readonly acknowledge: () => void;
  /** Too much waits for the store already: evaluate it, and let it come again later. */
  readonly crowded?: boolean;
  report?: Report;
  /** When the agent says it made the report, by its own clock, before any correction; ms UTC. */
  toldAt?: number;
  bytes?: Uint8Array;
  inventory?: InventoryMessage;
  said?: Said;
  /** Kept already before this message came. */
  duplicate?: boolean;
}

export interface RoadParts {
  state: State;
  store: SeriesStore;
  fleet: Fleet;
  presence: Presence;
  inventory: Inventory;
  admission: Admission;
  quarantine: Quarantine;
  evaluation: Evaluation;
  patience: Patience;
  tell: Tell;
  clock: Clock;
  log: Log;
  counters: IntakeCounters;
  /** The content of an `ack` has changed. */
  ackDue(endpoint: string, epoch: string): void;
}

interface Step {
  name: string;
  /** A promise only where something is waited for: most steps of most messages cost no turn of the event loop. */
  run(passage: Passage): void | Promise<void>;
}

/** The road itself. @returns the function that sends one message along it; never throws, never rejects */
export function createPipeline(parts: RoadParts): (passage: Passage) => Promise<void> {
  const road: readonly Step[] = [
    { name: 'admit', run: (passage) => admit(parts, passage) },
    { name: 'seen', run: (passage) => seen(parts, passage) },
    { name: 'keep', run: (passage) => keep(parts, passage) },
    { name: 'acknowledge', run: (passage) => passage.acknowledge() },
    { name: 'evaluate', run: (passage) => evaluate(parts, passage) },
    { name: 'tell', run: (passage) => tellPages(parts, passage) },
  ];
  return async (passage) => {
    for (const step of road) {
      try {
        const waiting = step.run(passage);
        if (waiting) await waiting;
      } catch (thrown) {
        await failed(parts, passage, step.name, thrown);
        return;
      }
    }
  };
}

/** Bytes of a stranger become what the topic says, or an error. */
function admit({ admission, quarantine, counters }: RoadParts, passage: Passage): void {
  const { endpoint, leaf, topic, payload, receivedAt } = passage;
  counters[leaf].inc();
  if (leaf === 'presence') passage.said = decode<Said>(Said, payload);
  else if (leaf === 'inventory') passage.inventory = decode<InventoryMessage>(InventoryMessage, payload);
  else {
    const admitted = admission.admit(endpoint, leaf === 'report', payload, receivedAt);
    const { bytes, notes, corrected } = admitted;
    passage.report = admitted.report;
    passage.toldAt = admitted.toldAt;
    passage.bytes = bytes;
    if (corrected) counters.correctedTimes.inc();
    for (const error of notes) {
      counters.droppedFields.inc({ reason: error.code });
      void quarantine.note({ endpoint: endpoint.id, topic, error, bytes });
    }
  }
}

/** Proof of life counts from its receipt, whether or not the store can take the report now. */
function seen({ fleet, presence, log }: RoadParts, passage: Passage): void {
  const { endpoint, leaf, report, receivedAt } = passage;
  if (!report) return;
  const intervalMs = report.interval_s === undefined ? null : report.interval_s * 1000;
  if (leaf === 'backlog') {
    presence.backlog.add(endpoint.id, report.at, intervalMs ?? endpoint.intervalMs ?? 10_000);
    return;
  }
  fleet.seen(endpoint.id, receivedAt, passage.toldAt ?? report.at, intervalMs);
  presence.reported(endpoint)?.catch((thrown) => {
    log.error({ err: thrown, endpoint: endpoint.id }, 'the return of an endpoint could not be saved');
  });
}

/** Durable when it resolves. */
async function keep(parts: RoadParts, passage: Passage): Promise<void> {
  const { presence, inventory, patience, store, evaluation, ackDue } = parts;
  const { endpoint, leaf, receivedAt, said, report } = passage;
  if (passage.crowded && !said) return letComeAgain(parts, passage);
  if (said) return patience(() => presence.said(endpoint, said));
  if (passage.inventory) {
    const message = passage.inventory;
    await patience(() => inventory.save(endpoint.id, message, receivedAt));
    await keepPlace(parts, endpoint.id, message, receivedAt);
    return;
  }
  if (!report) return;
  if (report.lost) await keepLosses(parts, passage, report);
  const stored = store.append({ endpoint: endpoint.id, receivedAt, report, bytes: passage.bytes as Uint8Array });
  if (leaf === 'report') evaluation.waits(endpoint, report);
  passage.duplicate = (await stored) === 'duplicate';
  if (passage.duplicate) parts.counters.duplicates.inc();
  ackDue(endpoint.id, report.epoch);
}

/** Never resolves: what is not kept is never acknowledged. The broker ends the connection when there is room again. */
function letComeAgain({ evaluation }: RoadParts, { endpoint, leaf, report }: Passage): Promise<never> {
  if (leaf === 'report' && report) {
    evaluation.waits(endpoint, report);
    evaluation.due(endpoint, report);
  }
  return new Promise(() => undefined);
}

/** Inventory and quarantined messages have a place in the same sequence as reports: it counts as received. */
async function keepPlace(
  { store, ackDue }: RoadParts,
  endpoint: string,
  { epoch, seq }: { epoch: string; seq: number },
  receivedAt: number,
): Promise<void> {
  const report: Report = { v: 1, epoch, seq, at: receivedAt, metrics: [] };
  await store.append({ endpoint, receivedAt, report, bytes: Buffer.from(JSON.stringify(report), 'utf8') });
  ackDue(endpoint, epoch);
}

/** What the agent had to give up: shown to people. A loss that is told twice is one row. */
async function keepLosses({ state, patience, counters }: RoadParts, passage: Passage, report: Report): Promise<void> {
  const rows = (report.lost ?? []).map((loss) => ({
    endpoint: passage.endpoint.id,
    epoch: loss.epoch,
    from_seq: loss.from,
    to_seq: loss.to,
    reason: loss.reason,
    count: loss.count,
    received_at: passage.receivedAt,
  }));
  if (rows.length === 0) return;
  await patience(async () => {
    await state
      .insertInto('losses')
      .values(rows)
      .onConflict((clash) => clash.doNothing())
      .execute();
  });
  counters.lostReports.inc(rows.reduce((sum, row) => sum + row.count, 0));
}

/** Only what is live can raise an alert: a backlog tells of breaches that are over. */
function evaluate({ evaluation }: RoadParts, { endpoint, leaf, report, duplicate }: Passage): void {
  if (leaf !== 'report' || !report) return;
  if (duplicate) evaluation.settled(report);
  else evaluation.due(endpoint, report);
}

function tellPages({ tell }: RoadParts, { endpoint, inventory, report, duplicate }: Passage): void {
  if (inventory) tell.publish({ kind: 'inventory', endpoint: endpoint.id, section: inventory.section });
  else if (report && !duplicate) tell.publish({ kind: 'values', endpoint: endpoint.id });
}

async function failed(parts: RoadParts, passage: Passage, step: string, thrown: unknown): Promise<void> {
  const { counters, log } = parts;
  const { endpoint, topic } = passage;
  if (!(thrown instanceof EvenkeelError)) {
    counters.failedSteps.inc({ step });
    log.error({ err: thrown, endpoint: endpoint.id, topic, step }, 'a message failed inside the collector');
  }
  if (step === 'admit' || step === 'keep') await putAside(parts, passage, thrown);
}

/**
 * A message that could not be admitted or kept can only fail again: it is put where people see it, its place counts as
 * received, and it is acknowledged. Otherwise it would come back for ever.
 */
async function putAside(parts: RoadParts, passage: Passage, error: unknown): Promise<void> {
  const { quarantine, evaluation, log, clock } = parts;
  const { endpoint, topic, payload, report } = passage;
  if (report) evaluation.settled(report);
  await quarantine.put({ endpoint: endpoint.id, topic, error, bytes: payload });
  const identity = passage.inventory ?? report ?? identityIn(payload);
  try {
    if (identity && passage.leaf !== 'presence') await keepPlace(parts, endpoint.id, identity, clock.now());
  } catch (again) {
    log.error({ endpoint: endpoint.id, topic, reason: reasonOf(again) }, 'the place of a refused message was not kept');
  }
  passage.acknowledge();
}
