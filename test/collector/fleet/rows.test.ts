/** Rows of the fleet page: what they say, what refreshes them, and what a thousand cost. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeldAlert } from '../../../collector/alerts/alerts.ts';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createFleet } from '../../../collector/fleet/endpoints.ts';
import type { EndpointFacts } from '../../../collector/fleet/facts.ts';
import { factsOf } from '../../../collector/fleet/facts.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { composeRow, type RowInput } from '../../../collector/fleet/row.ts';
import { queryRows } from '../../../collector/fleet/row-query.ts';
import { createRows } from '../../../collector/fleet/rows.ts';
import type { LatestValue } from '../../../collector/series/series.ts';
import { openState } from '../../../collector/state/open.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { freshPlace } from '../../support/state.ts';
import { addEndpoint } from '../../support/station.ts';

const test = suite('rows');
const now = 1_800_000_000_000;

const endpoint = (more: Partial<Endpoint> = {}): Endpoint => ({
  id: 'eaaaaaaaa',
  bucket: '00',
  name: 'box',
  kind: 'server',
  kindWhy: 'test',
  site: null,
  tags: [],
  platform: 'linux',
  arch: 'x64',
  version: null,
  enrolledAt: now,
  retiredAt: null,
  state: 'online',
  stateReason: null,
  stateSince: now,
  session: null,
  bootId: null,
  lastSeenAt: now,
  intervalMs: 10_000,
  clockOffsetMs: null,
  people: null,
  ...more,
});

const unknown: EndpointFacts = factsOf(new Map());
const input = (more: Partial<RowInput> = {}): RowInput => ({
  endpoint: endpoint(),
  groups: [],
  latest: [],
  facts: unknown,
  held: [],
  newestVersion: null,
  now,
  ...more,
});

const patch = (more: object) => ({
  manager: 'apt',
  thirdParty: false,
  pending: 0,
  pendingSecurity: 0,
  held: 0,
  list: [],
  oldestSecuritySince: null,
  scannedAt: now,
  metadataAge: 60,
  scan: 'ok',
  reason: null,
  autoUpdates: 'on',
  lastInstall: null,
  ...more,
});

test('what was not reported is unknown, and no reason for a look', () => {
  const row = composeRow(input());
  assert.equal([row.cpuPercent, row.memoryPercent, row.disk, row.valuesAt, row.os], [null, null, null, null, null]);
  assert.equal(row.backup, { state: 'unknown', ageSeconds: null, lastSuccess: null, jobs: 0 });
  assert.is(row.patches.pendingSecurity, null);
  assert.is(row.diskHealth, 'unknown');
  assert.equal(row.attention, []);
});

test('the fullest disk, and the newest time of the values', () => {
  const latest: LatestValue[] = [
    { metric: 'cpu.usage_active', tags: { cpu: 'cpu-total' }, at: now - 5, value: 0 },
    { metric: 'cpu.usage_active', tags: { cpu: 'cpu3' }, at: now, value: 99 },
    { metric: 'disk.used_percent', tags: { path: '/' }, at: now - 3, value: 50 },
    { metric: 'disk.used_percent', tags: { path: '/var' }, at: now - 3, value: 96 },
  ];
  const row = composeRow(input({ latest }));
  assert.is(row.cpuPercent, 0);
  for (const word of ['offline', 'lost', 'unknown'] as const) {
    const away = composeRow(input({ latest, endpoint: endpoint({ state: word }) }));
    assert.equal([away.cpuPercent, away.disk], [null, row.disk], `${word}: its load is not known, its disk stays full`);
  }
  assert.equal(row.disk, { path: '/var', usedPercent: 96 });
  assert.is(row.valuesAt, now - 3);
  assert.equal(row.attention, [], 'a full disk is no reason for a look: what a rule says of it is');
});

test('a disk that is no longer reported with the others is not the fullest', () => {
  const disk = (path: string, at: number, value: number): LatestValue => ({
    metric: 'disk.used_percent',
    tags: { path },
    at,
    value,
  });
  const stick = disk('/media/stick', now - 700_000, 99);
  assert.equal(composeRow(input({ latest: [stick, disk('/', now, 40)] })).disk, { path: '/', usedPercent: 40 });
  // Nothing newer has come: the endpoint was switched off, and what was last known stays.
  assert.is(composeRow(input({ latest: [stick, disk('/', now - 700_000, 40)] })).disk?.path, '/media/stick');
});

test('one scan that failed makes the sum unknown; third parties do not count', () => {
  const facts = (...patches: object[]) => factsOf(new Map([['patches', patches]]));
  const failed = composeRow(
    input({ facts: facts(patch({}), patch({ scan: 'failed', pending: null, pendingSecurity: null })) }),
  );
  assert.equal([failed.patches.scan, failed.patches.pending], ['failed', null]);
  const snap = composeRow(input({ facts: facts(patch({ pending: 3 }), patch({ thirdParty: true, pending: 9 })) }));
  assert.is(snap.patches.pending, 3);
});

test('no backup and an empty list after a failed check are two things', () => {
  const empty = new Map<string, unknown>([['backups', []]]);
  assert.is(composeRow(input({ facts: factsOf(empty) })).backup.state, 'none');
  empty.set('checks', [{ check: 'backup', status: 'failed', reason: 'no rights', at: now }]);
  assert.is(composeRow(input({ facts: factsOf(empty) })).backup.state, 'unknown');
});

const held = (family: string, severity: HeldAlert['severity'], more: Partial<HeldAlert> = {}): HeldAlert => ({
  id: `${family}-1`,
  family,
  rule: { id: family },
  severity,
  state: 'firing',
  metric: 'disk.used_percent',
  tags: {},
  value: 1,
  since: now,
  isAcknowledged: false,
  isSuppressed: false,
  ...more,
});

test('what the engine holds is the reason for a look, in its order, one line per family; what is pending is none', () => {
  const row = composeRow(
    input({
      held: [
        held('server-down', 'critical'),
        held('disk-space', 'warning', { tags: { path: '/var' }, state: 'pending' }),
        held('disk-space', 'warning', { tags: { path: '/home' } }),
        held('memory', 'warning', { state: 'pending' }),
        held('cpu', 'info', { state: 'unknown' }),
      ],
    }),
  );
  assert.equal(
    row.attention.map(({ code, severity, state, detail, count }) => [code, severity, state, detail, count]),
    [
      ['server-down', 'critical', 'firing', '', 1],
      ['disk-space', 'warning', 'firing', '/home', 1],
      ['cpu', 'info', 'unknown', '', 1],
    ],
  );
  assert.equal(row.alerts, { critical: 1, warning: 1, info: 0, unacknowledged: 1 }, 'those that fire');
});

test('disk health is what rules say of disks; without a word of theirs, ok only where something was looked at', () => {
  const seen = factsOf(new Map([['health', [{ kind: 'smart', name: 'sda', status: 'ok', summary: '' }]]]));
  const healthOf = (facts: EndpointFacts, ...of: HeldAlert[]) => composeRow(input({ facts, held: of })).diskHealth;
  assert.is(healthOf(seen), 'ok');
  assert.is(healthOf(unknown), 'unknown');
  assert.is(healthOf(seen, held('disk-health', 'critical', { metric: 'smart.severity' })), 'critical');
});

test('the disk that is shown is the one that its colour is about', () => {
  const disk = (path: string, value: number): LatestValue => ({
    metric: 'disk.used_percent',
    tags: { path },
    at: now,
    value,
  });
  const latest = [disk('/archive', 97), disk('/', 91), disk('/boot', 60)];
  assert.is(composeRow(input({ latest })).disk?.path, '/archive');
  const about = held('disk-space', 'warning', { tags: { path: '/', device: 'sda1' } });
  assert.equal(composeRow(input({ latest, held: [about] })).disk, { path: '/', usedPercent: 91 });
});

test('a thousand endpoints: fresh after each change, and quick', async () => {
  const state = await openState(freshPlace());
  for (let i = 0; i < 1000; i++) await addEndpoint(state, `e${10_000_000 + i}`);
  const fleet = await createFleet({ state, clock: systemClock });
  const changeFeed = createChangeFeed();
  const values = new Map<string, number>();
  const latest = (id: string): LatestValue[] =>
    Array.from({ length: 80 }, (_, i) => ({
      metric: i === 70 ? 'disk.used_percent' : 'net.bytes_recv',
      tags: i === 70 ? { path: '/' } : { interface: `eth${i}` },
      at: now,
      value: values.get(id) ?? 1,
    }));
  const rows = await createRows({
    newestVersion: () => null,
    fleet,
    groups: { namedGroupsOf: () => [] },
    series: { latest },
    held: () => [],
    state,
    changeFeed,
    log: silentLog,
    now: systemClock.now,
  });
  const took: number[] = [];
  for (let turn = 0; turn < 15; turn++) {
    // A tenth of the fleet reports between two looks.
    for (let i = turn; i < 1000; i += 10) {
      values.set(`e${10_000_000 + i}`, turn);
      changeFeed.publish({ kind: 'values', endpoint: `e${10_000_000 + i}` });
    }
    const begun = performance.now();
    const text = JSON.stringify(queryRows(rows.all(), { limit: 1000 }));
    took.push(performance.now() - begun);
    assert.ok(text.length > 300_000);
    assert.is(rows.get(`e${10_000_000 + turn}`)?.disk?.usedPercent, turn);
  }
  const median = took.sort((a, b) => a - b)[7] as number;
  console.log(`FIGURE fleet page of 1,000 endpoints, rows to JSON: ${median.toFixed(1)} ms median`);
  assert.ok(median < 100, `${median} ms`);

  await state
    .insertInto('inventory')
    .values({ endpoint: 'e10000000', section: 'backups', at: now, received_at: now, data: '[]' })
    .execute();
  changeFeed.publish({ kind: 'inventory', endpoint: 'e10000000', section: 'backups' });
  await rows.settled();
  assert.is(rows.get('e10000000')?.backup.state, 'none');
  rows.close();
  await fleet.close();
  await state.destroy();
});

test.run();
