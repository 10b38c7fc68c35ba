/** The chain of the audit log: what is done to it outside this program is found, and named. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chainRest, lookAtChain } from '../../../collector/state/audit-chain.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { runCollector } from '../../support/processes.ts';

const test = suite('chain of the audit log');
let collector: InProcess;
const sent: { head: string; seq: number; hash: string }[] = [];
const keeper = createServer(async (request, response) => {
  sent.push(JSON.parse((await Array.fromAsync(request, String)).join('')));
  response.end();
});

test.before(async () => {
  await new Promise<void>((resolve) => keeper.listen(0, '127.0.0.1', resolve));
  const { port } = keeper.address() as AddressInfo;
  collector = await openCollector({
    settings: `audit: { head_url: "http://127.0.0.1:${port}/keep" }\noutgoing: { allow: [127.0.0.1] }\n`,
  });
  for (const name of ['Berlin', 'Osaka', 'Lima', 'Oslo', 'Quito'])
    assert.is((await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name } })).status, 201);
});
test.after(async () => {
  await collector.close();
  keeper.close();
});

const look = (outside: { seq: number; hash: string } | null = null) => lookAtChain(collector.state, outside);
/** What somebody with the database does, seen by the check, and undone. */
async function tampered(statement: ReturnType<typeof sql>, undo: ReturnType<typeof sql>): Promise<string[]> {
  await statement.execute(collector.state);
  const { faults } = await look();
  await undo.execute(collector.state);
  return faults;
}

test('every entry is in it, also of many at once', async () => {
  const many = Array.from({ length: 12 }, (_, n) =>
    collector.call('/api/v1/groups', { method: 'POST', as: 'admin', body: { name: `Group ${n}` } }),
  );
  for (const { status } of await Promise.all(many)) assert.is(status, 201);
  const { entries, faults, head } = await look();
  const [{ n } = { n: 0 }] = (await sql<{ n: number }>`select count(*) as n from audit_log`.execute(collector.state))
    .rows;
  assert.equal([faults, entries, head.seq], [[], Number(n), Number(n)]);
});

test('a refused call leaves nothing in it', async () => {
  const before = (await look()).head;
  const refused = await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Berlin' } });
  assert.is(refused.status, 409);
  assert.equal((await look()).head, before);
});

test('an entry that was changed, taken out or put in between is named', async () => {
  const changed = await tampered(
    sql`update audit_log set actor = 'mallory' where seq = 3`,
    sql`update audit_log set actor = 'a admin' where seq = 3`,
  );
  assert.equal(changed, ['the content of entry 3 was changed']);
  const times = await tampered(
    sql`update audit_log set at = at + 1 where seq = 3`,
    sql`update audit_log set at = at - 1 where seq = 3`,
  );
  assert.equal(times, ['entry 3 was changed']);
  const out = await tampered(
    sql`update audit_log set seq = -3 where seq = 3`,
    sql`update audit_log set seq = 3 where seq = -3`,
  );
  assert.equal(out, ['entries 3 to 3 are missing', 'entry 4 does not follow the entry before']);
  const head = (await look()).head.seq;
  const end = await tampered(
    sql`update audit_log set seq = -1 where seq = ${head}`,
    sql`update audit_log set seq = ${head} where seq = -1`,
  );
  assert.match(end.join(), new RegExp(`the last entry is ${head - 1}, and the head says ${head}`));
  assert.equal((await look()).faults, []);
});

test('a head that was kept elsewhere finds a chain that was written anew', async () => {
  const { head } = await look();
  await sql`update audit_log set actor = 'mallory' where seq = 2`.execute(collector.state);
  await sql`update audit_log set seq = null`.execute(collector.state);
  await sql`update audit_chain set seq = 0, hash = ''`.execute(collector.state);
  await chainRest(collector.state);
  assert.equal((await look()).faults, [], 'whole in itself');
  const { faults } = await look(head);
  assert.equal(faults, [`entry ${head.seq} is another one than the head that was kept elsewhere`]);
  const words = ['audit', 'check', '--data', collector.data];
  const good = await runCollector(words).ended;
  assert.equal([good.code, /The audit log is whole/.test(good.stdout)], [0, true], good.stderr + good.stdout);
  const bad = await runCollector([...words, '--head', `${head.seq}:${head.hash}`]).ended;
  assert.equal([bad.code, /BAD +entry \d+ is another one/.test(bad.stdout)], [1, true], bad.stdout);
  const odd = await runCollector([...words, '--head', 'latest']).ended;
  assert.equal([odd.code, /--head "latest"; write the number and the hash/.test(odd.stderr)], [2, true], odd.stderr);
});

test('the head goes to the address of the settings, at the start and once a day', () => {
  assert.is(sent.length, 1);
  assert.is(sent[0]?.head, `${sent[0]?.seq}:${sent[0]?.hash}`);
});

test('what a broken process left as begun is chained as begun at the next start', async () => {
  const row = { at: 1, kind: 'cli' as const, actor: 'a', address: null, object: 'site', object_id: null, name: null };
  const rest = { action: 'add', before: null, after: null, reason: null, outcome: 'begun' as const };
  await collector.state
    .insertInto('audit_log')
    .values({ ...row, ...rest })
    .execute();
  const before = (await look()).head.seq;
  await collector.stop();
  collector = await collector.again();
  const { head, faults } = await look();
  assert.equal([faults, head.seq >= before + 1], [[], true]);
  const left = await collector.state
    .selectFrom('audit_log')
    .select('outcome')
    .where('seq', '=', before + 1)
    .execute();
  assert.equal(left, [{ outcome: 'begun' }]);
});

test.run();
