/** Wrong log-ins are slowed per address and per name, and the right person is never locked out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAllowances } from '../../../collector/doors/allowance.ts';
import { type Asker, createAttempts } from '../../../collector/doors/attempts.ts';
import { networkOf } from '../../../collector/doors/network.ts';

let now = 0;
const fresh = () => createAttempts(() => now);
const waitOf = (attempts: ReturnType<typeof fresh>, name: string, address: string, more: Partial<Asker> = {}) =>
  attempts.begin({ name, address, ...more }).waitMs;

/** How many are looked at before the first has to wait. */
function tries(attempts: ReturnType<typeof fresh>, name: () => string, address: () => string, most = 1000): number {
  for (let n = 0; n < most; n++) if (attempts.begin({ name: name(), address: address() }).waitMs > 0) return n;
  return most;
}

test('one address has twenty wrong ones at once, whatever names it tries, and then one in ten seconds', () => {
  const attempts = fresh();
  let n = 0;
  assert.is(
    tries(
      attempts,
      () => `user${n++}`,
      () => '192.0.2.1',
    ),
    20,
  );
  assert.ok(waitOf(attempts, 'ada', '192.0.2.1') > 0);
  assert.is(waitOf(attempts, 'ada', '192.0.2.2'), 0, 'others are not concerned');
  now += 10_000;
  assert.is(waitOf(attempts, 'ada', '192.0.2.1'), 0);
  assert.ok(waitOf(attempts, 'ada', '192.0.2.1') > 0);
});

test('one name has a hundred from all over the world, in whatever letters it is typed', () => {
  const attempts = fresh();
  let n = 0;
  const anywhere = () => `198.51.${100 + (n >> 8)}.${n++ & 255}`;
  assert.is(
    tries(attempts, () => (n % 2 === 0 ? 'ada' : 'ADA'), anywhere),
    100,
  );
  assert.is(waitOf(attempts, 'grace', '203.0.113.9'), 0, 'another name is not concerned');
});

test('who was right at an address before gets in there while it is flooded with guesses', () => {
  const attempts = fresh();
  attempts.begin({ name: 'ada', address: '192.0.2.1' }).right();
  const guessed = () => '198.51.100.7';
  tries(attempts, () => 'ada', guessed);
  let n = 0;
  tries(
    attempts,
    () => `other${n++}`,
    () => '192.0.2.1',
  );
  for (let day = 0; day < 50; day++) {
    const attempt = attempts.begin({ name: 'ada', address: '192.0.2.1' });
    assert.equal([attempt.waitMs, attempt.isKnown], [0, true], `log-in ${day}`);
    attempt.right();
  }
  assert.is(
    tries(
      attempts,
      () => 'ada',
      () => '192.0.2.1',
    ),
    10,
    'guesses at a known name from a known address are slowed as well',
  );
});

test('right ones are not counted', () => {
  const attempts = fresh();
  for (let n = 0; n < 500; n++) {
    const attempt = attempts.begin({ name: `user${n}`, address: '192.0.2.1' });
    assert.equal([attempt.waitMs, attempt.isKnown], [0, false], `user ${n}`);
    attempt.right();
  }
});

test('a device cookie has ten of its own, is then worth nothing for hours, and takes nothing from others', () => {
  const attempts = fresh();
  const [name, address] = ['ada', '192.0.2.1'];
  tries(
    attempts,
    () => name,
    () => address,
  );
  const stolen = { device: 'stolen' };
  for (let n = 0; n < 10; n++) assert.is(waitOf(attempts, name, address, stolen), 0, `guess ${n}`);
  assert.ok(waitOf(attempts, name, address, stolen) > 0, 'counted as without it, and there all are used up');
  assert.is(waitOf(attempts, name, '192.0.2.9', stolen), 0, 'as anybody from elsewhere');
  assert.is(waitOf(attempts, name, address, { device: 'mine' }), 0, 'that of the owner is another one');
  now += 3_600_000;
  for (let n = 0; n < 30; n++) waitOf(attempts, 'somebody', address);
  let left = 0;
  while (waitOf(attempts, name, address, stolen) === 0) left++;
  assert.is(left, 10, 'full again after 50 min, not fuller');
});

test('a session is counted by itself, whatever strangers do to the name and the address', () => {
  const attempts = fresh();
  let n = 0;
  const anywhere = () => `198.51.${100 + (n >> 8)}.${n++ & 255}`;
  tries(attempts, () => 'ada', anywhere);
  tries(
    attempts,
    () => 'ada',
    () => '192.0.2.1',
  );
  assert.ok(waitOf(attempts, 'ada', '192.0.2.1') > 0);
  for (let guess = 0; guess < 10; guess++) assert.is(waitOf(attempts, 'ada', '192.0.2.1', { session: 'one' }), 0);
  assert.ok(waitOf(attempts, 'ada', '192.0.2.1', { session: 'one' }) > 0);
  assert.is(waitOf(attempts, 'ada', '192.0.2.1', { session: 'other' }), 0);
});

test('what was not looked at does not count', () => {
  const attempts = fresh();
  for (let n = 0; n < 500; n++) {
    const attempt = attempts.begin({ name: 'ada', address: '192.0.2.1' });
    assert.is(attempt.waitMs, 0, `the one before was given back (${n})`);
    attempt.giveBack();
  }
});

test('an address that has to wait takes nothing from the names that it goes on with', () => {
  const attempts = fresh();
  for (let n = 0; n < 1000; n++) waitOf(attempts, 'ada', '192.0.2.1');
  let m = 0;
  assert.is(
    tries(
      attempts,
      () => 'ada',
      () => `198.51.100.${m++}`,
    ),
    80,
    'a hundred, but for the twenty that were looked at',
  );
});

test('counters of keys that strangers choose are bounded; the one used longest ago goes first', () => {
  const counters = createAllowances({ burst: 1, perSecond: 1 / 3600, atMost: 1000, monotonic: () => now });
  counters.take('first', 1);
  counters.take('second', 1);
  for (let n = 0; n < 100_000; n++) counters.waitFor(`only asked ${n}`);
  assert.ok(counters.waitFor('first') > 0, 'asking keeps nothing');
  for (let n = 0; n < 998; n++) counters.take(`other ${n}`, 1);
  counters.take('first', 0);
  counters.take('one more', 1);
  assert.ok(counters.waitFor('first') > 0, 'used since');
  assert.is(counters.waitFor('second'), 0, 'forgotten');
});

test('all addresses that one customer of a provider has are one', () => {
  for (const [address, network] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
  ] as const)
    assert.is(networkOf(address), network, address);
});

test.run();
