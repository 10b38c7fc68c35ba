/** Strangers who guess at a name do not lock out the person: not at the same address, not from everywhere. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('device cookies');
const password = 'correct horse battery';
const [office, home] = ['203.0.113.7', '198.51.100.9'];
const day = 86_400_000;
let now = Date.parse('2026-11-10T09:00:00Z');
const clock = { now: () => now, monotonic: () => performance.now() };
let collector: InProcess;
const ids: Record<string, string> = {};

test.before.each(async () => {
  // Of a proxy on this machine: so one test has many addresses.
  collector = await openCollector({ clock, settings: 'http: { trustProxy: [127.0.0.1] }\n' });
  for (const [name, role] of Object.entries({ ada: 'operator', grace: 'viewer' })) {
    const body = { name, password, role };
    const made = await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body });
    ids[name] = (made.body as { id: string }).id;
  }
});
test.after.each(() => collector.close());

interface Browser {
  /** By name. */
  cookies: Map<string, string>;
  address: string;
}
const browser = (address: string): Browser => ({ cookies: new Map(), address });

async function send(from: Browser, path: string, body: object): Promise<Answer> {
  const cookie = [...from.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = { 'x-forwarded-for': from.address, ...(cookie === '' ? {} : { cookie }) };
  const answer = await collector.call(path, { method: 'POST', body, headers });
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    from.cookies.set(name, value);
  }
  return answer;
}
const logIn = (from: Browser, user = 'ada', word = password) => send(from, '/api/v1/login', { user, password: word });
const deviceOf = (user: string) => `evenkeel-device-${ids[user]}`;

/** @returns how many were looked at */
async function guess(from: Browser, times: number, user = 'ada'): Promise<number> {
  let seen = 0;
  for (let n = 0; n < times; n++) {
    const { status } = await logIn({ ...from, cookies: new Map(from.cookies) }, user, `a guess, number ${n}`);
    if (status === 401) seen++;
    else assert.is(status, 429);
  }
  return seen;
}

/** Until nobody gets in from there who is not known. */
async function useUp(address: string): Promise<void> {
  await guess(browser(address), 20, 'somebody');
  assert.is((await logIn(browser(address))).status, 429);
}

/** Until the name alone is slowed as well. */
async function guessFromEverywhere(): Promise<void> {
  for (let n = 0; n < 110; n++) await logIn(browser(`192.0.2.${n}`), 'ada', `a guess, number ${n}`);
  assert.is((await logIn(browser('192.0.2.200'))).status, 429);
}

test('a hundred wrong ones from the same address: the owner gets in at once, there and elsewhere', async () => {
  const own = browser(office);
  assert.is((await logIn(own)).status, 200);
  assert.ok((await guess(browser(office), 100)) <= 11);
  assert.is(
    (await logIn(browser(office))).status,
    429,
    'the right password without the cookie, too: nobody learns that it is',
  );
  for (let n = 0; n < 15; n++) assert.is((await logIn(own)).status, 200, `log-in ${n} with the cookie`);
  assert.is((await logIn(browser(home))).status, 200, 'another browser, from another address');
  assert.is((await logIn({ ...own, address: '2001:db8::7' })).status, 200, 'the same browser on the way');
});

test('guesses from everywhere do not slow a browser that was right before, wherever it is', async () => {
  const own = browser(office);
  await logIn(own);
  await guessFromEverywhere();
  assert.is((await logIn({ ...own, address: '192.0.2.1' })).status, 200);
});

test('a stolen cookie is good for ten guesses, and those do not slow the browser it was taken from', async () => {
  const own = browser(office);
  await logIn(own);
  await useUp(home);
  const thief = { cookies: new Map([[deviceOf('ada'), own.cookies.get(deviceOf('ada')) as string]]), address: home };
  assert.is(await guess(thief, 40), 10);
  assert.is((await logIn(thief)).status, 429, 'and is not told when it is right');
  assert.is((await logIn(own)).status, 200, 'known at its address, and has a new cookie now');
  assert.is((await logIn({ ...own, address: home })).status, 200, 'which is counted by itself');
});

test('a cookie that is forged, old or of somebody else counts as none', async () => {
  const [own, other] = [browser(office), browser(office)];
  await logIn(own);
  await logIn(other, 'grace');
  await useUp(home);
  const name = deviceOf('ada');
  const value = own.cookies.get(name) as string;
  const [until = '', device = '', signature = ''] = value.split('.');
  const withCookie = async (text: string, address = home) => {
    const { status } = await logIn({ cookies: new Map([[name, text]]), address });
    return status;
  };
  for (const forged of [
    ...['', '.', '..', 'x', `${value}.x`, `${until}.${device}`, `${until}.${device}.`, `.${device}.${signature}`],
    `${until}.another.${signature}`,
    `${(Number.parseInt(until, 36) + day).toString(36)}.${device}.${signature}`,
    `${until}.${device}.${signature.slice(1)}`,
    other.cookies.get(deviceOf('grace')) as string,
    'x'.repeat(4000),
  ])
    assert.is(await withCookie(forged), 429, forged.slice(0, 80));
  assert.is(await withCookie(value), 200);
  now += 91 * day;
  await useUp('192.0.2.1');
  assert.is(await withCookie(value, '192.0.2.1'), 429, 'after ninety days');
});

test('a new password and a disabled user end it; a change of the own one gives another', async () => {
  const [own, phone] = [browser(office), browser(home)];
  await logIn(own);
  await logIn(phone);
  const before = own.cookies.get(deviceOf('ada'));
  const fresh = 'a fresh sentence of mine';
  assert.is((await send(own, '/api/v1/me/password', { current: password, password: fresh })).status, 204);
  assert.is.not(own.cookies.get(deviceOf('ada')), before);
  await logIn(phone, 'grace');
  await useUp('192.0.2.1');
  assert.is((await logIn({ ...phone, address: '192.0.2.1' }, 'ada', fresh)).status, 429);
  assert.is((await logIn({ ...own, address: '192.0.2.1' }, 'ada', fresh)).status, 200);

  const known = { ...phone, address: '192.0.2.1' };
  assert.is((await logIn({ ...known, cookies: new Map(phone.cookies) }, 'grace', 'wrong')).status, 401, 'looked at');
  await collector.call(`/api/v1/users/${ids.grace}/disable`, { method: 'POST', as: 'admin' });
  assert.is((await logIn(known, 'grace')).status, 429);
});

test('the password asked again is counted by session: strangers use up nothing of it', async () => {
  const own = browser(office);
  await logIn(own);
  await useUp(home);
  own.address = home;
  const confirm = (word: string) => send(own, '/api/v1/me/confirm', { password: word });
  assert.is((await confirm(password)).status, 204);
  let seen = 0;
  for (let n = 0; n < 30; n++) if ((await confirm(`a guess, number ${n}`)).status === 401) seen++;
  assert.is(seen, 10, 'whoever finds a browser logged in has ten');
  assert.is((await confirm(password)).status, 429, 'and does not learn that one of them was right');
  assert.is((await logIn(own)).status, 200, 'who logs in anew goes on');
  assert.is((await confirm(password)).status, 204);
});

test('two people who share a browser keep each their own; nothing of it is readable or opens anything', async () => {
  const shared = browser(office);
  const answer = await logIn(shared);
  const line = answer.headers.getSetCookie().find((one) => one.startsWith(deviceOf('ada'))) as string;
  for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/', `Max-Age=${90 * 86_400}`]) assert.match(line, part);
  await logIn(shared, 'grace');
  await useUp(home);
  shared.address = home;
  assert.equal([(await logIn(shared)).status, (await logIn(shared, 'grace')).status], [200, 200]);
  const cookie = `${deviceOf('ada')}=${shared.cookies.get(deviceOf('ada'))}`;
  assert.is((await collector.call('/api/v1/endpoints', { headers: { cookie } })).status, 401);
});

test('slowed guesses are counted in the metrics and noted in the audit log, right log-ins beside them', async () => {
  const own = browser(office);
  await logIn(own);
  await guess(browser(office), 30);
  await logIn(own);
  const { text } = await collector.call('/metrics', { as: 'viewer' });
  const count = (code: string) =>
    Number(new RegExp(`^evenkeel_http_refused_total\\{code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  assert.equal([count('BAD_LOGIN'), count('TOO_MANY_LOGINS')], [10, 20]);
  const { items } = (await collector.call('/api/v1/audit?limit=50', { as: 'admin' })).body as {
    items: { action: string; actor: string; address: string }[];
  };
  const of = (action: string) => items.filter((one) => one.action === action);
  assert.is(of('log_in').length, 2);
  assert.ok(of('log_in_refused').every(({ actor, address }) => actor === 'ada' && address === office));
  assert.is(of('log_in_refused').length, 30);
});

test.run();
