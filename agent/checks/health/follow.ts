/**
 * Disks, arrays and pools are followed by their identity from one reading to the next, because losing sight of something
 * is not its recovery: without a value the alert would end as "gone". So
 * - what was in trouble and tells nothing now keeps its last severity, and the reason says since when;
 * - what was there and is not is judged by its source: gone in order (forgotten), or missing (reported).
 * What never told a state was never watched, and its absence is no news.
 */
import type { HealthItem } from '../../../shared/inventory.ts';
import type { CheckContext } from '../check.ts';
import { objectOf, objectsOf } from '../loose.ts';
import { day, type HealthReading, item, metric, type Status, severityOf, worst } from './source.ts';

export interface Verdict {
  status: Status;
  reason: string;
  /** Of `health.code` in the words of the web app, where the reason is one of a few. */
  code?: string;
}

export interface Sighting extends Verdict {
  /** Serial number, WWN, UUID: what stays when the kernel deals out its names anew. */
  id: string;
  /** Name of the finding and the tag `name` of its series. */
  name: string;
  kind: string;
  details: HealthItem['details'];
  measurement: string;
  tags: Record<string, string>;
  /** Without the severity. */
  fields: Record<string, number | null>;
  /** It did not tell this itself: its last state stands if that is worse, and is what is remembered. */
  blind?: boolean;
  /** What will tell, should it be gone one day, whether that is in order. */
  evidence?: Record<string, unknown>;
}

/** As remembered: the last state that it told. */
export type Known = Pick<Sighting, 'id' | 'name' | 'kind' | 'reason' | 'measurement' | 'tags'> & {
  status: Status;
  /** When it told it, ms. */
  at: number;
  /** Since when it is missing, ms; null while it is there. */
  missing: number | null;
  evidence: Record<string, unknown>;
};

/** Nobody needs a month to see a ticket; what was taken out for good must not be a fault for ever. */
const forgetAfter = 30 * day;
const most = 256;
const keyOf = (source: string) => `known.${source}`;
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
const isBad = (status: Status) => status === 'warning' || status === 'critical';

export function knownOf(context: CheckContext, source: string): Known[] {
  return objectsOf(objectOf(context.memory.get(keyOf(source))).known ?? []) as unknown as Known[];
}

/** @param lostOf of one that was there and is not: its verdict, or null when it went in order */
export function follow(
  context: CheckContext,
  source: string,
  sightings: readonly Sighting[],
  lostOf: (known: Known) => Verdict | null,
): HealthReading {
  const now = context.clock.now();
  const before = new Map(knownOf(context, source).map((known) => [known.id, known]));
  const next: Known[] = [];
  const reading: HealthReading = { items: [], metrics: [] };
  for (const seen of sightings) {
    const known = before.get(seen.id);
    before.delete(seen.id);
    add(reading, { ...seen, ...verdictOn(seen, known) }, now);
    const { id, name, kind, measurement, tags, status, reason } = seen;
    const evidence = isBlind(seen) ? { ...seen.evidence, ...known?.evidence } : { ...seen.evidence };
    const state = isBlind(seen)
      ? known && { status: known.status, reason: known.reason, at: known.at }
      : { status, reason, at: now };
    if (state) next.push({ ...state, id, name, kind, measurement, tags, evidence, missing: null });
  }
  for (const known of before.values()) {
    const missing = known.missing ?? now;
    const lost = now - missing >= forgetAfter ? null : lostOf(known);
    if (lost === null) continue;
    next.push({ ...known, missing });
    const status = worst([lost.status, known.status]);
    const reason = `${lost.reason}; ${lastTold(known)}`;
    add(reading, { ...known, ...lost, status, reason, details: {}, fields: {} }, now);
  }
  context.memory.set(keyOf(source), { known: next.slice(0, most) });
  return reading;
}

const lastTold = ({ at, status, reason }: Known) => `last read on ${dayOf(at)}: ${isBad(status) ? reason : 'well'}`;

const isBlind = ({ blind, status }: Sighting) => blind === true || status === 'unknown';

/** Silence about something that was in trouble is no better news than the trouble. */
function verdictOn(seen: Sighting, known: Known | undefined): Verdict {
  const { status, reason, code } = seen;
  if (!isBlind(seen)) return code === undefined ? { status, reason } : { status, reason, code };
  if (!known) return { status: 'unknown', reason };
  return { status: worst([status, known.status]), reason: `${reason}; ${lastTold(known)}`, code: code ?? 'last_told' };
}

/** The source could look at none of them. */
export function allBlind(context: CheckContext, source: string, reason: string): HealthReading {
  const seen = knownOf(context, source).map(
    (known): Sighting => ({ ...known, status: 'unknown', reason, details: {}, fields: {} }),
  );
  return follow(context, source, seen, () => null);
}

function add(reading: HealthReading, seen: Omit<Sighting, 'id'>, now: number): void {
  const { kind, name, status, reason, code, details, measurement, tags, fields } = seen;
  const shown = code === undefined ? details : { code, ...details };
  reading.items.push(item(kind, name, status, reason, shown, now));
  reading.metrics.push(...metric(measurement, tags, { severity: severityOf(status), ...fields }, now));
}
