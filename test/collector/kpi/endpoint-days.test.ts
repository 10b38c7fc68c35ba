/** Backups, restores and patches of each night are kept as they were, in as few rows as there are changes, and become KPIs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeldAlert } from '../../../collector/alerts/alerts.ts';
import { saveEndpointDays } from '../../../collector/fleet/endpoint-days.ts';
import { type EndpointFacts, noFacts } from '../../../collector/fleet/facts.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { readFacts } from '../../../collector/kpi/facts.ts';
import { kpis } from '../../../collector/kpi/kpis/index.ts';
import { endpointsIn } from '../../../collector/kpi/question.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import type { BackupJob, OsState, PatchState } from '../../../shared/inventory.ts';
import { instant, putEndpoint, putSignals } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

const hour = 3_600_000;
const day = 24 * hour;
const zone = 'Europe/Berlin';
const night = instant('2026-11-01T02:17:00Z');
const period = { start: instant('2026-10-31T23:00:00Z'), end: instant('2026-11-30T23:00:00Z') };

const job = (lastSuccess: number, more: Partial<BackupJob> = {}): BackupJob =>
  ({
    ...{ product: 'restic', job: 'nightly', protects: ['/srv'], repository: null, schedule: 'daily', nextRun: null },
    ...{ lastRun: lastSuccess, lastSuccess, result: 'ok', reason: null, bytes: 1, duration: 1, files: 1 },
    ...{ lastVerified: null, verifiedOk: null, readable: true, evidence: 'dropfile', ...more },
  }) as BackupJob;
const apt = { manager: 'apt', scan: 'ok', scannedAt: night, pending: 0, pendingSecurity: 0 } as unknown as PatchState;
const unsupported = { endOfSecurity: night - 100 * day, endOfLife: null } as unknown as OsState;

const endpointOf = (id: string, more: Partial<Endpoint> = {}) =>
  ({ id, name: id, kind: 'server', site: null, state: 'online', ...more }) as Endpoint;

interface Night {
  at: number;
  fleet: Endpoint[];
  facts: Record<string, EndpointFacts>;
  held?: Record<string, HeldAlert[]>;
}
const look = (state: State, { at, fleet, facts, held = {} }: Night) =>
  saveEndpointDays({
    ...{ state, zone, fleet: { all: () => fleet } },
    ...{ factsOf: (id: string) => facts[id] ?? noFacts, heldOf: (id: string) => held[id] ?? [], now: () => at },
  });

async function figuresOf(state: State, scope = {}, now = period.end) {
  const window = { start: period.start, end: Math.min(now, period.end) };
  const endpoints = await endpointsIn(state, scope, period);
  const facts = await readFacts(state, ['machines', 'tickets', 'incidents'], { endpoints, window, now, zone });
  return (id: string) => kpis.find((one) => one.id === id)?.compute(facts as never, window) as never as Figure;
}
type Figure = ReturnType<(typeof kpis)[number]['compute']>;

test('a month of nights: a day counts as it was then, not as it is now, and rows are only written for changes', async () => {
  const state = await openState(freshPlace());
  const [a, b, c, d] = [0, 1, 2, 3].map((n) => n) as [number, number, number, number];
  const ids: string[] = [];
  for (const n of [a, b]) ids.push(await putEndpoint(state, n, { kind: 'server' }));
  for (const n of [c, d]) ids.push(await putEndpoint(state, n, { kind: 'workstation' }));
  const [good, none, laptop, away] = ids as [string, string, string, string];
  const fleet = [
    endpointOf(good),
    endpointOf(none),
    endpointOf(laptop, { kind: 'workstation' }),
    endpointOf(away, { kind: 'workstation', state: 'offline' }),
  ];
  const counts: number[] = [];
  for (let n = 0; n < 30; n++) {
    const at = night + n * day;
    // The server backs up each night until the 20th; a restore was tested once, on the first.
    const last = Math.min(at, night + 19 * day) - hour;
    const facts: Record<string, EndpointFacts> = {
      [good]: { ...noFacts, backups: [job(last, { lastVerified: night, verifiedOk: true })], patches: [apt] },
      [none]: { ...noFacts, backups: [], patches: [apt], osState: n < 10 ? null : unsupported },
      [laptop]: { ...noFacts, backups: [], patches: null },
      [away]: { ...noFacts, backups: [job(night - 10 * day)], patches: null },
    };
    counts.push(await look(state, { at, fleet, facts }));
  }
  assert.is(counts[0], 4);
  assert.is(
    counts.reduce((sum, n) => sum + n, 0),
    6,
    'four at first, the backup that stopped, the support that ended',
  );
  const of = await figuresOf(state);
  const backups = of('backup_coverage');
  assert.equal(
    backups.evidence.map(({ endpoint, part, whole }) => [endpoint, part, whole]),
    [
      [good, 20, 30],
      [none, 0, 30],
    ],
    'a server without a job is not covered; a workstation without one is not expected to be; what is away is not known',
  );
  assert.is(backups.value, 100 * (20 / 60));
  assert.equal(
    backups.beside.map(({ code, value }) => [code, value]),
    [
      ['at_end', 0],
      ['not_at_end', 2],
    ],
  );
  const restores = of('verified_restores');
  assert.equal(
    restores.evidence.map(({ endpoint, part, whole }) => [endpoint, part, whole]),
    [
      [good, 30, 30],
      [away, 0, 30],
    ],
  );
  const patches = of('patch_compliance');
  assert.equal(
    patches.evidence.filter(({ whole }) => whole > 0).map(({ endpoint, part, whole }) => [endpoint, part, whole]),
    [
      [good, 30, 30],
      [none, 10, 30],
    ],
    'without security support it is not compliant, though nothing is pending',
  );
  assert.is(patches.coverage, 50, 'two of four were never scanned');
  assert.is(patches.low, 100 * (40 / 120));
  // The month that follows begins with the row of this one.
  await look(state, { at: period.end + 3 * hour, fleet: [endpointOf(good)], facts: {} });
  const kept = await state.selectFrom('endpoint_days').select('day').where('endpoint', '=', good).execute();
  assert.is(kept.length, 3);
  await state.destroy();
});

test('before it was kept nothing is known: no data, neither 0 nor 100', async () => {
  const state = await openState(freshPlace());
  await putEndpoint(state, 0);
  const of = await figuresOf(state);
  for (const id of ['backup_coverage', 'verified_restores', 'patch_compliance']) {
    assert.is(of(id).value, null, id);
    assert.is(of(id).state, 'no_data', id);
  }
  await state.destroy();
});

test('monitored days on which nothing was looked at are unknown: the value is a range, and covers only what is known', async () => {
  const state = await openState(freshPlace());
  const [server, late] = [await putEndpoint(state, 0), await putEndpoint(state, 1)];
  // One since before the month, the other since the 9th in the evening; the month is eleven days old.
  await putSignals(state, [
    { endpoint: server, at: period.start - 5 * day, kind: 'online', bootId: 'a' },
    { endpoint: late, at: night + 8 * day + 20 * hour, kind: 'online', bootId: 'a' },
  ]);
  const at = night + 10 * day;
  const jobs = (at: number) => [job(at - hour, { lastVerified: at - hour, verifiedOk: true })];
  const facts = { ...noFacts, backups: jobs(at), patches: [{ ...apt, scannedAt: at }] };
  await look(state, { at, fleet: [endpointOf(server)], facts: { [server]: facts } });
  const now = at + hour;
  const figures = await figuresOf(state, {}, now);
  for (const [id, unknown] of [
    ['backup_coverage', 10 + 3],
    ['verified_restores', 10],
    ['patch_compliance', 10 + 3],
  ] as const) {
    const { value, low, high, coverage } = figures(id);
    const all = 1 + unknown;
    assert.equal([value, low, high, coverage], [100, 100 * (1 / all), 100, 100 * (1 / all)], id);
  }
  // A night without a look does not become known by the one after it.
  const then = at + 2 * day;
  await look(state, { at: then, fleet: [endpointOf(server)], facts: { [server]: { ...facts, backups: jobs(then) } } });
  const known = (await figuresOf(state, { endpoint: server }, then + hour))('backup_coverage');
  assert.equal([known.value, known.coverage], [100, 100 * (2 / 13)]);
  await state.destroy();
});

test('a retired endpoint counts until then, one that is new from then on', async () => {
  const state = await openState(freshPlace());
  const [old, young] = [await putEndpoint(state, 0), await putEndpoint(state, 1, { enrolledAt: night + 9.5 * day })];
  for (let n = 0; n < 20; n++) {
    const fleet = [endpointOf(old), ...(n >= 10 ? [endpointOf(young)] : [])].filter(({ id }) => id !== old || n < 5);
    const backups = [job(night + n * day - hour)];
    await look(state, {
      ...{ at: night + n * day, fleet },
      facts: { [old]: { ...noFacts, backups }, [young]: { ...noFacts, backups } },
    });
  }
  await state
    .updateTable('endpoints')
    .set({ retired_at: night + 4.5 * day })
    .where('id', '=', old)
    .execute();
  const of = await figuresOf(state);
  const endpoints = await endpointsIn(state, {}, period);
  const { machines = [] } = await readFacts(state, ['machines'], { endpoints, window: period, now: period.end, zone });
  assert.equal(
    of('backup_coverage').evidence.map(({ whole }) => whole),
    [5, 10],
  );
  const months = machines.reduce((sum, one) => sum + one.months, 0);
  const [first, second] = [night + 4.5 * day - period.start, period.end - (night + 9.5 * day)];
  assert.ok(Math.abs(months - (first + second) / (30 * day)) < 1e-9, String(months));
  await state.destroy();
});

test.run();
