import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ageGroup, compliancePercent, countFleet } from '../../dashboards/web/fleet/count.ts';
import {
  filterCount,
  matches,
  nextOrder,
  orderOf,
  orderText,
  sorted,
  wantedOf,
} from '../../dashboards/web/fleet/filter.ts';
import type { EndpointRow } from '../../shared/api.ts';

const test = suite('filter');
const now = 1_800_000_000_000;
const day = 86_400_000;

function row(id: string, changes: Partial<EndpointRow> = {}): EndpointRow {
  return {
    id,
    name: id,
    kind: 'server',
    site: 'north',
    tags: ['production'],
    groups: [],
    platform: 'linux',
    os: 'Debian 12',
    version: '0.1.0',
    state: 'online',
    stateReason: null,
    stateSince: now - day,
    lastSeenAt: now,
    cpuPercent: 10,
    memoryPercent: 20,
    disk: { path: '/', usedPercent: 30 },
    valuesAt: now,
    alerts: { critical: 0, warning: 0, info: 0 },
    attention: [],
    backup: { state: 'ok', ageSeconds: 3600, jobs: 1 },
    patches: {
      pending: 0,
      pendingSecurity: 0,
      oldestSecuritySince: null,
      scan: 'ok',
      rebootRequired: false,
      endOfLife: null,
    },
    diskHealth: 'ok',
    ...changes,
  };
}

const ids = (rows: readonly EndpointRow[]) => rows.map(({ id }) => id);
const found = (rows: EndpointRow[], query: string) => ids(rows.filter((one) => matches(one, wantedOf(query), now)));

const because = (code: string, severity: 'warning' | 'critical') => {
  const rule = { id: code };
  return {
    code,
    rule,
    metric: 'os.end_of_life_days',
    severity,
    state: 'firing' as const,
    detail: '',
    alert: code,
    count: 1,
  };
};

test('what needs attention comes first, worst on top', () => {
  const rows = [
    row('well'),
    row('warned', { attention: [because('reboot_required', 'warning')] }),
    row('critical', { attention: [because('lost', 'critical')] }),
    row('twice', {
      attention: [because('disk_full', 'critical'), because('backup_late', 'warning')],
    }),
  ];
  assert.equal(ids(sorted(rows, orderOf(null))), ['twice', 'critical', 'warned', 'well']);
});

test('unknown values are last in both directions', () => {
  const rows = [row('none', { cpuPercent: null }), row('low', { cpuPercent: 0 }), row('high', { cpuPercent: 99 })];
  assert.equal(ids(sorted(rows, { key: 'cpu', down: true })), ['high', 'low', 'none']);
  assert.equal(ids(sorted(rows, { key: 'cpu', down: false })), ['low', 'high', 'none']);
});

test('names are sorted as people count: web-9 before web-10', () => {
  const rows = [row('web-10'), row('web-9')];
  assert.equal(ids(sorted(rows, { key: 'name', down: false })), ['web-9', 'web-10']);
});

test('an order survives the address; a second click turns it round', () => {
  const order = nextOrder(orderOf(null), 'cpu');
  assert.equal(order, { key: 'cpu', down: true });
  assert.equal(orderOf(orderText(order)), order);
  assert.equal(nextOrder(order, 'cpu'), { key: 'cpu', down: false });
  assert.equal(orderOf('constructor'), { key: 'attention', down: true });
});

test('by group, by none, and by words of its name', () => {
  const groups = [
    { id: 'g1', name: 'Cluster' },
    { id: 'g2', name: 'Web' },
  ];
  const rows = [row('both', { groups }), row('one', { groups: groups.slice(1) }), row('none', { site: null })];
  assert.equal(found(rows, '?group=g1'), ['both']);
  assert.equal(found(rows, '?group=g2'), ['both', 'one']);
  assert.equal(found(rows, '?group=g3'), []);
  assert.equal(found(rows, '?group='), ['none']);
  assert.equal(found(rows, '?site='), ['none']);
  assert.equal(found(rows, '?q=clus'), ['both']);
  assert.equal([filterCount(wantedOf('?group=')), filterCount(wantedOf('?group=g1&tag=a'))], [1, 2]);
});

test('search wants every word, in name, site, system or tag', () => {
  const rows = [row('db-1', { os: 'Ubuntu 24.04' }), row('db-2', { site: 'south' })];
  assert.equal(found(rows, '?q=DB%20ubuntu'), ['db-1']);
  assert.equal(found(rows, '?q=db'), ['db-1', 'db-2']);
  assert.equal(found(rows, '?site=south'), ['db-2']);
  assert.equal(found(rows, '?tag=staging'), []);
});

test('an unknown patch level is neither pending nor clear', () => {
  const patches = row('x').patches;
  const rows = [
    row('clear'),
    row('pending', { patches: { ...patches, pendingSecurity: 2 } }),
    row('failed', { patches: { ...patches, scan: 'failed', pendingSecurity: 0 } }),
    row('null', { patches: { ...patches, pendingSecurity: null } }),
  ];
  assert.equal(found(rows, '?security=clear'), ['clear']);
  assert.equal(found(rows, '?security=pending'), ['pending']);
  assert.equal(found(rows, '?security=unknown'), ['failed', 'null']);
});

test('values that are no choice are ignored', () => {
  const wanted = wantedOf('?state=__proto__&kind=toString&backup=late');
  assert.equal(wanted.chosen, { backup: 'late' });
  assert.is(filterCount(wanted), 1);
});

test('counts: never seen is unknown, signed off is not lost', () => {
  const counts = countFleet([
    row('a'),
    row('b', { state: 'never' }),
    row('c', { state: 'offline' }),
    row('d', { state: 'lost' }),
  ]);
  assert.equal([counts.all, counts.online, counts.unknown, counts.offline, counts.lost], [4, 1, 1, 1, 1]);
});

test('the age of a security update, and what is not known of it', () => {
  const at = (days: number) => ({
    state: 'compliant' as const,
    pendingSecurity: 1,
    oldestSecuritySince: now - days * day,
  });
  assert.is(ageGroup(at(7), now), 'week');
  assert.is(ageGroup(at(14), now), 'fortnight');
  assert.is(ageGroup(at(30), now), 'month');
  assert.is(ageGroup(at(31), now), 'older');
  assert.is(ageGroup({ state: 'compliant', pendingSecurity: 0, oldestSecuritySince: null }, now), 'none');
  assert.is(ageGroup({ state: 'unknown', pendingSecurity: null, oldestSecuritySince: null }, now), 'unknown');
  assert.is(compliancePercent({ compliant: 0, overdue: 0 }), null);
});

test.run();
