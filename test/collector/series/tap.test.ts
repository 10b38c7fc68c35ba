import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend, BackendParts, JournalTail } from '../../../collector/series/backend.ts';
import { type BlockTap, tapped } from '../../../collector/series/tap.ts';

const test = suite('tap of blocks');

test('a block is kept before the journal lets go of it, erased before the backend erases, closed first', async () => {
  const order: string[] = [];
  const note = (what: string) => void order.push(what);
  const tap: BlockTap = {
    open: ({ lastBlock }) => note(`tap open ${lastBlock}`),
    write: ({ id }) => note(`tap write ${id}`),
    keep: () => note('tap keep'),
    erase: () => note('tap erase'),
    close: async () => note('tap close'),
  };
  const journal = { lastBlock: 7, advance: async () => note('journal advance') } as unknown as JournalTail;
  let tail: JournalTail | undefined;
  const open = tapped((parts) => {
    tail = parts.journal;
    return {
      write: ({ id }: { id: number }) => note(`backend write ${id}`),
      erase: async () => note('backend erase'),
      close: async () => note('backend close'),
    } as unknown as Backend;
  }, tap);
  const backend = open({ journal } as BackendParts);
  backend.write({ id: 8, bytes: new Uint8Array() });
  await tail?.advance(8, () => undefined);
  // Rows of the backend alone: nothing leaves.
  await tail?.advance(null, () => undefined);
  await backend.erase([]);
  await backend.close();
  assert.equal(order, [
    ...['tap open 7', 'tap write 8', 'backend write 8', 'tap keep', 'journal advance', 'journal advance'],
    ...['tap erase', 'backend erase', 'tap close', 'backend close'],
  ]);
});

test.run();
