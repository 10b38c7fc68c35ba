/**
 * Issues of Jira Service Management in the cloud, as developer.atlassian.com describes them (REST API 2). Its search sees an issue only
 * some time after it was made.
 */
import { createHmac } from 'node:crypto';
import { type FakeAnswer, type FakeCall, type FakeVendor, ticking } from './fake.ts';

interface JiraIssue {
  id: string;
  key: string;
  summary: string;
  description: string;
  labels: string[];
  status: string;
  assignee: string | null;
  createdAt: Date;
  updatedAt: Date;
  comments: { id: string; author: string; body: string; jsdPublic: boolean }[];
  /** How many searches go by before it is in the index. */
  unseen: number;
}

const [user, token] = ['keel@example.org', 'ATATT-0123456789abcdef'];
const project = 'OPS';
const type = '[System] Incident';
const people = ['5b10a2844c20165700ede21g', '5b10ac8d82e05b22cc7d4ef5'] as const;
const statuses: Readonly<Record<string, string>> = { Open: 'new', 'In progress': 'indeterminate', Completed: 'done' };
/** By state: where transitions lead. */
const ways: Readonly<Record<string, readonly [id: string, to: string][]>> = {
  Open: [
    ['11', 'In progress'],
    ['31', 'Completed'],
  ],
  'In progress': [['31', 'Completed']],
  Completed: [['41', 'Open']],
};
const none = (status: number, ...errorMessages: string[]): FakeAnswer => ({
  status,
  body: { errorMessages, errors: {} },
});
const wrong = (field: string, problem: string): FakeAnswer => ({
  status: 400,
  body: { errorMessages: [], errors: { [field]: problem } },
});

export function jiraVendor(): FakeVendor {
  const issues = new Map<string, JiraIssue>();
  const now = ticking();
  let count = 0;
  let commentIds = 20_000;
  const touch = (issue: JiraIssue) => {
    issue.updatedAt = now();
  };
  const stamp = (at: Date) => at.toISOString().replace('Z', '+0000');
  const status = (name: string) => ({ name, statusCategory: { key: statuses[name] } });
  const shown = (issue: JiraIssue) => ({
    ...{ id: issue.id, key: issue.key },
    fields: {
      ...{ summary: issue.summary, status: status(issue.status), updated: stamp(issue.updatedAt) },
      assignee: issue.assignee === null ? null : { accountId: issue.assignee, displayName: 'Mia Krystof' },
    },
  });
  const commentShown = ({ author, ...rest }: JiraIssue['comments'][number]) => ({
    ...rest,
    author: { accountId: author, displayName: 'Mia Krystof' },
  });

  function answer({ method, path, headers, body, query }: FakeCall): FakeAnswer {
    if (headers.authorization !== `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`)
      return none(401, 'Client must be authenticated to access this resource.');
    const rest = path.replace(/^\/rest\/api\/2/, '');
    if (rest === '/mypermissions') {
      const keys = (query.get('permissions') ?? '').split(',');
      if (query.get('projectKey') !== project) return none(404, 'No project could be found with that key.');
      return {
        status: 200,
        body: { permissions: Object.fromEntries(keys.map((key) => [key, { key, havePermission: true }])) },
      };
    }
    if (rest === `/issue/createmeta/${project}/issuetypes`)
      return { status: 200, body: { issueTypes: [{ id: '1', name: type }] } };
    if (rest === `/project/${project}`) return { status: 200, body: { key: project } };
    if (rest === '/search') return { status: 410, body: { errorMessages: ['The requested API has been removed.'] } };
    if (rest === '/search/jql') return search(query);
    if (rest === '/issue' && method === 'POST') return create((body?.fields ?? {}) as Record<string, unknown>);
    const [, id = '', of = ''] = /^\/issue\/([\w-]+)(\/\w+)?$/.exec(rest) ?? [];
    const issue = [...issues.values()].find((one) => one.id === id || one.key === id);
    if (!issue) return none(404, 'Issue does not exist or you do not have permission to see it.');
    if (of === '' && method === 'GET') return { status: 200, body: shown(issue) };
    if (of === '/comment') return comment(issue, method, body, query);
    if (of === '/transitions') return transition(issue, method, body);
    if (of === '/assignee' && method === 'PUT') {
      const to = body?.accountId;
      if (to !== null && !people.includes(to as never))
        return none(400, 'Specified user does not exist or you do not have required permissions');
      issue.assignee = to as string | null;
      touch(issue);
      return { status: 204 };
    }
    return none(404, 'No resource');
  }

  function search(query: URLSearchParams): FakeAnswer {
    const jql = query.get('jql') ?? '';
    const [, label] = /labels = "?([\w-]+)"?/.exec(jql) ?? [];
    if (!label || !jql.startsWith(`project = "${project}"`)) return none(400, `Error in the JQL Query: ${jql}`);
    const [, minutes] = /updated >= -(\d+)m/.exec(jql) ?? [];
    const found = [...issues.values()].filter((one) => {
      if (one.unseen > 0) {
        one.unseen--;
        return false;
      }
      return one.labels.includes(label) && (minutes === undefined || Number(minutes) > 0);
    });
    const some = found.slice(0, Math.min(100, Number(query.get('maxResults') ?? 50)));
    return { status: 200, body: { issues: some.map(shown), isLast: true } };
  }

  function create(fields: Record<string, unknown>): FakeAnswer {
    const { summary, description = '', labels = [], assignee } = fields;
    const { key } = (fields.project ?? {}) as { key?: string };
    if (key !== project) return wrong('project', 'valid project is required');
    if ((fields.issuetype as { name?: string } | undefined)?.name !== type)
      return wrong('issuetype', 'The issue type selected is invalid.');
    if (typeof summary !== 'string' || summary === '' || /\n/.test(summary))
      return wrong('summary', 'You must specify a summary of the issue.');
    if (
      !['Highest', 'High', 'Medium', 'Low', 'Lowest'].includes(
        String((fields.priority as { name?: string } | undefined)?.name),
      )
    )
      return wrong('priority', 'The priority selected is invalid.');
    if (!Array.isArray(labels) || labels.some((one) => /\s/.test(String(one))))
      return wrong('labels', "The label can't contain spaces.");
    const at = now();
    const number = ++count;
    const issue: JiraIssue = {
      ...{ id: String(10_000 + number), key: `${project}-${number}`, summary, description: String(description) },
      ...{
        labels: labels as string[],
        status: 'Open',
        assignee: (assignee as { accountId?: string } | undefined)?.accountId ?? null,
      },
      ...{ createdAt: at, updatedAt: at, comments: [], unseen: 3 },
    };
    issues.set(issue.id, issue);
    return { status: 201, body: { id: issue.id, key: issue.key, self: `/rest/api/2/issue/${issue.id}` } };
  }

  function comment(
    issue: JiraIssue,
    method: string,
    body: Record<string, unknown> | null,
    query: URLSearchParams,
  ): FakeAnswer {
    if (method === 'GET') {
      const from = Number(query.get('startAt') ?? 0);
      const some = issue.comments.slice(from, from + Math.min(100, Number(query.get('maxResults') ?? 50)));
      return { status: 200, body: { comments: some.map(commentShown), startAt: from, total: issue.comments.length } };
    }
    if (typeof body?.body !== 'string' || body.body === '') return wrong('comment', 'Comment body can not be empty!');
    const [property] = (body.properties ?? []) as { key: string; value: { internal: boolean } }[];
    const made = {
      id: String(++commentIds),
      author: 'bot',
      body: body.body,
      jsdPublic: property?.value.internal !== true,
    };
    issue.comments.push(made);
    touch(issue);
    return { status: 201, body: commentShown(made) };
  }

  function transition(issue: JiraIssue, method: string, body: Record<string, unknown> | null): FakeAnswer {
    const open = ways[issue.status] ?? [];
    if (method === 'GET')
      return { status: 200, body: { transitions: open.map(([id, to]) => ({ id, name: to, to: status(to) })) } };
    const { id } = (body?.transition ?? {}) as { id?: string };
    const [, to] = open.find(([one]) => one === id) ?? [];
    if (to === undefined)
      return none(400, `It seems that you have tried to perform an illegal workflow operation: ${id}`);
    issue.status = to;
    touch(issue);
    return { status: 204 };
  }

  const issueOf = (id: string) => issues.get(id) as JiraIssue;
  const set = (id: string, values: Partial<JiraIssue>) => {
    Object.assign(issueOf(id), values);
    touch(issueOf(id));
  };
  return {
    ...{ kind: 'jira', people, hidesInternal: true, answer },
    isCreate: ({ method, path }) => method === 'POST' && path === '/rest/api/2/issue',
    isChange: ({ method, path }) => method !== 'GET' && path.startsWith('/rest/api/2/issue/'),
    settings: (url) => ({ url, user, token, project, issue_type: type }),
    tickets: () =>
      [...issues.values()].map((one) => ({
        ...{ id: one.id, title: one.summary, text: `${one.description}\n${one.labels.join(' ')}` },
        ...{ isOpen: statuses[one.status] !== 'done', assignee: one.assignee },
        comments: one.comments.map(({ author, body, jsdPublic }) => ({ by: author, text: body, isPublic: jsdPublic })),
      })),
    close: (id) => set(id, { status: 'Completed' }),
    reopen: (id) => set(id, { status: 'In progress' }),
    say(id, text, isPublic = true) {
      issueOf(id).comments.push({ id: String(++commentIds), author: people[0], body: text, jsdPublic: isPublic });
      touch(issueOf(id));
    },
    assign: (id, to) => set(id, { assignee: to }),
    remove: (id) => void issues.delete(id),
    hook(id, secret) {
      const body = JSON.stringify({ webhookEvent: 'jira:issue_updated', issue: { id, key: issueOf(id).key } });
      return {
        headers: { 'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` },
        body,
      };
    },
  };
}
