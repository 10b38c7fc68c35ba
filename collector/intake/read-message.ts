/** The first step of the pipeline: from bytes to what they say, at once or, for large ones, by the worker. */

import { Applied } from '../../shared/applied.ts';
import { Ask } from '../../shared/ask.ts';
import type { Clock } from '../../shared/clock.ts';
import { Presence } from '../../shared/presence.ts';
import { decodePlain, InventoryMessage, inflateSmall, Report } from '../../shared/report.ts';
import { sectionOf } from '../../shared/section.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { Message } from '../message.ts';
import type { Admission } from './admit.ts';
import type { EndpointBudgets } from './budgets.ts';
import type { IntakeCounters } from './counters.ts';
import { digestOf, identityIn } from './identity.ts';
import type { QuickInflate } from './kept-inflater.ts';
import type { LargeMessages } from './large/large-messages.ts';
import type { Quarantine } from './quarantine.ts';
import type { MetricShape, ReportShapes } from './report-shapes.ts';

export interface AdmitParts {
  admission: Admission;
  largeMessages: Pick<LargeMessages, 'read' | 'smallBytes'>;
  quarantine: Pick<Quarantine, 'putParts'>;
  fleet: Pick<Fleet, 'received'>;
  shapes: ReportShapes;
  quickInflate: QuickInflate;
  budgets: Pick<EndpointBudgets, 'charge'>;
  clock: Clock;
  counters: IntakeCounters;
}

/** What of a message is needed to read it. */
export type Readable = Omit<Message, 'endpoint'> & { readonly endpoint: Pick<Endpoint, 'id' | 'clockOffsetMs'> };

/** Validates an untrusted payload against the schema of its topic. */
export function admit(parts: AdmitParts, message: Readable): Promise<void> | undefined {
  const { leaf, payload } = message;
  parts.counters[leaf].inc();
  const plain = inflateSmall(payload, parts.largeMessages.smallBytes, parts.quickInflate);
  if (!plain) return admitLarge(parts, message);
  message.size = plain.length;
  message.digest = digestOf(plain);
  try {
    if (leaf === 'ask') message.ask = decodePlain<Ask>(Ask, plain);
    else if (leaf === 'applied') message.applied = decodePlain<Applied>(Applied, plain);
    else if (leaf === 'presence') message.presence = decodePlain<Presence>(Presence, plain);
    else if (leaf === 'inventory') admitSection(message, decodePlain<InventoryMessage>(InventoryMessage, plain));
    else readReport(parts, message, plain);
  } catch (thrown) {
    message.identity ??= identityIn(plain);
    throw thrown;
  }
  return undefined;
}

function readReport(parts: AdmitParts, message: Readable, plain: Uint8Array): void {
  const { id } = message.endpoint;
  const known = parts.shapes.read(id, plain);
  if (known) {
    admitReport(parts, message, known.report, known.shapes);
    return;
  }
  const report = decodePlain<Report>(Report, plain);
  if (!report.lost) parts.shapes.learn(id, plain, report);
  admitReport(parts, message, report);
}

/** Read by the worker; from then on like any other. */
async function admitLarge(parts: AdmitParts, message: Readable): Promise<void> {
  const { endpoint, leaf, payload, receivedAt } = message;
  // It would wait in memory without a bound; when it comes again it is judged.
  if (message.crowded) return;
  parts.fleet.received(endpoint.id, receivedAt);
  const { ms, content, problem, ...known } = await parts.largeMessages.read(endpoint.id, leaf, payload);
  Object.assign(message, known);
  parts.budgets.charge(endpoint.id, 'cpu', ms);
  if (problem) throw problem;
  const since = parts.clock.monotonic();
  if (content && 'report' in content) admitReport(parts, message, content.report);
  else Object.assign(message, content);
  parts.budgets.charge(endpoint.id, 'cpu', parts.clock.monotonic() - since);
}

function admitSection(message: Readable, section: InventoryMessage): void {
  message.identity = { epoch: section.epoch, seq: section.seq };
  message.inventory = sectionOf(section);
}

function admitReport(
  { admission, quarantine, counters }: AdmitParts,
  message: Readable,
  report: Report,
  shapes?: readonly MetricShape[],
): void {
  const { endpoint, leaf, topic, receivedAt } = message;
  const size = message.size as number;
  const admitted = admission.admit(endpoint, leaf === 'report', report, receivedAt, shapes);
  const { refused, corrected } = admitted;
  message.report = admitted.report;
  // What was corrected has lost metrics or fields, perhaps.
  message.shapes = admitted.report === report ? shapes : undefined;
  message.clockOffsetMs = admitted.clockOffsetMs;
  message.isEmptied = admitted.isEmptied;
  if (corrected) counters.correctedTimes.inc();
  for (const { error, count, parts } of refused) {
    counters.droppedFields.inc({ reason: error.code }, count);
    void quarantine.putParts({ endpoint: endpoint.id, topic, error, size, count, parts });
  }
}
