/**
 * Incidents of ServiceNow, or records of another table with their fields. Rules of its documentation of the Table API: queries are encoded
 * (`a=1^b=2^ORDERBYc`), times are UTC as `yyyy-MM-dd HH:mm:ss`, `comments` may be read by the caller and `work_notes` by its people alone, and what was written into both is read from
 * `sys_journal_field`. A resolved incident needs a code and notes.
 *
 * The marker is the record's `correlation_id`, which is there for this and is read from the table itself.
 */
import { type Static, Type } from 'typebox';
import { basic } from '../../notify/chat.ts';
import { createDeskClient, listIn, objectIn, textIn } from '../client.ts';
import type { DeskFinding, DeskReach, DeskType, RemoteTicket, TicketDesk } from '../desk.ts';
import { address, addressOf, fields, name, secret } from '../settings.ts';

const settings = Type.Object({
  url: address('https://example.service-now.com'),
  user: Type.Optional(name('the name of the account')),
  password: Type.Optional(secret),
  token: Type.Optional(secret),
  table: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_]{0,79}$', want: 'the name of a table' })),
  group: Type.Optional(name('sys_id or name of an assignment group')),
  state_open: Type.Optional(Type.String({ pattern: '^-?\\d{1,4}$', want: 'the number of a state' })),
  state_resolved: Type.Optional(Type.String({ pattern: '^-?\\d{1,4}$', want: 'the number of a state' })),
  close_code: Type.Optional(name('a resolution code of the table')),
  fields,
});
type ServicenowSettings = Static<typeof settings>;

const shown = 'sys_id,number,state,short_description,assigned_to.user_name,closed_by.user_name,sys_updated_on';
const perPage = 100;
const journalAtMost = 1000;
const hourMs = 3_600_000;
/** Resolved, closed and cancelled incidents. */
const ended: ReadonlySet<string> = new Set(['6', '7', '8']);

export const servicenow: DeskType = {
  kind: 'servicenow',
  settings,
  check({ user, password, token }: ServicenowSettings) {
    const isUser = user !== undefined && password !== undefined;
    if (isUser !== (token !== undefined) && (user === undefined) === (password === undefined)) return [];
    return [{ path: ['user'], problem: 'and password_file, or token_file alone, is what the account logs in with' }];
  },
  create: createServicenow,
};

function createServicenow(desk: string, given: ServicenowSettings, reach: DeskReach): TicketDesk {
  const { user = '', password = '', token, table = 'incident', group, fields: further = {} } = given;
  const { state_open: open = '2', state_resolved: resolved = '6', close_code: code = 'Solution provided' } = given;
  const url = addressOf(given.url, '');
  const authorization = token === undefined ? basic(user, password) : `Bearer ${token}`;
  const client = createDeskClient({ desk, reach, url, headers: { authorization } });
  const path = `/api/now/table/${table}`;
  const plain = { sysparm_exclude_reference_link: 'true', sysparm_fields: shown };

  const ticketOf = (record: Record<string, unknown>): RemoteTicket => {
    const word = textIn(record.state);
    const id = textIn(record.sys_id);
    return {
      ...{ id, name: textIn(record.number), url: `${url}/nav_to.do?uri=${table}.do?sys_id=${id}` },
      ...{ state: ended.has(word) || word === resolved ? 'resolved' : 'open', word },
      assignee: textIn(record['assigned_to.user_name']) || null,
      ...{ by: textIn(record['closed_by.user_name']) || null, seen: textIn(record.sys_updated_on) },
    };
  };
  const resultOf = (what: string, body: unknown) => objectIn(desk, what, body).result;
  async function matching(from: string, query: string, asked: string, limit: number, signal: AbortSignal) {
    const what = `the records of ${from}`;
    const sent = { ...plain, sysparm_fields: asked, sysparm_query: query, sysparm_limit: limit };
    const { body } = await client(`/api/now/table/${from}`, { query: sent, what, signal });
    return listIn(desk, what, resultOf(what, body));
  }
  const change = (id: string, body: object, what: string, signal: AbortSignal) =>
    client(`${path}/${id}`, { method: 'PATCH', query: plain, body, what, signal });
  /** Without one the name itself is sent, and refused there. */
  async function idOf(login: string, signal: AbortSignal): Promise<string> {
    const [found] = await matching('sys_user', `user_name=${login}`, 'sys_id', 1, signal);
    return textIn(found?.sys_id) || login;
  }
  const instant = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

  return {
    kind: 'servicenow',
    hidesInternal: true,
    settleMs: 5_000,
    async check(signal) {
      const query = { sysparm_limit: 1, sysparm_fields: 'sys_id' };
      const { status } = await client(path, { query, what: table, signal, told: [400, 401, 403, 404] });
      const findings: DeskFinding[] = [
        { what: 'reached', result: 'good', detail: url },
        { what: 'account', result: status === 401 ? 'bad' : 'good', detail: user || 'token' },
      ];
      if (status === 401) return findings;
      const journal = { query: { sysparm_limit: 1 }, what: 'sys_journal_field', signal, told: [400, 403, 404] };
      const said = await client('/api/now/table/sys_journal_field', journal);
      return [
        ...findings,
        { what: 'place', result: status === 200 ? 'good' : 'bad', detail: `${table}: HTTP ${status}` },
        {
          what: 'read',
          result: said.status === 200 ? 'good' : 'bad',
          detail: `sys_journal_field: HTTP ${said.status}`,
        },
        // It has no way to ask for rights without writing.
        { what: 'write', result: 'unknown', detail: `${table}: create, write` },
      ];
    },
    async find(marker, _openedAt, signal) {
      const [first] = await matching(table, `correlation_id=${marker}^ORDERBYsys_created_on`, shown, 1, signal);
      return first ? ticketOf(first) : null;
    },
    async open({ title, text, marker, assignee, impact, urgency }, signal) {
      const body = {
        ...{ short_description: title, description: text, impact: String(impact), urgency: String(urgency) },
        ...(group === undefined ? {} : { assignment_group: group }),
        ...further,
        ...{ correlation_id: marker, correlation_display: 'Evenkeel' },
        ...(assignee === null ? {} : { assigned_to: await idOf(assignee, signal) }),
      };
      const what = 'a new record';
      const answer = await client(path, { method: 'POST', query: plain, body, what, signal });
      return ticketOf(objectIn(desk, what, resultOf(what, answer.body)));
    },
    async read(id, signal) {
      const what = `the record ${id}`;
      const { status, body } = await client(`${path}/${id}`, { query: plain, what, signal, told: [404] });
      if (status === 404) return null;
      const query = `element_id=${id}^elementINcomments,work_notes^ORDERBYsys_created_on`;
      const asked = 'sys_id,element,value,sys_created_by';
      const rows = await matching('sys_journal_field', query, asked, journalAtMost, signal);
      const comments = rows.map((row) => ({
        ...{ id: textIn(row.sys_id), by: textIn(row.sys_created_by), text: textIn(row.value) },
        isPublic: row.element === 'comments',
      }));
      return { ...ticketOf(objectIn(desk, what, resultOf(what, body))), comments };
    },
    async comment(id, { text, isPublic }, signal) {
      await change(id, isPublic ? { comments: text } : { work_notes: text }, `a note on ${id}`, signal);
    },
    async resolve(id, why, signal) {
      await change(id, { state: resolved, close_code: code, close_notes: why }, `resolving ${id}`, signal);
    },
    async reopen(id, signal) {
      await change(id, { state: open }, `reopening ${id}`, signal);
    },
    async assign(id, to, signal) {
      await change(id, { assigned_to: to === null ? '' : await idOf(to, signal) }, `assigning ${id}`, signal);
    },
    async changes(cursor, now, signal) {
      const since = cursor ?? instant(now - hourMs);
      const query = `correlation_display=Evenkeel^sys_updated_on>=${since}^ORDERBYsys_updated_on`;
      const rows = await matching(table, query, 'sys_id,sys_updated_on', perPage, signal);
      const changed = rows.map((row) => ({ id: textIn(row.sys_id), seen: textIn(row.sys_updated_on) }));
      const last = changed.at(-1)?.seen ?? since;
      return { changed, cursor: last, isMore: rows.length === perPage && last !== since };
    },
  };
}
