import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutEffect } from '../../dashboards/web/pages/on-call/without-effect.ts';

const shift = (start: number, end: number, user: string | null, by: 'layer' | 'gap' | 'override' = 'layer') => {
  return { start, end, user, by, isOff: false };
};
const shifts = [shift(0, 10, 'ann'), shift(10, 20, 'bob'), shift(20, 30, null, 'gap')];

test('a stand-in for one person changes nothing where another one or nobody is on call, before it is saved and after', () => {
  const wish = { from: 5, to: 25, user: 'admin', replace: 'ann' };
  const idle = [
    { start: 10, end: 20, user: 'bob' },
    { start: 20, end: 25, user: null },
  ];
  assert.equal(withoutEffect(shifts, wish), idle);
  const saved = [shift(0, 5, 'ann'), shift(5, 10, 'admin', 'override'), ...shifts.slice(1)];
  assert.equal(withoutEffect(saved, wish), idle);
  assert.equal(withoutEffect(shifts, { ...wish, to: 10 }), []);
  assert.equal(withoutEffect(shifts, { ...wish, replace: null }), [], 'whoever it is');
});

test.run();
