/**
 * Disks, arrays and pools are followed by their identity from one reading to the next, because a missing value is no
 * recovery: without a value the alert would resolve as "gone". So
 * - what was in trouble and reports no state now keeps its last severity, and the reason says since when;
 * - what was there and is not is judged by its source: gone in order (forgotten), or missing (reported). What never
 *   reported a state was never watched, and its absence is not reported.
 */

import { type Reason, reason, reasonsIn } from '../../../shared/reason.ts';
import type { CheckContext } from '../check.ts';
import { objectOf, objectsOf } from '../parse.ts';
import { type Details, day, type HealthReading, type HealthStatus, item, metric, severityOf, worst } from './source.ts';

export interface DeviceVerdict {
  status: HealthStatus;
  reasons: readonly Reason[];
}

export interface Sighting extends DeviceVerdict {
  /** Serial number, WWN, UUID: what stays when the kernel deals out its names anew. */
  id: string;
  /** Name of the finding and the tag `name` of its series. */
  name: string;
  kind: string;
  details: Details;
  measurement: string;
  tags: Record<string, string>;
  /** Without the severity. */
  fields: Record<string, number | null>;
  /** Not reported by the item itself: its last state stands if that is worse, and is what is remembered. */
  blind?: boolean;
  /** Used to decide, if it disappears one day, whether that is in order. */
  evidence?: Record<string, unknown>;
}

/** As remembered: the last state that it reported. */
export type KnownDevice = Pick<Sighting, 'id' | 'name' | 'kind' | 'measurement' | 'tags'> & {
  /** Agents before 0.2 kept a sentence, in `reason`. */
  reasons?: readonly Reason[];
  reason?: string;
  status: HealthStatus;
  /** When it was reported, ms. */
  at: number;
  /** Since when it is missing, ms; null while it is there. */
  missing: number | null;
  evidence: Record<string, unknown>;
};

/** A ticket is seen within a month; what was taken out for good must not be a fault for ever. */
const forgetAfter = 30 * day;
const most = 256;
const keyOf = (source: string) => `known.${source}`;
const isBad = (status: HealthStatus) => status === 'warning' || status === 'critical';

export function knownOf(context: CheckContext, source: string): KnownDevice[] {
  return objectsOf(objectOf(context.memory.get(keyOf(source))).known ?? []) as unknown as KnownDevice[];
}

/** @param lostOf of one that was there and is not: its verdict, or null when it went in order */
export function follow(
  context: CheckContext,
  source: string,
  sightings: readonly Sighting[],
  lostOf: (known: KnownDevice) => DeviceVerdict | null,
): HealthReading {
  const now = context.clock.now();
  const before = new Map(knownOf(context, source).map((known) => [known.id, known]));
  const next: KnownDevice[] = [];
  const reading: HealthReading = { items: [], metrics: [] };
  for (const seen of sightings) {
    const known = before.get(seen.id);
    before.delete(seen.id);
    add(reading, { ...seen, ...verdictOn(seen, known) }, now);
    const { id, name, kind, measurement, tags, status, reasons } = seen;
    const evidence = isBlind(seen) ? { ...seen.evidence, ...known?.evidence } : { ...seen.evidence };
    const state = isBlind(seen)
      ? known && { status: known.status, reasons: reasonsKept(known), at: known.at }
      : { status, reasons, at: now };
    if (state) next.push({ ...state, id, name, kind, measurement, tags, evidence, missing: null });
  }
  for (const known of before.values()) {
    const missing = known.missing ?? now;
    const lost = now - missing >= forgetAfter ? null : lostOf(known);
    if (lost === null) continue;
    next.push({ ...known, missing });
    const status = worst([lost.status, known.status]);
    const reasons = [...lost.reasons, ...lastRead(known)];
    add(reading, { ...known, status, reasons, details: {}, fields: {} }, now);
  }
  context.memory.set(keyOf(source), { known: next.slice(0, most) });
  return reading;
}

const reasonsKept = (known: KnownDevice): readonly Reason[] => known.reasons ?? reasonsIn(known.reason);

/** When it was read last, and how it was then. */
const lastRead = (known: KnownDevice): readonly Reason[] =>
  isBad(known.status)
    ? [reason('last_read', { read_on: known.at }), ...reasonsKept(known)]
    : [reason('last_read_well', { read_on: known.at })];

const isBlind = ({ blind, status }: Sighting) => blind === true || status === 'unknown';

/** No report about something that was in trouble is as bad as the trouble. */
function verdictOn(seen: Sighting, known: KnownDevice | undefined): DeviceVerdict {
  const { status, reasons } = seen;
  if (!isBlind(seen)) return { status, reasons };
  if (!known) return { status: 'unknown', reasons };
  return { status: worst([status, known.status]), reasons: [...reasons, ...lastRead(known)] };
}

/** The source could read none of them. */
export function allBlind(context: CheckContext, source: string, why: Reason): HealthReading {
  const seen = knownOf(context, source).map(
    (known): Sighting => ({ ...known, status: 'unknown', reasons: [why], details: {}, fields: {} }),
  );
  return follow(context, source, seen, () => null);
}

function add(reading: HealthReading, seen: Omit<Sighting, 'id'>, now: number): void {
  const { kind, name, status, reasons, details, measurement, tags, fields } = seen;
  reading.items.push(item(kind, name, status, reasons, details, now));
  reading.metrics.push(...metric(measurement, tags, { severity: severityOf(status), ...fields }, now));
}
