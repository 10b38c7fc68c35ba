import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxRanges, Receipt } from '../../../collector/series/journal/receipt.ts';

const test = suite('receipt');
const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 }));

test('it knows exactly what was added, in any order and with any overlap', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), (ranges) => {
      const receipt = new Receipt();
      const all = new Set<number>();
      for (const [from, length] of ranges) {
        receipt.add(from, from + length);
        for (let seq = from; seq <= from + length; seq++) all.add(seq);
      }
      for (let seq = 1; seq <= 80; seq++) assert.is(receipt.has(seq), all.has(seq), String(seq));
      let through = 0;
      while (all.has(through + 1)) through += 1;
      assert.is(receipt.through, through);
    }),
  );
});

test('its ranges are ascending, never touch, and give the same receipt again', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), (ranges) => {
      const receipt = new Receipt();
      for (const [from, length] of ranges) receipt.add(from, from + length);
      let before = receipt.through;
      for (const [from, to] of receipt.also) {
        assert.ok(from > before + 1 && to >= from);
        before = to;
      }
      const again = new Receipt(receipt.through, receipt.also);
      assert.equal([again.through, again.also], [receipt.through, receipt.also]);
    }),
  );
});

test('it is full when there are too many gaps, and what closes one is still welcome', () => {
  const receipt = new Receipt();
  for (let i = 1; i <= maxRanges; i++) receipt.add(i * 3, i * 3);
  assert.ok(receipt.full);
  assert.ok(receipt.isApart(maxRanges * 3 + 10));
  assert.not(receipt.isApart(4));
  assert.not(receipt.isApart(1));
  receipt.add(1, 2);
  assert.is(receipt.through, 3);
  assert.not(receipt.full);
});

test('beyond the limit the lowest range is forgotten, and nothing is ever counted as received that was not', () => {
  const receipt = new Receipt();
  for (let i = 1; i <= maxRanges + 500; i++) receipt.add(i * 3, i * 3);
  assert.is(receipt.count, maxRanges);
  assert.equal([receipt.has(3), receipt.has(1500), receipt.has(1503)], [false, false, true]);
  assert.is(receipt.through, 0);
  receipt.add(1, 2);
  assert.is(receipt.through, 2, 'the forgotten 3 is not known any more');
  receipt.forgetRanges();
  assert.equal([receipt.through, receipt.also, receipt.has(1503)], [2, [], false]);
  receipt.add(3, 9);
  assert.is(receipt.through, 9);
});

test('a part of it is the lowest ranges', () => {
  const receipt = new Receipt(0, [
    [3, 4],
    [7, 7],
    [9, 12],
  ]);
  assert.equal(
    [receipt.lowest(0), receipt.lowest(2), receipt.lowest(9)],
    [
      [],
      [
        [3, 4],
        [7, 7],
      ],
      receipt.also,
    ],
  );
});

test.run();
