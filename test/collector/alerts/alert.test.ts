import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeAbsence } from '../../../collector/alerts/absence.ts';
import { type Active, alertKey, onAway, onTime, onVerdict, type Step } from '../../../collector/alerts/alert.ts';
import type { SilentRule } from '../../../collector/evaluate/book.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import type { Level, Status } from '../../../collector/evaluate/evaluate.ts';
import type { Rule } from '../../../collector/evaluate/rule.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';

const base = defaultRules.find((rule) => rule.id === 'disk-space') as Rule;
const mild: Rule = { ...base, for_s: 60, clear_for_s: 30, gone_s: 600 };
const bad: Rule = { ...mild, id: 'worse', severity: 'critical', level_of: mild.id, for_s: 60 };
const birth = () => ({ id: '1', key: 'k', family: mild.id, endpoint: 'e', metric: 'disk.used_percent', tags: {} });
const level = (rule: Rule, status: Status, value = 1): Level => ({ rule, status, value, threshold: 90 });
const say = (alert: Active | null, now: number, worse: Status, milder: Status): Step =>
  onVerdict(alert, [level(bad, worse), level(mild, milder)], now * 1000, birth);

/** A firing alert of the mild level, fired at 60 s. */
function firing(): Active {
  const begun = say(null, 0, 'clear', 'breach');
  return say(begun.alert, 60, 'clear', 'breach').alert as Active;
}

test('begins with the worst level that breaches, and fires when that has lasted', () => {
  assert.equal(say(null, 0, 'clear', 'clear'), { alert: null, happened: [] });
  const begun = say(null, 0, 'breach', 'breach');
  assert.equal(begun.happened, ['begun']);
  assert.is(begun.alert?.rule.id, 'worse');
  assert.equal(say(begun.alert, 59, 'breach', 'breach').happened, []);
  assert.equal(say(begun.alert, 60, 'breach', 'breach').happened, ['fired']);
});

test('pending: any reading that is not a breach drops it; a reading without data does not', () => {
  const { alert } = say(null, 0, 'clear', 'breach');
  assert.equal(say(alert, 10, 'clear', 'hold').happened, ['dropped']);
  assert.equal(say(alert, 10, 'clear', 'clear').alert, null);
  assert.is(say(alert, 10, 'none', 'none').alert, alert);
});

test('without `for` it begins and fires in one step', () => {
  const at = onVerdict(null, [level({ ...mild, for_s: 0 }, 'breach')], 5, birth);
  assert.equal(at.happened, ['begun', 'fired']);
  assert.is(at.alert?.firedAt, 5);
});

test('clears only after `clear_for`, and a relapse starts that wait again', () => {
  let alert = say(firing(), 100, 'clear', 'clear').alert;
  assert.is(alert?.clearSince, 100_000);
  alert = say(alert, 120, 'clear', 'hold').alert;
  assert.is(alert?.clearSince, null);
  alert = say(alert, 130, 'clear', 'clear').alert;
  assert.equal(say(alert, 159, 'clear', 'clear').happened, []);
  assert.equal(say(alert, 160, 'clear', 'clear'), { alert: null, happened: ['cleared'] });
});

test('escalates only after the worse level has lasted without a break', () => {
  let alert = say(firing(), 100, 'breach', 'breach').alert;
  alert = say(alert, 130, 'hold', 'breach').alert;
  assert.is(alert?.worse, null, 'the hold of a worse level does not keep what was never reached');
  alert = say(alert, 140, 'breach', 'breach').alert;
  assert.equal(say(alert, 199, 'breach', 'breach').happened, []);
  const step = say(alert, 200, 'breach', 'breach');
  assert.equal(step.happened, ['escalated']);
  assert.is(step.alert?.rule.severity, 'critical');
});

test('a critical alert is held at critical by its own clear level, then eases to the milder one', () => {
  let alert = say(say(firing(), 100, 'breach', 'breach').alert, 160, 'breach', 'breach').alert;
  alert = say(alert, 170, 'hold', 'breach').alert;
  assert.is(alert?.rule.id, 'worse');
  const eased = say(alert, 180, 'clear', 'hold');
  assert.equal(eased.happened, ['eased']);
  assert.is(eased.alert?.rule.id, mild.id);
});

test('time alone fires and clears, but only while the endpoint reports', () => {
  const { alert } = say(null, 0, 'clear', 'breach');
  assert.equal(onTime(alert as Active, 61_000, null).happened, []);
  assert.equal(onTime(alert as Active, 61_000, 0).happened, ['fired']);
  const clearing = say(firing(), 100, 'clear', 'clear').alert as Active;
  assert.equal(onTime(clearing, 129_000, 0).happened, []);
  assert.equal(onTime(clearing, 130_000, 0).happened, ['cleared']);
});

test('a thing that is no longer reported is gone; time that the endpoint was off does not count', () => {
  const alert = firing();
  assert.equal(onTime(alert, 659_000, 0).happened, []);
  assert.is(onTime(alert, 660_000, 0).gone, true);
  assert.equal(onTime(alert, 10_000_000, 9_900_000).happened, []);
});

test('sleeps and wakes as the same alert', () => {
  const slept = onAway({ ...firing(), acknowledgedBy: 'ada' });
  assert.equal(slept.happened, ['slept']);
  assert.equal(onAway(slept.alert as Active).happened, []);
  const woke = say(slept.alert, 5000, 'clear', 'hold');
  assert.equal(woke.happened, ['woke']);
  assert.is(woke.alert?.acknowledgedBy, 'ada');
  const good = say(slept.alert, 5000, 'clear', 'clear');
  assert.equal(good.happened, [], 'good news must last, too');
  assert.equal(say(good.alert, 5030, 'clear', 'clear').happened, ['cleared']);
});

test('keys hold no values, no host and no site, and are case-folded', () => {
  assert.is(alertKey('srv', 'disk-space', { path: '/Var', host: 'x', site: 'BER' }), 'srv/disk-space/path=/var');
  assert.is(alertKey('srv', 'load', {}), 'srv/load');
  assert.is(alertKey('srv', 'd', { b: '1', a: '2' }), alertKey('srv', 'd', { a: '2', b: '1' }));
});

test('whatever comes in whatever order: an alert fires only after `for` of breaches, and happens in a valid order', () => {
  const status = fc.constantFrom<Status>('breach', 'hold', 'clear', 'none');
  const step = fc.record({
    after: fc.integer({ min: 1, max: 40 }),
    worse: status,
    milder: status,
    kind: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let alert: Active | null = null;
      let now = 0;
      for (const { after, worse, milder, kind } of steps) {
        now += after;
        const before: Active | null = alert;
        const done: Step =
          before && kind === 0
            ? onAway(before)
            : before && kind === 1
              ? onTime(before, now * 1000, 0)
              : say(before, now, worse, milder);
        alert = done.alert;
        if (done.happened.includes('fired')) {
          const alertNow = alert as Active;
          assert.ok(now * 1000 - alertNow.pendingAt >= alertNow.rule.for_s * 1000);
          assert.ok(before === null || before.state === 'pending');
        }
        if (done.happened.includes('begun')) assert.is(before, null);
        if (done.happened.includes('cleared')) assert.ok(before?.state === 'firing' || before?.state === 'asleep');
        if (done.happened.includes('dropped')) assert.is(before?.state, 'pending');
        if (done.happened.includes('woke')) assert.is(before?.state, 'asleep');
        if (alert?.state !== 'pending' && alert) assert.type(alert.firedAt, 'number');
      }
    }),
    { numRuns: 500 },
  );
});

test('absence', () => {
  const rule = defaultRules.find((each) => each.id === 'server-down') as SilentRule;
  const judged = (of: Partial<Endpoint>, minutes: number) => {
    const endpoint = { kind: 'server', state: 'lost', stateReason: 'silent', stateSince: 0, lastSeenAt: 0, ...of };
    return judgeAbsence(endpoint as Endpoint, rule, minutes * 60_000).status;
  };
  assert.is(judged({ stateReason: 'will' }, 0), 'breach');
  assert.is(judged({}, 9), 'none');
  assert.is(judged({}, 10), 'breach');
  assert.is(judged({ lastSeenAt: null }, 10), 'breach');
  assert.is(judged({ state: 'offline', stateReason: 'restart' }, 5), 'none');
  assert.is(judged({ state: 'offline', stateReason: 'restart' }, 11), 'breach');
  assert.is(judged({ kind: 'workstation', stateReason: 'will' }, 0), 'none');
  assert.is(judged({ state: 'unknown' }, 1000), 'none');
  assert.is(judged({ state: 'never' }, 1000), 'none');
  assert.is(judged({ state: 'online' }, 0), 'clear');
});

test.run();
