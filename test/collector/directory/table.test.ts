/** People of a table: shown first, then kept; found again by number or address; hostile cells keep all of it out. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TableOutcome } from '../../../shared/api.ts';
import type { DirectoryPerson } from '../../../shared/directory.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { putEndpoint } from '../../support/fleet-history.ts';

const test = suite('people of a table');
let collector: InProcess;
let machine = '';

test.before(async () => {
  collector = await openCollector();
  await putEndpoint(collector.state, 1, { kind: 'server' });
  await collector.stop();
  collector = await collector.again();
  machine = (await collector.state.selectFrom('endpoints').select('name').executeTakeFirstOrThrow()).name;
  await ok('sites', 'POST', { name: 'Osaka' });
  await ok('users', 'POST', { name: 'ada', password: 'a long enough sentence', role: 'operator' });
});
test.after(() => collector.close());

async function ok<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, {
    ...{ method, as: 'admin' },
    ...(body === undefined ? {} : { body }),
  });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  return answer.body as T;
}
const read = (csv: string, reason?: string) =>
  ok<TableOutcome>('directory/table', 'POST', { csv, ...(reason ? { reason } : {}) });
const people = async (query = '') => (await ok<{ items: DirectoryPerson[] }>(`directory?${query}`)).items;
const did = ({ lines }: TableOutcome) => lines.map(({ name, does }) => `${name} ${does}`);

test('it is shown first, then done, and the same again changes nothing', async () => {
  const csv = `name,mail,phone,job,site,manager,login,machines\r\nMia Abe,Mia@example.org,+81 6 1234,Buyer,OSAKA,boss@example.org,,${machine}\r\nAda,ada@example.org,,,,,ada,\r\n`;
  const shown = await read(csv);
  assert.is(shown.applied, false);
  assert.equal(did(shown), ['Mia Abe add', 'Ada add']);
  assert.equal(await people(), []);
  assert.is((await read(csv, 'new hires')).applied, true);
  const [ada, mia] = await people();
  assert.equal([ada?.name, ada?.login, mia?.mail, mia?.site], ['Ada', 'ada', 'Mia@example.org', 'Osaka']);
  assert.equal(
    mia?.machines.map(({ name }) => name),
    [machine],
  );
  assert.equal(did(await read(csv, 'again')), ['Mia Abe same', 'Ada same']);
  const { text } = await collector.call('/api/v1/directory/table', { as: 'admin' });
  assert.equal(did(await read(text, 'as it went out')), ['Ada same', 'Mia Abe same']);
});

test('a column that is missing stays, an empty cell takes away, a new address keeps the person by number', async () => {
  await read('number,name,mail\r\n4711,Mia Abe,mia@example.org\r\n', 'numbers');
  await read('number,name,mail,phone\r\n4711,Mia Sato,mia.sato@example.org,\r\n', 'married');
  const found = await people('q=sato');
  assert.equal(
    found.map(({ name, number, phone, job }) => [name, number, phone, job]),
    [['Mia Sato', '4711', null, 'Buyer']],
  );
  assert.equal(
    (await people(`q=${machine}`)).map(({ name }) => name),
    ['Mia Sato'],
  );
  // Two addresses change hands in one table.
  await read('number,name,mail\r\n4712,Ken,ken@example.org\r\n', 'one more');
  const swap = 'number,name,mail\r\n4711,Mia Sato,ken@example.org\r\n4712,Ken,mia.sato@example.org\r\n';
  assert.equal(
    (await read(swap)).faults.map(({ why }) => why.code),
    ['person_mail_taken', 'person_mail_taken'],
  );
});

test('who has left is suggested no more, and stays until somebody removes them', async () => {
  await read('mail,name,left\r\nken@example.org,Ken,yes\r\n', 'left');
  assert.equal(await people('q=ken'), []);
  const [ken] = await people('q=ken&left=true');
  assert.type(ken?.leftAt, 'number');
  const gone = await collector.call(`/api/v1/directory/${ken?.id}`, { method: 'DELETE', as: 'admin' });
  assert.is(gone.status, 204);
  assert.equal(await people('q=ken&left=true'), []);
});

test('what is wrong has its line, column and reason, and none of it is kept', async () => {
  const bad = await read(
    [
      'name,mail,phone,site,login,machines,left,manager',
      'A,<script>@example.org,,,,,,',
      'B,b@example.org,call me,,,,,',
      'C,c@example.org,,Nowhere,,,,',
      'D,d@example.org,,,root,,,',
      'E,e@example.org,,,,ghost-1,,',
      'F,f@example.org,,,,,perhaps,',
      'G,,,,,,,',
      'H,ADA@example.org,,,,,,',
      'I,i@example.org,,,ada,,,',
      '"J\r\nBcc: all@example.org",j@example.org,,,,,,',
      'K,k@example.org,,,,,,nobody',
      'L,l@example.org,,,,,,',
      'L again,L@example.org,,,,,,',
    ].join('\r\n'),
    undefined,
  );
  assert.equal(
    bad.faults.map(({ line, column, why }) => [line, column, why.code]),
    [
      [2, 'mail', 'entry_mail'],
      [3, 'phone', 'entry_phone'],
      [4, 'site', 'name_unknown'],
      [5, 'login', 'name_unknown'],
      [6, 'machines', 'name_unknown'],
      [7, 'left', 'entry_choice'],
      [8, 'mail', 'person_unnamed'],
      [10, 'login', 'person_login_taken'],
      [11, 'name', 'name_disturbing'],
      [13, 'manager', 'entry_mail'],
      [15, 'mail', 'entry_twice'],
    ],
  );
  assert.equal(await people('q=b@example.org'), []);
});

test('nobody gets a log-in by being here, and viewers and limited people see no addresses of others', async () => {
  const before = await collector.state.selectFrom('users').select('name').execute();
  await read('name,mail\r\nEve,eve@example.org\r\n', 'one more');
  assert.equal(await collector.state.selectFrom('users').select('name').execute(), before);
  const seen = await collector.call('/api/v1/directory', { as: 'viewer' });
  assert.is(seen.status, 403);
  const table = await collector.call('/api/v1/directory/table', { as: 'operator' });
  assert.is(table.status, 403);
});

test('10,000 people in one table, found by a part of a name', async () => {
  const rows = Array.from({ length: 9990 }, (_, n) => `Person ${n},p${n}@example.org,Osaka`);
  const outcome = await read(`name,mail,site\r\n${rows.join('\r\n')}\r\n`, 'all of them');
  assert.is(outcome.applied, true);
  const { items, total } = await ok<{ items: DirectoryPerson[]; total: number }>('directory?q=person 77&limit=5');
  assert.is(items.length, 5);
  // 77, 770 to 779, 7700 to 7799.
  assert.is(total, 111);
});

test.run();
