/** Tickets of GLPI, as its apirest.md describes them. */
import { type FakeAnswer, type FakeCall, type FakeVendor, ticking } from './fake.ts';

interface GlpiTicket {
  id: number;
  name: string;
  content: string;
  status: number;
  isDeleted: number;
  changedAt: Date;
  followups: { id: number; content: string; by: string; isPrivate: number }[];
  owners: { id: number; login: string }[];
}

const [userToken, appToken] = [
  'q56hqkniwot8wntb3z1qarka5atf365taaa2uyjrn',
  'f7g3csp8mgatg5ebc5elnazakw20i9fyev1qopya7',
];
const people = ['tech', 'post-only'] as const;
const userIds: Readonly<Record<string, number>> = { glpi: 2, 'post-only': 3, tech: 4 };
const none = (status: number, code: string, text = code): FakeAnswer => ({ status, body: [code, text] });

export function glpiVendor(): FakeVendor {
  const tickets = new Map<number, GlpiTicket>();
  const sessions = new Set<string>();
  const now = ticking();
  let ids = 0;
  let others = 70;
  let logIns = 0;
  /** Of its own zone, two hours ahead. */
  const stamp = (at: Date) => new Date(at.getTime() + 7_200_000).toISOString().slice(0, 19).replace('T', ' ');
  const touch = (ticket: GlpiTicket) => {
    ticket.changedAt = now();
  };
  const loginOf = (id: unknown) => Object.keys(userIds).find((one) => userIds[one] === Number(id));

  function answer(call: FakeCall): FakeAnswer {
    const { method, path, headers, body, query } = call;
    if (headers['app-token'] !== appToken) return none(400, 'ERROR_WRONG_APP_TOKEN_PARAMETER');
    const rest = path.replace(/^\/apirest\.php/, '');
    if (method === 'GET' && body !== null) return none(400, 'ERROR_BAD_REQUEST');
    if (rest === '/initSession') {
      if (headers.authorization !== `user_token ${userToken}`) return none(401, 'ERROR_GLPI_LOGIN_USER_TOKEN');
      const session = `session-${++logIns}`;
      sessions.add(session);
      return { status: 200, body: { session_token: session } };
    }
    const session = String(headers['session-token'] ?? '');
    if (session === '') return none(400, 'ERROR_SESSION_TOKEN_MISSING');
    if (!sessions.has(session)) return none(401, 'ERROR_SESSION_TOKEN_INVALID', 'session_token seems invalid');
    if (rest === '/getActiveProfile')
      return { status: 200, body: { active_profile: { id: 6, name: 'Technician', ticket: 168_967 } } };
    if (rest === '/search/Ticket') return search(query);
    if (rest === '/search/User') {
      const login = /^\^(.*)\$$/.exec(query.get('criteria[0][value]') ?? '')?.[1] ?? '';
      const id = userIds[login];
      return {
        status: 200,
        body: id ? { totalcount: 1, count: 1, data: [{ 1: login, 2: id }] } : { totalcount: 0, count: 0 },
      };
    }
    const input = (body?.input ?? null) as Record<string, unknown> | null;
    if (method === 'POST' || method === 'PUT') if (input === null) return none(400, 'ERROR_JSON_PAYLOAD_INVALID');
    if (method === 'POST') return add(rest, input as Record<string, unknown>);
    if (method === 'GET' && rest === '/Ticket') return { status: 206, body: [] };
    const [, link] = /^\/Ticket_User\/(\d+)$/.exec(rest) ?? [];
    if (link !== undefined && method === 'DELETE') {
      for (const ticket of tickets.values()) ticket.owners = ticket.owners.filter(({ id }) => id !== Number(link));
      return { status: 200, body: [{ [link]: true, message: '' }] };
    }
    const [, id, of = ''] = /^\/Ticket\/(\d+)(\/\w+)?$/.exec(rest) ?? [];
    const ticket = tickets.get(Number(id));
    if (!ticket) return none(404, 'ERROR_ITEM_NOT_FOUND', 'Item not found');
    const isNamed = query.get('expand_dropdowns') === 'true';
    if (of === '/ITILFollowup')
      return {
        status: 200,
        body: ticket.followups.map((one) => ({
          ...{ id: one.id, content: one.content, is_private: one.isPrivate, items_id: ticket.id },
          users_id: isNamed ? one.by : userIds[one.by],
        })),
      };
    if (of === '/Ticket_User')
      return {
        status: 200,
        body: [
          { id: 1, tickets_id: ticket.id, users_id: isNamed ? 'glpi' : 2, type: 1 },
          ...ticket.owners.map(({ id: own, login }) => ({
            id: own,
            users_id: isNamed ? login : userIds[login],
            type: 2,
          })),
        ],
      };
    if (of !== '') return none(400, 'ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM');
    if (method === 'PUT') {
      if (typeof input?.status === 'number') ticket.status = input.status;
      touch(ticket);
      return { status: 200, body: [{ [ticket.id]: true, message: '' }] };
    }
    return {
      status: 200,
      body: {
        ...{ id: ticket.id, name: ticket.name, content: ticket.content, status: ticket.status },
        ...{ is_deleted: ticket.isDeleted, date_mod: stamp(ticket.changedAt) },
      },
    };
  }

  function search(query: URLSearchParams): FakeAnswer {
    let found = [...tickets.values()].filter(({ isDeleted }) => isDeleted === 0);
    for (let n = 0; query.has(`criteria[${n}][field]`); n++) {
      const [field, how, value] = ['field', 'searchtype', 'value'].map(
        (one) => query.get(`criteria[${n}][${one}]`) ?? '',
      );
      if (n > 0 && query.get(`criteria[${n}][link]`) !== 'AND') return none(400, 'ERROR_SQL');
      if (field === '1' && how === 'contains') found = found.filter(({ name }) => name.includes(value as string));
      else if (field === '19' && how === 'morethan')
        found = found.filter(({ changedAt }) => stamp(changedAt) > (value as string));
      else return none(400, 'ERROR_SQL');
    }
    const by = (one: GlpiTicket) =>
      query.get('sort') === '19' ? stamp(one.changedAt) : String(one.id).padStart(9, '0');
    found.sort((a, b) => by(a).localeCompare(by(b)) * (query.get('order') === 'DESC' ? -1 : 1));
    const [from = 0, to = 50] = (query.get('range') ?? '0-49').split('-').map(Number);
    const some = found.slice(from, to + 1);
    const data = some.map((one) => ({ 1: one.name, 2: one.id, 19: stamp(one.changedAt), 80: 'Root entity' }));
    return {
      status: some.length < found.length ? 206 : 200,
      body: { totalcount: found.length, count: some.length, ...(some.length > 0 ? { data } : {}) },
    };
  }

  function add(rest: string, input: Record<string, unknown>): FakeAnswer {
    const made = (id: number): FakeAnswer => ({ status: 201, body: { id, message: '' } });
    if (rest === '/Ticket') {
      const { name, content, urgency, impact, _users_id_assign: owner } = input;
      if (typeof name !== 'string' || name === '' || typeof content !== 'string' || content === '')
        return none(400, 'ERROR_GLPI_ADD', 'Mandatory fields are not filled. Please correct: Title, Description');
      for (const level of [urgency, impact])
        if (!(Number(level) >= 1 && Number(level) <= 5)) return none(400, 'ERROR_GLPI_ADD', 'urgency or impact');
      const id = ++ids;
      const login = loginOf(owner);
      const owners = login ? [{ id: ++others, login }] : [];
      tickets.set(id, { ...{ id, name, content, status: 1, isDeleted: 0, changedAt: now(), followups: [], owners } });
      return made(id);
    }
    const ticket = tickets.get(Number(input.items_id ?? input.tickets_id));
    if (!ticket) return none(400, 'ERROR_GLPI_ADD', 'Item not found');
    touch(ticket);
    if (rest === '/ITILFollowup') {
      if (input.itemtype !== 'Ticket' || typeof input.content !== 'string' || input.content === '')
        return none(400, 'ERROR_GLPI_ADD');
      ticket.followups.push({
        id: ++others,
        content: input.content,
        by: 'glpi',
        isPrivate: Number(input.is_private ?? 0),
      });
      return made(others);
    }
    if (rest === '/ITILSolution') {
      if (input.itemtype !== 'Ticket' || ticket.status >= 5)
        return none(400, 'ERROR_GLPI_ADD', 'The ticket is solved already');
      ticket.status = 5;
      return made(++others);
    }
    if (rest === '/Ticket_User') {
      const login = loginOf(input.users_id);
      if (!login || input.type !== 2) return none(400, 'ERROR_GLPI_ADD', 'users_id');
      ticket.owners.push({ id: ++others, login });
      return made(others);
    }
    return none(400, 'ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM');
  }

  const ticketOf = (id: string) => tickets.get(Number(id)) as GlpiTicket;
  const set = (id: string, values: Partial<GlpiTicket>) => {
    Object.assign(ticketOf(id), values);
    touch(ticketOf(id));
  };
  return {
    ...{ kind: 'glpi', people, hidesInternal: true, answer },
    isCreate: ({ method, path }) => method === 'POST' && path === '/apirest.php/Ticket',
    isChange: ({ method, path }) =>
      method !== 'GET' && /\/(?:Ticket\/\d+|ITILFollowup|ITILSolution|Ticket_User.*)$/.test(path),
    settings: (url) => ({ url: `${url}/apirest.php`, user_token: userToken, app_token: appToken }),
    tickets: () =>
      [...tickets.values()].map((one) => ({
        ...{ id: String(one.id), title: one.name, text: one.content, isOpen: one.status < 5 },
        assignee: one.owners[0]?.login ?? null,
        comments: one.followups.map(({ by, content, isPrivate }) => ({ by, text: content, isPublic: isPrivate === 0 })),
      })),
    close: (id) => set(id, { status: 5 }),
    reopen: (id) => set(id, { status: 2 }),
    say: (id, text, isPublic = true) =>
      set(id, {
        // As its editor stores it.
        followups: [
          ...ticketOf(id).followups,
          { id: ++others, content: `&#60;p&#62;${text}&#60;/p&#62;`, by: 'tech', isPrivate: isPublic ? 0 : 1 },
        ],
      }),
    assign: (id, to) => set(id, { owners: to === null ? [] : [{ id: ++others, login: to }] }),
    remove: (id) => set(id, { isDeleted: 1 }),
  };
}
