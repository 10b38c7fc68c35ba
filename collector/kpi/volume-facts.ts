/** Which tickets were created in the weeks up to the end of the period, by whom, and what to set them against. */
import { type Calendar, periodBounds } from '../../shared/calendar.ts';
import type { Span } from '../../shared/intervals.ts';
import { movedPeriod } from '../../shared/period.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { pastOf } from '../tickets/history.ts';
import { readScripts } from '../tickets/scripts.ts';
import { openerOf, sourceOf } from './contact-facts.ts';
import { type CreatedTicket, wholeWeeks } from './formulas/volume.ts';
import { presentMonth } from './period.ts';
import type { KpiQuestion } from './question.ts';
import { eventsOf, inScope } from './ticket-facts.ts';

export interface VolumeFacts {
  /** Of the last weeks and of the month before. */
  tickets: readonly CreatedTicket[];
  /** Report zone, IANA. */
  zone: string;
  /** Support hours. */
  calendar: Calendar;
  /** In the fleet at some time of the period. */
  endpoints: number;
}

/** The month before the one in which a period begins: it may be longer than thirteen weeks ago. */
export const monthBefore = ({ start }: Span, zone: string): Span =>
  periodBounds(zone, movedPeriod(presentMonth(start, zone), -1));

/** A quarter of a year. */
export const weeksShown = 13;

export async function readCreated(state: State, question: KpiQuestion): Promise<VolumeFacts> {
  const { window, zone, endpoints, scope = {} } = question;
  const calendarOf = await readCalendars(state, zone);
  const weeks = wholeWeeks(zone, window.end, weeksShown)[0]?.start ?? window.start;
  const from = Math.min(weeks, monthBefore(window, zone).start);
  const rows = await state
    .selectFrom('tickets')
    .selectAll()
    .where('opened_at', '>=', from)
    .where('opened_at', '<', window.end)
    .orderBy('id')
    .execute();
  const own = rows.filter(inScope(question));
  const scripts = await readScripts(state);
  // Of the others, the row says all.
  const isTold = ({ state: now, channel }: (typeof own)[number]) => now === 'cancelled' || channel === 'api';
  const told = await eventsOfMany(state, own.filter(isTold));
  return {
    tickets: own.map((row) => ({
      ...{ id: String(row.id), createdAt: row.opened_at },
      source: sourceOf(row, openerOf(told.get(row.id) ?? []), scripts),
      cancelledReason:
        row.state === 'cancelled' ? (pastOf(row, told.get(row.id) ?? []).states.at(-1)?.reason ?? null) : null,
    })),
    ...{ zone, endpoints: endpoints.length },
    calendar: calendarOf(scope.site ?? null, 'support').calendar,
  };
}

async function eventsOfMany(state: State, rows: readonly { id: number }[]): ReturnType<typeof eventsOf> {
  const found: Awaited<ReturnType<typeof eventsOf>> = new Map();
  for (const slice of chunks(rows.map(({ id }) => id))) {
    await breathe();
    for (const [id, events] of await eventsOf(state, slice)) found.set(id, events);
  }
  return found;
}
