/** Reports: the numbers of the Stability page, the same bytes for ever, pooled over weeks and quarters, and as a table. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KpiDetail, PeriodReport, PeriodReportRow, SiteRow, Stability } from '../../../shared/api.ts';
import { parseCsv } from '../../../shared/csv.ts';
import { closeMonths } from '../../support/close-months.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId } from '../../support/fleet-history.ts';
import { now, putMonth, start, zone } from '../../support/stability-month.ts';

const test = suite('reports');
let collector: InProcess;
/** Past the moment for which an open month is answered as it was computed. */
let later = 0;
const clock = { now: () => now + later, monotonic: () => performance.now() };

test.before(async () => {
  collector = await openCollector({ clock, settings: `zone: ${zone}\n` });
  await putMonth(collector);
});
test.after(() => collector.close());

const get = async <T>(path: string): Promise<T> => {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
  assert.is(answer.status, 200, answer.text);
  return answer.body;
};
const make = (body: object) => collector.call('/api/v1/reports', { method: 'POST', as: 'manager', body });
const made = async (body: object): Promise<PeriodReportRow> => {
  const answer = await make(body);
  assert.ok(answer.status === 200 || answer.status === 201, answer.text);
  return answer.body;
};

/** The cells of the rows with these values in the first columns. */
async function csv(id: string): Promise<(section: string, about: string, measure: string) => string | undefined> {
  const answer = await collector.call(`/api/v1/reports/${id}.csv`, { as: 'viewer' });
  assert.is(answer.status, 200, answer.text);
  assert.match(answer.headers.get('content-disposition') ?? '', /filename="evenkeel-2026-[\w-]+\.csv"/);
  const { rows, faults } = parseCsv(answer.text);
  assert.equal(faults, []);
  assert.is(new Set(rows.map(({ cells }) => cells.length)).size, 1, 'every row has all columns');
  return (section, about, measure) =>
    rows.find(({ cells }) => cells[0] === section && cells[1] === about && cells[3] === measure)?.cells[4];
}

const shown = (value: number | null | undefined) => (value == null ? '' : String(value));

test('a report has the numbers of the Stability page, in JSON and in the table', async () => {
  for (const period of ['2026-10', '2026-W41', '2026-Q4']) {
    const { id } = await made({ period });
    const { content } = await get<PeriodReport>(`reports/${id}`);
    const { madeWith, ...page } = await get<Stability>(`stability?period=${period}`);
    assert.equal(content.stability, page);
    const { tz, calendars, exclusions, otherExclusions } = content;
    assert.equal({ tz, calendars, exclusions, otherExclusions }, madeWith);
    const cell = await csv(id);
    assert.is(cell('index', '', 'index'), shown(page.index.value));
    assert.is(cell('report', '', 'monitored_days'), shown(page.monitored?.days));
    assert.match(cell('report', '', 'monitored_from') ?? '', /^2026-\d\d-\d\dT\d\d:00:00\+0[12]:00$/);
    assert.ok(page.kpis.length > 8 && page.sites.length === 2 && page.weeks.length > 0);
    for (const kpi of page.kpis) {
      assert.is(cell('kpi', kpi.id, 'value'), shown(kpi.value), kpi.id);
      for (const one of kpi.beside) assert.is(cell('kpi', kpi.id, one.code), shown(one.value), `${kpi.id} ${one.code}`);
    }
    for (const part of page.parts) assert.is(cell('index', part.part, 'lost'), shown(part.lost), part.part);
    for (const { ticket, lost } of page.incidents) assert.is(cell('incident', `${ticket.id}`, 'lost'), shown(lost));
    for (const { ticket, endpoint, points, byPart } of page.causes) {
      const about = String(ticket?.id ?? endpoint?.id);
      assert.is(cell('cause', about, 'lost'), shown(points));
      for (const [part, lost] of Object.entries(byPart)) assert.is(cell('cause', about, part), shown(lost));
    }
    for (const { code, ticket, endpoint, points } of page.actions)
      if (points !== null)
        assert.is(cell('action', String(ticket?.id ?? endpoint?.id ?? code), `${code}.points`), shown(points));
    for (const { by, name, incidents } of page.rates?.rows ?? [])
      assert.is(cell(`rate_${by}`, name ?? '', 'incidents'), shown(incidents));
    for (const kpi of content.before?.kpis ?? [])
      assert.is(cell('compared', content.before?.period.name ?? '', kpi.id), shown(kpi.value));
    exclusions.forEach(({ by, reason }, n) => {
      assert.equal([cell('exclusion', `${n + 1}`, 'by'), cell('exclusion', `${n + 1}`, 'reason')], [by, reason]);
    });
    for (const { site, servers } of page.sites) assert.is(cell('site', site?.id ?? '', 'servers'), shown(servers));
  }
});

test('the Stability page leaves as the same table, and with what stands beside it', async () => {
  const body = async (path: string) => {
    const { status, text, headers } = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
    assert.is(status, 200, text);
    assert.match(headers.get('content-disposition') ?? '', /filename="evenkeel-stability-2026-10\.csv"/);
    return parseCsv(text).rows.map(({ cells }) => cells.join('|'));
  };
  const { id } = await made({ period: '2026-10' });
  const report = await collector.call(`/api/v1/reports/${id}.csv`, { as: 'viewer' });
  const numbers = (rows: readonly string[]) =>
    rows.filter((row) => !row.startsWith('report|') || /days|zone/.test(row));
  const ofReport = parseCsv(report.text).rows.map(({ cells }) => cells.join('|'));
  assert.ok(ofReport.length > 100);
  assert.equal(numbers(await body('stability.csv?period=2026-10')), numbers(ofReport));
  const beside = await body('stability.csv?period=2026-10&compare=2026-08&against=Osaka&language=ja');
  const osaka = await get<Stability>('stability?period=2026-08&site=Osaka');
  const value = osaka.kpis.find((kpi) => kpi.id === 'availability_server')?.value;
  assert.ok(
    beside.some(
      (row) => row.startsWith(`compared|2026-08 Osaka|サーバー`) && row.includes(`|availability_server|${value}|`),
    ),
    beside.filter((row) => row.startsWith('compared')).join('\n'),
  );
});

test('asked again it is the same bytes, whatever happened since; made anew it is a revision with its reason', async () => {
  const first = await make({ period: '2026-10', language: 'ja' });
  assert.is(first.status, 201);
  const row: PeriodReportRow = first.body;
  const text = async (id: string) => (await collector.call(`/api/v1/reports/${id}`, { as: 'viewer' })).text;
  const before = await text(row.id);
  const signal = {
    endpoint: endpointId(13),
    session: null,
    reason: null,
    last_seen: start,
    boot_id: null,
    birth: null,
  };
  await collector.state
    .insertInto('signals')
    .values({ ...signal, at: start + 1000, kind: 'lost' })
    .execute();
  later += 60_000;
  const again = await make({ period: '2026-10', language: 'ja' });
  assert.is(again.status, 200);
  assert.equal(again.body, row);
  assert.is(await text(row.id), before);
  const anew = await make({ period: '2026-10', language: 'ja', reason: 'the server of Osaka was down all month' });
  assert.is(anew.status, 201);
  const revised: PeriodReportRow = anew.body;
  assert.equal(
    [revised.revision, revised.by, revised.reason],
    [1, 'a manager', 'the server of Osaka was down all month'],
  );
  assert.is.not(revised.digest, row.digest);
  assert.is(await text(row.id), before, 'the first one stays');
  const { items } = await get<{ items: PeriodReportRow[] }>('reports?limit=200');
  assert.ok([row.id, revised.id].every((id) => items.some((one) => one.id === id)));
  const pages = await get<{ items: PeriodReportRow[]; next: string }>('reports?limit=1');
  const next = await get<{ items: PeriodReportRow[] }>(`reports?limit=1&page=${pages.next}`);
  assert.is.not(next.items[0]?.id, pages.items[0]?.id);
});

test('a quarter pools the minutes of its months: neither their mean nor one of them', async () => {
  const total = async (period: string) => (await get<KpiDetail>(`kpis/availability_server?period=${period}`)).total;
  const [october, november, quarter] = [await total('2026-10'), await total('2026-11'), await total('2026-Q4')];
  assert.ok(Math.abs(october.part + november.part - quarter.part) < 1e-6);
  assert.ok(Math.abs(october.whole + november.whole - quarter.whole) < 1e-6);
  const { id } = await made({ period: '2026-Q4', reason: 'the signal came late' });
  const { content } = await get<PeriodReport>(`reports/${id}`);
  const value = content.stability.kpis.find((kpi) => kpi.id === 'availability_server')?.value as number;
  assert.is(value, 100 * (quarter.part / quarter.whole));
  const mean = (100 * (october.part / october.whole + november.part / november.whole)) / 2;
  assert.ok(Math.abs(value - mean) > 0.01);
});

test('of a site, and in another zone, whose month has other hours', async () => {
  const { items } = await get<{ items: SiteRow[] }>('sites');
  const osaka = items.find(({ name }) => name === 'Osaka') as SiteRow;
  const row = await made({ period: '2026-10', site: osaka.id, zone: 'Asia/Tokyo' });
  assert.is(row.site?.name, 'Osaka');
  assert.is(row.period.to - row.period.from, 31 * 86_400_000);
  const { content } = await get<PeriodReport>(`reports/${row.id}`);
  assert.is(content.stability.period.zone, 'Asia/Tokyo');
  assert.is(content.stability.endpoints, 5);
  const all = await made({ period: '2026-10' });
  assert.is(all.period.to - all.period.from, 31 * 86_400_000 + 3_600_000, 'October of Berlin has one hour more');
  assert.is.not(row.id, all.id);
});

test('what was left out stands in it with who entered it', async () => {
  const { items } = await get<{ items: SiteRow[] }>('sites');
  const occurrence = { maintenance: 'm1', bucket: '00', owner: 'collector', scope: 'site' as const, target: 'Berlin' };
  const by = { created_at: start, created_by: 'ana', updated_at: start, updated_by: 'ana' };
  const open = { cron: null, zone: null, duration_min: null, until_wall: null, starts_at: null, ends_at: null };
  const window = { id: 'm1', bucket: '00', owner: 'collector', scope: 'site' as const, target: 'Berlin', skip: '[]' };
  const state = collector.state;
  const approval = { approved_at: null, approved_by: null };
  await state
    .insertInto('maintenance_windows')
    .values({
      ...window,
      ...by,
      ...open,
      ...approval,
      reason: 'new switches',
      from_at: start,
      to_at: start + 1,
      begun_until: 0,
      cancelled_at: null,
    })
    .execute();
  const entered = { entered_at: start, entered_by: 'ana', ...approval };
  await state
    .insertInto('maintenance_occurrences')
    .values({ id: 'o1', ...occurrence, ...entered, start_at: start, end_at: start + 3_600_000, planned_end_at: start })
    .execute();
  await state
    .insertInto('maintenance_members')
    .values({ occurrence: 'o1', endpoint: endpointId(1), from_at: start, to_at: null })
    .execute();
  // A window entered by the interface is heard of; this row was not.
  const heard = { method: 'PATCH', as: 'manager', body: { people: items[0]?.people } } as const;
  assert.is((await collector.call(`/api/v1/sites/${items[0]?.id}`, heard)).status, 200);
  const of = async (site?: string) => {
    const row = await made({ period: '2026-10', ...(site ? { site } : {}), reason: 'maintenance was entered' });
    return (await get<PeriodReport>(`reports/${row.id}`)).content.exclusions;
  };
  const [found] = await of();
  assert.equal([found?.name, found?.reason, found?.by, found?.late], ['Berlin', 'new switches', 'ana', false]);
  assert.is(found?.enteredAt, start);
  const madeWith = async (id: string, more = '') => (await get<KpiDetail>(`kpis/${id}?period=2026-10${more}`)).madeWith;
  for (const id of ['availability_server', 'lost_hours']) assert.equal((await madeWith(id)).exclusions, [found], id);
  assert.equal((await madeWith('availability_server', `&endpoint=${endpointId(1)}`)).exclusions, [found]);
  assert.equal((await madeWith('availability_server', `&endpoint=${endpointId(2)}`)).exclusions, []);
  const { hours, exclusions, tz } = await madeWith('response_in_target');
  assert.equal([hours, exclusions, tz], ['support', null, process.versions.tz], 'nothing is left out of it');
  assert.is((await of(items.find(({ name }) => name === 'Berlin')?.id)).length, 1);
  assert.equal(await of(items.find(({ name }) => name === 'Osaka')?.id), []);
});

test('a title that a spreadsheet would run stays text', async () => {
  const title = '=HYPERLINK("http://evil.example","x")';
  await collector.state.updateTable('tickets').set({ title }).where('id', '=', 1).execute();
  const { id } = await made({ period: '2026-10', reason: 'renamed' });
  const { text } = await collector.call(`/api/v1/reports/${id}.csv`, { as: 'viewer' });
  assert.match(text, `,"'=HYPERLINK(""http`);
  assert.not.match(text, /(^|,)"?=/m);
});

const refusals: [what: string, body: object, status: number, says: RegExp][] = [
  ['unknown zone', { period: '2026-10', zone: 'Europe/Atlantis' }, 400, /Atlantis/],
  ['an offset as zone', { period: '2026-10', zone: '+09:00' }, 400, /\+09:00/],
  ['a period that has not begun', { period: '2026-12' }, 400, /has not begun/],
  ['a period in which nothing was monitored', { period: '2026-05' }, 400, /nothing was monitored in 2026-05/],
  ['a week that the year does not have', { period: '2025-W53' }, 400, /2025-W53/],
  ['no period', { period: '2026-13' }, 400, /period/],
  ['a path as period', { period: '../../etc' }, 400, /period/],
  ['a site that is not there', { period: '2026-10', site: 'nowhere' }, 404, /nowhere/],
  ['a language without words', { period: '2026-10', language: 'xx' }, 400, /language/],
  ['a huge reason', { period: '2026-10', reason: 'x'.repeat(501) }, 400, /reason/],
  ['an unknown key', { period: '2026-10', by: 'me' }, 400, /by|known/],
];
for (const [what, body, status, says] of refusals)
  test(`${what} is refused, and nothing is made`, async () => {
    const count = async () => (await get<{ items: unknown[] }>('reports?limit=200')).items.length;
    const before = await count();
    const answer = await make(body);
    assert.is(answer.status, status, answer.text);
    assert.match(answer.text, says);
    assert.is(await count(), before);
  });

test('two at once make one', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => make({ period: '2026-W40' })));
  assert.is(new Set(answers.map(({ body }) => (body as PeriodReportRow).id)).size, 1);
});

test('made before its month was closed it says so for ever, and that it could be made anew since', async () => {
  const before = later;
  later = Date.parse('2026-12-05T12:00:00Z') - now;
  try {
    const open = await made({ period: '2026-11' });
    assert.is((await get<Stability>('stability?period=2026-11')).provisional, false, 'late facts can no longer come');
    assert.is(open.provisional, true, 'its month was not closed');
    assert.is((await get<PeriodReport>(`reports/${open.id}`)).settledSince, false);
    await closeMonths(collector, clock, zone);
    const kept = await get<PeriodReport>(`reports/${open.id}`);
    assert.equal([kept.provisional, kept.settledSince], [true, true]);
    const anew = await made({ period: '2026-11', reason: 'closed since' });
    assert.is(anew.provisional, false);
    assert.is((await get<PeriodReport>(`reports/${anew.id}`)).settledSince, false);
    assert.is((await made({ period: '2026-W45' })).provisional, false, 'a week is never closed');
  } finally {
    later = before;
  }
});

test.run();
