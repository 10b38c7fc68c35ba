/** Every table says what becomes of its rows when an endpoint is erased, and texts lose its names and nothing else. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eraseRows, erasure, withoutNames } from '../../../collector/state/erasure.ts';
import { openState } from '../../../collector/state/open.ts';
import { putEndpoint } from '../../support/fleet-history.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('erasure');

test('each table of the database is in the list, and each statement of the list is one', async () => {
  const state = await openState(freshPlace());
  const found = (await state.introspection.getTables()).filter(({ name }) => !name.startsWith('kysely_'));
  assert.equal(
    found.filter(({ name }) => !Object.hasOwn(erasure, name)).map(({ name }) => name),
    [],
  );
  assert.ok(found.length > 50);
  const id = await putEndpoint(state, 7);
  const other = await putEndpoint(state, 8);
  await state.transaction().execute((db) => eraseRows(db, [id], [{ name: 'box-0007', id, isUnmistakable: true }]));
  const names = await state.selectFrom('endpoints').select(['id', 'name']).orderBy('id').execute();
  assert.equal(
    names.map((row) => [row.id, row.name]),
    [
      [id, id],
      [other, 'box-0008'],
    ],
  );
  await state.destroy();
});

test('a name is replaced where it is a whole word, of whatever case; a plain word only beside its id', () => {
  const without = (text: string, name = 'db-1.x', isUnmistakable = true) =>
    withoutNames(text, [{ name, id: 'e1', isUnmistakable }]);
  for (const [text, left] of [
    ['db-1.x is down, DB-1.X!', 'e1 is down, e1!'],
    ['my-db-1.x, db-1.x2, db-1.x-old, db-1yx', 'my-db-1.x, db-1.x2, db-1.x-old, db-1yx'],
    ['{"name":"db-1.x","host":"db-1.x.example"}', '{"name":"e1","host":"e1.example"}'],
    ['ü db-1.x東', 'ü db-1.x東'],
  ] as const)
    assert.is(without(text), left);
  const kept =
    '{"endpoint":{"id":"e1","name":"laptop","site":null},"title":"a laptop","other":{"id":"e2","name":"laptop"}}';
  assert.is(without(kept, 'laptop', false), kept.replace('"id":"e1","name":"laptop"', '"id":"e1","name":"e1"'));
});

test.run();
