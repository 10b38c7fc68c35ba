/** Saved views: whose they are, who sees and changes them, and what is refused with which words. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUsers } from '../../../collector/accounts/users.ts';
import { queryAtMost, viewsAtMost } from '../../../collector/fleet/views.ts';
import type { Me, SiteRow } from '../../../shared/api.ts';
import type { SavedView, Views } from '../../../shared/view.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('views');
const password = 'correct horse battery';
let collector: InProcess;
const cookies: Record<string, string> = {};

async function send(who: string, method: string, path: string, body?: object) {
  const headers = { cookie: cookies[who] ?? '' };
  const answer = await collector.call(`/api/v1/${path}`, { method, headers, ...(body ? { body } : {}) });
  return { status: answer.status, text: answer.text, body: answer.body as never };
}
const add = (who: string, name: string, more: object = {}) =>
  send(who, 'POST', 'views', { page: 'fleet', name, query: 'site=Berlin', shared: false, ...more });
const made = async (who: string, name: string, more: object = {}): Promise<SavedView> => {
  const answer = await add(who, name, more);
  assert.is(answer.status, 201, answer.text);
  return answer.body;
};
const list = async (who: string): Promise<Views> => (await send(who, 'GET', 'views?page=fleet')).body;
const names = async (who: string) => (await list(who)).items.map(({ name }) => name);

test.before(async () => {
  collector = await openCollector();
  const users = createUsers(collector.state, Date.now, () => undefined);
  const site = await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Oslo' } });
  const only = [(site.body as SiteRow).id];
  for (const [name, role, sites] of [
    ['ada', 'admin', null],
    ['olga', 'operator', null],
    ['omar', 'operator', only],
    ['vera', 'viewer', null],
  ] as const) {
    await users.create({ name, password, role, sites });
    const answer = await collector.call('/api/v1/login', { method: 'POST', body: { user: name, password } });
    cookies[name] = String(answer.headers.get('set-cookie')).split(';')[0] as string;
  }
});
test.after(() => collector.close());

test('one’s own view is in one’s own menu alone; a shared one in that of all who are not limited', async () => {
  await made('vera', 'Mine');
  const shared = await made('olga', 'Late servers', { shared: true, query: '?state=lost&kind=server' });
  assert.is(shared.query, 'state=lost&kind=server', 'without the question mark');
  assert.equal(await names('vera'), ['Late servers', 'Mine']);
  assert.equal(await names('ada'), ['Late servers']);
  assert.equal(await names('omar'), [], 'it may name places outside of their sites');
  const seen = (await list('vera')).items.find(({ id }) => id === shared.id);
  assert.equal([seen?.owner, seen?.mayEdit], ['olga', false]);
  assert.equal(await (await send('vera', 'GET', 'views?page=tickets')).body, { items: [], start: null });
});

test('a name that is empty, too long, of several lines or there already is refused with the reason', async () => {
  for (const [name, words] of [
    ['  ', 'blank'],
    ['x'.repeat(129), 'has 129 characters, the limit is 128'],
    ['two\nlines', 'line break'],
    ['MINE', 'There is a view of this name already'],
    ['late servers', 'There is a view of this name already'],
  ] as const) {
    const answer = await add('vera', name);
    assert.is(answer.status, 400, name);
    assert.match(answer.text, words);
  }
  const own = await made('vera', 'Other');
  const renamed = await send('vera', 'PATCH', `views/${own.id}`, { name: 'Mine' });
  assert.match(renamed.text, 'There is a view of this name already');
  assert.is(
    (await send('vera', 'PATCH', `views/${own.id}`, { name: 'other' })).status,
    200,
    'its own name in lower case',
  );
  await made('olga', 'Mine');
});

test('operators and admins share, nobody else; who is limited to sites does not', async () => {
  const viewer = await add('vera', 'For all', { shared: true });
  assert.is(viewer.status, 403);
  const limited = await add('omar', 'For all', { shared: true });
  assert.match(limited.text, 'You are limited to some sites');
  const own = await made('omar', 'Own');
  assert.is((await send('omar', 'PATCH', `views/${own.id}`, { shared: true })).status, 409);
});

test('only its owner changes a view, and an admin one that is shared', async () => {
  const view = await made('olga', 'Of Olga', { shared: true });
  const refused = await send('vera', 'PATCH', `views/${view.id}`, { name: 'Of Vera' });
  assert.is(refused.status, 409);
  assert.match(refused.text, 'is of olga; they or an admin can change it');
  assert.is((await send('vera', 'DELETE', `views/${view.id}`)).status, 409);
  const own = await made('olga', 'Hidden');
  assert.is((await send('ada', 'DELETE', `views/${own.id}`)).status, 404, 'what is not seen is not there');
  assert.is((await send('ada', 'DELETE', `views/${view.id}`)).status, 204);
  assert.not((await names('olga')).includes('Of Olga'));
});

test('a page opens with the view that one chose, until it is gone', async () => {
  const starts = async (who: string) => ((await send(who, 'GET', 'me')).body as Me).starts;
  const view = await made('olga', 'At start', { shared: true, query: 'sort=-cpu' });
  const start = (who: string, id: string | null, page = 'fleet') =>
    send(who, 'PUT', 'views/start-view', { page, view: id });
  assert.is((await start('vera', view.id)).status, 200);
  assert.equal(await starts('vera'), { fleet: 'sort=-cpu' });
  assert.equal(await starts('olga'), {});
  assert.is((await start('vera', view.id, 'tickets')).status, 404, 'of another page');
  assert.is((await start('omar', view.id)).status, 404, 'not seen');
  await send('olga', 'PATCH', `views/${view.id}`, { query: 'sort=cpu' });
  assert.equal(await starts('vera'), { fleet: 'sort=cpu' }, 'as it is now');
  await send('olga', 'PATCH', `views/${view.id}`, { shared: false });
  assert.equal([await starts('vera'), (await list('vera')).start], [{}, null], 'no longer shared');
  await send('olga', 'PATCH', `views/${view.id}`, { shared: true });
  assert.equal(await starts('vera'), {}, 'and nobody is given it again unasked');
  await start('vera', view.id);
  await send('olga', 'DELETE', `views/${view.id}`);
  assert.equal(await starts('vera'), {});
});

test('views are bounded in number and length', async () => {
  const long = await add('ada', 'Long', { query: `q=${'x'.repeat(queryAtMost)}` });
  assert.match(long.text, `has 2,002 characters, the limit is 2,000`);
  for (let n = 0; n < viewsAtMost; n++) await made('ada', `Number ${n}`);
  const more = await add('ada', 'One more');
  assert.is(more.status, 409);
  assert.match(more.text, `You have ${viewsAtMost} views of this page already`);
  await made('ada', 'On another page', { page: 'tickets' });
});

test('a token has no views, and what is changed stands in the audit log', async () => {
  assert.is((await collector.call('/api/v1/views?page=fleet', { as: 'admin' })).status, 400);
  const { body } = await collector.call('/api/v1/audit?limit=200', { as: 'admin' });
  const actions = new Set((body as { items: { action: string }[] }).items.map(({ action }) => action));
  for (const action of ['add', 'change', 'remove', 'start_view']) assert.ok(actions.has(action), action);
});

test.run();
