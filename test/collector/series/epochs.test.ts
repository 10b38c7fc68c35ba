/** Memory follows what an endpoint uses, not what it ever sent: epochs beyond a number are dropped, those in use never. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEpochs, epochsOfEndpoint } from '../../../collector/series/journal/epochs.ts';
import type { ReceiptRow } from '../../../collector/series/journal/journal.ts';

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

test.run();
