/** A certificate that is refused: looked at by the way on which it was refused, and a wrong clock does not hide who answers. */
import { readFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import { createServer } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lookAt } from '../../agent/authority.ts';
import { refusalOf } from '../../agent/tls-refusal.ts';
import { temporaryFolder } from '../support/agent.ts';
import { makeAuthority } from '../support/authority.ts';

const test = suite('a refused certificate');
const folder = temporaryFolder();
const [own, foreign] = ['own', 'foreign'].map((name) => {
  const made = makeAuthority(folder.path, name);
  if (made === null) throw new Error('openssl is missing');
  return { ca: readFileSync(made.ca, 'utf8'), cert: readFileSync(made.cert), key: readFileSync(made.key) };
}) as [Files, Files];
interface Files {
  ca: string;
  cert: Buffer;
  key: Buffer;
}

const listening = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

test('what answers behind a proxy is looked at through it', async () => {
  const server = createServer({ cert: foreign.cert, key: foreign.key }, (socket) => void socket.on('error', () => {}));
  server.on('tlsClientError', () => {});
  const port = await listening(server);
  const asked: string[] = [];
  const proxy = createProxy();
  proxy.on('connect', ({ url = '' }, client) => {
    asked.push(url);
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  const before = { ...process.env };
  Object.assign(process.env, { https_proxy: `http://127.0.0.1:${await listening(proxy)}`, no_proxy: '' });
  try {
    const shown = await lookAt('https://keel.example.net:7460', 10_000, own.ca);
    assert.match(shown?.issuer ?? '', 'CN=foreign');
    assert.is(shown?.isKnown, false);
    assert.equal(asked, ['keel.example.net:7460']);
    // MQTT goes straight there.
    assert.is((await lookAt(`mqtts://127.0.0.1:${port}`, 10_000, foreign.ca))?.isKnown, true);
    assert.is(asked.length, 1);
  } finally {
    for (const name of ['https_proxy', 'no_proxy'])
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    server.close();
    proxy.close();
  }
});

for (const [code, words] of [
  ['CERT_NOT_YET_VALID', /it begins at [\d -:]+ UTC, and by the clock of this machine it is 2001-09-09/],
  ['CERT_HAS_EXPIRED', /it ended at [\d -:]+ UTC, and by the clock of this machine it is 2001-09-09/],
] as const)
  test(`${code}: the clock, and whoever else answers as well`, async () => {
    for (const { cert, key, isForeign } of [
      { ...own, isForeign: false },
      { ...foreign, isForeign: true },
    ]) {
      const server = createServer({ cert, key }, (socket) => void socket.on('error', () => {}));
      server.on('tlsClientError', () => {});
      const url = `mqtts://127.0.0.1:${await listening(server)}`;
      const shown = await lookAt(url, 10_000, own.ca);
      server.close();
      const about = { url, now: 1_000_000_000_000, isPinned: true, shown };
      const { reason, todo } = refusalOf(Object.assign(new Error(code), { code }), about) ?? { reason: '', todo: '' };
      assert.match(reason, words);
      assert.match(todo, /[Ss]et the clock of this machine/);
      assert.is(/not come from the authority whose pin this machine has/.test(reason), isForeign, reason);
      assert.is(/Somebody may stand between/.test(todo), isForeign, todo);
    }
  });

test.after(() => folder.remove());
test.run();
