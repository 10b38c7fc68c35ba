/** What a costly answer is worth: how long it is kept, and who waits for it. */
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createKept } from '../../../collector/kpi/kept.ts';

const second = 1000;

/** Answers are numbered; each takes `takes` ms, and comes when `finish` is called. */
function scene(takes: number) {
  let at = 1_800_000_000_000;
  let count = 0;
  let waiting: (() => void)[] = [];
  const kept = createKept<number>({ now: () => at, monotonic: () => at });
  const compute = () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const own = ++count;
    waiting.push(() => resolve(own));
    return promise;
  };
  return {
    kept,
    pass(ms: number) {
      at += ms;
    },
    async finish() {
      at += takes;
      for (const done of waiting) done();
      waiting = [];
      await turn();
    },
    ask: () => kept.get('month', compute),
    computed: () => count,
  };
}

test('a cheap answer is kept for half a minute, and computed anew at once after a change', async () => {
  const { kept, ask, finish, pass } = scene(100);
  const first = ask();
  await finish();
  assert.is(await first, 1);
  pass(29 * second);
  assert.is(await ask(), 1);
  kept.changed();
  const again = ask();
  await finish();
  assert.is(await again, 2);
  pass(31 * second);
  const third = ask();
  await finish();
  assert.is(await third, 3);
});

test('who asks meanwhile waits for the same answer', async () => {
  const { ask, finish, computed } = scene(5000);
  const both = [ask(), ask()];
  await finish();
  assert.equal(await Promise.all(both), [1, 1]);
  assert.is(computed(), 1);
});

test('a costly one is answered as it was, while one new one is computed, with rests between', async () => {
  const { kept, ask, finish, pass, computed } = scene(8000);
  const first = ask();
  await finish();
  await first;
  pass(150 * second);
  assert.is(await ask(), 1);
  assert.is(computed(), 1, 'rests for twenty times what it took');
  kept.changed();
  assert.is(await ask(), 1, 'nobody waits');
  assert.is(await ask(), 1);
  assert.is(computed(), 2, 'computed once');
  await finish();
  assert.is(await ask(), 2);
  kept.changed();
  pass(30 * second);
  assert.is(await ask(), 2);
  assert.is(computed(), 2, 'not again so soon');
});

test('nobody is answered with one of over an hour ago', async () => {
  const { ask, finish, pass } = scene(8000);
  const first = ask();
  await finish();
  await first;
  pass(3601 * second);
  const late = ask();
  await finish();
  assert.is(await late, 2);
});

test('a failure is told to who waits, and not kept; one beside leaves the old answer', async () => {
  let at = 0;
  const kept = createKept<number>({ now: () => at, monotonic: () => at });
  const fail = () => Promise.reject(new Error('database away'));
  await kept.get('month', fail).then(
    () => assert.unreachable('answered'),
    ({ message }) => assert.is(message, 'database away'),
  );
  const slow = async () => {
    at += 5000;
    return 7;
  };
  const began = kept.get('month', slow);
  assert.is(await began, 7);
  await turn();
  at += 200 * second;
  assert.is(await kept.get('month', fail), 7);
  await turn();
  assert.is(await kept.get('month', fail), 7, 'tried again beside it');
});

test('of many questions the oldest are forgotten', async () => {
  const { kept } = scene(0);
  let computed = 0;
  const compute = async () => ++computed;
  for (let n = 0; n < 30; n++) await kept.get(`site ${n}`, compute);
  await kept.get('site 29', compute);
  assert.is(computed, 30);
  await kept.get('site 0', compute);
  assert.is(computed, 31);
});

test.run();
