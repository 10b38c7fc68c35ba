/**
 * Issues of GitHub, and of GitHub Enterprise Server below `/api/v3`. Rules of docs.github.com, REST API version 2022-11-28 ("Issues",
 * "Issue comments", "Rate limits", "Validating webhook deliveries"): pull requests are listed among issues; a label needs the right to triage;
 * a limit of rate is a 403 or 429 with `retry-after`, or with `x-ratelimit-remaining: 0`; a deleted issue is 410.
 *
 * The list of issues is read, not the search, whose index lags behind: what was made is in the list within seconds.
 */
import { Type } from 'typebox';
import { createDeskClient, listIn, objectIn, perPage, type RemoteAnswer, rowsOf, textIn } from '../client.ts';
import type { DeskFinding, DeskReach, DeskType, RemoteTicket, TicketDesk } from '../desk.ts';
import { hasMarker } from '../marker.ts';
import { markdownOf, markdownWith } from '../plain.ts';
import { addressOf, baseUrl, labels, secret } from '../settings.ts';
import { isSignedBy } from '../signed.ts';

interface GithubSettings {
  url?: string;
  repository: string;
  token: string;
  labels?: string[];
  people?: Record<string, string>;
}

const hourMs = 3_600_000;

export const github: DeskType = {
  kind: 'github',
  settings: Type.Object({
    url: baseUrl('https://api.github.com'),
    repository: Type.String({ pattern: '^[\\w.-]{1,100}/[\\w.-]{1,100}$', want: 'owner/name of a repository' }),
    token: secret,
    labels,
  }),
  create: createGithub,
  isSigned: (message, key) => isSignedBy(message, 'x-hub-signature-256', 'sha256', key),
  ticketsIn(message) {
    const number = (message as { issue?: { number?: unknown } } | null)?.issue?.number;
    return typeof number === 'number' ? [String(number)] : [];
  },
};

/** A limit of rate that it says with 403. */
function busyIn({ status, headers }: RemoteAnswer): number | null {
  if (status !== 403 && status !== 429) return null;
  const after = headers['retry-after'];
  if (after !== undefined && /^\d{1,6}$/.test(after)) return Number(after) * 1000;
  if (headers['x-ratelimit-remaining'] !== '0') return null;
  return Math.max(1000, Number(headers['x-ratelimit-reset']) * 1000 - Date.now());
}

function createGithub(desk: string, settings: GithubSettings, reach: DeskReach): TicketDesk {
  const { repository, token, labels: named = [], people = {} } = settings;
  const client = createDeskClient({
    ...{ desk, reach, url: addressOf(settings.url, 'https://api.github.com'), busyIn },
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
  });
  const place = `/repos/${repository}`;
  const all = named.length === 0 ? ['evenkeel'] : named;

  const ticketOf = (issue: Record<string, unknown>): RemoteTicket => ({
    ...{ id: textIn(issue.number), name: `#${textIn(issue.number)}`, url: textIn(issue.html_url) },
    ...{ state: issue.state === 'closed' ? 'resolved' : 'open', word: textIn(issue.state) },
    assignee: textIn((issue.assignee as { login?: unknown } | null)?.login) || null,
    by: textIn((issue.closed_by as { login?: unknown } | null)?.login) || null,
    seen: textIn(issue.updated_at),
  });
  async function listed(query: Record<string, string>, page: number, signal: AbortSignal) {
    const what = 'the list of issues';
    const shown = { ...query, labels: all[0] as string, state: 'all', per_page: perPage, page };
    const { body } = await client(`${place}/issues`, { query: shown, what, signal });
    return listIn(desk, what, body);
  }
  const change = (id: string, body: object, what: string, signal: AbortSignal) =>
    client(`${place}/issues/${id}`, { method: 'PATCH', body, what, signal });

  return {
    kind: 'github',
    hidesInternal: false,
    settleMs: 20_000,
    check: (signal) => check(signal),
    async find(marker, openedAt, signal) {
      const since = new Date(openedAt - hourMs).toISOString();
      let found: RemoteTicket | null = null;
      const newestFirst = { since, sort: 'created', direction: 'desc' };
      for await (const issue of rowsOf((page) => listed(newestFirst, page, signal)))
        if (hasMarker(textIn(issue.body), marker)) found = ticketOf(issue);
      return found;
    },
    async open({ title, text, marker, assignee }, signal) {
      const body = {
        ...{ title, body: markdownWith(text, marker), labels: all },
        ...(assignee === null ? {} : { assignees: [assignee] }),
      };
      const what = 'a new issue';
      const answer = await client(`${place}/issues`, { method: 'POST', body, what, signal });
      return ticketOf(objectIn(desk, what, answer.body));
    },
    async read(id, signal) {
      const what = `issue ${id}`;
      const { status, body } = await client(`${place}/issues/${id}`, { what, signal, told: [301, 404, 410] });
      if (status !== 200) {
        // Without the rights to see it, all of the repository is not found.
        if (status === 404) await client(place, { what: `the repository ${repository}`, signal });
        return null;
      }
      const comments = [];
      const rows = rowsOf(async (page) => {
        const asked = { query: { per_page: perPage, page }, what: `comments of ${id}`, signal };
        return listIn(desk, asked.what, (await client(`${place}/issues/${id}/comments`, asked)).body);
      });
      for await (const one of rows)
        comments.push({
          ...{ id: textIn(one.id), text: textIn(one.body), isPublic: false },
          by: textIn((one.user as { login?: unknown } | null)?.login),
        });
      return { ...ticketOf(objectIn(desk, what, body)), comments };
    },
    async comment(id, { text }, signal) {
      const body = { body: markdownOf(text) };
      await client(`${place}/issues/${id}/comments`, { method: 'POST', body, what: `a comment on ${id}`, signal });
    },
    async resolve(id, _why, signal) {
      await change(id, { state: 'closed', state_reason: 'completed' }, `closing ${id}`, signal);
    },
    async reopen(id, signal) {
      await change(id, { state: 'open', state_reason: 'reopened' }, `reopening ${id}`, signal);
    },
    async assign(id, to, signal) {
      await change(id, { assignees: to === null ? [] : [to] }, `assigning ${id}`, signal);
    },
    async changes(cursor, now, signal) {
      const since = cursor ?? new Date(now - hourMs).toISOString();
      // What has the same second as the last one may have come after it.
      const issues = await listed({ since, sort: 'updated', direction: 'asc' }, 1, signal);
      const changed = issues.map((one) => ({ id: textIn(one.number), seen: textIn(one.updated_at) }));
      const last = changed.at(-1)?.seen ?? since;
      return { changed, cursor: last, isMore: issues.length === perPage && last !== since };
    },
  };

  async function check(signal: AbortSignal): Promise<DeskFinding[]> {
    const { status, body } = await client(place, { what: repository, signal, told: [401, 403, 404] });
    if (status !== 200)
      return [
        { what: 'reached', result: 'good', detail: `HTTP ${status}` },
        { what: status === 401 ? 'account' : 'place', result: 'bad', detail: `${repository}: HTTP ${status}` },
      ];
    const found = objectIn(desk, repository, body);
    const rights = (found.permissions ?? {}) as Record<string, unknown>;
    const mayWrite = [rights.push, rights.triage, rights.maintain, rights.admin].includes(true);
    const findings: DeskFinding[] = [
      { what: 'reached', result: 'good', detail: textIn(found.html_url) },
      { what: 'place', result: found.has_issues === false ? 'bad' : 'good', detail: textIn(found.full_name) },
      { what: 'write', result: mayWrite ? 'good' : 'bad', detail: mayWrite ? 'triage' : 'read' },
    ];
    if (found.private === false) findings.push({ what: 'private', result: 'warning', detail: textIn(found.full_name) });
    for (const login of Object.values(people).slice(0, 20)) {
      const path = `${place}/assignees/${encodeURIComponent(login)}`;
      const answer = await client(path, { what: login, signal, told: [404] });
      if (answer.status === 404) findings.push({ what: 'assign', result: 'bad', detail: login });
    }
    return findings;
  }
}
