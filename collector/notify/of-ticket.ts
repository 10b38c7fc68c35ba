/**
 * Notifications about a ticket itself, written in the transaction that notes them: a clock has reached a mark, a hold
 * its date, a public comment, and the question to a requester how satisfied they are.
 */
import { nameKey } from '../../shared/place-name.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { State, StateTransaction } from '../state/database.ts';
import { addressIn } from './address-in.ts';
import { type NotificationFacts, type Way, wayBy } from './notification.ts';
import { type ChannelRoute, routesFor } from './route.ts';
import { saveNotification } from './save.ts';

export interface TicketNotifying {
  routes: readonly ChannelRoute[];
  ruleNamed(id: string): NamedRule;
  /** How a person is reached; quiet: not before the end of their quiet hours. Left out: by mail alone. */
  wayOf?(person: string, at: number): Way | 'quiet' | null;
  /** A notification waits in the outbox: called after the transaction. */
  wake(): void;
}

/** What a ticket has reached. */
export interface TicketNews {
  event: 'sla' | 'hold';
  severity: 'warning' | 'critical';
  /** `response_80`, or for whom a hold waits. */
  why: string | null;
  /** Until when it is promised; null of a hold. */
  dueAt: number | null;
}

/** @returns whether any channel takes it */
export async function notifyOfTicket(
  db: StateTransaction,
  { routes, ruleNamed }: TicketNotifying,
  id: number,
  at: number,
  news: TicketNews,
): Promise<boolean> {
  const channels = routesFor(routes, news.severity);
  if (channels.length === 0) return false;
  const facts = { ...(await factsOfTicket(db, ruleNamed, id)), ...news };
  await save(db, id, at, channels, `ticket/${id}/${news.why?.split('_')[0] ?? news.event}`, facts);
  return true;
}

/**
 * Helpers are called: by mail each who is named or helps already and whose name has an address; by the channels, unless
 * the monitor calls for a ticket of its own, whose alert they have anyway.
 * @returns who gets a mail, and whether any channel has it
 */
export async function notifyOfSwarm(
  db: StateTransaction,
  { routes, ruleNamed }: Pick<TicketNotifying, 'routes' | 'ruleNamed'>,
  call: { id: number; at: number; by: string; kind: 'local' | 'severity'; people: Iterable<string> },
): Promise<{ mailed: string[]; isInChannels: boolean }> {
  const { id, at, by, kind } = call;
  const ticket = await factsOfTicket(db, ruleNamed, id);
  const severity = kind === 'severity' ? ('critical' as const) : ('warning' as const);
  const facts = { ...ticket, event: 'swarm' as const, severity, why: kind, calledBy: by };
  const channels = by === 'monitor' && ticket.about?.kind !== 'person' ? [] : routesFor(routes, severity);
  if (channels.length > 0) await save(db, id, at, channels, `ticket/${id}/swarm`, facts);
  const mailed: string[] = [];
  for (const person of call.people) {
    const way = await wayFor(db, routes, person);
    if (way === null) continue;
    const { channel, recipient } = way;
    await save(db, id, at, [channel], `ticket/${id}/swarm/${person}`, { ...facts, recipient });
    mailed.push(person);
  }
  return { mailed, isInChannels: channels.length > 0 };
}

/**
 * Asks the requester by mail, where their name is or has an address and there is a channel for it.
 * @param rating of the question: its secret is made when it is sent
 * @returns whether it is on its way
 */
export async function askByMail(
  db: StateTransaction,
  { routes, ruleNamed }: TicketNotifying,
  { id, requester, at, rating }: { id: number; requester: string; at: number; rating: number },
): Promise<boolean> {
  const way = await wayFor(db, routes, requester);
  if (way === null || (await isFromProgram(db, id))) return false;
  const facts = await factsOfTicket(db, ruleNamed, id);
  const { channel, recipient } = way;
  const question = { event: 'rating', severity: 'info', why: null, recipient, rating } as const;
  await save(db, id, at, [channel], `ticket/${id}/rating/${rating}`, { ...facts, ...question });
  return true;
}

/**
 * Tells whoever wrote that it became a ticket. Nothing of what they wrote is in it: whose the address is has not been shown. Once per ticket: the caller does it in the transaction that makes it.
 * @returns whether it is on its way
 */
export async function confirmByMail(
  db: StateTransaction,
  { routes, ruleNamed }: TicketNotifying,
  { id, requester, at }: { id: number; requester: string; at: number },
): Promise<boolean> {
  const way = await wayFor(db, routes, requester);
  if (way === null) return false;
  const { channel, recipient } = way;
  const news = { event: 'received', severity: 'info', why: null, recipient } as const;
  await save(db, id, at, [channel], `ticket/${id}/received`, { ...(await factsOfTicket(db, ruleNamed, id)), ...news });
  return true;
}

/** A ticket that a program sent by mail: nobody reads what would be asked. */
async function isFromProgram(db: StateTransaction, ticket: number): Promise<boolean> {
  const first = db
    .selectFrom('mail_messages')
    .select('is_auto')
    .where('ticket', '=', ticket)
    .where('outcome', '=', 'ticket');
  return (await first.limit(1).executeTakeFirst())?.is_auto === 1;
}

/**
 * Sends the last comment of the ticket to its requester, where there is a way.
 * @param of.writtenIn the ticket of the comment, where theirs goes on as part of it
 * @returns whether it is on its way
 */
export async function commentByMail(
  db: StateTransaction,
  { routes, ruleNamed }: TicketNotifying,
  { id, requester, at, writtenIn = id }: { id: number; requester: string; at: number; writtenIn?: number },
): Promise<boolean> {
  const way = await wayFor(db, routes, requester);
  if (way === null) return false;
  const { id: commentEvent } = await db
    .selectFrom('ticket_events')
    .select('id')
    .where('ticket', '=', writtenIn)
    .where('kind', '=', 'comment')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const { channel, recipient } = way;
  const news = { event: 'comment', severity: 'info', why: null, recipient, commentEvent } as const;
  await save(db, id, at, [channel], `ticket/${id}/comment`, { ...(await factsOfTicket(db, ruleNamed, id)), ...news });
  return true;
}

export interface TicketNewsFor {
  id: number;
  person: string;
  at: number;
  /** Named in a comment, or watching it. */
  why: 'mention' | 'watch';
  /** Numbers of the events that it tells of. */
  events: readonly number[];
}

/** What others did with a ticket, in one message. @returns later: in quiet hours; false: no message gets to them */
export async function notifyOfNews(
  db: StateTransaction,
  { routes, ruleNamed, wayOf }: TicketNotifying,
  { id, person, at, why, events }: TicketNewsFor,
): Promise<boolean | 'later'> {
  const mail = await wayFor(db, routes, person);
  const way = wayOf?.(person, at) ?? (mail && { ...mail, user: null });
  if (way === 'quiet') return 'later';
  if (way === null) return false;
  const last = await db
    .selectFrom('ticket_events')
    .select('id')
    .where('id', 'in', events)
    .where('kind', '=', 'comment')
    .where('text', 'is not', null)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  const news = { event: 'news', severity: 'info', why, changes: events.length } as const;
  const written = last ? { commentEvent: last.id } : {};
  const of = { receiver: null, alert: null, alerts: [], incident: null, ticketKey: '', ticket: id };
  const facts = { ...(await factsOfTicket(db, ruleNamed, id)), ...news, ...written };
  await saveNotification(db, { at, ways: [way], about: `ticket/${id}/news/${person}`, ...of, facts }, id);
  return true;
}

/** How a mail reaches whoever asked; null where their name has no address, or no channel sends mails. */
export function wayTo(
  routes: readonly ChannelRoute[],
  requester: string | null,
): { channel: string; recipient: string } | null {
  const channel = routes.find((route) => route.channel.kind === 'email')?.name;
  const recipient = requester === null ? null : addressIn(requester);
  return channel === undefined || recipient === null ? null : { channel, recipient };
}

/** The same, and where the name has no address, by that of the one person whom the directory has under it. */
export async function wayFor(
  db: State | StateTransaction,
  routes: readonly ChannelRoute[],
  requester: string | null,
): Promise<{ channel: string; recipient: string } | null> {
  const way = wayTo(routes, requester);
  if (way !== null || requester === null || requester === '') return way;
  const found = await db
    .selectFrom('directory_people')
    .select('mail')
    .where('left_at', 'is', null)
    .where('mail', 'is not', null)
    .where((is) => is.or([is('login', '=', requester), is('name_key', '=', nameKey(requester))]))
    .limit(2)
    .execute();
  const [only, another] = found;
  return only === undefined || another !== undefined ? null : wayTo(routes, only.mail);
}

type TicketFacts = Omit<NotificationFacts, 'event' | 'severity' | 'why'>;

async function factsOfTicket(
  db: StateTransaction,
  ruleNamed: TicketNotifying['ruleNamed'],
  id: number,
): Promise<TicketFacts> {
  const row = await db
    .selectFrom('tickets')
    .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
    .selectAll('tickets')
    .select(['endpoints.name as endpoint_name', 'endpoints.kind as endpoint_kind', 'endpoints.site as endpoint_site'])
    .where('tickets.id', '=', id)
    .executeTakeFirstOrThrow();
  const site = row.site ?? row.endpoint_site;
  const endpoint =
    row.endpoint === null
      ? { id: '', name: site ?? '', kind: 'site', site }
      : { id: row.endpoint, name: row.endpoint_name ?? row.endpoint, kind: row.endpoint_kind ?? '', site };
  const rule = row.rule === null ? null : ruleNamed(row.rule);
  const { title, kind, instance, priority, state } = row;
  return {
    ...{ key: `ticket/${id}`, rule: rule ?? { id: 'ticket' }, endpoint, members: null, metric: '', tags: {} },
    ...{ value: null, threshold: null, unit: '', startedAt: row.opened_at, endedAt: null, assignee: row.assignee },
    about: {
      ...{ id, title, kind, instance, site, rule, priority, state },
      endpoint: row.endpoint === null ? null : endpoint,
    },
  };
}

async function save(
  db: StateTransaction,
  ticket: number,
  at: number,
  channels: readonly string[],
  about: string,
  facts: NotificationFacts,
): Promise<void> {
  const of = {
    at,
    ways: channels.map(wayBy),
    receiver: null,
    about,
    alert: null,
    alerts: [],
    incident: null,
    ticketKey: '',
    ticket,
  };
  await saveNotification(db, { ...of, facts }, ticket);
}
