import { mock } from 'node:test';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHousekeeping } from '../../../collector/state/housekeeping.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { until } from '../../support/until.ts';

const day = 86_400_000;

function house(state: State, at: { now: number }, fails = false) {
  const done: string[] = [];
  const clock = { now: () => at.now, monotonic: () => at.now };
  const chores = [
    { name: 'first', run: async () => (fails ? Promise.reject(new Error('no')) : done.push('first')) },
    { name: 'second', run: async () => done.push('second') },
  ];
  return { done, keeping: createHousekeeping({ state, clock, log: silentLog, chores }) };
}

test('each chore is done once a day, also over a restart, and a missed night is caught up', async () => {
  const state = await openState(':memory:');
  const at = { now: 100 * day };
  const one = house(state, at);
  await one.keeping.runDue();
  await one.keeping.runDue();
  assert.equal(one.done, ['first', 'second']);
  await one.keeping.stop();
  const two = house(state, at);
  await two.keeping.runDue();
  assert.equal(two.done, []);
  at.now += 3 * day;
  await two.keeping.runDue();
  assert.equal(two.done, ['first', 'second']);
  await two.keeping.stop();
  await state.destroy();
});

test('a chore that fails keeps no other from being done, and is tried again', async () => {
  const state = await openState(':memory:');
  const at = { now: 100 * day };
  const bad = house(state, at, true);
  await bad.keeping.runDue();
  assert.equal(bad.done, ['second']);
  await bad.keeping.stop();
  const good = house(state, at);
  await good.keeping.runDue();
  assert.equal(good.done, ['first']);
  await good.keeping.stop();
  await state.destroy();
});

test('a chore that the stop breaks off is no failure, and runs at the next start', async () => {
  const state = await openState(':memory:');
  const stopped = new AbortController();
  const said: string[] = [];
  const log = {
    ...silentLog,
    info: (_: unknown, text: string) => void said.push(`info ${text}`),
    error: (_: unknown, text: string) => void said.push(`error ${text}`),
  };
  const broken = async () => {
    stopped.abort();
    stopped.signal.throwIfAborted();
  };
  const chores = [
    { name: 'broken off', run: broken },
    { name: 'not begun', run: async () => void said.push('not begun') },
  ];
  const clock = { now: () => 100 * day, monotonic: () => 0 };
  const parts = { state, clock, log: log as never, chores };
  await createHousekeeping({ ...parts, stopped: stopped.signal }).runDue();
  assert.equal(said, ['info A nightly chore was broken off; it runs at the next start']);
  const again = createHousekeeping({ ...parts, chores: chores.slice(1) });
  await again.runDue();
  assert.is(said.at(-1), 'not begun');
  await again.stop();
  await state.destroy();
});

test('the night comes by the clock that is handed in, once, and also after the clock was set back', async () => {
  mock.timers.enable({ apis: ['setInterval'] });
  const state = await openState(':memory:');
  const at = { now: Date.parse('2026-11-01T03:30:00Z') };
  const { done, keeping } = house(state, at);
  try {
    await keeping.runDue();
    assert.is(done.length, 2, 'at the start');
    at.now = Date.parse('2026-11-02T03:16:59Z');
    mock.timers.tick(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.is(done.length, 2, 'not before 03:17');
    at.now = Date.parse('2026-11-02T03:17:00Z');
    mock.timers.tick(60_000);
    mock.timers.tick(60_000);
    await until(() => done.length === 4, 5000, 'the night');
    at.now = Date.parse('2026-10-31T12:00:00Z');
    mock.timers.tick(60_000);
    await until(() => done.length === 6, 5000, 'the night of the clock that was set back');
  } finally {
    await keeping.stop();
    await state.destroy();
    mock.timers.reset();
  }
});

test.run();
