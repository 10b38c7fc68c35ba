/** Maintenance as CSV: out and in again changes nothing, a fault keeps all out, what is late waits for a second person. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MaintenanceDetail, MaintenanceRow, TableOutcome } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId, putEndpoint } from '../../support/fleet-history.ts';

const test = suite('maintenance as CSV');
let now = Date.parse('2026-11-20T10:00:00Z');
const hour = 3_600_000;
let collector: InProcess;
const url = '/api/v1/maintenance/table';

type Sent = { status: number; body: TableOutcome & { code: string; message: string }; text: string };
const send = (csv: string, why?: string) =>
  collector.call(url, {
    method: 'POST',
    as: 'operator',
    body: { csv, ...(why ? { reason: why } : {}) },
  }) as Promise<Sent>;
const written = async () => (await collector.call(url, { as: 'viewer' })).text;
const listed = async (query = '') =>
  ((await collector.call(`/api/v1/maintenance${query}`, { as: 'viewer' })).body as { items: MaintenanceRow[] }).items;
const does = ({ body }: Sent) => body.lines.map((line) => line.does);
const post = async <Body>(path: string, body?: object) => {
  const options = { method: 'POST', as: 'operator', ...(body ? { body } : {}) } as const;
  return (await collector.call(`/api/v1/maintenance${path}`, options)).body as Body;
};

test.before(async () => {
  const first = await openCollector({
    clock: { now: () => now, monotonic: () => now },
    settings: 'zone: Asia/Tokyo\n',
  });
  for (const n of [1, 2]) await putEndpoint(first.state, n, { site: 'Osaka' });
  await first.stop();
  collector = await first.again();
  await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Osaka' } });
});
test.after(() => collector.close());

const head = 'id,target,reason,from,to,cron,zone,duration_min,until,starts,ends,skip';
const good = [
  'target;reason;from;to;cron;zone;duration_min;until;skip',
  // A time without an offset is one of the column `zone`, or else of the report zone.
  '"site:osaka";"\'=HYPERLINK(""x"")\nsecond line";2026-12-01 14:00;2026-12-01T23:30+09:00;;Europe/Berlin;;;',
  'endpoint:box-0002;Patch day;;;0 22 * * TUE#2;Europe/Berlin;240;;2026-12-08',
  'endpoint:box-0001;Night work;;;30 1 * * MON;Asia/Tokyo;;05:00;',
].join('\n');

const faulty: [cells: string, column: string | null, value: string, code: string][] = [
  [',Osaka,x,2026-12-01T22:00,2026-12-01T23:00,,,,,,,', 'target', 'Osaka', 'change_target_form'],
  [',site:Kyoto,x,2026-12-01T22:00,2026-12-01T23:00,,,,,,,', 'target', 'site:Kyoto', 'change_target_unknown'],
  [',site:Osaka,,2026-12-01T22:00,2026-12-01T23:00,,,,,,,', 'reason', '', 'maintenance_no_reason'],
  [',site:Osaka,x,1 December,2026-12-01T23:00,,,,,,,', 'from', '1 December', 'change_time'],
  [',site:Osaka,x,,2026-12-01T23:00,,,,,,,', 'from', '', 'change_time'],
  [',site:Osaka,x,2026-12-01T22:00,,,,,,,,', 'to', '', 'maintenance_no_end'],
  [',site:Osaka,x,2026-12-01T22:00,2026-12-01T21:00,,,,,,,', 'to', '2026-12-01T21:00', 'maintenance_order'],
  [',site:Osaka,x,2028-12-01T22:00,2028-12-01T23:00,,,,,,,', 'from', '2028-12-01T22:00', 'maintenance_far'],
  [',site:Osaka,x,2026-12-01T22:00,2027-02-01T21:00,,,,,,,', 'to', '2027-02-01T21:00', 'maintenance_long'],
  [',site:Osaka,x,2026-08-01T22:00,2026-08-01T23:00,,,,,,,', 'from', '2026-08-01T22:00', 'maintenance_old'],
  [',site:Osaka,x,2026-12-01T22:00,2026-12-01T23:00,,,60,,,,', 'duration_min', '60', 'maintenance_of_repetition'],
  [',site:Osaka,x,2026-12-01T22:00,2026-12-01T23:00,,Mars/Base,,,,,', 'zone', 'Mars/Base', 'zone_unknown'],
  [',site:Osaka,x,2026-12-01T22:00,,0 22 * * *,UTC,60,,,,', 'from', '2026-12-01T22:00', 'maintenance_of_one'],
  [',site:Osaka,x,,,61 * * * *,UTC,60,,,,', 'cron', '61 * * * *', 'cron_minute'],
  [',site:Osaka,x,,,0 22 * * *,Asia/Tokio,60,,,,', 'zone', 'Asia/Tokio', 'zone_unknown'],
  [',site:Osaka,x,,,0 22 * * *,UTC,,,,,', 'duration_min', '', 'maintenance_length'],
  [',site:Osaka,x,,,0 22 * * *,UTC,1.5,,,,', 'duration_min', '1.5', 'maintenance_minutes'],
  [',site:Osaka,x,,,0 22 * * *,UTC,,26:00,,,', 'until', '26:00', 'maintenance_wall'],
  [',site:Osaka,x,,,0 22 * * *,UTC,60,,,,2026-02-30', 'skip', '2026-02-30', 'entry_date'],
  [
    `,site:Osaka,${'x'.repeat(1001)},2026-12-01T22:00,2026-12-01T23:00,,,,,,,`,
    'reason',
    'x'.repeat(80),
    'maintenance_reason_long',
  ],
  ['mgone,site:Osaka,x,2026-12-01T22:00,2026-12-01T23:00,,,,,,,', 'id', 'mgone', 'maintenance_no_id'],
  [',site:Osaka,fine,2026-12-05T22:00,2026-12-05T23:00,,,,,,,', 'target', 'site:Osaka', 'entry_twice'],
];
for (const [cells, column, value, code] of faulty)
  test(`a fault has its line, its value and the reason: ${code} in ${column}`, async () => {
    const csv = `${head}\r\n,site:Osaka,fine,2026-12-05T22:00,2026-12-05T23:00,,,,,,,\r\n${cells}\r\n`;
    const { status, body, text } = await send(csv);
    assert.is(status, 200, text);
    const told = body.faults.map((one) => [one.line, one.column, one.value.replace('…', 'x'), one.why.code]);
    assert.equal(told, [[3, column, value, code]], text);
    const applied = await send(csv, 'plan of the year');
    assert.equal([applied.status, applied.body.code], [400, 'BAD_TABLE']);
    assert.match(applied.body.message, /line 3/);
  });

test('nothing of a table with a fault is there', async () => assert.equal(await listed(), []));

test('shown first and entered only with a reason; formulas are text', async () => {
  const preview = await send(good);
  assert.equal([preview.body.applied, preview.body.faults, does(preview)], [false, [], ['add', 'add', 'add']]);
  assert.equal(await listed(), []);
  const applied = await send(good, 'from the old tool');
  assert.is(applied.body.applied, true, applied.text);
  const rows = await listed();
  assert.equal(
    rows.map(({ reason, scope, once, repeat }) => [reason, scope.name, once?.start ?? repeat?.cron]),
    [
      ['Night work', 'box-0001', '30 1 * * MON'],
      ['=HYPERLINK("x")\nsecond line', 'Osaka', Date.parse('2026-12-01T22:00+09:00')],
      ['Patch day', 'box-0002', '0 22 * * TUE#2'],
    ],
  );
  assert.equal(rows[2]?.repeat?.skip, ['2026-12-08']);
  assert.is(rows[2]?.next[0]?.start, Date.parse('2027-01-12T22:00+01:00'), 'what is left out does not begin');
  const entered = rows.find(({ reason }) => reason === 'Patch day')?.id;
  const { history } = await post<MaintenanceDetail>(`/${entered}`).then(
    async () => (await collector.call(`/api/v1/maintenance/${entered}`, { as: 'viewer' })).body as MaintenanceDetail,
  );
  assert.equal(
    history.map(({ by, code }) => [by, code]),
    [['a operator', 'created']],
  );
});

test('out and in again changes nothing, whatever became of them', async () => {
  const [{ id = '' } = {}] = await listed();
  const running = await post<MaintenanceRow>('', {
    scope: { of: 'endpoint', target: endpointId(1) },
    reason: 'now',
    to: now + hour,
  });
  await post(`/${running.id}/extend`, { until: now + 2 * hour });
  const off = await post<MaintenanceRow>('', {
    scope: { of: 'site', target: 'Osaka' },
    reason: '@off',
    from: now + hour,
    to: now + 2 * hour,
  });
  await post(`/${off.id}/cancel`);
  // An endpoint that is gone has no name that a table could find.
  await collector.call(`/api/v1/endpoints/${endpointId(2)}/retire`, { method: 'POST', as: 'admin' });
  const before = await written();
  assert.match(before, /"?'@off/, 'no cell that a spreadsheet would run');
  for (const text of [before, before.replaceAll(',', '\t').replaceAll('\r\n', '\n')]) {
    const back = await send(text, 'once more');
    assert.equal([back.status, back.body.faults], [200, []], back.text);
    assert.equal(new Set(does(back)), new Set(['same']));
    assert.is(back.body.lines.length, 5);
  }
  assert.is(await written(), before);
  const { history } = (await collector.call(`/api/v1/maintenance/${id}`, { as: 'viewer' })).body as MaintenanceDetail;
  assert.is(history.length, 1, 'and leaves no trace in the history');
  const again = await send(good.replace(/endpoint:box-0002.*\n/, ''), 'once more');
  assert.equal(does(again), ['same', 'same'], 'without an id the same window is found by what it says');
});

test('a line with an id changes what has not begun; with a fault in another line it does not', async () => {
  const table = await written();
  const moved = table.replace('Night work', 'Night shift').replace('30 1 * * MON', '30 2 * * MON');
  const bad = await send(`${moved}x,site:Osaka,,,,,,,,,,,,,\r\n`, 'moved');
  assert.is(bad.status, 400);
  assert.is(await written(), table);
  const preview = await send(moved);
  const changed = preview.body.lines.find((line) => line.does === 'change');
  assert.match(`${changed?.before} → ${changed?.after}`, /30 1 \* \* MON.*Night work → 30 2 \* \* MON.*Night shift/);
  await send(moved, 'moved');
  const row = (await listed()).find(({ reason }) => reason === 'Night shift');
  assert.is(row?.next[0]?.start, Date.parse('2026-11-23T02:30+09:00'));
});

test('what runs or is over is not changed but for its reason', async () => {
  const table = await written();
  const earlier = table.replace(/(now,)[^,]*,/, '$12026-11-19T10:00Z,');
  assert.equal(
    (await send(earlier)).body.faults.map(({ why }) => why.code),
    ['maintenance_begun'],
  );
  const over = table.replace("'@off", 'off');
  assert.equal(
    (await send(over)).body.faults.map(({ why }) => why.code),
    ['maintenance_over'],
  );
});

test('what is entered late by a table says so, and waits for a second person', async () => {
  const late = `target,reason,from,to\nsite:Osaka,late,2026-11-20T17:00,2026-11-20T18:30\n`;
  const preview = await send(late);
  assert.equal(
    preview.body.lines[0]?.warnings?.map(({ code }) => code),
    ['maintenance_is_late'],
  );
  await send(late, 'forgotten');
  now += 1000;
  const row = [...(await listed()), ...(await listed('?past=true'))].find(({ reason }) => reason === 'late');
  assert.equal(row?.warnings, ['late']);
  const own = await collector.call(`/api/v1/maintenance/${row?.id}/approve`, { method: 'POST', as: 'operator' });
  assert.is(own.status, 409, 'neither its author nor a token approves it');
});

test('too many are refused as a whole', async () => {
  const lines = Array.from({ length: 501 }, (_, n) => `site:Osaka,n ${n},2026-12-24T10:00,2026-12-24T11:00`);
  const answer = await send(`target,reason,from,to\n${lines.join('\n')}\n`, 'all');
  assert.equal([answer.status, answer.body.code], [409, 'CONFLICT'], answer.text);
  assert.match(answer.body.message, /501 more are wanted/);
});

test.run();
