/**
 * `state copy` as an administrator runs it, on the state of a collector that has lived: killed in the middle and gone on with,
 * then the collector is started on either database and answers the same.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answersOf, differing } from '../support/every-answer.ts';
import { fillLived, livedMs } from '../support/lived.ts';
import { postgresServer } from '../support/postgres.ts';
import { runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('state copy, as it is run');
const found = await postgresServer();
if (typeof found === 'string') console.log(`\nSKIP postgres: ${found}`);
const onServer = typeof found === 'string' ? test.skip : test;
const server = found as Exclude<typeof found, string>;
const folder = temporaryFolder();
const data = join(folder.path, 'data');
test.after(() => folder.remove());

const startAt = Date.parse('2026-11-02T00:00:00+09:00');
const endAt = startAt + livedMs;
/** Rows of one table, so that there is a middle. */
const many = 40_000;
test.before(async () => {
  if (typeof found === 'string') return;
  await fillLived(data, startAt);
  const database = new DatabaseSync(join(data, 'state.db'));
  database.exec(`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${many})
    insert into losses (endpoint, epoch, from_seq, to_seq, reason, count, received_at)
    select (select min(id) from endpoints), '00000000000000000000000000000' || i, i, i + 1, 'spool_full', 1, ${startAt} + i from n`);
  database.close();
});

const address = (database: string) => `postgres://evenkeel@127.0.0.1:${server.port}/${database}`;
const copying = (url: string, ...more: string[]) =>
  runCollector(
    ['state', 'copy', '--from', 'sqlite', '--to', 'postgres', '--data', data, '--url', url, ...more],
    { EVENKEEL_STATE: '' },
    folder.path,
  );
const count = (database: string, from: string) => Number(server.run(database, `select count(*) from ${from}`));

onServer('killed in the middle, run again, and started: all of it is there, and the chain holds', async () => {
  server.url('kept');
  const killed = copying(address('kept'));
  await until(
    () => count('kept', `pg_class where relname = 'losses'`) > 0 && count('kept', 'losses') > 2000,
    60_000,
    'the middle',
  );
  killed.child.kill('SIGKILL');
  await killed.ended;
  const there = count('kept', 'losses');
  assert.ok(there > 0 && there < many, `${there} rows`);
  const half = await runCollector(['start', '--data', join(folder.path, 'other')], { EVENKEEL_STATE: address('kept') })
    .ended;
  assert.is(half.code, 1);
  assert.match(
    half.stderr,
    /it holds a part of .*state\.db, whose copy has not ended.*\nLet it end: npm run collector -- state copy/,
  );

  const again = await copying(address('kept')).ended;
  assert.is(again.code, 0, again.stderr);
  const [, rows, before] =
    /^(\d+) rows of \d+ tables were copied to .*, (\d+) of them by an earlier run/.exec(again.stdout) ?? [];
  assert.ok(Number(before) >= there && Number(before) < Number(rows), again.stdout);
  assert.match(again.stdout, /Read back and compared: (\d+) of \1 tables are the same/);
  assert.match(again.stdout, new RegExp(`state: "${address('kept')}"\n`));
  const checked = await runCollector(['audit', 'check', '--data', data], { EVENKEEL_STATE: address('kept') }).ended;
  assert.is(checked.code, 0, checked.stdout + checked.stderr);
  assert.match(checked.stdout, /Entries {3}[1-9]\d+\n.*\nThe audit log is whole/s);

  const twice = await copying(address('kept')).ended;
  assert.is(twice.code, 1);
  assert.match(twice.stderr, /is not empty, it has rows in \w+\.\nNothing was changed/);
});

onServer('the collector answers the same on either database, whatever it is asked', async () => {
  server.url('asked');
  const copied = await copying(address('asked')).ended;
  assert.is(copied.code, 0, copied.stderr);
  const asking = { data, at: endAt, from: startAt };
  const here = await answersOf({ ...asking, own: join(folder.path, 'on-file') });
  const there = await answersOf({
    ...{ ...asking, own: join(folder.path, 'on-server') },
    env: { EVENKEEL_STATE: address('asked') },
  });
  const good = [...here.values()].filter((answer) => answer.startsWith('200 ')).length;
  console.log(`\nFIGURE state copy: ${here.size} questions, ${good} answered with 200`);
  assert.equal(differing(here, there), []);
  assert.ok(good > 80, `${good} of ${here.size}`);
});

onServer('what is wrong is said, and nothing is copied', async () => {
  const port = `127.0.0.1:${server.port}`;
  server.url('locked-out');
  server.run('postgres', `create user locked password 'sesame-7'`, 'create user reader');
  server.run('locked-out', 'grant select on all tables in schema public to reader');
  const password = join(folder.path, 'password');
  writeFileSync(password, 'sesame-8\n', { mode: 0o600 });
  const cases: [words: Parameters<typeof copying>, code: number, said: RegExp][] = [
    [
      [`postgres://locked@${port}/locked-out`, '--password-file', password],
      1,
      /cannot be used: .*password authentication failed.*\nCheck the user in `state`, and the password in the file/,
    ],
    [[`postgres://locked@${port}/locked-out`], 1, /asks for a password, and there is none/],
    [
      [`postgres://locked:sesame-7@${port}/locked-out`],
      2,
      /a password in --url, which every user of this machine can read/,
    ],
    [
      [`postgres://evenkeel@${port}/missing`],
      1,
      /database "missing" does not exist\.\nCreate it: createdb -h 127\.0\.0\.1/,
    ],
    [
      [`postgres://reader@${port}/locked-out`],
      1,
      /permission denied for schema public\.\nLet the user own the database/,
    ],
    [[`mysql://evenkeel@${port}/x`], 2, /--url "mysql:.*\/x", which is not the address of a PostgreSQL database/],
    [['evenkeel:sesame-7@somewhere/x'], 2, /--url "evenkeel:…@somewhere\/x", which is not the address/],
    [
      [address('locked-out'), '--password-file', join(folder.path, 'none')],
      2,
      /--password-file ".*none", which cannot/,
    ],
    [
      [address('locked-out'), '--data', join(folder.path, 'nothing')],
      1,
      /There is no data of a collector in .*nothing/,
    ],
  ];
  for (const [words, code, said] of cases) {
    const { stderr, stdout, code: ended } = await copying(...words).ended;
    assert.match(stderr, said, `${said}: ${stderr}`);
    assert.equal([ended, stdout], [code, '']);
    assert.not.match(stderr, /sesame/);
  }
  const own = join(folder.path, 'running');
  cpSync(data, own, { recursive: true });
  const collector = await startCollector(own, [], { EVENKEEL_STATE: '' });
  try {
    const inUse = await copying(address('locked-out'), '--data', own).ended;
    assert.is(inUse.code, 1);
    assert.match(inUse.stderr, /in use by another collector \(process \d+\)\.\nStop that collector first/);
  } finally {
    collector.child.kill('SIGTERM');
    await collector.ended;
  }
  assert.is(count('locked-out', `pg_class where relname = 'losses'`), 0);
});

test.run();
