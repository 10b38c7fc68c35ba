/** Tickets over HTTP: queues by due time, and what is refused, with the reason. */

import { sql } from 'kysely';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matching } from '../../../collector/api/find-tickets.ts';
import { blankTicket } from '../../../collector/tickets/events.ts';
import type { AskedRating, TicketDetail, TicketList, TicketQueues, TicketRow } from '../../../shared/api.ts';
import { parseCsv } from '../../../shared/csv.ts';
import { languages } from '../../../shared/words/index.ts';
import { ruleName } from '../../../shared/words/names.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('tickets over HTTP');
const day = 86_400_000;
let collector: InProcess;

test.before(async () => {
  collector = await openCollector();
  for (const name of ['ada', 'bob']) {
    const body = { name, password: 'a sentence of its own', role: 'operator' };
    await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body });
  }
});
test.after(() => collector.close());

const ask = (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') =>
  collector.call(`/api/v1/${path}`, { method, as: 'operator', ...(body === undefined ? {} : { body }) });
async function ok<T = TicketDetail>(path: string, body?: unknown, method?: string): Promise<T> {
  const answer = await ask(path, body, method);
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
async function refused(path: string, body: unknown, code: string, why: RegExp): Promise<void> {
  const answer = await ask(path, body);
  const found = answer.body as { code: string; message: string };
  assert.is(found.code, code, answer.text);
  assert.match(found.message, why);
}
const open = async (more: object = {}) => (await ok('tickets', { title: 'x', ...more })).row.id;

test('a queue is in the order of due times, not of numbers or priorities', async () => {
  const [late, soon, none] = [
    await open({ impact: 2, urgency: 2 }),
    await open({ impact: 1, urgency: 1 }),
    await open(),
  ];
  const taken = await open({ impact: 2, urgency: 1 });
  await ok(`tickets/${taken}/assign`, { assignee: 'a operator' });
  const listed = await ok<{ items: TicketRow[]; next: null }>('tickets?queue=unassigned');
  const ids = listed.items.map(({ id }) => id);
  assert.equal(ids, [soon, late, none]);
  const [first, , last] = listed.items;
  assert.is(first?.responseDueAt, (first?.openedAt ?? 0) + 15 * 60_000, 'P1 is due in 15 minutes, at any hour');
  assert.equal([first?.dueAt, first?.outcome], [first?.responseDueAt, { response: 'open', resolution: 'open' }]);
  assert.equal(
    [last?.dueAt, last?.outcome],
    [null, { response: 'none', resolution: 'none' }],
    'P5: nothing is promised',
  );
  const queues = await ok<TicketQueues>('tickets/queues');
  assert.equal([queues.mine, queues.next?.ticket, queues.unassigned, queues.late], [1, soon, 3, 0]);
  assert.is(queues.next?.isLate, false);
  const { items } = await ok<{ items: TicketRow[] }>('tickets?queue=mine');
  assert.equal(
    items.map(({ id }) => id),
    [taken],
  );
  assert.is((await ask('tickets?queue=mine&page=abc')).status, 400);
  assert.is((await ask('tickets?queue=all')).status, 400);
});

test('filters narrow every list, and an empty one says what is found without each', async () => {
  const [berlin] = [await open({ title: 'Fächer 50%_off \\ quote', impact: 1, urgency: 1, category: 'problem' })];
  const plain = await open({ title: 'fan 500 off', impact: 3, urgency: 3, category: 'request' });
  await collector.state.updateTable('tickets').set({ site: 'Berlin' }).where('id', '=', berlin).execute();
  await ok(`tickets/${plain}/hand-off`, { tier: 3, reason: 'x', tried: 'x' });
  const found = async (query: string) => {
    const { items, total } = await ok<TicketList>(`tickets?${query}`);
    assert.is(total, items.length, query);
    return items.map(({ id }) => id).sort((a, b) => a - b);
  };
  for (const list of ['queue=open&', 'queue=unassigned&', 'state=open&', '']) {
    assert.equal(await found(`${list}site=Berlin`), [berlin], list);
    assert.equal(await found(`${list}category=problem&priority=1&q=quote`), [berlin], list);
    assert.equal(await found(`${list}tier=3`), [plain], list);
  }
  assert.equal(await found(`q=${encodeURIComponent('%_')}`), [berlin], 'no character is a wildcard');
  assert.equal(await found(`q=${encodeURIComponent('\\')}`), [berlin]);
  assert.equal(await found('q=50%25'), [berlin]);
  assert.equal(await found(`q=${encodeURIComponent('FÄCHER')}`), [berlin]);
  assert.equal(await found('q=OFF%20FAN'), [plain], 'words in any order and case');
  assert.equal(await found(`q=%23${plain}`), [plain], 'by number');
  assert.equal(await found(`q=${plain}`), [plain]);
  const none = await ok<TicketList>('tickets?queue=open&site=Berlin&tier=3&q=fan');
  assert.equal(
    [none.total, none.without],
    [
      0,
      [
        { filter: 'queue', n: 0 },
        { filter: 'site', n: 1 },
        { filter: 'tier', n: 0 },
        { filter: 'q', n: 0 },
      ],
    ],
  );
  for (const [bad, name] of [
    ['priority=6', 'priority'],
    ['tier=-1', 'tier'],
    ['category=wish', 'category'],
    ['owner=ada', 'owner'],
  ] as const) {
    const answer = await ask(`tickets?${bad}`);
    assert.is(answer.status, 400, bad);
    assert.match((answer.body as { message: string }).message, name);
    assert.is((await ask(`tickets/table?${bad}`)).status, 400, `table ${bad}`);
  }
  for (const id of [berlin, plain]) await ok(`tickets/${id}/state`, { state: 'cancelled', reason: 'spam' });
});

test('a ticket of the monitor is found by the words of its title in any language', async () => {
  const columns = { rule: 'disk-full', instance: '/srv/data', title: null };
  const { id } = await collector.state
    .insertInto('tickets')
    .values({ ...blankTicket('words/disk', Date.now()), ...columns })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const q of ['srv/data', ...languages.map((language) => ruleName(language, { id: 'disk-full' }))]) {
    const { items } = await ok<TicketList>(`tickets?queue=open&q=${encodeURIComponent(q)}`);
    assert.ok(
      items.some((row) => row.id === id),
      q,
    );
  }
  assert.is((await ok<TicketList>('tickets?queue=open&q=no-such-word')).total, 0);
  await ok(`tickets/${id}/state`, { state: 'cancelled', reason: 'spam' });
});

test('what is listed comes as CSV, whole, with cells that no spreadsheet runs', async () => {
  const bad = await open({ title: '=HYPERLINK("http://x";"y")', category: 'question', requester: '+1 "Mia", Abe' });
  for (let n = 0; n < 3; n++) await open({ title: `more ${n}`, category: 'question' });
  for (const list of ['queue=open', 'state=open']) {
    const answer = await ask(`tickets/table?${list}&category=question`);
    assert.is(answer.status, 200, answer.text);
    const { rows, faults } = parseCsv(answer.text);
    assert.equal(faults, []);
    assert.is(rows.length, 5, 'all of them, below the head');
    assert.equal(rows[0]?.cells.slice(0, 4), ['number', 'title', 'priority', 'state']);
    const cells = rows.map((row) => row.cells).find(([number]) => number === String(bad)) ?? [];
    assert.equal([cells[1], cells[8]], ['=HYPERLINK("http://x";"y")', '+1 "Mia", Abe'], 'read back as it was written');
    assert.match(answer.text, `"'=HYPERLINK(`);
    assert.match(answer.text, `"'+1 `);
  }
  const { items } = await ok<TicketList>('tickets?category=question');
  for (const { id } of items) await ok(`tickets/${id}/state`, { state: 'cancelled', reason: 'spam' });
});

test('an open queue reads none of what has ended, and a list no more than its page', async () => {
  const read = (query: string) => {
    const statement = sql<{ detail: string }>`explain query plan ${sql.raw(query)}`;
    return statement.execute(collector.state).then(({ rows }) => rows.map(({ detail }) => detail).join('; '));
  };
  const context = { state: collector.state, ruleNamed: (id: string) => ({ id }) };
  const queries = {
    open: await matching(context, { queue: 'open', priority: 1, site: 'Berlin' }, 'ada'),
    mine: await matching(context, { queue: 'mine' }, 'ada'),
    changed: (await matching(context, {}, 'ada')).orderBy('tickets.updated_at', 'desc').orderBy('tickets.id', 'desc'),
  };
  const plans = new Map<string, string>();
  for (const [name, query] of Object.entries(queries)) {
    const { sql: text, parameters } = query.compile();
    let n = 0;
    plans.set(name, await read(text.replace(/\?/g, () => `'${String(parameters[n++])}'`)));
  }
  assert.match(plans.get('open') ?? '', /SEARCH tickets USING INDEX tickets_by_state \(state=\?\)/);
  assert.match(plans.get('mine') ?? '', /SEARCH tickets USING INDEX tickets_by_state \(state=\?\)/);
  assert.match(plans.get('changed') ?? '', /SCAN tickets USING INDEX tickets_by_change/);
  assert.not.match(plans.get('changed') ?? '', /TEMP B-TREE/);
});

test('a comment stays text, and has an end', async () => {
  const id = await open({ requester: 'Mia Abe' });
  const markup = `<script>alert(1)</script>'";--\u202e${'<img src=x onerror=alert(1)>'.repeat(300)}`;
  const { events } = await ok(`tickets/${id}/comment`, { text: markup, public: true });
  assert.equal([events.at(-1)?.text, events.at(-1)?.isPublic], [markup, true]);
  await refused(`tickets/${id}/comment`, { text: 'x'.repeat(10_001) }, 'BAD_REQUEST', /text/);
  await refused(`tickets/${id}/comment`, { text: '' }, 'BAD_REQUEST', /text/);
  await refused(`tickets/${id}/comment`, { text: 'x', public: 'perhaps' }, 'BAD_REQUEST', /public/);
  assert.is((await ask(`tickets/${id}/comment`, { text: 'x'.repeat(400_000) })).status, 413);
  await refused('tickets', { title: 'x', requester: 'x'.repeat(129) }, 'BAD_REQUEST', /requester/);
  await refused('tickets', { title: 'x', category: 'wish' }, 'BAD_REQUEST', /category/);
});

test('a hold needs a reason of the list and a date to come', async () => {
  const id = await open();
  const hold = (more: object) => ({ state: 'on_hold', ...more });
  const until = Date.now() + day;
  await refused(`tickets/${id}/state`, hold({ text: 'later' }), 'BAD_REQUEST', /reason of the list and a date/);
  await refused(`tickets/${id}/state`, hold({ reason: 'awaiting_vendor' }), 'BAD_REQUEST', /a date/);
  await refused(`tickets/${id}/state`, hold({ reason: 'tea', until }), 'BAD_REQUEST', /reason/);
  await refused(`tickets/${id}/state`, hold({ reason: 'spam', until }), 'BAD_REQUEST', /reason/);
  const past = hold({ reason: 'awaiting_vendor', until: Date.now() - 1 });
  await refused(`tickets/${id}/state`, past, 'BAD_REQUEST', /is over/);
  const far = hold({ reason: 'awaiting_vendor', until: 8.64e15 });
  await refused(`tickets/${id}/state`, far, 'BAD_REQUEST', /more than a year/);
  const never = { state: 'in_progress', reason: 'awaiting_vendor' };
  await refused(`tickets/${id}/state`, never, 'BAD_REQUEST', /no reason to become in_progress/);
  const { row } = await ok(`tickets/${id}/state`, hold({ reason: 'awaiting_requester', until }));
  assert.equal([row.state, row.holdReason, row.holdUntil, row.dueAt], ['on_hold', 'awaiting_requester', until, null]);
});

test('the priority follows from impact and urgency, is changed with a reason, and stays in the history', async () => {
  const id = await open();
  await refused(`tickets/${id}/priority`, { impact: 1, urgency: 1 }, 'BAD_REQUEST', /reason/);
  await refused(`tickets/${id}/priority`, { impact: 0, urgency: 1, reason: 'x' }, 'BAD_REQUEST', /impact/);
  const { row, events } = await ok(`tickets/${id}/priority`, { impact: 1, urgency: 2, reason: 'a whole site' });
  assert.equal([row.priority, row.impact, row.urgency], [2, 1, 2]);
  const change = events.find(({ kind }) => kind === 'priority');
  assert.equal([change?.actor, change?.from, change?.to, change?.text], ['a operator', 'P5', 'P2', 'a whole site']);
  await refused(`tickets/${id}/priority`, { impact: 1, urgency: 2, reason: 'x' }, 'CONFLICT', /already/);
});

test('who asked, and the kind of ticket, are corrected with an event; a ticket of the monitor has no requester', async () => {
  const id = await open({ requester: 'Mio' });
  const { row, events } = await ok(`tickets/${id}/correct`, {
    requester: 'Mia <mia@example.org>',
    category: 'request',
  });
  assert.equal([row.requester, row.category], ['Mia <mia@example.org>', 'request']);
  const change = events.at(-1);
  assert.equal([change?.kind, change?.actor], ['corrected', 'a operator']);
  assert.equal(change?.data, { requester: ['Mio', 'Mia <mia@example.org>'], category: ['incident', 'request'] });
  await refused(`tickets/${id}/correct`, { category: 'request' }, 'CONFLICT', /already/);
  await refused(`tickets/${id}/correct`, {}, 'BAD_REQUEST', /changes nothing: give one of requester, category/);
  await refused(`tickets/${id}/correct`, { requester: 'x'.repeat(129) }, 'BAD_REQUEST', /requester/);
  await refused(`tickets/${id}/correct`, { category: 'wish' }, 'BAD_REQUEST', /category/);
  const { id: ours } = await collector.state
    .insertInto('tickets')
    .values({ ...blankTicket('srv/cpu', Date.now()), rule: 'cpu' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await refused(`tickets/${ours}/correct`, { requester: 'Mia' }, 'CONFLICT', /the monitor opened/);
  assert.is((await ok(`tickets/${ours}/correct`, { category: 'problem' })).row.category, 'problem');
  await ok(`tickets/${ours}/state`, { state: 'cancelled', reason: 'spam' });
});

test('the number of a vendor is kept with a hold for the vendor or a hand-off to tier 4, shown, found, and nowhere else', async () => {
  const id = await open();
  const until = Date.now() + day;
  const vendorReference = 'RMA-4711/b';
  const hold = { state: 'on_hold', reason: 'awaiting_vendor', until, vendorReference };
  for (const wrong of [
    { ...hold, reason: 'awaiting_change' },
    { state: 'in_progress', vendorReference },
    { ...hold, vendorReference: ' ' },
    { ...hold, vendorReference: 'x'.repeat(101) },
  ])
    await refused(`tickets/${id}/state`, wrong, 'BAD_REQUEST', /vendor/);
  await refused(
    `tickets/${id}/hand-off`,
    { tier: 3, reason: 'x', tried: 'x', vendorReference },
    'BAD_REQUEST',
    /RMA-4711.*tier 3/,
  );
  const held = await ok(`tickets/${id}/state`, hold);
  assert.equal([held.row.holdReason, held.row.vendorReference], ['awaiting_vendor', vendorReference]);
  assert.equal(held.events.at(-1)?.data, { reason: 'awaiting_vendor', until, vendorReference });
  const ended = await ok(`tickets/${id}/state`, { state: 'in_progress' });
  assert.equal([ended.row.holdReason, ended.row.vendorReference], [null, vendorReference], 'it stays');
  const handed = await ok(`tickets/${id}/hand-off`, {
    tier: 4,
    reason: 'the array',
    tried: 'x',
    vendorReference: 'CASE 9',
  });
  assert.equal([handed.row.tier, handed.row.vendorReference], [4, 'CASE 9']);
  assert.match(JSON.stringify(handed.events.at(-1)?.data), '"vendorReference":"CASE 9"');
  const { items } = await ok<TicketList>('tickets?q=case');
  assert.equal(
    items.map((row) => row.id),
    [id],
  );
  assert.match((await ask('tickets/table?q=case')).text, /vendor_reference[\s\S]*,CASE 9,/);
  await ok(`tickets/${id}/state`, { state: 'cancelled', reason: 'not_an_issue' });
});

test('handed to another tier it has another owner; a swarm changes none', async () => {
  const id = await open();
  await ok(`tickets/${id}/assign`, { assignee: 'ada' });
  await refused(`tickets/${id}/hand-off`, { tier: 5, reason: 'x', tried: 'x' }, 'BAD_REQUEST', /tier/);
  await refused(`tickets/${id}/hand-off`, { tier: 2, tried: 'x' }, 'BAD_REQUEST', /reason/);
  await ok(`tickets/${id}/swarm`, { kind: 'local' });
  await ok(`tickets/${id}/participants/join`, { kind: 'local', person: 'bob' });
  await refused(`tickets/${id}/participants/join`, { kind: 'local', person: 'bob' }, 'CONFLICT', /bob helps/);
  const helped = await ok(`tickets/${id}/participants/leave`, { person: 'bob' });
  assert.is(helped.row.assignee, 'ada');
  assert.equal([helped.participants[0]?.person, typeof helped.participants[0]?.leftAt], ['bob', 'number']);
  const { row, events } = await ok(`tickets/${id}/hand-off`, { tier: 2, reason: 'the array', tried: 'x' });
  assert.equal([row.tier, row.assignee], [2, null]);
  const moved = events.find(({ kind }) => kind === 'handed_off');
  assert.equal([moved?.text, moved?.data], ['the array', { fromTier: 1, toTier: 2, from: 'ada', to: null }]);
  await refused(`tickets/${id}/hand-off`, { tier: 2, reason: 'again', tried: 'x' }, 'CONFLICT', /with tier 2 already/);
});

test('links: not to itself, no circle of parents, one parent; a duplicate is cancelled as one', async () => {
  const [a, b, c] = [await open(), await open(), await open()];
  const link = (kind: string, target: unknown) => ({ kind, target: String(target) });
  await refused(`tickets/${a}/links`, link('related', a), 'CONFLICT', /itself/);
  await refused(`tickets/${a}/links`, link('related', 999_999), 'NOT_FOUND', /999999/);
  await refused(`tickets/${a}/links`, link('parent', '1 or 1=1'), 'BAD_REQUEST', /not the number/);
  await refused(`tickets/${a}/links`, link('alert', 'nothing'), 'NOT_FOUND', /alert/);
  await ok(`tickets/${a}/links`, link('parent', b));
  const { links } = await ok(`tickets/${b}/links`, link('parent', c));
  await refused(`tickets/${c}/links`, link('parent', a), 'CONFLICT', /below/);
  await refused(`tickets/${a}/links`, link('parent', c), 'CONFLICT', /the parent/);
  await refused(`tickets/${a}/state`, { state: 'cancelled', reason: 'duplicate' }, 'CONFLICT', /as duplicate/);
  await refused(`tickets/${c}/state`, { state: 'cancelled', reason: 'merged' }, 'CONFLICT', /no parent/);
  const merged = await ok(`tickets/${a}/state`, { state: 'cancelled' });
  assert.equal(merged.events.at(-1)?.data, { reason: 'merged', mergedInto: b });
  const alone = await ok(`tickets/${b}/links/${links[0]?.id}`, undefined, 'DELETE');
  assert.equal([alone.links.length, alone.linkedFrom], [0, [{ ticket: a, kind: 'parent' }]]);
  const double = await ok(`tickets/${c}/links`, link('duplicate', b));
  assert.equal([double.row.state, double.events.at(-1)?.data], ['cancelled', { reason: 'duplicate', of: b }]);
  await refused(`tickets/${b}/links`, link('duplicate', c), 'CONFLICT', /cancelled/);
});

test('a change is linked by its number, if there is one, and once however it is written', async () => {
  const id = await open();
  const link = (target: string) => ({ kind: 'change', target });
  await refused(`tickets/${id}/links`, link('C-99999'), 'NOT_FOUND', /change C-99999/);
  await refused(`tickets/${id}/links`, link('the move'), 'BAD_REQUEST', /write it like C-12/);
  const { id: change } = await collector.state
    .insertInto('changes')
    .values({
      ...{ kind: 'planned', title: 'The move', description: '', state: 'planned', start_at: 1, end_at: 2 },
      ...{ implemented_at: null, outcome: null, outcome_reason: null, objective_met: null, repair_of: null },
      ...{ what: null, manager: null, site: null, packages: null },
      ...{ created_at: 1, created_by: 'ada', updated_at: 1, updated_by: 'ada' },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { links, events } = await ok(`tickets/${id}/links`, link(`c-${change}`));
  assert.equal([links[0]?.kind, links[0]?.target], ['change', `C-${change}`]);
  assert.equal(events.at(-1)?.data, { kind: 'change', target: `C-${change}` });
  await refused(`tickets/${id}/links`, link(String(change)), 'CONFLICT', /already/);
});

test('who asked rates the work by a link that names no one; the last answer counts', async () => {
  const id = await open({ requester: 'Mia Abe' });
  const { ratingToken } = await ok(`tickets/${id}/resolve`, { text: 'replaced' });
  assert.match(ratingToken ?? '', /^[\w-]{43}$/);
  const stored = await collector.state.selectFrom('ratings').selectAll().where('ticket', '=', id).execute();
  assert.not.match(JSON.stringify(stored), new RegExp(ratingToken ?? '-'), 'only its hash is stored');
  const outside = (token: string, body?: unknown) =>
    collector.call(`/api/v1/rate/${token}`, body === undefined ? {} : { method: 'POST', body });
  const asked = await outside(ratingToken ?? '');
  assert.equal([asked.status, asked.body], [200, { ticket: id, rating: null, at: null, replaced: null }]);
  for (const rating of [0, 6, 4.5, '5']) assert.is((await outside(ratingToken ?? '', { rating })).status, 400);
  assert.is((await outside(ratingToken ?? '', { rating: 5, comment: 'x'.repeat(2001) })).status, 400);
  const answered = async (body?: unknown, token = ratingToken ?? '') => {
    const { at, ...rest } = (await outside(token, body)).body as AskedRating;
    assert.type(at, 'number');
    return rest;
  };
  assert.equal(await answered({ rating: 5 }), { ticket: id, rating: 5, replaced: null });
  assert.equal(await answered(), { ticket: id, rating: 5, replaced: null }, 'it says that there is one');
  const again = await answered({ rating: 2, comment: 'It broke again.' });
  assert.equal(again, { ticket: id, rating: 2, replaced: 5 });
  const { rating, events } = await ok(`tickets/${id}`);
  assert.equal([rating.rating, rating.comment], [2, 'It broke again.']);
  const rated = events.filter(({ kind }) => kind === 'rated').map(({ data, text }) => ({ data, text }));
  assert.equal(rated, [
    { data: { rating: 5 }, text: null },
    { data: { rating: 2, replaced: 5 }, text: 'It broke again.' },
  ]);
  assert.is((await outside('nothing')).status, 404);
  const renewed = await ok(`tickets/${id}/rating-link`, {});
  assert.is.not(renewed.ratingToken, ratingToken);
  assert.equal(await answered(undefined, renewed.ratingToken ?? ''), { ticket: id, rating: 2, replaced: null });
  await collector.state
    .updateTable('ratings')
    .set({ sent_at: Date.now() - 31 * day })
    .execute();
  const late = await outside(ratingToken ?? '', { rating: 1 });
  assert.equal([late.status, (late.body as { code: string }).code], [410, 'RATING_EXPIRED']);
  let last = 200;
  for (let i = 0; i < 25; i++) last = (await outside(`guess${i}`)).status;
  assert.is(last, 429, 'guessing ends');
});

test.run();
