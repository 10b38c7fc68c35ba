/** The value of an alert that fires on: its row follows once a minute, and costs what has changed. */
import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isOnPostgres } from '../../support/state.ts';
import { full, GiB, minute, openScene, type Reading, type Scene, second } from './scene.ts';

const rules = [{ id: 'disk-space', for_s: 0 }];
const fullAt = (used_percent: number): Reading => [
  'disk',
  { used_percent, free: GiB },
  { path: '/var', device: '/dev/sdb1' },
];

/** The database itself counts what is written. */
async function countWrites(s: Scene): Promise<() => Promise<number>> {
  await sql`create table writes (alert text)`.execute(s.state);
  const note = sql`insert into writes values (new.id);`;
  if (isOnPostgres)
    await sql`create function note() returns trigger language plpgsql as $$ begin ${note} return new; end $$`.execute(
      s.state,
    );
  const work = isOnPostgres ? sql`for each row execute function note()` : sql`begin ${note} end`;
  await sql`create trigger seen after update on alerts ${work}`.execute(s.state);
  return async () => (await sql`select alert from writes`.execute(s.state)).rows.length;
}

async function pass(s: Scene, ms: number) {
  s.pass(ms);
  await s.alerts.tick(s.now());
}

const test = suite('values of alerts');

test('only values that have changed are written, also after a restart', async () => {
  const endpoints = { a: 'server', b: 'server', c: 'server' } as const;
  const before = await openScene({ endpoints, rules, policy: { openDelay: 0 } });
  for (const id of ['a', 'b', 'c']) await before.say(id, full);
  const s = await before.restart();
  const written = await countWrites(s);
  await pass(s, 2 * minute);
  assert.is(await written(), 0, 'nothing has changed');
  for (const id of ['a', 'b', 'c']) await s.say(id, full);
  s.pass(10 * second);
  await s.say('a', full);
  await s.say('b', fullAt(93.5));
  await pass(s, 2 * minute);
  assert.is(await written(), 1);
  assert.equal((await s.alertRows()).map(({ endpoint, value }) => [endpoint, value]).sort(), [
    ['a', 92],
    ['b', 93.5],
    ['c', 92],
  ]);
  await s.close();
});

test('the first sample after a restart has its value saved, too', async () => {
  const before = await openScene({ rules });
  await before.say('srv', full);
  const s = await before.restart();
  s.pass(10 * second);
  await s.say('srv', fullAt(94));
  await pass(s, 2 * minute);
  assert.is((await s.alertRows())[0]?.value, 94);
  await s.close();
});

test('a value that could not be saved is saved a minute later', async () => {
  const s = await openScene({ rules });
  await s.say('srv', full);
  await pass(s, 2 * minute);
  await s.state.schema.alterTable('alerts').renameTo('elsewhere').execute();
  s.pass(10 * second);
  await s.say('srv', fullAt(94));
  s.pass(2 * minute);
  await s.alerts.tick(s.now()).then(
    () => assert.unreachable('it could not be saved'),
    ({ message }: Error) => assert.match(message, /alerts/),
  );
  await s.state.schema.alterTable('elsewhere').renameTo('alerts').execute();
  await pass(s, 2 * minute);
  assert.is((await s.alertRows())[0]?.value, 94);
  await s.close();
});

test('the event loop turns while thousands of values are saved', async () => {
  const ids = Array.from({ length: 3000 }, (_, n) => `srv-${n}`);
  const s = await openScene({ endpoints: Object.fromEntries(ids.map((id) => [id, 'server'])), rules });
  const report = (reading: Reading) =>
    Promise.all([...s.fleet.all()].map((endpoint) => s.alerts.onReport(endpoint, s.report(reading), true)));
  await report(full);
  await pass(s, 2 * minute);
  s.pass(10 * second);
  await report(fullAt(94));
  let [turns, isOver] = [0, false];
  const counted = (async () => {
    for (; !isOver; turns++) await new Promise((resolve) => setImmediate(resolve));
  })();
  await pass(s, 2 * minute);
  isOver = true;
  await counted;
  assert.ok(turns > 2, `only ${turns} turns`);
  assert.ok((await s.alertRows()).every(({ value }) => value === 94));
  await s.close();
});

test.run();
