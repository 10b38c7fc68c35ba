/** Tickets of a period with their history: what was done to each, by whom and when, from its events. */
import type { Calendar } from '../../shared/calendar.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { eventColumns, isHandled, pastOf, type StoredEvent } from '../tickets/history.ts';
import { readScripts } from '../tickets/scripts.ts';
import { type TargetsByPriority, targetsAt, ticketTargets } from '../tickets/targets.ts';
import { type ContactFact, contactOf } from './contact-facts.ts';
import type { TicketHistory } from './formulas/ticket-history.ts';
import { paceBefore } from './period.ts';
import type { KpiQuestion } from './question.ts';

export interface TicketFact extends TicketHistory {
  number: number;
  endpoint: string | null;
  /** Name. */
  site: string | null;
  /** The monitor opened it. */
  isFromMonitor: boolean;
  openedAt: number;
  /** The first one, and each that it was changed to. */
  priorities: { at: number; priority: number }[];
  /** The first answer of a person. */
  firstResponseAt: number | null;
  /** What was promised when it was opened. */
  targets: TargetsByPriority;
  /** Support hours of its site. */
  calendar: Calendar;
  contact: ContactFact;
}

/** Tickets that were open in the period or the four weeks up to its end, or changed then or later. */
export async function readTickets(state: State, question: KpiQuestion): Promise<TicketFact[]> {
  const { window, zone } = question;
  const from = Math.min(window.start, paceBefore(window.end, zone).start);
  const calendarOf = await readCalendars(state, zone);
  const own = inScope(question);
  const scripts = await readScripts(state);
  const versions = await ticketTargets(state);
  const siteOf = new Map<string | null, string | null>(question.endpoints.map(({ id, site }) => [id, site]));
  const rows = await state
    .selectFrom('tickets')
    .selectAll()
    .where('opened_at', '<', window.end)
    .where((eb) => eb.or([eb('updated_at', '>=', from), eb('state', 'in', ['new', 'in_progress', 'on_hold'])]))
    .orderBy('id')
    .execute();
  const facts: TicketFact[] = [];
  for (const slice of chunks(rows.filter(own))) {
    await breathe();
    const events = await eventsOf(
      state,
      slice.map(({ id }) => id),
    );
    await breathe();
    for (const row of slice) {
      const site = row.site ?? siteOf.get(row.endpoint) ?? null;
      const own = events.get(row.id) ?? [];
      const { states, ...past } = pastOf(row, own, scripts);
      facts.push({
        ...{ id: String(row.id), number: row.id, touched: isHandled(row, own, scripts) },
        kind: row.category === 'question' ? 'request' : row.category,
        ...{ endpoint: row.endpoint, site, isFromMonitor: row.kind !== 'person', openedAt: row.opened_at },
        events: states,
        restoredAt: row.restored_at,
        ...past,
        targets: targetsAt(versions, row.opened_at).targets,
        calendar: calendarOf(site, 'support').calendar,
        contact: contactOf(row, states, own, scripts),
      });
    }
  }
  return facts;
}

/** Whether a ticket is about what is asked for. One without an endpoint is that of its site, if it has one. */
export function inScope({ endpoints, scope = {} }: KpiQuestion) {
  const { kind, site, group, endpoint, sites } = scope;
  if ([kind, site, group, endpoint, sites].every((one) => one === undefined)) return () => true;
  const ids = new Set(endpoints.map(({ id }) => id));
  const isSite = [kind, group, endpoint].every((one) => one === undefined);
  const isAt = (name: string | null) => (site ?? name) === name && (sites === undefined || sites.includes(name ?? ''));
  return (row: { endpoint: string | null; site: string | null }) =>
    row.endpoint === null ? isSite && isAt(row.site) : ids.has(row.endpoint);
}

export async function eventsOf(state: State, ids: readonly number[]): Promise<Map<number, StoredEvent[]>> {
  const events = state.selectFrom('ticket_events').select(eventColumns).where('ticket', 'in', ids).orderBy('id');
  return Map.groupBy(await events.execute(), ({ ticket }) => ticket);
}
