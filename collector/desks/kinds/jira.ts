/**
 * Issues of Jira Service Management, in the cloud and on one's own servers. Rules of developer.atlassian.com (Jira REST API 2, whose texts are plain; "Issue
 * search", "Transitions", "Comments", "Permissions", "Webhooks"): a state is changed by a transition that leads there, and is ended where its category is `done`;
 * in the cloud people are named by `accountId`, elsewhere by `name`; a comment is internal by the property `sd.public.comment`; messages are signed in `X-Hub-Signature`.
 *
 * The marker is a label. Searches in the cloud lag behind by seconds: after a create without an answer it is looked for during two minutes before
 * it counts as not made. Nothing there is found at once by anything but its own number.
 */
import { type Static, Type } from 'typebox';
import { basic } from '../../notify/chat.ts';
import { createDeskClient, listIn, objectIn, textIn } from '../client.ts';
import type { DeskFinding, DeskReach, DeskType, RemoteComment, RemoteTicket, TicketDesk } from '../desk.ts';
import { address, addressOf, fields, name, priorities, secret } from '../settings.ts';
import { isSignedBy } from '../signed.ts';

const settings = Type.Object({
  url: address('https://example.atlassian.net'),
  user: Type.Optional(name('the e-mail address of the account; without it the token goes as Bearer')),
  token: secret,
  project: Type.String({ pattern: '^[A-Z][A-Z0-9_]{1,39}$', want: 'the key of a project, such as OPS' }),
  issue_type: Type.Optional(name('the name of a type of issue')),
  priorities,
  state_open: Type.Optional(name('the name of a state')),
  state_resolved: Type.Optional(name('the name of a state')),
  resolution: Type.Optional(name('the name of a resolution')),
  fields,
});
type JiraSettings = Static<typeof settings> & { people?: Record<string, string> };

const label = 'evenkeel';
const shown = 'summary,status,assignee,updated';
const rights = ['BROWSE_PROJECTS', 'CREATE_ISSUES', 'ADD_COMMENTS', 'TRANSITION_ISSUES', 'ASSIGN_ISSUES'] as const;
const usualPriorities = ['Highest', 'High', 'Medium', 'Low', 'Lowest'];
const perPage = 100;
const pagesAtMost = 10;
const minuteMs = 60_000;
/** An index that is behind is not missed. */
const overlapMinutes = 5;

export const jira: DeskType = {
  kind: 'jira',
  settings,
  create: createJira,
  isSigned: (message, key) => isSignedBy(message, 'x-hub-signature', 'sha256', key),
  ticketsIn(message) {
    const id = (message as { issue?: { id?: unknown } } | null)?.issue?.id;
    return typeof id === 'string' || typeof id === 'number' ? [String(id)] : [];
  },
};

function createJira(desk: string, given: JiraSettings, reach: DeskReach): TicketDesk {
  const { user, token, project, issue_type: type = 'Incident', priorities: named = {}, fields: further = {} } = given;
  const { state_open: open, state_resolved: resolved, resolution } = given;
  const url = addressOf(given.url, '');
  const authorization = user === undefined ? `Bearer ${token}` : basic(user, token);
  const client = createDeskClient({ desk, reach, url: `${url}/rest/api/2`, headers: { authorization } });
  /** In the cloud an account logs in with an address and a token, and people have ids. */
  const isCloud = user !== undefined;
  const person = (who: string | null) => (isCloud ? { accountId: who } : { name: who });

  const whoIn = (one: unknown): string | null => {
    const { accountId, name: login } = (one ?? {}) as Record<string, unknown>;
    return textIn(isCloud ? accountId : login) || null;
  };
  const ticketOf = (issue: Record<string, unknown>): RemoteTicket => {
    const { status, assignee, updated } = objectIn(desk, 'the fields of an issue', issue.fields);
    const { name: word, statusCategory } = (status ?? {}) as { name?: unknown; statusCategory?: { key?: unknown } };
    return {
      ...{ id: textIn(issue.id), name: textIn(issue.key), url: `${url}/browse/${textIn(issue.key)}` },
      ...{ state: statusCategory?.key === 'done' ? 'resolved' : 'open', word: textIn(word) },
      ...{ assignee: whoIn(assignee), by: null, seen: textIn(updated) },
    };
  };

  /** The cloud has another address for it than servers. */
  async function matching(jql: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
    const what = 'the search for issues';
    const query = { jql, fields: shown, maxResults: perPage };
    const { body } = await client(isCloud ? '/search/jql' : '/search', { query, what, signal });
    return listIn(desk, what, objectIn(desk, what, body).issues);
  }
  async function move(id: string, to: 'open' | 'resolved', signal: AbortSignal): Promise<void> {
    const what = `the transitions of ${id}`;
    const { body } = await client(`/issue/${id}/transitions`, { what, signal });
    const ways = listIn(desk, what, objectIn(desk, what, body).transitions);
    const wanted = to === 'resolved' ? resolved : open;
    const way = ways.find(({ to: state }) => {
      const { name: word, statusCategory } = (state ?? {}) as { name?: unknown; statusCategory?: { key?: unknown } };
      return wanted === undefined ? (statusCategory?.key === 'done') === (to === 'resolved') : word === wanted;
    });
    // Without a way the desk says so itself.
    const sent = {
      transition: { id: textIn(way?.id) },
      ...(to === 'resolved' && resolution !== undefined ? { fields: { resolution: { name: resolution } } } : {}),
    };
    await client(`/issue/${id}/transitions`, { method: 'POST', body: sent, what: `moving ${id} to ${to}`, signal });
  }

  async function commentsOf(id: string, signal: AbortSignal): Promise<RemoteComment[]> {
    const comments: RemoteComment[] = [];
    for (let page = 0; page < pagesAtMost; page++) {
      const query = { startAt: page * perPage, maxResults: perPage, orderBy: 'created' };
      const what = `comments of ${id}`;
      const body = objectIn(desk, what, (await client(`/issue/${id}/comment`, { query, what, signal })).body);
      const some = listIn(desk, what, body.comments);
      for (const one of some) {
        const author = (one.author ?? {}) as Record<string, unknown>;
        comments.push({
          ...{ id: textIn(one.id), by: textIn(author.displayName) || (whoIn(author) ?? ''), text: textIn(one.body) },
          isPublic: one.jsdPublic === true,
        });
      }
      if (some.length < perPage || comments.length >= Number(body.total)) break;
    }
    return comments;
  }

  return {
    kind: 'jira',
    hidesInternal: true,
    settleMs: 2 * minuteMs,
    async check(signal) {
      const what = 'the rights of the account';
      const query = { permissions: rights.join(','), projectKey: project };
      const { status, body } = await client('/mypermissions', { query, what, signal, told: [400, 401, 403, 404] });
      const reached: DeskFinding = { what: 'reached', result: 'good', detail: url };
      if (status === 401 || status === 403)
        return [reached, { what: 'account', result: 'bad', detail: `HTTP ${status}` }];
      if (status !== 200) return [reached, { what: 'place', result: 'bad', detail: `${project}: HTTP ${status}` }];
      const has = (objectIn(desk, what, body).permissions ?? {}) as Record<string, { havePermission?: unknown }>;
      const types = await client(`/issue/createmeta/${project}/issuetypes`, { what: type, signal, told: [400, 404] });
      const { issueTypes, values } = (types.body ?? {}) as Record<string, unknown>;
      const known = ((issueTypes ?? values ?? []) as { name?: unknown }[]).some((one) => one.name === type);
      return [
        reached,
        { what: 'place', result: has.BROWSE_PROJECTS?.havePermission === true ? 'good' : 'bad', detail: project },
        ...rights.slice(1).map(
          (right): DeskFinding => ({
            what: right === 'ASSIGN_ISSUES' ? 'assign' : 'write',
            ...{ result: has[right]?.havePermission === true ? 'good' : 'bad', detail: right },
          }),
        ),
        { what: 'fields', result: known ? 'good' : 'bad', detail: `issuetype ${type}` },
      ];
    },
    async find(marker, _openedAt, signal) {
      const jql = `project = "${project}" AND labels = "${marker}" ORDER BY created ASC`;
      const [first] = await matching(jql, signal);
      return first ? ticketOf(first) : null;
    },
    async open({ title, text, marker, assignee, priority }, signal) {
      const sent = {
        project: { key: project },
        ...{ issuetype: { name: type }, summary: title, description: text, labels: [label, marker] },
        priority: { name: named[`P${priority}` as keyof typeof named] ?? usualPriorities[priority - 1] },
        ...(assignee === null ? {} : { assignee: person(assignee) }),
        ...further,
      };
      const what = 'a new issue';
      const { body } = await client('/issue', { method: 'POST', body: { fields: sent }, what, signal });
      // The answer has its number alone; how it stands is read the next time.
      const { id, key } = objectIn(desk, what, body);
      const made = { id: textIn(id), name: textIn(key), url: `${url}/browse/${textIn(key)}` };
      return { ...made, state: 'open', word: '', assignee, seen: '' };
    },
    async read(id, signal) {
      const what = `issue ${id}`;
      const { status, body } = await client(`/issue/${id}`, { query: { fields: shown }, what, signal, told: [404] });
      if (status === 404) {
        await client(`/project/${project}`, { what: `the project ${project}`, signal });
        return null;
      }
      return { ...ticketOf(objectIn(desk, id, body)), comments: await commentsOf(id, signal) };
    },
    async comment(id, { text, isPublic }, signal) {
      const internal = { key: 'sd.public.comment', value: { internal: !isPublic } };
      const body = { body: text, properties: [internal] };
      await client(`/issue/${id}/comment`, { method: 'POST', body, what: `a comment on ${id}`, signal });
    },
    resolve: (id, _why, signal) => move(id, 'resolved', signal),
    reopen: (id, signal) => move(id, 'open', signal),
    async assign(id, to, signal) {
      const body = person(to);
      await client(`/issue/${id}/assignee`, { method: 'PUT', body, what: `assigning ${id}`, signal });
    },
    async changes(cursor, now, signal) {
      // Its times are those of the account's zone: minutes ago are the same everywhere.
      const minutes = Math.ceil((now - (cursor === null ? now : Number(cursor))) / minuteMs) + overlapMinutes;
      const jql = `project = "${project}" AND labels = ${label} AND updated >= -${minutes}m ORDER BY updated DESC`;
      const issues = (await matching(jql, signal)).map(ticketOf);
      return { changed: issues.map(({ id, seen }) => ({ id, seen })), cursor: String(now), isMore: false };
    },
  };
}
