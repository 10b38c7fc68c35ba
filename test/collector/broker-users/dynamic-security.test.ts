/** Users of a real Mosquitto with dynamic security follow a real collector: enrolled, rotated, retired, erased, and after either was away. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { verifierOf } from '../../../collector/accounts/verifier.ts';
import { dynamicSecurityFile } from '../../../collector/broker-users/mosquitto-files.ts';
import { thereFrom } from '../../../collector/broker-users/plan.ts';
import { enroll, makeCode } from '../../simulate/enroll.ts';
import { makeMachine } from '../../simulate/machine.ts';
import { openWire, type Wire } from '../../simulate/wire.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { collectorUser, type MosquittoServer, mosquittoMissing, startMosquitto } from '../../support/mosquitto.ts';
import { temporaryFolder } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

const test = suite('users in dynamic security');
const ends: (() => unknown)[] = [];
test.after.each(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Enrolled {
  endpoint: string;
  secret: string;
  name: string;
}

const empty = dynamicSecurityFile({ name: collectorUser.name, verifier: verifierOf(collectorUser.password) }, []);

async function begin(dynamicSecurity = empty): Promise<{ own: InProcess; server: MosquittoServer }> {
  const server = await startMosquitto({ dynamicSecurity });
  ends.push(server.close);
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, 'broker.password'), collectorUser.password, { mode: 0o600 });
  const settings = `broker: { url: "${server.url}", password_file: broker.password, users: { kind: dynamic-security } }\n`;
  const own = await openCollector({ settings }, folder);
  ends.push(own.close);
  await until(() => inFile(server, collectorUser.name), 10_000, 'the broker');
  return { own, server };
}

const fileOf = ({ folder }: MosquittoServer) => readFileSync(join(folder, 'dynamic-security.json'), 'utf8');
const inFile = (server: MosquittoServer, text: string) => fileOf(server).includes(text);

let seed = 0;
async function enrol(own: InProcess): Promise<Enrolled> {
  const code = await makeCode(own.started.addresses.http, own.token('admin'), 1);
  return (await enroll(code, makeMachine(11, seed++))) as unknown as Enrolled;
}

function open({ port }: MosquittoServer, clientId: string, password: string): Wire {
  const wire = openWire({ host: '127.0.0.1', port, clientId, password });
  ends.push(() => wire.cut());
  return wire;
}

/** The code with which the broker answers; null: not at all. */
async function answer(server: MosquittoServer, id: string, secret: string): Promise<number | null> {
  const wire = open(server, id, secret);
  const code = await wire.connected.catch(() => null);
  wire.cut();
  return code;
}
const answers = (server: MosquittoServer, { endpoint, secret }: Enrolled, code: number) =>
  until(async () => (await answer(server, endpoint, secret)) === code, 20_000, `${code} for ${endpoint}`);

test('an endpoint is a user when its enrolment is answered; retired it is cut off, taken back it is in, erased it is gone', async () => {
  const { own, server } = await begin();
  const one = await enrol(own);
  await answers(server, one, 0);
  assert.is(await answer(server, one.endpoint, 'another'), 5);
  // Nobody takes its connection by its client id.
  const two = await enrol(own);
  const other = openWire({
    host: '127.0.0.1',
    port: server.port,
    clientId: one.endpoint,
    username: two.endpoint,
    password: two.secret,
  });
  assert.is(await other.connected, 5);
  other.cut();

  const connection = open(server, one.endpoint, one.secret);
  assert.is(await connection.connected, 0);
  const retired = await own.call(`/api/v1/endpoints/${one.endpoint}`, { method: 'DELETE', as: 'admin' });
  assert.is(retired.status, 204);
  await connection.closed;
  await answers(server, one, 5);
  await own.call(`/api/v1/endpoints/${one.endpoint}/take-back`, { method: 'POST', as: 'admin' });
  await answers(server, one, 0);

  await own.call(`/api/v1/endpoints/${one.endpoint}`, { method: 'DELETE', as: 'admin' });
  await answers(server, one, 5);
  const body = { name: one.name, reason: 'a test' };
  const erased = await own.call(`/api/v1/endpoints/${one.endpoint}/erase`, { method: 'POST', as: 'admin', body });
  assert.ok(erased.status < 300, erased.text);
  await until(() => !inFile(server, one.endpoint), 10_000, 'the user to be gone');
  assert.ok(inFile(server, two.endpoint));
});

test('rotation: the new secret is taken and the old one is over; asked back, neither is', async () => {
  const { own, server } = await begin();
  const one = await enrol(own);
  await own.call(`/api/v1/endpoints/${one.endpoint}/credential/rotate`, { method: 'POST', as: 'admin' });
  const { endpoint, secret } = one;
  const fetched = await own.call('/api/v1/agent/credential', { method: 'POST', body: { endpoint, secret } });
  const fresh = { ...one, secret: (fetched.body as { secret: string }).secret };
  await answers(server, fresh, 0);
  assert.is(await answer(server, endpoint, secret), 5);
  // The answer was lost: the agent has the one of before, which the collector still takes, and shows it.
  const shown = await own.call('/api/v1/agent/refused', { method: 'POST', body: { endpoint, secret } });
  assert.equal(shown.body, { users: 'told' } as never);
  await answers(server, one, 0);
  await own.call(`/api/v1/endpoints/${endpoint}/credential/again`, { method: 'POST', as: 'admin', body: {} });
  await answers(server, one, 5);
  const refused = await own.call('/api/v1/agent/refused', { method: 'POST', body: { endpoint, secret } });
  assert.is(refused.status, 401);
});

test('while the broker is away: what was enrolled and retired meanwhile is in step when it is back', async () => {
  const { own, server } = await begin();
  const before = await enrol(own);
  await answers(server, before, 0);
  await server.stop();
  const meanwhile = await enrol(own);
  await own.call(`/api/v1/endpoints/${before.endpoint}`, { method: 'DELETE', as: 'admin' });
  await server.start();
  await answers(server, meanwhile, 0);
  await answers(server, before, 5);
});

test('a broker that has lost its users: each is there again when its agent asks, and no wrong one by it', async () => {
  const { own, server } = await begin();
  const one = await enrol(own);
  await answers(server, one, 0);
  await server.stop();
  server.write('dynamic-security.json', empty);
  await server.start();
  await answers(server, one, 5);
  const { endpoint } = one;
  const wrong = await own.call('/api/v1/agent/refused', { method: 'POST', body: { endpoint, secret: 'guessed' } });
  assert.is(wrong.status, 401);
  await until(
    async () => {
      await own.call('/api/v1/agent/refused', { method: 'POST', body: { endpoint, secret: one.secret } });
      return (await answer(server, endpoint, one.secret)) === 0;
    },
    20_000,
    'its user',
  );
});

test('users of others are left alone, and so are those of endpoints that are not known here', async () => {
  const file = JSON.parse(empty);
  const stranger = 'eaaaabbbbccccddd';
  const theirs = { username: 'press', textname: 'a machine', roles: [{ rolename: 'theirs', priority: -1 }] };
  const unknown = JSON.parse(
    dynamicSecurityFile({ name: 'x', verifier: verifierOf('x') }, [{ id: stranger, verifier: verifierOf('secret') }]),
  );
  file.clients.push(theirs, unknown.clients[1]);
  file.roles.push({ rolename: 'theirs', acls: [] }, unknown.roles[1]);
  const { own, server } = await begin(JSON.stringify(file));
  const one = await enrol(own);
  await answers(server, one, 0);
  assert.ok(inFile(server, '"a machine"'));
  assert.is(await answer(server, stranger, 'secret'), 0);
  await until(() => own.logged.some(({ msg }) => /not known here; they are left/.test(msg)), 5000, 'that it is said');
});

test('a role that was changed at the broker is mended, and a user that was disabled there is in again', async () => {
  const { own, server } = await begin();
  const one = await enrol(own);
  await answers(server, one, 0);
  await server.stop();
  const file = JSON.parse(fileOf(server));
  for (const client of file.clients) if (client.username === one.endpoint) client.disabled = true;
  for (const role of file.roles) if (role.rolename.endsWith(one.endpoint)) role.acls.pop();
  server.write('dynamic-security.json', JSON.stringify(file));
  await server.start();
  await answers(server, one, 0);
  const count = () =>
    JSON.parse(fileOf(server)).roles.find(({ rolename }: { rolename: string }) => rolename.endsWith(one.endpoint)).acls
      .length;
  await until(() => count() === 10, 5000, 'its rights');
});

test('a broker without the plugin, and one that lets everybody publish, are told in words', async () => {
  const plain = await startMosquitto();
  ends.push(plain.close);
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, 'broker.password'), collectorUser.password, { mode: 0o600 });
  const settingsFor = ({ url }: MosquittoServer) =>
    `broker: { url: "${url}", password_file: broker.password, users: { kind: dynamic-security } }\n`;
  const own = await openCollector({ settings: settingsFor(plain) }, folder);
  ends.push(own.close);
  const said = (words: RegExp) => () => own.logged.some(({ trouble }) => words.test(String(trouble)));
  await until(
    said(/user "collector" may not publish to \$CONTROL.*, or Mosquitto runs without the dynamic security plugin/),
    20_000,
    'why',
  );

  const file = JSON.parse(empty);
  file.defaultACLAccess.publishClientSend = true;
  const { own: second } = await begin(JSON.stringify(file));
  await until(
    () =>
      second.logged.some(({ trouble }) =>
        /is open: by default it allows publishClientSend to every user.*setDefaultACLAccess publishClientSend deny/.test(
          String(trouble),
        ),
      ),
    10_000,
    'that it is open',
  );
});

/** Pure: also where no Mosquitto is. */
const pure = suite('what is there of users');

pure('the user of the collector, as our own file has it, is none of an endpoint', () => {
  const endpoint = { id: 'e00000001', verifier: verifierOf('a secret') };
  const { clients, roles } = JSON.parse(
    dynamicSecurityFile({ name: 'collector', verifier: verifierOf('another') }, [endpoint]),
  ) as { clients: unknown[]; roles: unknown[] };
  assert.equal([...thereFrom(clients, roles, () => false).users.keys()], [endpoint.id]);
});
pure.run();

const missing = mosquittoMissing();
if (missing !== null) console.log(`\nSKIP mosquitto: ${missing}`);
else test.run();
