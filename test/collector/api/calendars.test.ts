/** Calendars, people and impact over HTTP: made, changed, used, stated; and what is refused, with the reason. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CalendarRow, Impact, SiteRow, TicketDetail } from '../../../shared/api.ts';
import { type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('calendars');
let collector: InProcess;

test.before(async () => {
  collector = await openCollector();
});
test.after(() => collector.close());

async function ask(path: string, method = 'GET', body?: unknown, as: CallOptions['as'] = 'admin') {
  return collector.call(`/api/v1/${path}`, { method, as, ...(body === undefined ? {} : { body }) });
}
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

const day = [['09:00', '17:00']];
const berlin = {
  name: 'Office Berlin',
  zone: 'Europe/Berlin',
  weekly: { mon: day, tue: day, wed: day, thu: day, fri: day },
  region: 'DE-BE',
  holidays: [{ date: '2026-12-25', name: 'Weihnachten' }],
  overrides: { '2026-12-24': [['09:00', '12:00']] },
  reason: 'works agreement',
};

test('a calendar is made, changed with a reason, and keeps its versions', async () => {
  const made = await ok<CalendarRow>('calendars', 'POST', berlin);
  assert.equal([made.version, made.weekMinutes, made.createdBy], [1, 2400, 'a admin']);
  const changed = await ok<CalendarRow>(`calendars/${made.id}`, 'PATCH', {
    weekly: { mon: [['22:00', '06:00']] },
    reason: 'night shift',
  });
  assert.equal([changed.version, changed.weekMinutes, changed.name], [2, 480, 'Office Berlin']);
  const { items } = await ok<{ items: { version: number; reason: string; content: { weekly: unknown } }[] }>(
    `calendars/${made.id}/versions`,
  );
  assert.equal(
    items.map(({ version, reason }) => [version, reason]),
    [
      [2, 'night shift'],
      [1, 'works agreement'],
    ],
  );
  assert.equal(items[1]?.content.weekly, berlin.weekly);
});

test('a site uses it; in use it cannot be removed', async () => {
  const calendar = await ok<CalendarRow>('calendars', 'POST', { ...berlin, name: 'Used' });
  const site = await ok<SiteRow>('sites', 'POST', { name: 'Berlin', people: 140, calendars: { working: calendar.id } });
  assert.equal([site.people, site.calendars], [140, { service: null, working: calendar.id, support: null }]);
  assert.match(await refused('CONFLICT', `calendars/${calendar.id}`, 'DELETE', undefined), /"Berlin" uses .* working/);
  const [row] = (await ok<{ items: CalendarRow[] }>('calendars')).items.filter(({ id }) => id === calendar.id);
  assert.equal(row?.sites, [{ id: site.id, name: 'Berlin', use: 'working' }]);
  await ok(`sites/${site.id}`, 'PATCH', { calendars: { working: null } });
  assert.is((await ask(`calendars/${calendar.id}`, 'DELETE')).status, 204);
});

test('what cannot be meant is refused, and says what', async () => {
  const wrong: [string, object, RegExp][] = [
    ['BAD_CALENDAR', { weekly: { mon: [['09:00', '09:00']] } }, /"Bad".*Monday: it opens and closes/],
    ['BAD_ZONE', { zone: 'Europe/Berlim' }, /"Europe\/Berlim"/],
    ['BAD_ZONE', { zone: '+01:00' }, /\+01:00/],
    ['BAD_NAME', { name: 'a\nb' }, /line break/],
    ['CONFLICT', { name: 'office BERLIN' }, /called "Office Berlin" already/],
  ];
  for (const [code, part, message] of wrong)
    assert.match(await refused(code, 'calendars', 'POST', { ...berlin, name: 'Bad', ...part }), message);
  for (const body of [
    { ...berlin, weekly: { mon: [['09:00']] } },
    { ...berlin, weekly: { noday: day } },
    { name: 'x' },
  ])
    assert.is((await ask('calendars', 'POST', body)).status, 400);
  await refused('NOT_FOUND', 'sites', 'POST', { name: 'Nowhere', calendars: { working: 'cgone' } });
  assert.is((await ask('sites', 'POST', { name: 'Few', people: -1 })).status, 400);
  assert.is((await ask('calendars', 'POST', berlin, 'operator')).status, 403);
});

test('a calendar that cannot be meant is refused, one that may not be is saved with a warning', async () => {
  const own = { ...berlin, name: 'Late', reason: 'x' };
  const no = async (change: object, code = 'BAD_CALENDAR') => refused(code, 'calendars', 'POST', { ...own, ...change });
  assert.match(await no({ region: 'XX' }), /"XX" is no country/);
  assert.match(await no({ region: 'DE-XX' }), /"DE-XX" is no part of DE/);
  assert.match(await no({ weekly: {}, overrides: {} }), /never be open/);
  assert.match(await no({ weekly: { mon: [] }, overrides: { '2026-12-24': [] } }), /never be open/);
  assert.match(await no({ zone: 'Europe/Berln' }, 'BAD_ZONE'), /"Europe\/Berln"/);
  const answer = await ask('calendars', 'POST', { ...own, zone: 'Europe/Berln' });
  assert.match((answer.body as { hint: string }).hint, /Europe\/Berlin/);
  const monday = Temporal.Now.plainDateISO().add({ years: 1 });
  const next = monday.add({ days: 8 - monday.dayOfWeek }).toString();
  const made = await ok<CalendarRow>('calendars', 'POST', {
    ...own,
    ...{ region: null, holidays: [], weekly: { mon: day }, overrides: { [next]: [['20:00', '22:00']] } },
  });
  assert.equal(
    made.warnings.map(({ why }) => why.code),
    ['calendar_outside'],
  );
  assert.match(made.warnings[0]?.problem ?? '', /20:00–22:00 of 20.* 09:00–17:00/);
  assert.is(made.holidaysUntil, null);
  const list = await ok<{ knownUntil: string; items: { date: string }[] }>('holidays?region=JP&from=2026&to=2027');
  assert.is(list.knownUntil, '2027-12-31');
  assert.ok(list.items.some(({ date }) => date.startsWith('2027-12') || date.startsWith('2027-11')));
});

test('an incident has the impact that somebody states, with every version and an event', async () => {
  const site = await ok<SiteRow>('sites', 'POST', { name: 'Osaka', people: 20 });
  const ticket = await ok<TicketDetail>('tickets', 'POST', { title: 'Mail is down' });
  const path = `tickets/${ticket.row.id}/impact`;
  const before = await ok<Impact>(path);
  assert.equal([before.segments, before.stated, before.versions], [[], null, []]);
  const hour = 3_600_000;
  const now = Date.now();
  const first = { start: now - 2 * hour, end: now - hour, factor: 1 };
  const affected = [{ site: site.id, people: 20 }];
  await ok(path, 'PUT', { segments: [{ ...first, affected }], reason: 'asked the team lead' });
  const after = await ok<Impact>(path, 'PUT', {
    segments: [{ ...first, factor: 0.5, affected }],
    reason: 'half of them',
  });
  assert.equal([after.stated?.by, after.stated?.reason, after.segments[0]?.factor], ['a admin', 'half of them', 0.5]);
  assert.equal(
    after.versions.map(({ reason }) => reason),
    ['half of them', 'asked the team lead'],
  );
  const events = (await ok<TicketDetail>(`tickets/${ticket.row.id}`)).events.filter(({ kind }) => kind === 'impact');
  assert.is(events.length, 2);
  const bad = (segment: object) => ({ segments: [{ ...first, affected, ...segment }], reason: 'x' });
  assert.match(await refused('BAD_IMPACT', path, 'PUT', bad({ end: now - 3 * hour })), /ends before/);
  await refused('NOT_FOUND', path, 'PUT', bad({ affected: [{ site: 'snone', people: 1 }] }));
  for (const segment of [{ factor: 1.1 }, { factor: -1 }, { affected: [{ site: null, people: -5 }] }, { start: 'x' }])
    assert.is((await ask(path, 'PUT', bad(segment))).status, 400);
  await refused('NOT_FOUND', 'tickets/99999/impact', 'PUT', { segments: [], reason: 'x' });
});

test.run();
