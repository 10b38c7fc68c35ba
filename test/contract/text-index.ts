/** What the index of each database must do, and do alike. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { driverOf, type StatePlace } from '../../collector/state/drivers/index.ts';
import type { TermWays, TextIndex } from '../../collector/state/drivers/text-index.ts';
import { openState, type State } from '../../collector/state/open.ts';

/** @param makePlace an empty database; or why there is none */
export function textIndexContract(name: string, makePlace: () => string | Promise<StatePlace>): void {
  const test = suite(`index of terms: ${name}`);
  let [state, index]: [State | null, TextIndex | null] = [null, null];

  test.before(async () => {
    const place = makePlace();
    if (typeof place === 'string') {
      console.log(`SKIP index of terms, ${name}: ${place}`);
      if (process.env.CI) throw new Error(place);
      return;
    }
    state = await openState(await place);
    index = (await driverOf(await place)).textIndex;
  });
  test.after(async () => {
    await state?.destroy();
  });

  const inside = <T>(work: (db: Parameters<TextIndex['make']>[0], of: TextIndex) => Promise<T>) =>
    (state as State).transaction().execute((db) => work(db, index as TextIndex));
  async function ids(groups: readonly TermWays[], all: boolean): Promise<number[]> {
    const from = (index as TextIndex).matches(groups, all).as('i');
    const rows = await (state as State).selectFrom(from).select(['i.id', 'i.score']).orderBy('i.score').execute();
    return rows.map(({ id }) => Number(id));
  }
  const when = (title: string, work: () => Promise<void>) => test(title, async () => void (state && (await work())));

  when('it is there once it was made, and empty when it is made again', async () => {
    assert.is(await inside((db, of) => of.isThere(db)), false);
    await inside((db, of) => of.make(db));
    assert.is(await inside((db, of) => of.isThere(db)), true);
    await inside((db, of) => of.put(db, [{ id: 1, title: ['printer'], body: ['paper'] }]));
    assert.equal(await ids([[['paper']]], true), [1]);
    await inside((db, of) => of.make(db));
    assert.equal(await ids([[['paper']]], true), []);
  });

  when('terms of titles and texts are found in any script, all of a way and any of the ways', async () => {
    await inside((db, of) =>
      of.put(db, [
        { id: 1, title: ['printer', 'jam'], body: ['paper', 'tray'] },
        { id: 2, title: ['ぷり', 'りん', 'んた'], body: ['印刷', '紙づ'] },
        { id: 3, title: ['wifi'], body: ['printer', '0x80070005', 'übung', 'принтер'] },
      ]),
    );
    assert.equal(await ids([[['ぷり', 'りん', 'んた']]], true), [2]);
    assert.equal(await ids([[['принтер']]], true), [3]);
    assert.equal(await ids([[['0x80070005']]], true), [3]);
    assert.equal(await ids([[['ぷり', 'paper']]], true), [], 'no text has both');
    assert.equal((await ids([[['wifi'], ['ぷり', 'んた']]], true)).sort(), [2, 3]);
    assert.equal(await ids([[['printer']], [['tray']]], true), [1]);
    assert.equal((await ids([[['tray']], [['wifi']]], false)).sort(), [1, 3]);
    assert.equal(await ids([[['printer']]], true), [1, 3], 'a word in the title comes first');
  });

  when('what is removed is found no more, and may come again', async () => {
    await inside((db, of) => of.remove(db, [1, 3]));
    assert.equal(await ids([[['printer']]], true), []);
    await inside((db, of) => of.put(db, [{ id: 1, title: ['scanner'], body: [] }]));
    assert.equal(await ids([[['scanner']]], true), [1]);
    assert.equal(await ids([[['tray']]], true), []);
  });

  when('a change that is rolled back was never in it', async () => {
    const back = new Error('back');
    const work = inside(async (db, of) => {
      await of.put(db, [{ id: 9, title: ['ghost'], body: [] }]);
      throw back;
    });
    await work.catch((thrown) => assert.is(thrown, back));
    assert.equal(await ids([[['ghost']]], true), []);
  });

  when('what is no term never is an operator of the query', async () => {
    for (const text of ['" OR "', "'", 'a:*', '\\', 'NEAR(', 'x" AND "y', "') | ('", 'scanner:*'])
      assert.equal(await ids([[['scanner', text]]], true), [1], text);
  });

  test.run();
}
