/** A person who is limited to one of two sites: every route, and not a word of the other one in any answer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { access } from '../../../collector/api/access.ts';
import { limited } from '../../../collector/api/limited.ts';
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
/** Where a route needs more than its address. `{x}` is an id of the side that is asked for. */
const queries: Readonly<Record<string, string>> = {
  'GET /api/v1/endpoints/:id/series': '?metric=cpu.usage_active',
  'GET /api/v1/endpoints/:id/usual': '?metric=cpu.usage_active&from=0&to=3600000',
  'GET /api/v1/holidays': '?region=DE-BE&from=2026&to=2027',
  'GET /api/v1/kpis/:id/why': `?from=2026-10&to=${month}`,
  'GET /api/v1/changes/marks': '?endpoint={endpoint}&from=0&to=4000000000000',
  'GET /api/v1/maintenance/spans': '?endpoint={endpoint}&from=0&to=4000000000000',
  'GET /api/v1/silences/proposal': '?alert={alert}',
  'GET /api/v1/targets/:id/series': '?watcher=collector',
};
const bodies: Readonly<Record<string, object>> = {
  'PATCH /api/v1/endpoints/:id': { tags: ['b'] },
  'POST /api/v1/endpoints/:id/backups/:job/verified': { ok: true },
  'PATCH /api/v1/sites/:id': { note: 'other' },
  'PUT /api/v1/sites/:id/members': { add: [] },
  'POST /api/v1/alerts/:id/acknowledge': {},
  'POST /api/v1/alerts/:id/hand-over': { to: 'nobody' },
  'POST /api/v1/alerts/acknowledge': { ids: ['{alert}'] },
  'POST /api/v1/alerts/withdraw': { ids: ['{alert}'] },
  'POST /api/v1/tickets': { title: 'new', endpoint: '{endpoint}' },
  'POST /api/v1/tickets/:id/comment': { text: 'looking' },
  'POST /api/v1/tickets/:id/assign': { assignee: 'limited operator' },
  'POST /api/v1/tickets/:id/resolve': { text: 'done' },
  'POST /api/v1/tickets/:id/reopen': {},
  'POST /api/v1/tickets/:id/state': { state: 'in_progress' },
  'POST /api/v1/tickets/:id/correct': { category: 'request' },
  'POST /api/v1/tickets/:id/priority': { impact: 1, urgency: 1, reason: 'the site waits' },
  'POST /api/v1/tickets/:id/hand-off': { tier: 2, reason: 'the array' },
  'POST /api/v1/tickets/:id/swarm': { kind: 'local' },
  'POST /api/v1/tickets/:id/participants/join': { kind: 'local' },
  'POST /api/v1/tickets/:id/participants/leave': {},
  'POST /api/v1/tickets/:id/links': { kind: 'related', target: '{ticket}' },
  'POST /api/v1/tickets/:id/rating-link': {},
  'PUT /api/v1/tickets/:id/impact': { segments: [], reason: 'none' },
};
/** By the first part of the address; of KPIs there are names. */
const idOf: Readonly<Record<string, string>> = {
  endpoints: 'endpoint',
  alerts: 'alert',
  tickets: 'ticket',
  incidents: 'ticket',
  sites: 'site',
  groups: 'group',
  maintenance: 'maintenance',
  silences: 'silence',
  silence: 'silence',
  changes: 'change',
  targets: 'target',
  services: 'service',
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
    .replace(':endpoint', sites.ids[side].endpoint as string)
    .replace(/:\w+/g, 'x');
  const body = bodies[route];
  return {
    path: filled(path + (queries[route] ?? ''), side),
    options: { method, ...(body ? { body: filled(JSON.stringify(body), side) } : {}) },
  };
}
/** Names of the other site, and ids that only it has. */
function found(text: string): string[] {
  const { site, endpoint, second, alert, group, maintenance, silence, target, service, report, schedule } =
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
  ];
  return secret.filter((one) => one !== undefined && text.toLowerCase().includes(one.toLowerCase())) as string[];
}

test('every route that a limited person could call has an entry, and no entry is without one', () => {
  const without = routes.filter(({ route }) => limited[route] === undefined).map(({ route }) => route);
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
  const limit = limited[route];
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
      assert.ok(reads.status < 300 || reads.status === 400, `${reads.status} ${reads.text}`);
      assert.equal(found(reads.text), [], reads.text.slice(0, 4000));
    }
    const names = limit.id !== undefined || limit.names !== undefined || queries[route]?.includes('{');
    if (!names) return;
    const other = askedOf(route, 'other');
    const answer = await sites.asLimited(need, other.path, other.options);
    if (limit.id !== undefined || limit.names !== undefined) {
      assert.is(answer.status, 404, answer.text);
      const nowhere = (text: string) => text.replaceAll(/"[^"]*"/g, '');
      const unknown = await sites.asLimited(
        need,
        other.path.replace(sites.ids.other[idOf[other.path.split('/')[3] ?? ''] ?? ''] ?? '', '999999'),
        other.options,
      );
      if (limit.id !== undefined) assert.is(nowhere(answer.text), nowhere(unknown.text), 'as if it were not there');
    }
    assert.ok(!answer.text.toLowerCase().includes(hiddenWord) || answer.status === 404, answer.text);
  });
}

test('the same lists without a limit have what is hidden: the walk looks for what is there', async () => {
  for (const path of [
    'endpoints',
    'alerts',
    'tickets',
    'sites',
    'groups',
    'protection',
    'patches',
    'quarantine',
    'disks/forecast',
    'stability',
    'kpis/availability',
  ]) {
    const all = await sites.collector.call(`/api/v1/${path}`, { as: 'operator' });
    assert.ok(found(all.text).length > 0, `${path}: ${all.text.slice(0, 500)}`);
    const own = await sites.asLimited('operator', `/api/v1/${path}`);
    assert.match(own.text, 'osaka');
  }
});

test.run();
