/** Log-in by a provider of OpenID Connect: a real one in a process of its own, and one that answers what none should. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, type InProcess, openCollector } from '../../support/collector.ts';
import { type FalseProvider, openFalseProvider } from '../../support/false-provider.ts';
import { freePort } from '../../support/port.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { cookieJar, logInAt, providerSettings, type RunningProvider, startProvider } from '../../support/provider.ts';

const test = suite('log-in by a provider');
const folder = temporaryFolder();
const groups = '{ keel-admins: admin, keel-desk: operator, berlin: { role: operator, sites: [Berlin] } }';
let port = 0;
let redirect = '';
let provider: RunningProvider;
let collector: InProcess;

test.before(async () => {
  port = await freePort();
  redirect = `http://127.0.0.1:${port}/login/provider`;
  provider = await startProvider(redirect);
  collector = await openCollector({ httpPort: port, settings: providerSettings(folder.path, provider.issuer, groups) });
});
test.after(async () => {
  await collector.close();
  await provider.stop();
  folder.remove();
});

const codeOf = ({ body }: Answer) => (body as { code?: string } | undefined)?.code;
const textOf = ({ body }: Answer) => Object.values((body ?? {}) as Record<string, unknown>).join(' ');

type Jar = ReturnType<typeof cookieJar>;
async function send(at: InProcess, jar: Jar, path: string, body: object = {}): Promise<Answer> {
  const answer = await at.call(`/api/v1/${path}`, { method: 'POST', body, headers: { cookie: jar.header() } });
  jar.take({ headers: answer.headers } as Response);
  return answer;
}

/** A whole log-in with a browser of its own. */
async function logIn(sub: string, again = false, jar = cookieJar(), there = cookieJar()) {
  const begun = await send(collector, jar, 'login/openid', { again });
  assert.is(begun.status, 200, begun.text);
  const query = await logInAt((begun.body as { url: string }).url, redirect, sub, there);
  return { answer: await send(collector, jar, 'login/openid/finish', { query }), jar, there, query };
}

const audit = async () =>
  (await collector.state.selectFrom('audit_log').selectAll().orderBy('id').execute()).map(
    ({ actor, action, kind, after, before }) => ({ actor, action, kind, before, after }),
  );

const setUp = (at: InProcess) =>
  at.call('/api/v1/setup', {
    method: 'POST',
    body: { secret: at.setupSecret, user: 'carl', password: 'a sentence that nobody guesses' },
  });

test('nobody comes in by it before there is an admin with a password, who stays', async () => {
  await provider.person('s-first', { name: 'first', groups: ['keel-admins'] });
  const { answer } = await logIn('s-first');
  assert.equal([answer.status, codeOf(answer)], [403, 'OPENID_USER']);
  assert.match(textOf(answer), /no admin with a password yet/);
  assert.is((await setUp(collector)).status, 201);
});

test('whoever is in a group of the settings comes in with its role, and with another one after a change', async () => {
  await provider.person('s-ada', { name: 'ada', groups: ['keel-desk', 'others'] });
  const { answer, jar } = await logIn('s-ada');
  assert.is(answer.status, 200, answer.text);
  const { user, role, via, provider: name } = answer.body as Record<string, string>;
  assert.equal({ user, role, via, name }, { user: 'ada', role: 'operator', via: 'openid', name: 'Test keys' });
  const sessions = collector.state.selectFrom('sessions').selectAll().where('via', '=', 'openid');
  const session = await sessions.executeTakeFirstOrThrow();
  assert.ok(session.expires_at - session.created_at <= 12 * 3_600_000);

  await provider.person('s-ada', { name: 'ada.lovelace', groups: ['keel-admins'] });
  const stays = await collector.call('/api/v1/me', { headers: { cookie: jar.header() } });
  assert.is((stays.body as { role: string }).role, 'operator', 'until the next log-in');
  const next = await logIn('s-ada');
  assert.equal(
    [(next.answer.body as { user: string }).user, (next.answer.body as { role: string }).role],
    ['ada', 'admin'],
    'the name of the first log-in stays',
  );
  assert.is((await collector.state.selectFrom('identities').selectAll().execute()).length, 1);
});

test('groups limit a role to sites, where all that give it do', async () => {
  const sites = async () =>
    (await collector.state.selectFrom('users').select('sites').where('name', '=', 'bo').executeTakeFirst())?.sites;
  await provider.person('s-bo', { name: 'bo', groups: ['berlin'] });
  const refused = (await logIn('s-bo')).answer;
  assert.equal([refused.status, codeOf(refused)], [403, 'OPENID_USER']);
  assert.match(textOf(refused), /sites that this collector does not have: Berlin/);
  const made = await collector.call('/api/v1/sites', { method: 'POST', as: 'admin', body: { name: 'Berlin' } });
  await provider.person('s-bo', { name: 'bo', groups: ['berlin'] });
  await logIn('s-bo');
  assert.is(await sites(), JSON.stringify([(made.body as { id: string }).id]));
  await provider.person('s-bo', { name: 'bo', groups: ['berlin', 'keel-desk'] });
  await logIn('s-bo');
  assert.is(await sites(), null);
});

test('without a group that has a role nobody comes in, and the sentence names theirs', async () => {
  await provider.person('s-eve', { name: 'eve', groups: ['sales'] });
  const { answer } = await logIn('s-eve');
  assert.equal([answer.status, codeOf(answer)], [403, 'OPENID_NO_ROLE']);
  assert.match(textOf(answer), /none of your groups at Test keys has one \(sales\)/);
  await provider.person('s-eve', { name: 'eve', groups: [] });
  assert.match(textOf((await logIn('s-eve')).answer), /you are in none/);
  assert.equal((await audit()).at(-1)?.after, '{"refused":"OPENID_NO_ROLE"}');
  assert.is((await audit()).at(-1)?.actor, 'eve');
  assert.is(
    await collector.state.selectFrom('users').select('id').where('name', '=', 'eve').executeTakeFirst(),
    undefined,
  );
});

test('a name that is taken here is not taken over', async () => {
  await provider.person('s-carl', { name: 'carl', groups: ['keel-desk'] });
  const { answer } = await logIn('s-carl');
  assert.is((answer.body as { user: string }).user, 'carl@Test keys');
  const users = (await collector.call('/api/v1/users', { as: 'admin' })).body as {
    items: { id: string; name: string; role: string; issuer: string | null }[];
  };
  const one = users.items.find(({ name }) => name === 'carl');
  assert.equal([one?.role, one?.issuer], ['admin', null]);
  const provided = users.items.find(({ name }) => name === 'carl@Test keys');
  assert.is(provided?.issuer, provider.issuer);
});

test('the last admin with a password stays, whatever the provider gives', async () => {
  await provider.person('s-ada', { groups: ['keel-admins'] });
  const { jar } = await logIn('s-ada', true);
  const users = (await collector.call('/api/v1/users', { as: 'admin' })).body as {
    items: { id: string; name: string }[];
  };
  const idOf = (name: string) => users.items.find((user) => user.name === name)?.id ?? '';
  const refused = await send(collector, jar, `users/${idOf('carl')}/disable`);
  assert.equal([refused.status, codeOf(refused)], [409, 'CONFLICT']);
  assert.match(textOf(refused), /last admin with a password here/);
  // Role and log-in of the others are the provider's.
  const password = await send(collector, jar, `users/${idOf('ada')}/password`, {
    password: 'a fresh sentence of mine',
  });
  assert.equal([password.status, codeOf(password)], [409, 'CONFLICT']);
  assert.match(textOf(password), /comes from the provider http/);
});

test('a user who is disabled here does not come back by the provider', async () => {
  await provider.person('s-dan', { name: 'dan', groups: ['keel-desk'] });
  const { jar } = await logIn('s-dan');
  const users = (await collector.call('/api/v1/users', { as: 'admin' })).body as {
    items: { id: string; name: string }[];
  };
  const id = users.items.find(({ name }) => name === 'dan')?.id;
  await collector.call(`/api/v1/users/${id}/disable`, { method: 'POST', as: 'admin' });
  const me = await collector.call('/api/v1/me', { headers: { cookie: jar.header() } });
  assert.is((me.body as { user: null }).user, null, 'at once');
  const { answer } = await logIn('s-dan');
  assert.equal([answer.status, codeOf(answer)], [403, 'OPENID_USER']);
});

test('what outlives a session wants the password typed in at the provider again', async () => {
  await provider.person('s-ada', { groups: ['keel-admins'] });
  const { jar, there } = await logIn('s-ada');
  const secret = jar.cookies.get('evenkeel') ?? '';
  assert.ok(secret !== '');
  await collector.state.updateTable('sessions').set({ confirmed_at: 0 }).execute();
  const token = { name: 'nightly', role: 'viewer' };
  assert.is(codeOf(await send(collector, jar, 'tokens', token)), 'CONFIRM_PASSWORD');
  const confirm = await send(collector, jar, 'me/confirm', { password: 'of the provider' });
  assert.match(textOf(confirm), /logs in at Test keys/);
  await logIn('s-ada', true, jar, there);
  assert.not.equal(jar.cookies.get('evenkeel'), secret);
  assert.is((await send(collector, jar, 'tokens', token)).status, 201);
  const old = await collector.call('/api/v1/me', { headers: { cookie: `evenkeel=${secret}` } });
  assert.is((old.body as { user: null }).user, null, 'one session, not two');
});

test('a log-out ends the session here, and says where it is ended there', async () => {
  const { jar, there } = await logIn('s-ada');
  const left = cookieJar();
  for (const [name, value] of jar.cookies) left.cookies.set(name, value);
  const answer = await send(collector, jar, 'logout');
  assert.is(answer.status, 200);
  const url = new URL((answer.body as { url: string }).url);
  assert.is(url.origin, provider.issuer);
  assert.ok(url.searchParams.get('id_token_hint'));
  assert.is(url.searchParams.get('post_logout_redirect_uri'), redirect.replace('/provider', ''));
  const page = await fetch(url, { headers: { cookie: there.header() } });
  assert.is(page.status, 200, 'the provider knows that address');
  const me = await collector.call('/api/v1/me', { headers: { cookie: left.header() } });
  assert.is((me.body as { user: null }).user, null);
  assert.is((await audit()).at(-1)?.action, 'log_out');
});

test('a state that was not begun here, one used twice and another browser are refused', async () => {
  const { jar, query } = await logIn('s-ada');
  const twice = await send(collector, jar, 'login/openid/finish', { query });
  assert.equal([twice.status, codeOf(twice)], [401, 'OPENID_UNFIT']);
  assert.match(textOf(twice), /another browser/);

  const [mine, theirs] = [cookieJar(), cookieJar()];
  const begun = await send(collector, mine, 'login/openid', {});
  const good = await logInAt((begun.body as { url: string }).url, redirect, 's-ada');
  await send(collector, theirs, 'login/openid', {});
  const swapped = await send(collector, theirs, 'login/openid/finish', { query: good });
  assert.equal([swapped.status, codeOf(swapped)], [401, 'OPENID_UNFIT'], swapped.text);
  assert.match(textOf(swapped), /state/);
  const declined = cookieJar();
  const asked = new URL(((await send(collector, declined, 'login/openid', {})).body as { url: string }).url);
  const no = `?error=access_denied&error_description=not+today&state=${asked.searchParams.get('state')}&iss=${encodeURIComponent(provider.issuer)}`;
  const refused = await send(collector, declined, 'login/openid/finish', { query: no });
  assert.equal([refused.status, codeOf(refused)], [401, 'OPENID_DECLINED'], refused.text);
  assert.match(textOf(refused), /access_denied \(not today\)/);
});

test('a look at the provider finds it good, and names a wrong secret and an address that it does not know', async () => {
  const { jar } = await logIn('s-ada', true);
  const look = async (at: InProcess, cookies: Jar) =>
    (
      (await send(at, cookies, 'login/openid/check')).body as {
        items: { what: string; isGood: boolean; said: string; todo: string }[];
      }
    ).items;
  const items = await look(collector, jar);
  assert.equal(
    items.map(({ what, isGood }) => [what, isGood]),
    [
      ['metadata', true],
      ['redirect', true],
      ['secret', true],
      ['clock', true],
      ['logout', true],
    ],
    JSON.stringify(items),
  );
});

test('the secret is in no answer, no log line and no entry of the audit log', async () => {
  const everything = JSON.stringify([
    collector.logged,
    await collector.state.selectFrom('audit_log').selectAll().execute(),
  ]);
  assert.not.match(everything, /a secret of the test/);
  assert.not.match(everything, /id_token|code=/);
});

test.run();

const wrong = suite('what a provider may not answer');
let liar: FalseProvider;
let lied: InProcess;
const wrongFolder = temporaryFolder();
wrong.before(async () => {
  liar = await openFalseProvider();
  lied = await openCollector({ settings: providerSettings(wrongFolder.path, liar.issuer, '{ admins: admin }') });
  await setUp(lied);
});

wrong.after(async () => {
  await lied.close();
  await liar.close();
  wrongFolder.remove();
});

async function attempt(): Promise<Answer> {
  const jar = cookieJar();
  const begun = await send(lied, jar, 'login/openid', {});
  if (begun.status !== 200) return begun;
  const url = (begun.body as { url: string }).url;
  const back = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
  return send(lied, jar, 'login/openid/finish', { query: new URL(back).search });
}

wrong('a good token comes in', async () => {
  const answer = await attempt();
  assert.is(answer.status, 200, answer.text);
});

const past = () => Math.floor(Date.now() / 1000) - 3000;
const lies: [string, FalseProvider['next'], code: string, words: RegExp][] = [
  ['another nonce', { claims: { nonce: 'forged' } }, 'OPENID_UNFIT', /"nonce"/],
  ['another issuer', { claims: { iss: 'https://evil.example' } }, 'OPENID_UNFIT', /"iss"/],
  ['for somebody else', { claims: { aud: 'another' } }, 'OPENID_UNFIT', /"aud"/],
  ['expired', { claims: { iat: past(), exp: past() + 60 } }, 'OPENID_CLOCK', /has ended.*Set the clock/],
  ['of the future', { claims: { nbf: past() + 9000, exp: past() + 9900 } }, 'OPENID_CLOCK', /begins later.*clock/],
  ['signed by another key', { stranger: true }, 'OPENID_UNFIT', /signature/i],
  ['not signed', { alg: 'none' }, 'OPENID_UNFIT', /alg/],
  [
    'group overage',
    { claims: { groups: undefined, _claim_names: { groups: 'src1' } } },
    'OPENID_NO_GROUPS',
    /_claim_names.*Groups assigned to the application/,
  ],
  ['no groups', { claims: { groups: undefined } }, 'OPENID_NO_GROUPS', /has the claim "groups".*groups_claim/],
  ['a wrong secret', { answer: [401, { error: 'invalid_client' }] }, 'OPENID_MISSET', /client_secret_file/],
  [
    'another address to come back to',
    { answer: [400, { error: 'invalid_grant', error_description: 'redirect_uri mismatch' }] },
    'OPENID_MISSET',
    /login\/provider as a redirect URI/,
  ],
  ['an old code', { answer: [400, { error: 'invalid_grant' }] }, 'OPENID_UNFIT', /does not know this code/],
];
for (const [name, next, code, words] of lies)
  wrong(`${name}: refused with what to do`, async () => {
    liar.next = next;
    const answer = await attempt();
    liar.next = {};
    assert.is(codeOf(answer), code, answer.text);
    assert.match(textOf(answer), words);
    assert.is(
      answer.headers.getSetCookie().some((one) => /^evenkeel=./.test(one)),
      false,
    );
  });

wrong('an issuer that calls itself otherwise, and one that is away', async () => {
  lied = await lied.stop().then(() => lied.again());
  liar.metadata = { issuer: `${liar.issuer}/other` };
  const answer = await attempt();
  assert.is(codeOf(answer), 'OPENID_MISSET', answer.text);
  assert.match(textOf(answer), /another issuer answers.*exactly as the provider does/);
  const { issuer } = liar;
  await liar.close();
  const away = await attempt();
  assert.equal([away.status, codeOf(away)], [502, 'OPENID_UNREACHABLE'], away.text);
  assert.match(textOf(away), new RegExp(`${issuer} cannot be reached.*ECONNREFUSED.*password here`));
});

wrong.run();
