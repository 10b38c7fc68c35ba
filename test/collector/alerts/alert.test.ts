import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AlertStep,
  alertKey,
  changesNothing,
  dueOf,
  type LiveAlert,
  onDue,
  onEnd,
  onGone,
  onSample,
} from '../../../collector/alerts/alert.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { createMemory, type LevelVerdict, type Status } from '../../../collector/evaluate/evaluate.ts';
import { absence } from '../../../collector/evaluate/kinds/absence.ts';
import type { Rule } from '../../../collector/evaluate/rule.ts';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';

const base = defaultRules.find((rule) => rule.id === 'disk-space') as Rule;
const mild: Rule = { ...base, for_s: 60, clear_for_s: 30, gone_s: 600 };
const bad: Rule = { ...mild, id: 'worse', severity: 'critical', level_of: mild.id, for_s: 60 };
const birth = () => ({ id: '1', key: 'k', family: mild.id, endpoint: 'e', metric: 'disk.used_percent', tags: {} });
const level = (rule: Rule, status: Status, value = 1): LevelVerdict => ({ rule, status, value, threshold: 90 });
const say = (alert: LiveAlert | null, now: number, worse: Status, milder: Status): AlertStep =>
  onSample(alert, [level(bad, worse), level(mild, milder)], now * 1000, birth);
const to = ({ transition }: AlertStep) => transition && [transition.to, transition.reason ?? null];

/** A firing alert of the mild level, fired at 60 s. */
function firing(): LiveAlert {
  let alert = say(null, 0, 'clear', 'breach').alert;
  for (let now = 10; now <= 60; now += 10) alert = say(alert, now, 'clear', 'breach').alert;
  return alert as LiveAlert;
}

/** The same said every 10 s. @returns the last step */
function keepSaying(alert: LiveAlert | null, from: number, until: number, worse: Status, milder: Status): AlertStep {
  let step: AlertStep = { alert, transition: null };
  for (let now = from; now <= until; now += 10) step = say(step.alert, now, worse, milder);
  return step;
}

test('begins with the worst level that breaches, and fires when that has lasted', () => {
  assert.equal(say(null, 0, 'clear', 'clear'), { alert: null, transition: null });
  const begun = say(null, 0, 'breach', 'breach');
  assert.equal(to(begun), ['pending', null]);
  assert.is(begun.alert?.rule.id, 'worse');
  const waiting = keepSaying(begun.alert, 10, 50, 'breach', 'breach');
  assert.is(waiting.transition, null);
  assert.equal(to(say(waiting.alert, 60, 'breach', 'breach')), ['firing', null]);
});

test('samples an odd number of ms apart: what is due has a whole time, as each database takes it', () => {
  const rule: Rule = { ...mild, for_s: 600, no_data: 'ignore' };
  let alert: LiveAlert | null = null;
  for (const at of [0, 10_001, 20_002]) alert = onSample(alert, [level(rule, 'breach')], at, birth).alert;
  const due = dueOf(alert as LiveAlert, false);
  assert.is(due, 20_002 + 25_003);
  // A part of a millisecond may be set.
  const held: Rule = { ...mild, for_s: 1.0004, no_data: 'alert', stale_after_s: 1.0004 };
  assert.ok(Number.isInteger(onSample(null, [level(held, 'breach')], 0, birth).alert?.nextAt));
  assert.ok(Object.values(onDue(alert as LiveAlert, due as number, false).transition ?? {}).includes(due));
});

test('pending: any sample that is not a breach ends it; one without data does not', () => {
  const { alert } = say(null, 0, 'clear', 'breach');
  assert.equal(to(say(alert, 10, 'clear', 'hold')), ['inactive', 'not_held']);
  assert.equal(say(alert, 10, 'clear', 'clear').alert, null);
  assert.is(say(alert, 10, 'none', 'none').alert, alert);
});

test('without `for` it fires in one step', () => {
  const at = onSample(null, [level({ ...mild, for_s: 0 }, 'breach')], 5, birth);
  assert.equal(to(at), ['firing', null]);
  assert.is(at.alert?.firedAt, 5);
});

test('clears only after `clear_for`, and a relapse starts that wait again', () => {
  let alert = keepSaying(firing(), 70, 90, 'clear', 'clear').alert;
  alert = say(alert, 95, 'clear', 'hold').alert;
  alert = keepSaying(alert, 100, 120, 'clear', 'clear').alert;
  assert.is(alert?.state, 'firing', 'good for 20 s since the relapse');
  assert.equal(to(say(alert, 130, 'clear', 'clear')), ['resolved', null]);
});

test('reports that follow the one before at once are no pace: neither clearing nor firing takes longer for them', () => {
  const twice = (alert: LiveAlert | null, now: number, status: Status) =>
    say(say(alert, now, 'clear', status).alert, now + 0.5, 'clear', status).alert;
  const clearing = keepSaying(twice(twice(firing(), 70, 'clear'), 80, 'clear'), 90, 90, 'clear', 'clear');
  assert.is(clearing.transition, null);
  assert.equal(to(say(clearing.alert, 100, 'clear', 'clear')), ['resolved', null]);
  const pending = keepSaying(twice(say(null, 0, 'clear', 'breach').alert, 10, 'breach'), 20, 50, 'clear', 'breach');
  assert.equal(to(say(pending.alert, 60, 'clear', 'breach')), ['firing', null]);
});

test('gets worse only after the worse level has lasted without a break', () => {
  let alert = keepSaying(firing(), 70, 100, 'breach', 'breach').alert;
  alert = say(alert, 110, 'hold', 'breach').alert;
  alert = keepSaying(alert, 120, 170, 'breach', 'breach').alert;
  assert.is(alert?.rule.id, mild.id);
  const step = say(alert, 180, 'breach', 'breach');
  assert.equal(to(step), ['firing', 'worse']);
  assert.is(step.alert?.rule.severity, 'critical');
});

test('of two levels that are equally bad the first that is due has the name, and nobody is told that it changed', () => {
  const early: Rule = { ...bad, id: 'early' };
  const says = (alert: LiveAlert | null, now: number, worse: Status, earlier: Status, milder: Status) =>
    onSample(alert, [level(bad, worse), level(early, earlier), level(mild, milder)], now * 1000, birth);
  let alert: LiveAlert | null = null;
  const names: string[] = [];
  const told: unknown[] = [];
  const last = (from: number, until: number, ...statuses: [Status, Status, Status]) => {
    for (let now = from; now <= until; now += 10) {
      const step = says(alert, now, ...statuses);
      alert = step.alert;
      if (alert && alert.rule.id !== names.at(-1)) names.push(alert.rule.id);
      if (step.transition) told.push([now, ...(to(step) ?? [])]);
    }
  };
  last(0, 100, 'clear', 'breach', 'clear');
  last(110, 200, 'breach', 'breach', 'breach');
  last(210, 300, 'breach', 'clear', 'breach');
  last(310, 400, 'clear', 'clear', 'breach');
  assert.equal(names, ['early', 'worse', mild.id]);
  assert.equal(told, [
    [0, 'pending', null],
    [60, 'firing', null],
    [340, 'firing', 'eased'],
  ]);
  // A level without a verdict neither keeps it nor takes it over.
  let full: LiveAlert | null = null;
  for (let now = 0; now <= 60; now += 10) full = says(full, now, 'breach', 'none', 'breach').alert;
  for (let now = 70; now <= 110; now += 10) full = says(full, now, 'clear', 'none', 'breach').alert;
  assert.is(full?.rule.id, mild.id);
});

test('a critical alert is held at critical by its own clear level and clear time, then eases to the milder one', () => {
  let alert = keepSaying(firing(), 70, 140, 'breach', 'breach').alert;
  assert.is(alert?.rule.id, 'worse');
  alert = say(alert, 150, 'hold', 'breach').alert;
  assert.is(alert?.rule.id, 'worse');
  alert = keepSaying(alert, 160, 180, 'clear', 'hold').alert;
  assert.is(alert?.rule.id, 'worse', 'its clear time runs');
  const eased = say(alert, 190, 'clear', 'hold');
  assert.equal(to(eased), ['firing', 'eased']);
  assert.is(eased.alert?.rule.id, mild.id);
});

test('time alone changes nothing about a value', () => {
  const { alert } = say(null, 0, 'clear', 'breach');
  assert.is(dueOf(alert as LiveAlert, false), null);
  assert.is(dueOf(say(firing(), 100, 'clear', 'clear').alert as LiveAlert, false), null);
});

test('of a verdict that holds until the next one, time alone fires and clears', () => {
  const timed = (alert: LiveAlert | null, now: number, status: Status) =>
    onSample(alert, [level(mild, status)], now * 1000, birth).alert as LiveAlert;
  const pending = timed(null, 0, 'breach');
  assert.is(dueOf(pending, true), 60_000);
  const fired = onDue(pending, 60_000, true).alert as LiveAlert;
  assert.is(fired.state, 'firing');
  assert.is(dueOf(fired, true), null);
  const clearing = timed(fired, 100, 'clear');
  assert.is(dueOf(clearing, true), 130_000);
  assert.equal(to(onDue(clearing, 130_000, true)), ['resolved', null]);
});

test('unknown while its endpoint is away, and back as the same alert', () => {
  const gone = onGone(firing(), 100_000);
  assert.equal(to(gone), ['unknown', 'endpoint_gone']);
  assert.is(onGone(gone.alert as LiveAlert, 200_000).transition, null);
  const back = say(gone.alert, 5000, 'clear', 'hold');
  assert.equal(to(back), ['firing', 'back']);
  assert.is(back.alert?.firedAt, 60_000);
  const good = say(gone.alert, 5000, 'clear', 'clear');
  assert.equal(to(good), ['firing', 'back'], 'a recovery must last, too');
  assert.equal(to(keepSaying(good.alert, 5010, 5030, 'clear', 'clear')), ['resolved', null]);
});

test('what ends without being good says why', () => {
  assert.equal(to(onEnd(firing(), 1, 'retired')), ['resolved', 'retired']);
  assert.equal(to(onEnd(say(null, 0, 'clear', 'breach').alert as LiveAlert, 1, 'retired')), ['inactive', 'retired']);
});

test('keys hold no values, no host and no site, and are case-folded', () => {
  assert.is(alertKey('srv', 'disk-space', { path: '/Var', host: 'x', site: 'BER' }), 'srv/disk-space/path=/var');
  assert.is(alertKey('srv', 'load', {}), 'srv/load');
  assert.is(alertKey('srv', 'd', { b: '1', a: '2' }), alertKey('srv', 'd', { a: '2', b: '1' }));
});

test('whatever comes in whatever order: it fires only after `for`, changes only as the table allows, and the cheap look is right', () => {
  const status = fc.constantFrom<Status>('breach', 'hold', 'clear', 'none');
  const input = fc.record({
    after: fc.integer({ min: 1, max: 40 }),
    worse: status,
    milder: status,
    isGone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });
  const allowed: Record<string, readonly string[]> = {
    none: ['pending'],
    pending: ['firing', 'inactive'],
    firing: ['firing', 'unknown', 'resolved'],
    unknown: ['firing', 'resolved'],
  };
  fc.assert(
    fc.property(fc.array(input, { maxLength: 80 }), (inputs) => {
      let alert: LiveAlert | null = null;
      let now = 0;
      for (const { after, worse, milder, isGone } of inputs) {
        now += after;
        const before: LiveAlert | null = alert;
        const levels = [level(bad, worse), level(mild, milder)];
        const isNothing = before !== null && !isGone && changesNothing(before, levels, now * 1000);
        const step: AlertStep = before && isGone ? onGone(before, now * 1000) : say(before, now, worse, milder);
        alert = step.alert;
        const { transition } = step;
        if (isNothing) assert.is(transition, null, 'the cheap look saw nothing');
        if (!transition) continue;
        assert.ok(allowed[before?.state ?? 'none']?.includes(transition.to), `${before?.state} → ${transition.to}`);
        if (transition.to === 'firing' && before?.state === 'pending') {
          const since = alert?.clocks[transition.rule.id]?.breachedSince ?? Number.NaN;
          assert.ok(now * 1000 - since >= transition.rule.for_s * 1000);
        }
        if (transition.to !== 'pending' && alert) assert.type(alert.firedAt, 'number');
      }
    }),
    { numRuns: 1000 },
  );
});

test('absence', () => {
  const rule = defaultRules.find((each) => each.id === 'server-down') as Rule;
  const judged = (of: Partial<Endpoint>, minutes: number) => {
    const endpoint = { kind: 'server', state: 'lost', stateReason: 'silent', stateSince: 0, lastSeenAt: 0, ...of };
    return absence.judgeEndpoint(rule as never, endpoint as Endpoint, createMemory(), minutes * 60_000);
  };
  assert.is(judged({ stateReason: 'will' }, 0).status, 'breach');
  assert.is(judged({}, 9).status, 'none');
  assert.is(judged({}, 9).dueAt, 10 * 60_000);
  assert.is(judged({}, 10).status, 'breach');
  assert.is(judged({ lastSeenAt: null }, 10).status, 'breach');
  assert.is(judged({ state: 'offline', stateReason: 'restart' }, 5).status, 'none');
  assert.is(judged({ state: 'offline', stateReason: 'restart' }, 11).status, 'breach');
  assert.is(judged({ kind: 'workstation', stateReason: 'will' }, 0).status, 'none');
  assert.is(judged({ state: 'unknown' }, 1000).status, 'none');
  assert.is(judged({ state: 'never' }, 1000).status, 'none');
  assert.is(judged({ state: 'online' }, 0).status, 'clear');
});

test.run();
