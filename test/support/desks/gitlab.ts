/** Issues of GitLab, as docs.gitlab.com describes them (REST API v4). */
import { type FakeAnswer, type FakeCall, type FakeVendor, ticking } from './fake.ts';

interface Issue {
  iid: number;
  title: string;
  description: string;
  labels: string[];
  state: 'opened' | 'closed';
  assignees: number[];
  closedBy: string | null;
  createdAt: Date;
  updatedAt: Date;
  notes: { id: number; author: string; body: string; internal: boolean; system: boolean }[];
}

const token = 'glpat-0123456789abcdefghij';
const project = 'keel/ops';
const bot = 'keel-bot';
const people = ['tanuki', 'fox'] as const;
const userIds: Readonly<Record<string, number>> = { tanuki: 41, fox: 42, [bot]: 40 };
const nameOf = (id: number) => Object.keys(userIds).find((one) => userIds[one] === id) ?? '?';
const none = (status: number, message: unknown): FakeAnswer => ({ status, body: { message } });

export function gitlabVendor(): FakeVendor {
  const issues = new Map<number, Issue>();
  const now = ticking();
  let iids = 0;
  let ids = 500;
  const place = `/api/v4/projects/${encodeURIComponent(project)}`;
  const user = (username: string) => ({ id: userIds[username], username, name: username });
  const touch = (issue: Issue) => {
    issue.updatedAt = now();
  };
  const note = (issue: Issue, author: string, body: string, internal = false, system = false) => {
    const made = { id: ++ids, author, body, internal, system };
    issue.notes.push(made);
    touch(issue);
    return made;
  };
  const noteShown = ({ author, ...rest }: Issue['notes'][number]) => ({ ...rest, author: user(author) });
  const shown = (issue: Issue, base: string) => ({
    ...{ id: issue.iid + 9000, iid: issue.iid, title: issue.title, description: issue.description, state: issue.state },
    ...{ labels: issue.labels, assignees: issue.assignees.map((id) => user(nameOf(id))), author: user(bot) },
    ...{ closed_by: issue.closedBy ? user(issue.closedBy) : null, web_url: `${base}/${project}/-/issues/${issue.iid}` },
    ...{ created_at: issue.createdAt.toISOString(), updated_at: issue.updatedAt.toISOString() },
  });
  const paged = <One>(all: readonly One[], query: URLSearchParams): One[] => {
    const per = Math.min(100, Number(query.get('per_page') ?? 20));
    const page = Number(query.get('page') ?? 1);
    return all.slice((page - 1) * per, page * per);
  };

  function answer({ method, path, headers, body, query }: FakeCall, base: string): FakeAnswer {
    if (headers['private-token'] !== token) return none(401, '401 Unauthorized');
    if (path === '/api/v4/users') {
      const found = query.get('username') ?? '';
      return { status: 200, body: userIds[found] ? [user(found)] : [] };
    }
    if (!path.startsWith(place)) return none(404, '404 Project Not Found');
    const rest = path.slice(place.length);
    if (rest === '' && method === 'GET')
      return {
        status: 200,
        body: {
          ...{ id: 7, path_with_namespace: project, web_url: `${base}/${project}`, visibility: 'private' },
          ...{ issues_enabled: true, permissions: { project_access: { access_level: 20 }, group_access: null } },
        },
      };
    if (rest === '/issues' && method === 'GET') return list(query, base);
    if (rest === '/issues' && method === 'POST') return create(body ?? {}, base);
    const [, iid, notes] = /^\/issues\/(\d+)(\/notes)?$/.exec(rest) ?? [];
    const issue = issues.get(Number(iid));
    if (!issue) return none(404, '404 Not found');
    if (notes && method === 'GET') {
      const sign = query.get('sort') === 'asc' ? 1 : -1;
      const all = [...issue.notes].sort((a, b) => sign * (a.id - b.id));
      return { status: 200, body: paged(all, query).map(noteShown) };
    }
    if (notes && method === 'POST') {
      if (typeof body?.body !== 'string' || body.body === '') return none(400, { body: ["can't be blank"] });
      return { status: 201, body: noteShown(note(issue, bot, body.body, body.internal === true)) };
    }
    if (method === 'GET') return { status: 200, body: shown(issue, base) };
    if (method === 'PUT') return put(issue, body ?? {}, base);
    return none(405, '405 Method Not Allowed');
  }

  function list(query: URLSearchParams, base: string): FakeAnswer {
    for (const name of ['created_after', 'updated_after'])
      if (query.has(name) && Number.isNaN(Date.parse(query.get(name) ?? ''))) return none(400, `${name} is invalid`);
    const by = query.get('order_by') === 'updated_at' ? ('updatedAt' as const) : ('createdAt' as const);
    const sign = query.get('sort') === 'asc' ? 1 : -1;
    const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
    const after = (name: string, at: Date) => !query.has(name) || at.getTime() >= Date.parse(query.get(name) ?? '');
    const found = [...issues.values()]
      .filter((one) => labels.every((label) => one.labels.includes(label)))
      .filter((one) => after('created_after', one.createdAt) && after('updated_after', one.updatedAt))
      .sort((a, b) => sign * (a[by].getTime() - b[by].getTime()));
    return { status: 200, body: paged(found, query).map((one) => shown(one, base)) };
  }

  const areUsers = (given: unknown): given is number[] =>
    Array.isArray(given) && given.every((id) => Object.values(userIds).includes(id as number));

  function create(body: Record<string, unknown>, base: string): FakeAnswer {
    const { title, description = '', labels = '', assignee_ids: assignees = [] } = body;
    if (typeof title !== 'string' || title === '') return none(400, { title: ["can't be blank"] });
    if (typeof labels !== 'string') return none(400, 'labels is invalid');
    if (!areUsers(assignees)) return none(400, { assignees: ['is invalid'] });
    const at = now();
    const issue: Issue = {
      ...{ iid: ++iids, title, description: String(description), labels: labels.split(','), state: 'opened' },
      ...{ assignees, closedBy: null, createdAt: at, updatedAt: at, notes: [] },
    };
    issues.set(issue.iid, issue);
    return { status: 201, body: shown(issue, base) };
  }

  function put(issue: Issue, body: Record<string, unknown>, base: string): FakeAnswer {
    const { state_event: event, assignee_ids: assignees } = body;
    if (event === undefined && assignees === undefined) return none(400, 'at least one parameter must be provided');
    if (event !== undefined && event !== 'close' && event !== 'reopen') return none(400, 'state_event is invalid');
    if (assignees !== undefined && !areUsers(assignees)) return none(400, { assignees: ['is invalid'] });
    if (event === 'close') Object.assign(issue, { state: 'closed', closedBy: bot });
    if (event === 'reopen') Object.assign(issue, { state: 'opened', closedBy: null });
    if (assignees !== undefined) issue.assignees = assignees as number[];
    note(issue, bot, event ? `${event}d` : 'changed who is assigned', false, true);
    return { status: 200, body: shown(issue, base) };
  }

  const issueOf = (id: string) => issues.get(Number(id)) as Issue;
  return {
    ...{ kind: 'gitlab', people, hidesInternal: true, answer },
    isCreate: ({ method, path }) => method === 'POST' && path === `${place}/issues`,
    isChange: ({ method, path }) => method !== 'GET' && path.startsWith(`${place}/issues/`),
    settings: (url) => ({ url, project, token }),
    tickets: () =>
      [...issues.values()].map((one) => ({
        ...{ id: String(one.iid), title: one.title, text: one.description, isOpen: one.state === 'opened' },
        assignee: one.assignees[0] === undefined ? null : nameOf(one.assignees[0]),
        comments: one.notes
          .filter(({ system }) => !system)
          .map(({ author: by, body, internal }) => ({ by, text: body, isPublic: !internal })),
      })),
    close(id) {
      Object.assign(issueOf(id), { state: 'closed', closedBy: people[0] });
      touch(issueOf(id));
    },
    reopen(id) {
      issueOf(id).state = 'opened';
      touch(issueOf(id));
    },
    say: (id, text, isPublic = true) => void note(issueOf(id), people[0], text, !isPublic),
    assign(id, to) {
      issueOf(id).assignees = to === null ? [] : [userIds[to] as number];
      touch(issueOf(id));
    },
    remove: (id) => void issues.delete(Number(id)),
    hook(id, secret) {
      const body = JSON.stringify({ object_kind: 'issue', object_attributes: { iid: Number(id), action: 'close' } });
      return { headers: { 'x-gitlab-event': 'Issue Hook', 'x-gitlab-token': secret }, body };
    },
  };
}
