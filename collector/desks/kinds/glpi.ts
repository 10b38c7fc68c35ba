/**
 * Tickets of GLPI by its REST API (`apirest.php`). Rules of its `apirest.md`: a session is begun with the token of a user and ends by itself, then it is begun
 * again; what is written stands in `input`; searches name columns by numbers (1 the title, 2 the number, 19 the last change) and are answered by the database; lists are 200, or 206 where there
 * are more; errors are a code and a text in a list. A ticket is solved by a solution, and reopened by its status.
 *
 * The marker stands in the title, where a search finds it. Its times are those of the server, so they are compared with its own alone.
 */
import { type Static, Type } from 'typebox';
import { EvenkeelError } from '../../../shared/errors.ts';
import {
  createDeskClient,
  type DeskClient,
  type DeskRequest,
  listIn,
  objectIn,
  type RemoteAnswer,
  textIn,
} from '../client.ts';
import type { DeskFinding, DeskReach, DeskType, RemoteTicket, TicketDesk } from '../desk.ts';
import { hasMarker } from '../marker.ts';
import { htmlOf, plainText } from '../plain.ts';
import { address, addressOf, fields, secret } from '../settings.ts';

const settings = Type.Object({
  url: address('https://glpi.example.org/apirest.php'),
  user_token: secret,
  app_token: Type.Optional(secret),
  entity: Type.Optional(Type.Integer({ minimum: 0, want: 'the number of an entity' })),
  category: Type.Optional(Type.Integer({ minimum: 1, want: 'the number of a category' })),
  fields,
});
type GlpiSettings = Static<typeof settings> & { people?: Record<string, string> };

const perPage = 100;
const followupsAtMost = 1000;
const [solved, closed, inWork] = [5, 6, 2];
const words = ['', 'new', 'assigned', 'planned', 'waiting', 'solved', 'closed'];
/** Of people on a ticket. */
const assigned = 2;
const columns = { title: 1, id: 2, changed: 19 } as const;

export const glpi: DeskType = { kind: 'glpi', settings, create: createGlpi };

/** Asks within a session, which is begun when it is needed. */
function sessionOf(desk: string, token: string, client: DeskClient) {
  let session: string | null = null;

  async function logIn(signal: AbortSignal): Promise<string> {
    const what = 'the log-in';
    const { body } = await client('/initSession', { headers: { authorization: `user_token ${token}` }, what, signal });
    session = textIn(objectIn(desk, what, body).session_token);
    return session;
  }
  /** One that has ended is begun again, once. */
  async function ask(path: string, request: DeskRequest): Promise<RemoteAnswer> {
    const by = (key: string) => ({ ...request, headers: { 'session-token': key } });
    const told = [...(request.told ?? []), 401];
    const first = await client(path, { ...by(session ?? (await logIn(request.signal))), told });
    if (first.status !== 401) return first;
    return client(path, by(await logIn(request.signal)));
  }

  async function search(type: string, by: readonly [number, string, string][], order: string, signal: AbortSignal) {
    const what = `the search for ${type}`;
    const criteria = by.flatMap(([field, searchtype, value], n) => [
      ...(n === 0 ? [] : [[`criteria[${n}][link]`, 'AND']]),
      [`criteria[${n}][field]`, String(field)],
      [`criteria[${n}][searchtype]`, searchtype],
      [`criteria[${n}][value]`, value],
    ]);
    const shown = [columns.title, columns.id, columns.changed].map((one, n) => [`forcedisplay[${n}]`, String(one)]);
    const query = Object.fromEntries([...criteria, ...shown]) as Record<string, string>;
    const sorted = { ...query, sort: order, order: 'ASC', range: `0-${perPage - 1}` };
    const { body } = await ask(`/search/${type}`, { query: sorted, what, signal });
    // Where nothing is found there is no list.
    return listIn(desk, what, objectIn(desk, what, body).data ?? []);
  }

  return { ask, logIn, search };
}

function createGlpi(desk: string, given: GlpiSettings, reach: DeskReach): TicketDesk {
  const { user_token: token, app_token: app, entity, category, fields: further = {}, people = {} } = given;
  const url = addressOf(given.url, '');
  const client = createDeskClient({ desk, reach, url, headers: app === undefined ? {} : { 'app-token': app } });
  const { ask, logIn, search } = sessionOf(desk, token, client);
  const column = (row: Record<string, unknown>, one: number) => textIn(row[String(one)]);

  const ticketOf = (ticket: Record<string, unknown>, assignee: string | null): RemoteTicket => {
    const [id, status] = [textIn(ticket.id), Number(ticket.status)];
    return {
      ...{ id, name: `#${id}`, url: `${url.replace(/\/apirest\.php$/, '')}/front/ticket.form.php?id=${id}` },
      ...{ state: status === solved || status === closed ? 'resolved' : 'open', word: words[status] ?? String(status) },
      ...{ assignee, by: null, seen: textIn(ticket.date_mod) },
    };
  };
  async function add(type: string, input: object, what: string, signal: AbortSignal) {
    const { body } = await ask(`/${type}`, { method: 'POST', body: { input }, what, signal });
    return textIn(objectIn(desk, what, body).id);
  }
  const ownersOf = async (id: string, signal: AbortSignal) => {
    const what = `people of ${id}`;
    const query = { expand_dropdowns: 'true', range: `0-${perPage - 1}` };
    const { body } = await ask(`/Ticket/${id}/Ticket_User`, { query, what, signal });
    return listIn(desk, what, body).filter(({ type }) => Number(type) === assigned);
  };
  /** Of a login; without one the desk itself refuses 0. */
  async function idOf(login: string, signal: AbortSignal): Promise<number> {
    const found = await search('User', [[columns.title, 'contains', `^${login}$`]], '1', signal);
    return Number(found[0] ? column(found[0], columns.id) : 0);
  }
  /** Its last change, as text of the server's own clock. */
  const before = (at: string): string => {
    const ms = Date.parse(`${at.replace(' ', 'T')}Z`) - 1000;
    return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  };

  return {
    kind: 'glpi',
    hidesInternal: true,
    settleMs: 5_000,
    async check(signal) {
      const findings: DeskFinding[] = [{ what: 'reached', result: 'good', detail: url }];
      try {
        await logIn(signal);
      } catch (thrown) {
        if (!(thrown instanceof EvenkeelError) || thrown.code !== 'DESK_DENIED') throw thrown;
        return [...findings, { what: 'account', result: 'bad', detail: thrown.message }];
      }
      findings.push({ what: 'account', result: 'good', detail: 'user_token' });
      const read = await ask('/Ticket', { query: { range: '0-0' }, what: 'tickets', signal, told: [403, 404] });
      findings.push({
        what: 'read',
        result: read.status < 300 ? 'good' : 'bad',
        detail: `Ticket: HTTP ${read.status}`,
      });
      const what = 'the profile';
      const { body } = await ask('/getActiveProfile', { what, signal });
      const profile = (objectIn(desk, what, body).active_profile ?? {}) as Record<string, unknown>;
      // Bits of rights: 2 to change, 4 to create.
      const bits = Number(profile.ticket);
      const may = (bits & 6) === 6;
      const result = Number.isNaN(bits) ? 'unknown' : may ? 'good' : 'bad';
      findings.push({ what: 'write', result, detail: `${textIn(profile.name)}: ticket ${profile.ticket}` });
      for (const login of Object.values(people).slice(0, 20))
        if ((await idOf(login, signal)) === 0) findings.push({ what: 'assign', result: 'bad', detail: login });
      return findings;
    },
    async find(marker, _openedAt, signal) {
      const found = await search('Ticket', [[columns.title, 'contains', marker]], '2', signal);
      const [first] = found.filter((row) => hasMarker(column(row, columns.title), marker));
      return first ? read(column(first, columns.id), signal) : null;
    },
    async open({ title, text, marker, assignee, impact, urgency }, signal) {
      // Ours go from 1 (high) to 3, theirs from 5 (very high) to 1.
      const input = {
        ...{ name: `${title} [${marker}]`, content: htmlOf(text), type: 1, urgency: 6 - urgency, impact: 6 - impact },
        ...(entity === undefined ? {} : { entities_id: entity }),
        ...(category === undefined ? {} : { itilcategories_id: category }),
        ...(assignee === null ? {} : { _users_id_assign: await idOf(assignee, signal) }),
        ...further,
      };
      const id = await add('Ticket', input, 'a new ticket', signal);
      return ticketOf({ id, status: 1 }, assignee);
    },
    async read(id, signal) {
      const ticket = await read(id, signal);
      if (ticket === null) return null;
      const what = `follow-ups of ${id}`;
      const query = { expand_dropdowns: 'true', range: `0-${followupsAtMost - 1}`, sort: 'id', order: 'ASC' };
      const { body } = await ask(`/Ticket/${id}/ITILFollowup`, { query, what, signal });
      const comments = listIn(desk, what, body).map((one) => ({
        ...{ id: textIn(one.id), by: textIn(one.users_id), text: plainText(plainText(textIn(one.content))) },
        isPublic: Number(one.is_private) !== 1,
      }));
      return { ...ticket, comments };
    },
    async comment(id, { text, isPublic }, signal) {
      const about = { itemtype: 'Ticket', items_id: Number(id), content: htmlOf(text), is_private: isPublic ? 0 : 1 };
      await add('ITILFollowup', about, `a follow-up of ${id}`, signal);
    },
    async resolve(id, why, signal) {
      const solution = { itemtype: 'Ticket', items_id: Number(id), content: htmlOf(why) };
      await add('ITILSolution', solution, `the solution of ${id}`, signal);
    },
    async reopen(id, signal) {
      const body = { input: { id: Number(id), status: inWork } };
      await ask(`/Ticket/${id}`, { method: 'PUT', body, what: `reopening ${id}`, signal });
    },
    async assign(id, to, signal) {
      for (const one of await ownersOf(id, signal)) {
        const query = { force_purge: 'true' };
        const path = `/Ticket_User/${textIn(one.id)}`;
        await ask(path, { method: 'DELETE', query, what: `who owns ${id}`, signal, told: [404] });
      }
      if (to === null) return;
      const input = { tickets_id: Number(id), users_id: await idOf(to, signal), type: assigned };
      await add('Ticket_User', input, `who owns ${id}`, signal);
    },
    async changes(cursor, _now, signal) {
      const ours: [number, string, string] = [columns.title, 'contains', '[ek-'];
      const since: [number, string, string][] = cursor ? [[columns.changed, 'morethan', before(cursor)]] : [];
      const rows = await search('Ticket', [ours, ...since], String(columns.changed), signal);
      const changed = rows.map((row) => ({ id: column(row, columns.id), seen: column(row, columns.changed) }));
      const last = changed.at(-1)?.seen || cursor;
      return { changed, cursor: last ?? '', isMore: rows.length === perPage && last !== cursor };
    },
  };

  async function read(id: string, signal: AbortSignal): Promise<RemoteTicket | null> {
    const what = `ticket ${id}`;
    const { status, body } = await ask(`/Ticket/${id}`, { what, signal, told: [404] });
    // In the dustbin it is still read.
    const found = status === 404 ? null : objectIn(desk, what, body);
    if (found === null || Number(found.is_deleted) === 1) return null;
    return ticketOf(found, textIn((await ownersOf(id, signal))[0]?.users_id) || null);
  }
}
