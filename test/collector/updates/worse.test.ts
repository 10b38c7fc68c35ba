/** Whether machines are worse off with a release than before it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AgentCondition, type BeforeAndAfter, worseThanBefore } from '../../../collector/updates/worse.ts';
import { usualUpdateNumbers } from '../../../shared/update-choices.ts';

const test = suite('worse than before');

const usual: AgentCondition = {
  ...{ hours: 24, restarts: 1, memory: [60, 61, 60, 62], cpu: [3, 4, 3, 4], isFailing: false },
  ...{ missing: 0, expected: 8640 },
};
const many = (n: number, after: (n: number) => Partial<AgentCondition> = () => ({})): BeforeAndAfter[] =>
  Array.from({ length: n }, (_, i) => ({ before: usual, after: { ...usual, hours: 4, ...after(i) } }));
const found = (machines: BeforeAndAfter[]) => worseThanBefore(machines, usualUpdateNumbers, 'canary');

test('as before, or nothing known: no reason to stop', () => {
  assert.is(found([]), null);
  assert.is(found(many(10, () => ({ restarts: 0 }))), null);
  assert.is(found(many(10, () => ({ restarts: 0, memory: [], cpu: [] }))), null);
  // One more start is no pattern, however short the time.
  assert.is(found(many(1, () => ({ restarts: 1, hours: 0.5 }))), null);
});

test('starts twice as often, memory or CPU half as much again, failing checks, reports that are missing', () => {
  assert.equal(found(many(10, () => ({ restarts: 1, hours: 4 })))?.why, 'restarts');
  const calm = { restarts: 0 };
  assert.equal(found(many(10, () => ({ ...calm, memory: [93, 94, 95] }))), {
    ...{ why: 'memory', ring: 'canary', found: 1.53, limit: 1.5 },
  });
  assert.is(found(many(10, () => ({ ...calm, memory: [90, 91, 92] }))), null);
  assert.equal(found(many(10, () => ({ ...calm, cpu: [6, 7, 8] })))?.why, 'cpu');
  assert.equal(found(many(10, (n) => ({ ...calm, isFailing: n === 0 })))?.why, 'checks');
  assert.is(found(many(11, (n) => ({ ...calm, isFailing: n === 0 }))), null);
  assert.equal(found(many(10, () => ({ ...calm, missing: 87 })))?.why, 'missing');
  assert.is(found(many(10, () => ({ ...calm, missing: 86 }))), null);
});

test.run();
