/** Which tickets were created in the weeks up to the end of the period, by whom, and what to set them against. */
import { type Calendar, periodBounds } from '../../shared/calendar.ts';
import type { Span } from '../../shared/intervals.ts';
import { movedPeriod } from '../../shared/period.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { pastOf } from '../tickets/history.ts';
import { sourceOf } from './contact-facts.ts';
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
  const reasons = await cancelReasons(
    state,
    own.filter((row) => row.state === 'cancelled'),
  );
  return {
    tickets: own.map((row) => ({
      ...{ id: String(row.id), createdAt: row.opened_at, source: sourceOf(row) },
      cancelledReason: reasons.get(row.id) ?? null,
    })),
    ...{ zone, endpoints: endpoints.length },
    calendar: calendarOf(scope.site ?? null, 'support').calendar,
  };
}

type CancelledRow = Parameters<typeof pastOf>[0] & { id: number };

async function cancelReasons(state: State, rows: readonly CancelledRow[]): Promise<Map<number, string | null>> {
  const reasons = new Map<number, string | null>();
  for (const slice of chunks(rows)) {
    await breathe();
    const events = await eventsOf(
      state,
      slice.map(({ id }) => id),
    );
    for (const row of slice) reasons.set(row.id, pastOf(row, events.get(row.id) ?? []).states.at(-1)?.reason ?? null);
  }
  return reasons;
}
