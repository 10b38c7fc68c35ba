/** Calendars and people as tables: what goes out comes in as it was, and faults keep all of it out. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CalendarRow, SiteRow, TableOutcome } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { putEndpoint } from '../../support/fleet-history.ts';

const test = suite('tables');
let collector: InProcess;

const ask = (path: string, method = 'GET', body?: unknown) =>
  collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body === undefined ? {} : { body }) });
async function ok<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await ask(path, method, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  return answer.body as T;
}
const read = (path: string, csv: string, reason?: string) =>
  ok<TableOutcome>(`${path}/table`, 'POST', { csv, ...(reason ? { reason } : {}) });
const faults = ({ faults: found }: TableOutcome) => found.map(({ line, column, why }) => [line, column, why.code]);

test.before(async () => {
  collector = await openCollector();
  await putEndpoint(collector.state, 1, { kind: 'server' });
  // Endpoints are read at the start.
  await collector.stop();
  collector = await collector.again();
  await ok('sites', 'POST', { name: 'Berlin', people: 140 });
  await ok('calendars', 'POST', {
    ...{ name: 'Office', zone: 'Europe/Berlin', region: null, reason: 'new' },
    weekly: {
      mon: [
        ['09:00', '12:00'],
        ['13:00', '17:00'],
      ],
    },
    holidays: [{ date: '2026-12-25', name: '=Christmas, "the day"' }],
    overrides: { '2026-12-24': [['09:00', '12:00']], '2026-12-31': [] },
  });
});
test.after(() => collector.close());

test('calendars: hours, holidays and exceptions', async () => {
  const { text } = await ask('calendars/table');
  assert.match(text, /Office,holiday,2026-12-25,,"'=Christmas, ""the day"""/);
  const [before] = (await ok<{ items: CalendarRow[] }>('calendars')).items as [CalendarRow];
  assert.is((await read('calendars', text, 'as it was')).applied, true);
  const [after] = (await ok<{ items: CalendarRow[] }>('calendars')).items as [CalendarRow];
  assert.equal([after.weekly, after.holidays, after.overrides], [before.weekly, before.holidays, before.overrides]);
  assert.is(after.version, 1, 'what is the same is no new version');
  // Holidays alone: hours and exceptions stay.
  await read('calendars', 'calendar,kind,day,name\nOFFICE,holiday,2027-01-01,New Year\n', 'next year');
  const [next] = (await ok<{ items: CalendarRow[] }>('calendars')).items as [CalendarRow];
  assert.equal([next.holidays, next.weekly], [[{ date: '2027-01-01', name: 'New Year' }], before.weekly]);
  const bad = await read(
    'calendars',
    'calendar,kind,day,hours\nNone,holiday,2027-01-01,\nOffice,feast,2027-01-01,\nOffice,holiday,2027-02-30,\nOffice,weekly,Monday,\nOffice,weekly,mon,9to5\nOffice,weekly,mon,09:00-25:00\n',
  );
  assert.equal(faults(bad), [
    [2, 'calendar', 'entry_calendar'],
    [3, 'kind', 'entry_choice'],
    [4, 'day', 'entry_date'],
    [5, 'day', 'entry_choice'],
    [6, 'hours', 'entry_hours'],
    [7, 'hours', 'calendar_time'],
  ]);
});

test('calendars: a table makes new ones with zone and region, all or none, and says what may not be meant', async () => {
  const head = 'calendar,kind,day,hours,name,zone,region\n';
  const names = async () => (await ok<{ items: CalendarRow[] }>('calendars')).items.map(({ name }) => name);
  const wrong = await read(
    'calendars',
    `${head}A,calendar,,,,Asia/Tokio,\nB,calendar,,,,Asia/Tokyo,JP-XX\nC,calendar,,,,Asia/Tokyo,\nC,calendar,,,,UTC,\n`,
  );
  assert.equal(faults(wrong), [
    [2, 'zone', 'zone_unknown'],
    [3, 'region', 'calendar_part'],
    [5, 'calendar', 'entry_twice'],
  ]);
  assert.equal(faults(await read('calendars', `${head}A,calendar,,,,UTC,\n`)), [[2, 'hours', 'calendar_never_open']]);
  const csv = `${head}Night,weekly,mon,22:00-06:00,,,\nNight,calendar,,,,Asia/Tokyo,JP\n"'=Day",calendar,,,,UTC,\n"'=Day",exception,2030-01-02,09:00-12:00,,,\n`;
  const tried = await read('calendars', csv);
  assert.equal(
    tried.lines.map(({ name, does, warnings }) => [name, does, warnings?.map(({ code }) => code)]),
    [
      ['Night', 'add', ['calendar_only_nights', 'calendar_no_holidays']],
      ['=Day', 'add', ['calendar_no_weekday']],
    ],
  );
  assert.equal(await names(), ['Office']);
  await read('calendars', csv, 'from the works agreement');
  assert.equal((await names()).sort(), ['=Day', 'Night', 'Office']);
  const night = (await ok<{ items: CalendarRow[] }>('calendars')).items.find(({ name }) => name === 'Night');
  assert.equal([night?.zone, night?.region, night?.weekly], ['Asia/Tokyo', 'JP', { mon: [['22:00', '06:00']] }]);
  const { text } = await ask('calendars/table');
  const back = await read('calendars', text, 'once more');
  assert.equal([back.faults, back.lines.map(({ does }) => does)], [[], ['same', 'same', 'same']]);
  await read('calendars', `${head}Night,calendar,,,,Asia/Seoul,\n`, 'moved');
  const moved = (await ok<{ items: CalendarRow[] }>('calendars')).items.find(({ name }) => name === 'Night');
  assert.equal([moved?.zone, moved?.region, moved?.version, moved?.weekly], ['Asia/Seoul', null, 2, night?.weekly]);
});

test('people of sites and endpoints; empty is not known, and 0 is nobody', async () => {
  const { text } = await ask('people/table');
  const name = /endpoint,(.+),\r/.exec(text)?.[1];
  assert.match(text, /site,Berlin,140\r\n/);
  const bad = await read(
    'people',
    'kind,name,people\nsite,Berlin,-5\nsite,Paris,1\nroom,Berlin,1\nsite,berlin,2\nsite,BERLIN,3\n',
  );
  assert.equal(faults(bad), [
    [2, 'people', 'entry_people'],
    [3, 'name', 'entry_no_such'],
    [4, 'kind', 'entry_choice'],
    [6, 'name', 'entry_again'],
  ]);
  assert.is((await read('people', `kind,name,people\nsite,Berlin,\nendpoint,${name},0\n`, 'counted')).applied, true);
  const [site] = (await ok<{ items: SiteRow[] }>('sites')).items as [SiteRow];
  assert.is(site.people, null);
  assert.match((await ask('people/table')).text, new RegExp(`endpoint,${name},0\\r\\n`));
});

test.run();
