/** What could not be saved has not happened: whatever came, after undo() the rooms decide as if it had never come. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PolicyEvent } from '../../../collector/tickets/actions.ts';
import { createPolicy } from '../../../collector/tickets/policy.ts';
import { defaultPolicy } from '../../../collector/tickets/settings.ts';
import { createUndo } from '../../../collector/tickets/undo.ts';
import { randomFrom } from '../../support/random.ts';

const test = suite('undo');
const minute = 60_000;
/** Small limits, so that incidents, flapping and the budget come about often. */
const settings = { ...defaultPolicy, incidentEndpoints: 3, budget: 6 };

/** Events in the order of time, of few endpoints, checks and sites. Maintenance is not undone: nothing sends it yet. */
function eventsFrom(random: (below: number) => number, count: number, from: number): PolicyEvent[] {
  let at = from;
  return Array.from({ length: count }, (): PolicyEvent => {
    // No two at once: what is put back stands last among those that are due at the same instant.
    at += 1 + (random(3) === 0 ? random(40 * minute) : random(90_000));
    const endpoint = `e${random(8)}`;
    const check = `c${random(2)}`;
    const key = `${endpoint}/${check}`;
    switch (random(9)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return { type: 'fire', at, key, endpoint, check, site: random(5) === 0 ? null : 'BER' };
      case 4:
      case 5:
      case 6:
        return { type: 'recover', at, key };
      case 7:
        return { type: 'touch', at, key };
      default:
        return { type: 'close', at, key, mutedUntil: random(3) === 0 ? at + 30 * minute : null };
    }
  });
}

test('any events, then undo(): the same decisions as where they never came', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = randomFrom(seed);
    const tried = createPolicy(settings);
    const plain = createPolicy(settings);
    let at = Date.UTC(2026, 0, 5);
    for (let round = 0; round < 6; round++) {
      const lost = eventsFrom(random, 1 + random(25), at);
      for (const event of lost) tried.apply(event);
      if (random(2) === 0) tried.advance((lost.at(-1)?.at ?? at) + random(30) * minute);
      tried.undo();
      const where = `seed ${seed}, round ${round}`;
      assert.is(tried.nextDue(), plain.nextDue(), where);
      assert.equal(tried.firing().sort(), plain.firing().sort(), where);
      const kept = eventsFrom(random, 1 + random(25), at);
      for (const event of kept) assert.equal(tried.apply(event), plain.apply(event), where);
      at = (kept.at(-1)?.at ?? at) + minute;
      assert.equal(tried.advance(at), plain.advance(at), where);
      for (const { key } of kept as { key: string }[]) {
        assert.equal(tried.state(key), plain.state(key), where);
        assert.is(tried.isInIncident(key), plain.isInIncident(key), where);
      }
      tried.keep();
      plain.keep();
    }
  }
});

test('changes are taken back newest first, once; what is kept stays', () => {
  const restored: object[] = [];
  const { put, change, keep, undo } = createUndo((object: { n: number; text: string }) => void restored.push(object));
  const one = { n: 1, text: 'a' };
  const list: number[] = [];
  put(one, { n: 2 });
  keep();
  put(one, { n: 3 });
  list.push(1);
  change(() => list.pop());
  put(one, { text: 'b' });
  undo();
  assert.equal([one, list], [{ n: 2, text: 'a' }, []]);
  assert.is(restored.length, 2);
  undo();
  assert.equal(one, { n: 2, text: 'a' });
});

test.run();
