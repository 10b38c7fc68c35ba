/** Sites and groups over HTTP: made, renamed, filled, removed; and what is refused, with the reason. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow, GroupDetail, GroupRow, SiteDetail, SiteRow } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { type Answer, type CallOptions, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('places');
let collector: InProcess;

test.before(async () => {
  collector = await openCollector();
});
test.after(() => collector.close());

const call = (path: string, method = 'GET', body?: unknown, as: CallOptions['as'] = 'admin'): Promise<Answer> =>
  collector.call(`/api/v1/${path}`, { method, as, ...(body === undefined ? {} : { body }) });

async function ok<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const answer = await call(path, method, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
  return answer.body as T;
}

async function refused(status: number, code: string, path: string, method: string, body?: unknown): Promise<string> {
  const answer = await call(path, method, body);
  assert.is(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
  const { code: found, message, hint } = answer.body as { code: string; message: string; hint: string };
  assert.is(found, code, `${JSON.stringify(body)}: ${message}`);
  assert.ok(hint.length > 10);
  return message;
}

let machines = 0;
async function enrol(site?: string): Promise<string> {
  const { code } = await ok<{ code: string }>('enrollments', 'POST', site === undefined ? {} : { site });
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  const body = { code: decodeJoinCode(code).secret, hostname: `box-${++machines}`, ...about };
  return (await ok<{ endpoint: string }>('enroll', 'POST', body)).endpoint;
}

const sites = async () => (await ok<{ items: SiteRow[] }>('sites')).items;
const siteNamed = async (name: string) => (await sites()).find((site) => site.name === name);
const row = async (id: string) => (await ok<{ row: EndpointRow }>(`endpoints/${id}`)).row;
const fleet = async (query: string) =>
  (await ok<{ items: EndpointRow[] }>(`endpoints?sort=name&${query}`)).items.map(({ id }) => id);

test('a name at a join code or at an endpoint makes the site, once for all its spellings', async () => {
  const one = await enrol('Lyon');
  const made = await siteNamed('Lyon');
  assert.equal([made?.endpoints, made?.zone, made?.note, made?.createdBy], [1, null, '', 'a admin']);
  const two = await enrol();
  assert.is((await ok<EndpointRow>(`endpoints/${two}`, 'PATCH', { site: '  ＬＹＯＮ ' })).site, 'Lyon');
  await ok(`endpoints/${one}`, 'PATCH', { site: 'Nantes' });
  assert.equal([(await siteNamed('Lyon'))?.endpoints, (await siteNamed('Nantes'))?.endpoints], [1, 1]);
  assert.is((await sites()).length, 2);
});

test('a new name holds at endpoints and join codes, and in the list behind the filter', async () => {
  const here = await enrol('Osaka');
  const { code } = await ok<{ code: string }>('enrollments', 'POST', { site: 'Osaka' });
  const site = (await siteNamed('Osaka')) as SiteRow;
  assert.is(site.joinCodes, 1);
  const fields = { name: '大阪本社', note: ' 4 階 ', zone: 'asia/tokyo' };
  const renamed = await ok<SiteRow>(`sites/${site.id}`, 'PATCH', fields);
  assert.equal([renamed.name, renamed.note, renamed.zone, renamed.joinCodes], ['大阪本社', '4 階', 'Asia/Tokyo', 1]);
  assert.is((await row(here)).site, '大阪本社');
  assert.equal(await fleet(`site=${encodeURIComponent('大阪本社')}`), [here]);
  assert.equal(await fleet('site=Osaka'), []);
  const about = { hostname: 'late', platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '1' };
  const body = { code: decodeJoinCode(code).secret, ...about };
  const late = (await ok<{ endpoint: string }>('enroll', 'POST', body)).endpoint;
  assert.is((await row(late)).site, '大阪本社');
  assert.is(await siteNamed('Osaka'), undefined);
  // The case of a name is its own to change.
  assert.is((await ok<SiteRow>(`sites/${site.id}`, 'PATCH', { name: '大阪本社 A', zone: null })).zone, null);
  assert.is((await ok<SiteRow>(`sites/${site.id}`, 'PATCH', { name: '大阪本社 a' })).name, '大阪本社 a');
});

const badNames = [
  '',
  '   ',
  '\u3000',
  '\u200b\u2060',
  'x'.repeat(129),
  'two\nlines',
  'line\u2028separator',
  'bell\u0007',
  'nul\u0000',
  'tab\there',
  'delete\u007f',
  'c1\u0085',
  'turned\u202eround',
  'isolate\u2066d',
  'mark\u200f',
  'half \ud800 pair',
  'un\u200bseen',
];

test('names that no one could read or tell apart are refused, wherever they are given', async () => {
  const id = await enrol();
  for (const path of ['sites', 'groups']) {
    const good = await ok<SiteRow>(path, 'POST', { name: `Good ${path}` });
    for (const name of badNames) {
      const message = await refused(400, 'BAD_NAME', path, 'POST', { name });
      assert.not.match(message, /[\p{Cc}\u202e\u2066\u200f]/u);
      await refused(400, 'BAD_NAME', `${path}/${good.id}`, 'PATCH', { name });
    }
    for (const name of [`good ${path}`, ` GOOD  ${path} `, `Ｇｏｏｄ ${path}`]) {
      assert.match(await refused(409, 'CONFLICT', path, 'POST', { name }), /Good/);
    }
    for (const body of [{}, { name: 7 }, { name: 'a', color: 'red' }, { note: 'without a name' }, { name: null }]) {
      await refused(400, 'BAD_REQUEST', path, 'POST', body);
    }
    await refused(400, 'BAD_REQUEST', `${path}/${good.id}`, 'PATCH', {});
    await refused(400, 'BAD_REQUEST', path, 'POST', { name: 'long note', note: 'x'.repeat(2001) });
  }
  const before = (await sites()).length;
  for (const site of badNames) {
    await refused(400, 'BAD_NAME', `endpoints/${id}`, 'PATCH', { site });
    await refused(400, 'BAD_NAME', 'enrollments', 'POST', { site });
  }
  assert.is((await sites()).length, before);
  assert.is((await row(id)).site, null);
  // 128 characters, not 128 halves of a surrogate pair, and markup is only text.
  assert.is((await ok<SiteRow>('sites', 'POST', { name: '😀'.repeat(128) })).name.length, 256);
  assert.is((await ok<SiteRow>('sites', 'POST', { name: '<b>"\'; drop table sites --' })).endpoints, 0);
});

test('an edit that fails makes no site', async () => {
  const id = await enrol();
  const name = (await row(await enrol())).name;
  await refused(409, 'CONFLICT', `endpoints/${id}`, 'PATCH', { site: 'Nowhere', name });
  await refused(404, 'NOT_FOUND', `endpoints/${id}`, 'PATCH', { site: 'Nowhere', groups: ['gnothing'] });
  assert.is(await siteNamed('Nowhere'), undefined);
});

test('a zone is a name of IANA', async () => {
  for (const zone of [
    'Mars/Base',
    '+09:00',
    'CEST+1',
    'Europe/Berlin; x',
    '2020-01-01T00:00[Europe/Berlin]',
    '../UTC',
  ]) {
    await refused(400, 'BAD_ZONE', 'sites', 'POST', { name: 'Zoned', zone });
  }
  await refused(400, 'BAD_REQUEST', 'groups', 'POST', { name: 'Zoned', zone: 'UTC' });
  assert.is(
    (await ok<SiteRow>('sites', 'POST', { name: 'Zoned', zone: 'America/Sao_Paulo' })).zone,
    'America/Sao_Paulo',
  );
});

test('an endpoint is in several groups; its row, the filter and the group say so', async () => {
  const [a, b] = [await enrol(), await enrol()];
  const web = await ok<GroupRow>('groups', 'POST', { name: 'Web', note: 'behind one balancer' });
  const db = await ok<GroupRow>('groups', 'POST', { name: 'Databases' });
  const edited = await ok<EndpointRow>(`endpoints/${a}`, 'PATCH', { groups: [web.id, db.id, web.id] });
  assert.equal(edited.groups, [
    { id: db.id, name: 'Databases' },
    { id: web.id, name: 'Web' },
  ]);
  const { row: full, members } = await ok<GroupDetail>(`groups/${web.id}/members`, 'PUT', { add: [a, b] });
  assert.is(full.endpoints, 2);
  assert.equal(members.map(({ id }) => id).sort(), [a, b].sort());
  assert.equal((await fleet(`group=${web.id}`)).sort(), [a, b].sort());
  assert.equal(await fleet('group=Databases'), [a]);
  await ok(`groups/${db.id}`, 'PATCH', { name: 'Data' });
  assert.is((await row(a)).groups[0]?.name, 'Data');
  await ok(`groups/${web.id}/members`, 'PUT', { remove: [a], add: [] });
  assert.equal(
    (await row(a)).groups.map(({ name }) => name),
    ['Data'],
  );
  // An edit of something else leaves them alone; an empty list takes them away.
  assert.is((await ok<EndpointRow>(`endpoints/${a}`, 'PATCH', { tags: ['x'] })).groups.length, 1);
  assert.equal((await ok<EndpointRow>(`endpoints/${a}`, 'PATCH', { groups: [] })).groups, []);
});

test('many are added and removed at once, all or nothing', async () => {
  const ids = [await enrol(), await enrol()];
  for (const path of ['sites', 'groups']) {
    const { id } = await ok<SiteRow>(path, 'POST', { name: `Many ${path}` });
    const members = `${path}/${id}/members`;
    await refused(404, 'NOT_FOUND', members, 'PUT', { add: [...ids, 'enobody'] });
    assert.is((await ok<SiteDetail>(`${path}/${id}`)).row.endpoints, 0);
    await refused(400, 'BAD_REQUEST', members, 'PUT', { add: ids, remove: ids });
    await refused(400, 'BAD_REQUEST', members, 'PUT', {});
    await refused(404, 'NOT_FOUND', `${path}/nothing/members`, 'PUT', { add: ids });
    for (const _ of [1, 2]) await ok(members, 'PUT', { add: ids });
    assert.is((await ok<SiteDetail>(`${path}/${id}`)).members.length, 2);
    await ok(members, 'PUT', { remove: ids.slice(0, 1) });
    assert.equal(
      (await ok<SiteDetail>(`${path}/${id}`)).members.map((one) => one.id),
      ids.slice(1),
    );
  }
});

test('what is in use is not removed until it is said where its endpoints go', async () => {
  const ids = [await enrol(), await enrol()];
  for (const path of ['sites', 'groups']) {
    const [old, heir] = [
      await ok<SiteRow>(path, 'POST', { name: `Old ${path}` }),
      await ok<SiteRow>(path, 'POST', { name: `Heir ${path}` }),
    ];
    await ok(`${path}/${old.id}/members`, 'PUT', { add: ids });
    assert.match(await refused(409, 'CONFLICT', `${path}/${old.id}`, 'DELETE'), /2 endpoints/);
    await refused(400, 'BAD_REQUEST', `${path}/${old.id}?moveTo=${old.id}`, 'DELETE');
    await refused(404, 'NOT_FOUND', `${path}/${old.id}?moveTo=nothing`, 'DELETE');
    await ok(`${path}/${old.id}?moveTo=${heir.id}`, 'DELETE');
    await refused(404, 'NOT_FOUND', `${path}/${old.id}`, 'GET');
    assert.is((await ok<SiteDetail>(`${path}/${heir.id}`)).row.endpoints, 2);
    await ok(`${path}/${heir.id}?moveTo=none`, 'DELETE');
    const left = await row(ids[0] as string);
    assert.equal(path === 'sites' ? [left.site] : left.groups, path === 'sites' ? [null] : []);
  }
});

test('a join code that can still be used is a use, a revoked one and a retired endpoint are none', async () => {
  const id = await enrol('Kobe');
  const { enrollment } = await ok<{ enrollment: { id: string } }>('enrollments', 'POST', { site: 'kobe' });
  const site = (await siteNamed('Kobe')) as SiteRow;
  await ok(`endpoints/${id}`, 'DELETE');
  assert.match(await refused(409, 'CONFLICT', `sites/${site.id}`, 'DELETE'), /by 1 usable join code;/);
  await ok(`enrollments/${enrollment.id}`, 'DELETE');
  await ok(`sites/${site.id}`, 'DELETE');
  assert.is(await siteNamed('Kobe'), undefined);
});

test('a retired endpoint keeps no group from being removed', async () => {
  const id = await enrol();
  const { id: group } = await ok<GroupRow>('groups', 'POST', { name: 'Short' });
  await ok(`groups/${group}/members`, 'PUT', { add: [id] });
  await ok(`endpoints/${id}`, 'DELETE');
  assert.is((await ok<GroupDetail>(`groups/${group}`)).row.endpoints, 0);
  await refused(404, 'NOT_FOUND', `groups/${group}/members`, 'PUT', { add: [id] });
  await ok(`groups/${group}`, 'DELETE');
});

test('open pages are notified of each', async () => {
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${collector.token('viewer')}` };
  const url = `${collector.started.addresses.http}/api/v1/events`;
  const stream = await fetch(url, { headers, signal: stop.signal });
  const { id: group } = await ok<GroupRow>('groups', 'POST', { name: 'Told' });
  const endpoint = await enrol('Told too');
  const site = await siteNamed('Told too');
  await ok(`groups/${group}/members`, 'PUT', { add: [endpoint] });
  const wanted = [
    { kind: 'group', group },
    { kind: 'site', site: site?.id },
  ].map((one) => JSON.stringify(one));
  let text = '';
  const decoder = new TextDecoder();
  const holds = () => wanted.every((one) => text.includes(one)) && text.includes(`"groups":[{"id":"${group}"`);
  for await (const part of stream.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    if (holds()) break;
  }
  stop.abort();
  assert.ok(holds());
});

test.run();
