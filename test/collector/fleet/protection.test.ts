import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeldAlert } from '../../../collector/alerts/alerts.ts';
import { lastRuns, rememberRuns, sizesOf, usualSize } from '../../../collector/fleet/backup-runs.ts';
import { type EndpointFacts, noFacts } from '../../../collector/fleet/facts.ts';
import type { Endpoint, Fleet } from '../../../collector/fleet/fleet.ts';
import { patchAge, patchAgesOf, patchOverview, patchRow } from '../../../collector/fleet/patch-compliance.ts';
import { backupNotNeeded, protectionOf, protectionTable } from '../../../collector/fleet/protection.ts';
import { testKey, testsByJob, withTests } from '../../../collector/fleet/restore-tests.ts';
import { openState } from '../../../collector/state/open.ts';
import type { PatchRow, Protection } from '../../../shared/api.ts';
import { parseCsv } from '../../../shared/csv.ts';
import type { BackupJob, OsState, PatchState } from '../../../shared/inventory.ts';
import { reason } from '../../../shared/reason.ts';
import { freshPlace } from '../../support/state.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 20);

const endpoint = (id: string, site: string | null = null): Endpoint => ({
  id,
  bucket: '00',
  name: id,
  kind: 'server',
  kindWhy: '',
  site,
  tags: [],
  platform: 'linux',
  arch: 'x64',
  version: null,
  enrolledAt: 0,
  retiredAt: null,
  state: 'online',
  stateReason: null,
  stateSince: 0,
  session: null,
  bootId: null,
  lastSeenAt: now,
  intervalMs: 10_000,
  clockOffsetMs: 0,
  people: null,
});

const job = (more: Partial<BackupJob>): BackupJob => ({
  product: 'restic',
  job: 'nightly',
  protects: ['/srv'],
  repository: null,
  schedule: 'daily',
  nextRun: null,
  lastRun: now - hour,
  lastSuccess: now - hour,
  result: 'ok',
  reason: null,
  bytes: 1000,
  duration: 60,
  files: 10,
  lastVerified: null,
  verifiedOk: null,
  readable: true,
  evidence: 'dropfile',
  ...more,
});

const patches = (more: Partial<PatchState>): PatchState => ({
  manager: 'apt',
  thirdParty: false,
  pending: 3,
  pendingSecurity: 1,
  held: 0,
  list: [],
  oldestSecuritySince: now - day,
  scannedAt: now - hour,
  metadataAge: 3600,
  scan: 'ok',
  reason: null,
  autoUpdates: 'unknown',
  lastInstall: null,
  ...more,
});

const osState: OsState = {
  name: 'Debian',
  version: '12',
  build: null,
  endOfLife: null,
  endOfSecurity: null,
  endOfLifeSource: 'table',
  rebootRequired: false,
  rebootSince: null,
  rebootWhy: null,
};

const held = (family: string, metric: string, severity: HeldAlert['severity'], tags = {}): HeldAlert => {
  return {
    id: family,
    family,
    rule: { id: family },
    severity,
    state: 'firing',
    metric,
    tags,
    value: 1,
    since: now,
    isAcknowledged: false,
    isSuppressed: false,
  };
};
const nothingHeld = () => [];
const tooOld = held('security-updates', 'patches.oldest_security_age_s', 'critical');

const fleetOf = (...endpoints: Endpoint[]) => ({ all: () => endpoints }) as unknown as Fleet;

/** All of it, as the page asks for it. */
const whole = { limit: 1000, page: 0 };

/** Groups that have something in them: how much, and how bad. */
const groupsOf = ({ groups }: Protection) =>
  Object.fromEntries(groups.flatMap(({ name, count, level }) => (count === 0 ? [] : [[name, [count, level]]])));

test('no job, late, never verified and unknown are distinguished', async () => {
  const state = await openState(freshPlace());
  const facts: Record<string, EndpointFacts> = {
    none: { ...noFacts, backups: [] },
    silent: noFacts,
    late: { ...noFacts, backups: [job({ lastSuccess: now - 40 * hour, lastRun: now - 40 * hour })] },
    good: { ...noFacts, backups: [job({ lastVerified: now - day, verifiedOk: true })] },
  };
  const all = fleetOf(...Object.keys(facts).map((id) => endpoint(id)));
  const late = held('backup-late-server', 'backup.age_percent', 'warning', { job: 'nightly', product: 'restic' });
  const answer = await protectionOf(
    {
      ...{ state, fleet: all, now },
      factsOf: (id) => facts[id] as EndpointFacts,
      heldOf: (id) => (id === 'late' ? [late] : []),
    },
    whole,
  );
  assert.equal(
    answer.items.map(({ endpoint, job, groups }) => [endpoint.id, job?.state ?? groups]),
    [
      ['none', ['none']],
      ['late', 'late'],
      ['silent', ['unknown']],
      ['good', 'ok'],
    ],
    'the worst first',
  );
  assert.equal([answer.endpoints, answer.jobs, answer.total, answer.next], [4, 2, 4, null]);
  assert.equal(groupsOf(answer), {
    none: [1, null],
    late: [1, 'warning'],
    unverified: [1, 'warning'],
    unknown: [1, null],
    ok: [1, null],
  });
  assert.is(answer.items[3]?.job?.verifiedBy, 'restic');
  await state.destroy();
});

test('a backup of less than half its usual size stands out, from runs that were told one by one', async () => {
  const state = await openState(freshPlace());
  for (let i = 6; i >= 1; i--)
    await rememberRuns(state, 'e', [job({ lastRun: now - i * day, lastSuccess: now - i * day, bytes: 1000 + i })]);
  const latest = job({ lastRun: now - hour, lastSuccess: now - hour, bytes: 400 });
  await rememberRuns(state, 'e', [latest]);
  await rememberRuns(state, 'e', [latest]);
  const about = { job: 'nightly', product: 'restic' };
  const small = () => [held('backup-size', 'backup.size_percent', 'warning', about)];
  const answer = await protectionOf(
    {
      ...{ state, fleet: fleetOf(endpoint('e')), heldOf: small, now },
      factsOf: () => ({ ...noFacts, backups: [latest] }),
    },
    whole,
  );
  assert.is(answer.items[0]?.job?.usualBytes, 1003);
  assert.is(answer.items[0]?.job?.sizeAnomaly, true);
  assert.equal(
    answer.items[0]?.groups,
    ['anomaly', 'warning', 'unverified'],
    'a good run with a warning is not in order',
  );
  assert.is((await state.selectFrom('backup_runs').selectAll().execute()).length, 7);
  await state.destroy();
});

test('a failed run is kept and is no size to compare with; however many fail, the good ones stay', async () => {
  const state = await openState(freshPlace());
  const good = (ago: number) => job({ lastRun: now - ago * hour, lastSuccess: now - ago * hour, bytes: 1000 });
  const failed = (ago: number) =>
    job({ result: 'failed', lastRun: now - ago * hour, lastSuccess: now - 100 * hour, bytes: 1 });
  for (const ago of [103, 102, 101, 100]) await rememberRuns(state, 'e', [good(ago)]);
  for (let ago = 99; ago >= 40; ago--) await rememberRuns(state, 'e', [failed(ago)]);
  await rememberRuns(state, 'e', [job({ result: 'running', lastRun: now, lastSuccess: now - 100 * hour })]);
  const rows = await state.selectFrom('backup_runs').select(['result', 'bytes']).execute();
  assert.is(rows.filter(({ result }) => result === 'ok').length, 4);
  assert.is(rows.filter(({ result }) => result === 'failed').length, 40);
  const [shown] = await lastRuns(state, 'e');
  assert.is(shown?.runs.length, 30);
  assert.equal(shown?.runs.at(-1), { endedAt: now - 40 * hour, result: 'failed', bytes: 1, duration: 60 });
  const [metric] = await sizesOf(state, 'e', [job({})], now);
  assert.equal(metric?.fields, { size_percent: 100 }, 'of the good ones alone');
  const two = [
    { endedAt: 1, bytes: 10 },
    { endedAt: 2, bytes: 10 },
  ];
  assert.is(usualSize(two, { endedAt: 3 }), null);
  await state.destroy();
});

test('a restore that a person tried out counts, with the name', async () => {
  const state = await openState(freshPlace());
  await state
    .insertInto('restore_tests')
    .values({
      endpoint: 'e',
      job: 'nightly',
      at: now - hour,
      ok: 1,
      note: 'read one file',
      by_user: 'mika',
      recorded_at: now,
    })
    .execute();
  // As the fleet page keeps them: restore tests of people are merged.
  const backups = [withTests(job({}), (await testsByJob(state)).get(testKey('e', 'nightly')) ?? [])];
  const answer = await protectionOf(
    { ...{ state, fleet: fleetOf(endpoint('e')), heldOf: nothingHeld, now }, factsOf: () => ({ ...noFacts, backups }) },
    whole,
  );
  assert.is(answer.items[0]?.job?.verifiedBy, 'mika');
  assert.equal(groupsOf(answer), { ok: [1, null] });
  await state.destroy();
});

/** Five hundred endpoints of two sites: each has a good job, every tenth a late one as well, every twentieth none at all. */
async function manyAtTwoSites() {
  const state = await openState(freshPlace());
  const ids = Array.from({ length: 500 }, (_, n) => `e${n}`);
  const one = (id: string) => Number(id.slice(1));
  const old = now - 40 * hour;
  const late = job({ product: 'borg', job: 'weekly', schedule: 'weekly', lastSuccess: old, lastRun: old });
  const facts = (id: string): EndpointFacts => {
    if (one(id) % 20 === 5) return { ...noFacts, backups: [] };
    return { ...noFacts, backups: [job({ bytes: one(id) }), ...(one(id) % 10 === 0 ? [late] : [])] };
  };
  const about = held('backup-late', 'backup.age_percent', 'critical', { job: 'weekly', product: 'borg' });
  const deps = {
    ...{ state, now, factsOf: facts },
    fleet: fleetOf(...ids.map((id) => endpoint(id, one(id) % 2 === 0 ? 'Berlin' : null))),
    heldOf: (id: string) => (one(id) % 10 === 0 ? [about] : []),
  };
  return { state, deps };
}

test('pages: all of them together are the whole list, in its order and without a row twice', async () => {
  const { state, deps } = await manyAtTwoSites();
  const all = await protectionOf(deps, whole);
  assert.equal([all.endpoints, all.jobs, all.total, all.items.length], [500, 525, 550, 550]);
  const paged: typeof all.items = [];
  let page: string | null = '0';
  while (page !== null) {
    const answer: Protection = await protectionOf(deps, { limit: 100, page: Number(page) });
    assert.equal(answer.groups, all.groups, 'counts are of all pages');
    assert.ok(answer.items.length <= 100);
    paged.push(...answer.items);
    page = answer.next;
  }
  assert.equal(paged, all.items);
  const beyond = await protectionOf(deps, { limit: 100, page: 900 });
  assert.equal([beyond.items.length, beyond.total, beyond.next], [0, 550, null]);
  await state.destroy();
});

test('filters and order: counts are those of what each choice finds', async () => {
  const { state, deps } = await manyAtTwoSites();
  const ask = (filter: Partial<Parameters<typeof protectionOf>[1]>) => protectionOf(deps, { ...whole, ...filter });
  const countsOf = ({ groups }: Protection) =>
    Object.fromEntries(groups.flatMap(({ name, count }) => (count ? [[name, count]] : [])));
  const worst = await ask({ group: 'worst' });
  assert.equal([worst.group, worst.total], ['none', 25], 'the worst that has something in it');
  assert.equal(countsOf(worst), { none: 25, late: 50, unverified: 525, ok: 475 });
  const berlin = await ask({ group: 'worst', site: 'Berlin' });
  assert.equal([berlin.group, berlin.total], ['late', 50], 'in Berlin each endpoint has a backup');
  assert.equal(berlin.groups.find(({ name }) => name === 'late')?.level, 'critical');
  assert.equal(countsOf(berlin), { late: 50, unverified: 300, ok: 250 });
  const borg = await ask({ product: 'borg', group: 'unverified' });
  assert.equal(borg.sites, [{ value: 'Berlin', count: 50 }]);
  assert.equal(borg.products, [
    { value: 'borg', count: 50 },
    { value: 'restic', count: 475 },
  ]);
  for (const value of ['Berlin', '']) {
    const found = (await ask({ group: 'ok' })).sites.find((one) => one.value === value)?.count;
    assert.is((await ask({ group: 'ok', site: value })).total, found);
  }
  const words = await ask({ q: 'WEEKLY e120 berl' });
  assert.equal(
    words.items.map(({ endpoint, job: found }) => [endpoint.id, found?.job]),
    [['e120', 'weekly']],
  );
  const sizes = (await ask({ group: 'ok', sort: '-size' })).items.map(({ job: found }) => found?.bytes ?? -1);
  assert.equal([sizes[0], sizes.length], [499, 475]);
  assert.equal(
    sizes,
    sizes.toSorted((a, b) => b - a),
  );
  assert.is((await ask({ sort: 'size' })).items.at(-1)?.job, null, 'what has no size comes last either way');
  await state.destroy();
});

test('the table is whole, and comes in pieces', async () => {
  const { state, deps } = await manyAtTwoSites();
  const pieces: string[] = [];
  for await (const piece of protectionTable(deps, {})) pieces.push(piece);
  assert.ok(pieces.length > 3);
  const { rows, faults } = parseCsv(pieces.join(''));
  assert.equal([rows.length, faults], [551, []]);
  assert.equal(new Set(rows.map(({ cells }) => cells.length)).size, 1);
  const filtered: string[] = [];
  for await (const piece of protectionTable(deps, { group: 'late' })) filtered.push(piece);
  assert.is(filtered.join('').trim().split('\r\n').length, 51);
  await state.destroy();
});

test('patches: overdue by age, and a failed scan is unknown with its reason', () => {
  const row = (state: PatchState[] | null, of: HeldAlert[] = []) =>
    patchRow(endpoint('e'), { ...noFacts, patches: state }, of, now);
  assert.is(row([patches({})]).state, 'compliant');
  assert.is(row([patches({ oldestSecuritySince: now - 15 * day })], [tooOld]).state, 'overdue', 'a rule says so');
  const failed = row([
    patches({ pending: null, pendingSecurity: null, oldestSecuritySince: null, scan: 'failed', reason: 'rc 100' }),
  ]);
  assert.is(failed.state, 'unknown');
  assert.is(failed.pendingSecurity, null);
  assert.equal(failed.reason, [reason('in_part', { name: 'apt' }), reason('verbatim', { text: 'rc 100' })]);
  assert.is(row(null).state, 'unknown');
  assert.is(row([patches({ manager: 'snap', thirdParty: true })]).state, 'unknown');
});

test('patches: green only once the age of what is pending is known, and never without support', () => {
  const row = (change: Partial<PatchState>, osState: OsState | null = null, of: HeldAlert[] = []) =>
    patchRow(endpoint('e'), { ...noFacts, patches: [patches(change)], osState }, of, now);
  // A new machine: 75 security updates, first seen a minute ago.
  const fresh = { pending: 80, pendingSecurity: 75, oldestSecuritySince: now - 60_000 };
  const unknown = row({ ...fresh, oldestSecurityAtLeast: true });
  assert.is(unknown.state, 'unknown');
  assert.equal(unknown.reason, [reason('in_part', { name: 'apt' }), reason('security_age_unknown')]);
  assert.is(unknown.oldestSecurityAtLeast, true, 'the page says so beside its age');
  const dated = row({ ...fresh, oldestSecurityAtLeast: false });
  assert.equal([dated.state, dated.oldestSecurityAtLeast], ['compliant', false]);
  assert.is(
    row({ ...fresh, oldestSecuritySince: now - 15 * day, oldestSecurityAtLeast: true }, null, [tooOld]).state,
    'overdue',
  );
  const nothing = { pending: 0, pendingSecurity: 0, oldestSecuritySince: null };
  const until = (endOfLife: number, endOfSecurity: number | null = null) =>
    row(nothing, { ...osState, endOfLife, endOfSecurity });
  assert.is(until(now - 2 * day).state, 'overdue');
  assert.equal(until(now - 2 * day).reason, [reason('no_security_updates_since', { ended_on: now - 2 * day })]);
  assert.is(until(now - 2 * day, now + day).state, 'compliant', 'extended security updates count');
  assert.is(until(now).state, 'compliant', 'the last day is covered');
});

test('patches by age: of a lower bound only the last step is certain, and none pending is no news without support', () => {
  const facts = (change: Partial<PatchState>, endOfLife: number | null = null): EndpointFacts => ({
    ...noFacts,
    patches: [patches(change)],
    osState: { ...osState, endOfLife, endOfSecurity: null },
  });
  const pending = (days: number, more: Partial<PatchState> = {}) =>
    facts({ pending: 3, pendingSecurity: 2, oldestSecuritySince: now - days * day, ...more });
  const nothing = { pending: 0, pendingSecurity: 0, oldestSecuritySince: null };
  const failed = { pending: null, pendingSecurity: null, oldestSecuritySince: null, scan: 'failed' } as const;
  const cases: [EndpointFacts, PatchRow['age']][] = [
    [pending(0), 'to7'],
    [pending(6.99), 'to7'],
    [pending(7), 'to14'],
    [pending(14), 'to30'],
    [pending(30), 'to90'],
    [pending(89.99), 'to90'],
    [pending(90), 'over90'],
    [pending(20, { oldestSecurityAtLeast: true }), 'unknown'],
    [pending(91, { oldestSecurityAtLeast: true }), 'over90'],
    [pending(-3), 'unknown'],
    [facts({ pending: 3, pendingSecurity: 2, oldestSecuritySince: null }), 'unknown'],
    [facts(nothing), 'none'],
    [facts(nothing, now - 2 * day), 'unsupported'],
    [facts({ pending: 1, pendingSecurity: 1, oldestSecuritySince: now - 20 * day }, now - 2 * day), 'to30'],
    [facts(failed), 'unknown'],
    [facts(failed, now - 2 * day), 'unsupported'],
    [noFacts, 'unknown'],
    [{ ...noFacts, patches: [patches({ ...nothing, manager: 'snap', thirdParty: true })] }, 'unknown'],
  ];
  for (const [n, [given, age]] of cases.entries()) assert.is(patchAge(given, now), age, `case ${n}`);
  const { endpoints, ages } = patchAgesOf(
    cases.map(([given]) => given),
    now,
  );
  assert.is(endpoints, cases.length);
  for (const { name, count } of ages) assert.is(count, cases.filter(([, age]) => age === name).length, name);
  assert.is(patchRow(endpoint('e'), pending(8), [], now).age, 'to14', 'the list says the same');
});

test('patches by site: the worst site and the worst endpoint come first', () => {
  const rows = [
    patchRow(endpoint('a', 'Tokyo'), { ...noFacts, patches: [patches({})] }, [], now),
    patchRow(
      endpoint('b', 'Berlin'),
      { ...noFacts, patches: [patches({ oldestSecuritySince: now - 20 * day })] },
      [tooOld],
      now,
    ),
    patchRow(endpoint('c', 'Berlin'), noFacts, [], now),
  ];
  const overview = patchOverview(rows, now);
  assert.equal(
    overview.sites.map((s) => [s.site, s.compliant, s.overdue, s.unknown]),
    [
      ['Berlin', 0, 1, 1],
      ['Tokyo', 1, 0, 0],
    ],
  );
  assert.equal(
    overview.endpoints.map((e) => e.endpoint.id),
    ['b', 'c', 'a'],
  );
});

test('a newly seen machine with many updates is unknown as new, and each number has its list', () => {
  const manager = (more: Partial<PatchState>) => ({ ...noFacts, patches: [patches(more)], osState });
  const ended = { ...manager({ pendingSecurity: 0 }), osState: { ...osState, endOfSecurity: now - 30 * day } };
  const rows = [
    patchRow(endpoint('new', 'Berlin'), manager({ pendingSecurity: 75, oldestSecurityAtLeast: true }), [], now),
    patchRow(endpoint('unread', 'Berlin'), manager({ scan: 'failed' }), [], now),
    patchRow(endpoint('ended', 'Tokyo'), ended, [], now),
    patchRow(endpoint('late', 'Tokyo'), manager({}), [tooOld], now),
    patchRow(endpoint('good'), manager({}), [], now),
  ];
  const { whole } = patchOverview(rows, now);
  assert.equal([whole.compliant, whole.overdue, whole.unsupported, whole.unknown, whole.fresh], [1, 2, 1, 2, 1]);
  const listed = (wanted: Parameters<typeof patchOverview>[2]) =>
    patchOverview(rows, now, wanted).endpoints.map((row) => row.endpoint.id);
  assert.equal(listed({ state: 'due' }), ['ended', 'late', 'new', 'unread']);
  assert.equal(listed({ state: 'fresh' }), ['new']);
  assert.equal(listed({ state: 'unsupported' }), ['ended']);
  assert.equal(listed({ state: 'unknown', site: 'Berlin', q: 'unre' }), ['unread']);
  assert.equal(listed({ site: '' }), ['good']);
  const page = patchOverview(rows, now, {}, { limit: 2, page: 2 });
  assert.equal([page.endpoints.length, page.total, page.next], [2, 5, '4']);
});

test('an exception for a machine or its place says that it needs no backup; a rule that is off everywhere does not', () => {
  const choice = (of: 'all' | 'kind' | 'group', enabled: boolean) => {
    const when = { kind: 'missing', measurement: 'backup', field: 'result', after_s: 1 };
    return { rule: { id: 'backup-none', when, enabled }, scope: { of, target: 'x' }, gaveWay: [] } as never;
  };
  assert.is(backupNotNeeded([choice('group', false)]), 'backup-none');
  for (const one of [choice('group', true), choice('all', false), choice('kind', false)])
    assert.is(backupNotNeeded([one]), null);
});

test.run();
