/**
 * Tickets of Zammad. Rules of docs.zammad.org ("Tickets", "Articles", "Search", "Webhook") and of its source: `expand=true` gives names in place
 * of ids; a search by `condition` is answered by the database and not by its search engine, whose index lags behind; `-` is the owner of what nobody owns (id 1);
 * messages are signed in `X-Hub-Signature` with SHA-1.
 *
 * The marker stands in the title, where a condition finds it.
 */
import { type Static, Type } from 'typebox';
import { createDeskClient, listIn, objectIn, textIn } from '../client.ts';
import type { DeskFinding, DeskReach, DeskType, RemoteTicket, TicketDesk } from '../desk.ts';
import { hasMarker } from '../marker.ts';
import { plainText } from '../plain.ts';
import { address, addressOf, fields, name, priorities, secret } from '../settings.ts';
import { isSignedBy } from '../signed.ts';

const settings = Type.Object({
  url: address('https://zammad.example.org'),
  token: secret,
  group: name('the name of a group'),
  customer: name('the e-mail address of the customer of new tickets'),
  priorities,
  state_open: Type.Optional(name('the name of a state')),
  state_resolved: Type.Optional(name('the name of a state')),
  fields,
});
type ZammadSettings = Static<typeof settings>;

const perPage = 100;
const hourMs = 3_600_000;
const usualPriorities = ['3 high', '3 high', '2 normal', '1 low', '1 low'];
const ended: ReadonlySet<string> = new Set(['closed', 'merged', 'removed']);

export const zammad: DeskType = {
  kind: 'zammad',
  settings,
  create: createZammad,
  isSigned: (message, key) => isSignedBy(message, 'x-hub-signature', 'sha1', key),
  ticketsIn(message) {
    const id = (message as { ticket?: { id?: unknown } } | null)?.ticket?.id;
    return typeof id === 'number' ? [String(id)] : [];
  },
};

function createZammad(desk: string, given: ZammadSettings, reach: DeskReach): TicketDesk {
  const { token, group, customer, priorities: named = {}, state_open: open = 'open', fields: further = {} } = given;
  const { state_resolved: resolved = 'closed' } = given;
  const url = addressOf(given.url, '');
  const client = createDeskClient({ desk, reach, url, headers: { authorization: `Token token=${token}` } });

  const ticketOf = (ticket: Record<string, unknown>): RemoteTicket => {
    const [word, owner] = [textIn(ticket.state), textIn(ticket.owner)];
    return {
      ...{ id: textIn(ticket.id), name: `#${textIn(ticket.number)}`, url: `${url}/#ticket/zoom/${textIn(ticket.id)}` },
      ...{ state: ended.has(word) || word === resolved ? 'resolved' : 'open', word, by: null },
      ...{ assignee: owner === '' || owner === '-' ? null : owner, seen: textIn(ticket.updated_at) },
    };
  };
  /** By what the database has, oldest first. */
  async function matching(conditions: readonly [string, string, string][], sort: string, signal: AbortSignal) {
    const what = 'the search for tickets';
    const given = conditions.flatMap(([field, operator, value]) => [
      [`condition[${field}][operator]`, operator],
      [`condition[${field}][value]`, value],
    ]);
    const order = { sort_by: sort, order_by: 'asc', per_page: perPage, page: 1, expand: 'true' };
    const query = { ...(Object.fromEntries(given) as Record<string, string>), ...order };
    return listIn(desk, what, (await client('/api/v1/tickets/search', { query, what, signal })).body);
  }
  const change = (id: string, body: object, what: string, signal: AbortSignal) =>
    client(`/api/v1/tickets/${id}`, { method: 'PUT', query: { expand: 'true' }, body, what, signal });

  return {
    kind: 'zammad',
    hidesInternal: true,
    settleMs: 5_000,
    async check(signal) {
      const what = 'the account';
      const answer = await client('/api/v1/users/me', { query: { expand: 'true' }, what, signal, told: [401, 403] });
      if (answer.status !== 200)
        return [
          { what: 'reached', result: 'good', detail: url },
          { what: 'account', result: 'bad', detail: `HTTP ${answer.status}` },
        ];
      const me = objectIn(desk, what, answer.body);
      const rights = ((me.groups ?? {}) as Record<string, unknown>)[group];
      const has = (right: string) => Array.isArray(rights) && (rights.includes('full') || rights.includes(right));
      return [
        { what: 'reached', result: 'good', detail: url },
        { what: 'account', result: 'good', detail: textIn(me.login) },
        { what: 'place', result: rights === undefined ? 'bad' : 'good', detail: group },
        ...(['read', 'create', 'change'] as const).map(
          (right): DeskFinding => ({
            what: right === 'read' ? 'read' : 'write',
            ...{ result: has(right) ? 'good' : 'bad', detail: `${group}: ${right}` },
          }),
        ),
      ];
    },
    async find(marker, _openedAt, signal) {
      const found = await matching([['ticket.title', 'contains', marker]], 'created_at', signal);
      const [first] = found.filter(({ title }) => hasMarker(textIn(title), marker));
      return first ? ticketOf(first) : null;
    },
    async open({ title, text, marker, assignee, priority }, signal) {
      const body = {
        ...further,
        ...{ title: `${title} [${marker}]`, group, customer },
        priority: named[`P${priority}` as keyof typeof named] ?? usualPriorities[priority - 1],
        ...(assignee === null ? {} : { owner: assignee }),
        article: {
          ...{
            subject: title,
            body: `${text}\n\n${marker}`,
            type: 'note',
            content_type: 'text/plain',
            internal: false,
          },
        },
      };
      const what = 'a new ticket';
      const answer = await client('/api/v1/tickets', { method: 'POST', query: { expand: 'true' }, body, what, signal });
      return ticketOf(objectIn(desk, what, answer.body));
    },
    async read(id, signal) {
      const what = `ticket ${id}`;
      const query = { expand: 'true' };
      const { status, body } = await client(`/api/v1/tickets/${id}`, { query, what, signal, told: [404] });
      if (status === 404) return null;
      const articles = await client(`/api/v1/ticket_articles/by_ticket/${id}`, { what: `articles of ${id}`, signal });
      const comments = listIn(desk, what, articles.body).flatMap((one) => {
        if (one.sender === 'System') return [];
        const said = textIn(one.body);
        return {
          ...{ id: textIn(one.id), by: textIn(one.from) || textIn(one.created_by), isPublic: one.internal !== true },
          text: textIn(one.content_type).includes('html') ? plainText(said) : said,
        };
      });
      return { ...ticketOf(objectIn(desk, what, body)), comments };
    },
    async comment(id, { text, isPublic }, signal) {
      const body = { ticket_id: Number(id), body: text, content_type: 'text/plain', type: 'note', internal: !isPublic };
      await client('/api/v1/ticket_articles', { method: 'POST', body, what: `an article of ${id}`, signal });
    },
    async resolve(id, _why, signal) {
      await change(id, { state: resolved }, `closing ${id}`, signal);
    },
    async reopen(id, signal) {
      await change(id, { state: open }, `reopening ${id}`, signal);
    },
    async assign(id, to, signal) {
      await change(id, to === null ? { owner_id: 1 } : { owner: to }, `assigning ${id}`, signal);
    },
    async changes(cursor, now, signal) {
      const since = cursor ?? new Date(now - hourMs).toISOString();
      // What has the same instant as the last one may have come after it.
      const before = new Date(Date.parse(since) - 1000).toISOString();
      const ours: [string, string, string] = ['ticket.title', 'contains', '[ek-'];
      const found = await matching([['ticket.updated_at', 'after (absolute)', before], ours], 'updated_at', signal);
      const changed = found.map((one) => ({ id: textIn(one.id), seen: textIn(one.updated_at) }));
      const last = changed.at(-1)?.seen ?? since;
      return { changed, cursor: last, isMore: found.length === perPage && last !== since };
    },
  };
}
