/** Tickets of Zammad, as docs.zammad.org describes them. */
import { createHmac } from 'node:crypto';
import { type FakeAnswer, type FakeCall, type FakeVendor, ticking } from './fake.ts';

interface Article {
  id: number;
  from: string;
  body: string;
  content_type: string;
  internal: boolean;
  sender: string;
}
interface ZammadTicket {
  id: number;
  title: string;
  state: string;
  owner: string;
  priority: string;
  createdAt: Date;
  updatedAt: Date;
  articles: Article[];
}

const token = 'zammad-token-0123456789abcdef';
const people = ['nicole.braun@zammad.example', 'jacob.smith@zammad.example'] as const;
const group = 'Ops';
const states = ['new', 'open', 'pending reminder', 'pending close', 'closed', 'merged'];
const priorities = ['1 low', '2 normal', '3 high'];
const none = (status: number, error: string): FakeAnswer => ({ status, body: { error } });

export function zammadVendor(): FakeVendor {
  const tickets = new Map<number, ZammadTicket>();
  const now = ticking();
  let ids = 0;
  let articleIds = 100;
  const touch = (ticket: ZammadTicket) => {
    ticket.updatedAt = now();
  };
  /** Names only where they are asked for; else ids. */
  const shown = (ticket: ZammadTicket, isExpanded: boolean) => ({
    ...{ id: ticket.id, number: `67${String(ticket.id).padStart(3, '0')}`, title: ticket.title },
    ...{ state_id: states.indexOf(ticket.state) + 1, created_at: ticket.createdAt.toISOString() },
    ...{ updated_at: ticket.updatedAt.toISOString() },
    ...(isExpanded ? { state: ticket.state, owner: ticket.owner, priority: ticket.priority, group } : {}),
  });
  const add = (ticket: ZammadTicket, from: string, given: Record<string, unknown>, sender = 'Agent'): Article => {
    const { body, content_type = 'text/plain', internal } = given;
    const article = {
      ...{ id: ++articleIds, from, body: String(body), content_type: String(content_type), sender },
      internal: internal === true,
    };
    ticket.articles.push(article);
    touch(ticket);
    return article;
  };

  function answer({ method, path, headers, body, query }: FakeCall): FakeAnswer {
    if (headers.authorization !== `Token token=${token}`) return none(401, 'Authentication required');
    const isExpanded = query.get('expand') === 'true';
    if (path === '/api/v1/users/me')
      return { status: 200, body: { id: 3, login: 'keel@example.org', groups: { [group]: ['full'] } } };
    if (path === '/api/v1/tickets/search' && method === 'GET') return search(query, isExpanded);
    if (path === '/api/v1/tickets' && method === 'POST') return create(body ?? {}, isExpanded);
    if (path === '/api/v1/ticket_articles' && method === 'POST') {
      const ticket = tickets.get(Number(body?.ticket_id));
      if (!ticket) return none(404, `Couldn't find Ticket with 'id'=${body?.ticket_id}`);
      if (typeof body?.body !== 'string' || body.body === '')
        return none(422, "Need at least article: { body: 'some text' }");
      return { status: 201, body: add(ticket, 'Keel', body) };
    }
    const [, listed] = /^\/api\/v1\/ticket_articles\/by_ticket\/(\d+)$/.exec(path) ?? [];
    const [, id = listed] = /^\/api\/v1\/tickets\/(\d+)$/.exec(path) ?? [];
    const ticket = tickets.get(Number(id));
    if (!ticket) return none(404, `Couldn't find Ticket with 'id'=${id}`);
    if (listed) return { status: 200, body: ticket.articles.map((one) => ({ ...one, ticket_id: ticket.id })) };
    if (method === 'GET') return { status: 200, body: shown(ticket, isExpanded) };
    if (method === 'PUT') return put(ticket, body ?? {}, isExpanded);
    return none(404, 'No route matches');
  }

  function search(query: URLSearchParams, isExpanded: boolean): FakeAnswer {
    let found = [...tickets.values()];
    for (const [key, operator] of query) {
      const field = /^condition\[ticket\.(\w+)\]\[operator\]$/.exec(key)?.[1];
      if (field === undefined) continue;
      const value = query.get(`condition[ticket.${field}][value]`) ?? '';
      if (field === 'title' && operator === 'contains')
        found = found.filter(({ title }) => title.toLowerCase().includes(value.toLowerCase()));
      else if (field === 'updated_at' && operator === 'after (absolute)')
        found = found.filter(({ updatedAt }) => updatedAt.getTime() > Date.parse(value));
      else return none(422, `Invalid condition ticket.${field} ${operator}`);
    }
    const by = query.get('sort_by') === 'updated_at' ? ('updatedAt' as const) : ('createdAt' as const);
    const sign = query.get('order_by') === 'asc' ? 1 : -1;
    found.sort((a, b) => sign * (a[by].getTime() - b[by].getTime()));
    const per = Math.min(200, Number(query.get('per_page') ?? 50));
    const page = Number(query.get('page') ?? 1);
    const some = found.slice((page - 1) * per, page * per);
    if (isExpanded) return { status: 200, body: some.map((one) => shown(one, true)) };
    return { status: 200, body: { tickets: some.map(({ id }) => id), tickets_count: found.length, assets: {} } };
  }

  function create(body: Record<string, unknown>, isExpanded: boolean): FakeAnswer {
    const { title, group: asked, customer, article, owner = '-', priority = '2 normal' } = body;
    if (typeof title !== 'string' || title === '') return none(422, "Missing required value for field 'title'!");
    if (asked !== group) return none(422, `No lookup value found for 'group': "${asked}"`);
    if (typeof customer !== 'string') return none(422, "Missing required value for field 'customer_id'!");
    if (!priorities.includes(String(priority))) return none(422, `No lookup value found for 'priority': "${priority}"`);
    if (owner !== '-' && !people.includes(owner as never))
      return none(422, `No lookup value found for 'owner': "${owner}"`);
    const first = article as Record<string, unknown> | undefined;
    if (typeof first?.body !== 'string') return none(422, "Need at least article: { body: 'some text' }");
    const at = now();
    const ticket: ZammadTicket = {
      ...{ id: ++ids, title, state: 'new', owner: String(owner), priority: String(priority) },
      ...{ createdAt: at, updatedAt: at, articles: [] },
    };
    tickets.set(ticket.id, ticket);
    add(ticket, 'Keel', first);
    return { status: 201, body: shown(ticket, isExpanded) };
  }

  function put(ticket: ZammadTicket, body: Record<string, unknown>, isExpanded: boolean): FakeAnswer {
    const { state, owner, owner_id: ownerId } = body;
    if (state !== undefined && !states.includes(String(state)))
      return none(422, `No lookup value found for 'state': "${state}"`);
    if (owner !== undefined && !people.includes(owner as never))
      return none(422, `No lookup value found for 'owner': "${owner}"`);
    if (state !== undefined) ticket.state = String(state);
    if (owner !== undefined) ticket.owner = String(owner);
    if (ownerId === 1) ticket.owner = '-';
    touch(ticket);
    return { status: 200, body: shown(ticket, isExpanded) };
  }

  const ticketOf = (id: string) => tickets.get(Number(id)) as ZammadTicket;
  const set = (id: string, values: Partial<ZammadTicket>) => {
    Object.assign(ticketOf(id), values);
    touch(ticketOf(id));
  };
  return {
    ...{ kind: 'zammad', people, hidesInternal: true, answer },
    isCreate: ({ method, path }) => method === 'POST' && path === '/api/v1/tickets',
    isChange: ({ method, path }) =>
      (method === 'PUT' && path.startsWith('/api/v1/tickets/')) ||
      (method === 'POST' && path === '/api/v1/ticket_articles'),
    settings: (url) => ({ url, token, group, customer: 'it@example.org' }),
    tickets: () =>
      [...tickets.values()].map((one) => ({
        ...{ id: String(one.id), title: one.title, text: one.articles[0]?.body ?? '' },
        isOpen: !['closed', 'merged'].includes(one.state),
        assignee: one.owner === '-' ? null : one.owner,
        comments: one.articles
          .slice(1)
          .map(({ from, body, internal }) => ({ by: from, text: body, isPublic: !internal })),
      })),
    close: (id) => set(id, { state: 'closed' }),
    reopen: (id) => set(id, { state: 'open' }),
    say: (id, text, isPublic = true) =>
      void add(ticketOf(id), 'Nicole Braun', {
        body: `<div>${text}</div>`,
        content_type: 'text/html',
        internal: !isPublic,
      }),
    assign: (id, to) => set(id, { owner: to ?? '-' }),
    remove: (id) => void tickets.delete(Number(id)),
    hook(id, secret) {
      const body = JSON.stringify({ ticket: { id: Number(id), state: { name: 'closed' } }, article: {} });
      return { headers: { 'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}` }, body };
    },
  };
}
