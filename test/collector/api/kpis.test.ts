/** KPIs over HTTP: one route for all of them, one for the list behind each, narrowed by place, kind and endpoint. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kpis } from '../../../collector/kpi/kpis/index.ts';
import type { Availability, KpiDetail, Kpis, KpiValue } from '../../../shared/api.ts';
import { parseCsv } from '../../../shared/csv.ts';
import { word } from '../../../shared/words/index.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { endpointId, instant, putAlerts, putEndpoint, putSignals } from '../../support/fleet-history.ts';

const test = suite('KPIs over HTTP');
const from = instant('2026-10-31T23:00:00Z');
const hour = 3_600_000;
const day = 24 * hour;
let collector: InProcess;

/** A month that is over: 8 servers of which two were down for a day, 3 workstations, 12 alerts. */
test.before(async () => {
  collector = await openCollector({
    settings: 'zone: Europe/Berlin\n',
    clock: { now: () => instant('2027-03-01T12:00:00Z'), monotonic: () => performance.now() },
  });
  const { state, call } = collector;
  const post = (path: string, body: object, method = 'POST') => call(`/api/v1/${path}`, { method, as: 'admin', body });
  await post('sites', { name: 'Ōsaka Lab' });
  const group = (await post('groups', { name: 'web' })).body as { id: string };
  for (let n = 0; n < 11; n++) {
    const endpoint = await putEndpoint(state, n, {
      kind: n < 8 ? 'server' : 'workstation',
      ...(n < 2 ? { site: 'Ōsaka Lab' } : {}),
    });
    await putSignals(state, [{ endpoint, at: from - day, kind: 'online' }]);
    const offline = { endpoint, at: from + 5 * day, kind: 'offline', reason: 'shutdown' } as const;
    if (n < 2) await putSignals(state, [offline, { endpoint, at: from + 6 * day, kind: 'online' }]);
  }
  await state
    .insertInto('watches')
    .values({ from_at: from - day, to_at: from + 40 * day, clean: 1 })
    .execute();
  for (const n of [1, 2, 3])
    await state
      .insertInto('group_members')
      .values({ group_id: group.id, endpoint: endpointId(n), added_at: 0, added_by: 'test' })
      .execute();
  await putAlerts(
    state,
    Array.from({ length: 12 }, (_, n) => ({
      ...{ id: `alert${n}`, endpoint: endpointId(n % 6), resolvedAt: null },
      events: [
        ['firing', from + n * day],
        ['acknowledged', from + n * day + (n + 1) * 60_000],
      ] as [string, number][],
    })),
  );
});
test.after(() => collector.close());

const get = async <T>(path: string) => {
  const { status, body, text } = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
  assert.is(status, 200, text);
  return body as T;
};
const month = 'period=2026-11';
const values = async (more = '') =>
  new Map((await get<Kpis>(`kpis?${month}${more}`)).items.map((item) => [item.id, item]));
const kpiOf = async (id: string, more = '') => (await values(more)).get(id) as KpiValue;

test('one route gives every KPI of the list, with period, zone and whether it may change', async () => {
  const answer = await get<Kpis>(`kpis?${month}`);
  assert.equal(
    answer.items.map(({ id }) => id),
    kpis.map(({ id }) => id),
  );
  assert.equal(answer.period, { name: '2026-11', from, to: from + 30 * day, zone: 'Europe/Berlin' });
  assert.is(answer.provisional, false);
  const servers = await kpiOf('availability_server');
  assert.is(servers.value, 100 * ((8 * 30 - 2) / (8 * 30)));
  assert.equal([servers.n, servers.state, servers.unit], [8, 'low_n', 'percent']);
  const acknowledged = await kpiOf('time_to_acknowledge');
  assert.is(acknowledged.value, 6.5 * 60);
  assert.equal([acknowledged.n, acknowledged.few], [12, []]);
});

test('the list behind a number adds up to it, worst first, in pages', async () => {
  for (const { id, unit, total } of kpis) {
    const lines: KpiDetail['evidence'] = [];
    let detail: KpiDetail | undefined;
    for (let page: string | null = '0'; page !== null; page = detail.next) {
      detail = await get<KpiDetail>(`kpis/${id}?${month}&limit=5&page=${page}`);
      lines.push(...detail.evidence);
    }
    const counted = lines.filter(({ whole }) => whole > 0);
    const sum = (of: 'part' | 'whole') => counted.reduce((total, line) => total + line[of], 0);
    const ratio = (unit === 'percent' ? 100 : 1) * (sum('part') / sum('whole'));
    assert.is(counted.length, detail?.kpi.n, id);
    if (detail?.kpi.state === 'no_data') assert.is(detail.kpi.value, null, id);
    else assert.ok(Math.abs((total === 'sum' ? sum('part') : ratio) - (detail?.kpi.value as number)) < 1e-9, id);
    assert.equal(detail?.kpi, await kpiOf(id), id);
  }
  const { evidence } = await get<KpiDetail>(`kpis/time_to_acknowledge?${month}&limit=1`);
  assert.is(evidence[0]?.alert?.id, 'alert11');
  assert.is(evidence[0]?.alert?.rule.id, 'disk-space');
  assert.is(evidence[0]?.endpoint?.name, 'box-0005');
  assert.is((await get<KpiDetail>(`kpis/availability_server?${month}`)).evidence[0]?.endpoint?.name, 'box-0000');
});

/** The columns of a table by their headings, and its rows. */
async function csvOf(path: string) {
  const answer = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
  assert.is(answer.status, 200, answer.text);
  const { rows, faults } = parseCsv(answer.text);
  assert.equal(faults, []);
  const [head, ...lines] = rows.map(({ cells }) => cells) as [string[], ...string[][]];
  const column = (named: RegExp) => head.findIndex((one) => named.test(one));
  return { answer, head, lines, cell: (line: string[], named: RegExp) => line[column(named)] as string };
}

test('the list leaves as CSV, whole: what counts in it makes the value, each heading says its unit', async () => {
  for (const { id, unit, total = 'ratio' } of kpis)
    for (const place of ['', `&site=${encodeURIComponent('Ōsaka Lab')}`, '&group=web', `&endpoint=${endpointId(5)}`]) {
      const about = `${id} ${place}`;
      const { kpi, evidence } = await get<KpiDetail>(`kpis/${id}?${month}${place}&limit=1000`);
      const { answer, head, lines, cell } = await csvOf(`kpis/${id}.csv?${month}${place}`);
      assert.is(answer.headers.get('content-disposition'), `attachment; filename="evenkeel-${id}-2026-11.csv"`);
      assert.is(lines.length, evidence.length, about);
      for (const name of ['part', 'whole', 'value'])
        assert.is(head.filter((one) => one.startsWith(`${name}_`)).length, 1, `${about} ${head}`);
      assert.ok(head.includes(`value_${unit === 'money' ? (kpi.currency ?? 'cents') : unit}`), `${about} ${head}`);
      const counted = lines.filter((line) => cell(line, /^counts$/) === 'true');
      const sum = (of: RegExp) => counted.reduce((all, line) => all + Number(cell(line, of)), 0);
      if (kpi.value === null) continue;
      const made = total === 'sum' ? sum(/^part_/) : ((unit === 'percent' ? 100 : 1) * sum(/^part_/)) / sum(/^whole_/);
      assert.ok(Math.abs(made - kpi.value) < 1e-9, `${about}: ${made}, not ${kpi.value}`);
    }
  const { lines, cell } = await csvOf(`kpis/time_to_acknowledge.csv?${month}`);
  const [worst] = lines as [string[]];
  assert.equal(
    [/^kind$/, /^id$/, /^endpoint$/, /^at$/, /^part_seconds$/, /^whole_count$/].map((one) => cell(worst, one)),
    ['alert', 'alert11', 'box-0005', '2026-11-12T00:12:00+01:00', '720', '1'],
  );
  const { answer } = await csvOf(`kpis/availability_server.csv?period=2025-01`);
  assert.match(
    answer.text,
    /^kind,id,name,endpoint,rule,site,at,note,part_seconds,whole_seconds,value_percent,counts\r\n$/,
  );
});

test('a name that a spreadsheet would run leaves as text, and words leave in the language asked for', async () => {
  const title = '=HYPERLINK("http://evil.example")';
  const [from, to] = [{ name: title }, { name: 'box-0000' }];
  const called = (name: { name: string }) =>
    collector.state.updateTable('endpoints').set(name).where('id', '=', endpointId(0)).execute();
  await called(from);
  try {
    const { text } = await collector.call(`/api/v1/kpis/availability_server.csv?${month}`, { as: 'viewer' });
    assert.match(text, `"'=HYPERLINK(""http://evil.example"")"`);
    assert.not.match(text, /(^|,)"?=/m);
  } finally {
    await called(to);
  }
  const ruleIn = async (language: string) => {
    const { lines, cell } = await csvOf(`kpis/time_to_acknowledge.csv?${month}&language=${language}`);
    return cell(lines[0] as string[], /^rule$/);
  };
  assert.equal(
    [await ruleIn('en'), await ruleIn('ja')],
    [word('en', 'rule.disk-space'), word('ja', 'rule.disk-space')],
  );
  assert.is.not(word('en', 'rule.disk-space'), word('ja', 'rule.disk-space'));
});

test('few lines stand in the place of a number; without any there is none', async () => {
  const workstations = await kpiOf('availability_workstation');
  assert.is(workstations.state, 'insufficient');
  assert.equal(
    workstations.few.map(({ endpoint, value }) => [endpoint?.name, value]),
    ['0008', '0009', '0010'].map((n) => [`box-${n}`, 100]),
  );
  const none = await get<Kpis>('kpis?period=2025-01');
  for (const { id, value, state, n } of none.items) assert.equal([value, state, n], [null, 'no_data', 0], id);
});

test('a number of a month of which little was observed is thin, one of the whole month is not', async () => {
  const thinIn = async (period: string) =>
    (await get<Kpis>(`kpis?period=${period}`)).items
      .filter(({ id }) => /^availability|acknowledge$/.test(id))
      .map(({ id, coverage, thin }) => [id, coverage !== null, thin]);
  const about = (thin: boolean) => [
    ['availability_server', true, thin],
    ['availability_workstation', true, thin],
    ['time_to_acknowledge', false, false],
  ];
  assert.equal(await thinIn('2026-11'), about(false));
  // Watched for its first ten days only.
  assert.equal(await thinIn('2026-12'), about(true));
  const { pool, endpoints } = await get<Availability>('kpis/availability?class=server&period=2026-12');
  assert.equal(
    [pool, ...endpoints.map(({ figures }) => figures)].map(({ thin }) => thin),
    Array(9).fill(true),
  );
});

test('a place in any spelling, a kind and an endpoint narrow what is counted', async () => {
  const narrowed = ['availability_server', 'availability_workstation', 'time_to_acknowledge'];
  const n = async (more: string) => {
    const found = await values(more);
    return narrowed.map((id) => found.get(id)?.n);
  };
  assert.equal(await n(`&site=${encodeURIComponent(' ōsaka  LAB')}`), [2, 0, 4]);
  assert.equal(await n('&group=WEB'), [3, 0, 6]);
  assert.equal(await n('&kind=workstation'), [0, 3, 0]);
  assert.equal(await n(`&endpoint=${endpointId(5)}`), [1, 0, 2]);
  assert.equal(await n(`&group=web&endpoint=${endpointId(5)}`), [0, 0, 0]);
});

test('what does not exist is said, and never read as "no data"', async () => {
  const status = async (path: string) => {
    const { status: code, body } = await collector.call(`/api/v1/${path}`, { as: 'viewer' });
    return `${code} ${(body as { message: string }).message}`;
  };
  assert.is(await status('kpis?site=Atlantis'), '404 There is no site "Atlantis"; there is only: Ōsaka Lab.');
  assert.is(await status('kpis?group=nobody'), '404 There is no group "nobody"; there is only: web.');
  assert.is(await status('kpis?endpoint=enowhere'), '404 There is no endpoint enowhere.');
  assert.is(await status('kpis/happiness'), '404 There is no KPI happiness.');
  assert.is(await status('kpis/happiness.csv'), '404 There is no KPI happiness.');
  assert.is(
    await status('kpis/lost_hours.csv?site=Atlantis'),
    '404 There is no site "Atlantis"; there is only: Ōsaka Lab.',
  );
  assert.match(await status('kpis/lost_hours.csv?limit=5'), /^400 /);
  assert.match(await status('kpis?period=2026-13'), /^400 /);
  assert.match(await status('kpis?sites=x'), /^400 /);
});

test.run();
