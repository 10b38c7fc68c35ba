/** Ninety days of the parts of a status page: read from the signals once an hour, however many people look. */
import type { Clock } from '../../shared/clock.ts';
import { pooled, sharesOf } from '../kpi/availability.ts';
import { type KpiFacts, readFacts } from '../kpi/facts.ts';
import { endpointsIn } from '../kpi/question.ts';
import { daysIn, type SiteMonth } from '../kpi/site-months.ts';
import type { State } from '../state/open.ts';

export interface PartDays {
  days: SiteMonth['days'];
  /** Percent; null where nothing was up or down. */
  availability: number | null;
}

export type PartScope = { site: string } | { group: string };

const keptMs = 3_600_000;
const shownDays = 90;
const mostKept = 500;

/**
 * What was read last is answered while it is read again, so that nobody waits but the first; and those who ask of a part
 * that has stopped working since: "100 %" must not stand beside that.
 */
export function createPartDays({ state, clock }: { state: State; clock: Clock }) {
  const kept = new Map<string, { at: number; days: Promise<PartDays> }>();

  async function read(scope: PartScope, zone: string): Promise<PartDays> {
    const now = clock.now();
    const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
    const first = today.subtract({ days: shownDays - 1 }).toZonedDateTime(zone).epochMilliseconds;
    const window = { start: first, end: now };
    const endpoints = await endpointsIn(state, { ...scope, kind: 'server' }, window);
    const facts = await readFacts(state, ['presence'], { endpoints, window, now, zone });
    const presence = facts.presence as KpiFacts['presence'];
    return {
      days: await daysIn(presence, window, zone),
      availability: sharesOf(pooled(presence.map(({ minutes }) => minutes))).availability,
    };
  }

  /** @param since when the part stopped working; null while it works */
  return (scope: PartScope, zone: string, since: number | null): Promise<PartDays> => {
    const key = JSON.stringify([scope, zone]);
    const now = clock.now();
    const found = kept.get(key);
    const isOutdated = found && since !== null && found.at < since;
    if (found && !isOutdated && Math.abs(now - found.at) < keptMs) return found.days;
    if (kept.size >= mostKept) kept.clear();
    const days = read(scope, zone);
    days.catch(() => kept.delete(key));
    kept.set(key, { at: now, days: found ? days.catch(() => found.days) : days });
    return found && !isOutdated ? found.days : days;
  };
}
