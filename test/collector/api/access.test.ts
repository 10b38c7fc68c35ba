/** Every route of access.ts: refused without a log-in and to each lesser role, open to its own, answering in its own shape. */

import { Compile } from 'typebox/compile';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { roles } from '../../../collector/accounts/roles.ts';
import { access } from '../../../collector/api/access.ts';
import { auditedAs } from '../../../collector/api/audited.ts';
import { createEnrollments } from '../../../collector/fleet/enrollment.ts';
import { usualUpdateNumbers } from '../../../shared/update-choices.ts';
import { type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';
import { putSignals } from '../../support/fleet-history.ts';

const test = suite('access');
let collector: InProcess;
/** Ids that the happy paths need. */
const ids: Record<string, string> = {};

interface Call {
  /** `:name` is replaced by an id; made anew for each call where the call uses it up. */
  path?: string;
  body?: unknown;
  /** Where it names what `before` has made. */
  makeBody?: () => unknown;
  status?: number;
  before?: () => Promise<void>;
}

const secret = async (maxUses = 1) => {
  const enrollments = createEnrollments(collector.state, Date.now);
  const code = { label: '', site: null, kind: null, maxUses, lifeMs: 60_000, by: 'test' };
  return enrollments.create(code);
};

/** A machine that asks to join by a code that wants approval. */
const askToJoin = async () => {
  const enrollments = createEnrollments(collector.state, Date.now);
  const code = { label: '', site: null, kind: null, maxUses: 9, lifeMs: 60_000, approval: true, by: 'test' };
  const { secret } = await enrollments.create(code);
  const { kind_why: kindWhy, ...machine } = applicant;
  await enrollments.redeem(secret, { ...machine, kindWhy, fingerprint: null, attempt: 'a'.repeat(32) } as never);
  const newest = collector.state.selectFrom('applicants').select('id').orderBy('asked_at', 'desc').limit(1);
  ids.applicant = (await newest.executeTakeFirstOrThrow()).id;
};

const applicant = {
  hostname: 'box',
  platform: 'linux',
  arch: 'x64',
  kind: 'server',
  kind_why: 'test',
  version: '0.1.0',
};

/** An endpoint as an agent makes one. */
async function enrol(): Promise<string> {
  const { secret: code } = await secret();
  const answer = await collector.call('/api/v1/enroll', { method: 'POST', body: { code, ...applicant } });
  assert.is(answer.status, 201, answer.text);
  return (answer.body as { endpoint: string }).endpoint;
}

/** In which the endpoint has signed on. */
const period = new Date().toISOString().slice(0, 7);
async function addReport(): Promise<void> {
  const body = { period };
  const made = await collector.call('/api/v1/reports', { method: 'POST', as: 'manager', body });
  ids.report = (made.body as { id: string }).id;
}

const schedule = { rhythm: 'month', hour: 7, zone: 'UTC', site: null, language: 'en', recipients: [], enabled: true };
async function addSchedule(): Promise<void> {
  const made = await collector.call('/api/v1/report-schedules', { method: 'POST', as: 'manager', body: schedule });
  ids.schedule = (made.body as { id: string }).id;
}

const statusPage = () => ({
  ...{ slug: `page-${++people}`, title: 'IT', intro: '', access: 'public', enabled: true, zone: 'UTC' },
  components: [{ id: 'a', name: 'A', of: 'site', target: ids.site }],
});
async function addPage(): Promise<void> {
  await addPlace('sites');
  const made = await collector.call('/api/v1/status-pages', { method: 'POST', as: 'admin', body: statusPage() });
  assert.is(made.status, 201, made.text);
  ids.page = (made.body as { id: string }).id;
}
let channels = 0;
const channel = () => ({ name: `c${++channels}`, settings: { url: 'slack://TokenA/TokenB/TokenC' } });
async function addChannel(): Promise<void> {
  // Nothing listens there, and nothing may.
  const body = { name: `c${++channels}`, kind: 'webhook', settings: { url: 'http://127.0.0.1:9/' } };
  const made = await collector.call('/api/v1/channels', { method: 'POST', as: 'admin', body });
  assert.is(made.status, 201, made.text);
  ids.channel = body.name;
}
async function addNotice(): Promise<void> {
  await addPage();
  const body = { title: 'Mail is slow', words: 'We look into it.' };
  await collector.call(`/api/v1/status-pages/${ids.page}/notices`, { method: 'POST', as: 'admin', body });
  const notice = await collector.state
    .selectFrom('status_notices')
    .select('id')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  ids.notice = String(notice?.id);
}

/** Never the first one, to which it can be linked. */
async function addSecondTicket(): Promise<void> {
  await addTicket();
  await addArticle();
  await addTicket();
  await addArticle();
}
async function addFile(): Promise<void> {
  await addTicket();
  const path = `/api/v1/tickets/${ids.ticket}/attachments?name=a.txt`;
  const made = await collector.call(path, { method: 'POST', as: 'operator', body: { a: 'line' } });
  assert.is(made.status, 201, made.text);
  ids.file = String((made.body as { id: number }).id);
}
async function addLink(): Promise<void> {
  await addSecondTicket();
  const body = { kind: 'related', target: '1' };
  const made = await collector.call(`/api/v1/tickets/${ids.ticket}/links`, { method: 'POST', as: 'admin', body });
  ids.link = String((made.body as { links: { id: number }[] }).links[0]?.id);
}
async function addHelper(): Promise<void> {
  await addTicket();
  await addArticle();
  const path = `/api/v1/tickets/${ids.ticket}/participants/join`;
  await collector.call(path, { method: 'POST', as: 'operator', body: { kind: 'local' } });
}

async function addTarget(): Promise<void> {
  const body = { name: `Website ${++people}`, kind: 'http', settings: { url: 'http://127.0.0.1:9/' } };
  const made = await collector.call('/api/v1/targets', { method: 'POST', as: 'operator', body });
  assert.is(made.status, 201, made.text);
  ids.target = (made.body as { id: string }).id;
}

async function addService(): Promise<void> {
  await addTarget();
  const body = { name: `Service ${++people}`, parts: [ids.target] };
  const made = await collector.call('/api/v1/services', { method: 'POST', as: 'operator', body });
  assert.is(made.status, 201, made.text);
  ids.service = (made.body as { id: string }).id;
}

async function addAlert(): Promise<void> {
  const id = `alert${Math.random().toString(36).slice(2)}`;
  const now = Date.now();
  const key = `${ids.endpoint}/test/${id}`;
  const nothing = {
    fired_at: now,
    resolved_at: null,
    resolved_why: null,
    acknowledged_at: null,
    acknowledged_by: null,
    acknowledged_note: null,
    acknowledged_until: null,
    acknowledged_sticky: 0 as const,
    handed_to: null,
    handed_until: null,
    first_acknowledged_at: null,
    flapping: 0 as const,
    calm: 0 as const,
  };
  await collector.state
    .insertInto('alerts')
    .values({
      id,
      key,
      active_key: key,
      rule: 'disk-space',
      endpoint: ids.endpoint as string,
      metric: 'disk.used_percent',
      tags: '{"path":"/"}',
      state: 'firing',
      severity: 'warning',
      value: 93,
      threshold: 90,
      pending_at: now,
      ticket: null,
      updated_at: now,
      ...nothing,
    })
    .execute();
  ids.alert = id;
}

async function acknowledge(): Promise<void> {
  const path = `/api/v1/alerts/${ids.alert}/acknowledge`;
  const { status, text } = await collector.call(path, { method: 'POST', as: 'admin', body: {} });
  assert.is(status, 200, text);
}

/** An operator, to whom an acknowledged alert can be handed over. */
async function addTaker(): Promise<void> {
  const body = { name: 'taker', password: 'a sentence of its own', role: 'operator' };
  await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body });
  await acknowledge();
}

async function addTicket(): Promise<void> {
  const answer = await collector.call('/api/v1/tickets', {
    method: 'POST',
    as: 'admin',
    body: { title: 'a ticket', endpoint: ids.endpoint },
  });
  assert.is(answer.status, 201, answer.text);
  ids.ticket = String((answer.body as { row: { id: number } }).row.id);
}

const article = {
  ...{ texts: [{ language: 'en', title: 'a guide', body: 'Restart the box.' }], keywords: '', reviewer: null },
  ...{ validUntil: null, state: 'published' },
};
async function addArticle(): Promise<void> {
  const made = await collector.call('/api/v1/articles', { method: 'POST', as: 'operator', body: article });
  assert.is(made.status, 201, made.text);
  ids.article = (made.body as { id: string }).id;
}

let people = 0;
const addUser = async () => {
  const body = { name: `person ${++people}`, password: 'a sentence of its own', role: 'viewer' };
  const answer = await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body });
  ids.user = (answer.body as { id: string }).id;
};

const addDisabledUser = async () => {
  await addUser();
  await collector.call(`/api/v1/users/${ids.user}/disable`, { method: 'POST', as: 'admin' });
};

const parts = ['servers', 'workstations', 'response', 'major_incidents', 'lost_hours'];
const calendar = {
  ...{ zone: 'Europe/Berlin', weekly: { mon: [['09:00', '17:00']] }, region: null, holidays: [], overrides: {} },
  reason: 'new',
};
const addCalendar = () => addPlace('calendars', calendar);

const cost = {
  ...{ category: 'people', kind: 'monthly', cents: 1, from: '2026-01', to: null, months: null, reason: 'new' },
};
const addCost = () => addPlace('costs', cost);
async function addPerson(): Promise<void> {
  const csv = `name,mail\nMia,mia${++people}@example.org\n`;
  await collector.call('/api/v1/directory/table', { method: 'POST', as: 'admin', body: { csv, reason: 'new' } });
  const { body } = await collector.call('/api/v1/directory', { as: 'admin' });
  ids.person = (body as { items: { id: string }[] }).items[0]?.id ?? '';
}
const product = { patterns: ['draw pro*'], class: 'approved', entitlements: [], reason: 'new' };

async function addProduct(): Promise<void> {
  const body = { name: `product ${++people}`, ...product };
  const answer = await collector.call('/api/v1/software/products', { method: 'POST', as: 'admin', body });
  ids.product = (answer.body as { id: string }).id;
}

async function addPlace(path: 'sites' | 'groups' | 'calendars' | 'costs', more = {}): Promise<void> {
  const body = { name: `${path} ${++people}`, ...more };
  const answer = await collector.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body });
  ids[path.slice(0, -1)] = (answer.body as { id: string }).id;
}

const silence = () => ({ matchers: ['site="Nowhere"'], reason: 'a test' });
async function addSilence(): Promise<void> {
  const made = await collector.call('/api/v1/silences', { method: 'POST', as: 'admin', body: silence() });
  ids.silence = (made.body as { id: string }).id;
}
const maintenance = (repeats: boolean) => ({
  scope: { of: 'site', target: 'South' },
  reason: 'new switch',
  ...(repeats
    ? { repeat: { cron: '0 22 * * TUE#2', zone: 'Asia/Tokyo', durationMin: 240 } }
    : { to: Date.now() + 3_600_000 }),
});

const change = () => ({
  ...{ title: 'New switch', scopes: [{ of: 'site', target: 'South' }] },
  ...{ from: Date.now() + 3_600_000, to: Date.now() + 7_200_000 },
});

async function addChange(): Promise<void> {
  const made = await collector.call('/api/v1/changes', { method: 'POST', as: 'admin', body: change() });
  assert.is(made.status, 201, made.text);
  ids.change = String((made.body as { row: { id: number } }).row.id);
}

const quiet = { zone: 'Asia/Tokyo', start: '22:00', end: '07:00' };
const onCall = {
  zone: 'Asia/Tokyo',
  layers: [{ name: 'main', users: ['rota'], rotation: { unit: 'day', every: 1, start: '2026-03-02T09:00' } }],
};

/** The same user each time. */
async function addRota(): Promise<void> {
  const body = { name: 'rota', password: 'a sentence of its own', role: 'operator' };
  await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body });
}

async function addOnCall(): Promise<void> {
  await addRota();
  const sent = { method: 'PUT', as: 'admin' as const, body: { content: onCall } };
  const made = await collector.call('/api/v1/on-call/schedules/primary', sent);
  assert.is(made.status, 200, made.text);
}

async function addOverride(): Promise<void> {
  await addOnCall();
  const body = { from: Date.now() + 1_000, to: Date.now() + 60_000, user: 'rota', wins: true };
  const sent = { method: 'POST', as: 'admin' as const, body };
  const made = await collector.call('/api/v1/on-call/schedules/primary/overrides', sent);
  assert.is(made.status, 201, made.text);
  ids.override = (made.body as { id: string }).id;
}

async function addPolicy(): Promise<void> {
  await addRota();
  const body = { content: { steps: [{ targets: ['person:rota'] }] } };
  const made = await collector.call('/api/v1/on-call/policies/servers', { method: 'PUT', as: 'admin', body });
  assert.is(made.status, 200, made.text);
}

async function addMaintenance(repeats: boolean): Promise<void> {
  const made = await collector.call('/api/v1/maintenance', { method: 'POST', as: 'admin', body: maintenance(repeats) });
  assert.is(made.status, 201, made.text);
  ids.maintenance = (made.body as { id: string }).id;
}

const subscribed = {
  name: 'a browser',
  subscription: { endpoint: 'https://push.example.org/1', keys: { p256dh: 'x'.repeat(87), auth: 'x'.repeat(22) } },
};

const layer = (interval_s: number) => ({ scope: { of: 'all', target: '' }, settings: { interval_s } });
let interval = 100;
async function addLayer(): Promise<void> {
  const body = { ...layer(++interval), reason: 'other' };
  await collector.call('/api/v1/agent-settings/layers', { method: 'PUT', as: 'admin', body });
}

const calls: Record<string, Call> = {
  'GET /api/v1/me': {},
  'POST /api/v1/setup': { body: { secret: 'wrong', user: 'eve', password: 'x'.repeat(20) }, status: 403 },
  'POST /api/v1/login': { body: { user: 'eve', password: 'wrong' }, status: 401 },
  // None is set up here; with one: test/collector/accounts/openid.test.ts.
  'POST /api/v1/login/openid': { body: {}, status: 404 },
  'POST /api/v1/login/openid/finish': { body: { query: '?code=none' }, status: 404 },
  'POST /api/v1/login/openid/check': { status: 403 },
  'POST /api/v1/logout': { status: 204 },
  // Of people: a token has no password. What they do for a session: log-ins.test.ts.
  'POST /api/v1/me/confirm': { body: { password: 'another sentence' }, status: 400 },
  'POST /api/v1/me/password': { body: { current: 'another sentence', password: 'and a fresh one' }, status: 400 },
  'GET /api/v1/me/second-factor': { status: 400 },
  'POST /api/v1/me/second-factor': { status: 400 },
  'POST /api/v1/me/second-factor/confirm': { body: { code: '123456' }, status: 400 },
  'DELETE /api/v1/me/second-factor': { status: 400 },
  'GET /api/v1/me/sessions': { status: 400 },
  'DELETE /api/v1/me/sessions': { status: 400 },
  'DELETE /api/v1/me/sessions/:id': { path: '/api/v1/me/sessions/x', status: 400 },
  'GET /api/v1/second-factor': {},
  'PUT /api/v1/second-factor': { body: { roles: ['admin'] }, status: 403 },
  'DELETE /api/v1/users/:id/second-factor': { path: '/api/v1/users/x/second-factor', status: 404 },
  'GET /api/v1/sessions': {},
  'DELETE /api/v1/sessions/:id': { path: '/api/v1/sessions/x', status: 404 },
  'GET /api/v1/views': { path: '/api/v1/views?page=fleet', status: 400 },
  'POST /api/v1/views': { body: { page: 'fleet', name: 'x', query: '', shared: false }, status: 400 },
  'PUT /api/v1/views/start-view': { body: { page: 'fleet', view: null }, status: 400 },
  'PATCH /api/v1/views/:id': { path: '/api/v1/views/x', body: { name: 'x' }, status: 400 },
  'DELETE /api/v1/views/:id': { path: '/api/v1/views/x', status: 400 },
  // Rooms, and what people do in them: test/collector/chat.
  'GET /api/v1/chat': {},
  'GET /api/v1/endpoints/:id/remote': { path: '/api/v1/endpoints/:endpoint/remote' },
  // None is set up here; with one: test/collector/remote.
  'POST /api/v1/tickets/:id/remote': {
    path: '/api/v1/tickets/:ticket/remote',
    body: { tool: 'RustDesk' },
    status: 404,
    before: addTicket,
  },
  'POST /api/v1/chat/:name/test': { path: '/api/v1/chat/slack/test', status: 404 },
  'GET /api/v1/me/chat': { status: 400 },
  'POST /api/v1/me/chat': { status: 400 },
  'DELETE /api/v1/me/chat/:id': { path: '/api/v1/me/chat/x', status: 400 },
  'GET /api/v1/me/push': { status: 400 },
  'POST /api/v1/me/push': { body: subscribed, status: 400 },
  'DELETE /api/v1/me/push/:id': { path: '/api/v1/me/push/x', status: 400 },
  'POST /api/v1/me/push/:id/test': { path: '/api/v1/me/push/x/test', status: 400 },
  'POST /api/v1/enroll': { body: { code: 'wrong', ...applicant }, status: 403 },
  // The rest of it: test/road/rotation.test.ts.
  // The rest of it: test/road/copied.test.ts.
  'POST /api/v1/agent/copied': {
    body: {
      ...{ ...applicant, endpoint: 'enobody', secret: 'wrong', attempt: '0'.repeat(32) },
      fingerprint: { uuid: '0123456789abcdef' },
    },
    status: 401,
  },
  'POST /api/v1/agent/credential': { body: { endpoint: 'enobody', secret: 'wrong' }, status: 401 },
  'POST /api/v1/endpoints/:id/let-in': {
    path: '/api/v1/endpoints/:endpoint/let-in',
    body: { instance: '0123456789abcdef' },
    status: 404,
  },
  'POST /api/v1/endpoints/:id/credential/rotate': { path: '/api/v1/endpoints/:endpoint/credential/rotate' },
  'POST /api/v1/endpoints/:id/credential/again': {
    path: '/api/v1/endpoints/:spare/credential/again',
    body: {},
    status: 204,
    before: async () => {
      ids.spare = await enrol();
    },
  },
  // No own authority here; with one: test/road/authority.test.ts.
  'GET /api/v1/ca': { status: 404 },
  'GET /install.sh': {},
  'GET /mqtt': { status: 426 },
  'GET /install.ps1': {},
  // None has been built for this collector.
  'GET /releases/manifest.json': { status: 404 },
  'GET /packages/:name': { path: '/packages/evenkeel-agent_9.9.9_amd64.deb', status: 404 },
  'GET /api/v1/packages': {},
  'GET /openapi.json': {},
  'GET /healthz': {},
  'GET /readyz': {},
  'GET /api/v1/endpoints': { path: '/api/v1/endpoints?sort=-cpu&kind=server&limit=10' },
  'GET /api/v1/endpoints/filters': {},
  'GET /api/v1/endpoints/:id': { path: '/api/v1/endpoints/:endpoint' },
  'GET /api/v1/endpoints/:id/usual': {
    path: '/api/v1/endpoints/:endpoint/usual?metric=cpu.usage_active&from=0&to=3600000',
  },
  'GET /api/v1/endpoints/:id/marks': { path: '/api/v1/endpoints/:endpoint/marks?from=0&to=3600000' },
  'GET /api/v1/endpoints/:id/report-labels': { path: '/api/v1/endpoints/:endpoint/report-labels' },
  'POST /api/v1/endpoints/:id/report-labels': { path: '/api/v1/endpoints/:endpoint/report-labels', status: 409 },
  'DELETE /api/v1/endpoints/:id/report-labels': { path: '/api/v1/endpoints/:endpoint/report-labels' },
  'GET /api/v1/endpoints/:id/series': {
    path: '/api/v1/endpoints/:endpoint/series?metric=cpu.usage_active,mem.used_percent',
  },
  'GET /api/v1/endpoints/:id/dependencies': { path: '/api/v1/endpoints/:endpoint/dependencies' },
  'PUT /api/v1/endpoints/:id/dependencies': {
    path: '/api/v1/endpoints/:endpoint/dependencies',
    makeBody: () => ({ parents: [ids.uplink] }),
    before: async () => {
      ids.uplink = await enrol();
    },
  },
  'PATCH /api/v1/endpoints/:id': { path: '/api/v1/endpoints/:endpoint', body: { site: 'north', tags: ['b', 'a'] } },
  'GET /api/v1/endpoints/table': { path: '/api/v1/endpoints/table?kind=server&columns=name,site' },
  'POST /api/v1/endpoints/table': {
    path: '/api/v1/endpoints/table',
    body: { csv: 'id,tags\n:endpoint,"a b"\n' },
  },
  'POST /api/v1/endpoints/bulk': {
    path: '/api/v1/endpoints/bulk',
    body: { filter: { kind: 'server' }, act: 'add_tags', value: ['rack-7'], reason: 'new rack' },
  },
  'POST /api/v1/endpoints/bulk/preview': {
    path: '/api/v1/endpoints/bulk/preview',
    body: { filter: {}, act: 'site', value: 'north' },
  },
  'DELETE /api/v1/endpoints/:id': {
    path: '/api/v1/endpoints/:spare',
    status: 204,
    before: async () => {
      ids.spare = await enrol();
    },
  },
  'GET /api/v1/endpoints/retired': {},
  'POST /api/v1/endpoints/:id/take-back': {
    path: '/api/v1/endpoints/:spare/take-back',
    before: async () => {
      ids.spare = await enrol();
      await collector.call(`/api/v1/endpoints/${ids.spare}`, { method: 'DELETE', as: 'admin' });
    },
  },
  'POST /api/v1/endpoints/:id/erase': {
    path: '/api/v1/endpoints/:spare/erase',
    makeBody: () => ({ name: 'sold', reason: 'sold' }),
    before: async () => {
      ids.spare = await enrol();
      const path = `/api/v1/endpoints/${ids.spare}`;
      await collector.call(path, { method: 'PATCH', as: 'admin', body: { name: 'sold' } });
      await collector.call(path, { method: 'DELETE', as: 'admin' });
    },
  },
  'POST /api/v1/endpoints/:id/replaces': {
    path: '/api/v1/endpoints/:fresh/replaces',
    makeBody: () => ({ endpoint: ids.spare }),
    before: async () => {
      ids.spare = await enrol();
      ids.fresh = await enrol();
    },
  },
  'GET /api/v1/endpoints/:id/backups/runs': { path: '/api/v1/endpoints/:endpoint/backups/runs' },
  'GET /api/v1/endpoints/:id/processes': { path: '/api/v1/endpoints/:endpoint/processes' },
  'GET /api/v1/endpoints/:id/backups/verified': { path: '/api/v1/endpoints/:endpoint/backups/verified' },
  'POST /api/v1/endpoints/:id/backups/:job/verified': {
    path: '/api/v1/endpoints/:endpoint/backups/nightly/verified',
    body: { ok: true, note: 'three files' },
    status: 201,
  },
  'GET /api/v1/sites': {},
  'POST /api/v1/sites': { body: { name: 'one of sites', note: 'new' }, status: 201 },
  'GET /api/v1/sites/:id': { path: '/api/v1/sites/:site', before: () => addPlace('sites') },
  'PATCH /api/v1/sites/:id': { path: '/api/v1/sites/:site', body: { note: 'other' }, before: () => addPlace('sites') },
  'PUT /api/v1/sites/:id/members': {
    path: '/api/v1/sites/:site/members',
    makeBody: () => ({ add: [ids.endpoint] }),
    before: () => addPlace('sites'),
  },
  'GET /api/v1/sites/:id/uplinks': { path: '/api/v1/sites/:site/uplinks', before: () => addPlace('sites') },
  'PUT /api/v1/sites/:id/uplinks': {
    path: '/api/v1/sites/:site/uplinks',
    makeBody: () => ({ parents: [ids.endpoint] }),
    before: () => addPlace('sites'),
  },
  'DELETE /api/v1/sites/:id': { path: '/api/v1/sites/:site', status: 204, before: () => addPlace('sites') },
  'GET /api/v1/groups': {},
  'POST /api/v1/groups': { body: { name: 'one of groups', note: 'new' }, status: 201 },
  'GET /api/v1/groups/:id': { path: '/api/v1/groups/:group', before: () => addPlace('groups') },
  'PATCH /api/v1/groups/:id': {
    path: '/api/v1/groups/:group',
    body: { note: 'other' },
    before: () => addPlace('groups'),
  },
  'PUT /api/v1/groups/:id/members': {
    path: '/api/v1/groups/:group/members',
    makeBody: () => ({ add: [ids.endpoint] }),
    before: () => addPlace('groups'),
  },
  'DELETE /api/v1/groups/:id': { path: '/api/v1/groups/:group', status: 204, before: () => addPlace('groups') },
  'GET /api/v1/calendars': {},
  'POST /api/v1/calendars': { body: { ...calendar, name: 'one of calendars' }, status: 201 },
  'GET /api/v1/calendars/:id': { path: '/api/v1/calendars/:calendar', before: addCalendar },
  'GET /api/v1/calendars/:id/versions': { path: '/api/v1/calendars/:calendar/versions', before: addCalendar },
  'PATCH /api/v1/calendars/:id': {
    path: '/api/v1/calendars/:calendar',
    body: { zone: 'UTC', reason: 'try' },
    before: addCalendar,
  },
  'DELETE /api/v1/calendars/:id': { path: '/api/v1/calendars/:calendar', status: 204, before: addCalendar },
  'GET /api/v1/holidays': { path: '/api/v1/holidays?region=DE-BE&from=2026&to=2027' },
  'GET /api/v1/holidays/regions': {},
  'GET /api/v1/protection': { path: '/api/v1/protection?group=worst&sort=-size&limit=5&page=0' },
  'GET /api/v1/protection/table': { path: '/api/v1/protection/table?group=late' },
  'GET /api/v1/patches': {},
  'GET /api/v1/patches/ages': {},
  'GET /api/v1/patches/updates': {},
  'GET /api/v1/disks/forecast': { path: '/api/v1/disks/forecast?limit=5&page=0' },
  'GET /api/v1/quarantine': {},
  'GET /api/v1/alerts': { path: '/api/v1/alerts?state=active' },
  'GET /api/v1/alerts/:id': { path: '/api/v1/alerts/:alert' },
  'POST /api/v1/alerts/webhook': {
    body: { alerts: [{ status: 'firing', labels: { alertname: 'Probe' } }] },
  },
  'POST /api/v2/alerts': { body: [{ labels: { alertname: 'Probe' } }] },
  'GET /api/v2/alerts': { path: '/api/v2/alerts?filter=site%3D%22Osaka%22&active=true' },
  'GET /api/v2/alerts/groups': {},
  'GET /api/v2/receivers': {},
  'GET /api/v2/status': {},
  'GET /api/v2/silences': {},
  'GET /api/v2/silence/:id': { path: '/api/v2/silence/:silence', before: addSilence },
  'POST /api/v2/silences': {
    body: {
      matchers: [{ name: 'site', value: 'Nowhere', isRegex: false }],
      ...{ startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() },
      ...{ comment: 'a test', createdBy: 'ann' },
    },
  },
  'DELETE /api/v2/silence/:id': { path: '/api/v2/silence/:silence', before: addSilence },
  'POST /api/v1/alerts/:id/acknowledge': { path: '/api/v1/alerts/:alert/acknowledge', body: { note: 'on it' } },
  'POST /api/v1/alerts/:id/hand-over': {
    path: '/api/v1/alerts/:alert/hand-over',
    body: { to: 'taker' },
    before: addTaker,
  },
  'POST /api/v1/alerts/:id/opened': { path: '/api/v1/alerts/:alert/opened', status: 204 },
  'POST /api/v1/alerts/:id/ticket': { path: '/api/v1/alerts/:alert/ticket' },
  'POST /api/v1/alerts/:id/withdraw': { path: '/api/v1/alerts/:alert/withdraw', before: acknowledge },
  'POST /api/v1/alerts/:id/end': { path: '/api/v1/alerts/:alert/end' },
  'GET /api/v1/changes': { path: '/api/v1/changes?state=done&limit=5' },
  'GET /api/v1/changes/marks': { path: '/api/v1/changes/marks?endpoint=:endpoint&from=0&to=1' },
  'GET /api/v1/maintenance/table': {},
  'POST /api/v1/maintenance/table': { body: { csv: 'target,reason,from,to\n' } },
  'GET /api/v1/impacts/table': {},
  'POST /api/v1/impacts/table': { body: { csv: 'ticket,start,end,factor,site,people\n' } },
  'GET /api/v1/changes/table': { path: '/api/v1/changes/table?state=done' },
  'POST /api/v1/changes/table': {
    body: { csv: 'title,targets,from,to\nNew,site:South,2026-12-05T13:00Z,2026-12-05T16:00Z\n' },
  },
  'GET /api/v1/changes/:id': { path: '/api/v1/changes/:change', before: addChange },
  'POST /api/v1/changes': { body: change(), status: 201 },
  'POST /api/v1/changes/preview': { body: { scopes: change().scopes, from: 1, to: 2 } },
  'PATCH /api/v1/changes/:id': {
    path: '/api/v1/changes/:change',
    body: { description: 'two of them' },
    before: addChange,
  },
  'POST /api/v1/changes/:id/cancel': {
    path: '/api/v1/changes/:change/cancel',
    body: { reason: 'not needed' },
    before: addChange,
  },
  'POST /api/v1/changes/:id/outcome': {
    path: '/api/v1/changes/:change/outcome',
    body: { outcome: 'success' },
    status: 400,
    before: addChange,
  },
  'PUT /api/v1/changes/:id/targets/:endpoint': {
    path: '/api/v1/changes/:change/targets/:endpoint',
    body: { result: 'failed' },
    status: 404,
    before: addChange,
  },
  'GET /api/v1/silences': {},
  'GET /api/v1/silences/summary': {},
  'GET /api/v1/silences/proposal': { path: '/api/v1/silences/proposal?alert=:alert', status: 404 },
  'POST /api/v1/silences/preview': { body: { matchers: silence().matchers } },
  'POST /api/v1/silences': { body: silence(), status: 201 },
  'GET /api/v1/silences/:id': { path: '/api/v1/silences/:silence', before: addSilence },
  'PATCH /api/v1/silences/:id': {
    ...{ path: '/api/v1/silences/:silence', before: addSilence, body: { reason: 'another' } },
  },
  'POST /api/v1/silences/:id/end': { path: '/api/v1/silences/:silence/end', before: addSilence },
  'GET /api/v1/maintenance': { path: '/api/v1/maintenance?past=true' },
  'GET /api/v1/maintenance/settling': {},
  'GET /api/v1/maintenance/spans': { path: '/api/v1/maintenance/spans?endpoint=:endpoint&from=0&to=1' },
  'GET /api/v1/maintenance/:id': { path: '/api/v1/maintenance/:maintenance', before: () => addMaintenance(true) },
  'POST /api/v1/maintenance': { body: maintenance(false), status: 201 },
  'POST /api/v1/maintenance/preview': { body: maintenance(true) },
  'PATCH /api/v1/maintenance/:id': {
    path: '/api/v1/maintenance/:maintenance',
    body: { reason: 'another switch' },
    before: () => addMaintenance(true),
  },
  'POST /api/v1/maintenance/:id/end': {
    path: '/api/v1/maintenance/:maintenance/end',
    before: () => addMaintenance(false),
  },
  'POST /api/v1/maintenance/:id/cancel': {
    path: '/api/v1/maintenance/:maintenance/cancel',
    before: () => addMaintenance(true),
  },
  'POST /api/v1/maintenance/:id/extend': {
    path: '/api/v1/maintenance/:maintenance/extend',
    body: { until: Date.now() + 3 * 3_600_000 },
    before: () => addMaintenance(false),
  },
  'POST /api/v1/maintenance/:id/skip': {
    path: '/api/v1/maintenance/:maintenance/skip',
    body: { date: '2026-01-01' },
    status: 400,
    before: () => addMaintenance(true),
  },
  'POST /api/v1/maintenance/:id/approve': {
    path: '/api/v1/maintenance/:maintenance/approve',
    status: 409,
    before: () => addMaintenance(false),
  },
  'GET /api/v1/on-call': {},
  'PUT /api/v1/on-call/schedules/:name': {
    path: '/api/v1/on-call/schedules/primary',
    before: addOnCall,
    body: { content: { ...onCall, zone: 'UTC' } },
  },
  'POST /api/v1/on-call/schedules/:name/preview': {
    path: '/api/v1/on-call/schedules/other/preview',
    before: addRota,
    body: { content: onCall },
  },
  'POST /api/v1/on-call/schedules/:name/overrides': {
    path: '/api/v1/on-call/schedules/primary/overrides',
    before: addOnCall,
    body: { from: Date.now() + 1_000, to: Date.now() + 3_600_000, user: 'rota', wins: true },
    status: 201,
  },
  'DELETE /api/v1/on-call/overrides/:id': {
    path: '/api/v1/on-call/overrides/:override',
    before: addOverride,
    status: 204,
  },
  'DELETE /api/v1/on-call/schedules/:name': {
    path: '/api/v1/on-call/schedules/primary',
    before: addOnCall,
    status: 204,
  },
  'GET /api/v1/on-call/policies': {},
  'PUT /api/v1/on-call/policies/:name': {
    path: '/api/v1/on-call/policies/servers',
    before: addPolicy,
    body: { content: { steps: [{ targets: ['person:rota'] }], repeat: 1 } },
  },
  'DELETE /api/v1/on-call/policies/:name': {
    path: '/api/v1/on-call/policies/servers',
    before: addPolicy,
    status: 204,
  },
  // Of people: a token is never on call. What they do for a session: test/collector/api/on-call.test.ts.
  'GET /api/v1/on-call/receivers': {},
  'GET /api/v1/on-call/me': { status: 400 },
  'GET /api/v1/on-call/me/now': {},
  'GET /api/v1/on-call/me/ways': { status: 400 },
  'POST /api/v1/on-call/me/test': { body: { channel: 'mail' }, status: 400 },
  'PUT /api/v1/on-call/me': { body: { content: { ways: [] } }, status: 400 },
  'POST /api/v1/on-call/feed': { status: 400 },
  'DELETE /api/v1/on-call/feed': { status: 400 },
  'GET /api/v1/on-call/feed/:token.ics': { path: '/api/v1/on-call/feed/wrong.ics', status: 404 },
  'GET /api/v1/on-call/people/:name': { path: '/api/v1/on-call/people/rota' },
  'PUT /api/v1/on-call/people/:name': { path: '/api/v1/on-call/people/rota', body: { content: { ways: [], quiet } } },
  'GET /api/v1/routes': {},
  'PUT /api/v1/routes': { body: { content: { receivers: ['person:rota'] } } },
  'POST /api/v1/routes/preview': { body: { content: { receivers: ['person:rota'] } } },
  'GET /api/v1/routes/trace': { path: '/api/v1/routes/trace?endpoint=:endpoint&rule=cpu&severity=critical' },
  'GET /api/v1/rules': {},
  'GET /api/v1/rules/:id/history': { path: '/api/v1/rules/cpu/history' },
  'POST /api/v1/rules/preview': { body: { changes: [{ rule: 'cpu', parts: { for_s: 60 } }] } },
  'POST /api/v1/rules/changes': { body: { changes: [{ rule: 'swap', parts: { for_s: 60 } }], reason: 'try' } },
  'PUT /api/v1/rules/:id': { path: '/api/v1/rules/cpu', body: { parts: { for_s: 60 }, reason: 'try' } },
  'DELETE /api/v1/rules/:id': { path: '/api/v1/rules/cpu', body: { reason: 'tried' }, status: 204 },
  'GET /api/v1/endpoints/:id/rules': { path: '/api/v1/endpoints/:endpoint/rules' },
  'GET /api/v1/ticket-targets': {},
  'PUT /api/v1/ticket-targets': {
    body: {
      targets: Object.fromEntries(
        ['P1', 'P2', 'P3', 'P4', 'P5'].map((name) => [name, { response: 60, resolution: null, always: false }]),
      ),
      reason: 'try',
    },
  },
  'GET /api/v1/tickets': { path: '/api/v1/tickets?state=open' },
  'GET /api/v1/search': { path: '/api/v1/search?q=box' },
  'GET /api/v1/articles': {},
  'GET /api/v1/articles/:id': { path: '/api/v1/articles/:article' },
  'GET /api/v1/articles/:id/versions/:version': { path: '/api/v1/articles/:article/versions/1' },
  'POST /api/v1/articles': { body: article, status: 201 },
  'POST /api/v1/articles/draft': { makeBody: () => ({ ticket: Number(ids.ticket), language: 'en' }), status: 400 },
  'PATCH /api/v1/articles/:id': { path: '/api/v1/articles/:article', body: { keywords: 'box', reason: 'test' } },
  'POST /api/v1/articles/:id/restore': {
    path: '/api/v1/articles/:article/restore',
    body: { version: 1, reason: 'test' },
  },
  'POST /api/v1/articles/:id/review': { path: '/api/v1/articles/:article/review', body: { validUntil: null } },
  'POST /api/v1/articles/:id/outcome': {
    path: '/api/v1/articles/:article/outcome',
    body: { solved: true, place: 'page' },
  },
  'GET /api/v1/tickets/:id/help': { path: '/api/v1/tickets/:ticket/help' },
  'GET /api/v1/alerts/:id/help': { path: '/api/v1/alerts/:alert/help' },
  'GET /api/v1/tickets/queues': {},
  'GET /api/v1/tickets/table': {},
  'POST /api/v1/tickets': { body: { title: 'new disk' }, status: 201 },
  'GET /api/v1/tickets/:id': { path: '/api/v1/tickets/:ticket' },
  'GET /api/v1/tickets/:id/evidence': { path: '/api/v1/tickets/:ticket/evidence' },
  'POST /api/v1/tickets/:id/comment': { path: '/api/v1/tickets/:ticket/comment', body: { text: 'looking' } },
  'GET /api/v1/tickets/:id/attachments': { path: '/api/v1/tickets/:ticket/attachments' },
  'POST /api/v1/tickets/:id/attachments': {
    path: '/api/v1/tickets/:ticket/attachments?name=a.txt',
    body: { a: 'line' },
    ...{ status: 201, before: addTicket },
  },
  'GET /api/v1/tickets/:id/attachments/:file': {
    path: '/api/v1/tickets/:ticket/attachments/:file',
    before: addFile,
  },
  'DELETE /api/v1/tickets/:id/attachments/:file': {
    path: '/api/v1/tickets/:ticket/attachments/:file',
    ...{ status: 204, before: addFile },
  },
  'POST /api/v1/tickets/:id/assign': { path: '/api/v1/tickets/:ticket/assign', body: { assignee: 'a operator' } },
  'POST /api/v1/tickets/:id/resolve': {
    path: '/api/v1/tickets/:ticket/resolve',
    body: { text: 'done' },
    before: addTicket,
  },
  'POST /api/v1/tickets/:id/reopen': {
    path: '/api/v1/tickets/:ticket/reopen',
    body: {},
    before: async () => {
      await addTicket();
      await collector.call(`/api/v1/tickets/${ids.ticket}/resolve`, { method: 'POST', as: 'admin', body: {} });
    },
  },
  'POST /api/v1/tickets/:id/hand-off': {
    path: '/api/v1/tickets/:ticket/hand-off',
    body: { tier: 2, reason: 'the array', tried: 'another slot' },
    before: addTicket,
  },
  'POST /api/v1/tickets/:id/tags': {
    path: '/api/v1/tickets/:ticket/tags',
    body: { add: ['backup'] },
    before: addTicket,
  },
  'POST /api/v1/tickets/:id/merge': {
    path: '/api/v1/tickets/:ticket/merge',
    body: { into: 1, text: 'In #1.' },
    before: addTicket,
  },
  'POST /api/v1/tickets/:id/unmerge': {
    path: '/api/v1/tickets/:ticket/unmerge',
    body: {},
    before: async () => {
      await addTicket();
      const body = { into: 1, text: 'In #1.' };
      await collector.call(`/api/v1/tickets/${ids.ticket}/merge`, { method: 'POST', as: 'admin', body });
    },
  },
  'POST /api/v1/tickets/:id/split': {
    path: '/api/v1/tickets/:ticket/split',
    body: { title: 'the other disk' },
    before: addTicket,
  },
  'POST /api/v1/tickets/:id/watch': {
    path: '/api/v1/tickets/:ticket/watch',
    body: {},
    before: addTicket,
  },
  'POST /api/v1/tickets/:id/unwatch': {
    path: '/api/v1/tickets/:ticket/unwatch',
    body: { person: 'a viewer' },
    status: 409,
    before: addTicket,
  },
  'POST /api/v1/tickets/bulk/comment': { body: { tickets: [{ id: 1, updatedAt: 0 }], text: 'x' } },
  'POST /api/v1/tickets/bulk/assign': { body: { tickets: [{ id: 1, updatedAt: 0 }], assignee: null } },
  'POST /api/v1/tickets/bulk/resolve': { body: { tickets: [{ id: 1, updatedAt: 0 }] } },
  'POST /api/v1/tickets/bulk/state': { body: { tickets: [{ id: 1, updatedAt: 0 }], state: 'in_progress' } },
  'POST /api/v1/tickets/bulk/priority': {
    body: { tickets: [{ id: 1, updatedAt: 0 }], impact: 1, urgency: 1, reason: 'x' },
  },
  'POST /api/v1/tickets/bulk/hand-off': {
    body: { tickets: [{ id: 1, updatedAt: 0 }], tier: 2, reason: 'x', tried: 'x' },
  },
  'POST /api/v1/tickets/bulk/tags': { body: { tickets: [{ id: 1, updatedAt: 0 }], add: ['x'] } },
  'POST /api/v1/tickets/bulk/merge': { body: { tickets: [{ id: 1, updatedAt: 0 }], into: 2, text: 'x' } },
  'GET /api/v1/people/workload': {},
  'PUT /api/v1/people/:name/skills': { path: '/api/v1/people/a%20operator/skills', body: { skills: [] } },
  'GET /api/v1/tickets/:id/swarm': { path: '/api/v1/tickets/:ticket/swarm' },
  'POST /api/v1/tickets/:id/swarm': { path: '/api/v1/tickets/:ticket/swarm', body: { kind: 'local' } },
  'POST /api/v1/tickets/:id/participants/join': {
    path: '/api/v1/tickets/:ticket/participants/join',
    body: { kind: 'local' },
    before: addTicket,
  },
  'POST /api/v1/tickets/:id/participants/leave': {
    path: '/api/v1/tickets/:ticket/participants/leave',
    body: {},
    before: addHelper,
  },
  'POST /api/v1/tickets/:id/links': {
    path: '/api/v1/tickets/:ticket/links',
    body: { kind: 'related', target: '1' },
    before: addSecondTicket,
  },
  'DELETE /api/v1/tickets/:id/links/:link': { path: '/api/v1/tickets/:ticket/links/:link', before: addLink },
  'POST /api/v1/tickets/:id/rating-link': {
    path: '/api/v1/tickets/:ticket/rating-link',
    body: {},
    status: 409,
    before: addTicket,
  },
  'GET /api/v1/rate/:token': { path: '/api/v1/rate/nothing', status: 404 },
  'POST /api/v1/rate/:token': { path: '/api/v1/rate/nothing', body: { rating: 5 }, status: 404 },
  'GET /api/v1/alerts/groups': {},
  'GET /api/v1/alerts/:id/context': { path: '/api/v1/alerts/:alert/context' },
  'GET /api/v1/alerts/noise': {},
  'POST /api/v1/alerts/acknowledge': { makeBody: () => ({ ids: [ids.alert] }) },
  'POST /api/v1/alerts/withdraw': { makeBody: () => ({ ids: [ids.alert] }) },
  'GET /act/:token': { path: '/act/nothing', status: 404 },
  'POST /act/:token': { path: '/act/nothing', status: 404 },
  'GET /report/:label': { path: '/report/nothing', status: 404 },
  'POST /report/:label': { path: '/report/nothing', body: {}, status: 404 },
  'GET /report/:label/search': { path: '/report/nothing/search', status: 404 },
  'GET /report/:label/articles/:id': { path: '/report/nothing/articles/x', status: 404 },
  'POST /report/:label/articles/:id': { path: '/report/nothing/articles/x', body: {}, status: 404 },
  'GET /recovery': { path: '/recovery', status: 404 },
  'POST /recovery': { path: '/recovery', body: {}, status: 404 },
  'GET /recovery/:secret': { path: '/recovery/nothing', status: 404 },
  'POST /recovery/:secret': { path: '/recovery/nothing', body: {}, status: 404 },
  'GET /recovery/confirm/:secret': { path: '/recovery/confirm/nothing', status: 404 },
  'POST /recovery/confirm/:secret': { path: '/recovery/confirm/nothing', body: {}, status: 404 },
  'GET /request': { path: '/request', status: 404 },
  'POST /request': { path: '/request', body: {}, status: 404 },
  'GET /request/:secret': { path: '/request/nothing', status: 404 },
  'GET /request/:secret/files/:file': { path: '/request/nothing/files/1', status: 404 },
  'POST /request/:secret': { path: '/request/nothing', body: {}, status: 404 },
  'POST /api/v1/tickets/:id/correct': {
    path: '/api/v1/tickets/:ticket/correct',
    // What is the same already would be refused the second time.
    before: addTicket,
    body: { category: 'request' },
  },
  'POST /api/v1/tickets/:id/priority': {
    path: '/api/v1/tickets/:ticket/priority',
    body: { impact: 1, urgency: 1, reason: 'the whole site waits' },
  },
  'POST /api/v1/tickets/:id/state': {
    path: '/api/v1/tickets/:ticket/state',
    body: { state: 'in_progress' },
    before: addTicket,
  },
  'GET /api/v1/tickets/:id/impact': { path: '/api/v1/tickets/:ticket/impact' },
  'PUT /api/v1/tickets/:id/impact': { path: '/api/v1/tickets/:ticket/impact', body: { segments: [], reason: 'none' } },
  'GET /api/v1/incidents/:id': { path: '/api/v1/incidents/:ticket' },
  'GET /api/v1/stability': { path: '/api/v1/stability?period=2026-11' },
  'GET /api/v1/availability/budgets': { path: '/api/v1/availability/budgets?kind=server&by=site' },
  'GET /api/v1/availability/targets': {},
  'PUT /api/v1/availability/targets': {
    body: { scope: 'tag', target: 'a', percent: 99.95, reason: 'contract of 2026' },
  },
  'GET /api/v1/stability.csv': {},
  'GET /api/v1/stability/line': {},
  'GET /api/v1/stability/definition': {},
  'PUT /api/v1/stability/definition': {
    body: {
      parts: Object.fromEntries(parts.map((name) => [name, { weight: 20, target: 1, floor: 0 }])),
      reason: 'try',
    },
  },
  'POST /api/v1/stability/recompute': { body: { month: '2026-10' }, status: 409 },
  'GET /api/v1/kpis': { path: '/api/v1/kpis?period=2026-11&kind=server' },
  'GET /api/v1/kpis/:id': { path: '/api/v1/kpis/time_to_acknowledge' },
  'GET /api/v1/kpis/:id.csv': { path: '/api/v1/kpis/time_to_acknowledge.csv' },
  'GET /api/v1/kpis/:id/why': { path: '/api/v1/kpis/index/why?from=2026-10&to=2026-11' },
  'GET /api/v1/kpis/availability': { path: '/api/v1/kpis/availability?period=2026-11&class=server' },
  'GET /api/v1/reports': {},
  'POST /api/v1/reports': { body: { period }, status: 201 },
  'GET /api/v1/reports/:id': { path: '/api/v1/reports/:report', before: addReport },
  'GET /api/v1/reports/:id.csv': { path: '/api/v1/reports/:report.csv', before: addReport },
  // No web app is built for these tests: test/browser/reports.test.ts makes a real one.
  'GET /api/v1/reports/:id.pdf': { path: '/api/v1/reports/:report.pdf', status: 502, before: addReport },
  'GET /api/v1/report-schedules': {},
  'POST /api/v1/report-schedules': { body: schedule, status: 201 },
  'PATCH /api/v1/report-schedules/:id': {
    path: '/api/v1/report-schedules/:schedule',
    body: { enabled: false, reason: 'a test' },
    before: addSchedule,
  },
  'GET /api/v1/report-schedules/:id/changes': {
    path: '/api/v1/report-schedules/:schedule/changes',
    before: addSchedule,
  },
  'DELETE /api/v1/report-schedules/:id': {
    path: '/api/v1/report-schedules/:schedule',
    status: 204,
    before: addSchedule,
  },
  'GET /api/v1/status/:slug': { path: '/api/v1/status/nowhere', status: 404 },
  'GET /api/v1/channels': {},
  'GET /api/v1/channels/kinds': {},
  'GET /api/v1/channels/trouble': {},
  'GET /api/v1/collector/tls': {},
  'GET /api/v1/collector/mirrors': {},
  'GET /api/v1/collector/parts': {},
  'GET /api/v1/mail-in': {},
  // None is set up.
  'POST /api/v1/mail-in/test': { status: 404 },
  'GET /api/v1/desks': {},
  'POST /api/v1/desks/:name/test': { path: '/api/v1/desks/nothing/test', status: 404 },
  'POST /api/v1/desks/:name/hook': { path: '/api/v1/desks/nothing/hook', body: {}, status: 401 },
  'POST /api/v1/agent/refused': { body: { endpoint: 'e0123456789abcdef', secret: 'x' }, status: 401 },
  // No broker is set up that asks.
  'POST /api/v1/mqtt/auth': { body: { username: 'x', password: 'x', clientid: 'x' }, status: 404 },
  'POST /api/v1/mqtt/acl': { body: { username: 'x', clientid: 'x', topic: 'x', action: 'publish' }, status: 404 },
  'GET /api/v1/collectors': {},
  'GET /api/v1/collector/backups': {},
  // No folder is set up for them.
  'POST /api/v1/collector/backups': { body: {}, status: 400 },
  'GET /api/v1/collector/restored': {},
  'POST /api/v1/collector/restored': { body: { old: 'drop' }, status: 204 },
  'POST /api/v1/channels': { makeBody: channel, status: 201 },
  'PATCH /api/v1/channels/:id': {
    path: '/api/v1/channels/:channel',
    body: { severities: ['critical'] },
    before: addChannel,
  },
  'DELETE /api/v1/channels/:id': { path: '/api/v1/channels/:channel', status: 204, before: addChannel },
  'POST /api/v1/channels/:id/test': { path: '/api/v1/channels/:channel/test', before: addChannel },
  'GET /api/v1/status-pages': {},
  'POST /api/v1/status-pages': { makeBody: statusPage, status: 201, before: () => addPlace('sites') },
  'PATCH /api/v1/status-pages/:id': {
    ...{ path: '/api/v1/status-pages/:page', body: { enabled: false }, before: addPage },
  },
  'DELETE /api/v1/status-pages/:id': { path: '/api/v1/status-pages/:page', status: 204, before: addPage },
  'GET /api/v1/status-pages/:id/changes': { path: '/api/v1/status-pages/:page/changes', before: addPage },
  'POST /api/v1/status-pages/:id/notices': {
    path: '/api/v1/status-pages/:page/notices',
    body: { title: 'x', words: 'y' },
    ...{ status: 204, before: addPage },
  },
  'POST /api/v1/status-pages/:id/notices/:notice/updates': {
    path: '/api/v1/status-pages/:page/notices/:notice/updates',
    body: { words: 'y', ended: true },
    ...{ status: 204, before: addNotice },
  },
  'GET /api/v1/enrollments': {},
  'POST /api/v1/enrollments': { body: { label: 'north', maxUses: 3, hours: 1 }, status: 201 },
  'GET /api/v1/enrollments/:id/progress': {
    path: '/api/v1/enrollments/:code/progress',
    before: async () => {
      ids.code = (await secret()).enrollment.id;
    },
  },
  'DELETE /api/v1/enrollments/:id': {
    path: '/api/v1/enrollments/:code',
    status: 204,
    before: async () => {
      ids.code = (await secret()).enrollment.id;
    },
  },
  'GET /api/v1/applicants': { before: askToJoin },
  'POST /api/v1/applicants/:id/approve': {
    path: '/api/v1/applicants/:applicant/approve',
    ...{ status: 204, before: askToJoin },
  },
  'POST /api/v1/applicants/:id/refuse': {
    path: '/api/v1/applicants/:applicant/refuse',
    body: { reason: 'Nobody knows it.' },
    ...{ status: 204, before: askToJoin },
  },
  'GET /api/v1/tokens': {},
  'POST /api/v1/tokens': { body: { name: 'script', role: 'viewer' }, status: 201 },
  'DELETE /api/v1/tokens/:id': {
    path: '/api/v1/tokens/:token',
    status: 204,
    before: async () => {
      const body = { name: 'short', role: 'viewer' };
      const made = await collector.call('/api/v1/tokens', { method: 'POST', as: 'admin', body });
      ids.token = (made.body as { token: { id: string } }).token.id;
    },
  },
  'GET /api/v1/users': {},
  'GET /api/v1/users/names': {},
  'POST /api/v1/users': { body: { name: 'grace', password: 'another sentence', role: 'operator' }, status: 201 },
  'POST /api/v1/users/:id/password': {
    path: '/api/v1/users/:user/password',
    body: { password: 'a fresh sentence' },
    status: 204,
    before: addUser,
  },
  'PATCH /api/v1/users/:id': { path: '/api/v1/users/:user', before: addUser, body: { role: 'operator' } },
  'POST /api/v1/users/:id/disable': { path: '/api/v1/users/:user/disable', before: addUser },
  'POST /api/v1/users/:id/enable': { path: '/api/v1/users/:user/enable', before: addDisabledUser },
  'GET /api/v1/users/:id/duties': { path: '/api/v1/users/:user/duties', before: addUser },
  'GET /api/v1/agent-settings': {},
  'GET /api/v1/agent-settings/not-taken': {},
  'GET /api/v1/agent-settings/versions': {},
  'POST /api/v1/agent-settings/preview': { body: layer(60) },
  'PUT /api/v1/agent-settings/layers': { before: addLayer, body: { ...layer(60), reason: 'less' } },
  'POST /api/v1/agent-settings/versions/:version/restore': {
    ...{ path: '/api/v1/agent-settings/versions/1/restore', before: addLayer, body: { reason: 'as it was' } },
  },
  'GET /api/v1/endpoints/:id/agent-settings': { path: '/api/v1/endpoints/:endpoint/agent-settings' },
  'GET /api/v1/agent-updates': {},
  'GET /api/v1/agent-updates/endpoints': {},
  'GET /api/v1/endpoints/:id/agent-update': { path: '/api/v1/endpoints/:endpoint/agent-update' },
  // They are off: test/road/scripts.test.ts has the rest.
  'GET /api/v1/endpoints/:id/scripts': { path: '/api/v1/endpoints/:endpoint/scripts' },
  'POST /api/v1/endpoints/:id/scripts/orders': {
    ...{ path: '/api/v1/endpoints/:endpoint/scripts/orders', status: 409 },
    body: { script: 'free-space', sha256: 'f'.repeat(64), choices: {} },
  },
  'POST /api/v1/endpoints/:id/scripts/orders/:order/approve': {
    ...{ path: `/api/v1/endpoints/:endpoint/scripts/orders/${'a'.repeat(32)}/approve`, status: 409 },
  },
  'POST /api/v1/endpoints/:id/scripts/orders/:order/withdraw': {
    ...{ path: `/api/v1/endpoints/:endpoint/scripts/orders/${'a'.repeat(32)}/withdraw`, status: 409 },
  },
  'PUT /api/v1/agent-updates/settings': { body: { on: false, numbers: usualUpdateNumbers } },
  // There is no release to act on: test/collector/updates has the rest.
  'POST /api/v1/agent-updates/start': { body: { version: '1.4.2', sequence: 1, reason: 'a test' }, status: 409 },
  'POST /api/v1/agent-updates/stop': { body: { reason: 'a test' }, status: 409 },
  'POST /api/v1/agent-updates/resume': { body: { reason: 'a test' }, status: 409 },
  'POST /api/v1/agent-updates/withdraw': { body: { reason: 'a test' }, status: 409 },
  'GET /api/v1/endpoints/:id/trust': { path: '/api/v1/endpoints/:endpoint/trust' },
  'GET /api/v1/targets': {},
  'POST /api/v1/targets': {
    ...{ body: { name: 'Website', kind: 'http', settings: { url: 'http://127.0.0.1:9/' } }, status: 201 },
  },
  'POST /api/v1/targets/try': { body: { kind: 'http', settings: { url: 'http://127.0.0.1:9/' }, timeoutS: 1 } },
  'GET /api/v1/targets/:id': { before: addTarget, path: '/api/v1/targets/:target' },
  'GET /api/v1/targets/:id/series': { before: addTarget, path: '/api/v1/targets/:target/series?watcher=collector' },
  'PATCH /api/v1/targets/:id': { before: addTarget, path: '/api/v1/targets/:target', body: { enabled: false } },
  'DELETE /api/v1/targets/:id': { before: addTarget, path: '/api/v1/targets/:target', status: 204 },
  'GET /api/v1/services': {},
  'POST /api/v1/services': {
    ...{ before: addTarget, makeBody: () => ({ name: `Shop ${++people}`, parts: [ids.target] }), status: 201 },
  },
  'GET /api/v1/services/:id': { before: addService, path: '/api/v1/services/:service' },
  'PATCH /api/v1/services/:id': { before: addService, path: '/api/v1/services/:service', body: { need: 1 } },
  'DELETE /api/v1/services/:id': { before: addService, path: '/api/v1/services/:service', status: 204 },
  'GET /api/v1/costs': {},
  'POST /api/v1/costs': { body: { name: 'Salaries', ...cost }, status: 201 },
  'PATCH /api/v1/costs/:id': { before: addCost, path: '/api/v1/costs/:cost', body: { cents: 2, reason: 'raise' } },
  'DELETE /api/v1/costs/:id': { before: addCost, path: '/api/v1/costs/:cost', body: { reason: 'twice' }, status: 204 },
  'GET /api/v1/costs/:id/versions': { before: addCost, path: '/api/v1/costs/:cost/versions' },
  'GET /api/v1/directory': {},
  'GET /api/v1/directory/table': {},
  'POST /api/v1/directory/table': { body: { csv: 'name,mail\n' } },
  'GET /api/v1/directory/ldap': {},
  'POST /api/v1/directory/ldap': { body: {}, status: 404 },
  'DELETE /api/v1/directory/:id': { before: addPerson, path: '/api/v1/directory/:person', status: 204 },
  'GET /api/v1/costs/table': {},
  'POST /api/v1/costs/table': { body: { csv: 'name,category,kind,amount,from\n' } },
  'GET /api/v1/costs/settings': {},
  'PUT /api/v1/costs/settings': { body: { currency: 'EUR', hourCents: null, expected: [], reason: 'none' } },
  'GET /api/v1/calendars/table': {},
  'POST /api/v1/calendars/table': { body: { csv: 'calendar,kind,day\n' } },
  'GET /api/v1/people/table': {},
  'POST /api/v1/people/table': { body: { csv: 'kind,name,people\n' } },
  'GET /api/v1/software': {},
  'GET /api/v1/software/installs': {},
  'GET /api/v1/software/titles/:id': { path: '/api/v1/software/titles/1', status: 404 },
  'GET /api/v1/software/table': {},
  'GET /api/v1/software/products': {},
  'POST /api/v1/software/products': { body: { name: 'Draw Pro', ...product }, status: 201 },
  'PATCH /api/v1/software/products/:id': {
    ...{ before: addProduct, path: '/api/v1/software/products/:product', body: { class: 'free', reason: 'is free' } },
  },
  'DELETE /api/v1/software/products/:id': {
    ...{ before: addProduct, path: '/api/v1/software/products/:product', body: { reason: 'twice' }, status: 204 },
  },
  'GET /api/v1/software/products/:id/versions': {
    ...{ before: addProduct, path: '/api/v1/software/products/:product/versions' },
  },
  'GET /api/v1/software/products/table': {},
  'POST /api/v1/software/products/table': { body: { csv: 'name,patterns,class\n' } },
  'GET /api/v1/software/usage/table': {},
  'POST /api/v1/software/usage/table': { body: { csv: 'product,unit,last_used\n' } },
  'GET /metrics': {},
  'GET /metrics/hosts': {},
  'GET /api/v1/audit': {},
  'GET /api/v1/audit.csv': {},
  'GET /api/v1/audit.jsonl': {},
};

const pathOf = (route: string, { path }: Call) =>
  (path ?? (route.split(' ')[1] as string)).replace(/:(\w+)/g, (_, name: string) => ids[name] ?? `no-${name}`);

const optionsOf = (route: string, { body, makeBody }: Call): CallOptions => ({
  method: route.split(' ')[0] as string,
  ...(makeBody ? { body: makeBody() } : body === undefined ? {} : { body }),
});

/** The stream has a test of its own; `/*` are files. */
const elsewhere = ['GET /api/v1/events', 'GET /*'];

test.before(async () => {
  collector = await openCollector();
  ids.endpoint = await enrol();
  // A report is of a time in which something was monitored.
  await putSignals(collector.state, [{ endpoint: ids.endpoint, at: Date.now(), kind: 'online', bootId: 'a' }]);
  await addAlert();
  // The engine reads what is active when it starts.
  await collector.stop();
  collector = await collector.again();
  await addTicket();
  await addArticle();
  await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'South' } });
});
test.after(() => collector.close());

test('every route has a happy path here', () => {
  const routes = Object.keys(access).filter((route) => !elsewhere.includes(route));
  assert.equal(Object.keys(calls).sort(), routes.sort());
});

test('OpenAPI lists every route, with who may call it, and its examples fit their schemas', async () => {
  const document = (await collector.call('/openapi.json')).body as OpenApi;
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const isHidden = (route: string) =>
    ['GET /openapi.json', 'GET /*'].includes(route) || / \/(?:act|recovery|report|request)(?:\/|$)/.test(route);
  const expected = Object.keys(access).filter((route) => !isHidden(route));
  assert.equal(listed.sort(), expected.sort());
  let examples = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      assert.ok(operation.summary, `${method} ${path} has no summary`);
      const body = operation.requestBody?.content['application/json'];
      if (!body) continue;
      assert.ok(body.example, `${method} ${path} has no example`);
      examples++;
      assert.ok(Compile(body.schema as never).Check(body.example), `the example of ${method} ${path} does not fit`);
    }
  }
  assert.ok(examples > 8, `${examples} examples`);
});

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}
interface Operation {
  summary?: string;
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

for (const [route, need] of Object.entries(access)) {
  const call = calls[route];
  if (!call) continue;

  test(`${route}: ${need}`, async () => {
    await call.before?.();
    const options = optionsOf(route, call);
    const path = pathOf(route, call);
    if (need !== 'public') {
      const nobody = await collector.call(path, options);
      assert.is(nobody.status, 401);
      assert.is((nobody.body as { code: string }).code, 'NOT_LOGGED_IN');
      for (const lesser of roles.slice(0, roles.indexOf(need))) {
        const refused = await collector.call(path, { ...options, as: lesser });
        assert.is(refused.status, 403, `${lesser} got in`);
        assert.is((refused.body as { code: string }).code, 'FORBIDDEN');
      }
    }
    const answer = await collector.call(path, { ...options, as: need === 'public' ? undefined : need });
    assert.is(answer.status, call.status ?? 200, answer.text);
    await fits(route, answer.status, answer.body);
  });
}

/** They add to what is there, or end what has no values. */
const noBefore: Record<string, string> = {
  'POST /api/v1/endpoints/:id/backups/:job/verified': 'one more restore test',
  'POST /api/v1/tickets/:id/comment': 'one more comment',
  'POST /api/v1/tickets/:id/swarm': 'one more call',
  'POST /api/v1/tickets/:id/split': 'one more ticket',
  'POST /api/v1/status-pages/:id/notices': 'one more notice',
  'POST /api/v1/users/:id/password': 'no hash is kept',
};

test('each call that changed something is in the audit log: who, from where, what, before and after', async () => {
  const rows = await collector.state.selectFrom('audit_log').selectAll().execute();
  const holes: string[] = [];
  for (const [route, need] of Object.entries(access)) {
    const audited = auditedAs(route);
    if (!audited || (calls[route]?.status ?? 200) >= 400) continue;
    // Of a stranger it is not noted: audit.test.ts.
    if (route === 'POST /api/v1/logout') continue;
    // Without a reason a table is only looked at: audit.test.ts.
    if (route.endsWith('/table') && !JSON.stringify(calls[route]?.body ?? {}).includes('"reason"')) continue;
    const { object, action } = audited;
    const found = rows.filter((row) => row.object === object && row.action === action);
    assert.ok(found.length > 0, `${route}: no entry ${object} ${action}`);
    for (const { outcome } of found) assert.is(outcome, 'done', route);
    const adds = action === 'add' || route in noBefore;
    const isKept = (side: 'before' | 'after') => found.some((row) => row[side] !== null);
    if (isKept('before') === adds) holes.push(`${route}: ${adds ? 'a' : 'no'} before`);
    if (!route.startsWith('DELETE') && !isKept('after')) holes.push(`${route}: no after`);
    for (const { address } of found) assert.match(address ?? '', /127\.0\.0\.1|::1/);
    if (need === 'public') continue;
    assert.ok(
      found.some(({ kind, actor }) => kind === 'token' && actor === `a ${need}`),
      `${route}: not by the caller`,
    );
  }
  assert.equal(holes, []);
  // Refused calls changed nothing.
  assert.not.ok(rows.some(({ kind, action }) => kind === 'stranger' && !['rate', 'log_in_refused'].includes(action)));
});

/** Holds an answer to the schema that the documentation promises for it. */
async function fits(route: string, status: number, body: unknown): Promise<void> {
  if (body === undefined || route === 'GET /openapi.json') return;
  const { paths } = (await collector.call('/openapi.json')).body as OpenApi;
  const [method, path] = route.split(' ') as [string, string];
  const responses = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]?.responses ?? {};
  const schema = (responses[String(status)] ?? responses[`${String(status)[0]}XX`])?.content?.['application/json']
    ?.schema;
  assert.ok(schema, `${route} says nothing of its answer ${status}`);
  const validator = Compile(schema as never);
  assert.ok(validator.Check(body), `${route}: ${JSON.stringify([...validator.Errors(body)][0])}`);
}

test.run();
