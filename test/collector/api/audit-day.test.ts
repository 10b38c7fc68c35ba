/** A scripted day of administration: the audit log is the script, entry by entry, and its chain is whole. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeAt } from '../../../collector/accounts/totp.ts';
import { lookAtChain } from '../../../collector/state/audit-chain.ts';
import { openCollector } from '../../support/collector.ts';
import { freePort } from '../../support/port.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { cookieJar, logInAt, providerSettings, startProvider } from '../../support/provider.ts';

const test = suite('a day in the audit log');
const password = 'a sentence that nobody guesses';
const unbase32 = (key: string) => {
  const bits = [...key].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'));
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
};

test('each act of the day is one entry, in order, and nothing else is', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const redirect = `http://127.0.0.1:${port}/login/provider`;
  const provider = await startProvider(redirect);
  const settings = providerSettings(folder.path, provider.issuer, '{ desk: operator, boss: manager }');
  await using collector = await openCollector({ httpPort: port, settings });
  const wanted: string[] = [];
  type Jar = ReturnType<typeof cookieJar>;

  /** @param entry kind, who, action, object and name of the one entry; null: it leaves none */
  async function act(jar: Jar, method: string, path: string, body: object | null, entry: string | null, status = 200) {
    const sent = { method, headers: { cookie: jar.header() }, ...(body ? { body } : {}) };
    const answer = await collector.call(`/api/v1/${path}`, sent);
    assert.is(answer.status, status, `${method} ${path}: ${answer.text}`);
    jar.take({ headers: answer.headers } as Response);
    if (entry !== null) wanted.push(entry);
    return answer.body as unknown as Record<string, string> & { token: { id: string } };
  }
  async function byProvider(sub: string, entry: string, status = 200) {
    const jar = cookieJar();
    const { url = '' } = await act(jar, 'POST', 'login/openid', {}, null);
    const query = await logInAt(url, redirect, sub);
    await act(jar, 'POST', 'login/openid/finish', { query }, entry, status);
    return jar;
  }

  const ada = cookieJar();
  const first = { secret: collector.setupSecret, user: 'ada', password };
  await act(ada, 'POST', 'setup', first, 'person ada set_up user ada', 201);
  await act(
    cookieJar(),
    'POST',
    'login',
    { user: 'ada', password: 'wrong' },
    'stranger ada log_in_refused session',
    401,
  );
  const seed = await act(ada, 'POST', 'me/second-factor', null, 'person ada second_factor user ada');
  const code = (off: number) => codeAt(unbase32(seed.key ?? ''), Math.floor(Date.now() / 30_000) + off);
  await act(ada, 'POST', 'me/second-factor/confirm', { code: code(0) }, 'person ada second_factor_confirm user ada');
  const second = cookieJar();
  await act(second, 'POST', 'login', { user: 'ada', password }, null, 401);
  const wrong = { user: 'ada', password, code: '000000' };
  await act(second, 'POST', 'login', wrong, 'stranger ada log_in_refused session', 401);
  await act(second, 'POST', 'login', { user: 'ada', password, code: code(1) }, 'person ada log_in session');
  const bob = await act(
    ada,
    'POST',
    'users',
    { name: 'bob', password, role: 'viewer' },
    'person ada add user bob',
    201,
  );
  await act(ada, 'POST', 'users', { name: 'bob', password, role: 'viewer' }, null, 409);
  await act(ada, 'PATCH', `users/${bob.id}`, { role: 'operator' }, 'person ada change user bob');
  await act(ada, 'PUT', 'second-factor', { roles: ['admin'] }, 'person ada change second_factor');
  const made = await act(
    ada,
    'POST',
    'tokens',
    { name: 'nightly', role: 'viewer' },
    'person ada add token nightly',
    201,
  );
  await act(ada, 'DELETE', `tokens/${made.token.id}`, null, 'person ada remove token nightly', 204);
  await act(ada, 'POST', 'sites', { name: 'Berlin' }, 'person ada add site Berlin', 201);
  await act(ada, 'GET', 'audit', null, null);

  await provider.person('s-eve', { name: 'eve', groups: ['sales'] });
  await byProvider('s-eve', 'stranger eve log_in_refused session', 403);
  await provider.person('s-eve', { name: 'eve', groups: ['desk'] });
  await byProvider('s-eve', 'person eve log_in session');
  await provider.person('s-eve', { name: 'eve', groups: ['boss'] });
  const eve = await byProvider('s-eve', 'person eve log_in session');
  await act(eve, 'POST', 'users', { name: 'zoe', password, role: 'viewer' }, null, 403);
  await act(eve, 'POST', 'logout', null, 'person eve log_out session');
  await act(ada, 'DELETE', 'me/sessions', null, 'person ada sessions_remove user ada');
  await act(ada, 'POST', `users/${bob.id}/disable`, null, 'person ada disable user bob');
  await act(ada, 'POST', 'logout', null, 'person ada log_out session', 204);

  const rows = await collector.state.selectFrom('audit_log').selectAll().orderBy('seq').execute();
  assert.equal(
    rows.map(({ kind, actor, action, object, name }) => [kind, actor, action, object, name ?? ''].join(' ').trim()),
    wanted,
  );
  for (const { outcome, address } of rows)
    assert.equal([outcome, /127\.0\.0\.1|::1/.test(address ?? '')], ['done', true]);
  const { entries, faults } = await lookAtChain(collector.state, null);
  assert.equal([entries, faults], [wanted.length, []]);
  const gave = rows.filter(({ actor, action }) => actor === 'eve' && action === 'log_in').at(-1);
  assert.match(gave?.before ?? '', /"role":"operator"/);
  assert.match(gave?.after ?? '', /"role":"manager".*"issuer":"http/);
  await provider.stop();
  folder.remove();
});

test.run();
