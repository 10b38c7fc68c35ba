/** Maintenance over HTTP: what is refused says which value, why and what to do; what is entered says what it does. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MaintenanceDetail, MaintenanceRow, MaintenanceSpan } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('maintenance');
let collector: InProcess;
const hour = 3_600_000;

interface Refusal {
  code: string;
  message: string;
  hint: string;
}

const post = <T>(path: string, body?: unknown, as: 'operator' | 'admin' = 'operator') =>
  collector.call(`/api/v1/maintenance${path}`, {
    ...{ method: 'POST', as },
    ...(body === undefined ? {} : { body }),
  }) as Promise<{ status: number; body: T; text: string }>;

test.before(async () => {
  collector = await openCollector();
  await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Osaka' } });
});
test.after(() => collector.close());

const osaka = { of: 'site', target: 'Osaka' };
const repeat = { cron: '0 22 * * TUE#2', zone: 'Asia/Tokyo', durationMin: 240 };
const plan = (more: object) => ({ scope: osaka, reason: 'New switch', ...more });
const soon = () => Date.now() + hour;

const bad: [what: string, body: () => object, status: number, code: string, words: RegExp][] = [
  [
    'a zone that does not exist',
    () => plan({ repeat: { ...repeat, zone: 'Europe/Atlantis' } }),
    400,
    'BAD_ZONE',
    /Atlantis/,
  ],
  ['an offset as a zone', () => plan({ repeat: { ...repeat, zone: '+09:00' } }), 400, 'BAD_ZONE', /09:00/],
  [
    'an end before the start',
    () => plan({ from: soon() + hour, to: soon() }),
    400,
    'BAD_MAINTENANCE',
    /not after its start/,
  ],
  ['an end that is past', () => plan({ to: Date.now() - hour }), 400, 'BAD_MAINTENANCE', /not after its start/],
  ['no end at all', () => plan({}), 400, 'BAD_MAINTENANCE', /no end/],
  [
    'a time before 1970',
    () => plan({ to: Date.UTC(1900, 0) }),
    400,
    'BAD_MAINTENANCE',
    /1900-01-01.* is not after its start/,
  ],
  ['a start that is past', () => plan({ from: Date.now() - hour, to: soon() }), 400, 'BAD_MAINTENANCE', /is past/],
  ['a start of last year', () => plan({ from: 0, to: soon(), late: true }), 400, 'BAD_MAINTENANCE', /30 days|62 days/],
  ['31 days', () => plan({ to: Date.now() + 31 * 24 * hour }), 400, 'BAD_MAINTENANCE', /30 days/],
  [
    'a start in two years',
    () => plan({ from: Date.now() + 800 * 24 * hour, to: Date.now() + 801 * 24 * hour }),
    400,
    'BAD_MAINTENANCE',
    /a year/,
  ],
  [
    'a cron expression that is none',
    () => plan({ repeat: { ...repeat, cron: '61 * * * *' } }),
    400,
    'BAD_MAINTENANCE',
    /minute "61"/,
  ],
  [
    'one that selects no date',
    () => plan({ repeat: { ...repeat, cron: '0 2 30 FEB *' } }),
    400,
    'BAD_MAINTENANCE',
    /day of month/,
  ],
  [
    'one whose last day is past',
    () => plan({ repeat: { ...repeat, ends: Date.now() - hour } }),
    400,
    'BAD_MAINTENANCE',
    /no date/,
  ],
  [
    'one that starts each minute',
    () => plan({ repeat: { ...repeat, cron: '* * * * *', durationMin: 1 } }),
    400,
    'BAD_MAINTENANCE',
    /1,440 times a day/,
  ],
  [
    'one without a gap',
    () => plan({ repeat: { ...repeat, cron: '0 0 * * *', durationMin: 1440 } }),
    400,
    'BAD_MAINTENANCE',
    /no gap/,
  ],
  ['duration and end', () => plan({ repeat: { ...repeat, until: '06:00' } }), 400, 'BAD_MAINTENANCE', /either/],
  [
    'a wall time that is none',
    () => plan({ repeat: { cron: repeat.cron, zone: 'UTC', until: '26:00' } }),
    400,
    'BAD_MAINTENANCE',
    /26:00/,
  ],
  ['an end and a repetition', () => plan({ to: soon(), repeat }), 400, 'BAD_MAINTENANCE', /both/],
  [
    'a site that does not exist',
    () => ({ ...plan({ to: soon() }), scope: { of: 'site', target: 'Nowhere' } }),
    404,
    'NOT_FOUND',
    /site "Nowhere"/,
  ],
  [
    'a tag that nobody has',
    () => ({ ...plan({ to: soon() }), scope: { of: 'tag', target: 'x' } }),
    404,
    'NOT_FOUND',
    /tag "x"/,
  ],
  [
    'an endpoint that does not exist',
    () => ({ ...plan({ to: soon() }), scope: { of: 'endpoint', target: 'x' } }),
    404,
    'NOT_FOUND',
    /endpoint x/,
  ],
  ['a huge reason', () => plan({ to: soon(), reason: 'x'.repeat(1001) }), 400, 'BAD_REQUEST', /reason/],
  ['a reason of spaces', () => plan({ to: soon(), reason: '  ' }), 400, 'BAD_REQUEST', /reason/],
  ['a fraction of a millisecond', () => plan({ to: 1.5 }), 400, 'BAD_REQUEST', /to/],
  ['a word that is not known', () => plan({ to: soon(), forever: true }), 400, 'BAD_REQUEST', /./],
];
for (const [what, body, status, code, words] of bad)
  test(`refused: ${what}`, async () => {
    for (const path of ['', '/preview']) {
      const answer = await post<Refusal>(path, body());
      assert.is(answer.status, status, answer.text);
      assert.is(answer.body.code, code, answer.text);
      assert.match(answer.body.message, words);
      assert.ok(answer.body.hint.length > 10, answer.text);
    }
    const list = await collector.call('/api/v1/maintenance', { as: 'viewer' });
    assert.equal((list.body as { items: unknown[] }).items, [], 'nothing was entered');
  });

test('a preview says what it covers and when, and enters nothing', async () => {
  const { body } = await post<MaintenanceRow>('/preview', plan({ repeat }));
  assert.is(body.next.length, 5);
  assert.equal(body.warnings, ['nobody']);
  assert.is(new Set(body.next.map(({ start }) => new Date(start).getUTCHours())).size, 1);
  const often = await post<MaintenanceRow>(
    '/preview',
    plan({ repeat: { ...repeat, cron: '0 0 * * *', durationMin: 360 } }),
  );
  assert.ok(often.body.warnings.includes('much'));
});

test('entered, extended and ended; a reason with markup stays text', async () => {
  const reason = '<img src=x onerror=alert(1)> $1 {problem}';
  const made = await post<MaintenanceRow>('', plan({ to: soon(), reason }));
  assert.is(made.status, 201);
  assert.is(made.body.state, 'running');
  assert.is(made.body.reason, reason);
  const { id } = made.body;
  const extended = await post<MaintenanceRow>(`/${id}/extend`, { until: Date.now() + 2 * hour });
  assert.is(extended.status, 200, extended.text);
  const early = await post<Refusal>(`/${id}/extend`, { until: Date.now() + 60_000 });
  assert.match(early.body.message, /not after the present one/);
  assert.is((await post<MaintenanceRow>(`/${id}/end`)).body.state, 'over');
  assert.is((await post<Refusal>(`/${id}/end`)).status, 409);
  assert.is((await post<Refusal>('/nothing/end')).status, 404);
  const detail = await collector.call(`/api/v1/maintenance/${id}`, { as: 'viewer' });
  const { history } = detail.body as MaintenanceDetail;
  assert.equal(
    history.map(({ code }) => code),
    ['ended', 'extended', 'created'],
  );
  const past = await collector.call('/api/v1/maintenance?past=true', { as: 'viewer' });
  assert.equal(
    (past.body as { items: MaintenanceRow[] }).items.map((row) => row.id),
    [id],
  );
});

test('a recurrence: a date left out, a date that is none of its, changed and cancelled', async () => {
  const { id, next } = (await post<MaintenanceRow>('', plan({ repeat }))).body;
  const date = new Date((next[1]?.start ?? 0) + 9 * hour).toISOString().slice(0, 10);
  const skipped = await post<MaintenanceRow>(`/${id}/skip`, { date });
  assert.equal(skipped.body.next.map(({ start }) => start).slice(0, 2), [next[0]?.start, next[2]?.start]);
  const wrong = await post<Refusal>(`/${id}/skip`, { date: '2026-13-45' });
  assert.match(wrong.body.message, /20\d\d-\d\d-\d\d/, 'it names dates of its own');
  const patch = (body: object) =>
    collector.call(`/api/v1/maintenance/${id}`, { method: 'PATCH', as: 'operator', body });
  const changed = (await patch({ repeat: { ...repeat, cron: '0 23 * * *' } })).body as MaintenanceRow;
  assert.equal(changed.repeat?.skip, [date]);
  assert.is((await post<MaintenanceRow>(`/${id}/cancel`)).body.state, 'cancelled');
  assert.is((await patch({ reason: 'again' })).status, 409);
});

test('a token approves nothing', async () => {
  const { id } = (await post<MaintenanceRow>('', plan({ to: Date.now() + 30 * hour }))).body;
  const refused = await post<Refusal>(`/${id}/approve`, undefined, 'admin');
  assert.match(refused.body.message, /not a token/);
});

test('spans of an endpoint: an empty range is refused', async () => {
  const ask = (query: string) => collector.call(`/api/v1/maintenance/spans?${query}`, { as: 'viewer' });
  assert.is((await ask('endpoint=x&from=5&to=5')).status, 400);
  assert.is((await ask('endpoint=x&from=yesterday&to=5')).status, 400);
  assert.equal(((await ask('endpoint=x&from=0&to=5')).body as { items: MaintenanceSpan[] }).items, []);
});

test.run();
