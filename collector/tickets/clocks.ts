/**
 * The two clocks of a ticket: until the first answer, and until it is resolved. They are derived from its events on each
 * reading, so that no stored due time can be wrong.
 */
import { type CalendarOf, readCalendars } from '../calendars/calendars.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { type SlaClock, ticketClock } from '../kpi/formulas/sla-clock.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { eventColumns, pastOf, type StoredEvent } from './history.ts';
import { readScripts } from './scripts.ts';
import { targetsAt, targetsFor, ticketTargets } from './targets.ts';

export const clockKinds = ['response', 'resolution'] as const;

/** Null: cancelled. */
export type TicketClocks = Record<(typeof clockKinds)[number], SlaClock | null>;

/** A ticket with the place whose support hours count. */
export interface ClockedTicket {
  id: number;
  opened_at: number;
  priority: number;
  requester: string | null;
  /** Name of its site, or of that of its endpoint. */
  support_site: string | null;
}

export interface ClockReader {
  of(db: State, tickets: readonly ClockedTicket[], now: number): Promise<Map<number, TicketClocks>>;
}

/** What fires again and again says nothing about clocks. */
const skipped = ['fired', 'cleared', 'flapping'] as const;

/** @param zone report zone, IANA */
export function createClockReader(changeFeed: ChangeFeed, zone: string): ClockReader {
  // Business time is prepared once for each calendar, so they are read again only when one has changed.
  let calendars: CalendarOf | undefined;
  let changes = 0;
  changeFeed.subscribe(({ kind }) => {
    if (kind !== 'calendar' && kind !== 'site') return;
    calendars = undefined;
    changes++;
  });

  /** Through `db`: a reading outside would wait for the transaction that waits for it. */
  async function calendarsBy(db: State): Promise<CalendarOf> {
    if (calendars) return calendars;
    const before = changes;
    const read = await readCalendars(db, zone);
    if (changes === before) calendars = read;
    return read;
  }

  return {
    async of(db, tickets, now) {
      const calendarOf = await calendarsBy(db);
      const scripts = await readScripts(db);
      const versions = await ticketTargets(db);
      const found = new Map<number, TicketClocks>();
      for (const slice of chunks(tickets)) {
        const events = await eventsOf(
          db,
          slice.map(({ id }) => id),
        );
        for (const row of slice) {
          const { states, priorities, firstResponseAt } = pastOf(row, events.get(row.id) ?? [], scripts);
          const { calendar } = calendarOf(row.support_site, 'support');
          const promised = targetsAt(versions, row.opened_at).targets;
          const clock = (kind: (typeof clockKinds)[number]) => {
            const targets = targetsFor(kind, promised, priorities, calendar);
            return ticketClock(kind, { id: String(row.id), events: states, targets, firstResponseAt }, now);
          };
          found.set(row.id, { response: clock('response'), resolution: clock('resolution') });
        }
      }
      return found;
    },
  };
}

async function eventsOf(db: State, tickets: readonly number[]): Promise<Map<number, StoredEvent[]>> {
  const events = db.selectFrom('ticket_events').select(eventColumns).where('ticket', 'in', tickets);
  const telling = await events.where('kind', 'not in', skipped).orderBy('id').execute();
  return Map.groupBy(telling, ({ ticket }) => ticket);
}

/** The next of its instants that is still to be met; null where nothing runs. */
export function dueOf({ response, resolution }: TicketClocks): number | null {
  const due = [response, resolution].flatMap((clock) => (clock?.state === 'running' ? (clock.dueAt ?? []) : []));
  return due.length === 0 ? null : Math.min(...due);
}

/** A target was missed, and what it asks for is still to be done. */
export const isLate = ({ response, resolution }: TicketClocks): boolean =>
  [response, resolution].some((clock) => clock?.outcome === 'breached' && clock.state !== 'stopped');

/** Late, or four fifths of a target are used and the clock runs. */
export const isBreaching = (clocks: TicketClocks, now: number): boolean =>
  isLate(clocks) ||
  [clocks.response, clocks.resolution].some(
    (clock) =>
      clock?.state === 'running' && clock.warnings.some(({ share, at }) => share === 0.8 && at !== null && at <= now),
  );
