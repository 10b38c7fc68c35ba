/** Targets of tickets: versions by people, and each ticket under the one it was opened with. The collector is real; the time is ours. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startingTargets, type TargetsVersion, targetsAt } from '../../../collector/tickets/targets.ts';
import type { TicketDetail, TicketTargets } from '../../../shared/api.ts';
import { onceFree, openCollector } from '../../support/collector.ts';

const test = suite('targets of tickets');
const [hour, day] = [3_600_000, 86_400_000];
/** A Monday, when the desk opens: without a calendar it works from nine to five. */
const start = Date.UTC(2026, 10, 2, 9);

test('of versions the one that began last holds, of two with one beginning the later one', () => {
  const version = (number: number, from: number): TargetsVersion => ({
    ...{ version: number, from, at: 0, by: 'ada', reason: 'x', targets: startingTargets },
  });
  const newestFirst = [version(4, 200), version(3, 100), version(2, 300), version(1, 100)];
  const held = (at: number) => targetsAt(newestFirst, at).version;
  assert.equal([0, 99, 100, 199, 200, 299, 300, 9e15].map(held), [0, 0, 3, 3, 4, 4, 2, 2]);
});

test('a change holds for tickets opened from then on, in their clocks and in the KPI; it is noted, and refused where it cannot be', async () => {
  let now = start;
  await using collector = await openCollector({
    settings: 'zone: UTC\n',
    clock: { now: () => now, monotonic: () => now - start },
  });
  const call = async <T>(path: string, body?: unknown, method = 'POST', as: 'admin' | 'manager' = 'admin') => {
    const options = body === undefined ? {} : { method, body };
    const answer = await collector.call(`/api/v1/${path}`, { as, ...options });
    return {
      status: answer.status,
      body: answer.body as T,
      message: String((answer.body as { message?: string })?.message),
    };
  };
  const open = async () =>
    (await call<TicketDetail>('tickets', { title: 'x', requester: 'Mia', impact: 2, urgency: 2 })).body.row;
  /** By a person: what a script does with a token is no answer. */
  const answer = async (id: number) => {
    await call(`tickets/${id}/comment`, { text: 'We look at it', public: true });
    const comments = collector.state.updateTable('ticket_events').set({ actor: 'Ann' }).where('kind', '=', 'comment');
    await onceFree(() => comments.execute());
  };
  const put = (more: object, as?: 'manager') =>
    call<TicketTargets>('ticket-targets', { targets, reason: 'contract of 2027', ...more }, 'PUT', as);
  const { body: before } = await call<TicketTargets>('ticket-targets');
  assert.equal([before.current, before.versions.length, before.versions[0]?.targets], [0, 1, startingTargets]);
  const targets = { ...startingTargets, P3: { response: 480, resolution: null, always: true } };

  const first = await open();
  assert.is(first.responseDueAt, start + 4 * hour);
  now = start + 5 * hour;
  await answer(first.id);
  assert.is((await put({}, 'manager')).status, 403);
  for (const [wrong, why] of [
    [{ targets: { ...targets, P2: { response: 61, resolution: 60, always: false } } }, /P2 .*61.*60/],
    [{ targets: { ...targets, P2: { response: 0, resolution: 60, always: false } } }, /P2/],
    [{ targets: { ...targets, P2: { response: 1.5, resolution: 60, always: false } } }, /P2/],
    [{ targets: { ...targets, P6: targets.P1 } }, /P6/],
    [{ from: start }, /2026-11-02T09:00:00.000Z.* is over/],
    [{ from: now + 400 * day }, /more than a year/],
    [{ reason: ' ' }, /reason/],
  ] as const) {
    const { status, message } = await put(wrong);
    assert.is(status, 400, message);
    assert.match(message, why);
  }
  assert.is((await call<TicketTargets>('ticket-targets')).body.versions.length, 1, 'refused: nothing has changed');

  const changed = await put({});
  assert.equal([changed.status, changed.body.current], [200, 1], changed.message);
  const [version] = changed.body.versions;
  assert.equal(
    [version?.at, version?.from, version?.reason, version?.targets],
    [now, now, 'contract of 2027', targets],
  );
  assert.match(version?.by ?? '', /admin/);
  const kept = (await call<TicketDetail>(`tickets/${first.id}`)).body.row;
  assert.equal([kept.responseDueAt, kept.outcome.response], [start + 4 * hour, 'breached'], 'as it was opened');
  const second = await open();
  assert.equal([second.responseDueAt, second.resolutionDueAt], [now + 8 * hour, null]);

  const planned = await put({ targets: startingTargets, from: start + day, reason: 'back again' });
  assert.equal([planned.status, planned.body.current], [200, 1], 'it begins tomorrow');
  now += 5 * hour;
  await answer(second.id);
  assert.is((await call<TicketDetail>(`tickets/${second.id}`)).body.row.outcome.response, 'met');
  now = start + day + hour;
  assert.is((await open()).responseDueAt, now + 4 * hour);

  const {
    body: { kpi },
  } = await call<{ kpi: { value: number; n: number } }>('kpis/response_in_target?period=2026-11');
  assert.equal([kpi.value, kpi.n], [50, 2], 'one missed under its version, one met under the next');
  const { body: log } = await call<{ items: { object: string; before: object; after: object; reason: string }[] }>(
    'audit?object=target',
  );
  assert.is(log.items.length, 2);
  const [, noted] = log.items;
  assert.is(noted?.reason, 'contract of 2027');
  assert.match(JSON.stringify(noted?.before), '"version":0');
  assert.match(JSON.stringify(noted?.after), '"P3":{"response":480,"resolution":null,"always":true}');
});

test.run();
