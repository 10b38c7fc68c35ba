/** Wrong log-ins are slowed per address and per name, and the right person is never locked out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAttempts } from '../../../collector/doors/attempts.ts';
import { networkOf } from '../../../collector/doors/network.ts';

let now = 0;
const fresh = () => createAttempts(() => now);

/** How many are looked at before the first has to wait. */
function tries(attempts: ReturnType<typeof fresh>, name: () => string, address: () => string, most = 1000): number {
  for (let n = 0; n < most; n++) if (attempts.begin(name(), address()) > 0) return n;
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
  assert.ok(attempts.begin('ada', '192.0.2.1') > 0);
  assert.is(attempts.begin('ada', '192.0.2.2'), 0, 'others are not concerned');
  now += 10_000;
  assert.is(attempts.begin('ada', '192.0.2.1'), 0);
  assert.ok(attempts.begin('ada', '192.0.2.1') > 0);
});

test('one name has a hundred from all over the world, in whatever letters it is typed', () => {
  const attempts = fresh();
  let n = 0;
  const anywhere = () => `198.51.${100 + (n >> 8)}.${n++ & 255}`;
  assert.is(
    tries(attempts, () => (n % 2 === 0 ? 'ada' : 'ADA'), anywhere),
    100,
  );
  assert.is(attempts.begin('grace', '203.0.113.9'), 0, 'another name is not concerned');
});

test('who was right at an address before gets in there while it is flooded with guesses', () => {
  const attempts = fresh();
  assert.is(attempts.begin('ada', '192.0.2.1'), 0);
  attempts.right('ada', '192.0.2.1');
  const guessed = () => '198.51.100.7';
  tries(attempts, () => 'ada', guessed);
  let n = 0;
  tries(
    attempts,
    () => `other${n++}`,
    () => '192.0.2.1',
  );
  for (let day = 0; day < 50; day++) {
    assert.is(attempts.begin('ada', '192.0.2.1'), 0, `log-in ${day}`);
    attempts.right('ada', '192.0.2.1');
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
    assert.is(attempts.begin(`user${n}`, '192.0.2.1'), 0, `user ${n}`);
    attempts.right(`user${n}`, '192.0.2.1');
  }
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
