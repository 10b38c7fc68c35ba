/**
 * A machine whose clock is wrong, with real certificates over real connections: the clock is where it is, and the certificates lie
 * before or after it.
 */
import { X509Certificate } from 'node:crypto';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openConnection } from '../../agent/connection.ts';
import type { Credential } from '../../agent/credential.ts';
import type { AgentMemory } from '../../agent/memory.ts';
import { openSocket } from '../../agent/socket.ts';
import { createTrust } from '../../agent/trust.ts';
import { makeCertificate, makeKey } from '../../collector/tls/certificates.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { credentialFor } from '../support/agent.ts';

const test = suite('clock floor');
const day = 86_400_000;
const now = Date.now();
const minute = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

interface Shown {
  cert: string;
  key: string;
}

interface Authority {
  root: string;
  /** @param signedBy another key, though it names this authority */
  leaf(from: number, until: number, names?: string[], signedBy?: string): Promise<Shown>;
}

/** Valid for years around now: it is the server certificate that is young or old. */
async function authority(from = now - 1000 * day): Promise<Authority> {
  const key = makeKey();
  const root = await makeCertificate({ what: 'root', name: 'keel', key, notBefore: from, notAfter: now + 1000 * day });
  return {
    root,
    async leaf(notBefore, notAfter, names = ['127.0.0.1'], issuerKey = key) {
      const own = makeKey();
      const asked = { what: 'leaf' as const, key: own, issuer: root, issuerKey, names, notBefore, notAfter };
      return { cert: await makeCertificate(asked), key: own };
    },
  };
}

interface Served {
  port: number;
  heard(): string;
  close(): void;
}

/** What he who shows this certificate reads of the agent's session. */
async function serve(shown: Shown): Promise<Served> {
  let heard = '';
  const sockets = new Set<TLSSocket>();
  const server: Server = createServer(shown, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
    });
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    heard: () => heard,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const credentialAt = ({ port }: Served, root: string) => credentialFor(`mqtts://127.0.0.1:${port}`, undefined, root);

/** Until it is refused, or the session has begun. @returns why it ended */
async function connect(credential: Credential, server: Served, byHandAt: number | null) {
  let isOver = false;
  const onEnd = () => {
    isOver = true;
  };
  const events = { onOpen: () => {}, onMessage: () => {}, onEnd };
  const connection = openConnection(credential, 'session', events, () => openSocket(credential, byHandAt));
  const end = performance.now() + 5000;
  while (!isOver && server.heard() === '' && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
  // What was on its way, is read.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const error = connection.error();
  connection.close();
  return error;
}

interface Outcome {
  /** Of the first connection, as usual. */
  first: string;
  /** Whether the next one is looked at by hand. */
  isByHand: boolean;
  /** What the agent says of the first. */
  said: string | null;
  /** What of the session was read in both connections. */
  heard: string;
}

/** An agent that trusts this root and has last heard from its collector at `floor`. */
async function meet(root: string, shown: Shown, floor: number): Promise<Outcome> {
  const server = await serve(shown);
  try {
    const credential = credentialAt(server, root);
    const memory: AgentMemory = { get: (key) => (key === 'collector_time' ? floor : undefined), set: () => {} };
    const link = () => ({ adopt: () => {}, announce: () => {} });
    const parts = { data: '/nonexistent', credential, memory, clock: systemClock, log: silentLog, link };
    const trust = createTrust(parts);
    const error = (await connect(credential, server, trust.byHandAt())) as { code?: string } | null;
    const said = await trust.ended(error);
    const isByHand = trust.byHandAt() !== null;
    if (isByHand) await connect(credential, server, trust.byHandAt());
    return { first: error?.code ?? '', isByHand, said, heard: server.heard() };
  } finally {
    server.close();
  }
}

const hasSecret = ({ heard }: Outcome) => heard.includes('MQTT') && heard.includes('secret');

test('behind: a good certificate is looked at as of the last word from the collector, and the session begins', async () => {
  const own = await authority();
  const met = await meet(own.root, await own.leaf(now + 10 * day, now + 100 * day), now + 20 * day);
  assert.is(met.first, 'CERT_NOT_YET_VALID');
  assert.ok(met.isByHand);
  assert.ok(hasSecret(met), JSON.stringify(met));
});

test('behind: no session with one that is forged, for another name, ended by then, or of an authority that is not valid then', async () => {
  const [own, stranger] = [await authority(), await authority()];
  const [from, until, floor] = [now + 10 * day, now + 100 * day, now + 20 * day];
  const good = await own.leaf(from, until);
  const forged = await stranger.leaf(from, until);
  const cases: [string, Shown, number][] = [
    ['forged', forged, floor],
    ['forged in the name of the true authority', await own.leaf(from, until, undefined, makeKey()), floor],
    // As the first, with the true one and the true root behind it.
    ['forged, with what is true behind it', { ...forged, cert: forged.cert + good.cert + own.root }, floor],
    ['another name', await own.leaf(from, until, ['other.example.net']), floor],
    ['ended by then', await own.leaf(from, now + 15 * day), floor],
    ['not valid even then', await own.leaf(now + 30 * day, until), floor],
  ];
  for (const [name, shown, at] of cases) {
    const met = await meet(own.root, shown, at);
    assert.is(met.heard, '', name);
    assert.ok(met.said !== null, name);
    // He comes when the true one was met before, and certificates are looked at by hand.
    const server = await serve(shown);
    const error = await connect(credentialAt(server, own.root), server, at);
    assert.is(server.heard(), '', name);
    assert.is(error?.code, 'CERT_NOT_YET_VALID', name);
    server.close();
  }
});

test('behind, and nothing says what time it is: refused, and both times are named', async () => {
  const own = await authority();
  const from = now + 10 * day;
  const met = await meet(own.root, await own.leaf(from, now + 100 * day), 0);
  assert.not.ok(met.isByHand);
  assert.is(met.heard, '');
  assert.match(
    met.said ?? '',
    `it begins at ${minute(from)} UTC, and by the clock of this machine it is ${minute(now).slice(0, 10)}`,
  );
  assert.match(met.said ?? '', 'Set the clock of this machine: it is behind.');
});

test('ahead: the certificate has ended by this clock, and is refused, whatever the floor; both times are named', async () => {
  const own = await authority();
  const until = now - 2 * day;
  const shown = await own.leaf(now - 90 * day, until);
  assert.ok(new X509Certificate(shown.cert).validToDate.getTime() < now);
  for (const floor of [0, now - 30 * day]) {
    const met = await meet(own.root, shown, floor);
    assert.is(met.first, 'CERT_HAS_EXPIRED');
    assert.not.ok(met.isByHand);
    assert.is(met.heard, '');
    assert.match(
      met.said ?? '',
      `it ended at ${minute(until)} UTC, and by the clock of this machine it is ${minute(now).slice(0, 10)}`,
    );
    assert.match(met.said ?? '', 'If that is not the time, set the clock');
  }
});

test.run();
