/** Costs over HTTP and as a table; cost per ticket of a month, its evidence, and what stays once it is closed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CostRow, KpiDetail, Kpis, MoneyVersions, Recomputed, TableOutcome } from '../../../shared/api.ts';
import { parseCsv } from '../../../shared/csv.ts';
import { amountText, centsIn } from '../../../shared/money.ts';
import { closeMonths } from '../../support/close-months.ts';
import { type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';
import { clock, outage, people, putMonth, zone } from '../../support/stability-month.ts';

const test = suite('costs');
let collector: InProcess;

test.before(async () => {
  collector = await openCollector({ settings: `zone: ${zone}\n`, clock });
  await putMonth(collector);
});
test.after(() => collector.close());

const ask = (path: string, method = 'GET', body?: unknown, as: CallOptions['as'] = 'manager') =>
  collector.call(`/api/v1/${path}`, { method, as, ...(body === undefined ? {} : { body }) });
async function ok<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await ask(path, method, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  return answer.body as T;
}
async function refused(code: string, path: string, method: string, body: unknown): Promise<string> {
  const answer = await ask(path, method, body);
  const found = answer.body as { code: string; message: string };
  assert.is(found.code, code, answer.text);
  return found.message;
}
const kpi = async (period: string, id = 'cost_per_ticket') => ok<KpiDetail>(`kpis/${id}?period=${period}`);
const besides = ({ kpi: { beside } }: KpiDetail) => Object.fromEntries(beside.map(({ code, value }) => [code, value]));

const salaries = {
  ...{ name: 'Salaries', category: 'people', kind: 'monthly', cents: 3_000_000, from: '2026-01', to: null },
  ...{ months: null, reason: 'budget' },
};

test('money is read as people write it, and never guessed', () => {
  const read = ['1250.50', '1250,5', ' 7 ', '-5', '0', '0.10'].map((text) => centsIn(text, 'EUR'));
  assert.equal(read, [125_050, 125_050, 700, -500, 0, 10]);
  for (const text of ['1,250', '1.250,00', '1 250', '', 'x', '=1', '1e3', '12.345', '€5'])
    assert.is(centsIn(text, 'EUR'), null, text);
  assert.equal([centsIn('1250', 'JPY'), centsIn('12.5', 'JPY'), centsIn('1.250', 'KWD')], [1250, null, 1250]);
  assert.equal(
    [amountText(125_050, 'EUR'), amountText(1250, 'JPY'), amountText(5, 'EUR')],
    ['1250.50', '1250', '0.05'],
  );
});

test('what is no cost is refused: what was entered, why, and what to do', async () => {
  const bad: [object, RegExp][] = [
    [{ cents: -5 }, /Salaries.*cents "-5".*count from 0/],
    [{ cents: 1e15 }, /at most 100,000,000,000/],
    [{ name: ' ' }, /name is one line/],
    [{ from: '2026-13' }, /from "2026-13".*no month such as 2026-11/],
    [{ to: '2025-12' }, /to "2025-12".*ends before it begins, in 2026-01/],
    [{ months: 12 }, /Only a purchase/],
    [{ kind: 'capital' }, /months of life, 1 to 600/],
    [{ kind: 'capital', months: 0 }, /months of life/],
  ];
  for (const [change, message] of bad)
    assert.match(await refused('BAD_ENTRY', 'costs', 'POST', { ...salaries, ...change }), message);
  for (const change of [{ cents: 0.5 }, { kind: 'weekly' }, { category: 'fun' }, { more: 1 }])
    await refused('BAD_REQUEST', 'costs', 'POST', { ...salaries, ...change });
  assert.is((await ask('costs', 'POST', salaries, 'operator')).status, 403);
  assert.equal((await ok<{ items: CostRow[] }>('costs')).items, []);
});

test('without costs there is no figure: not 0', async () => {
  const { kpi: value } = await kpi('2026-10');
  assert.equal([value.value, value.state], [null, 'no_data']);
});

test('cost per ticket of a month opens to its costs and its tickets, and sums to the cent', async () => {
  const made = await ok<CostRow>('costs', 'POST', salaries);
  await ok('costs', 'POST', { ...salaries, name: 'Licences', category: 'tools', kind: 'yearly', cents: 100_000 });
  await ok('costs', 'POST', {
    ...salaries,
    name: 'Laptops',
    category: 'supplies',
    kind: 'capital',
    cents: 180_000,
    months: 36,
  });
  await ok('costs', 'POST', { ...salaries, name: 'Ended', from: '2026-01', to: '2026-09' });
  await refused('CONFLICT', 'costs', 'POST', { ...salaries, name: ' SALARIES ' });
  const detail = await kpi('2026-10');
  const costs = detail.evidence.filter(({ named }) => named !== null);
  // The tenth twelfth of 1000.00 is 83.34: together they are what was paid.
  assert.equal(
    costs.map(({ named, part, value }) => [named?.name, part, value]),
    [
      ['Salaries', 3_000_000, 3_000_000],
      ['Licences', 8_333, 8_333],
      ['Laptops', 5_000, 5_000],
    ],
  );
  const tickets = detail.evidence.filter(({ ticket }) => ticket !== null);
  assert.ok(tickets.length > 0 && tickets.every(({ whole }) => whole === 1));
  assert.is(detail.kpi.n, tickets.length);
  assert.is(detail.kpi.value, Math.round(3_013_333 / tickets.length));
  assert.equal([detail.kpi.currency, detail.total.how, detail.total.part], ['EUR', 'quotient', 3_013_333]);
  assert.equal([besides(detail).operating, besides(detail).missing, besides(detail).by_tier], [3_013_333, 0, null]);
  const ofSite = await ok<Kpis>('kpis?period=2026-10&site=Berlin');
  assert.is(ofSite.items.find(({ id }) => id === 'cost_per_ticket')?.value, null, 'costs are of the whole desk');
  // Months add up to the quarter, and a year to what was paid.
  let sum = 0;
  for (const month of ['2026-07', '2026-08', '2026-09']) sum += besides(await kpi(month)).operating ?? 0;
  assert.is(besides(await kpi('2026-Q3')).operating ?? 0, sum);
  // Of the present month, what has become due in nine days and a half of thirty.
  const present = (await kpi('2026-11')).evidence.find(({ named }) => named?.id === made.id);
  assert.is(present?.part, Math.round((3_000_000 * (9 + 13 / 24)) / 30));
});

test('a month without a cost that every month has is incomplete', async () => {
  const settings = {
    currency: 'EUR',
    hourCents: 3200,
    expected: ['people', 'travel'],
    reason: 'figures of accounting',
  };
  assert.match(await refused('BAD_ENTRY', 'costs/settings', 'PUT', { ...settings, currency: 'EUX' }), /no currency/);
  assert.match(await refused('BAD_ENTRY', 'costs/settings', 'PUT', { ...settings, hourCents: -1 }), /count from 0/);
  const versions = await ok<MoneyVersions>('costs/settings', 'PUT', settings);
  assert.equal(
    versions.map(({ version, by, hourCents }) => [version, by, hourCents]),
    [
      [1, 'a manager', 3200],
      [0, null, null],
    ],
  );
  assert.is(besides(await kpi('2026-10')).missing, 1);
  assert.match(
    await refused('CONFLICT', 'costs/settings', 'PUT', { ...settings, currency: 'JPY' }),
    /another number of decimals/,
  );
});

test('money stands beside lost hours and in no cost', async () => {
  const before = (await kpi('2026-10')).kpi.value;
  const ticket = (await kpi('2026-10', 'lost_hours')).evidence[0]?.ticket?.id;
  const { segments } = await ok<{ segments: object[] }>(`tickets/${ticket}/impact`);
  await ok(`tickets/${ticket}/impact`, 'PUT', { segments, reason: 'asked' });
  const hours = (people.Berlin * (outage.end - outage.start)) / 3_600_000;
  const lost = await kpi('2026-10', 'lost_hours');
  assert.ok(Math.abs((lost.kpi.value ?? 0) - hours) < 1e-6);
  assert.equal([besides(lost).money, lost.kpi.currency], [Math.round(3200 * hours), 'EUR']);
  assert.is((await kpi('2026-10')).kpi.value, before);
});

test('a table is read in whole or not at all, each fault with its line, value and reason', async () => {
  const head = 'name,category,kind,amount,from,to,months\r\n';
  const read = (csv: string, reason?: string) =>
    ok<TableOutcome>('costs/table', 'POST', { csv, ...(reason ? { reason } : {}) });
  const bad = await read(
    `${head}A,people,monthly,-5,2026-01,,\r\nB,people,monthly,=1+1,2026-01,,\r\n` +
      'C,fun,monthly,1,2026-01,,\r\nD,tools,capital,1,2026-01,,\r\nE,tools,monthly,1,2026-01,,\r\nE,tools,monthly,2,2026-01,,\r\n',
  );
  assert.equal(
    bad.faults.map(({ line, column, value, why }) => [line, column, value, why.code]),
    [
      [2, 'amount', '-5', 'entry_negative'],
      [3, 'amount', '=1+1', 'entry_amount_text'],
      [4, 'category', 'fun', 'entry_choice'],
      [5, 'months', '', 'entry_life'],
      [7, 'name', 'E', 'entry_twice'],
    ],
  );
  assert.match(
    await refused('BAD_TABLE', 'costs/table', 'POST', { csv: `${head}A,people,monthly,-5,2026-01,,`, reason: 'x' }),
    /line 2, amount "-5".*count from 0.*Faults: 1/,
  );
  const csv = `${head}Salaries,people,monthly,31000,2026-01,,\r\n"=HYPERLINK(""x"")",other,yearly,"12,50",2026-02,,\r\n`;
  const seen = await read(csv);
  assert.equal([seen.applied, seen.lines.map(({ does }) => does)], [false, ['change', 'add']]);
  assert.equal(
    seen.lines.map(({ before, after }) => [before, after]),
    [
      ['30000.00 EUR monthly', '31000.00 EUR monthly'],
      [null, '12.50 EUR yearly'],
    ],
    'what is read before it is saved',
  );
  assert.is((await ok<{ items: CostRow[] }>('costs')).items.length, 4, 'a preview changes nothing');
  assert.is((await read(csv, 'from accounting')).applied, true);
  const answer = await ask('costs/table');
  assert.match(answer.headers.get('content-type') ?? '', /^text\/csv; charset=utf-8/);
  assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/);
  assert.match(answer.text, /"'=HYPERLINK/, 'a spreadsheet would run it');
  assert.is(parseCsv(answer.text).rows.length, 6);
  assert.ok(
    (await read(answer.text)).lines.every(({ does }) => does === 'same'),
    'what goes out comes in as it was',
  );
  const cost = (await ok<{ items: CostRow[] }>('costs')).items.find(({ name }) => name === 'Salaries') as CostRow;
  const { items } = await ok<{ items: { version: number; reason: string }[] }>(`costs/${cost.id}/versions`);
  assert.equal(
    items.map(({ version, reason }) => [version, reason]),
    [
      [2, 'from accounting'],
      [1, 'budget'],
    ],
  );
});

test('a closed month keeps its costs; computed again with a reason it is revised', async () => {
  assert.ok((await closeMonths(collector, clock, zone)) > 0);
  const before = await kpi('2026-10');
  const list = (await ok<{ items: CostRow[] }>('costs')).items;
  const salary = list.find(({ name }) => name === 'Salaries') as CostRow;
  await ok(`costs/${salary.id}`, 'DELETE', { reason: 'entered twice' });
  assert.is((await ask(`costs/${salary.id}`, 'PATCH', { cents: 1, reason: 'x' })).status, 404);
  const kept = await kpi('2026-10');
  assert.equal([kept.kpi.value, kept.evidence], [before.kpi.value, before.evidence]);
  const { differences } = await ok<Recomputed>('stability/recompute', 'POST', { month: '2026-10' });
  assert.ok(
    differences.some(({ kpi: id, site, currency }) => id === 'cost_per_ticket' && site === null && currency === 'EUR'),
  );
  await ok<Recomputed>('stability/recompute', 'POST', { month: '2026-10', reason: 'costs corrected' });
  assert.ok((await kpi('2026-10')).kpi.value !== before.kpi.value);
});

test('a month that was closed before this KPI existed is still read', async () => {
  const { state } = collector;
  const row = await state
    .selectFrom('closed_months')
    .selectAll()
    .where('month', '=', '2026-09')
    .where('site', '=', '')
    .executeTakeFirstOrThrow();
  const content = JSON.parse(row.content);
  delete content.figures.cost_per_ticket;
  await state
    .updateTable('closed_months')
    .set({ content: JSON.stringify(content) })
    .where('month', '=', '2026-09')
    .where('site', '=', '')
    .execute();
  assert.is((await ask('stability?period=2026-09')).status, 200);
  assert.is((await ask('kpis?period=2026-09')).status, 200);
  assert.is((await kpi('2026-09')).kpi.id, 'cost_per_ticket');
});

test.run();
