import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AvailabilityInput,
  endpointAvailability,
  type Signal,
  sharesOf,
} from '../../../collector/kpi/availability.ts';
import { serverAvailability } from '../../../collector/kpi/kpis/availability.ts';
import { officeHours, periodBounds, roundTheClock } from '../../../shared/calendar.ts';
import { noFacts } from '../../contract/kpi.ts';
import { caseCalendars, casesOf, compare, type KpiCase } from '../../support/kpi-cases.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const span = (s: { start: string; end: string }) => ({ start: at(s.start), end: at(s.end) });

function inputOf(one: KpiCase): AvailabilityInput {
  const { input } = one;
  const types: Record<string, Signal['type']> = {
    lwt: 'lost',
    timeout: 'silent',
    silent: 'silent',
    offline: 'offline',
    online: 'online',
  };
  return {
    class: input.class,
    calendar: caseCalendars[input.calendar],
    period: span(input.period),
    signals: (input.signals ?? []).map((s: Record<string, string | boolean>) => ({
      at: at(s.at as string),
      type: types[s.type as string],
      reason: s.reason ?? null,
      lastSeen: s.last_seen ? at(s.last_seen as string) : null,
      unclean: s.unclean_previous_shutdown === true,
      backfilled: s.backfilled_same_boot === true,
    })),
    unknown: (input.unknown ?? []).map(span),
    incidents: (input.incidents ?? []).map(span),
    maintenance: (input.maintenance ?? []).map(
      (m: { start: string; end: string; created_at?: string; approved_by?: string }) => ({
        ...span(m),
        ...(m.created_at ? { createdAt: at(m.created_at) } : {}),
        ...(m.approved_by ? { approved: true } : {}),
      }),
    ),
    monitored: {
      ...(input.monitored_from ? { start: at(input.monitored_from) } : {}),
      ...(input.monitored_to ? { end: at(input.monitored_to) } : {}),
    },
    ...(input.settings?.min_outage_minutes === undefined
      ? {}
      : { minOutageMs: input.settings.min_outage_minutes * 60_000 }),
    ...(input.settings?.crash_cap_minutes === undefined
      ? {}
      : { crashCapMs: input.settings.crash_cap_minutes * 60_000 }),
  };
}

const hour = 3_600_000;
const start = at('2026-03-01T00:00:00Z');

for (const one of casesOf('endpointAvailability')) {
  test(`${one.id} ${one.title}`, () => {
    const { minutes, shares } = endpointAvailability(inputOf(one));
    compare(one, {
      scheduled_minutes: minutes.scheduled,
      up_minutes: minutes.up,
      down_minutes: minutes.down,
      unknown_minutes: minutes.unknown,
      idle_minutes: minutes.idle,
      maintenance_minutes: minutes.maintenance,
      availability_pct: shares.availability,
      availability_low_pct: shares.low,
      availability_high_pct: shares.high,
      coverage_pct: shares.coverage,
      availability_gross_pct: shares.gross,
    });
  });
}

for (const one of casesOf('fleetAvailability')) {
  test(`${one.id} ${one.title}`, () => {
    const presence = one.input.endpoints.map((e: { id: string; up_minutes: number; down_minutes: number }) => ({
      endpoint: { id: e.id, kind: 'server' },
      minutes: {
        scheduled: 0,
        up: e.up_minutes,
        down: e.down_minutes,
        unknown: 0,
        idle: 0,
        maintenance: 0,
        upInMaintenance: 0,
      },
    }));
    const { value, n, evidence } = serverAvailability.compute({ ...noFacts, presence }, { start, end: start + hour });
    compare(one, { pooled_pct: value, endpoints_counted: n, endpoints_without_evidence: evidence.length - n });
  });
}

const server = (signals: Signal[], more: Partial<AvailabilityInput> = {}): AvailabilityInput => ({
  class: 'server',
  calendar: roundTheClock('UTC'),
  period: { start, end: start + 24 * hour },
  signals,
  ...more,
});

test('a server that is lost for two hours is down from its last proof of life', () => {
  const { minutes, intervals } = endpointAvailability(
    server([
      { at: start + 5 * hour, type: 'lost', lastSeen: start + 4 * hour },
      { at: start + 6 * hour, type: 'online' },
    ]),
  );
  assert.is(minutes.down, 120);
  assert.equal(
    intervals.map((i) => [i.state, i.cause]),
    [
      ['up', null],
      ['down', 'lost'],
      ['up', null],
    ],
  );
});

test('a stopped agent is unknown, not down', () => {
  const { minutes, shares } = endpointAvailability(
    server([{ at: start + 23 * hour, type: 'offline', reason: 'stop' }]),
  );
  assert.is(minutes.down, 0);
  assert.is(minutes.unknown, 60);
  assert.is(shares.availability, 100);
  assert.ok((shares.low as number) < 96);
});

test('a delivered buffer proves life while the collector was not watching', () => {
  const blind = [{ start: start + hour, end: start + 3 * hour }];
  const without = endpointAvailability(server([], { unknown: blind }));
  const proved = endpointAvailability(
    server([], { unknown: blind, proved: [{ start: start + hour, end: start + 2 * hour }] }),
  );
  assert.is(without.minutes.unknown, 120);
  assert.is(proved.minutes.unknown, 60);
});

const office = officeHours('Europe/Berlin');
const october = periodBounds('Europe/Berlin', '2026-10');
const inOffice = (signals: Signal[], more: Partial<AvailabilityInput> = {}) =>
  endpointAvailability({ class: 'server', calendar: office, period: october, signals, ...more });
const outage = (from: string, to: string): Signal[] => [
  { at: at(from), type: 'lost' },
  { at: at(to), type: 'online' },
];

test('only time that was promised counts: nights and weekends are outside, before and after the clock changes', () => {
  const found = inOffice(outage('2026-10-23T16:00:00+02:00', '2026-10-26T09:30:00+01:00'));
  assert.is(found.minutes.scheduled, 22 * 480);
  assert.is(found.minutes.down, 90);
  assert.is(inOffice(outage('2026-10-24T00:00:00+02:00', '2026-10-25T23:00:00+01:00')).shares.availability, 100);
  const late = inOffice(outage('2026-10-26T08:00:00+01:00', '2026-10-26T09:01:00+01:00'));
  assert.is(late.minutes.down, 1, 'an hour of which a minute was promised is no blip');
});

test('planned work counts where it was entered before it began, or approved; only its promised part', () => {
  const window = { start: at('2026-10-12T16:00:00+02:00'), end: at('2026-10-13T10:00:00+02:00') };
  const signals = outage('2026-10-12T16:30:00+02:00', '2026-10-13T11:00:00+02:00');
  const of = (more: { createdAt: number; approved?: boolean }) =>
    inOffice(signals, { maintenance: [{ ...window, ...more }] });
  const early = of({ createdAt: window.start });
  assert.equal([early.minutes.maintenance, early.minutes.down], [120, 60]);
  assert.equal(early.minutes, of({ createdAt: window.end, approved: true }).minutes);
  const late = of({ createdAt: window.start + 1 });
  assert.equal([late.minutes.maintenance, late.minutes.down], [0, 150]);
});

test('unknown inside an outage is unknown, two reports of the same outage are one, both in promised time', () => {
  const found = inOffice(outage('2026-10-12T10:00:00+02:00', '2026-10-12T14:00:00+02:00'), {
    unknown: [{ start: at('2026-10-12T12:00:00+02:00'), end: at('2026-10-12T20:00:00+02:00') }],
    incidents: [
      { start: at('2026-10-14T10:00:00+02:00'), end: at('2026-10-14T12:00:00+02:00') },
      { start: at('2026-10-14T11:00:00+02:00'), end: at('2026-10-14T20:00:00+02:00') },
    ],
  });
  assert.equal([found.minutes.down, found.minutes.unknown], [120 + 420, 300]);
});

test('a thousand endpoints over thirteen months: their calendar is laid once', () => {
  const period = { start: periodBounds('Europe/Berlin', '2025-10').start, end: october.end };
  const began = process.cpuUsage();
  for (let n = 0; n < 1000; n++)
    inOffice(
      [
        { at: period.start + n * 1e7, type: 'lost' },
        { at: period.start + (n + 9) * 1e7, type: 'online' },
      ],
      { period },
    );
  const ms = process.cpuUsage(began).user / 1000;
  assert.ok(ms < 5000, `${Math.round(ms)} ms`);
});

test('a workstation that never spoke has no availability, not 0 and not 100', () => {
  const { shares } = endpointAvailability({ ...server([]), class: 'workstation' });
  assert.is(shares.availability, null);
});

const signal = fc.record({
  at: fc.integer({ min: start - hour, max: start + 25 * hour }),
  type: fc.constantFrom('online', 'offline', 'lost', 'silent') as fc.Arbitrary<Signal['type']>,
  reason: fc.constantFrom('sleep', 'shutdown', 'stop', null),
  unclean: fc.boolean(),
  backfilled: fc.boolean(),
});
const spans = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 24 })).map(([a, b]) => ({
    start: start + Math.min(a, b) * hour,
    end: start + Math.max(a, b) * hour,
  })),
  { maxLength: 4 },
);

test('minutes add up to the service time, intervals cover it once, low ≤ value ≤ high', () => {
  fc.assert(
    fc.property(
      fc.array(signal, { maxLength: 12 }),
      spans,
      spans,
      spans,
      fc.constantFrom('server', 'workstation'),
      (signals, unknown, proved, maintenance, kind) => {
        const { minutes, shares, intervals } = endpointAvailability({
          ...server(signals, { unknown, proved, maintenance }),
          class: kind as 'server',
        });
        const sum = minutes.up + minutes.down + minutes.unknown + minutes.idle + minutes.maintenance;
        assert.ok(Math.abs(sum - minutes.scheduled) < 1e-6, `${sum} of ${minutes.scheduled}`);
        const covered = intervals.reduce((total, i) => total + i.end - i.start, 0) / 60_000;
        assert.ok(Math.abs(covered - minutes.scheduled) < 1e-6);
        for (let i = 1; i < intervals.length; i++)
          assert.ok((intervals[i - 1]?.end ?? 0) <= (intervals[i]?.start ?? 0));
        if (shares.availability !== null) {
          assert.ok((shares.low as number) <= shares.availability + 1e-9);
          assert.ok((shares.high as number) >= shares.availability - 1e-9);
        }
      },
    ),
  );
});

test('order and repetition of signals change nothing; two halves add up to the whole', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(signal, { maxLength: 8, selector: (s) => s.at }),
      fc.integer({ min: 1, max: 23 }),
      (signals, cut) => {
        const whole = endpointAvailability(server(signals, { initial: 'up' })).minutes;
        const shuffled = endpointAvailability(server([...signals, ...signals].reverse(), { initial: 'up' })).minutes;
        assert.equal(shuffled, whole);
        const middle = start + cut * hour;
        const parts = [
          { start, end: middle },
          { start: middle, end: start + 24 * hour },
        ].map((period) => endpointAvailability({ ...server(signals, { initial: 'up' }), period }).minutes.down);
        assert.ok(Math.abs((parts[0] as number) + (parts[1] as number) - whole.down) < 1e-6);
      },
    ),
  );
});

test('all of any time is exactly 100 %', () => {
  const none = { scheduled: 0, down: 0, unknown: 0, idle: 0, maintenance: 0, upInMaintenance: 0 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 * 86_400_000 }), (ms) => {
      assert.is(sharesOf({ ...none, up: ms / 60_000 }).availability, 100);
    }),
    { numRuns: 5000 },
  );
});

test.run();
