/** The major incidents of a month: the same times as on the page of each, the same hours and points as beside them, kept with the month. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChangeRow, Incident, KpiDetail, PeriodReport, SiteRow, Stability } from '../../../shared/api.ts';
import { parseCsv } from '../../../shared/csv.ts';
import { closeMonths } from '../../support/close-months.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { now, outage, people, putMonth, start, zone } from '../../support/stability-month.ts';

const test = suite('major incidents');
const hour = 3_600_000;
const clock = { now: () => now, monotonic: () => performance.now() };
let collector: InProcess;

test.before(async () => {
  collector = await openCollector({ clock, settings: `zone: ${zone}\n` });
  await putMonth(collector);
});
test.after(() => collector.close());

async function call<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'manager', ...(body ? { body } : {}) });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  return answer.body as T;
}
const majorsIn = async (period: string, more = '') =>
  (await call<Stability>(`stability?period=${period}${more}`)).majors ?? [];

test('the list has the incidents that the number counts, with the times of their pages and what they cost', async () => {
  const stability = await call<Stability>('stability?period=2026-10');
  const { evidence } = await call<KpiDetail>('kpis/major_incidents?period=2026-10');
  const majors = stability.majors ?? [];
  assert.equal(
    majors.map(({ ticket }) => ticket.id),
    evidence.map(({ ticket }) => ticket?.id),
  );
  const [major] = majors as [(typeof majors)[number]];
  const { from, to, asOf } = await call<Incident>(`incidents/${major.ticket.id}`);
  assert.equal([major.from, major.to], [from, to], 'any two places show the same minutes');
  assert.ok(to !== null && to < asOf);
  assert.equal([major.site, major.people, major.change, major.said], ['Berlin', people.Berlin, null, null]);
  const hours = stability.incidents.find(({ ticket }) => ticket.id === major.ticket.id);
  assert.equal([major.lost, major.unconfirmed], [0, hours?.unconfirmed]);
  assert.is(major.points, stability.causes.find(({ ticket }) => ticket?.id === major.ticket.id)?.points);
  assert.equal(await majorsIn('2026-09'), []);
  assert.equal(await majorsIn('2026-10', '&site=Osaka'), [], 'it was at Berlin');
  assert.is((await majorsIn('2026-10', '&site=Berlin')).length, 1);
});

test('what people state of it is in the list: whom it hit and how long, the change that caused it, how it ended', async () => {
  const berlin = (await call<{ items: SiteRow[] }>('sites')).items.find(({ name }) => name === 'Berlin') as SiteRow;
  const segment = {
    start: outage.start,
    end: outage.end - hour,
    factor: 1,
    affected: [{ site: berlin.id, people: 30 }],
  };
  await call('tickets/1/impact', 'PUT', { segments: [segment], reason: 'asked the team leads' });
  const { row: change } = await call<{ row: ChangeRow }>('changes', 'POST', {
    ...{ title: 'New switch', scopes: [{ of: 'site', target: 'Berlin' }], from: now + hour, to: now + 2 * hour },
  });
  await call('tickets/1/links', 'POST', { kind: 'change', target: `C-${change.id}` });
  await collector.state
    .updateTable('ticket_events')
    .set({ text: '=The switch in rack 2 was dead' })
    .where('ticket', '=', 1)
    .where('to_state', '=', 'resolved')
    .execute();
  const [major] = (await majorsIn('2026-10')) as [NonNullable<Stability['majors']>[number]];
  const { from, to } = await call<Incident>('incidents/1');
  assert.equal([major.from, major.to, major.people], [from, to, 30]);
  assert.ok(Math.abs(major.lost - 30 * ((segment.end - segment.start) / hour)) < 1e-9, String(major.lost));
  assert.equal([major.change?.title, major.said], ['New switch', '=The switch in rack 2 was dead']);
  const { text } = await collector.call('/api/v1/stability.csv?period=2026-10', { as: 'viewer' });
  const cell = (measure: string) =>
    parseCsv(text).rows.find(({ cells }) => cells[0] === 'major_incident' && cells[3] === measure)?.cells[4];
  assert.equal([cell('people'), cell('lost'), cell('change')], ['30', String(major.lost), `C-${change.id}`]);
  assert.is(cell('cause'), '=The switch in rack 2 was dead');
  assert.match(text, ",'=The switch in rack 2", 'no spreadsheet runs it');
});

test('a closed month keeps its list, and one of an older version has that of today', async () => {
  assert.ok((await closeMonths(collector, clock, zone)) > 0);
  const kept = await majorsIn('2026-10');
  await collector.state
    .updateTable('tickets')
    .set({ resolved_at: start + 20 * 24 * hour })
    .where('id', '=', 1)
    .execute();
  await call('tickets/1/impact', 'PUT', { segments: [], reason: 'nobody after all' });
  const [before] = kept as [NonNullable<Stability['majors']>[number]];
  const [after] = (await majorsIn('2026-10')) as [NonNullable<Stability['majors']>[number]];
  assert.equal([after.to, after.people, after.lost], [before.to, before.people, before.lost]);
  const rows = await collector.state
    .selectFrom('closed_months')
    .select(['month', 'site', 'revision', 'content'])
    .execute();
  for (const { month, site, revision, content } of rows) {
    const { majors: _, ...older } = JSON.parse(content);
    await collector.state
      .updateTable('closed_months')
      .set({ content: JSON.stringify(older) })
      .where('month', '=', month)
      .where('site', '=', site)
      .where('revision', '=', revision)
      .execute();
  }
  const [today] = (await majorsIn('2026-10')) as [NonNullable<Stability['majors']>[number]];
  assert.equal([today.ticket.id, today.people, today.lost], [1, 0, before.lost]);
  const { id } = await call<{ id: string }>('reports', 'POST', { period: '2026-10' });
  const { content } = await call<PeriodReport>(`reports/${id}`);
  assert.is(content.stability.majors?.length, 1);
  assert.equal(content.before?.majors, []);
});

test.run();
