/** Each kind of target against real servers on loopback: what is well, and each way in which it is not. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runSystemProgram } from '../../../collector/targets/run-ping.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createReach } from '../../../shared/outgoing.ts';
import type { TargetKindName, TargetSettings } from '../../../shared/target.ts';
import { lookOnce } from '../../../shared/targets/watch.ts';
import { makeCertificate, opensslIsHere } from '../../support/certificate.ts';
import { freePort } from '../../support/port.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('kinds of targets');

const look = (
  kind: TargetKindName,
  settings: TargetSettings,
  allow = ['127.0.0.1', '::1', 'localhost'],
  timeout_s = 3,
) =>
  lookOnce({ kind, settings, timeout_s }, { outgoing: createReach(allow), run: runSystemProgram, clock: systemClock });

async function listening<T extends Server>(
  server: T,
): Promise<T & { port: number; [Symbol.asyncDispose](): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  return Object.assign(server, {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

const web = (answer: RequestListener) => listening(createServer(answer));
const at = ({ port }: { port: number }, path = '/') => ({ url: `http://127.0.0.1:${port}${path}` });

test('http: status, words and the time of each phase', async () => {
  await using server = await web((_, answer) => answer.end('<h1>Welcome to the shop</h1>'));
  const { result, seen } = await look('http', { ...at(server), contains: 'Welcome', absent: 'Error' });
  assert.is(result, 'ok');
  assert.is(seen.fields.status_code, 200);
  for (const phase of ['dns_ms', 'connect_ms', 'first_byte_ms', 'total_ms'])
    assert.ok((seen.fields[phase] as number) >= 0, `${phase}: ${seen.fields[phase]}`);
  assert.is((await look('http', { ...at(server), contains: 'Goodbye' })).result, 'words_missing');
  assert.is((await look('http', { ...at(server), absent: 'shop' })).result, 'words_present');
});

test('http: another status is none that is wanted, unless it stands in the list', async () => {
  await using server = await web((_, answer) => answer.writeHead(503).end());
  const bad = await look('http', at(server));
  assert.is(bad.result, 'wrong_status');
  assert.is(bad.seen.fields.status_code, 503);
  assert.is((await look('http', { ...at(server), status: '200, 500-503' })).result, 'ok');
});

test('http: a redirect is followed within what is allowed, without the login for elsewhere', async () => {
  const seen: (string | undefined)[] = [];
  await using other = await web((request, answer) => {
    seen.push(request.headers.authorization);
    answer.end('there');
  });
  await using server = await web((request, answer) => {
    const to = { '/there': `http://localhost:${other.port}/`, '/meta': 'http://169.254.169.254/', '/round': '/round' };
    answer.writeHead(302, { location: to[request.url as '/there'] }).end();
  });
  const login = { user: 'shop', password: 'very-secret' };
  assert.is((await look('http', { ...at(server, '/there'), ...login, contains: 'there' })).result, 'ok');
  assert.equal(seen, [undefined]);
  assert.is((await look('http', at(server, '/meta'))).result, 'not_allowed');
  assert.is((await look('http', at(server, '/round'))).result, 'too_many_redirects');
  assert.is((await look('http', { ...at(server, '/there'), redirects: 0 })).result, 'wrong_status');
  // The name is judged by the address of the very connection.
  assert.is((await look('http', at(server, '/there'), ['127.0.0.2'])).result, 'not_allowed');
});

test('http: an answer without end is read to a bound', async () => {
  let sent = 0;
  await using server = await web((_, answer) => {
    const more = () => {
      while (!answer.destroyed && answer.write(Buffer.alloc(65_536, 'x'))) sent += 65_536;
      answer.once('drain', more);
    };
    more();
  });
  const { result } = await look('http', { ...at(server), contains: 'never' });
  assert.is(result, 'words_missing');
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes`);
  // Without words nothing of it is needed.
  assert.is((await look('http', at(server))).result, 'ok');
});

test('http: slow to the point of silence', async () => {
  await using server = await web(() => {});
  assert.is((await look('http', at(server), undefined, 1)).result, 'timeout');
  await using drip = await web((_, answer) => {
    answer.write('<');
    const timer = setInterval(() => answer.write('.'), 100);
    answer.on('close', () => clearInterval(timer));
  });
  assert.is((await look('http', { ...at(drip), contains: 'never' }, undefined, 1)).result, 'timeout');
});

(opensslIsHere ? test : test.skip)(
  'https: a certificate of nobody known is refused before anything is sent, and its end is told',
  async () => {
    const asked: unknown[] = [];
    const folder = temporaryFolder();
    const { cert, key } = makeCertificate(folder.path);
    folder.remove();
    const server = createTlsServer({ cert, key }, (request, answer) => {
      asked.push(request.headers.authorization);
      answer.end('ok');
    });
    await using open = await listening(server);
    const url = `https://127.0.0.1:${open.port}/`;
    const refused = await look('http', { url, user: 'a', password: 'b' });
    assert.is(refused.result, 'bad_certificate');
    assert.ok(Number.isFinite(refused.seen.fields.days_left), JSON.stringify(refused.seen));
    assert.equal(asked, []);
    const taken = await look('http', { url, verify: false });
    assert.is(taken.result, 'ok');
    assert.ok((taken.seen.fields.tls_ms as number) > 0);
  },
);

test('tcp: open, closed, no such name, not allowed', async () => {
  await using server = await listening(createTcpServer());
  const open = await look('tcp', { host: '127.0.0.1', port: server.port });
  assert.is(open.result, 'ok');
  assert.ok((open.seen.fields.connect_ms as number) >= 0);
  assert.is((await look('tcp', { host: '127.0.0.1', port: await freePort() })).result, 'refused');
  assert.is((await look('tcp', { host: 'no-such-host.invalid', port: 80 })).result, 'unresolved');
  assert.is((await look('tcp', { host: '127.0.0.1', port: server.port }, ['internet'])).result, 'not_allowed');
  assert.is((await look('tcp', { host: 'localhost', port: server.port }, ['0.0.0.0/0', '::/0'])).result, 'not_allowed');
});

test('addresses that give out the credentials of a machine are never reached', async () => {
  const all = ['0.0.0.0/0', '::/0', '169.254.0.0/16', '169.254.169.254', 'internet'];
  for (const host of ['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '64:ff9b::a9fe:a9fe'])
    assert.is((await look('tcp', { host, port: 80 }, all, 1)).result, 'not_allowed', host);
});

test('ping: by the system’s own program', async () => {
  const { result, seen } = await look('ping', { host: '127.0.0.1' });
  // Some containers may not send echoes: then nobody says that the target is down.
  assert.ok(result === 'ok' || result === 'no_program', result);
  if (result === 'ok') assert.ok((seen.fields.total_ms as number) < 1000);
  assert.is((await look('ping', { host: '10.1.2.3' })).result, 'not_allowed');
});

test.run();
