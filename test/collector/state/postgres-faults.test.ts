/** A database that cannot be used, or goes away: said so that a person can mend it, tried again, and nothing lost or twice. */
import { createServer } from 'node:net';
import { type Kysely, sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRetryWhileBusy } from '../../../collector/intake/retry-while-busy.ts';
import type { Database } from '../../../collector/state/database.ts';
import { postgres } from '../../../collector/state/drivers/postgres.ts';
import { type PostgresPlace, postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { awaitState, openState, type State } from '../../../collector/state/open.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import { freePort } from '../../support/port.ts';
import { type PostgresServer, postgresServer } from '../../support/postgres.ts';
import { openProxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

const test = suite('PostgreSQL that fails');
const found = await postgresServer();
let n = 0;
// A message that waits keeps no process alive, which is right, but not here.
const alive = setInterval(() => {}, 1000);
test.after(() => clearInterval(alive));
const never = new AbortController().signal;

function check(what: string, work: (server: PostgresServer, place: PostgresPlace) => Promise<void>): void {
  test(what, async () => {
    if (typeof found === 'string') console.log(`\nSKIP postgres: ${found}`);
    else await work(found, postgresPlace(found.url(`faults_${++n}`), null, null));
  });
}

const refusalOf = (work: Promise<unknown>): Promise<EvenkeelError> =>
  work.then(
    () => {
      throw new Error('it was not refused');
    },
    (thrown) => {
      if (thrown instanceof EvenkeelError) return thrown;
      throw thrown;
    },
  );

const setting = (key: string) => ({ key, value: 'x' });
const add = (state: Kysely<Database>, key: string) => state.insertInto('settings').values(setting(key)).execute();
const keys = async (state: State) =>
  (await state.selectFrom('settings').select('key').orderBy('key').execute()).map(({ key }) => key);

check('wrong password, unknown user, missing database', async (server, place) => {
  server.run('postgres', "create role locked login password 'right'");
  const wrong = await refusalOf(openState({ ...place, user: 'locked', password: 'my wrong secret' }));
  assert.is(wrong.code, 'STATE_REFUSED');
  assert.match(wrong.message, /postgres:\/\/locked@127\.0\.0\.1:\d+\/faults_1 cannot be used: password authentication/);
  assert.match(wrong.hint, 'state_password_file');
  assert.not.match(JSON.stringify([wrong, wrong.stack, wrong.cause]), 'secret');
  const none = await refusalOf(openState({ ...place, user: 'locked', password: null }));
  assert.is(none.code, 'STATE_REFUSED');
  assert.match(none.message, 'asks for a password, and there is none');
  const missing = await refusalOf(openState({ ...place, database: 'nowhere' }));
  assert.is(missing.code, 'STATE_REFUSED');
  assert.match(missing.message, '"nowhere" does not exist');
  assert.match(missing.hint, 'createdb');
});

check('a user who may not make tables; one who may only read, also when all is there', async (server, place) => {
  server.run('postgres', 'create role reader login');
  const early = await refusalOf(openState({ ...place, user: 'reader' }));
  assert.is(early.code, 'STATE_REFUSED');
  assert.match(early.hint, 'owner');
  await (await openState(place)).destroy();
  server.run(place.database, 'grant select on all tables in schema public to reader');
  const late = await refusalOf(openState({ ...place, user: 'reader' }));
  assert.is(late.code, 'STATE_REFUSED');
  assert.match(late.message, 'permission denied');
  server.run('postgres', `alter database ${place.database} set default_transaction_read_only = on`);
  const standby = await refusalOf(openState(place));
  assert.is(standby.code, 'STATE_REFUSED');
  assert.match(standby.message, 'read-only');
});

check('tables of another program, and an encoding that cannot hold every name', async (server, place) => {
  server.run(place.database, 'create table users (id text)');
  const taken = await refusalOf(openState(place));
  assert.is(taken.code, 'STATE_REFUSED');
  assert.match(taken.hint, 'database of its own');
  assert.is(server.run(place.database, "select count(*) from pg_tables where tablename = 'sessions'").trim(), '0');
  server.run('postgres', "create database latin encoding 'LATIN1' locale 'C' template template0");
  const latin = await refusalOf(openState({ ...place, database: 'latin' }));
  assert.match(latin.message, 'LATIN1');
  assert.is(server.run('latin', "select count(*) from pg_tables where schemaname = 'public'").trim(), '0');
});

check('no one listens, or a server that accepts and stalls: after 5 s it is said', async (_, place) => {
  const away = await refusalOf(openState({ ...place, port: await freePort() }));
  assert.is(away.code, 'STATE_UNREACHABLE');
  assert.match(away.message, 'ECONNREFUSED');
  // At once, and after the log-in: AuthenticationOk and ReadyForQuery.
  const stall = async (said: string) => {
    const mute = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(Buffer.from(said, 'hex')));
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const begun = performance.now();
    const stalled = await refusalOf(openState({ ...place, port }));
    assert.is(stalled.code, 'STATE_UNREACHABLE');
    assert.match(stalled.message, 'no answer within 5 s');
    assert.ok(performance.now() - begun < 7000);
    mute.close();
  };
  await Promise.all([stall(''), stall('5200000008000000005a0000000549')]);
});

check(
  'a start waits for a database that is just starting, and not for what a person must mend',
  async (server, place) => {
    await server.stop();
    const attempts: unknown[] = [];
    const log = { ...silentLog, warn: ({ attempt }: { attempt?: number }) => void attempts.push(attempt) };
    const waiting = awaitState(place, log, never);
    await until(() => attempts.length === 3, 10_000, 'the third line, which is that of the fourth attempt');
    assert.equal(attempts, [1, 2, 4]);
    await server.start();
    const state = await waiting;
    await state.destroy();
    const begun = performance.now();
    assert.is((await refusalOf(awaitState({ ...place, database: 'nowhere' }, silentLog, never))).code, 'STATE_REFUSED');
    assert.is((await refusalOf(awaitState({ ...place, port: 1 }, silentLog, never, 0))).code, 'STATE_UNREACHABLE');
    const stopped = awaitState({ ...place, port: 1 }, silentLog, AbortSignal.timeout(300));
    assert.is((await refusalOf(stopped)).code, 'STATE_UNREACHABLE');
    assert.ok(performance.now() - begun < 3000);
  },
);

check(
  'the server ends under an open state: changes fail at once, wait where they must, and go on',
  async (server, place) => {
    const state = await openState(place);
    await add(state, 'before');
    await server.stop();
    const begun = performance.now();
    for (let i = 0; i < 200; i++) assert.is((await refusalOf(add(state, 'meanwhile'))).code, 'STATE_UNAVAILABLE');
    assert.ok(performance.now() - begun < 2000, 'each is refused at once');
    const kept = createRetryWhileBusy(silentLog)(() => add(state, 'waited'));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await server.start();
    await kept;
    assert.equal(await keys(state), ['before', 'waited']);
    await state.destroy();
  },
);

check(
  'a transaction whose connection is lost leaves nothing, and says that it may be repeated',
  async (server, place) => {
    const state = await openState(place);
    const lost = await refusalOf(
      state.transaction().execute(async (db) => {
        await db.insertInto('settings').values(setting('half')).execute();
        server.run(
          'postgres',
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${place.database}'`,
        );
        await db.insertInto('settings').values(setting('whole')).execute();
      }),
    );
    assert.is(lost.code, 'STATE_UNAVAILABLE');
    assert.equal(await keys(state), []);
    await state.destroy();
  },
);

const together = (state: State) => state.transaction().execute((db) => add(db, 'one'));
const alone = (state: State) => add(state, 'one');

for (const [what, cut, there, work] of [
  ['before it arrives: it has not happened', 'drop', false, together],
  ['before the answer comes back: it has happened, once', 'cut', true, together],
  ['of a change outside a transaction, before it arrives', 'drop', false, alone],
  ['of a change outside a transaction, before the answer', 'cut', true, alone],
] as const)
  check(`the connection is lost at \`commit\`, ${what}`, async (server, place) => {
    const proxy = await openProxy(server.port);
    const state = await openState({ ...place, port: proxy.port });
    let cuts = 0;
    proxy.watch((piece) => (piece.includes('commit\0') && cuts++ === 0 ? cut : 'pass'));
    const result = await work(state).then(
      () => 'done',
      (thrown: EvenkeelError) => thrown.code,
    );
    assert.is(cuts, 1);
    assert.is(result, there ? 'done' : 'STATE_UNAVAILABLE');
    assert.equal(await keys(state), there ? ['one'] : []);
    await state.destroy();
    await proxy.close();
  });

check('a lock that another session holds: given up in order, and used again when it is free', async (_, place) => {
  const [state, other] = [await openState(place), await openState(place)];
  const [freed, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = other.transaction().execute(async (db) => {
    await sql`lock table settings`.execute(db);
    held.resolve();
    await freed.promise;
  });
  await held.promise;
  const late = await refusalOf(add(state, 'lost'));
  assert.is(late.code, 'STATE_UNAVAILABLE');
  assert.match(String((late.cause as Error).message), 'lock timeout');
  freed.resolve();
  await holding;
  await add(state, 'kept');
  assert.equal(await keys(state), ['kept']);
  for (const one of [state, other]) await one.destroy();
});

check(
  'a server that stands still in the middle: given up after 15 s, and used again when it goes on',
  async (server, place) => {
    const [state, other] = [await openState(place), await openState(place)];
    server.signal('SIGSTOP');
    const begun = performance.now();
    const late = await refusalOf(add(state, 'lost'));
    const took = performance.now() - begun;
    assert.is(late.code, 'STATE_UNAVAILABLE');
    const { message } = late.cause as Error;
    for (const part of [place.database, 'no answer within 15 s', 'See that PostgreSQL runs'])
      assert.match(message, part);
    assert.ok(took > 14_000 && took < 18_000, `${took} ms`);
    const ending = performance.now();
    await other.destroy();
    assert.ok(performance.now() - ending < 3000, 'the end does not wait for it');
    server.signal('SIGCONT');
    await createRetryWhileBusy(silentLog)(() => add(state, 'kept'));
    assert.equal(await keys(state), ['kept'], 'what was given up does not happen later');
    await state.destroy();
  },
);

check(
  'an older schema is changed once no collector works on it; two that start at once do not both change it',
  async (server, place) => {
    // As two machines that get the same settings.
    const both = await Promise.all([openState(place), openState(place)]);
    const [running] = both;
    await both[1].destroy();
    const release = await postgres.attend(place, running, silentLog, never);
    // As a version before the last migration has left it.
    server.run(place.database, 'delete from kysely_migration where name = (select max(name) from kysely_migration)');
    const applied = () => server.run(place.database, 'select count(*) from kysely_migration').trim();
    const before = applied();
    const lines: string[] = [];
    const stopped = new AbortController();
    const log = { ...silentLog, warn: (_: object, text: string) => void lines.push(text) };
    const refusing = refusalOf(awaitState(place, log, stopped.signal));
    await until(() => lines.includes('The database is in use; tried again'), 5000, 'the line in the log');
    stopped.abort();
    const refused = await refusing;
    assert.is(refused.code, 'STATE_REFUSED');
    assert.match(refused.message, 'another collector works on it');
    assert.is(applied(), before);
    release();
    await running.destroy();
  },
);

check(
  'a second collector on the same database is refused and told whose it is; a freed one is taken, also after a break',
  async (server, place) => {
    const lines: string[] = [];
    const log = { ...silentLog, warn: (_: object, text: string) => void lines.push(text) };
    const [first, second] = [await openState(place), await openState(place)];
    const release = await postgres.attend(place, first, silentLog, never);
    const stopped = new AbortController();
    const refusing = refusalOf(postgres.attend(place, second, log, stopped.signal));
    await until(() => lines.length > 0, 5000, 'the line in the log');
    stopped.abort();
    const refused = await refusing;
    assert.is(refused.code, 'STATE_REFUSED');
    assert.match(refused.message, /another collector works on it \(from 127\.0\.0\.1, since 20\d\d-/);
    assert.match(refused.hint, 'a database of its own');
    // Its own lock is no other's.
    (await postgres.attend(place, first, silentLog, never))();
    const waiting = postgres.attend(place, second, log, never);
    server.run('postgres', "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'");
    (await waiting)();
    release();
    await first.destroy();
    await second.destroy();
  },
);

test.run();
