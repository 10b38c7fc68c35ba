/** Status pages: off they are not there, on they say what an admin named and a person wrote, and nothing else. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { currentState, type PartServer, silentTogether } from '../../../collector/status/current.ts';
import type { OutwardChange, SiteRow, Stability, StatusAnswer, StatusPageRow } from '../../../shared/api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { clock, now, putMonth, zone } from '../../support/stability-month.ts';

const test = suite('status pages');
let collector: InProcess;
let sites: SiteRow[];
const minute = 60_000;

test.before(async () => {
  collector = await openCollector({ clock, settings: `zone: ${zone}\n` });
  await putMonth(collector);
  sites = ((await collector.call('/api/v1/sites', { as: 'viewer' })).body as { items: SiteRow[] }).items;
});
test.after(() => collector.close());

const idOf = (name: string) => sites.find((one) => one.name === name)?.id as string;
const part = (name: string, site: string) => ({ id: name.toLowerCase(), name, of: 'site', target: idOf(site) });
const base = () => ({
  ...{ slug: 'it', title: 'Is IT working?', intro: 'Call 4711.', access: 'public', enabled: true, zone },
  components: [part('Mail', 'Berlin'), part('Files', 'Osaka')],
});
const make = (change: object = {}, as: 'admin' | 'manager' = 'admin') =>
  collector.call('/api/v1/status-pages', { method: 'POST', as, body: { ...base(), ...change } });
const edit = (id: string, body: object) =>
  collector.call(`/api/v1/status-pages/${id}`, { method: 'PATCH', as: 'admin', body });
const look = (slug: string, as?: 'viewer') => collector.call(`/api/v1/status/${slug}`, { as });
const say = (path: string, body: object) =>
  collector.call(`/api/v1/status-pages/${path}`, { method: 'POST', as: 'operator', body });

let id: string;

test('off, for others only, and not there are refused in the same words', async () => {
  const made = await make({ enabled: false, reason: 'prepared' });
  assert.is(made.status, 201, made.text);
  id = (made.body as StatusPageRow).id;
  const refusal = async (slug: string, as?: 'viewer') => {
    const { status, text, headers } = await look(slug, as);
    const same = text.replace(`page ${slug}.`, 'page SLUG.').replace(`"id":"${slug}"`, '"id":"SLUG"');
    return [status, same, headers.get('cache-control')];
  };
  const nowhere = await refusal('nowhere');
  assert.equal(nowhere[0], 404);
  assert.equal(await refusal('it'), nowhere);
  assert.equal(await refusal('it', 'viewer'), nowhere, 'off is off for everyone');
  await edit(id, { enabled: true, access: 'login' });
  assert.equal(await refusal('it'), nowhere);
  const inside = await look('it', 'viewer');
  assert.equal([inside.status, inside.headers.get('cache-control')], [200, 'no-store']);
});

test('a stranger reads what was named and said, and no name, number or id of ours', async () => {
  await edit(id, { access: 'public' });
  const began = now - 40 * minute;
  const next = now + 20 * minute;
  const words = 'Mail arrives late. We are replacing a part.';
  const noticed = await say(`${id}/notices`, {
    component: 'mail',
    title: 'Mail is slow',
    beganAt: began,
    words,
    nextAt: next,
  });
  assert.is(noticed.status, 204, noticed.text);
  const answer = await look('it');
  assert.equal([answer.status, answer.headers.get('cache-control')], [200, 'public, max-age=15']);
  assert.is(answer.headers.get('set-cookie'), null);
  const shown: StatusAnswer = answer.body;
  assert.equal(
    shown.components.map(({ name, state, since }) => [name, state, since]),
    [
      ['Mail', 'disturbed', began],
      ['Files', 'unknown', null],
    ],
  );
  assert.equal([shown.next, shown.hasWord, shown.notices[0]?.updates[0]?.words], [next, true, words]);
  for (const secret of [
    'box-',
    'e0000',
    '"Berlin"',
    'Osaka',
    'operator',
    'admin',
    'Printer',
    'switch',
    ...sites.map((one) => one.id),
  ])
    assert.not.match(answer.text, secret);
});

test('its days are those of the Stability page: ninety, with the same minutes', async () => {
  const shown: StatusAnswer = (await look('it')).body;
  const [, files] = shown.components;
  assert.is(files?.days.length, 90);
  const { sites: own }: Stability = (await collector.call('/api/v1/stability?period=2026-10', { as: 'viewer' })).body;
  const october = own.find(({ site }) => site?.name === 'Osaka')?.days ?? [];
  assert.is(october.length, 31);
  assert.ok(october.some(({ down }) => down > 0));
  for (const day of october)
    assert.equal(
      files?.days.find(({ at }) => at === day.at),
      day,
    );
});

test('what is said is kept with who said it, inside only; over, it is a past incident', async () => {
  const pages = (await collector.call('/api/v1/status-pages', { as: 'operator' })).body as { items: StatusPageRow[] };
  const [notice] = pages.items[0]?.notices ?? [];
  assert.is(notice?.updates[0]?.by, 'a operator');
  assert.is(
    (await say(`${id}/notices/${notice?.id}/updates`, { words: 'Mail is in time again.', ended: true })).status,
    204,
  );
  const shown: StatusAnswer = (await look('it')).body;
  assert.equal([shown.components[0]?.state, shown.next, shown.hasWord], ['unknown', null, false]);
  assert.equal([shown.notices[0]?.endedAt, shown.notices[0]?.updates.length], [now, 2]);
  const changes: OutwardChange[] = (await collector.call(`/api/v1/status-pages/${id}/changes`, { as: 'admin' })).body;
  assert.equal([changes.length, changes.at(-1)?.reason, changes.at(-1)?.by], [3, 'prepared', 'a admin']);
});

test('switched off it is gone at once, whatever was answered before', async () => {
  assert.is((await look('it')).status, 200);
  await edit(id, { enabled: false });
  assert.is((await look('it')).status, 404);
});

const refusals: [what: string, change: object, status: number, says: RegExp][] = [
  ['a path as address', { slug: '../settings' }, 400, /slug/],
  ['capitals in an address', { slug: 'IT' }, 400, /slug/],
  ['an empty address', { slug: '' }, 400, /slug/],
  ['a huge title', { slug: 'a', title: 'x'.repeat(121) }, 400, /title/],
  ['an unknown zone', { slug: 'a', zone: 'Europe/Atlantis' }, 400, /Atlantis/],
  ['no parts', { slug: 'a', components: [] }, 400, /components/],
  [
    'a place that is not there',
    { slug: 'a', components: [{ id: 'a', name: 'A', of: 'group', target: 'none' }] },
    404,
    /none/,
  ],
  ['an address that is taken', {}, 409, /address it/],
];
for (const [what, change, status, says] of refusals)
  test(`${what} is refused`, async () => {
    const answer = await make(change);
    assert.is(answer.status, status, answer.text);
    assert.match(answer.text, says);
  });

test('markup in words stays what it is: text in JSON', async () => {
  const title = '<script>alert(1)</script>';
  const made = await make({ slug: 'markup', title });
  assert.is(made.status, 201, made.text);
  const answer = await look('markup');
  assert.match(answer.headers.get('content-type') ?? '', 'application/json');
  assert.is(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.is((answer.body as StatusAnswer).title, title);
});

test('deleted, it is gone with what was said on it; who deleted it, when and why stays', async () => {
  const { id: doomed } = (await make({ slug: 'doomed' })).body as StatusPageRow;
  assert.is((await say(`${doomed}/notices`, { title: 'Mail is slow', words: 'We look into it.' })).status, 204);
  assert.is((await look('doomed')).status, 200);
  const remove = (as: 'admin' | 'operator') =>
    collector.call(`/api/v1/status-pages/${doomed}?reason=moved`, { method: 'DELETE', as });
  assert.is((await remove('operator')).status, 403);
  assert.is((await remove('admin')).status, 204);
  assert.is((await look('doomed')).status, 404, 'at once, whatever was answered before');
  assert.is((await remove('admin')).status, 404);
  const { items } = (await collector.call('/api/v1/status-pages', { as: 'admin' })).body as { items: StatusPageRow[] };
  assert.not(items.some(({ slug }) => slug === 'doomed'));
  const [last]: OutwardChange[] = (await collector.call(`/api/v1/status-pages/${doomed}/changes`, { as: 'admin' }))
    .body;
  assert.equal([last?.content, last?.by, last?.reason, last?.at], [null, 'a admin', 'moved', now]);
  assert.is((await make({ slug: 'doomed' })).status, 201, 'its address is free');
});

test('strangers are limited, each address by itself', async () => {
  const answers = await Promise.all(Array.from({ length: 80 }, () => look('nowhere')));
  assert.ok(answers.some(({ status }) => status === 429));
  assert.ok(answers.every(({ status }) => [404, 429].includes(status)));
});

test('silence of all together is the collector not hearing, and says nothing of the machines', () => {
  const one = (id: string, site: string | null, state: PartServer['state'], stateSince = 0) => ({
    ...{ id, site, state, stateSince },
  });
  const silent = (...endpoints: Parameters<typeof silentTogether>[0] extends Iterable<infer E> ? E[] : never) =>
    [...silentTogether(endpoints)].sort().join('');
  assert.is(silent(), '');
  assert.is(silent(one('a', 'X', 'lost')), '', 'one machine may be down');
  assert.is(silent(one('a', 'X', 'lost'), one('b', 'X', 'lost', 5 * minute)), 'ab');
  assert.is(silent(one('a', 'X', 'lost'), one('b', 'X', 'lost', 5 * minute + 1)), '', 'one after the other');
  assert.is(silent(one('a', 'X', 'lost'), one('b', 'X', 'lost'), one('c', 'X', 'online')), '', 'one still answers');
  const eight = [...'abcdefgh'].map((id, n) => one(id, n < 4 ? 'X' : 'Y', 'lost', n));
  const two = [one('i', 'X', 'online'), one('j', 'Y', 'online')];
  assert.is(silent(...eight, ...two), 'abcdefgh', 'four in five, at two sites');
  assert.is(silent(...eight, ...two, one('k', 'Y', 'online')), '');
  assert.is(silent(...eight.map((each) => ({ ...each, site: 'X' })), ...two), '', 'one site: its line');
  const before = one('old', 'X', 'lost', -86_400_000);
  assert.is(silent(before, ...eight), 'abcdefgh', 'what was down before stays down');
  assert.is(silent(...eight, one('z', 'Y', 'offline', 3), one('n', 'Y', 'never')), 'abcdefgh');
});

test('the state of a part follows from its servers and from what was said', () => {
  const server = (state: PartServer['state'], stateSince = 1, isMaintained = false) => ({
    state,
    stateSince,
    isMaintained,
  });
  assert.equal(currentState([], null), { state: 'unknown', since: null });
  assert.equal(currentState([server('online'), server('online')], null), { state: 'works', since: null });
  assert.equal(currentState([server('online'), server('lost', 5), server('offline', 3)], null), {
    state: 'disturbed',
    since: 3,
  });
  assert.equal(currentState([server('lost', 7)], null), { state: 'down', since: 7 });
  assert.equal(currentState([server('unknown'), server('never')], null), { state: 'unknown', since: null });
  assert.equal(currentState([server('online'), server('unknown')], null), { state: 'works', since: null });
  assert.equal(currentState([server('lost', 5, true)], null), { state: 'maintenance', since: null });
  assert.equal(currentState([server('lost', 5, true), server('online')], null), { state: 'works', since: null });
  assert.equal(currentState([server('online')], 9), { state: 'disturbed', since: 9 });
  assert.equal(currentState([server('lost', 4)], 9), { state: 'down', since: 4 });
});

test.run();
