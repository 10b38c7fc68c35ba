/**
 * Issues of GitLab. Rules of docs.gitlab.com, REST API v4 ("Issues", "Notes", "Projects", "Webhooks"): an issue is named by its number in the project (`iid`); who
 * is assigned stands as ids of users, an empty list for nobody; notes of the system are among the others; a message carries the secret itself in `X-Gitlab-Token`.
 *
 * The list of issues is read from the database, and by its label: the search over descriptions may lag behind.
 */
import { Type } from 'typebox';
import { createDeskClient, listIn, objectIn, perPage, rowsOf, textIn } from '../client.ts';
import type { DeskFinding, DeskReach, DeskType, RemoteComment, RemoteTicket, TicketDesk } from '../desk.ts';
import { hasMarker } from '../marker.ts';
import { markdownOf, markdownWith } from '../plain.ts';
import { addressOf, baseUrl, labels, secret } from '../settings.ts';
import { areEqual } from '../signed.ts';

interface GitlabSettings {
  url?: string;
  project: string;
  token: string;
  labels?: string[];
  people?: Record<string, string>;
}

const hourMs = 3_600_000;
/** Planner: the least that may change issues of others. */
const mayWriteFrom = 15;

export const gitlab: DeskType = {
  kind: 'gitlab',
  settings: Type.Object({
    url: baseUrl('https://gitlab.com'),
    project: Type.String({ pattern: '^[\\w./-]{1,200}$', want: 'group/name of a project, or its number' }),
    token: secret,
    labels,
  }),
  create: createGitlab,
  isSigned({ headers }, key) {
    const given = headers['x-gitlab-token'];
    return typeof given === 'string' && areEqual(given, key);
  },
  ticketsIn(message) {
    const { object_kind: kind, object_attributes: of, issue } = (message ?? {}) as Record<string, { iid?: unknown }>;
    const iid = (kind as unknown) === 'note' ? issue?.iid : of?.iid;
    return typeof iid === 'number' ? [String(iid)] : [];
  },
};

function createGitlab(desk: string, settings: GitlabSettings, reach: DeskReach): TicketDesk {
  const { project, token, labels: named = ['evenkeel'], people = {} } = settings;
  const url = `${addressOf(settings.url, 'https://gitlab.com')}/api/v4`;
  const client = createDeskClient({ desk, reach, url, headers: { 'private-token': token } });
  const place = `/projects/${encodeURIComponent(project)}`;
  const ids = new Map<string, number>();

  const loginOf = (user: unknown) => textIn((user as { username?: unknown } | null)?.username) || null;
  const ticketOf = (issue: Record<string, unknown>): RemoteTicket => ({
    ...{ id: textIn(issue.iid), name: `#${textIn(issue.iid)}`, url: textIn(issue.web_url) },
    ...{ state: issue.state === 'closed' ? 'resolved' : 'open', word: textIn(issue.state) },
    ...{ assignee: loginOf((issue.assignees as unknown[] | undefined)?.[0]), by: loginOf(issue.closed_by) },
    seen: textIn(issue.updated_at),
  });

  /** @throws EvenkeelError DESK_REFUSED where there is none */
  async function idOf(login: string, signal: AbortSignal): Promise<number> {
    const known = ids.get(login);
    if (known !== undefined) return known;
    const { body } = await client('/users', { query: { username: login }, what: `the user ${login}`, signal });
    const id = listIn(desk, login, body)[0]?.id;
    if (typeof id === 'number') ids.set(login, id);
    // Without a number the desk says itself that there is no such user.
    return typeof id === 'number' ? id : -1;
  }
  async function listed(query: Record<string, string>, page: number, signal: AbortSignal) {
    const what = 'the list of issues';
    const asked = { ...query, labels: named[0], per_page: perPage, page, scope: 'all' };
    return listIn(desk, what, (await client(`${place}/issues`, { query: asked, what, signal })).body);
  }
  const change = (id: string, body: object, what: string, signal: AbortSignal) =>
    client(`${place}/issues/${id}`, { method: 'PUT', body, what, signal });

  async function notesOf(id: string, signal: AbortSignal): Promise<RemoteComment[]> {
    const notes: RemoteComment[] = [];
    const rows = rowsOf(async (page) => {
      const query = { sort: 'asc', order_by: 'created_at', per_page: perPage, page };
      const what = `notes of ${id}`;
      return listIn(desk, what, (await client(`${place}/issues/${id}/notes`, { query, what, signal })).body);
    });
    for await (const note of rows)
      if (note.system !== true)
        notes.push({
          ...{ id: textIn(note.id), by: loginOf(note.author) ?? '', text: textIn(note.body) },
          isPublic: note.internal !== true,
        });
    return notes;
  }

  return {
    kind: 'gitlab',
    hidesInternal: true,
    settleMs: 20_000,
    async check(signal) {
      const { status, body } = await client(place, { what: project, signal, told: [401, 403, 404] });
      if (status !== 200)
        return [
          { what: 'reached', result: 'good', detail: `HTTP ${status}` },
          { what: status === 401 ? 'account' : 'place', result: 'bad', detail: `${project}: HTTP ${status}` },
        ];
      const found = objectIn(desk, project, body);
      const rights = (found.permissions ?? {}) as Record<string, { access_level?: unknown } | null>;
      const level = Math.max(0, ...Object.values(rights).map((one) => Number(one?.access_level ?? 0)));
      const findings: DeskFinding[] = [
        { what: 'reached', result: 'good', detail: textIn(found.web_url) },
        {
          what: 'place',
          result: found.issues_enabled === false ? 'bad' : 'good',
          detail: textIn(found.path_with_namespace),
        },
        { what: 'write', result: level >= mayWriteFrom ? 'good' : 'bad', detail: `access level ${level}` },
      ];
      if (found.visibility === 'public') findings.push({ what: 'private', result: 'warning', detail: 'public' });
      for (const login of Object.values(people).slice(0, 20))
        if ((await idOf(login, signal)) < 0) findings.push({ what: 'assign', result: 'bad', detail: login });
      return findings;
    },
    async find(marker, openedAt, signal) {
      const since = new Date(openedAt - hourMs).toISOString();
      let found: RemoteTicket | null = null;
      const newestFirst = { created_after: since, order_by: 'created_at', sort: 'desc' };
      for await (const issue of rowsOf((page) => listed(newestFirst, page, signal)))
        if (hasMarker(textIn(issue.description), marker)) found = ticketOf(issue);
      return found;
    },
    async open({ title, text, marker, assignee }, signal) {
      const body = {
        ...{ title, description: markdownWith(text, marker), labels: named.join(',') },
        ...(assignee === null ? {} : { assignee_ids: [await idOf(assignee, signal)] }),
      };
      const what = 'a new issue';
      const answer = await client(`${place}/issues`, { method: 'POST', body, what, signal });
      return ticketOf(objectIn(desk, what, answer.body));
    },
    async read(id, signal) {
      const what = `issue ${id}`;
      const { status, body } = await client(`${place}/issues/${id}`, { what, signal, told: [404] });
      if (status === 404) {
        await client(place, { what: `the project ${project}`, signal });
        return null;
      }
      return { ...ticketOf(objectIn(desk, what, body)), comments: await notesOf(id, signal) };
    },
    async comment(id, { text, isPublic }, signal) {
      const body = { body: markdownOf(text), internal: !isPublic };
      await client(`${place}/issues/${id}/notes`, { method: 'POST', body, what: `a note on ${id}`, signal });
    },
    async resolve(id, _why, signal) {
      await change(id, { state_event: 'close' }, `closing ${id}`, signal);
    },
    async reopen(id, signal) {
      await change(id, { state_event: 'reopen' }, `reopening ${id}`, signal);
    },
    async assign(id, to, signal) {
      await change(id, { assignee_ids: to === null ? [] : [await idOf(to, signal)] }, `assigning ${id}`, signal);
    },
    async changes(cursor, now, signal) {
      const since = cursor ?? new Date(now - hourMs).toISOString();
      const issues = await listed({ updated_after: since, order_by: 'updated_at', sort: 'asc' }, 1, signal);
      const changed = issues.map((one) => ({ id: textIn(one.iid), seen: textIn(one.updated_at) }));
      const last = changed.at(-1)?.seen ?? since;
      return { changed, cursor: last, isMore: issues.length === perPage && last !== since };
    },
  };
}
