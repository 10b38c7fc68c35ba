/** Where only the HTTPS port is open: real collector, real agent, certificates of the collector's own authority. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps, request } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCredential } from '../../agent/credential.ts';
import { tryWeb } from '../../agent/web-socket.ts';
import { readAuthority } from '../../collector/tls/store.ts';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { makeCertificate } from '../support/certificate.ts';
import { freePort } from '../support/port.ts';
import { type RunningCollector, runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';
import { keptOf, numbered, openStored, storedTimes } from '../support/stored.ts';

const test = suite('web door');
const folder = temporaryFolder();
const data = join(folder.path, 'data');
const config = join(folder.path, 'evenkeel.yaml');
let collector: RunningCollector;
let httpPort = 0;
/** Nobody listens there. */
let closed = 0;
let machines = 0;

test.before(async () => {
  writeFileSync(config, 'tls: { names: [keel.example.net] }\n');
  collector = await startCollector(data, ['--config', config]);
  httpPort = Number(new URL(collector.http).port);
  closed = await freePort();
});
test.after(async () => {
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

const root = () => (readAuthority(data) as NonNullable<ReturnType<typeof readAuthority>>).current;

function ask<T>(path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
  const options = { ca: root(), headers, method: body ? 'POST' : 'GET', agent: false as const };
  return new Promise((resolve, reject) => {
    const asked = request(collector.http + path, options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

const rowOf = async (name: string) =>
  (await ask<{ items: EndpointRow[] }>('/api/v1/endpoints')).items.find((one) => one.name === name);
const isOnline = async (name: string) => (await rowOf(name))?.state === 'online';

/** Joined, and from then on MQTT's port is one where nobody listens. */
async function join1(env: NodeJS.ProcessEnv = {}, settings?: object) {
  const name = `machine-${++machines}`;
  const home = join(folder.path, name);
  const { code } = await ask<NewEnrollment>('/api/v1/enrollments', {});
  const joined = await startAgent(['enroll', '-', '--name', name, '--data', home], code, env).finished;
  assert.is(joined.code, 0, joined.stderr);
  if (settings) writeFileSync(join(home, 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1, ...settings }));
  const given = { EVENKEEL_AGENT_MQTT: `mqtts://localhost:${closed}`, ...env };
  return {
    name,
    home,
    joined,
    run: (more: NodeJS.ProcessEnv = {}) => startAgent(['run', '--data', home], undefined, { ...given, ...more }),
    doctor: async () => (await startAgent(['doctor', '--data', home], undefined, given).finished).stdout,
    way: () => {
      const file = join(home, 'memory', 'way.json');
      return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string) : null;
    },
  };
}

async function end(agent: AgentProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  agent.child.kill(signal);
  await agent.finished;
}

/** At the same addresses. */
async function startAgain(signal: NodeJS.Signals, awayMs: number): Promise<void> {
  collector.child.kill(signal);
  await collector.ended;
  await pause(awayMs);
  const ports = ['--http-port', String(httpPort), '--mqtt-port', new URL(collector.mqtt).port];
  collector = await startCollector(data, ['--config', config, ...ports]);
}

test('a closed port: it reports by HTTPS alone, remembers that, and keeps what is measured while the collector is away', async () => {
  const machine = await join1({}, {});
  let agent = machine.run();
  await until(() => isOnline(machine.name), 30_000, `it reports. ${agent.output()}`);
  assert.is(machine.way(), 'websocket');
  const said = await machine.doctor();
  assert.match(said, /connection +connected .* by websocket/);
  assert.match(said, new RegExp(`mqtts://localhost:${closed}: not reached.*ECONNREFUSED`));
  assert.match(said, /wss:\/\/\S+\/mqtt: it answers/);
  await end(agent);

  agent = machine.run();
  await until(() => agent.output().includes('Connected to the collector'), 20_000, 'it connects again');
  assert.ok(!agent.output().includes('No connection'), 'by the remembered way, first');

  await startAgain('SIGTERM', 4000);
  await until(
    async () => /spool +0 waiting/.test(await machine.doctor()) && isOnline(machine.name),
    40_000,
    `all is sent. ${agent.output()}`,
  );
  await end(agent);
});

test('through a proxy that lets 443 alone pass; the direct way is asked of nobody', async () => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    client.once('data', (head) => {
      const text = head.toString('latin1').split('\r\n', 1)[0] ?? '';
      asked.push(text);
      if (!text.startsWith(`CONNECT localhost:${httpPort} `) && !text.startsWith(`CONNECT 127.0.0.1:${httpPort} `))
        return void client.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      const onward = connect(httpPort, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(onward).pipe(client);
      });
      onward.on('error', () => client.destroy());
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const machine = await join1({}, { proxy: address });
  const agent = machine.run();
  await until(() => isOnline(machine.name), 30_000, `it reports. ${agent.output()}`);
  assert.ok(
    asked.some((line) => line.includes(`:${httpPort} `)),
    asked.join(),
  );
  assert.match(await machine.doctor(), /it answers, through the proxy http:\/\/127\.0\.0\.1/);
  await end(agent);
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

test('another certificate at the port of MQTT: refused, and no other way is tried', async () => {
  const machine = await join1({}, {});
  let heard = '';
  const foreign = createTls({ ...makeCertificate(folder.path) }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      heard += bytes;
    });
  });
  foreign.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const port = (foreign.address() as AddressInfo).port;
  const agent = machine.run({ EVENKEEL_AGENT_MQTT: `mqtts://localhost:${port}` });
  await until(
    () => agent.output().includes('the certificate is not accepted'),
    30_000,
    `it says so. ${agent.output()}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 8000));
  assert.is(heard, '');
  assert.not.ok(await isOnline(machine.name));
  assert.is(machine.way(), null);
  await end(agent);
  foreign.close();
});

test('another certificate at the HTTPS port: nothing of the session goes out', async () => {
  const machine = await join1({}, { way: 'websocket' });
  const file = join(machine.home, 'agent.json');
  let heard = '';
  const foreign = createHttps({ ...makeCertificate(folder.path) });
  foreign.on('upgrade', (_request, socket) => {
    heard += 'upgrade';
    socket.destroy();
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const port = (foreign.address() as AddressInfo).port;
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...kept, collector: `https://localhost:${port}` }));
  const agent = machine.run();
  await until(() => /certificate/.test(agent.output()), 30_000, `it says so. ${agent.output()}`);
  assert.is(heard, '');
  await end(agent);
  foreign.close();
});

test('a reverse proxy that passes no WebSocket on: each kind has its sentence, and one that does is no trouble', async () => {
  let answer: (incoming: IncomingMessage, response: ServerResponse) => void;
  // Without a listener for upgrades it takes them for requests, as proxies do that know nothing of them.
  const front = createHttp((incoming, response) => answer(incoming, response));
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const at = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const said = async () => (await tryWeb({ collector: at, mqtt: { url: 'mqtts://localhost:1' } }))?.message ?? '';
  const fixed =
    (status: number, text: string, headers: Record<string, string> = {}): typeof answer =>
    (_incoming, response) =>
      void response.writeHead(status, headers).end(text);
  const passOn: typeof answer = ({ url }, response) => {
    const onward = request(`https://127.0.0.1:${httpPort}${url}`, { ca: root(), agent: false }, (answered) => {
      response.writeHead(answered.statusCode ?? 0, { 'content-type': String(answered.headers['content-type']) });
      answered.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end('Bad Gateway'));
    onward.end();
  };
  answer = passOn;
  assert.match(
    await said(),
    /answered 426: the request reached the collector without its upgrade.*proxy_set_header Upgrade/,
  );
  for (const [how, words] of [
    [fixed(200, '<!doctype html><title>Welcome</title>'), /answered 200: .*page/],
    [fixed(400, 'Bad Request'), /answered 400: a proxy on the way does not pass WebSockets on; have it pass.*Upgrade/],
    [fixed(404, 'Not Found'), /answered 404: a reverse proxy there does not know the path: have it pass everything on/],
    [fixed(302, '', { location: 'https://login.example/' }), /answered 302: it leads on to https:\/\/login\.example/],
    [fixed(401, 'Who are you?'), /answered 401: something in front .* wants a log-in.*let \/mqtt pass/],
    [
      fixed(502, 'Bad Gateway'),
      /answered 502: the reverse proxy there does not reach the collector.*is the collector running\?/,
    ],
  ] as const) {
    answer = how;
    assert.match(await said(), words);
  }
  answer = passOn;
  const machine = await join1({}, { way: 'websocket' });
  const file = join(machine.home, 'agent.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), collector: at }));
  const agent = machine.run();
  await until(() => /without its upgrade/.test(agent.output()), 30_000, `its log says so. ${agent.output()}`);
  assert.not.ok(await isOnline(machine.name));
  front.on('upgrade', (incoming, socket, head) => {
    const onward = request(`https://127.0.0.1:${httpPort}${incoming.url}`, {
      ...{ ca: root(), agent: false, headers: incoming.headers },
    });
    onward.on('upgrade', ({ rawHeaders }, far, first) => {
      const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.write(first);
      far.write(head);
      far.on('error', () => socket.destroy());
      socket.on('error', () => far.destroy());
      far.pipe(socket).pipe(far);
    });
    onward.on('error', () => socket.destroy());
    onward.end();
  });
  await until(() => isOnline(machine.name), 40_000, `it reports. ${agent.output()}`);
  await end(agent);
  front.close();
  front.closeAllConnections();
});

const isTurnedOff = async () => {
  const own = join(folder.path, 'off');
  const off = join(folder.path, 'off.yaml');
  writeFileSync(off, 'mqtt: { websocket: false }\n');
  const other = await startCollector(own, ['--config', off]);
  const answer = await fetch(`${other.http}/mqtt`);
  other.child.kill('SIGTERM');
  await other.ended;
  return answer;
};

test('turned off, the door is not there, and says what to do', async () => {
  const answer = await isTurnedOff();
  assert.is(answer.status, 404);
  assert.match(await answer.text(), /WEBSOCKET_OFF.*websocket: false/);
  const wrong = await runCollector(['check-config', '--config', config, '--data', data]).ended;
  assert.is(wrong.code, 0, wrong.stderr);
});

test('to the other way, over a killed collector, back and again: each report is there once', async () => {
  const began = Date.now();
  const machine = await join1({}, {});
  const settings = (more: object) =>
    writeFileSync(join(machine.home, 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1, ...more }));
  const goesOn = async (agent: AgentProcess, reports: number) => {
    const count = () => numbered(machine.home).epochs.reduce((sum, { seq }) => sum + seq, 0);
    await until(() => agent.output().includes('Connected to the collector'), 40_000, `its way. ${agent.output()}`);
    const from = count();
    await until(() => count() >= from + reports, 60_000, `${reports} more reports`);
  };
  let agent = machine.run();
  await goesOn(agent, 5);
  assert.is(machine.way(), 'websocket');
  await startAgain('SIGKILL', 3000);
  await goesOn(agent, 5);
  await end(agent, 'SIGKILL');
  settings({ way: 'mqtt' });
  agent = machine.run({ EVENKEEL_AGENT_MQTT: collector.mqtt });
  await goesOn(agent, 5);
  await end(agent, 'SIGKILL');
  settings({});
  agent = machine.run();
  await goesOn(agent, 5);
  await until(() => numbered(machine.home).waiting <= 3, 60_000, 'a spool with nothing but the present');
  await end(agent);
  collector.child.kill('SIGTERM');
  await collector.ended;

  const { epochs, waiting } = numbered(machine.home);
  const stored = await openStored(data);
  const endpoint = readCredential(machine.home)?.endpoint as string;
  const generated = epochs.reduce((sum, { seq }) => sum + seq, 0);
  const kept = keptOf(stored, endpoint, epochs);
  await stored.close();
  const counts = [...(await storedTimes(data, 'mem.used_percent'))].filter(([at]) => at >= began);
  const doubled = counts.filter(([, count]) => count > 1).length;
  console.log(
    `\nFIGURE ways: ${generated} numbered, ${kept} stored, ${waiting} wait in the spool; ${counts.length} readings of memory, ${doubled} of them twice`,
  );
  assert.ok(generated - kept - waiting <= 0, 'none is lost');
  assert.is(doubled, 0);
  assert.ok(counts.length > 15, 'they are in the series');
});

test.run();
