/** Every KPI of the list keeps the contract, and what each of them means. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serverAvailability, workstationAvailability } from '../../../collector/kpi/kpis/availability.ts';
import { kpis } from '../../../collector/kpi/kpis/index.ts';
import { timeToAcknowledge } from '../../../collector/kpi/kpis/time-to-acknowledge.ts';
import { median, medianInterval, percentile } from '../../../collector/kpi/median.ts';
import { officeHours, roundTheClock } from '../../../shared/calendar.ts';
import { kpiContract, noFacts, someFacts } from '../../contract/kpi.ts';

for (const kpi of kpis) kpiContract(kpi);

const test = suite('KPIs');
const start = Date.parse('2026-11-01T00:00:00Z');
const end = Date.parse('2026-12-01T00:00:00Z');
const minute = 60_000;

test('ids are unique', () => {
  assert.is(new Set(kpis.map(({ id }) => id)).size, kpis.length);
});

test('servers and workstations are never in one number; minutes are pooled, not percentages', () => {
  const facts = someFacts(2, 0);
  const [server, workstation] = facts.presence.map(({ endpoint }) => endpoint);
  const minutes = { scheduled: 1000, unknown: 0, idle: 0, maintenance: 0, upInMaintenance: 0 };
  const stretches = [] as const;
  const presence = [
    { endpoint: server as never, minutes: { ...minutes, up: 990, down: 10 }, stretches },
    {
      endpoint: { ...(server as object), id: 'short' } as never,
      minutes: { ...minutes, scheduled: 10, up: 0, down: 10 },
      stretches,
    },
    { endpoint: workstation as never, minutes: { ...minutes, up: 500, down: 500 }, stretches },
  ];
  const servers = serverAvailability.compute({ ...noFacts, presence }, { start, end });
  assert.is(servers.value, 100 * (990 / 1010));
  assert.is(servers.n, 2);
  assert.is(workstationAvailability.compute({ ...noFacts, presence }, { start, end }).value, 50);
});

test('planned work is in no uptime; with it in, the second line says what users saw', () => {
  const [server] = someFacts(1, 0).presence;
  const facts = [
    { up: 900, down: 50, maintenance: 50, upInMaintenance: 20 },
    { up: 950, down: 0, maintenance: 50, upInMaintenance: 50 },
  ];
  const presence = facts.map((own, n) => ({
    endpoint: { ...(server?.endpoint as object), id: `s${n}` } as never,
    minutes: { scheduled: 1000, unknown: 0, idle: 0, ...own },
    stretches: [],
  }));
  const { value, beside, evidence } = serverAvailability.compute({ ...noFacts, presence }, { start, end });
  assert.is(value, 100 * (1850 / 1900));
  assert.is(beside.find(({ code }) => code === 'gross')?.value, 100 * (1920 / 2000));
  assert.equal(
    evidence.map(({ gross }) => gross),
    [92, 100],
  );
});

const alert = (id: string, fired: number, acknowledged: number | null, resolved: number | null) => ({
  id,
  endpoint: 'e0',
  rule: 'cpu',
  firedAt: start + fired * minute,
  acknowledgedAt: acknowledged === null ? null : start + acknowledged * minute,
  resolvedAt: resolved === null ? null : start + resolved * minute,
  calendar: officeHours('UTC'),
});

test('an alert counts in the month in which somebody first took it on; the others are counted beside it', () => {
  const month = (end - start) / minute;
  const alerts = [
    alert('taken', 10, 14, 60),
    alert('fired before', -60, 30, null),
    alert('taken in the month before', -60, -30, 10),
    alert('taken at the end of the month, which is the next one', 20, month, null),
    alert('nobody, over', 100, null, 105),
    alert('over in the moment it began', 150, null, 150),
    alert('nobody, goes on', 200, null, null),
    alert('nobody, fired before', -10, null, 5),
  ];
  const { value, n, state, beside, evidence } = timeToAcknowledge.compute({ ...noFacts, alerts }, { start, end });
  assert.is(value, ((4 + 90) * 60) / 2);
  assert.is(n, 2);
  assert.is(state, 'insufficient');
  assert.equal(
    evidence.map(({ alert: one, part }) => [one?.id, part]),
    [
      ['taken', 240],
      ['fired before', 5400],
    ],
  );
  assert.equal(Object.fromEntries(beside.map(({ code, value: found }) => [code, found])), {
    // The first of November is a Sunday: the desk is closed.
    ...{ median: 2820, p90: 5400, support_mean: 0, support_median: 0, waiting: 1, ended_alone: 1 },
    waiting_age: (month - 200) * 60,
  });
});

test('what fires in the night waits for the desk: beside the elapsed time stand the support hours of the site', () => {
  const monday = 24 * 60;
  const alerts = [
    alert('Sunday evening', monday - 120, monday + 9 * 60 + 15, null),
    alert('in the morning', monday + 10 * 60, monday + 10 * 60 + 5, null),
    alert('over night', monday + 16 * 60, 2 * monday + 10 * 60, null),
    { ...alert('a desk round the clock', monday - 120, monday + 60, null), calendar: roundTheClock('UTC') },
    alert('open since Sunday', 0, null, null),
    alert('open since Monday', monday, null, null),
    alert('open since Tuesday', 2 * monday, null, null),
  ];
  const found = timeToAcknowledge.compute({ ...noFacts, alerts }, { start, end: start + 3 * monday * minute });
  const beside = Object.fromEntries(found.beside.map(({ code, value }) => [code, value]));
  assert.is(found.value, ((675 + 5 + 1080 + 180) * 60) / 4);
  assert.equal([beside.support_mean, beside.support_median], [((15 + 5 + 120 + 180) * 60) / 4, (15 + 120) * 30]);
  assert.equal([beside.waiting, beside.waiting_age], [3, 2 * 86_400]);
  const none = timeToAcknowledge.compute(noFacts, { start, end }).beside;
  assert.ok(none.every(({ unit, value }) => (unit === 'seconds' ? value === null : value === 0)));
});

test('two months add up: each alert is in exactly one', () => {
  const { alerts } = someFacts(10, 300);
  const middle = start + 15 * 86_400_000;
  const count = (from: number, to: number) =>
    timeToAcknowledge.compute({ ...noFacts, alerts }, { start: from, end: to }).n;
  assert.ok(count(start, end) > 100);
  assert.is(count(start, middle) + count(middle, end), count(start, end));
});

test('median, its interval by order statistics, and the nearest rank', () => {
  const to = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  assert.equal([median([]), median([3]), median([1, 2]), median([1, 2, 9])], [null, 3, 1.5, 2]);
  // Below six there is none; ranks of 6, 10, 30 and 100 as in tables of the binomial distribution.
  const found = [0, 5, 6, 10, 30, 100].map((n) => medianInterval(to(n)));
  assert.equal(found, [null, null, [1, 6], [2, 9], [10, 21], [40, 61]]);
  const [low = 0, high = 0] = medianInterval(to(5000)) ?? [];
  // Beyond what 2 to the power of −n can hold: about 0.98 times the square root of n on each side.
  assert.ok(Math.abs(low - 2431) <= 2 && low + high === 5001, `${low} ${high}`);
  assert.equal(
    [percentile([], 0.9), percentile(to(10), 0.9), percentile(to(11), 0.9), percentile([7], 0.9)],
    [null, 9, 10, 7],
  );
});

test.run();
