/** Authentication: set-up, log-in, cookies, other sites, malformed requests. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('session');
const folder = temporaryFolder();
const password = 'correct horse battery';
let collector: InProcess;

test.before(async () => {
  const file = join(folder.path, 'password');
  writeFileSync(file, `${password}\n`);
  collector = await openCollector({ env: { EVENKEEL_ADMIN_PASSWORD_FILE: file } });
});
test.after(async () => {
  await collector.close();
  folder.remove();
});

const codeOf = (answer: Answer) => (answer.body as { code: string }).code;
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  collector.call(path, { method: 'POST', body, headers });

let cookie = '';

test('a password file makes the admin, and no set-up link', async () => {
  assert.is(collector.setupSecret, null);
  const answer = await post('/api/v1/login', { user: 'admin', password });
  assert.is(answer.status, 200);
  cookie = String(answer.headers.get('set-cookie')).split(';')[0] as string;
  const me = await collector.call('/api/v1/me', { headers: { cookie } });
  assert.is((me.body as { role: string }).role, 'admin');
});

test('a wrong password and an unknown user look the same', async () => {
  const wrong = await post('/api/v1/login', { user: 'admin', password: 'wrong' });
  const unknown = await post('/api/v1/login', { user: 'nobody', password: 'wrong' });
  assert.is(wrong.status, 401);
  assert.is(wrong.text, unknown.text);
});

test('another site cannot use the cookie, however it asks', async () => {
  const body = { label: 'x' };
  for (const headers of [
    { cookie, origin: 'https://evil.example' },
    { cookie, origin: 'null' },
    { cookie, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-site' },
  ]) {
    const answer = await post('/api/v1/enrollments', body, headers);
    assert.is(answer.status, 403, JSON.stringify(headers));
    assert.is(codeOf(answer), 'CROSS_ORIGIN');
  }
  const { http } = collector.started.addresses;
  assert.is((await post('/api/v1/enrollments', body, { cookie, origin: http })).status, 201);
  assert.is((await post('/api/v1/enrollments', body, { cookie, 'sec-fetch-site': 'same-origin' })).status, 201);
});

test('a form of another site cannot log anybody in', async () => {
  const answer = await post('/api/v1/login', { user: 'admin', password }, { origin: 'https://evil.example' });
  assert.is(answer.status, 403);
});

test('a token that is none is not replaced by the cookie beside it', async () => {
  const answer = await collector.call('/api/v1/endpoints', { headers: { cookie, authorization: 'Bearer nonsense' } });
  assert.is(answer.status, 401);
});

test('malformed requests get a code and cost nothing', async () => {
  const cases: [string, unknown, number, string][] = [
    ['/api/v1/login', '{"user":', 400, 'BAD_REQUEST'],
    ['/api/v1/login', '['.repeat(100_000), 400, 'BAD_REQUEST'],
    ['/api/v1/login', '{"__proto__":{"role":"admin"},"user":"a","password":"b"}', 400, 'BAD_REQUEST'],
    ['/api/v1/login', { user: 'a', password: 'b', role: 'admin' }, 400, 'BAD_REQUEST'],
    ['/api/v1/login', { user: ['a'], password: 'b' }, 400, 'BAD_REQUEST'],
    ['/api/v1/enroll', { code: 'x'.repeat(300_000) }, 413, 'TOO_LARGE'],
  ];
  for (const [path, body, status, code] of cases) {
    const answer = await post(path, body);
    assert.is(answer.status, status, answer.text);
    assert.is(codeOf(answer), code);
    assert.ok((answer.body as { hint: string }).hint);
  }
  assert.is((await collector.call('/healthz')).status, 200);
});

test('queries that cannot be meant are refused with the reason', async () => {
  const get = (path: string) => collector.call(path, { as: 'viewer' });
  assert.match((await get('/api/v1/endpoints?kindd=server')).text, /the query has an unknown key .{2}kindd/);
  assert.is((await get('/api/v1/endpoints?limit=0')).status, 400);
  assert.is((await get('/api/v1/endpoints?page=nonsense')).status, 400);
  assert.is((await get('/api/v1/alerts?page=nonsense')).status, 400);
  assert.is((await get('/api/v1/kpis/availability?period=2026-13')).status, 400);
  assert.is((await get('/api/v1/endpoints/none')).status, 404);
  assert.is((await get('/api/v1/tickets/12345')).status, 404);
  const nothing = await get('/api/v1/nothing');
  assert.is(nothing.status, 404);
  assert.is(codeOf(nothing), 'NO_SUCH_ROUTE');
});

test('pages come with headers that keep other scripts and frames out', async () => {
  const { headers, text } = await collector.call('/');
  const policy = String(headers.get('content-security-policy'));
  assert.match(policy, "script-src 'self'");
  assert.match(policy, "frame-ancestors 'none'");
  assert.not.match(policy, 'unsafe');
  assert.is(headers.get('x-content-type-options'), 'nosniff');
  assert.match(text, 'npm run build');
});

test('a new password ends the sessions of that person', async () => {
  const people = (await collector.call('/api/v1/users', { as: 'admin' })).body as { items: { id: string }[] };
  const path = `/api/v1/users/${people.items[0]?.id}/password`;
  const weak = await post(path, { password: 'short' }, { cookie });
  assert.is(codeOf(weak), 'WEAK_PASSWORD');
  const body = { password: 'a new and long one' };
  assert.is((await post(path, body, { cookie })).status, 204);
  assert.is((await collector.call('/api/v1/endpoints', { headers: { cookie } })).status, 401);
});

test('the last admin cannot be disabled', async () => {
  const people = (await collector.call('/api/v1/users', { as: 'admin' })).body as { items: { id: string }[] };
  const path = `/api/v1/users/${people.items[0]?.id}/disable`;
  const { headers } = await post('/api/v1/login', { user: 'admin', password: 'a new and long one' });
  const own = { cookie: String(headers.get('set-cookie')).split(';')[0] as string };
  assert.is((await collector.call(path, { method: 'POST', headers: own })).status, 409);
});

test('guessing is slowed down, and does not keep out who is known at the address', async () => {
  const right = { user: 'admin', password: 'a new and long one' };
  assert.is((await post('/api/v1/login', right)).status, 200);
  let last: Answer | undefined;
  for (let i = 0; i < 21; i++) last = await post('/api/v1/login', { user: `someone${i}`, password: 'guess' });
  assert.is(last?.status, 429);
  assert.is(codeOf(last as Answer), 'TOO_MANY_LOGINS');
  assert.match(String(last?.headers.get('retry-after')), /^\d+$/);
  assert.is((await post('/api/v1/login', right)).status, 200);
});

test.run();
