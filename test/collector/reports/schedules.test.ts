/** Scheduled reports: when they are due, made once whatever happens, mailed to each reader, and what is said when it fails. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMonths } from '../../../collector/kpi/months.ts';
import { newestDue, nextDue } from '../../../collector/reports/due.ts';
import { type Letter, letterOf } from '../../../collector/reports/letter.ts';
import { createReports } from '../../../collector/reports/reports.ts';
import { createSchedules } from '../../../collector/reports/schedules.ts';
import type { OutwardChange, PeriodReport, PeriodReportRow, ReportSchedule, SiteRow } from '../../../shared/api.ts';
import { silentLog } from '../../../shared/log.ts';
import { kpiNumber, none, shownUnit } from '../../../shared/words/format.ts';
import { languages, word } from '../../../shared/words/index.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { instant } from '../../support/fleet-history.ts';
import { until } from '../../support/processes.ts';
import { outage, putMonth, now as tenth, zone } from '../../support/stability-month.ts';
import { openMailServer } from '../notify/receiver.ts';

const test = suite('schedules of reports');
let now = tenth;
const clock = { now: () => now, monotonic: () => performance.now() };
let collector: InProcess;
let server: Awaited<ReturnType<typeof openMailServer>>;

const settings = (port: number) =>
  `zone: ${zone}\noutgoing: { allow: [127.0.0.1] }\nchannels:\n  - { name: mail, kind: email, host: 127.0.0.1, port: ${port}, from: keel@example.org, to: [it@example.org] }\n`;
const base = { rhythm: 'month', hour: 7, zone: 'Asia/Tokyo', site: null, language: 'ja', enabled: true };

test.before(async () => {
  server = await openMailServer();
  collector = await openCollector({ clock, settings: settings(server.port) });
  await putMonth(collector);
});
test.after(async () => {
  await collector.close();
  await server.close();
});

const call = (method: string, path: string, body?: object) =>
  collector.call(`/api/v1/report-schedules${path}`, { method, as: 'manager', body });
/** Without notifications, which go to the address of the channel. */
const letters = () => server.mails.filter(({ to }) => !to.join().includes('<it@'));
const list = async () => ((await call('GET', '')).body as { items: ReportSchedule[] }).items;
const plain = (data: string) => {
  const text = data.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number(`0x${hex}`)));
  const parts = text.split(/Content-Transfer-Encoding: base64\n(?:[\w-]+:.*\n)*\n/).map((part) => {
    const [body = ''] = part.split('\n--');
    return /^[A-Za-z0-9+/=\s]+$/.test(body.trim()) ? Buffer.from(body, 'base64').toString('utf8') : part;
  });
  return Buffer.from(parts.join('\n'), 'latin1').toString('utf8') + parts.join('\n');
};

test('weeks are due on Monday, months and quarters on the fourth, at the hour of their zone', () => {
  const at = (text: string) => instant(text);
  const month = { rhythm: 'month', hour: 7, zone: 'Asia/Tokyo' } as const;
  assert.equal(newestDue(month, at('2026-11-10T00:00Z')), { period: '2026-10', at: at('2026-11-03T22:00Z') });
  assert.equal(newestDue(month, at('2026-11-03T21:59Z')).period, '2026-09');
  assert.is(nextDue(month, at('2026-11-10T00:00Z')), at('2026-12-03T22:00Z'));
  const week = { rhythm: 'week', hour: 7, zone: 'Europe/Berlin' } as const;
  assert.equal(newestDue(week, at('2026-11-27T12:00Z')), { period: '2026-W47', at: at('2026-11-23T06:00Z') });
  const quarter = { rhythm: 'quarter', hour: 0, zone: 'UTC' } as const;
  assert.equal(newestDue(quarter, at('2026-11-27T12:00Z')), { period: '2026-Q3', at: at('2026-10-04T00:00Z') });
  assert.is(nextDue(quarter, at('2026-11-27T12:00Z')), at('2027-01-04T00:00Z'));
  // On Sunday 4 April 1999 New York went from 02:00 to 03:00.
  const skipped = { rhythm: 'month', hour: 2, zone: 'America/New_York' } as const;
  assert.is(newestDue(skipped, at('1999-04-10T00:00Z')).at, at('1999-04-04T07:00Z'));
});

test('each moment of three years has one newest and one next report, in order', () => {
  for (const rhythm of ['week', 'month', 'quarter'] as const)
    for (const inZone of ['Europe/Berlin', 'Pacific/Apia', 'Asia/Kathmandu'])
      for (let at = instant('2025-01-01T00:00Z'); at < instant('2028-01-01T00:00Z'); at += 37 * 3_600_000) {
        const schedule = { rhythm, hour: 3, zone: inZone };
        const [newest, next] = [newestDue(schedule, at), nextDue(schedule, at)];
        assert.ok(newest.at <= at && at < next, `${rhythm} ${inZone} ${new Date(at).toISOString()}`);
        assert.is(newestDue(schedule, next).at, next);
        assert.is.not(newestDue(schedule, next).period, newest.period);
      }
});

test('missed while the collector was off it is made once at the start, and mailed once to each', async () => {
  const recipients = ['board@example.org', 'it-osaka@example.org'];
  const made = await call('POST', '', { ...base, recipients, reason: 'the board asked' });
  assert.is(made.status, 201, made.text);
  const { id, next, last } = made.body as ReportSchedule;
  assert.equal([next, last], [instant('2026-12-03T22:00:00Z'), null]);
  await collector.stop();
  now = instant('2026-12-05T09:00:00Z');
  collector = await collector.again();
  await until(async () => letters().length >= 2, 20_000, 'both mails');
  await collector.stop();
  collector = await collector.again();
  await until(async () => (await list())[0]?.last?.sent === 2, 20_000, 'both are marked');
  assert.is(letters().length, 2, 'the second start mails nothing');
  assert.equal(
    letters()
      .map(({ to }) => to.join())
      .sort(),
    recipients.map((one) => `RCPT TO:<${one}>`).sort(),
  );
  const [run] = await collector.state.selectFrom('report_runs').selectAll().where('schedule', '=', id).execute();
  assert.equal([run?.period, run?.mails, run?.problem], ['2026-11', 2, null]);
  const report: PeriodReport = (await collector.call(`/api/v1/reports/${run?.report}`, { as: 'viewer' })).body;
  assert.equal([report.by, report.language, report.provisional], ['schedule', 'ja', false]);
  const text = plain(letters()[0]?.data ?? '');
  assert.match(text, 'レポート 2026年11月');
  assert.match(text, report.digest);
  assert.match(text, `/reports/${report.id}`);
  assert.match(text, 'PDF を作成できませんでした');
  assert.match(text, /multipart\/alternative/);
});

test('two at once, as after a crash in between, make one run and one mail each', async () => {
  const { state } = collector;
  const months = createMonths({ state, clock, zone, changeFeed: { subscribe: () => () => {} } as never });
  const ruleNamed = (id: string) => ({ id });
  const reports = createReports({ state, clock, months, zone, ruleNamed });
  const one = () =>
    createSchedules({ state, clock, log: silentLog, reports, mailChannel: () => 'nowhere', wake: () => {} });
  const fields = { ...base, rhythm: 'week', recipients: ['a@example.org'] } as never;
  const first = one();
  const { id } = await first.create(fields, 'test', '');
  now += 8 * 86_400_000;
  await Promise.all([one().runDue(), one().runDue(), one().runDue()]);
  const runs = await state.selectFrom('report_runs').selectAll().where('schedule', '=', id).execute();
  assert.is(runs.length, 1);
  const queued = await state.selectFrom('deliveries').select('id').where('channel', '=', 'nowhere').execute();
  assert.is(queued.length, 1);
  await first.remove(id, 'test', 'done');
  await first.stop();
});

test('a change is kept with its author and reason; switched on again, nothing of the time between is made', async () => {
  const [schedule] = await list();
  const off = await call('PATCH', `/${schedule?.id}`, { enabled: false, reason: 'nobody reads it' });
  assert.is((off.body as ReportSchedule).next, null);
  now += 40 * 86_400_000;
  await call('PATCH', `/${schedule?.id}`, { enabled: true });
  const { items } = (await collector.call('/api/v1/reports?limit=200', { as: 'viewer' })).body as {
    items: PeriodReportRow[];
  };
  assert.ok(!items.some(({ period, by }) => period.name === '2026-12' && by === 'schedule'));
  const changes = (await call('GET', `/${schedule?.id}/changes`)).body as OutwardChange[];
  assert.equal(
    changes.map(({ by, reason }) => [by, reason]),
    [
      ['a manager', ''],
      ['a manager', 'nobody reads it'],
      ['a manager', 'the board asked'],
    ],
  );
});

test('its site is gone: it is said, once, and no mail goes out', async () => {
  const site = await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Lyon' } });
  const { id } = site.body as { id: string };
  const made = await call('POST', '', { ...base, site: id, recipients: ['lyon@example.org'] });
  assert.is(made.status, 201, made.text);
  await collector.call(`/api/v1/sites/${id}`, { method: 'DELETE', as: 'admin' });
  const before = letters().length;
  now += 40 * 86_400_000;
  await collector.stop();
  collector = await collector.again();
  const own = async () => (await list()).find((one) => one.site === id)?.last;
  await until(async () => (await own()) != null, 20_000, 'it ran');
  assert.equal([(await own())?.problem, (await own())?.report], ['NOT_FOUND', null]);
  assert.ok(
    !letters()
      .slice(before)
      .some(({ to }) => to.join().includes('lyon')),
  );
});

test('a mail server that refuses an address is quoted, and the other reader has the mail', async () => {
  await using strict = await openMailServer({ RCPT: '550 no such user here' });
  await collector.stop();
  const again = await collector.again(settings(strict.port));
  collector = again;
  const [schedule] = await list();
  now += 31 * 86_400_000;
  await collector.stop();
  collector = await collector.again(settings(strict.port));
  const last = async () => (await list()).find(({ id }) => id === schedule?.id)?.last;
  await until(async () => ((await last())?.failed ?? 0) === 2, 20_000, 'both are given up');
  assert.match((await last())?.error ?? '', /550 no such user here/);
  assert.is((await last())?.problem, null, 'the report itself is there');
});

const refusals: [what: string, change: object, status: number, says: RegExp][] = [
  ['two lines in an address', { recipients: ['a@example.org\nBcc: all@example.org'] }, 400, /recipients/],
  ['a list in an address', { recipients: ['a@example.org,b@example.org'] }, 400, /recipients/],
  ['no address', { recipients: ['Mia'] }, 400, /recipients/],
  ['too many', { recipients: Array.from({ length: 51 }, (_, n) => `a${n}@example.org`) }, 400, /recipients/],
  ['an hour that no day has', { hour: 24 }, 400, /hour/],
  ['an unknown rhythm', { rhythm: 'day' }, 400, /rhythm/],
  ['an unknown zone', { zone: 'Mars/Olympus' }, 400, /Mars/],
  ['a site that is not there', { site: 'nowhere' }, 404, /nowhere/],
];
for (const [what, change, status, says] of refusals)
  test(`${what} is refused`, async () => {
    const answer = await call('POST', '', { ...base, recipients: [], ...change });
    assert.is(answer.status, status, answer.text);
    assert.match(answer.text, says);
  });

test('without a channel for mails recipients are refused with what to do, and a schedule without any is taken', async () => {
  await using other = await openCollector({ clock });
  const post = (recipients: string[]) =>
    other.call('/api/v1/report-schedules', { method: 'POST', as: 'manager', body: { ...base, recipients } });
  const refused = await post(['a@example.org']);
  assert.is(refused.status, 409);
  assert.match(refused.text, /kind email/);
  assert.is((await post([])).status, 201);
});

const reportOf = async (reason: string): Promise<PeriodReport> => {
  const body = { period: '2026-10', reason };
  const made = await collector.call('/api/v1/reports', { method: 'POST', as: 'manager', body });
  assert.ok(made.status < 300, made.text);
  return (await collector.call(`/api/v1/reports/${(made.body as PeriodReportRow).id}`, { as: 'viewer' })).body;
};
const lettersOf = (report: PeriodReport) =>
  languages.map((language) => letterOf(report, language, 'https://keel.example.org/reports/r1', null));

test('hours that nobody confirmed are named, confirmed ones have their price, and a clear difference its arrow', async () => {
  const put = (path: string, body: object) => collector.call(`/api/v1/${path}`, { method: 'PUT', as: 'manager', body });
  const [estimated] = lettersOf(await reportOf('estimated')) as [Letter];
  for (const text of [estimated.text, estimated.html.replaceAll('&nbsp;', ' ')]) {
    assert.match(text, /483\sperson-hours more are estimated and not confirmed/);
    assert.match(text, /Lost hours[\s\S]{0,200}\+ 483\sperson-hours not confirmed/);
    assert.match(text, /#1 [\s\S]{0,200}\+ 483\sperson-hours not confirmed/);
    assert.not.match(text, /about/);
  }
  const money = { currency: 'EUR', hourCents: 4000, expected: [], reason: 'figures of accounting' };
  assert.is((await put('costs/settings', money)).status, 200);
  const sites = (await collector.call('/api/v1/sites', { as: 'viewer' })).body as { items: SiteRow[] };
  const affected = [{ site: sites.items.find(({ name }) => name === 'Berlin')?.id, people: 140 }];
  const segments = [{ ...outage, factor: 1, affected }];
  const stated = await put('tickets/1/impact', { segments, reason: 'asked the team leads' });
  assert.is(stated.status, 200, stated.text);
  // October was closed as soon as it had settled.
  const recompute = {
    method: 'POST',
    as: 'manager',
    body: { month: '2026-10', reason: 'the impact was stated' },
  } as const;
  assert.is((await collector.call('/api/v1/stability/recompute', recompute)).status, 200);
  const report = await reportOf('confirmed');
  const [en, ja] = lettersOf(report) as [Letter, Letter];
  // 140 people, 3 h 27 min, 40 euros.
  assert.match(en.text, /483\sperson-hours \(about €19,320\) lost, 100% of them in #1/);
  assert.match(en.text, /Lost hours: [^\n]*about €19,320/);
  assert.match(ja.text, /約\s*€19,320/);
  assert.not.match(en.text, /not confirmed/);
  const { compared, kpis } = report.content.stability;
  const rowOf = (id: string) =>
    en.text.split('\n').find((line) => line.startsWith(`  ${word('en', `kpi.${id as 'lost_hours'}.name`)}: `)) ?? '';
  for (const kpi of compared?.kpis ?? []) {
    const [row, earlier] = [rowOf(kpi.id), report.content.before?.kpis.find(({ id }) => id === kpi.id)];
    const { change } = kpi;
    if (change === null || earlier?.value === null || earlier?.state === 'insufficient')
      assert.not.match(row, /[▲▼]|no clear change/);
    else
      assert.match(
        row,
        change.verdict === 'unclear' ? /no clear change/ : new RegExp(`[▲▼] ${change.verdict}`),
        kpi.id,
      );
  }
  assert.ok(kpis.length > 8 && (compared?.kpis.length ?? 0) > 8);
});

test('one line says what the numbers were made with, and what was left out stands in rows with who entered it', async () => {
  const report = await reportOf('made with');
  const { content } = report;
  const [bare] = lettersOf(report) as [Letter];
  assert.match(
    bare.text,
    new RegExp(
      `${zone.replace('/', '.')} [^\\n]*· Definition 0 · Time zones ${process.versions.tz} · .* · Nothing was left out\\.`,
    ),
  );
  const exclusion = {
    ...{ scope: 'site' as const, name: 'Berlin', from: outage.start, to: outage.start + 3_600_000 },
    ...{ reason: 'new switches', by: 'ana', enteredAt: outage.start + 60_000, late: true, approvedBy: null },
  };
  const calendar = { site: 'Berlin', use: 'service', name: 'Office', version: 3 };
  const many = Array.from({ length: 12 }, () => exclusion);
  const full = { ...report, content: { ...content, calendars: Array(9).fill(calendar), exclusions: many } };
  const [en, ja] = lettersOf(full) as [Letter, Letter];
  assert.match(en.text, 'Berlin, service hours: Office, version 3');
  assert.match(en.text, /More: 3 · Left out: maintenance: 12/);
  assert.is(en.text.split('Berlin: new switches: 1h').length - 1, 10);
  assert.match(en.text, /Entered by ana, 9 Oct, 13:15 · entered late, not approved/);
  assert.match(ja.text, /登録者 ana/);
  assert.match(en.html, 'Berlin: new switches');
});

test('text and HTML have the numbers of the report, in every language, and names stay text', async () => {
  const title = `<script>alert(1)</script>"'&\r\nBcc: all@example.org`;
  await collector.state.updateTable('tickets').set({ title, kind: 'person' }).where('id', '=', 1).execute();
  const report = await reportOf('renamed');
  for (const language of languages) {
    const { subject, text, html } = letterOf(report, language, 'https://keel.example.org/reports/r1', null);
    assert.not.match(subject, /[\r\n]/);
    for (const { id: kpi, unit, value, state, currency } of report.content.stability.kpis) {
      if (state === 'insufficient' || state === 'no_data') continue;
      const shown = kpiNumber(shownUnit(kpi, unit), value, language, currency);
      assert.is.not(shown, none);
      assert.match(text, shown);
      assert.match(html, shown.replace('&', '&amp;'));
    }
    assert.match(html, '<a href="https://keel.example.org/reports/r1"');
    assert.not.match(html, /<script/i);
    assert.match(html, '&lt;script&gt;');
    assert.not.match(text, /^Bcc:/m);
    assert.not.match(text + html, /undefined|NaN|\[object|report\.mail\./);
  }
});

test.run();
