/** State on a full disk: the reserve carries it, and without one the failure is reported as what it is. */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { willPass } from '../../../collector/intake/retry-while-busy.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { freeBytes, keepReserve } from '../../../collector/state/reserve.ts';
import { silentLog } from '../../../shared/log.ts';
import { type SmallDisk, smallDisk } from '../../support/small-disk.ts';

const test = suite('state on a full disk');

async function onFullDisk(work: (state: State, disk: SmallDisk) => Promise<void>, reserved: boolean): Promise<void> {
  const disk = smallDisk(48);
  if (typeof disk === 'string') {
    console.log(`\nSKIP tmpfs: ${disk}`);
    return;
  }
  const state = await openState(join(disk.path, 'state.db'));
  const end = reserved ? await keepReserve({ state, log: silentLog }) : () => undefined;
  try {
    disk.fill();
    await work(state, disk);
  } finally {
    end();
    await state.destroy();
    disk.remove();
  }
}

let n = 0;
const write = (state: State) =>
  state.transaction().execute(async (db) => {
    await db
      .insertInto('settings')
      .values({ key: `key ${++n}`, value: 'x'.repeat(8000) })
      .execute();
  });

test('the reserve takes hundreds of changes', () =>
  onFullDisk(async (state) => {
    assert.ok((await freeBytes(state)) > 7e6);
    for (let i = 0; i < 400; i++) await write(state);
  }, true));

test('without room a change fails as one that will pass, and does once there is room', () =>
  onFullDisk(async (state, disk) => {
    const failures: unknown[] = [];
    for (let i = 0; i < 800 && failures.length < 3; i++) await write(state).catch((thrown) => failures.push(thrown));
    assert.is(failures.length, 3);
    for (const thrown of failures) assert.ok(willPass(thrown), String(thrown));
    disk.free();
    await write(state);
  }, false));

test.run();
