/** Many endpoints changed at once: all in one transaction, each with what was done or why not, and with the way back. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow } from '../../../shared/api.ts';
import type { BulkEditOutcome } from '../../../shared/bulk.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('many endpoints at once');
let collector: InProcess;
const ids: string[] = [];

const call = (path: string, body?: unknown, as: CallOptions['as'] = 'admin', method = 'POST') =>
  collector.call(`/api/v1/${path}`, { method: body === undefined ? 'GET' : method, as, ...(body ? { body } : {}) });
async function ok<T>(path: string, body?: unknown, as?: CallOptions['as']): Promise<T> {
  const answer = await call(path, body, as);
  assert.ok(answer.status < 300, `${path} ${JSON.stringify(body)}: ${answer.text}`);
  return answer.body as T;
}
async function refused(status: number, body: unknown, says: RegExp, as?: CallOptions['as']): Promise<void> {
  const answer = await call('endpoints/bulk', body, as);
  assert.is(answer.status, status, answer.text);
  assert.match((answer.body as { message: string }).message, says);
}
const bulk = (body: object) => ok<BulkEditOutcome>('endpoints/bulk', body, 'operator');
const row = async (n: number) => (await ok<{ row: EndpointRow }>(`endpoints/${ids[n]}`)).row;
const does = ({ lines }: BulkEditOutcome) => lines.map((line) => line.does);
async function undo(outcome: BulkEditOutcome): Promise<void> {
  assert.ok(outcome.undo, 'it can be undone');
  for (const one of outcome.undo) await bulk({ ...one, reason: 'undone' });
}

test.before(async () => {
  collector = await openCollector();
  for (const name of ['a', 'b', 'c', 'd']) {
    const { code } = await ok<{ code: string }>('enrollments', name < 'c' ? { site: 'Berlin' } : {});
    const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
    const body = { code: decodeJoinCode(code).secret, hostname: `box-${name}`, ...about };
    ids.push((await ok<{ endpoint: string }>('enroll', body)).endpoint);
  }
});
test.after(() => collector.close());

test('a site: shown first, then done, made where there was none, and undone to what each had', async () => {
  const wish = { ids, act: 'site', value: 'Lyon' };
  const shown = await ok<BulkEditOutcome>('endpoints/bulk/preview', wish, 'operator');
  assert.equal([shown.applied, shown.change, (await row(0)).site], [false, 4, 'Berlin']);
  assert.equal(
    shown.lines.map(({ name, before, after }) => [name, before, after]),
    [
      ['box-a', 'Berlin', 'Lyon'],
      ['box-b', 'Berlin', 'Lyon'],
      ['box-c', null, 'Lyon'],
      ['box-d', null, 'Lyon'],
    ],
  );
  const done = await bulk({ ...wish, reason: 'moved' });
  assert.equal([done.applied, does(done)], [true, ['change', 'change', 'change', 'change']]);
  for (const n of [0, 1, 2, 3]) assert.is((await row(n)).site, 'Lyon');
  const { items } = await ok<{ items: { name: string }[] }>('sites');
  assert.ok(items.some(({ name }) => name === 'Lyon'));
  assert.equal(does(await bulk({ ...wish, value: ' ＬＹＯＮ ' })), ['same', 'same', 'same', 'same']);
  await undo(done);
  assert.equal([(await row(0)).site, (await row(3)).site], ['Berlin', null]);
});

test('tags: only what differs is added and taken back; one that would have too many is refused, and the others are done', async () => {
  await ok('endpoints/bulk', { ids: [ids[0]], act: 'add_tags', value: ['db'] });
  const full = Array.from({ length: 49 }, (_, n) => `t${n}`);
  await bulk({ ids: [ids[3]], act: 'add_tags', value: full });
  const done = await bulk({ ids, act: 'add_tags', value: ['db', 'tier1'] });
  assert.equal(does(done), ['change', 'change', 'change', 'refused']);
  assert.equal(done.lines[3]?.why, [{ code: 'bulk_many_tags', params: { count: 51, limit: 50 } }]);
  assert.equal(
    [(await row(0)).tags, (await row(1)).tags],
    [
      ['db', 'tier1'],
      ['db', 'tier1'],
    ],
  );
  await undo(done);
  assert.equal([(await row(0)).tags, (await row(1)).tags, (await row(3)).tags.length], [['db'], [], 49]);
  await bulk({ ids: [ids[3]], act: 'remove_tags', value: full });
});

test('groups by name or id, and kinds', async () => {
  const { id } = await ok<{ id: string }>('groups', { name: 'Cluster' });
  await bulk({ ids: [ids[2]], act: 'add_group', value: id });
  const done = await bulk({ ids, act: 'add_group', value: 'cluster' });
  assert.equal(does(done), ['change', 'change', 'same', 'change']);
  assert.equal((await row(1)).groups, [{ id, name: 'Cluster' }]);
  await undo(done);
  assert.equal([(await row(1)).groups.length, (await row(2)).groups.length], [0, 1]);
  const kinds = await bulk({ ids: ids.slice(0, 2), act: 'kind', value: 'workstation' });
  assert.is((await row(0)).kind, 'workstation');
  await undo(kinds);
  assert.is((await row(0)).kind, 'server');
});

test('by the filter of the list, and what does not fit is refused in words', async () => {
  const found = await ok<BulkEditOutcome>('endpoints/bulk/preview', {
    filter: { site: 'Berlin' },
    act: 'site',
    value: null,
  });
  assert.equal(
    found.lines.map(({ name }) => name),
    ['box-a', 'box-b'],
  );
  const all = await ok<BulkEditOutcome>('endpoints/bulk/preview', { filter: {}, act: 'site', value: null });
  assert.is(all.lines.length, 4);
  await refused(400, { act: 'site', value: 'x' }, /either with ids or with filter/);
  await refused(400, { ids, filter: {}, act: 'site', value: 'x' }, /either with ids or with filter/);
  await refused(400, { ids, act: 'kind', value: 'toaster' }, /"toaster".*"kind".*"server" or "workstation"/);
  await refused(400, { ids, act: 'add_tags', value: 'x' }, /a list of tags/);
  await refused(400, { ids, act: 'add_tags', value: ['a b'] }, /tag of 1 to 64/);
  await refused(400, { ids, act: 'explode' }, /act/);
  await refused(400, { filter: { limit: 3 }, act: 'site' }, /limit/);
  await refused(404, { ids, act: 'add_group', value: 'gone' }, /group/);
  await refused(400, { ids: Array.from({ length: 5001 }, (_, n) => `e${n}`), act: 'site', value: 'x' }, /5000/);
  await refused(403, { ids, act: 'site', value: 'x' }, /viewer/, 'viewer');
});

test('to retire names what else uses each, needs a reason and an admin, and is noted with the list', async () => {
  await collector.call(`/api/v1/endpoints/${ids[0]}/dependencies`, {
    ...{ method: 'PUT', as: 'admin' },
    body: { parents: [ids[1]] },
  });
  const wish = { ids: [ids[1], ids[2], 'enobody'], act: 'retire' };
  const shown = await ok<BulkEditOutcome>('endpoints/bulk/preview', wish, 'operator');
  assert.equal(does(shown), ['change', 'change', 'refused']);
  assert.equal(shown.lines[2]?.why, [{ code: 'bulk_gone' }]);
  assert.equal(shown.lines[0]?.why, [{ code: 'used_by_dependents', params: { names: 'box-a' } }]);
  await refused(403, { ...wish, reason: 'x' }, /operator.*admin/, 'operator');
  await refused(400, wish, /needs a reason/);
  const done = await ok<BulkEditOutcome>('endpoints/bulk', { ...wish, reason: 'sold' });
  assert.is(done.change, 2);
  const left = await ok<{ items: EndpointRow[] }>('endpoints?sort=name');
  assert.equal(
    left.items.map(({ name }) => name),
    ['box-a', 'box-d'],
  );
  const audit = await ok<{ items: { action: string; reason: string; after: Record<string, unknown> }[] }>(
    'audit?limit=5',
  );
  const entry = audit.items.find(({ action }) => action === 'bulk');
  assert.is(entry?.reason, 'sold');
  assert.equal(entry?.after, { ids: 2, act: 'retire', 'endpoint box-b': 'retired', 'endpoint box-c': 'retired' });
  assert.equal(done.undo, [{ act: 'take_back', value: null, ids: [ids[1], ids[2]], reason: 'sold' }]);
  const [way] = done.undo ?? [];
  await refused(403, way, /operator.*admin/, 'operator');
  const back = await ok<BulkEditOutcome>('endpoints/bulk', { ...way, ids: [...(way?.ids ?? []), ids[0]] });
  assert.equal(does(back), ['change', 'change', 'refused'], 'one that is not retired is not taken back');
  assert.is((await ok<{ items: EndpointRow[] }>('endpoints')).items.length, 4);
  await collector.state
    .updateTable('endpoints')
    .set({ retired_at: Date.now() - 31 * 86_400_000 })
    .where('id', '=', ids[1] ?? '')
    .execute();
  const late = await ok<BulkEditOutcome>('endpoints/bulk', { ...way, ids: [ids[1]] });
  assert.equal(late.lines[0]?.why, [{ code: 'bulk_not_back' }]);
});

test.run();
