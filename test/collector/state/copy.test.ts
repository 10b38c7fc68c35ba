/** `state copy` in one process: each table, what cannot be copied, interrupted at any row, and a database that holds something. */
import { hash } from 'node:crypto';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CopiedState, copyToPostgres, type StateCopyParts } from '../../../collector/state/copy/copy-state.ts';
import { postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { sqliteTextIndex } from '../../../collector/state/drivers/sqlite-text-index.ts';
import { newestSchema, openState } from '../../../collector/state/open.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import { rowsOf } from '../../contract/state.ts';
import { postgresServer } from '../../support/postgres.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('state copy');
const server = await postgresServer();
if (typeof server === 'string') console.log(`\nSKIP postgres: ${server}`);
const onServer = typeof server === 'string' ? test.skip : test;
const pg = server as Exclude<typeof server, string>;
const folder = temporaryFolder();
test.after(() => folder.remove());
const file = join(folder.path, 'state.db');
let n = 0;
/** Rows of the table that is long enough to be interrupted in. */
const many = 12_000;

const filled = join(folder.path, 'filled.db');
const empty = 'copy-empty';

test.before(async () => {
  const state = await openState(file);
  for (const [table, row] of await rowsOf(state))
    await state
      .insertInto(table as 'sites')
      .values(row as never)
      .execute();
  // An index of the file alone, whose tables no other database has.
  await state.transaction().execute((db) => sqliteTextIndex.make(db));
  await state.destroy();
  change(
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${many}) insert into signals (endpoint, at, kind)
     select 'e' || i % 7, 9007199254740993 + i, 'online' from n`,
    `insert into sites (id, name, name_key, note, created_at, created_by, updated_at, updated_by) values ('s2', 's2', 's2',
     '${'long '.repeat(500_000)}', -9223372036854775808, '', 9223372036854775807, '')`,
    `insert into settings (key, value) values ('reserve', zeroblob(1000000))`,
  );
  copyFileSync(file, filled);
  if (typeof server !== 'string') await (await openState(postgresPlace(pg.url(empty), null, null))).destroy();
});

test.before.each(() => {
  for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
  copyFileSync(filled, file);
});

/** By another program than ours. */
function change(...statements: string[]): void {
  const database = new DatabaseSync(file);
  for (const statement of statements) database.exec(statement);
  database.close();
}

/** With tables and without rows; the first test makes them itself. */
function fresh(): string {
  pg.run('postgres', `create database "copy-${++n}" template "${empty}"`);
  return `copy-${n}`;
}
const placeOf = (database: string) => postgresPlace(`postgres://evenkeel@127.0.0.1:${pg.port}/${database}`, null, null);
const copy = (database: string, more: Partial<StateCopyParts> = {}): Promise<CopiedState> =>
  copyToPostgres({
    ...{ file, place: placeOf(database), replaceNul: false, now: () => 1, log: silentLog },
    ...{ signal: new AbortController().signal, progress: () => undefined },
    ...more,
  });
const refused = async (work: Promise<unknown>): Promise<EvenkeelError> => {
  const thrown = await work.then(
    (done) => assert.unreachable(JSON.stringify(done).slice(0, 500)),
    (error) => error,
  );
  assert.instance(thrown, EvenkeelError, String(thrown));
  return thrown;
};
const ask = (database: string, text: string) => pg.run(database, text).trim();
/** Ends the copy once this many rows of the long table are there. */
function endingAt(rows: number): Pick<StateCopyParts, 'progress' | 'signal'> {
  const ending = new AbortController();
  return {
    signal: ending.signal,
    progress: (phase) => Number(/^Copying signals, (\d+)/.exec(phase)?.[1] ?? 0) >= rows && ending.abort(),
  };
}

onServer('each table has the same rows there, and numbers go on after the last one', async () => {
  const database = 'copy-first';
  pg.url(database);
  const seen: [phase: string, part: number][] = [];
  const copied = await copy(database, { progress: (phase, done, total) => seen.push([phase, done / total]) });
  assert.equal([copied.differ, copied.chain.faults, copied.before, copied.replaced], [[], [], 0, []]);
  assert.ok(seen.some(([phase]) => phase === `Copying signals, 500 of ${many + 1} rows`));
  assert.ok(seen.every(([, part]) => part >= 0 && part <= 1));
  const state = await openState(placeOf(database));
  const here = await openState(file);
  try {
    const all = (await here.introspection.getTables()).map(({ name }) => name);
    const tables = all.filter((name) => !name.startsWith('search_index'));
    assert.ok(tables.length < all.length, 'the index is in the file');
    assert.ok(tables.length > 95);
    for (const table of tables.filter(
      (name) => !['signals', 'sites', 'settings', 'collectors', 'leases'].includes(name),
    ))
      assert.equal(
        await state
          .selectFrom(table as 'sites')
          .selectAll()
          .execute(),
        await here
          .selectFrom(table as 'sites')
          .selectAll()
          .execute(),
        table,
      );
    for (const row of ['collectors', 'leases'] as const)
      assert.equal(await state.selectFrom(row).selectAll().execute(), [], row);
    assert.equal(
      (await state.selectFrom('settings').select('key').execute()).filter(({ key }) => /reserve|copying/.test(key)),
      [],
    );
    // What no number of JavaScript holds.
    assert.is(ask(database, `select sum(at) from signals where id > 1`), sumInSqlite());
    assert.is(
      ask(database, `select length(note) || ' ' || created_at || ' ' || updated_at from sites where id = 's2'`),
      '2500000 -9223372036854775808 9223372036854775807',
    );
    const next = state.insertInto('signals').values({ endpoint: 'e', at: 1, kind: 'online' } as never);
    assert.is((await next.returning('id').executeTakeFirstOrThrow()).id, many + 2);
  } finally {
    await state.destroy();
    await here.destroy();
  }
});

function sumInSqlite(): string {
  const database = new DatabaseSync(file, { readOnly: true, readBigInts: true });
  const rows = database.prepare('select at from signals where id > 1').all() as { at: bigint }[];
  database.close();
  return String(rows.reduce((sum, { at }) => sum + at, 0n));
}

onServer('ended in the middle, no collector starts on it; run again it goes on where it was', async () => {
  const database = fresh();
  assert.is((await copy(database, endingAt(4000)).catch((thrown) => thrown)).name, 'AbortError');
  const half = await refused(openState(placeOf(database)));
  assert.is(half.code, 'STATE_REFUSED');
  assert.match(half.message, /holds a part of .*state\.db, whose copy has not ended/);
  assert.match(half.hint, /state copy --from sqlite --to postgres/);
  assert.is(ask(database, 'select count(*) from signals'), '4000');
  const copied = await copy(database);
  assert.ok(copied.before >= 4000, String(copied.before));
  assert.equal([copied.differ, copied.isAnew], [[], false]);
  await (await openState(placeOf(database))).destroy();
});

onServer('what has changed here since is copied anew, in a table that was whole as well', async () => {
  for (const [nth, statement] of [
    'update signals set at = at + 1 where id = 17',
    `update audit_log set name = 'another'`,
    'delete from signals where id > 100',
  ].entries()) {
    const database = fresh();
    await copy(database, endingAt(4000)).catch(() => undefined);
    change(statement);
    const copied = await copy(database);
    assert.equal([copied.differ, copied.isAnew], [[], true], `${nth}`);
  }
});

onServer('a database that holds something is left alone: rows, and the unfinished copy of another file', async () => {
  const database = fresh();
  const state = await openState(placeOf(database));
  await state.insertInto('settings').values({ key: 'one', value: '1' }).execute();
  await state.destroy();
  const rows = await refused(copy(database));
  assert.is(rows.code, 'COPY_REFUSED');
  assert.match(rows.message, /is not empty, it has rows in settings/);
  assert.match(rows.hint, /createdb -h 127\.0\.0\.1 .* copy-\d+-2/);
  assert.is(ask(database, 'select count(*) from signals'), '0');

  const half = fresh();
  await copy(half, endingAt(4000)).catch(() => undefined);
  pg.run(half, `update settings set value = replace(value, 'state.db', 'elsewhere.db') where key = 'copying'`);
  change('delete from signals where id = 5');
  const other = await refused(copy(half));
  assert.match(other.message, /an unfinished copy of .*elsewhere\.db/);
  assert.is(ask(half, 'select count(*) from signals'), '4000');
});

onServer('what PostgreSQL cannot hold is named before anything is copied', async () => {
  const database = fresh();
  change(
    `update sites set note = 'before' || char(0) || 'after' where id = 's2'`,
    `update endpoint_days set os = 'x' || char(0)`,
  );
  const nul = await refused(copy(database));
  assert.match(nul.message, /sites \(id = "s2"\): note has a NUL character at 7, after "before"/);
  assert.match(nul.message, /endpoint_days \(endpoint = /);
  assert.match(nul.hint, /--replace-nul/);
  assert.is(ask(database, 'select count(*) from signals'), '0');
  const copied = await copy(database, { replaceNul: true });
  assert.equal([copied.differ, copied.replaced.length], [[], 2]);
  assert.is(ask(database, `select note from sites where id = 's2'`), 'before\ufffdafter');

  change('update signals set last_seen = 1.5 where id = 3', `update signals set last_seen = 'soon' where id = 4`);
  const fraction = await refused(copy(fresh(), { replaceNul: true }));
  assert.match(fraction.message, /signals \(id = "3"\): last_seen holds 1\.5, no whole number/);
  assert.match(fraction.message, /signals \(id = "4"\): last_seen holds the text "soon"/);
});

onServer('a key that is too long for the index there is named with its table', async () => {
  const digits = Array.from({ length: 200 }, (_, i) => hash('sha256', String(i))).join('');
  change(`insert into settings (key, value) values ('${digits}', '')`);
  const long = await refused(copy(fresh(), { awayAtMostMs: 0 }));
  assert.is(long.code, 'COPY_REFUSED');
  assert.match(long.message, /one of the rows of settings up to key = .* was not taken: index row /s);
});

onServer('where the rows are not the same there, it says which table, and no collector starts on it', async () => {
  const database = fresh();
  await copy(database, endingAt(4000)).catch(() => undefined);
  pg.run(
    database,
    'create function less() returns trigger language plpgsql as $$ begin return null; end $$',
    'create trigger less before insert on watches for each row execute function less()',
    'update endpoints set kind_why = upper(kind_why)',
  );
  const copied = await copy(database);
  assert.equal(copied.differ, ['endpoints: as many rows, but not the same', 'watches: 0 rows there, 1 here']);
  assert.is((await refused(openState(placeOf(database)))).code, 'STATE_REFUSED');
});

onServer('a schema that is older or newer, here or there, is refused', async () => {
  const there = fresh();
  await (await openState(placeOf(there))).destroy();
  pg.run(there, `insert into kysely_migration values ('999-later', '2099')`);
  assert.match((await refused(copy(there))).message, /postgres:.* newer version \(schema 999-later/);
  change(`insert into kysely_migration values ('999-later', '2099')`);
  const newer = await refused(copy(fresh()));
  assert.match(newer.message, /state\.db: it was written by a newer version \(schema 999-later/);
  change(`delete from kysely_migration where name in ('999-later', '028-log-ins')`);
  assert.match((await refused(copy(fresh()))).message, /another build.* not 028-log-ins/);
  change(`insert into kysely_migration values ('028-log-ins', '2026-11-29T00:00:00.000Z')`);
  change(`delete from kysely_migration where name in ('999-later', '${newestSchema}')`);
  const older = await refused(copy(fresh()));
  assert.match(older.message, /was written by an older version/);
  assert.match(older.hint, /Start this version on it once/);
});

onServer('a server that is away in the middle is waited for, and one that stays away is named', async () => {
  const database = fresh();
  let stopped: Promise<void> | null = null;
  const stopOnce = (phase: string) => {
    if (phase !== `Copying signals, 4000 of ${many + 1} rows`) return;
    stopped ??= pg.stop().then(() => new Promise((done) => setTimeout(done, 300)).then(() => pg.start()));
  };
  const copied = await copy(database, { progress: stopOnce });
  assert.ok(stopped);
  await stopped;
  assert.equal(copied.differ, []);
  const ended: Promise<void>[] = [];
  const away = await refused(
    copy(fresh(), {
      awayAtMostMs: 0,
      progress: (phase) => phase.startsWith('Copying signals, 4000') && ended.push(pg.stop()),
    }),
  );
  await Promise.all(ended);
  await pg.start();
  assert.is(away.code, 'STATE_UNREACHABLE');
  assert.match(away.hint, /See that PostgreSQL runs/);
});

test.run();
