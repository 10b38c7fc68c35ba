/** A state that is out there has these migrations, in this order: what is new comes after all of them, or an update is refused. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openState } from '../../../collector/state/open.ts';

/** To add one: a line at its end, once people have it. No line is ever moved, renamed or taken out. */
const list = readFileSync(new URL('../../fixtures/state/migrations.txt', import.meta.url), 'utf8');

test('what was given to people stays as it is, and new migrations come after it', async () => {
  const given = list.trim().split('\n');
  const state = await openState(':memory:');
  const rows = await state
    .selectFrom('kysely_migration' as never)
    .select('name' as never)
    .orderBy('name' as never)
    .execute();
  await state.destroy();
  const names = rows.map((row) => (row as { name: string }).name);
  assert.equal(names.slice(0, given.length), given);
  assert.ok(names.slice(given.length).every((name) => name > (given.at(-1) as string)));
});

test.run();
