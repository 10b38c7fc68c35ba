/** Before an update the state is copied, a newer one is refused with the way back, and the way back works. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readRestored } from '../../../collector/own-backup/restored.ts';
import { keepCopy } from '../../../collector/state/before-updates.ts';
import { newestSchema, openState } from '../../../collector/state/open.ts';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { runCollector, temporaryFolder } from '../../support/processes.ts';

const test = suite('the state before an update');
const schema = readFileSync(new URL('../../fixtures/state/schema-003.sql', import.meta.url), 'utf8');

const schemaIn = (file: string) => {
  const database = new DatabaseSync(file, { readOnly: true });
  const name = database.prepare('select name from kysely_migration order by name desc limit 1').get()?.name;
  database.close();
  return name;
};

async function refusalOf(file: string): Promise<EvenkeelError> {
  try {
    await openState(file);
  } catch (thrown) {
    return thrown as EvenkeelError;
  }
  throw new Error('it was opened');
}

test('an old state is copied as it is, then brought to the newest schema; a second start copies nothing', async () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'state.db');
  const database = new DatabaseSync(file);
  database.exec(schema);
  database.exec("insert into settings (key, value) values ('mark', 'of then')");
  database.close();
  await (await openState(file)).destroy();
  assert.is(schemaIn(file), newestSchema);
  const copies = join(folder.path, 'before-updates');
  assert.equal(readdirSync(copies), ['state-003-backup-runs.db']);
  const copy = join(copies, 'state-003-backup-runs.db');
  assert.is(schemaIn(copy), '003-backup-runs');

  const { mtimeMs } = statSync(copy);
  await (await openState(file)).destroy();
  assert.is(statSync(copy).mtimeMs, mtimeMs);
  folder.remove();
});

test('three copies are kept, and one that cannot be made leaves the state as it is', async () => {
  const folder = temporaryFolder();
  const place = { driver: 'sqlite' as const, file: join(folder.path, 'state.db') };
  const copy = async (file: string) => writeFileSync(file, 'x');
  for (const name of ['001-first', '002-restore-tests', '010-second-half', '011-births', '012-refused-parts'])
    await keepCopy(place, null, name, copy);
  assert.equal(readdirSync(join(folder.path, 'before-updates')).sort(), [
    'state-010-second-half.db',
    'state-011-births.db',
    'state-012-refused-parts.db',
  ]);
  const full = async () => {
    throw new Error('database or disk is full');
  };
  await keepCopy(place, null, '013-bucket-and-owner', full).then(
    () => assert.unreachable('it was made'),
    (thrown: EvenkeelError) => {
      assert.is(thrown.code, 'BACKUP_REFUSED');
      assert.match(thrown.message, /disk is full/);
      assert.match(thrown.hint, /The state is as it was/);
    },
  );
  assert.is(readdirSync(join(folder.path, 'before-updates')).length, 3);
  folder.remove();
});

test('a newer state is refused with the line that goes back, and that line works', async () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'state.db');
  await (await openState(file)).destroy();
  const database = new DatabaseSync(file);
  await keepCopy({ driver: 'sqlite', file }, null, newestSchema, async (to) => database.exec(`vacuum into '${to}'`));
  database.exec("insert into kysely_migration (name, timestamp) values ('999-future', '2027')");
  database.exec("insert into settings (key, value) values ('of', 'the future')");
  database.close();
  const { code, message, hint } = await refusalOf(file);
  assert.is(code, 'DATA_NEWER');
  assert.match(message, /schema 999-future/);
  const line = /npm run collector -- (restore \S+ --data \S+)\.$/.exec(hint)?.[1];
  assert.ok(line, hint);
  const { code: exit, stdout, stderr } = await runCollector((line as string).split(' '), { EVENKEEL_STATE: '' }).ended;
  assert.is(exit, 0, stderr);
  assert.match(stdout, /Nothing is sent until an admin allows it/);
  const kept = join(folder.path, 'state-replaced-1.db');
  assert.is(schemaIn(kept), '999-future');
  assert.ok(existsSync(kept));
  const state = await openState(file);
  assert.is((await readRestored(state))?.isHeld, true);
  await state.destroy();
  // Nothing that is no copy of a state is put there.
  writeFileSync(join(folder.path, 'other.db'), 'not a database, but long enough to be looked at as one'.repeat(20));
  const other = await runCollector(['restore', join(folder.path, 'other.db'), '--data', folder.path]).ended;
  assert.is(other.code, 1);
  assert.match(other.stderr, /is damaged, or no copy of a state/);
  assert.is(schemaIn(file), newestSchema);
  folder.remove();
});

test.run();
