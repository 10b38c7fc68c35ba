/** The fleet as CSV: what the filter finds with the columns that are wanted, and in again, with every fault at its line. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, FleetFilters, TableOutcome } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('the fleet as a table');
let collector: InProcess;
const ids: string[] = [];

const call = (path: string, body?: unknown, as: CallOptions['as'] = 'operator') =>
  collector.call(`/api/v1/${path}`, { method: body === undefined ? 'GET' : 'POST', as, ...(body ? { body } : {}) });
async function ok<T>(path: string, body?: unknown, as?: CallOptions['as']): Promise<T> {
  const answer = await call(path, body, as);
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
const read = (csv: string, reason?: string) =>
  ok<TableOutcome>('endpoints/table', { csv, ...(reason ? { reason } : {}) });
const row = async (n: number) => (await ok<{ row: EndpointRow }>(`endpoints/${ids[n]}`)).row;
const linesOf = (text: string) => text.replace('\ufeff', '').trim().split('\r\n');
const does = ({ lines }: TableOutcome) => lines.map((line) => line.does);

test.before(async () => {
  collector = await openCollector();
  for (const name of ['a', 'b', 'c']) {
    const { code } = await ok<{ code: string }>('enrollments', name === 'a' ? { site: 'Berlin' } : {}, 'admin');
    const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
    const body = { code: decodeJoinCode(code).secret, hostname: `box-${name}`, ...about };
    ids.push((await ok<{ endpoint: string }>('enroll', body, 'admin')).endpoint);
  }
  await ok('groups', { name: '=cmd|"x"!A1' });
  await ok('groups', { name: 'Cluster' });
});
test.after(() => collector.close());

test('what is read in is shown first, changes only what differs, and out and in again changes nothing', async () => {
  const csv = 'name,site,groups,tags,kind\nbox-a,Lyon,cluster|=cmd|"x"!A1,tier1 db,workstation\nbox-b,,,,\n';
  const bad = await read(csv);
  assert.equal(
    bad.faults.map(({ line, column }) => [line, column]),
    [[2, 'groups']],
    'a | parts the names',
  );
  const good = csv.replace('cluster|=cmd|"x"!A1', 'cluster');
  const shown = await read(good);
  assert.equal([shown.applied, does(shown), (await row(0)).site], [false, ['change', 'same'], 'Berlin']);
  assert.equal(
    [shown.lines[0]?.before, shown.lines[0]?.after],
    ['server; Berlin; –; –', 'workstation; Lyon; db tier1; Cluster'],
  );
  assert.is((await read(good, 'from the list of the office')).applied, true);
  const { site, tags, kind, groups } = await row(0);
  assert.equal(
    [site, tags, kind, groups.map(({ name }) => name)],
    ['Lyon', ['db', 'tier1'], 'workstation', ['Cluster']],
  );
  await ok('endpoints/bulk', { ids: [ids[2]], act: 'add_group', value: '=cmd|"x"!A1' });
  const out = await call('endpoints/table');
  const again = await read(out.text);
  assert.equal([again.faults, does(again)], [[], ['same', 'same', 'same']]);
  assert.equal(does(await read(`id,tags\n${ids[0]},tier1 db\n`)), ['same'], 'columns that are missing stay');
  assert.equal(does(await read(`name,site\nbox-a,ＬＹＯＮ\n`)), ['same'], 'a site whatever its case and width');
});

test('each fault has its line and column, and one keeps all from being saved', async () => {
  const csv =
    'id,name,site,groups,tags,kind\n' +
    `,box-z,,,,\n${ids[1]},,x,Clustr,,\n${ids[1]},,,,,\n,box-c,,,a<b,\n,box-a,,,,toaster\n`;
  const { faults } = await read(csv);
  assert.equal(
    faults.map(({ line, column, why }) => [line, column, why.code]),
    [
      [2, 'name', 'bulk_gone'],
      [3, 'groups', 'name_unknown'],
      [4, 'id', 'entry_twice'],
      [5, 'tags', 'fleet_tag'],
      [6, 'kind', 'entry_choice'],
    ],
  );
  assert.is((await call('endpoints/table', { csv, reason: 'x' })).status, 400);
  assert.is((await row(1)).site, null);
  assert.is((await call('endpoints/table', { csv, reason: 'x' }, 'viewer')).status, 403);
  assert.equal(
    (await read('site\nLyon\n')).faults.map(({ column }) => column),
    ['name'],
  );
});

test('out come the rows of the filter with the columns that are wanted, in their order, and no formula', async () => {
  await ok('endpoints/bulk', { ids: [ids[1]], act: 'site', value: '=HYPERLINK("x")' });
  const out = await call('endpoints/table?kind=server&sort=-name&columns=site,name');
  assert.equal(linesOf(out.text), ['site,name', ',box-c', `"'=HYPERLINK(""x"")",box-b`]);
  const again = await read(out.text);
  assert.equal([again.faults, does(again)], [[], ['same', 'same']]);
  const wrong = await call('endpoints/table?columns=site,colour');
  assert.is(wrong.status, 400);
  assert.match((wrong.body as { message: string }).message, /"colour".*there are: id, name/);
  assert.is((await call('endpoints/table?limit=1')).status, 400);
});

test('versions of agents are counted and can be filtered; what is behind is known once a package is there', async () => {
  await collector.state
    .updateTable('endpoints')
    .set({ version: '0.1.0' })
    .where('id', '=', ids[0] ?? '')
    .execute();
  const { filters } = await ok<FleetFilters>('endpoints/filters');
  const of = (name: string) =>
    filters.find((one) => one.name === name)?.choices.map(({ value, count }) => [value, count]);
  assert.equal(of('version'), [['0.1.0', 3]]);
  assert.equal(of('behind'), [
    ['yes', 0],
    ['no', 0],
    ['unknown', 3],
  ]);
  assert.is((await ok<{ total: number }>('endpoints?version=0.1.0')).total, 3);
});

test.run();
