/** Error budgets of a month: of endpoints, sites, groups and tags, with targets that people set, each version kept. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AvailabilityTargets, Budgets } from '../../../shared/api.ts';
import { closeMonths } from '../../support/close-months.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId } from '../../support/fleet-history.ts';
import { clock, night, outage, putMonth, zone } from '../../support/stability-month.ts';

const test = suite('error budgets');
const minute = 60_000;
/** October 2026 gained an hour in Berlin. */
const month = 44_700;
let collector: InProcess;

test.before(async () => {
  collector = await openCollector({ settings: `zone: ${zone}\n`, clock });
  await putMonth(collector);
  await collector.state
    .updateTable('endpoints')
    .set({ tags: '["shop"]' })
    .where('id', 'in', [0, 12].map(endpointId))
    .execute();
  await collector.stop();
  collector = await collector.again();
});
test.after(() => collector.close());

async function call<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'manager', ...(body ? { body } : {}) });
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
const budgets = (more: string, period = '2026-10') =>
  call<Budgets>(`availability/budgets?kind=server&period=${period}&${more}`);
const near = (a: number | null | undefined, b: number, what = '') =>
  assert.ok(a !== null && a !== undefined && Math.abs(a - b) < 1e-6, `${what}: ${a}, expected ${b}`);
const set = (scope: string, target: string, percent: number | null, reason = 'a contract') =>
  call<AvailabilityTargets>('availability/targets', 'PUT', { scope, target, percent, reason });

test('an endpoint has the budget of its kind, and the most overspent comes first', async () => {
  const { items, n, standard, closed } = await budgets('by=endpoint');
  assert.equal([n, standard, closed], [11, 99.9, false]);
  const [first] = items;
  assert.equal([first?.key, first?.from, first?.name], [endpointId(night.server), null, 'box-0012']);
  near(first?.budget, month * 0.001, 'budget');
  near(first?.used, (night.end - night.start) / minute, 'used');
  near(first?.left, month * 0.001 - 360, 'left');
  near(first?.availability, 100 * (1 - 360 / month), 'availability');
  near(items.at(-1)?.left, month * 0.001, 'untouched');
});

test('the budgets of a site, a group or a tag are those of its endpoints; pages do not overlap', async () => {
  const all = (await budgets('by=endpoint')).items;
  const sites = (await budgets('by=site')).items;
  assert.equal(new Set(sites.map(({ name }) => name)), new Set(['Berlin', 'Osaka']));
  for (const name of ['budget', 'used', 'left'] as const)
    near(
      sites.reduce((sum, row) => sum + (row[name] ?? 0), 0),
      all.reduce((sum, row) => sum + (row[name] ?? 0), 0),
      name,
    );
  const berlin = sites.find(({ name }) => name === 'Berlin');
  near(berlin?.used, (4 * (outage.end - outage.start)) / minute, 'Berlin');
  const [shop, ...others] = (await budgets('by=tag')).items;
  assert.equal([shop?.name, shop?.endpoints, others], ['shop', 2, []]);
  const pages: (string | null)[] = [];
  for (let page: string | null = '0'; page !== null; ) {
    const answer: Budgets = await budgets(`by=endpoint&limit=4&page=${page}`);
    pages.push(...answer.items.map(({ key }) => key));
    page = answer.next;
  }
  assert.equal(
    pages,
    all.map(({ key }) => key),
  );
  assert.is((await budgets(`endpoint=${endpointId(3)}`)).items.length, 1);
});

test('the closest target holds, of several the strictest; each change is kept, and a withdrawn one is none', async () => {
  const server = async (n: number) => (await budgets(`endpoint=${endpointId(n)}`)).items[0];
  await set('site', 'Osaka', 99.5);
  assert.equal([(await server(12))?.target, (await server(12))?.from, (await server(0))?.target], [99.5, 'site', 99.9]);
  await set('tag', 'shop', 99.95);
  assert.equal([(await server(12))?.target, (await server(12))?.from], [99.95, 'tag']);
  const group = await call<{ id: string }>('groups', 'POST', { name: 'Tills', note: '' });
  await call(`groups/${group.id}/members`, 'PUT', { add: [endpointId(12)] });
  await set('group', 'Tills', 98);
  assert.is((await server(12))?.target, 98);
  await set('endpoint', endpointId(12), 90);
  assert.is((await server(12))?.from, 'endpoint');
  const { versions } = await set('endpoint', endpointId(12), null, 'it was a trial');
  assert.equal([(await server(12))?.target, (await server(12))?.from], [98, 'group']);
  assert.equal(
    versions.slice(0, 3).map(({ scope, name, percent, reason }) => [scope, name, percent, reason]),
    [
      ['endpoint', 'box-0012', null, 'it was a trial'],
      ['endpoint', 'box-0012', 90, 'a contract'],
      ['group', 'Tills', 98, 'a contract'],
    ],
  );
  const osaka = (await budgets('by=site')).items.find(({ name }) => name === 'Osaka');
  near(osaka?.target, (4 * 99.5 + 98) / 5, 'a site whose endpoints have several targets');
  for (const percent of [100, 0, -1, 250]) {
    const body = { scope: 'tag', target: 'shop', percent, reason: 'r' };
    const refused = await collector.call('/api/v1/availability/targets', { method: 'PUT', as: 'manager', body });
    assert.is(refused.status, 400, String(percent));
  }
  const body = { scope: 'site', target: 'Nowhere', percent: 99, reason: 'r' };
  assert.is((await collector.call('/api/v1/availability/targets', { method: 'PUT', as: 'manager', body })).status, 404);
  assert.is(
    (await collector.call('/api/v1/availability/targets', { method: 'PUT', as: 'operator', body })).status,
    403,
  );
});

test('an open month has the budget of the whole month; a closed one keeps the targets of its closing', async () => {
  const [row] = (await budgets(`endpoint=${endpointId(5)}`, '2026-11')).items;
  near(row?.budget, 30 * 24 * 60 * 0.001, 'November');
  assert.is(row?.used, 0);
  const later = { now: () => clock.now() - minute, monotonic: () => 0 };
  await closeMonths(collector, later, zone);
  const before = (await budgets('by=site')).items;
  assert.is((await budgets('by=site')).closed, true);
  await set('site', 'Berlin', 95);
  assert.equal((await budgets('by=site')).items, before);
  const open = (await budgets('by=site', '2026-11')).items.find(({ name }) => name === 'Berlin');
  // One of its servers has the tag, whose target is the closer one.
  near(open?.target, (5 * 95 + 99.95) / 6, 'November');
});

test.run();
