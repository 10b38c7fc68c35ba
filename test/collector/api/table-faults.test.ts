/** What comes back for a table that cannot be read: plain words, few of them, and one fault for a file that is no table. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TableOutcome } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('faults of tables');
let collector: InProcess;
test.before(async () => {
  collector = await openCollector();
  await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Osaka' } });
});
test.after(() => collector.close());

type Refused = { code: string; message: string; hint: string; faults: { at: string; problem: string; line: number }[] };
const send = async <Body>(path: string, csv: string, reason?: string) => {
  const body = { csv, ...(reason ? { reason } : {}) };
  const answer = await collector.call(`/api/v1/${path}/table`, { method: 'POST', as: 'admin', body });
  return { status: answer.status, body: answer.body as Body, text: answer.text };
};

const tables = {
  costs: 'name,category,kind,amount,from,to,months',
  'software/products': 'name,patterns,class,count,unit,unit_cost,from,to',
  'software/usage': 'product,unit,last_used',
  calendars: 'calendar,kind,day,hours,name',
  changes: 'title,targets,from,to',
  maintenance: 'target,reason,from,to',
  impacts: 'ticket,start,end,factor,site,people',
  people: 'kind,name,people',
};
const bytes = (length: number) =>
  new TextDecoder().decode(Uint8Array.from({ length }, (_, n) => (n * 7919 + (n >> 3)) % 256));
const latin = (line: string) => new TextDecoder().decode(Buffer.from(line, 'latin1'));
const noTables: [what: string, code: string, of: (head: string) => string][] = [
  ['a picture', 'csv_binary', () => `\u0089PNG\r\n\0${bytes(4000)}`],
  ['a workbook', 'csv_workbook', () => `PK\u0003\u0004${bytes(4000)}`],
  ['UTF-16', 'csv_binary', (head) => `\ufffd\ufffd${[...head].join('\0')}\0`],
  ['Latin-1', 'csv_not_utf8', (head) => latin(`${head}\nKöln,ä,ö\nMünchen,ü,ß\nGrün,ü,ß\n`)],
  ['half characters', 'csv_not_utf8', (head) => `${head}\na\ud800\nb\udc00\n`],
  ['bars', 'csv_separator', (head) => `${head.replaceAll(',', '|')}\na|b|c\nd|e|f\n`],
  ['another separator below', 'csv_separator_below', (head) => `${head}\na;b;c\nd;e;f\n`],
  ['no first line', 'csv_no_head', () => 'a,b,c\nd,e,f\ng,h,i\n'],
  ['prose', 'csv_no_head', () => 'Dear colleagues\nplease find attached\n'],
];
for (const [path, head] of Object.entries(tables))
  test(`${path}: a file that is no table is one fault, shown first and refused when applied`, async () => {
    for (const [what, code, of] of noTables) {
      const { status, body } = await send<TableOutcome>(path, of(head));
      assert.equal([status, body.faults?.map(({ why }) => why.code), body.moreFaults], [200, [code], 0], what);
      assert.match(body.faults[0]?.problem ?? '', /save|separat|name/i, what);
      const applied = await send<Refused>(path, of(head), 'a reason');
      assert.equal([applied.status, applied.body.code, applied.body.faults.length], [400, 'BAD_TABLE', 1], what);
    }
  });

test('a fault says where it is, what stands there and what is allowed; at most twenty are listed', async () => {
  const line = `Rent ${'x'.repeat(300)},nonsense,monthly,12,2026-11,,\n`;
  const csv = `${tables.costs}\nLaptop,tools,capital,900,2026-11,,\n${line.repeat(30)}`;
  const { status, body } = await send<TableOutcome>('costs', csv);
  assert.equal([status, body.applied, body.faults.length, body.moreFaults], [200, false, 20, 11]);
  const [first, second] = body.faults;
  assert.equal([first?.line, first?.column, first?.position, first?.value], [2, 'months', 7, '']);
  assert.match(first?.problem ?? '', /months of life, 1 to 600/);
  assert.equal([second?.line, second?.column, second?.position, second?.value], [3, 'category', 2, 'nonsense']);
  assert.match(second?.problem ?? '', /one of: people, tools/);
  const applied = await send<Refused>('costs', csv, 'a reason');
  assert.is(applied.status, 400);
  assert.is(applied.body.faults.length, 20);
  assert.match(
    applied.body.message,
    /line 2, months \(empty\): A purchase needs.*line 3, category "nonsense": .*and 26 more.*Faults: 31/,
  );
  assert.not.match(applied.body.message, /entry_|csv_|""/);
  const long = await send<TableOutcome>('costs', `${tables.costs}\n${'y'.repeat(1500)},tools,monthly,12,2026-11,,\n`);
  assert.ok((long.body.faults[0]?.value.length ?? 999) <= 80);
});

test('a name that is not there is answered with those that are', async () => {
  const people = await send<TableOutcome>('people', 'kind,name,people\nsite,Osakka,4\n');
  assert.match(people.body.faults[0]?.problem ?? '', /; there is only: Osaka/);
});

test('too much, and what is no JSON, is refused with the limit and with what to send', async () => {
  const call = (path: string, headers: Record<string, string>, body: string) =>
    fetch(`${collector.started.addresses.http}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${collector.token('admin')}`, ...headers },
      body,
    });
  const json = { 'content-type': 'application/json' };
  const long = await call('costs/table', json, JSON.stringify({ csv: 'x'.repeat(6_100_000) }));
  assert.is(long.status, 413);
  const { message, hint } = (await long.json()) as Refused;
  assert.match(message, /has 6100010 bytes; at most 6000000/);
  assert.not.match(hint, /report/);
  for (const type of ['text/csv', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const answer = await call('costs/table', { 'content-type': type }, 'name,category\n');
    const body = (await answer.json()) as Refused;
    assert.equal([answer.status, body.code], [415, 'UNREAD_TYPE'], type);
    assert.match(body.message, new RegExp(`"${type}".*/api/v1/costs/table reads JSON`));
    assert.match(body.hint, /Content-Type: application\/json/);
  }
});

test('people are changed all or none', async () => {
  const mixed = 'kind,name,people\nsite,Osaka,5\nsite,Nowhere,1\n';
  assert.is((await send<Refused>('people', mixed, 'counted')).status, 400);
  const { body } = await collector.call('/api/v1/sites', { as: 'viewer' });
  assert.is((body as { items: { people: number | null }[] }).items[0]?.people, null);
});

test.run();
