/** Issues of GitHub, as docs.github.com describes them (REST API 2022-11-28). */
import { createHmac } from 'node:crypto';
import { type FakeAnswer, type FakeCall, type FakeVendor, ticking } from './fake.ts';

interface Issue {
  number: number;
  title: string;
  body: string;
  labels: string[];
  state: 'open' | 'closed';
  assignees: string[];
  closedBy: string | null;
  createdAt: Date;
  updatedAt: Date;
  comments: { id: number; user: string; body: string }[];
}

export const githubToken = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
const repository = 'keel/ops';
const bot = 'keel-bot';
const people = ['octocat', 'hubot'] as const;

const none = (status: number, message: string): FakeAnswer => ({ status, body: { message, status: String(status) } });
const invalid = (field: string): FakeAnswer => ({
  status: 422,
  body: { message: 'Validation Failed', errors: [{ resource: 'Issue', field, code: 'invalid' }] },
});

export function githubVendor(options: { permissions?: Record<string, boolean>; isPrivate?: boolean } = {}): FakeVendor {
  const { permissions = { pull: true, triage: true, push: true }, isPrivate = true } = options;
  const issues = new Map<number, Issue>();
  const deleted = new Set<number>();
  const now = ticking();
  let numbers = 10;
  let ids = 1000;
  const touch = (issue: Issue) => {
    issue.updatedAt = now();
  };
  const stamp = (at: Date) => `${at.toISOString().slice(0, 19)}Z`;
  const user = (login: string) => ({ login, id: login.length, type: 'User' });
  const shown = (issue: Issue, base: string) => ({
    ...{ id: issue.number * 7, number: issue.number, title: issue.title, body: issue.body, state: issue.state },
    ...{
      url: `${base}/repos/${repository}/issues/${issue.number}`,
      html_url: `${base}/${repository}/issues/${issue.number}`,
    },
    ...{ labels: issue.labels.map((name) => ({ name })), comments: issue.comments.length },
    ...{ assignee: issue.assignees[0] ? user(issue.assignees[0]) : null, assignees: issue.assignees.map(user) },
    ...{ closed_by: issue.closedBy ? user(issue.closedBy) : null, user: user(bot) },
    ...{ created_at: stamp(issue.createdAt), updated_at: stamp(issue.updatedAt) },
  });
  const place = `/repos/${repository}`;
  const mayWrite = permissions.push || permissions.triage;

  function answer(call: FakeCall, base: string): FakeAnswer {
    const { method, path, headers, body, query } = call;
    if (!headers['user-agent']) return none(403, 'Request forbidden by administrative rules.');
    if (headers.authorization !== `Bearer ${githubToken}`) return none(401, 'Bad credentials');
    if (headers['x-github-api-version'] !== '2022-11-28') return none(400, 'Unsupported version');
    if (path === place && method === 'GET')
      return {
        status: 200,
        body: {
          full_name: repository,
          html_url: `${base}/${repository}`,
          private: isPrivate,
          has_issues: true,
          permissions,
        },
      };
    const asked = new RegExp(`^${place}/assignees/([^/]+)$`).exec(path);
    if (asked) return people.includes(asked[1] as never) ? { status: 204 } : none(404, 'Not Found');
    if (path === `${place}/issues` && method === 'GET') return list(query, base);
    if (path === `${place}/issues` && method === 'POST') return create(body ?? {}, base);
    const [, number, rest] = new RegExp(`^${place}/issues/(\\d+)(/comments)?$`).exec(path) ?? [];
    if (number === undefined) return none(404, 'Not Found');
    if (deleted.has(Number(number))) return none(410, 'This issue was deleted');
    const issue = issues.get(Number(number));
    if (!issue) return none(404, 'Not Found');
    if (rest && method === 'GET') return { status: 200, body: paged(issue.comments, query).map(commentShown) };
    if (rest && method === 'POST') {
      if (typeof body?.body !== 'string' || body.body === '') return invalid('body');
      const comment = { id: ++ids, user: bot, body: body.body };
      issue.comments.push(comment);
      touch(issue);
      return { status: 201, body: commentShown(comment) };
    }
    if (method === 'GET') return { status: 200, body: shown(issue, base) };
    if (method === 'PATCH') return patch(issue, body ?? {}, base);
    return none(404, 'Not Found');
  }

  const commentShown = ({ id, user: login, body }: Issue['comments'][number]) => ({ id, user: user(login), body });

  function paged<One>(all: readonly One[], query: URLSearchParams): One[] {
    const per = Math.min(100, Number(query.get('per_page') ?? 30));
    const page = Number(query.get('page') ?? 1);
    return all.slice((page - 1) * per, page * per);
  }

  function list(query: URLSearchParams, base: string): FakeAnswer {
    const since = query.get('since');
    if (since !== null && Number.isNaN(Date.parse(since))) return invalid('since');
    const by = query.get('sort') === 'updated' ? ('updatedAt' as const) : ('createdAt' as const);
    const sign = query.get('direction') === 'asc' ? 1 : -1;
    const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
    const state = query.get('state') ?? 'open';
    const found = [...issues.values()]
      .filter((one) => (state === 'all' || one.state === state) && labels.every((label) => one.labels.includes(label)))
      .filter((one) => since === null || stamp(one.updatedAt) >= since.replace(/\.\d+Z$/, 'Z'))
      .sort((a, b) => sign * (a[by].getTime() - b[by].getTime()));
    return { status: 200, body: paged(found, query).map((one) => shown(one, base)) };
  }

  function create(body: Record<string, unknown>, base: string): FakeAnswer {
    const { title, body: text = '', labels = [], assignees = [] } = body;
    if (typeof title !== 'string' || title === '' || title.length > 256) return invalid('title');
    if (typeof text !== 'string' || text.length > 65_536) return invalid('body');
    if ((assignees as string[]).some((one) => !people.includes(one as never))) return invalid('assignees');
    const at = now();
    const issue: Issue = {
      ...{ number: ++numbers, title, body: text, labels: mayWrite ? (labels as string[]) : [], state: 'open' },
      ...{
        assignees: mayWrite ? (assignees as string[]) : [],
        closedBy: null,
        createdAt: at,
        updatedAt: at,
        comments: [],
      },
    };
    issues.set(issue.number, issue);
    return { status: 201, body: shown(issue, base) };
  }

  function patch(issue: Issue, body: Record<string, unknown>, base: string): FakeAnswer {
    const { state, state_reason: reason, assignees } = body;
    if (state !== undefined && state !== 'open' && state !== 'closed') return invalid('state');
    if (reason !== undefined && !['completed', 'not_planned', 'reopened', 'duplicate'].includes(String(reason)))
      return invalid('state_reason');
    if (Array.isArray(assignees) && assignees.some((one) => !people.includes(one))) return invalid('assignees');
    if (!mayWrite) return none(403, 'Must have write access.');
    if (state !== undefined) issue.state = state;
    if (state === 'closed') issue.closedBy = bot;
    if (Array.isArray(assignees)) issue.assignees = assignees as string[];
    touch(issue);
    return { status: 200, body: shown(issue, base) };
  }

  const issueOf = (id: string) => issues.get(Number(id)) as Issue;
  return {
    ...{ kind: 'github', people, hidesInternal: false, answer },
    isCreate: ({ method, path }) => method === 'POST' && path === `${place}/issues`,
    isChange: ({ method, path }) => method !== 'GET' && path.startsWith(`${place}/issues/`),
    settings: (url) => ({ url, repository, token: githubToken }),
    tickets: () =>
      [...issues.values()].map((one) => ({
        ...{ id: String(one.number), title: one.title, text: one.body, isOpen: one.state === 'open' },
        assignee: one.assignees[0] ?? null,
        comments: one.comments.map(({ user: by, body }) => ({ by, text: body, isPublic: false })),
      })),
    close(id) {
      Object.assign(issueOf(id), { state: 'closed', closedBy: people[0] });
      touch(issueOf(id));
    },
    reopen(id) {
      issueOf(id).state = 'open';
      touch(issueOf(id));
    },
    say(id, text) {
      issueOf(id).comments.push({ id: ++ids, user: people[0], body: text });
      touch(issueOf(id));
    },
    assign(id, to) {
      issueOf(id).assignees = to === null ? [] : [to];
      touch(issueOf(id));
    },
    remove(id) {
      issues.delete(Number(id));
      deleted.add(Number(id));
    },
    hook(id, secret) {
      const body = JSON.stringify({
        action: 'closed',
        issue: { number: Number(id) },
        repository: { full_name: repository },
      });
      const sum = createHmac('sha256', secret).update(body).digest('hex');
      return { headers: { 'x-github-event': 'issues', 'x-hub-signature-256': `sha256=${sum}` }, body };
    },
  };
}
