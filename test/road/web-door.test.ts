/** Where only the HTTPS port is open: real collector, real agent, certificates of the collector's own authority. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttps, request } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readAuthority } from '../../collector/tls/store.ts';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { makeCertificate } from '../support/certificate.ts';
import { freePort } from '../support/port.ts';
import { type RunningCollector, runCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

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

async function end(agent: AgentProcess): Promise<void> {
  agent.child.kill('SIGTERM');
  await agent.finished;
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

  collector.child.kill('SIGTERM');
  await collector.ended;
  await new Promise((resolve) => setTimeout(resolve, 4000));
  const mqttPort = new URL(collector.mqtt).port;
  collector = await startCollector(data, [
    '--config',
    config,
    '--http-port',
    String(httpPort),
    '--mqtt-port',
    mqttPort,
  ]);
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

test.run();
