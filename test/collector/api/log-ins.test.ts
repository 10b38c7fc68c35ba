/** Passwords, roles, sessions and tokens over their life, by an injected clock. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTokens } from '../../../collector/accounts/tokens.ts';
import { createUsers } from '../../../collector/accounts/users.ts';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('log-ins');
const hour = 3_600_000;
const day = 24 * hour;
const password = 'correct horse battery';
let now = Date.parse('2026-11-10T09:00:00Z');
const clock = { now: () => now, monotonic: () => now };
let collector: InProcess;
const ids: Record<string, string> = {};

test.before(async () => {
  collector = await openCollector({ clock });
  const users = createUsers(collector.state, clock.now, () => undefined);
  for (const [name, role] of [
    ['ada', 'admin'],
    ['grace', 'viewer'],
  ] as const)
    ids[name] = (await users.create({ name, password, role })).id;
});
test.after(() => collector.close());

interface From {
  cookie?: string;
  as?: 'admin' | 'viewer';
  secret?: string;
}

function send(method: string, path: string, body?: object, { cookie, as, secret }: From = {}): Promise<Answer> {
  const headers = {
    ...(cookie === undefined ? {} : { cookie }),
    ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
  };
  return collector.call(path, { method, ...(body ? { body } : {}), ...(as ? { as } : {}), headers });
}
const codeOf = (answer: Answer) => (answer.body as { code?: string } | undefined)?.code ?? answer.status;

async function logIn(user: string, word = password): Promise<string> {
  const answer = await send('POST', '/api/v1/login', { user, password: word });
  assert.is(answer.status, 200, answer.text);
  return String(answer.headers.get('set-cookie')).split(';')[0] as string;
}
const isIn = async (cookie: string) => (await send('GET', '/api/v1/endpoints', undefined, { cookie })).status === 200;

test('a person changes their own password with the old one, and is out everywhere else', async () => {
  const [here, elsewhere] = [await logIn('grace'), await logIn('grace')];
  const change = (current: string, fresh: string, from: From = { cookie: here }) =>
    send('POST', '/api/v1/me/password', { current, password: fresh }, from);
  assert.is(codeOf(await change('not this one', 'a fresh sentence of mine')), 'BAD_LOGIN');
  assert.is(codeOf(await change(password, 'short')), 'WEAK_PASSWORD');
  assert.is(codeOf(await change(password, password)), 'SAME_PASSWORD');
  assert.is(codeOf(await change(password, 'a fresh sentence of mine', { as: 'viewer' })), 'BAD_REQUEST');
  assert.is(codeOf(await change(password, 'a fresh sentence of mine', {})), 'NOT_LOGGED_IN');
  assert.ok(await isIn(elsewhere), 'nothing has changed so far');
  assert.is((await change(password, 'a fresh sentence of mine')).status, 204);
  assert.equal([await isIn(here), await isIn(elsewhere)], [true, false]);
  assert.is(codeOf(await send('POST', '/api/v1/login', { user: 'grace', password })), 'BAD_LOGIN');
  await logIn('grace', 'a fresh sentence of mine');
});

test('two names that differ in the case of letters only would be taken for one another', async () => {
  const made = await send('POST', '/api/v1/users', { name: 'ADA', password, role: 'viewer' }, { as: 'admin' });
  assert.is(codeOf(made), 'CONFLICT');
});

test('what is guessed first is refused, however long: common words, rows of keys, the own name', async () => {
  for (const guess of [
    ...['password1234', '123456789012', 'qwertyuiop12', 'aaaaaaaaaaaa', 'letmein12345', 'P@ssw0rd1234'],
    ...['evenkeelevenkeel', 'hopperhopper1', 'x'.repeat(1000)],
  ]) {
    const made = await send(
      'POST',
      '/api/v1/users',
      { name: 'hopper', password: guess, role: 'viewer' },
      { as: 'admin' },
    );
    assert.is(codeOf(made), 'COMMON_PASSWORD', guess);
  }
});

test('a role is changed, holds at once, and the last admin keeps theirs', async () => {
  const cookie = await logIn('grace', 'a fresh sentence of mine');
  const ticket = () => send('POST', '/api/v1/tickets', { title: 'printer' }, { cookie });
  assert.is(codeOf(await ticket()), 'FORBIDDEN');
  const change = (id: string, role: string) => send('PATCH', `/api/v1/users/${id}`, { role }, { as: 'admin' });
  assert.is((await change(ids.grace as string, 'operator')).status, 200);
  assert.is((await ticket()).status, 201);
  const ada = await logIn('ada');
  const lastAdmin = await send('PATCH', `/api/v1/users/${ids.ada}`, { role: 'manager' }, { cookie: ada });
  assert.is(codeOf(lastAdmin), 'CONFLICT');
  assert.is(codeOf(await change('nobody', 'manager')), 'NOT_FOUND');
  assert.is(codeOf(await change(ids.grace as string, 'owner')), 'BAD_REQUEST');
});

test('what outlives a session asks for the password again after a quarter of an hour', async () => {
  const cookie = await logIn('ada');
  let made = 0;
  const token = (from: From = { cookie }) =>
    send('POST', '/api/v1/tokens', { name: `wall ${++made}`, role: 'viewer' }, from);
  assert.is((await token()).status, 201, 'just logged in');
  now += hour;
  const user = { name: 'eve', password: 'another long sentence', role: 'admin' };
  for (const refused of [
    await token(),
    await send('POST', '/api/v1/users', user, { cookie }),
    await send('PATCH', `/api/v1/users/${ids.grace}`, { role: 'admin' }, { cookie }),
    await send('POST', '/api/v1/enrollments', {}, { cookie }),
    await send('POST', `/api/v1/users/${ids.ada}/password`, { password: 'another long sentence' }, { cookie }),
  ])
    assert.is(codeOf(refused), 'CONFIRM_PASSWORD');
  assert.is((await send('GET', '/api/v1/tokens', undefined, { cookie })).status, 200, 'looking needs none');
  assert.is(codeOf(await send('POST', '/api/v1/me/confirm', { password: 'a guess at it' }, { cookie })), 'BAD_LOGIN');
  assert.is(codeOf(await token()), 'CONFIRM_PASSWORD');
  assert.is((await send('POST', '/api/v1/me/confirm', { password }, { cookie })).status, 204);
  assert.is((await token()).status, 201);
  assert.is((await send('POST', '/api/v1/enrollments', { hours: 8760, approval: true }, { cookie })).status, 201);
  assert.is((await token({ as: 'admin' })).status, 201, 'a script cannot type');
});

test('a session ends after a day without use, and after a week however it is used', async () => {
  const [used, idle] = [await logIn('ada'), await logIn('ada')];
  now += 20 * hour;
  assert.ok(await isIn(used));
  now += 5 * hour;
  assert.equal([await isIn(used), await isIn(idle)], [true, false]);
  for (let elapsed = 25 * hour; elapsed < 7 * day - 20 * hour; elapsed += 20 * hour) {
    now += 20 * hour;
    assert.ok(await isIn(used));
  }
  now += day - hour;
  assert.not(await isIn(used));
});

test('a token may end by itself, and may open metrics alone', async () => {
  const make = (more: object) =>
    send('POST', '/api/v1/tokens', { name: 'prometheus', role: 'viewer', ...more }, { as: 'admin' });
  const { secret, token } = (await make({ days: 30, onlyFor: 'metrics' })).body as {
    secret: string;
    token: { expiresAt: number; onlyFor: string };
  };
  assert.equal([token.expiresAt, token.onlyFor], [now + 30 * day, 'metrics']);
  const opens = async (path: string, method = 'GET') => (await send(method, path, undefined, { secret })).status;
  assert.equal([await opens('/metrics'), await opens('/metrics/hosts')], [200, 200]);
  for (const path of ['/api/v1/endpoints', '/api/v1/events', '/api/v1/users/names', '/api/v1/kpis'])
    assert.is(await opens(path), 403, path);
  now += 30 * day;
  assert.is(await opens('/metrics'), 401);
  for (const wrong of [
    { days: 0 },
    { days: 4000 },
    { days: 1.5 },
    { onlyFor: 'all' },
    { role: 'admin', onlyFor: 'metrics' },
  ])
    assert.is(codeOf(await make(wrong)), 'BAD_REQUEST', JSON.stringify(wrong));
});

test('a token makes nothing that outlasts it: no admin, no endless token, no join code for months', async () => {
  const { grace, ada } = ids;
  const strong = { password: 'another long sentence' };
  const tries = async (secret: string) => {
    const ask = (method: string, path: string, body?: object) => send(method, `/api/v1/${path}`, body, { secret });
    return [
      await ask('POST', 'users', { name: 'eve', ...strong, role: 'admin' }),
      await ask('PATCH', `users/${grace}`, { role: 'admin' }),
      await ask('PATCH', `users/${ada}`, { role: 'viewer' }),
      await ask('POST', `users/${ada}/password`, strong),
      await ask('POST', `users/${ada}/disable`),
      await ask('POST', 'tokens', { name: 'root', role: 'admin' }),
      await ask('POST', 'tokens', { name: 'endless', role: 'viewer', days: null }),
      await ask('POST', 'tokens', { name: 'ten years', role: 'viewer', days: 3650 }),
      await ask('POST', 'enrollments', { hours: 169, approval: true }),
    ];
  };
  for (const answer of await tries(collector.token('admin'))) {
    assert.is(codeOf(answer), 'FORBIDDEN', answer.text);
    assert.match(answer.text, 'a person who is logged in, to make');
  }
  const own = createTokens(collector.state, clock.now);
  const short = await own.create({ name: 'this week', role: 'admin', by: 'test', expiresAt: now + 7 * day });
  const make = (body: object) => send('POST', '/api/v1/tokens', { role: 'viewer', ...body }, { secret: short.secret });
  assert.is(codeOf(await make({ name: 'longer', days: 8 })), 'FORBIDDEN');
  const made = (await make({ name: 'as long' })).body as { token: { expiresAt: number } };
  assert.is(made.token.expiresAt, now + 7 * day, 'with nothing said it ends with the one that made it');
  assert.is((await make({ name: 'shorter', days: 6 })).status, 201);
  const may = { secret: short.secret };
  assert.is((await send('POST', '/api/v1/enrollments', { hours: 168 }, may)).status, 201);
  assert.is((await send('POST', '/api/v1/users', { name: 'mallory', ...strong, role: 'manager' }, may)).status, 201);
  assert.is((await send('PATCH', `/api/v1/users/${grace}`, { role: 'viewer' }, may)).status, 200);
  const cookie = await logIn('ada');
  const endless = await send('POST', '/api/v1/tokens', { name: 'endless', role: 'admin', days: null }, { cookie });
  assert.is(endless.status, 201, 'a person may');
});

test.run();
