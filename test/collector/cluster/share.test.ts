import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buckets, sharesOf } from '../../../collector/cluster/share.ts';

const test = suite('cluster: shares');
const countsOf = (shares: Map<string, string>) =>
  [...Map.groupBy(shares.values(), (name) => name).values()].map(({ length }) => length).sort();

test('each bucket has one collector, and nobody has more than an even share', () => {
  for (const names of [['a'], ['a', 'b'], ['keel-1', 'keel-2', 'keel-3'], ['a', 'b', 'c', 'd', 'e', 'f', 'g']]) {
    const shares = sharesOf(names);
    assert.is(shares.size, 256);
    const most = Math.ceil(256 / names.length);
    for (const count of countsOf(shares)) assert.ok(count <= most, `${names}: ${countsOf(shares)}`);
  }
});

test('the order in which collectors are listed changes nothing', () => {
  assert.equal(sharesOf(['b', 'c', 'a']), sharesOf(['a', 'b', 'c']));
});

test('one that comes takes its share and moves little else', () => {
  const [before, after] = [sharesOf(['keel-1', 'keel-2']), sharesOf(['keel-1', 'keel-2', 'keel-3'])];
  const moved = buckets.filter((bucket) => after.get(bucket) !== before.get(bucket));
  const elsewhere = moved.filter((bucket) => after.get(bucket) !== 'keel-3');
  assert.is(moved.length - elsewhere.length, [...after.values()].filter((name) => name === 'keel-3').length);
  assert.ok(elsewhere.length <= 40, `${elsewhere.length} buckets moved between those that were there`);
});

test.run();
