/**
 * Does what a person asks for in a room, by the same interface that the pages use, in their name: their role, their sites and the
 * audit log hold here as there. What may have been done already, when the process was killed, is looked for first.
 */
import type { Alert, EndpointRow, TicketDetail } from '../../shared/api.ts';
import { formatDuration } from '../../shared/duration.ts';
import { oneOf } from '../../shared/matchers.ts';
import type { OnCallAnswer } from '../../shared/on-call.ts';
import { nameKey } from '../../shared/place-name.ts';
import { findWord, type Language, type Values, type WordKey, word } from '../../shared/words/index.ts';
import { alertName, ticketTitle } from '../../shared/words/names.ts';
import { shownInstant } from '../../shared/zone.ts';
import { type ChatCommand, type ChatTarget, type ChatVerb, chatVerbs, type Parsed } from './parse.ts';
import type { ChatAnswer } from './room.ts';

/** One request as a user. */
export type ChatCall = (
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
) => Promise<{ status: number; body: unknown }>;

export interface CommandParts {
  call: ChatCall;
  /** Name of the user. */
  user: string;
  language: Language;
  zone: string;
  publicUrl: string;
  now: number;
  /** When it was begun before, of which nobody knows whether it was done; null: it was not. */
  begunAt: number | null;
}

/** The answer of the interface, which says why. */
class Refused {
  readonly body: { code?: string; message?: string; hint?: string };
  constructor(body: unknown) {
    this.body = (body ?? {}) as Refused['body'];
  }
}
/** Nothing was done, for a reason that is said. */
class Declined {
  readonly lines: readonly string[];
  constructor(...lines: string[]) {
    this.lines = lines;
  }
}

const listedAtMost = 10;
const matchedAtMost = 50;
const pagesAtMost = 10;

/** @throws whatever is no refusal: it is tried again */
export async function doCommand(parts: CommandParts, { command }: { command: ChatCommand }): Promise<ChatAnswer> {
  try {
    return await deeds(parts, command);
  } catch (thrown) {
    if (thrown instanceof Declined) return { lines: thrown.lines, url: null };
    if (!(thrown instanceof Refused)) throw thrown;
    const { code = '', message = '', hint = '' } = thrown.body;
    const own = (of: 'message' | 'hint') => findWord(parts.language, `problem.${code}.${of}`);
    return { lines: [own('message') ?? message, own('hint') ?? hint].filter(Boolean), url: null };
  }
}

/** What we understand, or the form of the one that was meant. */
export function notUnderstood(language: Language, parsed: Extract<Parsed, { unknown: string }>): ChatAnswer {
  const said = (key: WordKey, values?: Values) => word(language, key, values);
  const { unknown, verb } = parsed;
  const form = verb === null ? undefined : findWord(language, `chat.form.${verb}`);
  if (form !== undefined) return { lines: [said('chat.say.form', { form })], url: null };
  return { lines: [said('chat.say.unknown', { said: unknown }), ...helpLines(language)], url: null };
}

export const helpLines = (language: Language): string[] => [
  word(language, 'chat.say.help'),
  ...[...chatVerbs, 'unlink' as ChatVerb].map((verb) => `• ${findWord(language, `chat.form.${verb}`) ?? verb}`),
];

async function deeds(parts: CommandParts, command: ChatCommand): Promise<ChatAnswer> {
  const { language, publicUrl, call, user } = parts;
  const say = (key: WordKey, values?: Values) => word(language, key, values);
  const ofTicket = async (id: number, line: string): Promise<ChatAnswer> => ({
    lines: [line, await titleOf(parts, id)],
    url: `${publicUrl}/tickets/${id}`,
  });
  switch (command.does) {
    case 'help':
      return { lines: helpLines(language), url: null };
    case 'on-call':
      return onCall(parts);
    case 'how':
      return how(parts, command.endpoint);
    case 'acknowledge':
      return acknowledge(parts, command.of, command.note);
    case 'silence':
      return silence(parts, command);
    case 'take':
    case 'assign': {
      const [id, to] = [command.ticket, command.does === 'take' ? user : command.to];
      const { row } = await ticketOf(parts, id);
      if (row.assignee !== to) must(await call('POST', `/api/v1/tickets/${id}/assign`, { assignee: to }));
      return ofTicket(id, say('chat.say.assigned', { id, to }));
    }
    case 'comment': {
      const { ticket: id, text } = command;
      if (!(await isCommented(parts, id, text))) must(await call('POST', `/api/v1/tickets/${id}/comment`, { text }));
      return ofTicket(id, say('chat.say.commented', { id }));
    }
    case 'resolve': {
      const { ticket: id, text } = command;
      const { row } = await ticketOf(parts, id);
      if (row.state === 'resolved') return ofTicket(id, say('chat.say.resolvedAlready', { id }));
      must(await call('POST', `/api/v1/tickets/${id}/resolve`, text === null ? {} : { text }));
      return ofTicket(id, say('chat.say.resolved', { id }));
    }
    default:
      return { lines: helpLines(language), url: null };
  }
}

/** @throws Refused */
function must<T>({ status, body }: { status: number; body: unknown }): T {
  if (status < 400) return body as T;
  if (status >= 500) throw new Error(`the interface answered ${status}`);
  throw new Refused(body);
}

const get = async <T>({ call }: CommandParts, path: string): Promise<T> => must<T>(await call('GET', path));
const ticketOf = (parts: CommandParts, id: number) => get<TicketDetail>(parts, `/api/v1/tickets/${id}`);
const titleOf = async (parts: CommandParts, id: number) => ticketTitle(parts.language, (await ticketOf(parts, id)).row);

async function isCommented(parts: CommandParts, id: number, text: string): Promise<boolean> {
  const { begunAt, user } = parts;
  if (begunAt === null) return false;
  const { events } = await ticketOf(parts, id);
  return events.some((one) => one.kind === 'comment' && one.actor === user && one.at >= begunAt && one.text === text);
}

/** Exactly the one that is called so: a part of a name is none. @throws Declined */
async function endpointOf(parts: CommandParts, called: string): Promise<EndpointRow> {
  const say = (key: WordKey, values?: Values) => word(parts.language, key, values);
  const key = nameKey(called);
  const query = new URLSearchParams({ q: called, limit: '500' });
  const { items } = await get<{ items: EndpointRow[] }>(parts, `/api/v1/endpoints?${query}`);
  const found = items.filter((row) => nameKey(row.name) === key || row.id === called);
  if (found.length === 1) return found[0] as EndpointRow;
  if (found.length > 1)
    throw new Declined(
      say('chat.say.several', { name: called, n: found.length }),
      ...found
        .slice(0, listedAtMost)
        .map(({ name, id, site }) => `• ${name}${site === null ? '' : ` – ${site}`}: ${id}`),
    );
  const near = items.slice(0, 5).map(({ name }) => `• ${name}`);
  throw new Declined(say(near.length > 0 ? 'chat.say.near' : 'chat.say.noEndpoint', { name: called }), ...near);
}

/** Those that fire, all pages of them. */
async function activeAlerts(parts: CommandParts, endpoint?: string): Promise<Alert[]> {
  const found: Alert[] = [];
  let page: string | null = null;
  for (let n = 0; n < pagesAtMost; n++) {
    const query: URLSearchParams = new URLSearchParams({ state: 'active', limit: '1000' });
    if (endpoint !== undefined) query.set('endpoint', endpoint);
    if (page !== null) query.set('page', page);
    const answer: { items: Alert[]; next: string | null } = await get(parts, `/api/v1/alerts?${query}`);
    found.push(...answer.items.filter(({ state }) => state === 'firing' || state === 'unknown'));
    page = answer.next;
    if (page === null) break;
  }
  return found;
}

async function alertsOf(parts: CommandParts, of: ChatTarget): Promise<{ alerts: Alert[]; about: string; url: string }> {
  const { publicUrl } = parts;
  if ('endpoint' in of) {
    const { id, name } = await endpointOf(parts, of.endpoint);
    return { alerts: await activeAlerts(parts, id), about: name, url: `${publicUrl}/endpoints/${id}` };
  }
  if ('alert' in of) {
    const { alert } = await get<{ alert: Alert }>(parts, `/api/v1/alerts/${of.alert}`);
    const about = `${alertName(parts.language, alert.rule, alert.tags)} – ${alert.endpoint.name}`;
    return { alerts: alert.state === 'resolved' ? [] : [alert], about, url: `${publicUrl}/alerts/${alert.id}` };
  }
  const about = `#${of.ticket} ${await titleOf(parts, of.ticket)}`;
  const alerts = (await activeAlerts(parts)).filter(({ ticket }) => ticket === of.ticket);
  return { alerts, about, url: `${publicUrl}/tickets/${of.ticket}` };
}

async function acknowledge(parts: CommandParts, of: ChatTarget, note: string | null): Promise<ChatAnswer> {
  const say = (key: WordKey, values?: Values) => word(parts.language, key, values);
  const { alerts, about, url } = await alertsOf(parts, of);
  const open = alerts.filter(({ acknowledgedAt }) => acknowledgedAt === null);
  if (open.length === 0) {
    const [by] = alerts.flatMap(({ acknowledgedBy }) => acknowledgedBy ?? []);
    return {
      lines: [by === undefined ? say('chat.say.nothing', { about }) : say('chat.say.hasIt', { about, by })],
      url,
    };
  }
  const ids = open.map(({ id }) => id);
  const body = { ids, ...(note === null ? {} : { note }) };
  const { done, failed } = must<{ done: string[]; failed: { message: string }[] }>(
    await parts.call('POST', '/api/v1/alerts/acknowledge', body),
  );
  const names = open.slice(0, listedAtMost).map(({ rule, tags }) => `• ${alertName(parts.language, rule, tags)}`);
  const refused = failed.slice(0, 3).map(({ message }) => `• ${message}`);
  return {
    lines: [say('chat.say.acknowledged', { about, n: done.length, user: parts.user }), ...names, ...refused],
    url,
  };
}

async function silence(parts: CommandParts, command: Extract<ChatCommand, { does: 'silence' }>): Promise<ChatAnswer> {
  const { language, now, call, begunAt, user, zone, publicUrl } = parts;
  const say = (key: WordKey, values?: Values) => word(language, key, values);
  const { of, ms, reason } = command;
  const matchers: string[] = [];
  let about = '';
  if ('endpoint' in of) {
    const endpoint = await endpointOf(parts, of.endpoint);
    matchers.push(oneOf('endpoint', [endpoint.id]));
    about = endpoint.name;
  } else {
    const found = await alertsOf(parts, of);
    const [rules, endpoints] = [
      [...new Set(found.alerts.map(({ rule }) => rule.level_of ?? rule.id))],
      [...new Set(found.alerts.map(({ endpoint }) => endpoint.id))],
    ];
    if (rules.length === 0) return { lines: [say('chat.say.nothing', { about: found.about })], url: found.url };
    if (endpoints.length > matchedAtMost)
      return { lines: [say('chat.say.tooMany', { n: endpoints.length })], url: `${publicUrl}/silences` };
    matchers.push(oneOf('rule', rules), oneOf('endpoint', endpoints));
    about = found.about;
  }
  const why = reason ?? say('chat.say.reason', { user });
  if (begunAt !== null) {
    // Killed after it was made: the same matchers and reason, by them, since it was begun.
    const { items } = await get<{
      items: { id: string; createdBy: string; createdAt: number; reason: string; matchers: string[]; end: number }[];
    }>(parts, '/api/v1/silences');
    const made = items.find(
      (one) =>
        one.createdBy === user &&
        one.createdAt >= begunAt &&
        one.reason === why &&
        String(one.matchers) === String(matchers),
    );
    if (made) return silenced(made.id, made.end);
  }
  const { id, end } = must<{ id: string; end: number }>(
    await call('POST', '/api/v1/silences', { matchers, reason: why, end: now + ms }),
  );
  return silenced(id, end);

  function silenced(id: string, end: number): ChatAnswer {
    const until = shownInstant(end, zone);
    return {
      lines: [say('chat.say.silenced', { about, until, for: formatDuration(ms) })],
      url: `${publicUrl}/silences/${id}`,
    };
  }
}

async function onCall(parts: CommandParts): Promise<ChatAnswer> {
  const { language, zone, publicUrl } = parts;
  const { schedules } = await get<OnCallAnswer>(parts, '/api/v1/on-call');
  const lines = schedules.map(({ name, now: { user, until } }) =>
    word(language, until === null ? 'chat.say.onCall' : 'chat.say.onCallUntil', {
      ...{ name, user: user ?? word(language, 'chat.say.nobody') },
      until: until === null ? '' : shownInstant(until, zone),
    }),
  );
  return { lines: lines.length > 0 ? lines : [word(language, 'chat.say.noSchedule')], url: `${publicUrl}/oncall` };
}

async function how(parts: CommandParts, called: string): Promise<ChatAnswer> {
  const { language, zone, publicUrl } = parts;
  const say = (key: WordKey, values?: Values) => word(language, key, values);
  const row = await endpointOf(parts, called);
  const alerts = await activeAlerts(parts, row.id);
  const state = findWord(language, `state.${row.state}`) ?? row.state;
  const named = ({ rule, tags, severity, firedAt, pendingAt, acknowledgedBy }: Alert) => {
    const level = findWord(language, `severity.${severity}`) ?? severity;
    const by = acknowledgedBy === null ? '' : ` (${acknowledgedBy})`;
    return `• ${level}: ${alertName(language, rule, tags)} – ${shownInstant(firedAt ?? pendingAt, zone)}${by}`;
  };
  const lines = [
    say('chat.say.how', { name: row.name, state, since: shownInstant(row.stateSince, zone) }),
    alerts.length === 0 ? say('chat.say.noAlert') : say('chat.say.alerts', { n: alerts.length }),
    ...alerts.slice(0, listedAtMost).map(named),
  ];
  return { lines, url: `${publicUrl}/endpoints/${row.id}` };
}
