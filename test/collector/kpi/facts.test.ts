/** The facts of a fleet are read in a handful of queries, and say the same as when each endpoint is asked for alone. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { endpointAvailability } from '../../../collector/kpi/availability.ts';
import { availabilityOf, timelineOf } from '../../../collector/kpi/history.ts';
import { roundTheClock } from '../../../shared/calendar.ts';
import { counted, endpointId, instant, openHistory, putSignals } from '../../support/fleet-history.ts';

const zone = 'UTC';
const period = '2026-11';
const from = instant('2026-11-01T00:00:00Z');
const to = instant('2026-12-01T00:00:00Z');
const later = instant('2027-06-01T00:00:00Z');

test('availability of 500 endpoints in a month: twelve queries and one for each 2000 signals, whether it is over or not', async () => {
  const state = await openHistory({ endpoints: 500, from, to, absences: 20 });
  for (const now of [to, later]) {
    const { state: counting, queries } = counted(state);
    const answer = await availabilityOf(counting, { period, class: 'server', now, zone });
    assert.is(answer.endpoints.length, 500);
    assert.is(answer.pool.down_minutes, 500 * 20 * 60);
    const rows = 500 * 40;
    assert.ok(queries() <= 12 + rows / 2000, `${queries()} queries`);
  }
  await state.destroy();
});

test('twice the endpoints: not twice the queries', async () => {
  const few = counted(await openHistory({ endpoints: 50, from, to, absences: 1 }));
  const many = counted(await openHistory({ endpoints: 500, from, to, absences: 1 }));
  for (const { state } of [few, many]) await availabilityOf(state, { period, class: 'server', now: to, zone });
  assert.ok(many.queries() <= few.queries() + 1, `${few.queries()} for 50, ${many.queries()} for 500`);
  for (const { state } of [few, many]) await state.destroy();
});

test('endpoints whose signals fill several pages and slices: each as when it is asked for alone', async () => {
  const state = await openHistory({ endpoints: 520, from, to, absences: 15 });
  // One of them flaps: its signals alone fill more than one page.
  const flapping = endpointId(7);
  const minute = 60_000;
  await putSignals(
    state,
    Array.from({ length: 6000 }, (_, n) => [
      { endpoint: flapping, at: from + (2 * n + 1) * 3 * minute, kind: 'offline', reason: 'restart' } as const,
      { endpoint: flapping, at: from + (2 * n + 2) * 3 * minute, kind: 'online' } as const,
    ]).flat(),
  );
  const { endpoints } = await availabilityOf(state, { period, class: 'server', now: to, zone });
  assert.is(endpoints.length, 520);
  for (const n of [0, 6, 7, 8, 499, 500, 519]) {
    const alone = await timelineOf(state, endpointId(n), from, to, to);
    assert.equal(endpoints[n]?.intervals, alone, `endpoint ${n}`);
  }
  assert.ok((endpoints[7]?.intervals.length ?? 0) > 5000);
  await state.destroy();
});

test('a month that is over: the return after it explains its end, what came later changes nothing', async () => {
  const state = await openHistory({ endpoints: 2, from, to, absences: 2 });
  const [one, other] = [endpointId(0), endpointId(1)];
  const hour = 3_600_000;
  const lost = { at: to - hour, kind: 'lost', lastSeen: to - 2 * hour } as const;
  await putSignals(state, [
    { endpoint: one, ...lost },
    { endpoint: other, ...lost },
    // Back in the next month: this one was off for good, that one was up and delivers the proof after a second return.
    {
      endpoint: one,
      at: to + 9 * hour,
      kind: 'online',
      bootId: 'new',
      birth: { started_at: 9, previous_shutdown: 'unclean', uptime_s: 5 },
    },
    { endpoint: other, at: to + hour, kind: 'online', reason: 'reports' },
    { endpoint: other, at: to + 2 * hour, kind: 'lost', lastSeen: to + hour },
    { endpoint: other, at: to + 3 * hour, kind: 'backlog', lastSeen: to - 2 * hour },
  ]);
  const ends = async () => {
    const { endpoints } = await availabilityOf(state, { period, class: 'server', now: later, zone });
    return endpoints.map(({ intervals }) => intervals.at(-1)).map((last) => `${last?.state} ${last?.cause}`);
  };
  const before = await ends();
  assert.equal(before, ['down crash', 'up disconnected']);
  const months = Array.from({ length: 2000 }, (_, n) => to + (n + 20) * hour);
  for (const endpoint of [one, other])
    await putSignals(
      state,
      months.map((at, n) => ({ endpoint, at, kind: n % 2 ? 'online' : 'offline', reason: n % 2 ? null : 'sleep' })),
    );
  assert.equal(await ends(), before);
  const { state: counting, queries } = counted(state);
  await availabilityOf(counting, { period, class: 'server', now: later, zone });
  assert.ok(queries() <= 12, `${queries()} queries`);
  await state.destroy();
});

test('an endpoint that comes and goes twenty thousand times is judged in linear time', () => {
  const judge = (times: number) => {
    const gap = (to - from) / times;
    const signals = Array.from({ length: times }, (_, n) => [
      { at: from + gap * (n + 0.3), type: 'lost', lastSeen: from + gap * (n + 0.2) } as const,
      { at: from + gap * (n + 0.6), type: 'online' } as const,
    ]).flat();
    const started = performance.now();
    const result = endpointAvailability({
      class: 'server',
      calendar: roundTheClock(zone),
      period: { start: from, end: to },
      signals,
      minOutageMs: 0,
    });
    assert.is(result.intervals.length, 2 * times + 1);
    return performance.now() - started;
  };
  judge(1000);
  // The quickest of three: whatever else the machine does only adds to it.
  const [few = 0, many = 0] = [5000, 20_000].map((n) => Math.min(judge(n), judge(n), judge(n)));
  assert.ok(many < 10 * few + 50, `${Math.round(few)} ms for 5000, ${Math.round(many)} ms for 20000`);
});

test.run();
