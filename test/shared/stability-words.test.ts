/** What the sentences about the index name. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Stability } from '../../shared/api.ts';
import { limitingParts, unclearBecause } from '../../shared/stability.ts';

const names = (limitedBy: string | null, lost: Record<string, number>) =>
  limitingParts({
    index: { limitedBy: limitedBy === null ? null : { part: limitedBy, score: 0, band: 'poor' } },
    parts: Object.entries(lost).map(([part, points]) => ({ part, lost: points })),
  } as unknown as Stability).map(({ part }) => part);

test('all parts that took nearly the most are named, and the one with the lowest score', () => {
  assert.equal(names('major_incidents', { servers: 3, major_incidents: 20, lost_hours: 20 }), [
    'major_incidents',
    'lost_hours',
  ]);
  assert.equal(names('response', { servers: 19.4, response: 20 }), ['response']);
  assert.equal(names('response', { servers: 19.6, response: 20 }), ['response', 'servers']);
  assert.equal(names('response', { servers: 25, response: 20 }), ['servers', 'response']);
  assert.equal(names(null, { servers: 0, response: 0 }), []);
});

test('a difference that is not clear has a reason: late facts of either, else the ranges', () => {
  const because = (provisional: boolean, other: boolean) =>
    unclearBecause({ provisional, compared: { provisional: other } } as unknown as Stability);
  assert.equal(
    [because(true, false), because(false, true), because(false, false)],
    ['provisional', 'provisional', 'range'],
  );
});

test.run();
