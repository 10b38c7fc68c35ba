/** Who knocks by which name, from which site and how slowly; and what stays behind after a log-out. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { limits } from '../../../collector/doors/limits.ts';
import { makeCertificate, opensslIsHere } from '../../support/certificate.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { temporaryFolder, until } from '../../support/processes.ts';

const test = suite('doors');
const password = 'correct horse battery';
let collector: InProcess;

test.before(async () => {
  collector = await openCollector({ settings: 'http: { names: [keel.example.net] }\n' });
  const body = { name: 'grace', password, role: 'viewer' };
  assert.is((await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body })).status, 201);
});
test.after(() => collector.close());

interface Plain {
  status: number;
  text: string;
}

/** With any Host header, which `fetch` does not allow. */
function ask(path: string, headers: Record<string, string>, to = collector.started.addresses.http): Promise<Plain> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, to), { headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function logIn(): Promise<string> {
  const answer = await collector.call('/api/v1/login', { method: 'POST', body: { user: 'grace', password } });
  assert.is(answer.status, 200, answer.text);
  return String(answer.headers.get('set-cookie')).split(';')[0] as string;
}

test('a name that is not ours is refused on every path, whatever may be read under it', async () => {
  for (const path of ['/', '/api/v1/me', '/api/v1/login', '/metrics', '/nothing']) {
    const { status, text } = await ask(path, { host: 'rebound.example:7460' });
    assert.is(status, 421, path);
    assert.match(text, 'http.names');
    assert.match(text, collector.started.addresses.http);
  }
  for (const host of [
    ...['localhost', 'LOCALHOST:1', '127.0.0.1:7460', '[::1]:7460', '192.0.2.7', hostname()],
    ...['keel.example.net', 'KEEL.example.net.:443'],
  ])
    assert.is((await ask('/api/v1/me', { host })).status, 200, host);
  for (const host of ['keel.example.net.evil.example', 'evil-localhost', '127.0.0.1.evil.example', '0x7f.1', 'a@b'])
    assert.is((await ask('/api/v1/me', { host })).status, 421, host);
  assert.is((await ask('/healthz', { host: 'rebound.example' })).status, 200, 'a load balancer may use any name');
});

test('what a log-in opens is not open to pages of other sites, reading and streaming included', async () => {
  const cookie = await logIn();
  for (const path of ['/api/v1/endpoints', '/api/v1/events', '/api/v1/users/names', '/metrics']) {
    for (const site of ['cross-site', 'same-site']) {
      const { status } = await collector.call(path, { headers: { cookie, 'sec-fetch-site': site } });
      assert.is(status, 403, `${path} from ${site}`);
    }
  }
  const own = { cookie, 'sec-fetch-site': 'same-origin' };
  assert.is((await collector.call('/api/v1/endpoints', { headers: own })).status, 200);
  const me = async (site: string) =>
    (await collector.call('/api/v1/me', { headers: { cookie, 'sec-fetch-site': site } })).body;
  assert.is(((await me('same-origin')) as { user: unknown }).user, 'grace');
  assert.is(((await me('cross-site')) as { user: unknown }).user, null, 'answered as a stranger is');
  const link = await collector.call('/', { headers: { 'sec-fetch-site': 'cross-site' } });
  assert.is(link.status, 200, 'a link in a mail opens the page');
});

test('what a log-in opens is kept by no browser and no proxy', async () => {
  for (const path of ['/api/v1/endpoints', '/api/v1/tickets', '/api/v1/kpis', '/metrics', '/api/v1/me', '/readyz']) {
    const { headers, status } = await collector.call(path, { as: 'admin' });
    assert.is(status, 200, path);
    assert.is(headers.get('cache-control'), 'no-store', path);
  }
  const refused = await collector.call('/api/v1/endpoints');
  assert.is(refused.headers.get('cache-control'), 'no-store', 'refusals as well');
});

test('a wrong method is told from a wrong address, and says which are right', async () => {
  const web = temporaryFolder();
  writeFileSync(join(web.path, 'index.html'), 'the app');
  await using built = await openCollector({ web: web.path });
  for (const [method, path, allowed] of [
    ['DELETE', '/api/v1/login', 'POST'],
    ['POST', '/api/v1/endpoints', 'GET'],
    ['PUT', '/api/v1/tickets/7', 'GET'],
    ['GET', '/api/v1/logout', 'POST'],
    ['POST', '/', 'GET'],
    ['PUT', '/tickets/7', 'GET'],
    ['DELETE', '/assets/x', 'GET'],
    ['POST', '/assets/app.js?v=1', 'GET'],
    ['OPTIONS', '/favicon.svg', 'GET'],
    ['POST', '/metrics', 'GET'],
    ['DELETE', '/healthz', 'GET'],
  ] as const) {
    const body = method === 'GET' || method === 'OPTIONS' ? {} : { body: {} };
    for (const one of [collector, built]) {
      const answer = await one.call(path, { method, as: 'admin', ...body });
      assert.is(answer.status, 405, `${method} ${path}: ${answer.text}`);
      assert.match(String(answer.headers.get('allow')), allowed);
      assert.match(answer.text, allowed);
    }
  }
  for (const path of ['/api/v1/nothing', '/api', '/metrics/nothing', '/openapi.yaml'])
    for (const method of ['DELETE', 'GET'])
      for (const one of [collector, built])
        assert.is((await one.call(path, { method, as: 'admin' })).status, 404, `${method} ${path}`);
  assert.is((await built.call('/assets/none.js')).status, 404);
  assert.is((await built.call('/tickets/7')).text, 'the app');
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test('what was refused is counted by its code', async () => {
  const count = async (code: string) => {
    const { text } = await collector.call('/metrics', { as: 'viewer' });
    return Number(new RegExp(`^evenkeel_http_refused_total\\{code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const login = () =>
    collector.call('/api/v1/login', { method: 'POST', body: { user: 'grace', password: 'a wrong guess of it' } });
  for (const [code, refused] of [
    ['BAD_LOGIN', login],
    ['NOT_LOGGED_IN', () => collector.call('/api/v1/endpoints')],
    ['WRONG_TOKEN', () => collector.call('/api/v1/endpoints', { headers: { authorization: 'Bearer guessed' } })],
    ['FORBIDDEN', () => collector.call('/api/v1/users', { as: 'viewer' })],
    ['UNKNOWN_HOST', () => ask('/', { host: 'rebound.example' })],
    ['TOO_LARGE', () => collector.call('/api/v1/enroll', { method: 'POST', body: { code: 'x'.repeat(300_000) } })],
  ] as const) {
    const before = await count(code);
    await refused();
    assert.is(await count(code), before + 1, code);
  }
  const before = await count('BAD_REQUEST');
  await collector.call('/api/v1/endpoints?limit=0', { as: 'viewer' });
  assert.is(await count('BAD_REQUEST'), before, 'a mistake is no attack');
});

test('behind a TLS proxy the cookie is bound to the host, and browsers keep to https', async () => {
  const settings = 'http: { publicUrl: "https://keel.example.net", trustProxy: [127.0.0.1] }\n';
  const httpPort = await freePort();
  await using behind = await openCollector({ settings, httpPort });
  const body = { name: 'grace', password, role: 'viewer' };
  await behind.call('/api/v1/users', { method: 'POST', as: 'admin', body });
  const answer = await behind.call('/api/v1/login', { method: 'POST', body: { user: 'grace', password } });
  const cookie = String(answer.headers.get('set-cookie'));
  assert.match(cookie, /^__Host-evenkeel=/);
  assert.match(cookie, /; Secure/);
  assert.match(cookie, /; Path=\//);
  assert.not.match(cookie, /Domain/i);
  assert.match(String(answer.headers.get('strict-transport-security')), /^max-age=\d{7,}/);
  assert.is((await collector.call('/')).headers.get('strict-transport-security'), null, 'not without TLS');
  const own = cookie.split(';')[0] as string;
  assert.is((await behind.call('/api/v1/endpoints', { headers: { cookie: own } })).status, 200);
  const planted = own.replace('__Host-', '');
  assert.is((await behind.call('/api/v1/endpoints', { headers: { cookie: planted } })).status, 401);
  const direct = `http://127.0.0.1:${httpPort}`;
  const named = { 'x-forwarded-host': 'rebound.example', host: '127.0.0.1' };
  assert.is((await ask('/api/v1/me', named, direct)).status, 421, 'the name at the proxy is what counts');
  assert.is((await ask('/api/v1/me', { ...named, 'x-forwarded-host': 'keel.example.net' }, direct)).status, 200);
  assert.is((await ask('/api/v1/me', named)).status, 200, 'nobody is believed who is no proxy');
});

/** Resolves when the stream that these headers open has ended. */
async function openStream(headers: Record<string, string>): Promise<{ ended: () => boolean }> {
  const response = await fetch(`${collector.started.addresses.http}/api/v1/events`, { headers });
  assert.is(response.status, 200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let over = false;
  void (async () => {
    for (;;) if ((await reader.read()).done) break;
    over = true;
  })();
  return { ended: () => over };
}

test('an open stream ends with the right to it, and others stay open', async () => {
  const other = await openStream({ authorization: `Bearer ${collector.token('viewer')}` });
  const cookie = await logIn();
  const loggedOut = await openStream({ cookie });
  await collector.call('/api/v1/logout', { method: 'POST', headers: { cookie, 'sec-fetch-site': 'same-origin' } });
  await until(loggedOut.ended, 5000, 'the stream to end after a log-out');

  const made = await collector.call('/api/v1/tokens', {
    method: 'POST',
    as: 'admin',
    body: { name: 'wall', role: 'viewer' },
  });
  const { token, secret } = made.body as { token: { id: string }; secret: string };
  const revoked = await openStream({ authorization: `Bearer ${secret}` });
  await collector.call(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: 'admin' });
  await until(revoked.ended, 5000, 'the stream to end after a revocation');

  const { items } = (await collector.call('/api/v1/users', { as: 'admin' })).body as { items: { id: string }[] };
  const renewed = await openStream({ cookie: await logIn() });
  const path = `/api/v1/users/${items[0]?.id}`;
  await collector.call(`${path}/password`, { method: 'POST', as: 'admin', body: { password } });
  await until(renewed.ended, 5000, 'the stream to end with a new password');

  const disabled = await openStream({ cookie: await logIn() });
  await collector.call(`${path}/disable`, { method: 'POST', as: 'admin' });
  await until(disabled.ended, 5000, 'the stream to end with its user');
  assert.not(other.ended(), 'nobody else lost theirs');
});

test('connections that say nothing, or go on for ever, are closed', async () => {
  const { hostname: host, port } = new URL(collector.started.addresses.http);
  const longest = limits.http.request + 2 * limits.http.look + 5000;
  const open = (sent: string) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), host, () => socket.write(sent));
      const drop = setInterval(() => socket.writable && sent !== '' && socket.write('x'), 1000);
      const tooLong = setTimeout(() => {
        socket.destroy();
        reject(new Error(`still open after ${longest} ms: ${JSON.stringify(sent)}`));
      }, longest);
      socket.on('data', () => {});
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(drop);
        clearTimeout(tooLong);
        resolve();
      });
    });
  const body =
    'POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n';
  await Promise.all([open(''), open('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '), open(body)]);
});

test('people come in, whatever strangers behind their address hold open', async () => {
  const { hostname: host, port } = new URL(collector.started.addresses.http);
  const { perKnownAddress, evictAfter } = limits.http.gate;
  const sockets = Array.from({ length: perKnownAddress }, () => connect(Number(port), host).on('error', () => {}));
  await Promise.all(sockets.map((socket) => new Promise((done) => socket.once('connect', done).once('close', done))));
  await new Promise((done) => setTimeout(done, evictAfter + 100));
  const headers = { connection: 'close' };
  assert.is((await collector.call('/api/v1/endpoints', { as: 'admin', headers })).status, 200);
  for (const socket of sockets) socket.destroy();
  const { text } = await collector.call('/metrics', { as: 'admin' });
  assert.match(text, /evenkeel_http_refused_total\{code="TOO_MANY_CONNECTIONS"\} [1-9]/);
});

if (opensslIsHere)
  test('a TLS handshake that is begun or dripped ends with its time, and a half-open connection with its answer', async () => {
    const folder = temporaryFolder();
    makeCertificate(folder.path);
    const tls = `tls: { cert: "${folder.path}/c.pem", key: "${folder.path}/c.key" }\n`;
    await using secure = await openCollector({ settings: tls });
    folder.remove();
    const open = (url: string, bytes: string) => {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => {}).on('data', () => {});
      socket.write(Buffer.from(bytes, 'latin1'));
      const drip = setInterval(() => bytes !== '' && socket.writable && socket.write(bytes[0] as string), 1000);
      // What is written to a connection that the server has left, not only ended, is answered with an error.
      const left = () => {
        if (socket.readableEnded && socket.writable) socket.write('x');
        return socket.destroyed;
      };
      return until(left, 40_000, `${url} ${JSON.stringify(bytes)} to be closed`)
        .finally(() => clearInterval(drip))
        .finally(() => socket.destroy());
    };
    const { http } = secure.started.addresses;
    await Promise.all([open(http, ''), open(http, '\x16\x03\x01\x02'), open(http, 'GET / HTTP/1.1\r\n\r\n')]);
    await open(collector.started.addresses.http, 'no HTTP at all\r\n\r\n');
  });

test.run();
