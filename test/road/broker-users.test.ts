/**
 * A fleet at a Mosquitto of somebody else, in real processes: TLS, dynamic security, a collector that keeps its users in step, and
 * agents that join by a code through the collector's HTTPS and report over Mosquitto.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Credential } from '../../agent/credential.ts';
import { verifierOf } from '../../collector/accounts/verifier.ts';
import { dynamicSecurityFile } from '../../collector/broker-users/mosquitto-files.ts';
import { readAuthority } from '../../collector/tls/store.ts';
import type { EndpointDetail, NewEnrollment } from '../../shared/api.ts';
import { openWire } from '../simulate/wire.ts';
import { type AgentProcess, startAgent } from '../support/agent.ts';
import { makeAuthority } from '../support/authority.ts';
import { collectorUser, type MosquittoServer, mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('users of a broker of somebody else');
const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const empty = dynamicSecurityFile({ name: collectorUser.name, verifier: verifierOf(collectorUser.password) }, []);
const agents: AgentProcess[] = [];
let server: MosquittoServer;
let collector: RunningCollector;
let ca = '';

async function begin(): Promise<void> {
  const authority = makeAuthority(folder.path, 'broker') as NonNullable<ReturnType<typeof makeAuthority>>;
  ca = readFileSync(authority.ca, 'utf8');
  server = await startMosquitto({ dynamicSecurity: empty, certificate: authority });
  writeFileSync(at('broker.password'), collectorUser.password, { mode: 0o600 });
  writeFileSync(
    at('evenkeel.yaml'),
    `broker: { url: "${server.url}", password_file: broker.password, ca: ${authority.ca}, users: { kind: dynamic-security } }
tls: { names: [localhost] }
`,
  );
  collector = await startCollector(at('data'), ['--config', at('evenkeel.yaml')]);
}

function ask<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const { current } = readAuthority(at('data')) as NonNullable<ReturnType<typeof readAuthority>>;
  const headers = { authorization: `Bearer ${collector.token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request(collector.http + path, { ca: current, headers, method, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text === '' ? 'null' : text)));
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

const kept = (name: string) => JSON.parse(readFileSync(join(at(name), 'agent.json'), 'utf8')) as Credential;

async function joined(name: string): Promise<{ credential: Credential; agent: AgentProcess }> {
  const { code } = await ask<NewEnrollment>('/api/v1/enrollments', 'POST', {});
  const done = await startAgent(['enroll', '-', '--data', at(name), '--name', name], code).finished;
  assert.is(done.code, 0, done.stderr);
  writeFileSync(join(at(name), 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: 1 }));
  const agent = startAgent(['run', '--data', at(name)]);
  agents.push(agent);
  return { credential: kept(name), agent };
}

/** A live report has come since then. */
const reports = (id: string, since: number, agent: AgentProcess) =>
  until(
    async () => {
      const { row } = await ask<EndpointDetail>(`/api/v1/endpoints/${id}`);
      return row.state === 'online' && (row.lastSeenAt ?? 0) > since;
    },
    90_000,
    `reports of ${id}; its agent: ${agent.output().slice(-1500)}; the collector: ${collector.stderr().slice(-1500)}`,
  );

async function answerTo({ endpoint, secret }: Credential): Promise<number | null> {
  const wire = openWire({ host: '127.0.0.1', port: server.port, ca, clientId: endpoint, password: secret });
  const code = await wire.connected.catch(() => null);
  wire.cut();
  return code;
}

test('joined, rotated, a broker that lost its users, one that was away at an enrolment, retired', async () => {
  await begin();
  const { credential, agent } = await joined('one');
  const { endpoint } = credential;
  assert.is(credential.mqtt.url, server.url);
  await reports(endpoint, 0, agent);

  await ask(`/api/v1/endpoints/${endpoint}/credential/rotate`, 'POST');
  await until(() => kept('one').generation === 1 && !kept('one').previous, 60_000, 'the rotation to be confirmed');
  assert.is(await answerTo(credential), 5);

  // Its agent is refused, asks the collector, and is let in again.
  await server.stop();
  server.write('dynamic-security.json', empty);
  const emptied = Date.now();
  await server.start();
  await reports(endpoint, emptied, agent);
  assert.match(agent.output(), /"?msg"?.*No connection to the collector|No connection to the collector/);

  await server.stop();
  const two = await joined('two');
  const back = Date.now();
  await server.start();
  await reports(two.credential.endpoint, back, two.agent);

  await ask(`/api/v1/endpoints/${endpoint}`, 'DELETE');
  await until(async () => (await answerTo(kept('one'))) === 5, 20_000, 'the retired one to be refused');
  await until(
    () => /refused by the collector until it is enrolled again/.test(agent.output()),
    60_000,
    'that its agent says so',
  );
  // The other one is not concerned.
  await reports(two.credential.endpoint, Date.now(), two.agent);
});

test.after(async () => {
  for (const { child, finished } of agents) {
    child.kill('SIGKILL');
    await finished;
  }
  collector?.child.kill('SIGKILL');
  await collector?.ended;
  await server?.close();
  folder.remove();
});

const missing = mosquittoMissing();
if (missing !== null) console.log(`\nSKIP mosquitto: ${missing}`);
else test.run();
