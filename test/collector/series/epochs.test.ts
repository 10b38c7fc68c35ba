/** Memory follows what an endpoint uses, not what it ever sent: epochs beyond a number are dropped, those in use never. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createEpochs,
  type Epochs,
  epochsOfEndpoint,
  rangesOfEndpoint,
  rowOf,
} from '../../../collector/series/journal/epochs.ts';
import type { ReceiptRow } from '../../../collector/series/journal/journal.ts';
import { maxRanges } from '../../../collector/series/journal/receipt.ts';

const test = suite('epochs');
const name = (n: number) => n.toString(16).padStart(32, '0');
const many = 5 * epochsOfEndpoint;

test('epochs without end are dropped, with their rows; what is in use and the neighbour stay', () => {
  const epochs = createEpochs([], () => null);
  const inUse = epochs.of(1, name(0), 1000);
  epochs.received(inUse, 1, 1, 1000, 7);
  const neighbour = epochs.of(2, name(0), 1000);
  for (let n = 1; n <= many; n++) {
    epochs.received(epochs.of(1, name(n), 1000 + n), 1, 9, 1000 + n);
    // As a commit does.
    epochs.fresh.splice(0, epochs.fresh.length);
    epochs.takeChanged(10);
  }
  const left = Array.from({ length: many + 1 }, (_, n) => epochs.find(1, name(n))).filter(Boolean);
  assert.ok(left.length <= epochsOfEndpoint, `${left.length} epochs`);
  assert.ok(epochs.isSame(epochs.find(1, name(0)) as typeof inUse, 1, 7), 'the one in use is known with its content');
  assert.ok(epochs.find(1, name(many)), 'and so is the newest');
  assert.is(epochs.byId(neighbour.id), neighbour);
  const dropped = epochs.takeDropped();
  assert.is(dropped.length, many + 1 - left.length);
  assert.ok(dropped.every((id) => epochs.byId(id) === undefined));
  assert.equal(epochs.takeDropped(), []);
});

test('what is not saved yet is never dropped', () => {
  const epochs = createEpochs([], () => null);
  epochs.of(2, name(0), 1);
  for (let n = 0; n < many; n++) epochs.of(1, name(n), 1);
  assert.is(epochs.fresh.length, many + 1);
  for (const epoch of epochs.fresh) assert.is(epochs.byId(epoch.id), epoch);
});

test('a journal that a flood has swollen is opened with as many as are remembered', () => {
  const rows = Array.from({ length: many }, (_, n): ReceiptRow => {
    return { id: n + 1, endpoint: 1, epoch: name(n), through: 1, also: [], digests: null, seenAt: n };
  });
  const epochs = createEpochs(rows, () => null);
  assert.is(rows.filter(({ id }) => epochs.byId(id)).length, epochsOfEndpoint);
  assert.is(epochs.takeDropped().length, many - epochsOfEndpoint);
  assert.is(epochs.of(1, 'new', 1).id, many + 1, 'numbers of dropped ones are not used again');
});

/** Ranges of the first `count` epochs of this endpoint together. */
function rangesOf(epochs: Epochs, endpoint: number, count: number): number {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += epochs.find(endpoint, name(n))?.receipt.count ?? 0;
  return sum;
}

test('gaps in many epochs: ranges are bounded for the endpoint, and what had no gap before it stays known', () => {
  const epochs = createEpochs([], () => null);
  const neighbour = epochs.of(2, name(0), 0);
  for (const seq of [3, 5, 7]) epochs.received(neighbour, seq, seq, 0);
  let most = 0;
  for (let round = 0; round < 100; round++)
    for (let n = 0; n < epochsOfEndpoint; n++) {
      const at = round * epochsOfEndpoint + n;
      const epoch = epochs.of(1, name(n), at);
      if (round === 0) epochs.received(epoch, 1, 4, at);
      const seq = 6 + 2 * round;
      epochs.received(epoch, seq, seq, at);
      assert.ok(epoch.receipt.has(seq), 'what has just come is known');
      assert.is(epoch.receipt.through, 4, 'nothing that did not come counts as received');
      most = Math.max(most, at % 997 === 0 ? rangesOf(epochs, 1, epochsOfEndpoint) : 0);
    }
  assert.ok(most <= rangesOfEndpoint, `${most} ranges`);
  assert.ok(most > rangesOfEndpoint / 2, `${most} ranges: no more is forgotten than must be`);
  assert.equal(
    neighbour.receipt.also,
    [
      [3, 3],
      [5, 5],
      [7, 7],
    ],
    'others lose nothing',
  );
  const forgotten = epochs.takeForgotten();
  assert.equal([...forgotten.keys()], [1]);
  assert.is(forgotten.get(1), 100 * epochsOfEndpoint - rangesOf(epochs, 1, epochsOfEndpoint));
  assert.equal(epochs.takeForgotten().size, 0);
});

test('the epoch in use keeps as many ranges as one may have, beside one of before', () => {
  const epochs = createEpochs([], () => null);
  const of = (n: number, at: number) => epochs.of(1, name(n), at);
  for (const [n, ranges] of [
    [0, maxRanges],
    [1, 50],
    [2, maxRanges],
  ] as const)
    for (let i = 1; i <= ranges; i++) epochs.received(of(n, n), i * 2, i * 2, n);
  assert.is(of(0, 9).receipt.count, 0, 'that used longest ago');
  assert.is(of(1, 9).receipt.count, 50);
  assert.is(of(2, 9).receipt.count, maxRanges);
});

test('a journal with too many ranges is opened with as many as are kept, those used last, and is saved so', () => {
  const rows = Array.from({ length: 10 }, (_, n): ReceiptRow => {
    const also = Array.from({ length: 5000 }, (_, i): [number, number] => [10 + 2 * i, 10 + 2 * i]);
    return { id: n + 1, endpoint: 1, epoch: name(n), through: 8, also, digests: null, seenAt: n };
  });
  const epochs = createEpochs(rows, () => null);
  const counts = Array.from({ length: 10 }, (_, n) => epochs.find(1, name(n))?.receipt.count);
  assert.equal(counts, [0, 0, 0, 0, 0, 0, 0, 5000, 5000, 5000]);
  assert.is(epochs.find(1, name(0))?.receipt.through, 8);
  const saved = epochs.takeChanged(100).map(rowOf);
  assert.equal(
    saved.map(({ also }) => also.length),
    [0, 0, 0, 0, 0, 0, 0],
  );
});

test.run();
