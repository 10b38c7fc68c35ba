/** From what agents report to changes: kept once, grouped, part of a planned one, judged by what followed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createChanges } from '../../../collector/changes/changes.ts';
import { judgeChanges } from '../../../collector/changes/judge.ts';
import { noteInstalls } from '../../../collector/changes/observe.ts';
import type { StoredChange } from '../../../collector/changes/rows.ts';
import { createInventory } from '../../../collector/fleet/inventory.ts';
import { readChanges } from '../../../collector/kpi/change-facts.ts';
import { changeSuccess } from '../../../collector/kpi/kpis/change-success.ts';
import { openState } from '../../../collector/state/open.ts';
import type { PatchState } from '../../../shared/inventory.ts';
import { silentLog } from '../../../shared/log.ts';
import { putEndpoint, putSignals } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const t0 = Date.parse('2026-11-10T20:00:00Z');
const month = { start: Date.parse('2026-11-01T00:00:00Z'), end: Date.parse('2026-12-01T00:00:00Z') };

const patches = (names: readonly string[], lastInstall: number): PatchState[] => [
  {
    ...{ manager: 'apt', thirdParty: false, pending: names.length, pendingSecurity: 0, held: 0 },
    list: names.map((name) => ({ ...{ name, installed: '1', candidate: '2', security: true, since: null } })),
    ...{ oldestSecuritySince: null, scannedAt: lastInstall, metadataAge: 60, scan: 'ok', reason: null },
    ...{ autoUpdates: 'off', lastInstall },
  },
];

/** @param servers how many, from box-1 on */
async function scene(servers: number) {
  const state = await openState(await freshPlace());
  const ids: string[] = [];
  for (let n = 1; n <= servers; n++) ids.push(await putEndpoint(state, n, { site: 'Osaka' }));
  let now = t0;
  const clock = { now: () => now, monotonic: () => now };
  const parts = {
    ...{ state, clock, log: silentLog, changeFeed: createChangeFeed(), zone: 'UTC' },
    endpointsIn: ({ of, target }: { of: string; target: string }) =>
      of === 'endpoint' ? ids.filter((id) => id === target) : ids,
    // Maintenance has tests of its own; all plans here are over when they are entered.
    maintenance: () => new Proxy({} as never, { get: () => assert.unreachable('no window is to be opened') }),
  };
  const open = () => createChanges(parts);
  const inventory = createInventory(state, noteInstalls);
  const section = (endpoint: string, at: number, data: PatchState[]) =>
    inventory.save(
      endpoint,
      { v: 1, epoch: '0'.repeat(32), seq: 1, at, section: 'patches', text: JSON.stringify(data) },
      at,
    );
  await state
    .insertInto('watches')
    .values({ from_at: t0 - 30 * day, to_at: t0 + 30 * day, clean: 1 })
    .execute();
  const first = (endpoint: string) => ({
    ...{ endpoint, at: t0 - 5 * day, kind: 'online' as const, reason: 'clean', bootId: 'a' },
    birth: { previous_shutdown: 'clean', started_at: t0 - 5 * day, uptime_s: 100 },
  });
  await putSignals(state, ids.map(first));
  return {
    ...{ state, ids, open, changes: open(), section },
    at(ms: number) {
      now = ms;
    },
    restart: (endpoint: string, at: number, boot: string) =>
      putSignals(state, [
        { endpoint, at: at - 3 * minute, kind: 'offline', reason: 'restart' },
        {
          ...{ endpoint, at, kind: 'online', reason: 'clean', bootId: boot, lastSeen: at - 3 * minute },
          birth: { previous_shutdown: 'clean', started_at: at, uptime_s: 30 },
        },
      ]),
    crash: (endpoint: string, at: number, boot: string) =>
      putSignals(state, [
        { endpoint, at: at - 20 * minute, kind: 'lost', lastSeen: at - 20 * minute },
        {
          ...{ endpoint, at, kind: 'online', reason: 'unclean', bootId: boot, lastSeen: at - 20 * minute },
          birth: { previous_shutdown: 'unclean', started_at: at, uptime_s: 30 },
        },
      ]),
    async install(endpoint: string, at: number, names: readonly string[]) {
      await section(endpoint, t0 - 3 * day, patches(names, t0 - 20 * day));
      await section(endpoint, at + hour, patches([], at));
    },
    rows: () => state.selectFrom('changes').selectAll().where('state', '!=', 'cancelled').orderBy('id').execute(),
    judged: async (rows: StoredChange[], at: number) => judgeChanges(state, rows, { now: at, zone: 'UTC' }),
    async kpi(at: number) {
      const question = {
        endpoints: [],
        window: { start: month.start, end: Math.min(at, month.end) },
        now: at,
        zone: 'UTC',
      };
      return changeSuccess.compute({ changes: await readChanges(state, question) } as never, month);
    },
  };
}

test('a roll-out to many machines is one change, once: over replays, restarts of the collector and late sections', async () => {
  const s = await scene(8);
  s.at(t0 + 30 * hour);
  for (const [n, id] of s.ids.entries()) await s.install(id, t0 + n * hour, ['curl', 'openssl']);
  await s.restart(s.ids[0] as string, t0 + 2 * hour, 'b');
  await s.changes.work();
  await s.section(s.ids[3] as string, t0 + 4 * hour, patches([], t0 + 3 * hour));
  await s.open().work();
  await s.open().work();
  const [row, ...others] = await s.rows();
  assert.equal(others, []);
  assert.equal(
    [row?.kind, row?.what, row?.manager, row?.packages],
    ['recognised', 'patch', 'apt', '["curl","openssl"]'],
  );
  assert.equal([row?.start_at, row?.end_at], [t0, t0 + 7 * hour]);
  const [judged] = await s.judged([row as StoredChange], t0 + 30 * hour);
  assert.equal(
    judged?.targets.map(({ result }) => result),
    Array(8).fill('done'),
  );
  await s.state.destroy();
});

test('restarts of a site within a day are one change, a later one is another; a restart that came before its updates joins them', async () => {
  const s = await scene(3);
  const [a, b, c] = s.ids as [string, string, string];
  s.at(t0 + 5 * day);
  await s.restart(a, t0, 'b');
  await s.restart(b, t0 + 5 * hour, 'b');
  await s.restart(c, t0 + 2 * day, 'b');
  await s.changes.work();
  assert.equal(
    (await s.rows()).map(({ what, site, start_at, end_at }) => [what, site, start_at < end_at]),
    [
      ['restart', 'Osaka', true],
      ['restart', 'Osaka', false],
    ],
  );
  // The agent lists updates once a day: hours after the restart that ended the installation.
  await s.install(c, t0 + 2 * day - hour, ['linux-image']);
  await s.changes.work();
  assert.equal(
    (await s.rows()).map(({ what }) => what),
    ['restart', 'patch'],
  );
  await s.state.destroy();
});

test('a crash is no change; within 72 hours it is what the change did to that machine', async () => {
  const s = await scene(4);
  s.at(t0 + 9 * day);
  for (const id of s.ids) await s.install(id, t0, ['kernel']);
  await s.crash(s.ids[1] as string, t0 + 71 * hour, 'b');
  await s.crash(s.ids[2] as string, t0 + 80 * hour, 'b');
  await s.changes.work();
  const rows = await s.rows();
  assert.is(rows.length, 1);
  const [judged] = await s.judged(rows, t0 + 9 * day);
  assert.equal(
    judged?.targets.map(({ result, outage }) => [result, outage?.cause ?? null]),
    [
      ['done', null],
      ['failed', 'crash'],
      ['done', null],
      ['done', null],
    ],
  );
  const [line] = (await s.kpi(t0 + 9 * day)).evidence;
  assert.equal(line?.change, { id: 1, outcome: 'failed', reasons: ['targets_failed'] });
  await s.state.destroy();
});

async function ticket(s: Awaited<ReturnType<typeof scene>>, endpoint: string | null, at: number, more: object = {}) {
  const { id } = await s.state
    .insertInto('tickets')
    .values({
      ...{ key: `k${at}${endpoint}`, open_key: null, kind: 'alert', title: null, state: 'new', priority: 3, impact: 2 },
      ...{ urgency: 2, tier: 1, endpoint, site: null, rule: 'cpu', instance: '', alert: null, assignee: null },
      ...{ touched_at: null, opened_at: at, resolved_at: null, resolved_by: null, restored_at: null, closed_at: null },
      ...{ fires: 1, flapping_since: null, muted_until: null, follows: null, updated_at: at, requester: null },
      ...{ hold_reason: null, hold_until: null, ...more },
    } as never)
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

test('incidents of priority 1 to 3 on its machines make it failed, provisionally good until 72 hours are over', async () => {
  const s = await scene(2);
  const [a] = s.ids as [string];
  s.at(t0 + hour);
  await s.install(a, t0, ['curl']);
  await s.changes.work();
  const early = await s.kpi(t0 + 2 * hour);
  assert.equal([early.n, early.isProvisional, early.evidence[0]?.part], [1, true, 1]);
  await ticket(s, a, t0 - hour);
  await ticket(s, a, t0 + 10 * hour, { priority: 4 });
  await ticket(s, a, t0 + 11 * hour, { category: 'request' });
  await ticket(s, a, t0 + 12 * hour, { state: 'cancelled' });
  await ticket(s, s.ids[1] as string, t0 + 13 * hour);
  await ticket(s, a, t0 + 72 * hour);
  assert.is((await s.kpi(t0 + 80 * hour)).evidence[0]?.part, 1, 'none of these counts');
  await ticket(s, a, t0 + 72 * hour - 1);
  const later = await s.kpi(t0 + 80 * hour);
  assert.equal([later.isProvisional, later.evidence[0]?.change?.reasons], [false, ['incident']]);
  assert.is((await s.kpi(t0 + 71 * hour)).evidence[0]?.part, 1, 'it had not happened yet');
  await s.state.destroy();
});

test('an incident that a person links to a change counts, whatever its machine', async () => {
  const s = await scene(2);
  s.at(t0 + hour);
  await s.install(s.ids[0] as string, t0, ['curl']);
  await s.changes.work();
  const id = await ticket(s, null, t0 + 5 * hour, { kind: 'person', title: 'Mail is slow' });
  await s.state
    .insertInto('ticket_links')
    .values({ ticket: id, kind: 'change', target: 'C-1', at: t0, by_user: 'ana' })
    .execute();
  assert.equal((await s.kpi(t0 + 80 * hour)).evidence[0]?.change?.reasons, ['incident']);
  await s.state.destroy();
});

test('what is seen in the window of a planned change on its targets is its own, also if it was recognised before', async () => {
  const s = await scene(3);
  const [a, b] = s.ids as [string, string];
  s.at(t0 + 5 * hour);
  await s.install(a, t0 + hour, ['curl']);
  await s.restart(b, t0 + 90 * minute, 'b');
  await s.restart(b, t0 + 4 * hour, 'c');
  await s.changes.work();
  assert.is((await s.rows()).length, 2);
  const scopes = [a, b].map((target) => ({ of: 'endpoint' as const, target }));
  const wish = { title: 'Patches', description: '', scopes, from: t0, to: t0 + 3 * hour, repairOf: null };
  const id = await s.changes.create(wish, 'ana');
  await s.changes.work();
  const rows = await s.rows();
  assert.equal(
    rows.map(({ kind, state }) => `${kind} ${state}`),
    ['recognised done', 'planned done'],
    'proved by both',
  );
  const planned = rows.filter((row) => row.id === id);
  const [judged] = await s.judged(planned, t0 + 5 * hour);
  assert.equal(
    judged?.targets.map(({ endpoint, seenAt, result }) => [endpoint, seenAt, result]),
    [
      [a, t0 + hour, 'done'],
      [b, t0 + 90 * minute - 30_000, 'done'],
    ],
  );
  assert.is(planned[0]?.implemented_at, t0 + 3 * hour);
  await s.state.destroy();
});

test('a remark to an outcome does not excuse an incident that comes later; one that excuses it does', async () => {
  const s = await scene(1);
  const [a] = s.ids as [string];
  s.at(t0 + 5 * hour);
  await s.install(a, t0, ['curl']);
  await s.changes.work();
  const said = { objectiveMet: true, rolledBack: false, emergencyFix: false };
  await s.changes.finish(1, { ...said, outcome: 'success', reason: 'went well' }, 'ana');
  assert.is((await s.kpi(t0 + 6 * hour)).evidence[0]?.change?.outcome, 'success');
  await ticket(s, a, t0 + 10 * hour);
  assert.equal((await s.kpi(t0 + 80 * hour)).evidence[0]?.change, { id: 1, outcome: 'failed', reasons: ['incident'] });
  s.at(t0 + 80 * hour);
  await s.changes.finish(1, { ...said, outcome: 'success', reason: 'the incident had another cause' }, 'ana');
  const reasons = ['incident', 'raised_by_person'];
  assert.equal((await s.kpi(t0 + 80 * hour)).evidence[0]?.change, { id: 1, outcome: 'success', reasons });
  await s.state.destroy();
});

test('a target that nobody has seen is neither done nor failed, and its change waits for a person', async () => {
  const s = await scene(2);
  s.at(t0 + 5 * hour);
  await s.install(s.ids[0] as string, t0 + hour, ['curl']);
  const scopes = [{ of: 'site' as const, target: 'Osaka' }];
  const wish = { title: 'Patches', description: '', scopes, from: t0, to: t0 + 3 * hour, repairOf: null };
  const id = await s.changes.create(wish, 'ana');
  await s.changes.work();
  const figure = await s.kpi(t0 + 5 * hour);
  assert.equal([figure.n, figure.value, figure.beside.find(({ code }) => code === 'overdue')?.value], [0, null, 1]);
  const verdict = {
    outcome: 'success' as const,
    reason: '',
    objectiveMet: null,
    rolledBack: false,
    emergencyFix: false,
  };
  await s.changes.finish(id, { ...verdict, at: t0 + 4 * hour, outcome: 'with_issues' }, 'ana');
  const [judged] = await s.judged(await s.rows(), t0 + 5 * hour);
  assert.equal(
    judged?.targets.map(({ result }) => result),
    ['done', 'not_seen'],
  );
  assert.equal((await s.kpi(t0 + 6 * hour)).evidence[0]?.change, { id, outcome: 'with_issues', reasons: ['overran'] });
  await s.changes.setResult(id, s.ids[1] as string, 'failed', 'dead disk', 'ana');
  assert.equal((await s.kpi(t0 + 6 * hour)).evidence[0]?.change?.outcome, 'failed');
  await s.state.destroy();
});

test('a repair is listed and not counted; one of a site counts for that site only', async () => {
  const s = await scene(1);
  s.at(t0 + 5 * hour);
  await s.install(s.ids[0] as string, t0, ['curl']);
  await s.changes.work();
  const scopes = [{ of: 'site' as const, target: 'Osaka' }];
  const wish = {
    title: 'Back to the old one',
    description: '',
    scopes,
    from: t0 + hour,
    to: t0 + 2 * hour,
    repairOf: 1,
  };
  const id = await s.changes.create(wish, 'ana');
  const verdict = { reason: '', objectiveMet: true, rolledBack: false, emergencyFix: false };
  await s.changes.finish(id, { ...verdict, outcome: 'success' }, 'ana');
  const figure = await s.kpi(t0 + 6 * hour);
  assert.equal(
    figure.evidence.map(({ change, whole }) => [change?.outcome, whole]),
    [
      ['success', 1],
      ['repair', 0],
    ],
  );
  const scope = { site: 'Berlin' };
  const elsewhere = await readChanges(s.state, {
    endpoints: [],
    window: month,
    now: t0 + 6 * hour,
    zone: 'UTC',
    scope,
  });
  assert.equal(elsewhere.done, []);
  await s.state.destroy();
});

test.run();
