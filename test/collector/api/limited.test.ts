/** A person who is limited to one of two sites: every route, and not a word of the other one in any answer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUsers } from '../../../collector/accounts/users.ts';
import { access } from '../../../collector/api/access.ts';
import { limited, limitOf } from '../../../collector/api/limited.ts';
import type { Role } from '../../../shared/api.ts';
import { hiddenWord, openTwoSites, type Side, type TwoSites } from '../../support/two-sites.ts';

const test = suite('limited');
let sites: TwoSites;
test.before(async () => {
  sites = await openTwoSites();
});
test.after(() => sites?.close());

type Limited = Exclude<Role, 'admin'>;
const isTheirs = (need: string): need is Limited => need !== 'public' && need !== 'admin';
/** Every route that somebody with a limit could call by their role. */
const routes = Object.entries(access).flatMap(([route, need]) => (isTheirs(need) ? [{ route, need }] : []));

const month = new Date().toISOString().slice(0, 7);
/** Where a route needs more than its address. `{x}` is an id of the side that is asked for, `#{x}` a number. */
const queries: Readonly<Record<string, string>> = {
  'GET /api/v1/endpoints/:id/series': '?metric=cpu.usage_active',
  'GET /api/v1/endpoints/:id/usual': '?metric=cpu.usage_active&from=0&to=3600000',
  'GET /api/v1/endpoints/:id/marks': '?from=0&to=4000000000000',
  'GET /api/v1/holidays': '?region=DE-BE&from=2026&to=2027',
  'GET /api/v1/kpis/:id/why': `?from=2026-10&to=${month}`,
  'GET /api/v1/changes/marks': '?endpoint={endpoint}&from=0&to=4000000000000',
  'GET /api/v1/maintenance/spans': '?endpoint={endpoint}&from=0&to=4000000000000',
  'GET /api/v1/silences/proposal': '?alert={alert}',
  'GET /api/v1/targets/:id/series': '?watcher=collector',
  'GET /api/v1/routes/trace': '?endpoint={endpoint}&rule=disk-space&severity=warning',
};
const bodies: Readonly<Record<string, object>> = {
  'PATCH /api/v1/endpoints/:id': { tags: ['b'] },
  'POST /api/v1/endpoints/:id/backups/:job/verified': { ok: true },
  'POST /api/v1/endpoints/:id/scripts/orders': {
    script: 'free',
    sha256: 'f'.repeat(64),
    choices: {},
    ticket: '#{ticket}',
  },
  'PATCH /api/v1/sites/:id': { note: 'other' },
  'PUT /api/v1/sites/:id/members': { add: [] },
  'POST /api/v1/alerts/:id/acknowledge': {},
  'POST /api/v1/alerts/:id/hand-over': { to: 'nobody' },
  'POST /api/v1/alerts/acknowledge': { ids: ['{alert}'] },
  'POST /api/v1/alerts/withdraw': { ids: ['{alert}'] },
  'POST /api/v1/tickets': { title: 'new', endpoint: '{endpoint}' },
  'POST /api/v1/tickets/:id/comment': { text: 'looking' },
  'POST /api/v1/tickets/:id/remote': { tool: 'ssh' },
  'POST /api/v1/tickets/:id/assign': { assignee: 'limited operator' },
  'POST /api/v1/tickets/:id/resolve': { text: 'done' },
  'POST /api/v1/tickets/:id/reopen': {},
  'POST /api/v1/tickets/:id/state': { state: 'in_progress' },
  'POST /api/v1/tickets/:id/correct': { category: 'request' },
  'POST /api/v1/tickets/:id/priority': { impact: 1, urgency: 1, reason: 'the site waits' },
  'POST /api/v1/tickets/:id/hand-off': { tier: 2, reason: 'the array', tried: 'another slot' },
  'POST /api/v1/tickets/:id/tags': { add: ['backup'] },
  'POST /api/v1/tickets/:id/merge': { into: '#{ticket}', text: 'x' },
  'POST /api/v1/tickets/:id/unmerge': {},
  'POST /api/v1/tickets/:id/split': { title: 'the other disk' },
  'POST /api/v1/tickets/:id/watch': {},
  'POST /api/v1/tickets/:id/unwatch': {},
  'POST /api/v1/tickets/bulk/comment': { tickets: [{ id: '#{ticket}', updatedAt: 0 }], text: 'x' },
  'POST /api/v1/tickets/bulk/assign': { tickets: [{ id: '#{ticket}', updatedAt: 0 }], assignee: null },
  'POST /api/v1/tickets/bulk/resolve': { tickets: [{ id: '#{ticket}', updatedAt: 0 }] },
  'POST /api/v1/tickets/bulk/state': { tickets: [{ id: '#{ticket}', updatedAt: 0 }], state: 'in_progress' },
  'POST /api/v1/tickets/bulk/priority': {
    ...{ tickets: [{ id: '#{ticket}', updatedAt: 0 }], impact: 1, urgency: 1, reason: 'x' },
  },
  'POST /api/v1/tickets/bulk/hand-off': {
    ...{ tickets: [{ id: '#{ticket}', updatedAt: 0 }], tier: 2, reason: 'x', tried: 'x' },
  },
  'POST /api/v1/tickets/bulk/tags': { tickets: [{ id: '#{ticket}', updatedAt: 0 }], add: ['x'] },
  'POST /api/v1/tickets/bulk/merge': {
    ...{ tickets: [{ id: '#{ticket}', updatedAt: 0 }], into: '#{ticket}', text: 'x' },
  },
  'PUT /api/v1/people/:name/skills': { skills: [] },
  'POST /api/v1/tickets/:id/swarm': { kind: 'local' },
  'POST /api/v1/tickets/:id/participants/join': { kind: 'local' },
  'POST /api/v1/tickets/:id/participants/leave': {},
  'POST /api/v1/tickets/:id/links': { kind: 'related', target: '{ticket}' },
  'POST /api/v1/tickets/:id/rating-link': {},
  'POST /api/v1/articles/:id/outcome': { solved: true, place: 'ticket', ticket: '#{ticket}' },
  'PUT /api/v1/tickets/:id/impact': { segments: [], reason: 'none' },
  'PATCH /api/v1/maintenance/:id': { reason: 'other' },
  'POST /api/v1/maintenance/:id/extend': { until: 4_000_000_000_000 },
  'POST /api/v1/maintenance/:id/skip': { date: '2026-12-24' },
  'PATCH /api/v1/silences/:id': { reason: 'other' },
  'PATCH /api/v1/changes/:id': { title: 'other' },
  'POST /api/v1/changes/:id/cancel': { reason: 'not needed' },
  'POST /api/v1/changes/:id/outcome': { outcome: 'success' },
  'PUT /api/v1/changes/:id/targets/:endpoint': { result: 'failed' },
  'PATCH /api/v1/report-schedules/:id': { enabled: false },
  'PATCH /api/v1/targets/:id': { enabled: false },
  'PATCH /api/v1/services/:id': { note: 'other' },
  'POST /api/v1/status-pages/:id/notices': { title: 'Slow', words: 'We look into it.' },
  'POST /api/v1/status-pages/:id/notices/:notice/updates': { words: 'It works.', ended: true },
};
/** By the first part of the address; of KPIs there are names. */
const idOf: Readonly<Record<string, string>> = {
  endpoints: 'endpoint',
  alerts: 'alert',
  tickets: 'ticket',
  incidents: 'ticket',
  articles: 'article',
  sites: 'site',
  groups: 'group',
  maintenance: 'maintenance',
  silences: 'silence',
  silence: 'silence',
  changes: 'change',
  targets: 'target',
  services: 'service',
  'status-pages': 'page',
  software: 'title',
  rules: 'rule',
  reports: 'report',
  'report-schedules': 'schedule',
  enrollments: 'code',
  calendars: 'calendar',
};

const filled = (text: string, side: Side) =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => sites.ids[side][name] ?? name);
function askedOf(route: string, side: Side) {
  const [method = '', url = ''] = route.split(' ');
  const first = url.split('/')[3] ?? '';
  const id = first === 'kpis' ? 'lost_hours' : (sites.ids[side][idOf[first] ?? ''] ?? 'x');
  const path = url
    .replace(':id', id)
    .replace(':job', 'nightly')
    .replace(':link', '1')
    .replace(':file', sites.ids[side].file ?? 'x')
    .replace(':notice', '1')
    .replace(':endpoint', sites.ids[side].endpoint as string)
    .replace(/:\w+/g, 'x');
  const body = bodies[route];
  return {
    path: filled(path + (queries[route] ?? ''), side),
    options: { method, ...(body ? { body: filled(JSON.stringify(body).replace(/"#(\{\w+\})"/g, '$1'), side) } : {}) },
  };
}
/** Names of the other site, and ids that only it has. */
function found(text: string): string[] {
  const { site, endpoint, second, alert, group, maintenance, silence, target, service, report, schedule, page, code } =
    sites.ids.other;
  const secret = [
    hiddenWord,
    site,
    endpoint,
    second,
    alert,
    group,
    maintenance,
    silence,
    target,
    service,
    report,
    schedule,
    page,
    code,
  ];
  return secret.filter((one) => one !== undefined && text.toLowerCase().includes(one.toLowerCase())) as string[];
}

test('every route that a limited person could call has an entry, and no entry is without one', () => {
  const without = routes.filter(({ route }) => limitOf(route) === undefined).map(({ route }) => route);
  assert.equal(
    without,
    [],
    'in collector/api/limited.ts, say what somebody with a limit may do with these; until then they are refused',
  );
  assert.equal(
    Object.keys(limited).filter((route) => !routes.some((one) => one.route === route)),
    [],
  );
});

for (const { route, need } of routes) {
  const limit = limitOf(route);
  if (limit === undefined || limit === 'refused') {
    test(`${route}: refused with a reason`, async () => {
      const { path, options } = askedOf(route, 'own');
      const answer = await sites.asLimited(need, path, options);
      assert.is(answer.status, 403, answer.text);
      assert.match(answer.text, 'BEYOND_SITES');
      assert.match(answer.text, 'osaka');
      assert.equal(found(answer.text), []);
    });
    continue;
  }
  if (route === 'GET /api/v1/events') continue;
  test(`${route}: nothing of the other site`, async () => {
    const own = askedOf(route, 'own');
    const isRead = own.options.method === 'GET';
    const reads = isRead ? await sites.asLimited(need, own.path, own.options) : null;
    if (reads) {
      assert.ok(
        reads.status < 300 || reads.status === 400 || (route.endsWith('.pdf') && reads.status === 502),
        `${reads.status} ${reads.text}`,
      );
      assert.equal(found(reads.text), [], reads.text.slice(0, 4000));
      const wide = await sites.asLimited(need, own.path, own.options, true);
      assert.equal(found(wide.text), [], `limited to two of three: ${wide.text.slice(0, 4000)}`);
    }
    const names = limit.id !== undefined || limit.names !== undefined || queries[route]?.includes('{');
    if (!names) return;
    const other = askedOf(route, 'other');
    const answer = await sites.asLimited(need, other.path, other.options);
    if (limit.id !== undefined || limit.names !== undefined) {
      assert.is(answer.status, 404, answer.text);
      if (limit.id === undefined) return;
      const nowhere = (text: string) => text.replaceAll(/"[^"]*"/g, '');
      const unknown = await sites.asLimited(
        need,
        other.path.replace(sites.ids.other[idOf[other.path.split('/')[3] ?? ''] ?? ''] ?? '', '999999'),
        other.options,
      );
      assert.is(nowhere(answer.text), nowhere(unknown.text), 'as if it were not there');
    }
    assert.ok(!answer.text.toLowerCase().includes(hiddenWord) || answer.status === 404, answer.text);
  });
}

/** What may be entered for one's own site, and is refused for another one: that is not there, or is not theirs alone. */
const entered: Readonly<Record<string, (word: string, ids: Record<string, string>) => object>> = {
  'POST /api/v1/maintenance': (target) => ({
    scope: { of: 'site', target },
    reason: 'work',
    to: Date.now() + 3_600_000,
  }),
  'POST /api/v1/maintenance/preview': (target) => ({
    scope: { of: 'site', target },
    reason: 'work',
    to: Date.now() + 3_600_000,
  }),
  'POST /api/v1/changes': (target) => ({
    title: 'New',
    scopes: [{ of: 'site', target }],
    from: Date.now() + 1e7,
    to: Date.now() + 2e7,
  }),
  'POST /api/v1/changes/preview': (target) => ({ scopes: [{ of: 'site', target }], from: 1, to: 2 }),
  'POST /api/v1/silences': (word) => ({ matchers: [`site="${word}"`], reason: 'quiet' }),
  'POST /api/v1/silences/preview': (word) => ({ matchers: [`site="${word}"`] }),
  'POST /api/v1/tickets': (_, { endpoint }) => ({ title: 'New', endpoint }),
  'POST /api/v1/targets': (site) => ({
    name: `More of ${site}`,
    kind: 'http',
    settings: { url: 'http://127.0.0.1:9/' },
    site,
  }),
  'POST /api/v1/reports': (_, { site }) => ({ period: month, site }),
  'POST /api/v1/report-schedules': (_, { site }) => ({
    ...{ rhythm: 'month', hour: 7, zone: 'UTC', language: 'en', enabled: true, recipients: [], site },
  }),
  'POST /api/v1/services': (word, { target }) => ({ name: `More of ${word}`, parts: [target] }),
  'POST /api/v1/endpoints/bulk': (_, { endpoint }) => ({ ids: [endpoint], act: 'add_tags', value: ['seen'] }),
  'POST /api/v1/endpoints/bulk/preview': (site, { endpoint }) => ({ ids: [endpoint], act: 'site', value: site }),
  'POST /api/v1/agent-settings/preview': (target) => ({
    scope: { of: 'site', target },
    settings: { interval_s: 20 },
  }),
  'POST /api/v2/silences': (value) => ({
    matchers: [{ name: 'site', value, isRegex: false, isEqual: true }],
    ...{ startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() },
    ...{ comment: 'quiet', createdBy: 'x' },
  }),
  'PUT /api/v1/availability/targets': (_, { site: target }) => ({ scope: 'site', target, percent: 99, reason: 'new' }),
};
for (const [route, bodyOf] of Object.entries(entered))
  test(`${route}: for one's own site alone`, async () => {
    const [method = '', path = ''] = route.split(' ');
    const own = await sites.asLimited('manager', path, { method, body: bodyOf('osaka', sites.ids.own) });
    assert.ok(own.status < 300, own.text);
    assert.equal(found(own.text), [], own.text);
    const other = await sites.asLimited('manager', path, { method, body: bodyOf(hiddenWord, sites.ids.other) });
    assert.ok(other.status === 404 || other.status === 403, `${other.status} ${other.text}`);
  });

test('what reaches others as well is not entered, and an endpoint stays within one’s sites', async () => {
  const beyond = async (method: string, path: string, body: object) => {
    const answer = await sites.asLimited('manager', path, { method, body });
    assert.is(answer.status, 403, answer.text);
    assert.match(answer.text, 'BEYOND_SITES');
  };
  const to = Date.now() + 3_600_000;
  await beyond('POST', '/api/v1/maintenance', { scope: { of: 'tag', target: 'osaka-tag' }, reason: 'work', to });
  await beyond('POST', '/api/v1/silences', { matchers: ['severity="warning"'], reason: 'quiet' });
  await beyond('POST', '/api/v1/silences', { matchers: ['site=~"osaka|zebra"'], reason: 'quiet' });
  await beyond('POST', '/api/v1/tickets', { title: 'of no place' });
  await beyond('POST', '/api/v1/reports', { period: month });
  await beyond('PATCH', `/api/v1/endpoints/${sites.ids.own.endpoint}`, { site: hiddenWord });
  await beyond('PATCH', `/api/v1/endpoints/${sites.ids.own.endpoint}`, { site: null });
});

test('a refusal says why', async () => {
  for (const [path, why] of [
    ['costs', 'what support costs is of the whole house'],
    ['software/products', 'what was bought is of the whole house'],
  ]) {
    const { text } = await sites.asLimited('manager', `/api/v1/${path}`);
    assert.match(text, why as string);
  }
});

test('many at once are chosen among those that are seen, and put nowhere else', async () => {
  const bulk = (body: object) => sites.asLimited('manager', '/api/v1/endpoints/bulk/preview', { method: 'POST', body });
  const all = await bulk({ filter: {}, act: 'add_tags', value: ['x'] });
  assert.is(all.status, 200, all.text);
  assert.is((all.body as { change: number }).change, 2);
  const mixed = await bulk({ ids: [sites.ids.own.endpoint, sites.ids.other.endpoint], act: 'kind', value: 'server' });
  assert.is(mixed.status, 404, mixed.text);
  for (const value of [hiddenWord, 'brand new', null]) {
    const moved = await bulk({ ids: [sites.ids.own.endpoint], act: 'site', value });
    assert.is(moved.status, 403, moved.text);
  }
});

test('routes read as they are for one’s own site, and software is counted there alone', async () => {
  const routes = (await sites.asLimited('viewer', '/api/v1/routes')).body as { content: { children: object[] } };
  assert.equal(
    routes.content.children.map(({ name, match }: { name?: string; match?: string[] }) => [name, match ?? []]),
    [
      ['osaka', []],
      ['both', []],
      ['critical', ['severity="critical"']],
    ],
  );
  const titles = (await sites.asLimited('viewer', '/api/v1/software')).body as { items: { endpoints: number }[] };
  assert.equal(
    titles.items.map(({ endpoints }) => endpoints),
    [1],
  );
  const versions = await sites.asLimited('viewer', `/api/v1/software/titles/${sites.ids.other.title}`);
  assert.is(versions.status, 404, versions.text);
});

test('tables of people take lines of one’s own site alone', async () => {
  const send = async (name: string) => {
    const body = { csv: `kind,name,people\r\nsite,${name},13\r\n` };
    const answer = await sites.asLimited('operator', '/api/v1/people/table', { method: 'POST', body });
    return answer.body as { faults: unknown[]; lines: unknown[] };
  };
  const [own, other] = [await send('osaka'), await send(hiddenWord)];
  assert.equal([own.faults.length, own.lines.length], [0, 1]);
  assert.is(other.faults.length, 1);
});

test('a status page for people who are logged in is there for whoever sees all that it shows', async () => {
  const own = await sites.asLimited('viewer', '/api/v1/status/osaka-page');
  assert.is(own.status, 200, own.text);
  assert.is((await sites.asLimited('viewer', `/api/v1/status/${hiddenWord}-page`)).status, 404);
});

test('the stream tells of one’s own endpoints, and that one has left', async () => {
  const response = await fetch(`${sites.collector.started.addresses.http}/api/v1/events`, {
    headers: { authorization: `Bearer ${sites.secret}` },
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  const until = async (word: string) => {
    while (!text.includes(word)) {
      const { done, value } = await reader.read();
      assert.not(done, `ended before ${word}: ${text}`);
      text += new TextDecoder().decode(value);
    }
  };
  const admin = (id: string, body: object) =>
    sites.collector.call(`/api/v1/endpoints/${id}`, { method: 'PATCH', as: 'admin', body });
  const { own, other } = sites.ids;
  await admin(other.endpoint as string, { tags: ['one'] });
  await admin(own.endpoint as string, { tags: ['mark'] });
  await until('"mark"');
  assert.equal(found(text), []);
  text = '';
  await admin(own.second as string, { site: hiddenWord });
  await until(own.second as string);
  assert.equal(found(text), []);
  assert.match(text, '"row":null');
  await admin(own.second as string, { site: 'osaka' });
  await reader.cancel();
});

test('a limit is given, changed and taken away at once; admins have none', async () => {
  const admin = (method: string, path: string, body: object) =>
    sites.collector.call(path, { method, as: 'admin', body });
  const site = sites.ids.own.site as string;
  const password = 'a sentence of its own';
  // Such a person needs the password again; a token of an admin does not make an admin at all.
  const made = await admin('POST', '/api/v1/users', { name: 'Ida', password, role: 'viewer', sites: [site] });
  assert.is(made.status, 201, made.text);
  const { id } = made.body as { id: string };
  const login = await sites.collector.call('/api/v1/login', { method: 'POST', body: { user: 'Ida', password } });
  assert.equal((login.body as { sites: unknown }).sites, [{ id: site, name: 'osaka' }]);
  const cookie = String(login.headers.get('set-cookie')).split(';')[0] as string;
  const names = async () => (await sites.collector.call('/api/v1/sites', { headers: { cookie } })).text;
  assert.not.match(await names(), hiddenWord);
  await admin('PATCH', `/api/v1/users/${id}`, { sites: null });
  assert.match(await names(), hiddenWord);
  await admin('PATCH', `/api/v1/users/${id}`, { sites: [site] });
  assert.not.match(await names(), hiddenWord);
  const unknown = await admin('PATCH', `/api/v1/users/${id}`, { sites: ['nowhere'] });
  assert.is(unknown.status, 404, unknown.text);
  const log = sites.collector.state.selectFrom('audit_log').select(['before', 'after']).where('object_id', '=', id);
  const entries = await log.execute();
  assert.ok(
    entries.some(({ before, after }) => before?.includes(site) && after?.includes('"sites":null')),
    JSON.stringify(entries),
  );
  const users = createUsers(sites.collector.state, Date.now, () => {});
  const refused = await users.setRole(id, 'admin').catch((thrown: Error) => thrown);
  assert.match(String(refused), 'Admins are never limited');
});

test('who calls a limited person for other sites is warned, and gives them nothing that they do not see', async () => {
  const admin = (method: string, path: string, body?: object) =>
    sites.collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body ? { body } : {}) });
  const site = sites.ids.own.site as string;
  const password = 'a sentence of its own';
  const user = await admin('POST', 'users', { name: 'Uma', password, role: 'operator', sites: [site] });
  assert.is(user.status, 201, user.text);
  const rotation = { unit: 'day', every: 1, start: '2026-03-02T09:00' };
  const layers = [{ name: 'main', users: ['Uma'], rotation }];
  assert.is((await admin('PUT', 'on-call/schedules/night', { content: { zone: 'UTC', layers } })).status, 200);
  type Warned = { warnings: { at: string; why: { code: string; params: object } }[] };
  const places = ({ warnings }: Warned) =>
    warnings.filter(({ why }) => why.code === 'oncall_limited').map(({ at, why }) => [at, why.params]);
  const policy = await admin('PUT', 'on-call/policies/all', {
    content: { steps: [{ targets: ['channel:ops'] }, { targets: ['schedule:night'] }] },
  });
  assert.equal(places(policy.body), [['steps.1.targets.0', { name: '"Uma"', sites: 'osaka' }]]);
  const before = (await admin('GET', 'routes')).body as { content: object };
  const routes = (of: object[]) => ({ content: { receivers: ['channel:ops'], children: of }, reason: 'test' });
  const children = [
    { name: 'own', match: ['site="osaka"'], receivers: ['person:Uma'] },
    { name: 'both', match: ['severity="critical"'], receivers: ['person:Uma', 'schedule:night'] },
  ];
  const warned = await admin('PUT', 'routes', routes(children));
  assert.equal(
    places(warned.body).map(([at]) => at),
    ['children.1.receivers.0', 'children.1.receivers.1'],
  );
  const own = (await sites.asLimited('viewer', '/api/v1/routes')).body as Warned;
  assert.equal(places(own), [], 'who is limited reads nothing of the limits of others');
  await admin('PUT', 'routes', { content: before.content, reason: 'as before' });

  const { ticket, alert } = sites.ids.other;
  const assigned = await admin('POST', `tickets/${ticket}/assign`, { assignee: 'Uma' });
  assert.is(assigned.status, 409, assigned.text);
  assert.match(assigned.text, 'limited to osaka');
  assert.is((await admin('POST', `tickets/${sites.ids.own.ticket}/assign`, { assignee: 'Uma' })).status, 200);
  const called = await admin('POST', `tickets/${ticket}/swarm`, { kind: 'local', people: ['Uma'] });
  assert.is(called.status, 409, called.text);
  const ways = await admin('PUT', 'on-call/people/Uma', { content: { ways: [{ channel: 'ops' }] } });
  assert.is(ways.status, 200, ways.text);
  await admin('POST', `alerts/${alert}/acknowledge`, {});
  const handed = await admin('POST', `alerts/${alert}/hand-over`, { to: 'Uma' });
  assert.match(handed.text, 'limited to osaka');
  await admin('POST', `alerts/${sites.ids.own.alert}/acknowledge`, {});
  const kept = await admin('POST', `alerts/${sites.ids.own.alert}/hand-over`, { to: 'Uma' });
  assert.is(kept.status, 200, kept.text);
});

test('the same lists without a limit have what is hidden: the walk looks for what is there', async () => {
  for (const path of [
    'endpoints',
    'alerts',
    'tickets',
    'sites',
    'groups',
    'protection',
    'protection/table',
    'patches',
    'patches/updates',
    'quarantine',
    'stability',
    'kpis/availability',
    'maintenance',
    'changes',
    'silences',
    'targets',
    'reports',
    'report-schedules',
    'rules',
    'routes',
    'software',
    'software/installs',
    'people/table',
    'impacts/table',
    'services',
    'status-pages',
    'enrollments',
    'agent-settings',
    'agent-settings/versions',
    'agent-updates/endpoints',
  ]) {
    const all = await sites.collector.call(`/api/v1/${path}`, { as: 'manager' });
    assert.ok(found(all.text).length > 0, `${path}: ${all.text.slice(0, 500)}`);
    const own = await sites.asLimited('manager', `/api/v1/${path}`);
    assert.ok(own.text.includes('osaka') || own.text.includes(sites.ids.own.site as string), `${path}: ${own.text}`);
  }
});

test.run();
