/** Changes as CSV: what a line would do, faults with their line, value and reason, formulas as text, and back again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChangeRow, TableOutcome } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId, putEndpoint } from '../../support/fleet-history.ts';

const test = suite('changes as CSV');
const now = Date.parse('2026-11-20T10:00:00Z');
const clock = { now: () => now, monotonic: () => now };
let collector: InProcess;
const url = '/api/v1/changes/table';

const send = (csv: string, reason?: string) =>
  collector.call(url, { method: 'POST', as: 'operator', body: { csv, ...(reason ? { reason } : {}) } }) as Promise<{
    status: number;
    body: TableOutcome & { code: string; message: string };
    text: string;
  }>;
const written = async (query = '') => (await collector.call(`${url}${query}`, { as: 'viewer' })).text;
const listed = async () =>
  ((await collector.call('/api/v1/changes?limit=500', { as: 'viewer' })).body as { items: ChangeRow[] }).items;

test.before(async () => {
  const first = await openCollector({ clock, settings: 'zone: Asia/Tokyo\n' });
  for (const n of [1, 2]) await putEndpoint(first.state, n, { site: 'Osaka' });
  await first.stop();
  collector = await first.again();
  await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Osaka' } });
});
test.after(() => collector.close());

const head = 'title,targets,from,to,outcome,rolled_back,reason,repair_of';
const faulty: [line: string, column: string, value: string, code: string][] = [
  ['A,site:Osaka,2026-12-01T22:00,2026-12-01T21:00,,,,', 'to', '2026-12-01T21:00', 'change_order'],
  ['A,,2026-12-01T22:00,2026-12-01T23:00,,,,', 'targets', '', 'change_no_targets'],
  [',site:Osaka,2026-12-01T22:00,2026-12-01T23:00,,,,', 'title', '', 'change_blank'],
  ['A,endpoint:nobody,2026-12-01T22:00,2026-12-01T23:00,,,,', 'targets', 'endpoint:nobody', 'change_target_unknown'],
  ['A,Osaka,2026-12-01T22:00,2026-12-01T23:00,,,,', 'targets', 'Osaka', 'change_target_form'],
  ['A,site:Osaka,1 December,2026-12-01T23:00,,,,', 'from', '1 December', 'change_time'],
  ['A,site:Osaka,2026-12-01,2026-12-01T23:00,,,,', 'from', '2026-12-01', 'change_time'],
  ['A,site:Osaka,2026-11-01T22:00,2026-11-01T23:00,good,,,', 'outcome', 'good', 'entry_choice'],
  ['A,site:Osaka,2026-12-01T22:00,2026-12-01T23:00,success,,,', 'from', '2026-12-01T22:00', 'change_not_begun'],
  ['A,site:Osaka,2026-11-01T22:00,2026-11-01T23:00,success,maybe,,', 'rolled_back', 'maybe', 'entry_choice'],
  ['A,site:Osaka,2026-11-01T22:00,2026-11-01T23:00,success,yes,,', 'reason', '', 'change_reason'],
  ['A,site:Osaka,2026-12-01T22:00,2026-12-01T23:00,,,,first', 'repair_of', 'first', 'change_number'],
  ['A,site:Osaka,2026-12-01T22:00,2026-12-01T23:00,,,,C-99', 'repair_of', 'C-99', 'change_repaired'],
];
for (const [line, column, value, code] of faulty)
  test(`a fault has its line, its value and the reason: ${code} in ${column}`, async () => {
    const csv = `${head}\r\nGood,site:Osaka,2026-12-05T22:00,2026-12-05T23:00,,,,\r\n${line}\r\n`;
    const { status, body, text } = await send(csv);
    assert.is(status, 200, text);
    assert.equal(
      body.faults.map((one) => [one.line, one.column, one.value, one.why.code]),
      [[3, column, value, code]],
    );
    const applied = await send(csv, 'plan of the year');
    assert.is(applied.status, 400);
    assert.is(applied.body.code, 'BAD_TABLE');
    assert.match(applied.body.message, /line 3|3/);
  });

test('nothing of a table with a fault is there', async () => assert.equal(await listed(), []));

const good = [
  'title;description;targets;from;to;outcome;finished;reason;rolled_back',
  // Times without a zone are those of the report zone.
  '"\'=HYPERLINK(""x"")";"<b>two\nlines</b>";"site:Osaka; endpoint:box-0001";2026-12-01 22:00;2026-12-01T23:30+09:00;;;;',
  'Old firmware;;endpoint:box-0002;2026-10-01T22:00;2026-10-01T23:00;with_issues;2026-10-02T01:00;one had to wait;',
  'Planned trial;;site:osaka;2026-10-03T22:00;2026-10-03T23:00;success;;a trial;yes',
].join('\n');

test('shown first and created only with a reason; formulas are text', async () => {
  const preview = await send(good);
  assert.equal([preview.body.applied, preview.body.faults], [false, []]);
  assert.equal(
    preview.body.lines.map(({ line, name, does }) => `${line} ${does} ${name}`),
    ['2 add =HYPERLINK("x")', '4 add Old firmware', '5 add Planned trial'],
  );
  assert.equal(await listed(), []);
  const applied = await send(good, 'from the old tool');
  assert.is(applied.body.applied, true, applied.text);
  const rows = await listed();
  assert.equal(
    rows.map(({ title, state, outcome, scopes }) => [
      title,
      state,
      outcome?.value ?? null,
      scopes.map(({ name }) => name),
    ]),
    [
      ['=HYPERLINK("x")', 'planned', null, ['Osaka', 'box-0001']],
      ['Planned trial', 'done', 'success', ['Osaka']],
      ['Old firmware', 'done', 'with_issues', ['box-0002']],
    ],
  );
  const planned = rows[0] as ChangeRow;
  assert.is(planned.from, Date.parse('2026-12-01T22:00+09:00'));
  assert.is(rows[2]?.implementedAt, Date.parse('2026-10-02T01:00+09:00'));
  const windows = await collector.call('/api/v1/maintenance', { as: 'viewer' });
  assert.is(
    (windows.body as { items: unknown[] }).items.length,
    2,
    'what is to come is maintenance, what is over is not',
  );
});

test('the same table again creates nothing; what is written reads back as the same', async () => {
  const again = await send(good, 'once more');
  assert.equal(
    again.body.lines.map(({ does }) => does),
    ['same', 'same', 'same'],
  );
  const back = await send(await written(), 'once more');
  assert.equal([back.body.faults, back.body.lines.map(({ does }) => does)], [[], ['same', 'same', 'same']]);
  assert.is((await listed()).length, 3);
});

test('written with the shown filter, and no cell that a spreadsheet would run', async () => {
  const text = await written('?state=done');
  assert.match(text, /Old firmware/);
  assert.not.match(text, /HYPERLINK/);
  const all = await written();
  assert.match(all, /"'=HYPERLINK\(""x""\)"/);
  assert.not.match(all, /(^|,)"?[=+@]/m);
});

test('two endpoints of one name are no target by it, each is by its id', async () => {
  await collector.state.updateTable('endpoints').set({ name: 'box-0001' }).where('id', '=', endpointId(2)).execute();
  await collector.stop();
  collector = await collector.again();
  const csv = (target: string) => `title,targets,from,to\nA,endpoint:${target},2026-12-09T22:00,2026-12-09T23:00\n`;
  assert.is((await send(csv('box-0001'))).body.faults[0]?.why.code, 'change_target_unknown');
  assert.equal((await send(csv(endpointId(2)))).body.faults, []);
});

test('a table of which not all can be saved saves nothing', async () => {
  const before = (await listed()).length;
  const racks = Array.from({ length: 20 }, (_, n) => `Rack ${n}`);
  for (const name of racks) await collector.call('/api/v1/groups', { method: 'POST', as: 'admin', body: { name } });
  const targets = racks.map((name) => `group:${name}`).join('; ');
  const lines = Array.from({ length: 26 }, (_, n) => `Move ${n},${targets},2026-12-09T22:00,2026-12-09T23:00\n`);
  const { status, body } = await send(`title,targets,from,to\n${lines.join('')}`, 'the great move');
  assert.is(status, 409, body.message);
  assert.match(body.message, /520 more are wanted, and at most 500/);
  assert.is((await listed()).length, before);
});

test('a table that is too large is refused with its size', async () => {
  const line = 'A,site:Osaka,2026-12-01T22:00,2026-12-01T23:00\n';
  const many = `title,targets,from,to\n${Array.from({ length: 501 }, (_, n) => line.replace('A', `A${n}`)).join('')}`;
  const { body } = await send(many);
  assert.equal(
    body.faults.map(({ line: at, why }) => [at, why.code]),
    [[502, 'change_many']],
  );
  assert.is((await send('x'.repeat(1_000_001))).status, 400);
});

test.run();
