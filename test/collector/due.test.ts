import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDueQueue } from '../../collector/due.ts';
import { randomFrom } from '../support/random.ts';

const test = suite('due queue');

interface Entry {
  key: string;
  at: number;
}

/** The plain way: a list that is sorted at each look. Sorting is stable, so equal instants keep their order. */
function sortedList() {
  let list: Entry[] = [];
  const first = () => list.toSorted((a, b) => a.at - b.at)[0];
  return {
    set(key: string, at: number | null) {
      if (at !== null && list.find((entry) => entry.key === key)?.at === at) return;
      list = list.filter((entry) => entry.key !== key);
      if (at !== null) list.push({ key, at });
    },
    take(now: number) {
      const entry = first();
      if (!entry || entry.at > now) return undefined;
      list = list.filter((one) => one !== entry);
      return entry;
    },
    next: () => first()?.at ?? null,
  };
}

test('whatever is set, moved, taken out and taken: like a sorted list', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomFrom(seed);
    const queue = createDueQueue();
    const list = sortedList();
    // Few keys move often and leave many entries behind; many keys make a deep heap.
    const keys = 1 + random(60);
    for (let step = 0; step < 600; step++) {
      const what = random(10);
      if (what < 6) {
        const key = `k${random(keys)}`;
        const at = random(40);
        queue.set(key, at);
        list.set(key, at);
      } else if (what < 7) {
        const key = `k${random(keys)}`;
        queue.set(key, null);
        list.set(key, null);
      } else if (what < 9) {
        const now = random(40);
        assert.equal(queue.take(now), list.take(now), `seed ${seed}, step ${step}`);
      } else assert.is(queue.next(), list.next(), `seed ${seed}, step ${step}`);
    }
    for (let entry = list.take(100); entry; entry = list.take(100))
      assert.equal(queue.take(100), entry, `seed ${seed}`);
    assert.is(queue.take(100), undefined);
    assert.is(queue.next(), null);
  }
});

test('nothing is due before its instant; a key stands in it once', () => {
  const queue = createDueQueue();
  queue.set('a', 10);
  queue.set('a', 20);
  assert.is(queue.take(19), undefined);
  assert.equal(queue.take(20), { key: 'a', at: 20 });
  assert.is(queue.take(99), undefined);
  queue.set('a', 30);
  queue.clear();
  assert.is(queue.next(), null);
});

test.run();
