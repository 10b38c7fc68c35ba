/** Changes over HTTP: what is refused says which value, why and what to do; a window becomes maintenance and moves with its change. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChangeDetail, ChangePreview, ChangeRow, MaintenanceRow } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId, putEndpoint } from '../../support/fleet-history.ts';

const test = suite('changes');
const hour = 3_600_000;
const day = 24 * hour;
let now = Date.parse('2026-11-20T10:00:00Z');
const clock = { now: () => now, monotonic: () => now };
const openHere = () => openCollector({ clock });
let collector: InProcess;

interface Refusal {
  code: string;
  message: string;
  hint: string;
}

const send = <T>(method: string, path: string, body?: unknown) =>
  collector.call(`/api/v1/changes${path}`, {
    ...{ method, as: 'operator' as const },
    ...(body === undefined ? {} : { body }),
  }) as Promise<{ status: number; body: T; text: string }>;
const post = <T>(path: string, body: unknown) => send<T>('POST', path, body);
const detailOf = async (id: number) => (await send<ChangeDetail>('GET', `/${id}`)).body;
const listed = async (query: string) => (await send<{ items: ChangeRow[] }>('GET', query)).body.items;

test.before(async () => {
  const first = await openHere();
  for (const n of [1, 2, 3]) await putEndpoint(first.state, n, { site: n === 3 ? 'Berlin' : 'Osaka' });
  await first.stop();
  collector = await first.again();
  for (const name of ['Osaka', 'Berlin'])
    await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name } });
});
test.after(() => collector.close());

const osaka = { of: 'site', target: 'Osaka' };
const plan = (more: object = {}) => ({
  ...{ title: 'New switches', scopes: [osaka], from: now + hour, to: now + 3 * hour },
  ...more,
});

const bad: [what: string, body: () => object, status: number, code: string, words: RegExp][] = [
  ['an end before the start', () => plan({ to: now }), 400, 'BAD_CHANGE', /not after its start/],
  ['an end at the start', () => plan({ to: now + hour }), 400, 'BAD_CHANGE', /not after its start/],
  ['no targets', () => plan({ scopes: [] }), 400, 'BAD_CHANGE', /no targets/],
  ['an unknown endpoint', () => plan({ scopes: [{ of: 'endpoint', target: 'e999' }] }), 404, 'NOT_FOUND', /e999/],
  ['an unknown site', () => plan({ scopes: [{ of: 'site', target: 'Atlantis' }] }), 404, 'NOT_FOUND', /Atlantis/],
  ['a blank title', () => plan({ title: ' \u200b\n ' }), 400, 'BAD_CHANGE', /blank/],
  ['31 days', () => plan({ to: now + 32 * day }), 400, 'BAD_CHANGE', /30 days/],
  ['a start in two years', () => plan({ from: now + 800 * day, to: now + 801 * day }), 400, 'BAD_CHANGE', /a year/],
  ['a start two years ago', () => plan({ from: now - 800 * day, to: now - 799 * day }), 400, 'BAD_CHANGE', /400 days/],
  [
    'too many targets',
    () => plan({ scopes: Array.from({ length: 21 }, () => osaka) }),
    400,
    'BAD_CHANGE',
    /21 targets/,
  ],
  ['a title of 300', () => plan({ title: 'x'.repeat(300) }), 400, 'BAD_CHANGE', /300 characters/],
  ['a repair of what is not there', () => plan({ repairOf: 4711 }), 400, 'BAD_CHANGE', /C-4711/],
  ['a huge text', () => plan({ description: '<b>'.repeat(40_000) }), 400, 'BAD_REQUEST', /description/],
];
for (const [what, body, status, code, words] of bad)
  test(`refused: ${what}`, async () => {
    const answer = await post<Refusal>('', body());
    assert.is(answer.status, status, answer.text);
    assert.is(answer.body.code, code);
    assert.match(answer.body.message, words);
    assert.ok(answer.body.hint.length > 10);
  });

test('nothing of what was refused is there', async () => assert.equal(await listed(''), []));

const windows = async () =>
  ((await collector.call('/api/v1/maintenance', { as: 'viewer' })).body as { items: MaintenanceRow[] }).items;

test('its window is maintenance, moves with it, and is cancelled with it', async () => {
  const markup = '<img src=x onerror=alert(1)> & "quotes"';
  const made = await post<ChangeDetail>('', plan({ description: markup }));
  assert.is(made.status, 201, made.text);
  const { row } = made.body;
  assert.equal([row.state, row.targets.n, made.body.description], ['planned', 2, markup]);
  const [window] = await windows();
  assert.equal(window?.once, { start: row.from, end: row.to });
  assert.equal([window?.scope.target, window?.reason], ['Osaka', `C-${row.id}: New switches`]);

  const later = { from: row.from + hour, to: row.to + hour };
  await send('PATCH', `/${row.id}`, later);
  assert.equal((await windows())[0]?.once, { start: later.from, end: later.to });
  const berlin = { of: 'site', target: 'Berlin' };
  await send('PATCH', `/${row.id}`, { scopes: [berlin] });
  assert.equal(
    (await windows()).map(({ scope }) => scope.target),
    ['Berlin'],
  );

  const cancelled = await post<ChangeDetail>(`/${row.id}/cancel`, { reason: 'not needed' });
  assert.is(cancelled.body.row.state, 'cancelled');
  assert.equal(await windows(), []);
  assert.is((await post<Refusal>(`/${row.id}/cancel`, { reason: 'again' })).status, 409);
  const codes = cancelled.body.history.map(({ code, by }) => `${code} ${by}`);
  assert.equal(codes, ['cancelled a operator', 'changed a operator', 'changed a operator', 'created a operator']);
});

test('an outcome before the start is refused; what began keeps its targets, and ends its maintenance when finished', async () => {
  const made = await post<ChangeDetail>('', plan());
  const { id, from, to } = made.body.row;
  const early = await post<Refusal>(`/${id}/outcome`, { outcome: 'success' });
  assert.is(early.status, 400);
  assert.match(early.body.message, /has not begun/);

  now = from + 10_000;
  await waitFor(async () => (await detailOf(id)).row.state === 'in_progress');
  const begun = await detailOf(id);
  assert.equal(
    begun.targets.map(({ endpoint, result }) => `${endpoint.name} ${result}`),
    ['box-0001 not_seen', 'box-0002 not_seen'],
  );
  const moved = await send<Refusal>('PATCH', `/${id}`, { to: to + hour });
  assert.is(moved.status, 409);
  await collector.state.updateTable('endpoints').set({ site: 'Berlin' }).where('id', '=', endpointId(1)).execute();
  assert.is((await detailOf(id)).row.targets.n, 2);

  const before = await post<Refusal>(`/${id}/outcome`, { outcome: 'success', at: from - hour });
  assert.match(before.body.message, /before its start/);
  const raised = await post<Refusal>(`/${id}/outcome`, { outcome: 'success', rolledBack: true });
  assert.is(raised.status, 400, raised.text);
  assert.match(raised.body.message, /"failed".*better/);

  now = from + hour;
  const done = await post<ChangeDetail>(`/${id}/outcome`, { outcome: 'success', objectiveMet: true });
  assert.is(done.status, 200, done.text);
  assert.equal(done.body.row.outcome, { value: 'success', reasons: [], isProvisional: true });
  assert.is(done.body.row.implementedAt, now);
  assert.equal(
    (await windows()).filter(({ state }) => state === 'running'),
    [],
  );

  const better = await post<ChangeDetail>(`/${id}/outcome`, {
    outcome: 'success',
    rolledBack: true,
    reason: 'as planned',
  });
  assert.equal(better.body.row.outcome?.reasons, ['rolled_back', 'raised_by_person']);
  assert.is((await detailOf(id)).history[0]?.data.computed, 'failed');
});

test('two changes of one endpoint at the same time are a warning', async () => {
  const made = await post<ChangeDetail>('', plan({ title: 'First' }));
  const scopes = [{ of: 'endpoint', target: endpointId(2) }];
  const ask = { scopes, from: now + 2 * hour, to: now + 5 * hour };
  const preview = await post<ChangePreview>('/preview', ask);
  assert.is(preview.body.endpoints, 1);
  assert.equal(
    preview.body.warnings.map(({ code, change }) => [code, change?.id]),
    [['overlap', made.body.row.id]],
  );
  const apart = await post<ChangePreview>('/preview', { ...ask, from: now + 3 * hour });
  assert.equal(apart.body.warnings, []);
});

test('what is over when it is entered has no maintenance; what has begun waits for a second person', async () => {
  const before = (await windows()).length;
  const past = await post<ChangeDetail>('', plan({ from: now - 5 * hour, to: now - 3 * hour }));
  assert.equal([past.body.row.state, past.body.row.isOverdue], ['in_progress', true]);
  assert.equal((await windows()).length, before);
  await post('', plan({ title: 'Late', from: now - hour, to: now + hour }));
  const late = (await windows()).find(({ reason }) => reason.endsWith('Late'));
  assert.equal(late?.warnings, ['late']);
});

test('lists are filtered, and have pages that do not overlap', async () => {
  const all = await listed('?limit=500');
  const first = await send<{ items: ChangeRow[]; next: string }>('GET', '?limit=2');
  const second = await send<{ items: ChangeRow[] }>('GET', `?limit=2&page=${first.body.next}`);
  assert.equal(
    [...first.body.items, ...second.body.items].map(({ id }) => id),
    all.slice(0, 4).map(({ id }) => id),
  );
  assert.equal(
    (await listed('?q=first')).map(({ title }) => title),
    ['First'],
  );
  assert.equal(await listed('?q=%25'), []);
  assert.equal((await listed('?state=cancelled')).length, 1);
  assert.is((await send('GET', '?page=nonsense')).status, 400);
  assert.is((await send('GET', '/4711')).status, 404);
});

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 150; n++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.unreachable('it has not come');
}

test.run();
