/** Tickets of a period with their history: what was done to each, by whom and when, from its events. */
import type { Calendar } from '../../shared/calendar.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { KpiQuestion } from './facts.ts';
import type { StageEvent, TicketHistory, TicketStage } from './formulas/ticket-history.ts';

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
  /** Support hours of its site. */
  calendar: Calendar;
}

/** Tickets that were open in the period, or changed in it or later. */
export async function readTickets(state: State, question: KpiQuestion): Promise<TicketFact[]> {
  const { window, zone } = question;
  const calendarOf = await readCalendars(state, zone);
  const own = inScope(question);
  const rows = await state
    .selectFrom('tickets')
    .selectAll()
    .where('opened_at', '<', window.end)
    .where((eb) => eb.or([eb('updated_at', '>=', window.start), eb('state', 'in', ['new', 'in_progress', 'on_hold'])]))
    .orderBy('id')
    .execute();
  const facts: TicketFact[] = [];
  for (const slice of chunks(rows.filter(own))) {
    const events = await eventsOf(
      state,
      slice.map(({ id }) => id),
    );
    for (const row of slice) {
      const history = events.get(row.id) ?? [];
      facts.push({
        ...{ id: String(row.id), number: row.id, kind: 'incident' as const, touched: row.touched_at !== null },
        ...{ endpoint: row.endpoint, site: row.site, isFromMonitor: row.kind !== 'person', openedAt: row.opened_at },
        events: stagesIn(row.opened_at, history),
        firstResponseAt: history.find(isResponse)?.at ?? null,
        priorities: prioritiesIn(row, history),
        calendar: calendarOf(row.site, 'support').calendar,
      });
    }
    await breathe();
  }
  return facts;
}

/** Whether a ticket is about what is asked for. One without an endpoint is that of its site, if it has one. */
export function inScope({ endpoints, scope = {} }: KpiQuestion) {
  const { kind, site, group, endpoint } = scope;
  if ([kind, site, group, endpoint].every((one) => one === undefined)) return () => true;
  const ids = new Set(endpoints.map(({ id }) => id));
  const isSite = [kind, group, endpoint].every((one) => one === undefined);
  return (row: { endpoint: string | null; site: string | null }) =>
    row.endpoint === null ? isSite && row.site === site : ids.has(row.endpoint);
}

interface HistoryEvent {
  ticket: number;
  at: number;
  actor: string;
  kind: string;
  from_state: string | null;
  to_state: string | null;
  data: string | null;
}

async function eventsOf(state: State, ids: readonly number[]): Promise<Map<number, HistoryEvent[]>> {
  const rows = await state
    .selectFrom('ticket_events')
    .select(['ticket', 'at', 'actor', 'kind', 'from_state', 'to_state', 'data'])
    .where('ticket', 'in', ids)
    .orderBy('id')
    .execute();
  return Map.groupBy(rows, ({ ticket }) => ticket);
}

function stagesIn(openedAt: number, history: readonly HistoryEvent[]): StageEvent[] {
  const stages = history.flatMap(({ at, to_state, data }, seq): StageEvent[] =>
    isStage(to_state) ? [{ at, seq, state: to_state, reason: reasonIn(data) }] : [],
  );
  return stages[0]?.state === 'new' ? stages : [{ at: openedAt, state: 'new' }, ...stages];
}

const stages: readonly string[] = ['new', 'in_progress', 'on_hold', 'resolved', 'closed', 'cancelled'];
/** The event of a priority has that in the same columns. */
const isStage = (text: string | null): text is TicketStage => text !== null && stages.includes(text);

const reasonIn = (data: string | null): string | null => {
  const { reason = null } = data === null ? {} : (JSON.parse(data) as { reason?: string | null });
  return reason;
};

/** What a person did; a machine that opens or counts does not answer. */
const isResponse = ({ kind, actor }: HistoryEvent) =>
  actor !== 'monitor' && ['comment', 'acknowledged', 'assigned', 'state', 'reopened'].includes(kind);

/** Events say `P3` and `P2`. */
function prioritiesIn(row: { opened_at: number; priority: number }, history: readonly HistoryEvent[]) {
  const changes = history.filter(({ kind }) => kind === 'priority');
  const numberIn = (text: string | null | undefined) => Number(text?.slice(1));
  const first = changes[0] ? numberIn(changes[0].from_state) : row.priority;
  return [
    { at: row.opened_at, priority: first },
    ...changes.map(({ at, to_state }) => ({ at, priority: numberIn(to_state) })),
  ];
}
