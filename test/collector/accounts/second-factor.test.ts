/** Second factors and sessions: codes of an app, recovery codes, who must have one, what is seen of log-ins and ends at once. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { base32, codeAt, stepOf, uriOf } from '../../../collector/accounts/totp.ts';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';
import { runCollector } from '../../support/processes.ts';
import { cookieJar } from '../../support/provider.ts';

const pure = suite('codes of an app');
const vectors: [seconds: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];
const rfc = Buffer.from('12345678901234567890');
pure('are those of RFC 6238, and its key is that of RFC 4648', () => {
  for (const [seconds, code] of vectors) assert.is(codeAt(rfc, Math.floor(seconds / 30)), code);
  assert.is(base32(rfc), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  assert.is(base32(Buffer.from('foob')), 'MZXW6YQ');
  assert.match(uriOf(rfc, 'ada b', 'Evenkeel'), /^otpauth:\/\/totp\/Evenkeel%3Aada%20b\?secret=GEZ/);
});
pure('hold half a minute before and after, and no longer', () => {
  const now = 1_111_111_111_000;
  const step = Math.floor(now / 30_000);
  for (const [off, isGood] of [
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ] as const)
    assert.is(stepOf(rfc, codeAt(rfc, step + off), now), isGood ? step + off : undefined);
  assert.is(stepOf(rfc, '', now), undefined);
});
pure.run();

const test = suite('second factor');
const password = 'a sentence that nobody guesses';
let at = Date.parse('2026-11-20T09:00:00Z');
const clock = { now: () => at, monotonic: () => performance.now() };
let collector: InProcess;

test.before(async () => {
  collector = await openCollector({ clock: clock as never });
  await collector.call('/api/v1/setup', {
    method: 'POST',
    body: { secret: collector.setupSecret, user: 'ada', password },
  });
});
test.after(() => collector.close());

const codeOf = ({ body }: Answer) => (body as { code?: string } | undefined)?.code;
type Jar = ReturnType<typeof cookieJar>;
async function send(jar: Jar, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { cookie: jar.header(), 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' };
  const answer = await collector.call(`/api/v1/${path}`, { method, headers, ...(body ? { body } : {}) });
  jar.take({ headers: answer.headers } as Response);
  return answer;
}
async function logIn(user: string, code?: string, jar = cookieJar()) {
  return { answer: await send(jar, 'POST', 'login', { user, password, ...(code ? { code } : {}) }), jar };
}
const unbase32 = (key: string) => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key].map((one) => letters.indexOf(one).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
};
const codeNow = (seed: Buffer, off = 0) => codeAt(seed, Math.floor(at / 30_000) + off);
const userId = async (name: string) =>
  (await collector.state.selectFrom('users').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;

/** Turned on, with a code of now. */
async function turnOn(jar: Jar): Promise<{ seed: Buffer; codes: string[] }> {
  const begun = await send(jar, 'POST', 'me/second-factor');
  assert.is(begun.status, 200, begun.text);
  const seed = unbase32((begun.body as { key: string }).key);
  assert.is(codeOf(await send(jar, 'POST', 'me/second-factor/confirm', { code: codeNow(seed, 40) })), 'WRONG_CODE');
  const on = await send(jar, 'POST', 'me/second-factor/confirm', { code: codeNow(seed) });
  assert.is(on.status, 200, on.text);
  return { seed, codes: (on.body as { codes: string[] }).codes };
}

let seed: Buffer;
let recovery: string[];

test('is on after its first code; log-ins elsewhere end, and the seed is no text in the database', async () => {
  const { jar } = await logIn('ada');
  const other = (await logIn('ada')).jar;
  ({ seed, codes: recovery } = await turnOn(jar));
  assert.is(recovery.length, 10);
  assert.is(new Set(recovery).size, 10);
  assert.is((await send(jar, 'GET', 'endpoints')).status, 200);
  assert.is((await send(other, 'GET', 'endpoints')).status, 401);
  const kept = JSON.stringify(await collector.state.selectFrom('second_factors').selectAll().execute());
  assert.not.match(kept, new RegExp(`${seed.toString('base64url')}|${base32(seed)}|${recovery[0]}`));
  assert.is(statSync(join(collector.data, 'secrets.key')).mode & 0o777, 0o600);
  assert.is(readFileSync(join(collector.data, 'secrets.key')).length, 32);
});

test('a log-in asks for it, takes each code once, and not one of long ago', async () => {
  at += 60_000;
  assert.equal([codeOf((await logIn('ada')).answer), (await logIn('ada')).answer.status], ['CODE_NEEDED', 401]);
  assert.is(codeOf((await logIn('ada', codeNow(seed, -3))).answer), 'WRONG_CODE');
  const code = codeNow(seed);
  assert.is((await logIn('ada', code)).answer.status, 200);
  assert.is(codeOf((await logIn('ada', code)).answer), 'WRONG_CODE', 'used');
  assert.is(codeOf((await logIn('ada', codeNow(seed, -1))).answer), 'WRONG_CODE', 'older than the last one');
  assert.is((await logIn('ada', codeNow(seed, 1))).answer.status, 200, 'a clock half a minute ahead');
  const wrong = await collector.call('/api/v1/login', {
    method: 'POST',
    body: { user: 'ada', password: 'wrong', code },
  });
  assert.is(codeOf(wrong), 'BAD_LOGIN', 'nothing is said of codes without the password');
});

test('five wrong codes in a quarter of an hour, then none is looked at', async () => {
  at += 3_600_000;
  for (let n = 0; n < 5; n++) assert.is(codeOf((await logIn('ada', '000000')).answer), 'WRONG_CODE');
  const refused = (await logIn('ada', codeNow(seed))).answer;
  assert.equal([refused.status, codeOf(refused)], [429, 'TOO_MANY_CODES']);
  at += 16 * 60_000;
  assert.is((await logIn('ada', codeNow(seed))).answer.status, 200);
});

test('a recovery code opens once, however it is written', async () => {
  at += 3_600_000;
  const [code = ''] = recovery;
  const { answer, jar } = await logIn('ada', ` ${code.toUpperCase().replace('-', ' ')} `);
  assert.is(answer.status, 200, answer.text);
  assert.is(codeOf((await logIn('ada', code)).answer), 'WRONG_CODE');
  assert.is(((await send(jar, 'GET', 'me/second-factor')).body as { recoveryLeft: number }).recoveryLeft, 9);
});

test('the password again wants it as well, and an API token is never asked', async () => {
  at += 3_600_000;
  const { jar } = await logIn('ada', codeNow(seed));
  at += 3_600_000;
  assert.is(codeOf(await send(jar, 'POST', 'tokens', { name: 'one', role: 'viewer' })), 'CONFIRM_PASSWORD');
  assert.is(codeOf(await send(jar, 'POST', 'me/confirm', { password })), 'CODE_NEEDED');
  assert.is((await send(jar, 'POST', 'me/confirm', { password, code: codeNow(seed) })).status, 204);
  const made = await send(jar, 'POST', 'tokens', { name: 'one', role: 'viewer' });
  assert.is(made.status, 201);
  const headers = { authorization: `Bearer ${(made.body as { secret: string }).secret}` };
  assert.is((await collector.call('/api/v1/endpoints', { headers })).status, 200);
});

test('whoever must have one and has none sets it up before anything else', async () => {
  at += 3_600_000;
  const { jar: admin } = await logIn('ada', codeNow(seed));
  assert.is((await send(admin, 'POST', 'users', { name: 'bob', password, role: 'operator' })).status, 201);
  const before = (await logIn('bob')).jar;
  assert.is((await send(admin, 'PUT', 'second-factor', { roles: ['operator'] })).status, 200);
  for (const jar of [before, (await logIn('bob')).jar]) {
    assert.is(((await send(jar, 'GET', 'me')).body as { lacksFactor: boolean }).lacksFactor, true);
    const refused = await send(jar, 'GET', 'endpoints');
    assert.equal([refused.status, codeOf(refused)], [403, 'FACTOR_MISSING']);
  }
  const { jar } = await logIn('bob');
  const bobs = await turnOn(jar);
  assert.is((await send(jar, 'GET', 'endpoints')).status, 200);
  assert.is(codeOf(await send(jar, 'DELETE', 'me/second-factor')), 'CONFLICT', 'the role must have one');

  at += 60_000;
  const id = await userId('bob');
  const byToken = await collector.call(`/api/v1/users/${id}/second-factor`, { method: 'DELETE', as: 'admin' });
  assert.is(byToken.status, 403);
  assert.is((await send(admin, 'DELETE', `users/${id}/second-factor`)).status, 204);
  assert.is((await send(jar, 'GET', 'me/second-factor')).status, 401, 'logged out');
  const fresh = (await logIn('bob')).jar;
  const own = (await send(fresh, 'GET', 'me/second-factor')).body as { removed: { by: string } };
  assert.is(own.removed.by, 'ada', 'bob is told');
  await turnOn(fresh);
  assert.not.equal(bobs.seed.toString('hex'), '');
});

test('the command on the machine takes it away, with an entry in the audit log', async () => {
  const words = ['second-factor', 'reset', '--user', 'bob', '--data', collector.data];
  const { code, stdout, stderr } = await runCollector(words).ended;
  assert.is(code, 0, stderr);
  assert.match(stdout, /^bob logs in with the password alone now/);
  const entries = collector.state.selectFrom('audit_log').selectAll().where('action', '=', 'second_factor_remove');
  const rows = await entries.orderBy('id').execute();
  assert.equal(
    rows.map(({ kind, actor, name }) => [kind, actor, name]),
    [
      ['person', 'ada', 'bob'],
      ['cli', 'command line', 'bob'],
    ],
  );
  const unknown = await runCollector(['second-factor', 'reset', '--user', 'nobody', '--data', collector.data]).ended;
  assert.is(unknown.code, 1);
});

test('sessions are listed with browser and address; each ends at once, a stream of changes too', async () => {
  at += 3_600_000;
  const { jar } = await logIn('ada', codeNow(seed));
  at += 60_000;
  const { jar: other } = await logIn('ada', codeNow(seed));
  const list = async (path: string) =>
    (
      (await send(jar, 'GET', path)).body as {
        items: { id: string; user: string; isThis: boolean; device: string; address: string }[];
      }
    ).items;
  const own = await list('me/sessions');
  assert.is(own.filter(({ isThis }) => isThis).length, 1);
  assert.match(own[0]?.device ?? '', /Firefox/);
  assert.match(own[0]?.address ?? '', /127\.0\.0\.1|::1/);

  const stream = await fetch(`${collector.started.addresses.http}/api/v1/events`, {
    headers: { cookie: other.header() },
  });
  const reader = (stream.body as ReadableStream).getReader();
  await reader.read();
  const target = (await list('sessions')).find(({ isThis, user }) => !isThis && user === 'ada');
  const others = (await send(jar, 'DELETE', 'me/sessions')).body as { ended: number };
  assert.ok(others.ended >= 1);
  for (let end = false; !end; ) end = (await reader.read()).done;
  assert.is((await send(other, 'GET', 'endpoints')).status, 401);
  assert.is((await list('me/sessions')).length, 1);
  assert.is(codeOf(await send(jar, 'DELETE', `me/sessions/${target?.id}`)), 'NOT_FOUND', 'gone');
  for (const id of ['%25', '________________', 'zz'])
    assert.is((await send(jar, 'DELETE', `sessions/${id}`)).status, 404, id);
});

test.run();
