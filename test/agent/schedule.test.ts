/** The runner: both loops, failures, settings; and which sections are sent when. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckOutcome } from '../../agent/attempt.ts';
import { type Check, type CheckContext, NoData } from '../../agent/checks/check.ts';
import { isHeavyDue } from '../../agent/heavy-loop.ts';
import { intervalOf, merge, paceOf, stepOf } from '../../agent/intervals.ts';
import { forgetfulMemory } from '../../agent/memory.ts';
import { run } from '../../agent/run.ts';
import { createRunner, nextTickAt, type RunnerOptions } from '../../agent/schedule.ts';
import { createSections } from '../../agent/sections.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { quotation, reason } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';
import { until } from '../support/broker.ts';

const light = (name: string, work: Check['run'], every = 10_000): Check => ({
  name,
  every,
  reads: 'nothing',
  run: work,
});
const one = (name: string): Metric => ({ name, tags: {}, fields: { value: 1 }, timestamp: 1 });

function bench(checks: Check[], more: Partial<RunnerOptions> = {}) {
  const reports: { metrics: Metric[]; at: number }[] = [];
  const sections: [string, object][] = [];
  const memory = forgetfulMemory();
  const context: CheckContext = { clock: systemClock, log: silentLog, platform: 'linux', root: '', memory, run };
  const runner = createRunner({
    checks,
    context,
    clock: systemClock,
    log: silentLog,
    memory,
    runHeavy: async () => {},
    isOnBattery: async () => false,
    onMetrics: (metrics) => reports.push({ metrics, at: performance.now() }),
    onSections: (check, found) => sections.push([check, found]),
    onResume: () => {},
    local: { v: 1, interval_s: 0.5 },
    random: () => 0,
    ...more,
  });
  const names = () => new Set(reports.flatMap((report) => report.metrics.map((metric) => metric.name)));
  const outcomes = (check: string) =>
    reports.flatMap((report) =>
      report.metrics.filter((metric) => metric.name === 'check' && metric.tags.check === check),
    );
  return { runner, reports, sections, names, outcomes, memory };
}

test('a check that throws, hangs or has nothing does not disturb the others, and is reported', async () => {
  const { runner, reports, names, outcomes } = bench([
    light('good', async () => ({ metrics: [one('good')] })),
    light('thrower', async () => {
      throw new Error('broken');
    }),
    light('empty', async () => {
      throw new NoData(reason('no_battery'));
    }),
    light('hanger', () => new Promise(() => {})),
  ]);
  runner.start();
  await until('four reports', () => reports.length >= 4);
  runner.stop();
  assert.ok(names().has('good'));
  assert.is(outcomes('thrower')[0]?.fields.ok, 0);
  assert.is(outcomes('empty')[0]?.fields.ok, 1, 'no data is no failure');
  assert.is(outcomes('good').length, 1, 'an unchanged outcome is reported once a minute');
  assert.equal(
    runner.states().map((state) => [state.check, state.status, state.reason]),
    [
      ['good', 'ok', null],
      ['thrower', 'failed', quotation('broken')],
      ['empty', 'no_data', [reason('no_battery')]],
    ],
  );
});

test('the fast loop goes on while a heavy check takes its time; the slow one comes with a later report', async () => {
  let report: ((outcome: CheckOutcome) => void) | null = null;
  const heavy: Check = { ...light('slow', async () => ({}), 3_600_000), heavy: true };
  const { runner, reports, sections } = bench([light('good', async () => ({ metrics: [one('good')] })), heavy], {
    random: () => 0,
    runHeavy: (_names, onOutcome) =>
      new Promise((resolve) => {
        report = (outcome) => {
          onOutcome('slow', outcome);
          resolve();
        };
      }),
  });
  runner.start();
  await until('the heavy check', () => report !== null, 10_000);
  const before = reports.length;
  await until('four more reports', () => reports.length >= before + 4);
  const gaps = reports.slice(2).map((report, i) => report.at - (reports[i + 1]?.at ?? 0));
  // Reports leave each 500 ms; the machine that runs the tests may be busy.
  assert.ok(Math.max(...gaps.slice(3)) < 2500, `largest gap ${Math.max(...gaps)}`);
  (report as unknown as (outcome: CheckOutcome) => void)({
    status: 'ok',
    ms: 5,
    findings: { metrics: [one('slow')], sections: { software: [] } },
  });
  await until('its metric', () => reports.some((report) => report.metrics.some((metric) => metric.name === 'slow')));
  runner.stop();
  assert.ok(sections.some(([check]) => check === 'slow'));
});

test('a slow check of the fast loop does not hold the report', async () => {
  const { runner, reports } = bench([
    light('good', async () => ({ metrics: [one('good')] })),
    light('slow', () => new Promise((resolve) => setTimeout(resolve, 3000, { metrics: [one('slow')] }))),
  ]);
  const started = performance.now();
  runner.start();
  await until('the first report', () => reports.length >= 1);
  assert.ok((reports[0]?.at ?? 0) - started < 2500);
  await until('the slow one', () => reports.some((report) => report.metrics.some((metric) => metric.name === 'slow')));
  runner.stop();
});

test('settings: a check is switched off and on, and the interval changes at once', async () => {
  const { runner, reports, names } = bench([light('good', async () => ({ metrics: [one('good')] }))], { local: null });
  runner.apply({ v: 1, interval_s: 0.5, checks: { good: { enabled: false } } });
  runner.start();
  await until('the state', () => runner.states()[0]?.status === 'off');
  assert.not.ok(names().has('good'));
  runner.apply({ v: 1, interval_s: 0.5 });
  await until('the metric', () => names().has('good'));
  assert.is(runner.intervalMs(), 500);
  assert.ok(reports.length >= 1);
  runner.stop();
});

test('what is switched off is reported, the heavy checks too, and who switched it off', async () => {
  const named = (name: string, heavy = false): Check => ({ ...light(name, async () => ({})), heavy });
  const { runner, sections } = bench([named('a'), named('b'), named('c', true), named('d', true)], {
    local: { v: 1, interval_s: 0.5, checks: { a: { enabled: false }, c: { enabled: false } } },
  });
  // The machine's own settings win over the collector's, in both directions.
  runner.apply({ v: 1, checks: { a: { enabled: true }, b: { enabled: false }, d: { enabled: false } } });
  runner.start();
  const states = () =>
    Object.fromEntries(runner.states().map(({ check, status, reason: why }) => [check, [status, why]]));
  await until('states', () => runner.states().length === 4);
  assert.equal(states(), {
    a: ['off', [reason('switched_off_here')]],
    b: ['off', [reason('switched_off_collector')]],
    c: ['off', [reason('switched_off_here')]],
    d: ['off', [reason('switched_off_collector')]],
  });
  await until('the section', () =>
    sections.some(([, found]) => JSON.stringify(found).includes('switched_off_collector')),
  );
  runner.stop();
});

test('sleep is noticed when the wall clock ran on without ours', async () => {
  let slept = 0;
  let jump = 0;
  const clock = { now: () => Date.now() + jump, monotonic: () => performance.now() };
  const { runner, reports } = bench([light('good', async () => ({ metrics: [one('good')] }))], {
    clock,
    onResume: (ms) => {
      slept = ms;
    },
  });
  runner.start();
  await until('a report', () => reports.length >= 1);
  jump = 3_600_000;
  await until('resume', () => slept > 0);
  runner.stop();
  assert.ok(Math.abs(slept - 3_600_000) < 5000);
});

test('a clock set back is noticed too, and what was done last moves with the clock', async () => {
  let jump = 0;
  const memory = forgetfulMemory();
  memory.set('last_done', { slow: 1_000_000 });
  const clock = { now: () => Date.now() + jump, monotonic: () => performance.now() };
  let noticed = 0;
  const { runner, reports } = bench([light('good', async () => ({ metrics: [one('good')] }))], {
    clock,
    memory,
    onResume: (ms) => {
      noticed = ms;
      runner.clockSet(ms);
    },
  });
  runner.start();
  await until('a report', () => reports.length >= 1);
  jump = -600_000;
  await until('the step', () => noticed !== 0);
  runner.stop();
  assert.ok(Math.abs(noticed + 600_000) < 5000);
  assert.equal(memory.get('last_done'), { slow: 1_000_000 + noticed });
});

test('ticks: two seconds, then a random part of a step, then whole steps that a late one does not shift', () => {
  const at = { startedAt: 1000, now: 1010, step: 10_000, random: 0.5 };
  assert.is(nextTickAt(1, 0, at), 3000);
  assert.is(Math.round(nextTickAt(2, 3000, at)), 7000);
  assert.is(nextTickAt(2, 3000, { ...at, random: 0 }), 3000);
  assert.is(nextTickAt(3, 7000, { ...at, now: 7900 }), 17_000);
  assert.is(nextTickAt(3, 7000, { ...at, now: 17_001 }), 27_000, 'a tick that was missed is not made up for');
  assert.is(nextTickAt(1, 0, { ...at, now: 3001 }), 13_000);
});

test('heavy checks: when the last run is an interval ago; not after boot, and on battery three times as late', () => {
  const pace = { enabled: true, everyMs: 1000 };
  const moment = { now: 10_000, uptimeS: 300, isOnBattery: false };
  assert.ok(isHeavyDue(pace, 9000, moment));
  assert.not.ok(isHeavyDue(pace, 9001, moment));
  assert.not.ok(isHeavyDue({ ...pace, enabled: false }, undefined, moment));
  assert.ok(isHeavyDue(pace, undefined, { ...moment, uptimeS: 0, isOnBattery: true }), 'the first time at once');
  assert.ok(isHeavyDue(pace, 10_001, moment), 'of a clock that was set back since');
  assert.not.ok(isHeavyDue(pace, 9000, { ...moment, uptimeS: 299 }));
  assert.not.ok(isHeavyDue(pace, 7001, { ...moment, isOnBattery: true }));
  assert.ok(isHeavyDue(pace, 7000, { ...moment, isOnBattery: true }));
});

test('intervals: the default, the collector, the endpoint’s own file', () => {
  const cpu = { name: 'cpu', every: 10_000 };
  const patches = { name: 'patches', every: 3_600_000, heavy: true };
  assert.is(intervalOf(merge(null)), 10_000);
  const config = merge(
    { v: 1, interval_s: 5, checks: { cpu: { every_s: 1 }, patches: { enabled: false } } },
    { v: 1, checks: { cpu: { every_s: 2 } } },
  );
  assert.equal(paceOf(cpu, config), { enabled: true, everyMs: 2000 });
  assert.equal(paceOf(patches, config), { enabled: false, everyMs: 3_600_000 });
  assert.is(stepOf([cpu, patches], config), 2000);
  assert.equal(paceOf({ name: 'mem', every: 10_000 }, config), { enabled: true, everyMs: 5000 });
});

test('sections: on change and daily, joined from their checks, and never again for a new time of reading alone', () => {
  const sent: [string, unknown][] = [];
  let now = 0;
  const memory = forgetfulMemory();
  const make = () =>
    createSections({
      memory,
      clock: { now: () => now, monotonic: () => now },
      send: (section, data) => sent.push([section, data]),
    });
  const sections = make();
  sections.offer('raid', { health: [{ name: 'md0', at: 1 }] });
  sections.offer('raid', { health: [{ name: 'md0', at: 2 }] });
  assert.is(sent.length, 1);
  sections.offer('smart', { health: [{ name: 'sda', at: 1 }] });
  assert.equal(sent.at(-1), [
    'health',
    [
      { name: 'md0', at: 1 },
      { name: 'sda', at: 1 },
    ],
  ]);
  // After a restart the check of disks has not run yet: what it found before still stands.
  const again = make();
  again.offer('raid', { health: [] });
  assert.equal(sent.at(-1), ['health', [{ name: 'sda', at: 1 }]]);
  assert.is(sent.length, 3);
  again.daily();
  assert.is(sent.length, 3);
  now = 24 * 3_600_000;
  again.daily();
  assert.is(sent.length, 4);
});

test.run();
