/** An incident without lost hours says why: the line was cut, nobody worked, nobody was counted, nobody knows. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blankTicket } from '../../../collector/tickets/events.ts';
import type { Impact, Incident, SiteRow } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId, instant, putAlerts, putEndpoint, putSignals } from '../../support/fleet-history.ts';

const test = suite('hours that are not counted');
const now = instant('2026-11-10T12:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const tuesday = instant('2026-10-20T09:00:00Z');
const sunday = instant('2026-10-18T09:00:00Z');
let collector: InProcess;
let site: SiteRow;

interface Case {
  at?: number;
  people?: number | null;
  isLineOnly?: boolean;
  kind?: 'server' | 'workstation';
  state?: 'resolved' | 'cancelled';
}
const cases: Case[] = [
  { people: null, isLineOnly: true },
  { people: null },
  { people: 0 },
  { people: 5, at: sunday },
  { people: 5, state: 'cancelled' },
  { kind: 'workstation' },
  { people: 5, isLineOnly: true },
];
const [lineCut, unknown, zero, weekend, cancelled, workstation, lineCutCounted] = cases.keys().map((n) => n + 1);

async function putCase({ state }: InProcess, n: number, one: Case): Promise<void> {
  const { at = tuesday, people = 5, kind = 'server' } = one;
  const endpoint = await putEndpoint(state, n, { kind, site: 'Leeds' });
  await state.updateTable('endpoints').set({ people }).where('id', '=', endpoint).execute();
  const back = one.isLineOnly ? { bootId: 'a', reason: null } : { bootId: 'b' };
  const uptime = { previous_shutdown: 'unclean', uptime_s: 30 };
  await putSignals(state, [
    { endpoint, at: at - 72 * hour, kind: 'online', bootId: 'a' },
    { endpoint, at: at + minute, kind: 'lost', lastSeen: at },
    { endpoint, at: at + hour, kind: 'online', ...back, ...(one.isLineOnly ? {} : { birth: uptime }) },
    ...(one.isLineOnly ? [{ endpoint, at: at + hour, kind: 'backlog' as const, lastSeen: at }] : []),
  ]);
  await state
    .insertInto('tickets')
    .values({
      ...blankTicket(`down/${n}`, at + 2 * minute),
      ...{
        kind: 'alert',
        site: 'Leeds',
        endpoint,
        rule: 'server-down',
        state: one.state ?? 'resolved',
        open_key: null,
      },
      ...{ resolved_at: at + hour, restored_at: at + hour, updated_at: at + hour },
    })
    .execute();
  const events: [string, number][] = [['firing', at + 2 * minute]];
  await putAlerts(state, [{ id: `silent${n}`, endpoint, resolvedAt: at + hour, events }]);
  await state
    .updateTable('alerts')
    .set({ rule: 'server-down', metric: 'endpoint.silent', ticket: n + 1 })
    .set({ pending_at: at + minute, fired_at: at + 2 * minute })
    .where('id', '=', `silent${n}`)
    .execute();
}

async function ask<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body ? { body } : {}) });
  assert.ok(answer.status < 300, answer.text);
  return answer.body as T;
}
const noHours = async (id: number | undefined) => (await ask<Incident>(`incidents/${id}`)).noHours;
const reasons = async (id: number | undefined) =>
  (await ask<Impact>(`tickets/${id}/impact`)).reasons.map(({ code, endpoints }) => [
    code,
    ...endpoints.map((e) => e.id),
  ]);

test.before(async () => {
  collector = await openCollector({ clock: { now: () => now, monotonic: () => performance.now() } });
  site = await ask<SiteRow>('sites', 'POST', { name: 'Leeds', zone: 'Europe/London', people: 30 });
  const watch = { from_at: sunday - 96 * hour, to_at: now, clean: 0 } as const;
  await collector.state.insertInto('watches').values(watch).execute();
  for (const [n, one] of cases.entries()) await putCase(collector, n, one);
});
test.after(() => collector.close());

test('a machine that was up while its line was cut says so, and what that means', async () => {
  assert.is(await noHours(lineCut), 'line_only');
  assert.equal(await reasons(lineCut), [
    ['dependants_unknown', endpointId(0)],
    ['line_only', endpointId(0)],
  ]);
  const counted = await ask<Incident>(`incidents/${lineCutCounted}`);
  assert.is(counted.noHours, null);
  assert.equal(counted.hours[0]?.unconfirmed, 5);
  assert.equal(await reasons(lineCutCounted), [
    ['dependants', endpointId(6)],
    ['line_only', endpointId(6)],
  ]);
});

test('each zero has its own reason', async () => {
  const found = [];
  for (const id of [unknown, zero, weekend, cancelled, workstation]) found.push(await noHours(id));
  assert.equal(found, [
    'dependants_unknown',
    'no_dependants',
    'outside_working_hours',
    'cancelled',
    'workstations_only',
  ]);
});

test('what somebody states is a reason of its own', async () => {
  await ask(`tickets/${unknown}/impact`, 'PUT', { segments: [], reason: 'asked the team' });
  assert.is(await noHours(unknown), 'nobody_hindered');
  assert.equal(await reasons(unknown), []);
  const affected = [{ site: site.id, people: 3 }];
  const segments = [{ start: tuesday, end: tuesday + hour, factor: 0, affected }];
  await ask(`tickets/${unknown}/impact`, 'PUT', { segments, reason: 'they read on paper' });
  assert.is(await noHours(unknown), 'nobody_hindered');
});

test.run();
