/** Impact of incidents as CSV: out and in again changes nothing, what is corrected is stated by who sent it, all or nothing. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blankTicket } from '../../../collector/tickets/events.ts';
import type { Impact, TableOutcome, TicketDetail } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { putAlerts, putEndpoint } from '../../support/fleet-history.ts';

const test = suite('impact as CSV');
const now = Date.parse('2026-11-20T10:00:00Z');
const hour = 3_600_000;
let collector: InProcess;
let [osaka, berlin, one, two, estimated, request] = ['', '', 0, 0, 0, 0];
const url = '/api/v1/impacts/table';

type Sent = { status: number; body: TableOutcome & { code: string; message: string }; text: string };
const send = (csv: string, why?: string) =>
  collector.call(url, {
    method: 'POST',
    as: 'operator',
    body: { csv, ...(why ? { reason: why } : {}) },
  }) as Promise<Sent>;
const written = async () => (await collector.call(url, { as: 'viewer' })).text;
const impactOf = async (ticket: number) =>
  (await collector.call(`/api/v1/tickets/${ticket}/impact`, { as: 'viewer' })).body as Impact;
const ask = async <Body>(path: string, method: string, body: object) => {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', body });
  assert.ok(answer.status < 300, answer.text);
  return answer.body as Body;
};

test.before(async () => {
  const first = await openCollector({
    clock: { now: () => now, monotonic: () => now },
    settings: 'zone: Asia/Tokyo\n',
  });
  estimated = await addOutage(first);
  await first.stop();
  collector = await first.again();
  osaka = (await ask<{ id: string }>('sites', 'POST', { name: 'Osaka', people: 20 })).id;
  berlin = (await ask<{ id: string }>('sites', 'POST', { name: '=Berlin', people: 9 })).id;
  const open = async (title: string, more = {}) =>
    (await ask<TicketDetail>('tickets', 'POST', { title, ...more })).row.id;
  one = await open('=HYPERLINK("x")');
  two = await open('Mail, slow');
  request = await open('A new disk', { category: 'request' });
});
test.after(() => collector.close());

/** An outage as the monitor saw it, of which nobody has said anything. */
async function addOutage({ state }: InProcess): Promise<number> {
  const endpoint = await putEndpoint(state, 1, { site: 'Osaka' });
  await state.updateTable('endpoints').set({ people: 7 }).where('id', '=', endpoint).execute();
  const [start, end] = [now - 3 * hour, now - 2 * hour];
  const { id } = await state
    .insertInto('tickets')
    .values({
      ...blankTicket('down/1', start),
      ...{ kind: 'alert', site: 'Osaka', endpoint, rule: 'server-down', state: 'resolved', open_key: null },
      ...{ resolved_at: end, restored_at: end, updated_at: end },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await putAlerts(state, [{ id: 'silent', endpoint, resolvedAt: end, events: [['firing', start]] }]);
  await state
    .updateTable('alerts')
    .set({ rule: 'server-down', metric: 'endpoint.silent', ticket: id, pending_at: start, fired_at: start })
    .where('id', '=', 'silent')
    .execute();
  return id;
}

const head = 'ticket,start,end,factor,site,people,confirmed';
const good = () =>
  [
    'ticket;start;end;factor;site;people',
    // Times without a zone are those of the report zone; two sites in one segment.
    `T-${one};2026-11-20 15:00;2026-11-20T17:30+09:00;1;osaka;12`,
    `T-${one};2026-11-20 15:00;2026-11-20T17:30+09:00;1;"'=Berlin";4`,
    `${one};2026-11-20T08:30Z;;0.2;;3`,
    `${two};;;;;`,
  ].join('\n');

const faulty: [cells: string, column: string, value: string, code: string][] = [
  ['first,2026-11-20T15:00,,1,Osaka,1,', 'ticket', 'first', 'impact_ticket'],
  ['4711,2026-11-20T15:00,,1,Osaka,1,', 'ticket', '4711', 'impact_no_ticket'],
  ['TWO,yesterday,,1,Osaka,1,', 'start', 'yesterday', 'change_time'],
  ['TWO,,2026-11-20T15:00,1,Osaka,1,', 'start', '', 'change_time'],
  ['TWO,2026-11-20T15:00,2026-11-20T14:00,1,Osaka,1,', 'end', '2026-11-20T14:00', 'impact_order'],
  ['TWO,2026-11-21T15:00,,1,Osaka,1,', 'start', '2026-11-21T15:00', 'impact_future'],
  ['TWO,2026-11-20T15:00,2026-11-21T15:00,1,Osaka,1,', 'end', '2026-11-21T15:00', 'impact_end_future'],
  ['TWO,2026-01-20T15:00,,1,Osaka,1,', 'start', '2026-01-20T15:00', 'impact_old'],
  ['TWO,2026-11-20T15:00,,2,Osaka,1,', 'factor', '2', 'impact_factor'],
  ['TWO,2026-11-20T15:00,,,Osaka,1,', 'factor', '', 'impact_factor'],
  ['TWO,2026-11-20T15:00,,1,Kyoto,1,', 'site', 'Kyoto', 'name_unknown'],
  ['TWO,2026-11-20T15:00,,1,Osaka,-1,', 'people', '-1', 'impact_count'],
  ['TWO,2026-11-20T15:00,,1,Osaka,,', 'people', '', 'impact_count'],
  ['TWO,2026-11-20T15:00,,1,Osaka,21,', 'people', '21', 'impact_people'],
  ['TWO,2026-11-20T15:00,,1,Osaka,1,perhaps', 'confirmed', 'perhaps', 'entry_choice'],
  ['REQUEST,2026-11-20T15:00,,1,Osaka,1,', 'ticket', 'REQUEST', 'impact_no_incident'],
  ['ONE,,,,,,', 'start', '', 'impact_nobody'],
  ['ONE,2026-11-20T16:00,,1,Osaka,1,', 'start', '2026-11-20T16:00', 'impact_overlap'],
  ['ONE,2026-11-20T17:30,,1,Osaka,1,no', 'confirmed', 'no', 'impact_mixed'],
  ['TWO,2026-11-20T15:00,,1,Osaka,1,no', 'confirmed', 'no', 'impact_estimate'],
];
for (const [cells, column, value, code] of faulty)
  test(`a fault has its line, its value and the reason: ${code} in ${column}`, async () => {
    const filled = (text: string) =>
      text.replace('ONE', String(one)).replace('TWO', String(two)).replace('REQUEST', String(request));
    const csv = `${head}\r\n${one},2026-11-20T15:00,2026-11-20T17:00,1,Osaka,1,yes\r\n${filled(cells)}\r\n`;
    const { status, body, text } = await send(csv);
    assert.is(status, 200, text);
    assert.equal(
      body.faults.map((fault) => [fault.line, fault.column, fault.value, fault.why.code]),
      [[3, column, filled(value), code]],
      text,
    );
    const applied = await send(csv, 'asked');
    assert.equal([applied.status, applied.body.code], [400, 'BAD_TABLE']);
    assert.equal((await impactOf(one)).versions, [], 'nothing of a table with a fault is stated');
  });

test('shown first and stated only with a reason, by who sent it', async () => {
  const preview = await send(good());
  assert.equal([preview.body.applied, preview.body.faults], [false, []], preview.text);
  assert.equal(
    preview.body.lines.map(({ line, does }) => [line, does]),
    [
      [2, 'add'],
      [5, 'add'],
    ],
  );
  assert.equal((await impactOf(one)).versions, []);
  const applied = await send(good(), 'asked the team leads');
  assert.is(applied.body.applied, true, applied.text);
  const { segments, stated, versions } = await impactOf(one);
  assert.equal([stated?.by, stated?.reason, versions.length], ['a operator', 'asked the team leads', 1]);
  assert.equal(
    segments.map(({ start, end, factor, affected }) => [start, end, factor, affected.map(({ people }) => people)]),
    [
      [now - 4 * hour, now - 1.5 * hour, 1, [12, 4]],
      [now - 1.5 * hour, null, 0.2, [3]],
    ],
  );
  assert.is(segments[0]?.affected[0]?.site, osaka);
  const { events } = (await collector.call(`/api/v1/tickets/${one}`, { as: 'viewer' })).body as TicketDetail;
  const event = events.find(({ kind }) => kind === 'impact');
  assert.equal([event?.actor, event?.text], ['a operator', 'asked the team leads']);
  assert.equal([(await impactOf(two)).segments, (await impactOf(two)).stated?.by], [[], 'a operator']);
});

test('out and in again changes nothing: what is stated, estimated, and said to have hindered nobody', async () => {
  const before = await written();
  assert.match(
    before,
    new RegExp(`${estimated},2026-11-20T07:00:00.000Z,2026-11-20T08:00:00.000Z,1,Osaka,7,no,server-down box-0001`),
  );
  assert.match(before, /"'=HYPERLINK\(""x""\)"/, 'no cell that a spreadsheet would run');
  for (const text of [before, before.replaceAll(',', '\t').replaceAll('\r\n', '\n')]) {
    const back = await send(text, 'once more');
    assert.equal([back.status, back.body.faults], [200, []], back.text);
    assert.equal(back.body.lines.map(({ does }) => does).sort(), ['same', 'same', 'same']);
  }
  assert.is(await written(), before);
  assert.is((await impactOf(one)).versions.length, 1);
  assert.is((await impactOf(estimated)).stated, null, 'an estimate stays one');
});

test('an estimate is confirmed by yes, and a correction is a new version with who made it', async () => {
  const table = await written();
  const lines = table.replace(/,7,no,/, ',7,yes,').replace(/,Osaka,12,yes/, ',Osaka,10,yes');
  const preview = await send(lines);
  assert.equal(
    preview.body.lines
      .filter(({ does }) => does !== 'same')
      .map(({ does, name }) => `${does} ${name}`)
      .sort(),
    [`add T-${estimated} `, `change T-${one} =HYPERLINK("x")`],
    preview.text,
  );
  await send(lines, 'asked again');
  assert.equal(
    [(await impactOf(estimated)).stated?.by, (await impactOf(estimated)).segments.length],
    ['a operator', 1],
  );
  const { segments, versions } = await impactOf(one);
  assert.equal(
    [segments[0]?.affected[0]?.people, versions.map(({ reason }) => reason)],
    [10, ['asked again', 'asked the team leads']],
  );
});

test('a site that is gone stays in what was stated, and is not stated anew', async () => {
  await collector.call(`/api/v1/sites/${berlin}`, { method: 'DELETE', as: 'admin' });
  const table = await written();
  const back = await send(table, 'once more');
  assert.equal(back.body.faults, [], back.text);
  const changed = table.replace(`,${berlin},4,`, `,${berlin},3,`);
  assert.is.not(changed, table);
  assert.equal(
    (await send(changed)).body.faults.map(({ why }) => why.code),
    ['impact_site_gone'],
  );
});

test.run();
