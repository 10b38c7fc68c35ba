/** What waits becomes segments when it is enough, or has waited long enough. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTail } from '../../../collector/series/embedded/tail.ts';
import { BlockWriter, blockOf } from '../../../collector/series/journal/record.ts';

const test = suite('tail');
const gatherMs = 600_000;
const start = Date.UTC(2026, 0, 1);

/** One report with so many values. */
function block(id: number, values = 1) {
  const writer = new BlockWriter();
  writer.begin(1, 1, id, 1);
  const lines = Array.from({ length: values }, (_, n) => n);
  writer.group(start, lines, lines);
  writer.finish();
  return blockOf(id, writer.take());
}

test('few samples gather until their time has come', () => {
  const tail = createTail();
  tail.add(block(1));
  const seal = (now: number) => tail.seal({ upTo: 9, now, gatherMs })?.lastBlock;
  assert.is(seal(start), undefined);
  tail.add(block(2));
  assert.is(seal(start + gatherMs - 1), undefined);
  assert.is(seal(start + gatherMs), 2);
  tail.add(block(3));
  assert.is(seal(start + gatherMs), 2, 'the same again until it is dropped, without what came since');
  tail.drop();
  assert.is(seal(start + gatherMs), undefined, 'what came since gathers from now on');
  assert.is(seal(start + 2 * gatherMs), 3);
});

test('when asked for at once, nothing gathers', () => {
  const tail = createTail();
  tail.add(block(1));
  assert.is(tail.seal({ upTo: 0, now: start, gatherMs: 0 }), undefined, 'it came later');
  assert.is(tail.seal({ upTo: 1, now: start, gatherMs: 0 })?.lastBlock, 1);
});

test('many samples do not wait', () => {
  const tail = createTail();
  let id = 0;
  // Of 1.2 MB.
  for (let n = 0; n < 6; n++) tail.add(block(++id, 100_000));
  assert.is(tail.seal({ upTo: 99, now: start, gatherMs }), undefined);
  for (let n = 0; n < 2; n++) tail.add(block(++id, 100_000));
  assert.is(tail.seal({ upTo: 99, now: start, gatherMs })?.firstBlock, 1);
});

test('a clock that is set back does not make them wait longer', () => {
  const tail = createTail();
  tail.add(block(1));
  assert.is(tail.seal({ upTo: 1, now: start, gatherMs }), undefined);
  assert.is(tail.seal({ upTo: 1, now: start - gatherMs, gatherMs })?.lastBlock, 1);
});

test.run();
