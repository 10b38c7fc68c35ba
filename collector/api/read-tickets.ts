/** Tickets as the REST interface shows them: rows of state with names, and the time-line of one. */
import type { Selectable } from 'kysely';
import {
  type TicketDetail,
  type TicketList,
  type TicketQueues,
  type TicketRow,
  ticketFilters,
} from '../../shared/api.ts';
import { badMark } from '../../shared/bad-mark.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { linksOf } from '../desks/links.ts';
import { outsideTexts } from '../outside/texts.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { type ClockReader, dueOf, isBreaching, isLate, type TicketClocks } from '../tickets/clocks.ts';
import { nextOf, wordsOf } from '../tickets/next.ts';
import { skillsOf } from '../tickets/skills.ts';
import { tagsIn } from '../tickets/tags.ts';
import type { Tickets } from '../tickets/tickets.ts';
import type { Context } from './context.ts';
import { countOf, matching, type TicketFilter, type TicketQuery, type TicketRead, ticketRows } from './find-tickets.ts';
import { readMark, writeMark } from './mark.ts';
import { alertById, notificationsOf, type RuleNamed } from './read-alerts.ts';

function ticketOf(row: TicketRead, clocks: TicketClocks, ruleNamed: RuleNamed): TicketRow {
  const { response, resolution } = clocks;
  return {
    id: row.id,
    title: row.title,
    kind: row.kind,
    instance: row.instance,
    site: row.support_site,
    flappingSince: row.flapping_since,
    state: row.state,
    priority: row.priority,
    impact: row.impact,
    urgency: row.urgency,
    tier: row.tier,
    category: row.category,
    channel: row.channel,
    requester: row.requester,
    holdReason: row.hold_reason,
    holdUntil: row.hold_until,
    vendorReference: row.vendor_reference,
    tags: tagsIn(row.tags),
    endpoint: row.endpoint === null ? null : { id: row.endpoint, name: row.endpoint_name ?? row.endpoint },
    rule: row.rule === null ? null : ruleNamed(row.rule),
    assignee: row.assignee,
    openedAt: row.opened_at,
    resolvedAt: row.resolved_at,
    restoredAt: row.restored_at,
    fires: row.fires,
    updatedAt: row.updated_at,
    responseDueAt: response?.dueAt ?? null,
    resolutionDueAt: resolution?.dueAt ?? null,
    outcome: { response: response?.outcome ?? 'none', resolution: resolution?.outcome ?? 'none' },
    dueAt: dueOf(clocks),
    isLate: isLate(clocks),
  };
}

/** What reading tickets needs. */
export interface TicketReading {
  state: State;
  clocks: ClockReader;
  clock: Clock;
  ruleNamed: RuleNamed;
  tickets: Pick<Tickets, 'canMail' | 'chatOf'>;
  fleet: Pick<Context['fleet'], 'get' | 'all'>;
}

const cancelled: TicketClocks = { response: null, resolution: null };

async function withClocks({ state, clocks, clock }: TicketReading, found: readonly TicketRead[]) {
  const all = await clocks.of(state, found, clock.now());
  return found.map((row) => ({ row, clocks: all.get(row.id) ?? cancelled }));
}

/** A queue with its clocks, by due time, priority and age. */
export async function inOrder(reading: TicketReading, filter: TicketFilter, caller: string) {
  const now = reading.clock.now();
  const found = await withClocks(reading, await (await matching(reading, filter, caller)).execute());
  const all = filter.queue === 'breaching' ? found.filter(({ clocks }) => isBreaching(clocks, now)) : found;
  const due = new Map(all.map(({ row, clocks }) => [row.id, dueOf(clocks) ?? Infinity]));
  const order = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
  return all.sort(
    ({ row: a }, { row: b }) =>
      order(due.get(a.id) as number, due.get(b.id) as number) ||
      order(a.priority, b.priority) ||
      order(a.opened_at, b.opened_at),
  );
}

export async function queuesOf(reading: TicketReading, caller: string): Promise<TicketQueues> {
  const all = await inOrder(reading, { queue: 'open' }, caller);
  const now = reading.clock.now();
  const waiting = all.map(({ row, clocks }) => ({ ...row, clocks, words: aboutTicket(reading, row) }));
  return {
    mine: all.filter(({ row }) => row.assignee === caller).length,
    next: nextOf(waiting, caller, await skillsOf(reading.state, caller), now),
    unassigned: all.filter(({ row }) => row.assignee === null).length,
    breaching: all.filter(({ clocks }) => isBreaching(clocks, now)).length,
    late: all.filter(({ clocks }) => isLate(clocks)).length,
  };
}

/** In the words of skills. */
export const aboutTicket = ({ fleet }: Pick<TicketReading, 'fleet'>, { tags, endpoint, rule }: TicketRead) => {
  const machine = endpoint === null ? undefined : fleet.get(endpoint);
  return wordsOf({ tags: tagsIn(tags), endpointTags: machine?.tags ?? [], platform: machine?.platform ?? null, rule });
};

/** Newest change first; a queue by due time. @throws EvenkeelError BAD_REQUEST for a page mark that is not ours */
export async function ticketsBy(
  reading: TicketReading,
  { limit = 100, page, ...filter }: TicketQuery,
  caller: string,
): Promise<TicketList> {
  if (filter.queue !== undefined && page !== undefined)
    throw fail('BAD_REQUEST', { problem: 'a queue has no pages; ask for more with limit, to 1000' });
  const { found, total } = filter.queue
    ? await queueBy(reading, filter, limit, caller)
    : await changedBy(reading, filter, { limit: limit + 1, page }, caller);
  const some = found.slice(0, limit);
  const last = some.at(-1)?.row;
  return {
    items: some.map(({ row, clocks }) => ticketOf(row, clocks, reading.ruleNamed)),
    next:
      filter.queue === undefined && last && found.length > limit ? writeMark(last.updated_at, String(last.id)) : null,
    total,
    without: total === 0 ? await withoutEach(reading, filter, caller) : [],
  };
}

async function queueBy(reading: TicketReading, filter: TicketFilter, limit: number, caller: string) {
  const all = await inOrder(reading, filter, caller);
  return { found: all.slice(0, limit), total: all.length };
}

async function changedBy(
  reading: TicketReading,
  filter: TicketFilter,
  { limit, page }: { limit: number; page: string | undefined },
  caller: string,
) {
  const all = await matching(reading, filter, caller);
  let select = all.orderBy('tickets.updated_at', 'desc').orderBy('tickets.id', 'desc').limit(limit);
  if (page) {
    const [at, id] = readMark(page);
    select = select.where((where) =>
      where.or([
        where('tickets.updated_at', '<', at),
        where.and([where('tickets.updated_at', '=', at), where('tickets.id', '<', ticketIn(id))]),
      ]),
    );
  }
  return { found: await withClocks(reading, await select.execute()), total: await countOf(all) };
}

/** Which of its filters hide everything: how many tickets there are without each. */
async function withoutEach(
  reading: TicketReading,
  filter: TicketFilter,
  caller: string,
): Promise<TicketList['without']> {
  const without: TicketList['without'] = [];
  for (const name of ticketFilters) {
    if (filter[name] === undefined) continue;
    const others: TicketFilter = { ...filter };
    delete others[name];
    const n =
      others.queue === 'breaching'
        ? (await inOrder(reading, others, caller)).length
        : await countOf(await matching(reading, others, caller));
    without.push({ filter: name, n });
  }
  return without;
}

/** As many as a spreadsheet still opens at ease. */
export const tableRowsAtMost = 50_000;
const rowsAtOnce = 1000;

/** All that a list shows, and not only its first page, in its order. */
export async function* ticketsIn(
  reading: TicketReading,
  filter: TicketFilter,
  caller: string,
): AsyncGenerator<TicketRow[]> {
  if (filter.queue !== undefined) {
    const all = await inOrder(reading, filter, caller);
    return yield all.slice(0, tableRowsAtMost).map(({ row, clocks }) => ticketOf(row, clocks, reading.ruleNamed));
  }
  let page: string | undefined;
  for (let left = tableRowsAtMost; left > 0; left -= rowsAtOnce) {
    const { items, next } = await ticketsBy(
      reading,
      { ...filter, limit: rowsAtOnce, ...(page ? { page } : {}) },
      caller,
    );
    yield items;
    if (next === null) return;
    page = next;
  }
}

/** @throws EvenkeelError BAD_REQUEST */
function ticketIn(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw badMark(id);
  return Number(id);
}

/** @throws EvenkeelError NOT_FOUND */
export async function ticketById(reading: TicketReading, id: number): Promise<TicketDetail> {
  const { state, ruleNamed } = reading;
  const row = await ticketRows(state).where('tickets.id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
  const [found] = await withClocks(reading, [row]);
  return {
    row: ticketOf(row, found?.clocks ?? cancelled, ruleNamed),
    ...(await companyOf(state, id)),
    requesterIsMailed: await reading.tickets.canMail(row.requester),
    ratingToken: null,
    made: null,
    chat: reading.tickets.chatOf(id),
    alert: row.alert === null ? null : await alertById(state, ruleNamed, row.alert),
    events: await eventsOf(state, id),
    quoted: await quotedIn(state, id),
    notifications: await notificationsOf(state, { ticket: id, alert: row.alert }),
    said: row.alert === null ? null : await outsideTexts(state, row.alert),
    follows: row.follows,
    desks: await linksOf(state, id),
  };
}

/** Links, helpers and the rating. */
async function companyOf(state: State, id: number) {
  const links = await state.selectFrom('ticket_links').selectAll().where('ticket', '=', id).orderBy('id').execute();
  const from = await state
    .selectFrom('ticket_links')
    .select(['ticket', 'kind'])
    .where('target', '=', String(id))
    .where('kind', 'in', ['parent', 'duplicate', 'follows', 'related'])
    .orderBy('id')
    .execute();
  const helpers = await state
    .selectFrom('ticket_participants')
    .selectAll()
    .where('ticket', '=', id)
    .orderBy('id')
    .execute();
  const watchers = state.selectFrom('ticket_watchers').select(['person', 'at']).where('ticket', '=', id);
  const ratings = await state.selectFrom('ratings').selectAll().where('ticket', '=', id).execute();
  const last = ratings.filter(({ at }) => at !== null).sort((a, b) => (b.at ?? 0) - (a.at ?? 0))[0];
  return {
    links: links.map((link) => ({ id: link.id, kind: link.kind, target: link.target, at: link.at, by: link.by_user })),
    linkedFrom: from.map(({ ticket, kind }) => ({ ticket, kind })),
    participants: helpers.map(({ person, swarm, joined_at, left_at }) => ({
      ...{ person, swarm, joinedAt: joined_at, leftAt: left_at },
    })),
    watchers: await watchers.orderBy('at').orderBy('person').execute(),
    rating: {
      isAsked: ratings.length > 0,
      ...{ rating: last?.rating ?? null, comment: last?.comment ?? null, at: last?.at ?? null },
    },
  };
}

/**
 * An alert joins its ticket some time after it has fired. The moment at which it fired is the alert's own, here as on the
 * page of the alert and in the list of the incident.
 */
async function eventsOf(state: State, id: number): Promise<TicketDetail['events']> {
  const events = await state.selectFrom('ticket_events').selectAll().where('ticket', '=', id).orderBy('id').execute();
  const found = events.map(parsed);
  // What fires again in the ticket that it is in was noted when it did; only a joining is noted later, and with `merged`.
  const alertOf = ({ kind, data }: (typeof found)[number]) => {
    const { alert = null, merged } = (data ?? {}) as { alert?: string | null; merged?: number | null };
    return kind === 'fired' && merged !== undefined ? alert : null;
  };
  const firedAt = await firesOf(state, [...new Set(found.flatMap((event) => alertOf(event) ?? []))]);
  return found.map((event) => shownEvent(event, firedAt.get(alertOf(event) ?? '') ?? event.at));
}

const parsed = <Event extends { data: string | null }>(event: Event) => ({
  ...event,
  data: event.data === null ? null : (JSON.parse(event.data) as unknown),
});

const shownEvent = (event: ParsedEvent, at: number): TicketDetail['events'][number] => ({
  ...{ id: event.id, at, actor: event.actor, kind: event.kind, from: event.from_state, to: event.to_state },
  ...{ text: event.text, data: event.data, isPublic: event.is_public === 1 },
});
type ParsedEvent = Omit<Selectable<Database['ticket_events']>, 'data'> & { data: unknown };

/** So many comments of others are shown; the rest is on their pages. */
const quotedAtMost = 200;

/** What was said in tickets that were merged into it, in those merged into them, and in the one that it was a part of. */
async function quotedIn(state: State, id: number): Promise<TicketDetail['quoted']> {
  const all = new Set([id]);
  for (let some = [id]; some.length > 0; ) {
    const links = state
      .selectFrom('ticket_links as l')
      .innerJoin('tickets as t', 't.id', 'l.ticket')
      .select('l.ticket')
      .where('l.kind', '=', 'duplicate')
      .where('t.state', '=', 'cancelled')
      .where('l.target', 'in', some.map(String));
    some = (await links.execute()).flatMap(({ ticket }) => (all.has(ticket) ? [] : ticket));
    for (const one of some) all.add(one);
  }
  all.delete(id);
  const opening = state
    .selectFrom('ticket_events')
    .select('data')
    .where('ticket', '=', id)
    .where('kind', '=', 'opened');
  const { data = null } = (await opening.executeTakeFirst()) ?? {};
  const { comments = [] } = data === null ? {} : (JSON.parse(data) as { comments?: number[] });
  if (all.size + comments.length === 0) return [];
  const rows = await state
    .selectFrom('ticket_events')
    .selectAll()
    .where((is) =>
      is.or([
        is.and([is('ticket', 'in', all.size > 0 ? [...all] : [0]), is('kind', 'in', ['comment', 'opened'])]),
        is('id', 'in', comments.length > 0 ? comments : [0]),
      ]),
    )
    .where('text', 'is not', null)
    .orderBy('id', 'desc')
    .limit(quotedAtMost)
    .execute();
  return rows.toReversed().map((row) => ({ ticket: row.ticket, event: shownEvent(parsed(row), row.at) }));
}

async function firesOf(state: State, alerts: readonly string[]): Promise<Map<string, number>> {
  const fires = new Map<string, number>();
  for (const some of chunks(alerts)) {
    const rows = await state.selectFrom('alerts').select(['id', 'fired_at']).where('id', 'in', some).execute();
    for (const { id, fired_at } of rows) if (fired_at !== null) fires.set(id, fired_at);
  }
  return fires;
}
