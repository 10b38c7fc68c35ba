/**
 * A collector in one network namespace, 20 real agents in 20 others, TLS by its own authority: they enrol, report, stay connected
 * while the certificate is made again and the authority changes; and somebody stands between one of them and the collector.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ask } from '../../agent/control-socket.ts';
import { type Credential, readCredential } from '../../agent/credential.ts';
import {
  type CertificateRequest,
  certificatesIn,
  makeCertificate,
  makeKey,
  pinOf,
  timesFrom,
} from '../../collector/tls/certificates.ts';
import { type AuthorityFile, readAuthority, readKey, writeAuthority } from '../../collector/tls/store.ts';
import type { EndpointRow, NewEnrollment } from '../../shared/api.ts';
import { decodeJoinCode } from '../../shared/join-code.ts';
import type { TlsView } from '../../shared/tls.ts';
import { type AgentProcess, agentMain } from '../support/agent.ts';
import type { MiddleWords } from '../support/middle.ts';
import { type Machine, type Network, networkMissing, openNetwork } from '../support/network.ts';
import { temporaryFolder, until } from '../support/processes.ts';
import { keptOf, numbered, openStored } from '../support/stored.ts';

const test = suite('namespaces');
const fleetSize = 20;
const day = 86_400_000;
/** The collector has two addresses in the network of the agents, and one towards who stands between. */
const [keel, unnamed, behind] = ['10.77.0.1', '10.77.0.9', '10.78.0.1'];
const [httpPort, mqttPort] = [7460, 8883];
const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const collectorMain = fileOf('../../collector/main.ts');
const middleMain = fileOf('../support/middle.ts');
const missing = networkMissing();
if (missing) console.log(missing);
const drill = (name: string, work: () => Promise<void>) => test(name, async () => void (missing ?? (await work())));

interface Agent {
  name: string;
  machine: Machine;
  data: string;
  run: AgentProcess;
}

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const data = at('collector');
const agents: Agent[] = [];
let network: Network;
let collector: AgentProcess;
let home: Machine;
let between: Machine;
const roots = new Set<string>();

const own = () => readAuthority(data) as AuthorityFile;
const credentialOf = ({ data: path }: Pick<Agent, 'data'>) => readCredential(path) as Credential;
/** Of the collector, on its machine. */
const command = (...words: string[]) => home.start([...node, collectorMain], [...words, '--data', data]);

/** Through the door, as somebody who knows the authority. */
function call<T>(path: string, body?: object): Promise<T> {
  const { current, old } = own();
  for (const root of [current, ...(old ? [old.root] : [])]) roots.add(root);
  const token = readFileSync(join(data, 'local.token'), 'utf8').trim();
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    host: `localhost:${httpPort}`,
  };
  const tls = { socketPath: at('http.door'), servername: 'localhost', ca: [...roots], agent: false as const };
  return new Promise((resolve, reject) => {
    const asked = request({ ...tls, path, headers, method: body ? 'POST' : 'GET' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        (response.statusCode ?? 500) < 300 ? resolve(JSON.parse(text)) : reject(new Error(`${path}: ${text}`)),
      );
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

const view = () => call<TlsView>('/api/v1/collector/tls');
const rows = async () => (await call<{ items: EndpointRow[] }>('/api/v1/endpoints?limit=100')).items;
const allOnline = async () =>
  (await rows()).filter(({ state, cpuPercent }) => state === 'online' && cpuPercent !== null).length === fleetSize;

/** What the broker shows now, looked at by the door. */
function shownByBroker(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: at('mqtt.door'), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerX509Certificate()));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

const agentIn = (machine: Machine, ...words: string[]) => machine.start([...node, agentMain], words);
const run = (agent: Pick<Agent, 'machine' | 'data'>) => agentIn(agent.machine, 'run', '--data', agent.data);
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);
/** How often these agents had no connection. */
const cutsOf = (some: readonly Agent[]) =>
  some.reduce((sum, { run: { output } }) => sum + output().split('No connection to the collector').length - 1, 0);

async function startCollector(): Promise<void> {
  home = await network.machine();
  home.ip('link add net type bridge');
  home.ip(`addr add ${keel}/24 dev net`);
  home.ip(`addr add ${unnamed}/24 dev net`);
  home.ip('link set net up');
  writeFileSync(
    at('evenkeel.yaml'),
    `http: { host: 0.0.0.0, port: ${httpPort}, publicUrl: "https://${keel}:${httpPort}" }\n` +
      `mqtt: { host: 0.0.0.0, port: ${mqttPort}, publicUrl: "mqtts://${keel}:${mqttPort}" }\n` +
      `tls: { names: [${keel}] }\nagents: { interval: 3s }\n`,
  );
  const words = ['start', '--config', at('evenkeel.yaml')];
  collector = command(...words);
  await until(() => collector.output().includes('Stop it with'), 30_000, 'the collector').catch((thrown: unknown) => {
    throw new Error(`${thrown}\n${collector.output()}`);
  });
  await home.door(at('http.door'), httpPort);
  await home.door(at('mqtt.door'), mqttPort);
}

async function join20(): Promise<void> {
  const { code } = await call<NewEnrollment>('/api/v1/enrollments', { maxUses: fleetSize });
  const join1 = async (n: number) => {
    const machine = await network.machine();
    network.cable(home, `to${n}`, machine, 'net0');
    home.ip(`link set to${n} master net`);
    machine.ip(`addr add 10.77.0.${100 + n}/24 dev net0`);
    const agent = { name: `keel-${n}`, machine, data: at(`agent-${n}`) };
    const words = ['enroll', code, '--data', agent.data, '--name', agent.name, '--kind', 'server'];
    const { code: ended, stderr } = await agentIn(machine, ...words).finished;
    assert.is(ended, 0, stderr);
    agents.push({ ...agent, run: run(agent) });
  };
  // A few at a time, as a person would: each is a process that begins.
  const numbers = Array.from({ length: fleetSize }, (_, n) => n);
  const worker = async () => {
    for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) await join1(n);
  };
  await Promise.all([worker(), worker(), worker()]);
}

test.before(async () => {
  if (missing) return;
  network = await openNetwork();
  between = await network.machine();
});
test.after(async () => {
  network?.close();
  await Promise.all(agents.map(({ run: { finished } }) => finished));
  await collector?.finished;
  folder.remove();
});

drill('20 machines enrol by the pin of the code, and report', async () => {
  await startCollector();
  network.cable(home, 'behind0', between, 'up0');
  home.ip(`addr add ${behind}/24 dev behind0`);
  between.ip('addr add 10.78.0.2/24 dev up0');
  const began = performance.now();
  await join20();
  await until(allOnline, 60_000, 'all to report');
  await until(async () => (await view()).missing.length === 0, 20_000, 'all to have what they were told');
  console.log(`\nFIGURE namespaces: ${fleetSize} real agents enrolled and reporting over TLS in ${seconds(began)} s`);
});

drill(
  'the certificate is made again while 20 are connected: nobody is cut off, and who comes anew sees it',
  async () => {
    const before = own();
    const [again, stay] = [agents.slice(0, 3), agents.slice(3)];
    const cutsBefore = cutsOf(stay);
    const began = performance.now();
    // It is 61 days old.
    const server = { ...before.server, issuedAt: before.server.issuedAt - 61 * day };
    writeAuthority(data, before, { ...before, server });
    await until(async () => pemOf(await shownByBroker()) !== pemOf(before.server.certificate), 20_000, 'another one');
    const took = seconds(began);
    assert.is(pemOf(await shownByBroker()), pemOf(own().server.certificate));
    assert.is(pinOf(own().server.certificate), pinOf(before.server.certificate), 'lines that were copied hold');
    for (const agent of again) {
      agent.run.child.kill('SIGTERM');
      await agent.run.finished;
      agent.run = run(agent);
    }
    const connected = ({ run: { output } }: Agent) => output().includes('Connected to the collector');
    await until(() => again.every(connected), 20_000, 'those that came anew');
    await until(allOnline, 20_000, 'all to report');
    assert.is(cutsOf(stay), cutsBefore);
    console.log(`\nFIGURE namespaces: renewed after ${took} s under ${fleetSize} connections, 0 cut`);
  },
);

const pemOf = (certificate: string) => certificate.replace(/\s/g, '');

drill('the authority changes while 20 are connected: all take it, and nobody is cut off', async () => {
  const [first, next] = [pinOf(own().current), pinOf(own().next)];
  const cutsBefore = cutsOf(agents);
  const began = performance.now();
  const { code, stderr } = await command('tls', 'rotate').finished;
  assert.is(code, 0, stderr);
  const trusted = (agent: Agent) => certificatesIn(credentialOf(agent).mqtt.ca ?? '').map(pinOf);
  await until(() => agents.every((agent) => trusted(agent).join() === [next, first].join()), 30_000, 'all to take it');
  await until(async () => (await view()).missing.length === 0, 20_000, 'all to say so');
  assert.is(cutsOf(agents), cutsBefore);
  console.log(
    `\nFIGURE namespaces: ${fleetSize} of ${fleetSize} took the next authority in ${seconds(began)} s, 0 cut`,
  );
});

/** From now on what the victim sends to the collector's address goes to who stands between. */
async function stand(name: string, words: Pick<MiddleWords, 'key' | 'cert' | 'ca'>): Promise<AgentProcess> {
  const all: MiddleWords = { ...words, ports: { https: httpPort, mqtts: mqttPort }, upstream: behind, heard: at(name) };
  const middle = between.start([...node, middleMain], [JSON.stringify(all)]);
  const stands = () => ['https', 'mqtts'].every((one) => middle.output().includes(`between ${one}`));
  await until(stands, 10_000, 'somebody to stand between').catch((thrown: unknown) => {
    throw new Error(`${thrown}\n${middle.output()}`);
  });
  return middle;
}

async function leaf(key: string, issuer: string, issuerKey: string, names: string[], more = {}): Promise<string> {
  const asked: CertificateRequest = {
    ...{ what: 'leaf', key, issuer, issuerKey, names, ...timesFrom(Date.now(), 30 * day), ...more },
  };
  return makeCertificate(asked);
}

drill(
  'somebody stands between: refused each time, and the message says why; he reads no secret, and nothing is lost',
  async () => {
    const victim = agents.find(({ name }) => name === 'keel-0') as Agent;
    const { machine } = victim;
    network.cable(between, 'mid0', machine, 'mid1');
    between.ip(`addr add ${keel}/24 dev mid0`);
    machine.ip('addr add 10.77.0.100/32 dev mid1');
    const { code } = await call<NewEnrollment>('/api/v1/enrollments', { maxUses: 9 });

    const keys = { stranger: makeKey(), server: makeKey() };
    const times = timesFrom(Date.now(), 365 * day);
    const stranger = await makeCertificate({ what: 'root', name: keel, key: keys.stranger, ...times });
    const { current } = own();
    const authorityKey = readKey(data, pinOf(current), 'the authority');
    const strangers = await leaf(keys.server, stranger, keys.stranger, [keel]);
    const old = { notBefore: Date.now() - 91 * day, notAfter: Date.now() - day };
    // What both the agent that runs and a newcomer say, and the end of the newcomer's process.
    const cases: [name: string, cert: string, ca: string | null, says: RegExp, exit: number][] = [
      ['own', strangers, stranger, /shows an authority that this agent does not know/, 3],
      ['relay', strangers, null, /does not come from the authority whose pin this machine has.*Somebody may stand/s, 1],
      [
        'expired',
        await leaf(keys.server, current, authorityKey, [keel], old),
        null,
        /it ended at \d{4}-.* it is \d{4}-.*an old certificate may be a stolen one/s,
        1,
      ],
      [
        'elsewhere',
        await leaf(keys.server, current, authorityKey, ['other.example.net']),
        null,
        /made for DNS:other\.example\.net, not for 10\.77\.0\.1/,
        1,
      ],
    ];

    machine.ip(`route add ${keel}/32 dev mid1`);
    let isBetweenMs = performance.now();
    for (const [name, cert, ca, says, exit] of cases) {
      const middle = await stand(name, { key: keys.server, cert, ca });
      const saidBefore = victim.run.output().length;
      const newcomer = at(`newcomer-${name}`);
      mkdirSync(newcomer, { mode: 0o700 });
      const { code: ended, stderr } = await agentIn(machine, 'enroll', code, '--data', newcomer).finished;
      assert.is(ended, exit, stderr);
      assert.match(stderr, says);
      assert.is(readCredential(newcomer), null);
      // The agent that was enrolled before meets the same, with its next try.
      await ask(victim.data, 'wake');
      await until(() => says.test(victim.run.output().slice(saidBefore)), 60_000, `the agent to say so: ${name}`);
      middle.child.kill('SIGKILL');
      await middle.finished;
      const heard = readFileSync(at(`${name}.https`), 'utf8');
      assert.ok(heard.startsWith('GET /api/v1/ca '), heard);
      for (const secret of [decodeJoinCode(code).secret, credentialOf(victim).secret])
        assert.not.ok(heard.includes(secret), name);
      assert.not.ok(heard.includes('POST'), name);
      assert.not.ok(existsSync(at(`${name}.mqtts`)), `${name}: he read something of the session`);
    }
    isBetweenMs = performance.now() - isBetweenMs;
    const waited = numbered(victim.data).waiting;
    assert.ok(waited > 1, 'reports wait');

    machine.ip(`route del ${keel}/32 dev mid1`);
    const back = performance.now();
    await until(allOnline, 60_000, 'the agent to be back');
    console.log(
      `\nFIGURE namespaces: somebody between for ${Math.round(isBetweenMs / 1000)} s with ${cases.length} certificates: 0 secrets ` +
        `read, ${waited} reports waited, back ${seconds(back)} s after he left`,
    );

    const words = ['enroll', code, '--data', at('newcomer'), '--collector', `https://${unnamed}:${httpPort}`];
    const { code: ended, stderr } = await agentIn(machine, ...words).finished;
    assert.is(ended, 1);
    assert.match(stderr, /10\.77\.0\.1.*, not for 10\.77\.0\.9[\s\S]*--collector https:/);
  },
);

drill('nothing is lost: every number that an agent gave is stored, or waits in its spool', async () => {
  await until(
    () => agents.every((agent) => numbered(agent.data).waiting <= 2),
    30_000,
    'spools with the present alone',
  );
  for (const {
    run: { child },
  } of agents)
    child.kill('SIGTERM');
  await Promise.all(agents.map(({ run: { finished } }) => finished));
  collector.child.kill('SIGTERM');
  await collector.finished;
  const stored = await openStored(data);
  let [all, kept, waiting] = [0, 0, 0];
  for (const agent of agents) {
    const spool = numbered(agent.data);
    waiting += spool.waiting;
    all += spool.epochs.reduce((sum, { seq }) => sum + seq, 0);
    kept += keptOf(stored, credentialOf(agent).endpoint, spool.epochs);
  }
  await stored.close();
  const lost = Math.max(0, all - kept - waiting);
  console.log(
    `\nFIGURE namespaces: ${all} reports numbered by ${fleetSize} agents, ${kept} stored, ${waiting} waiting, ${lost} lost`,
  );
  assert.ok(all > fleetSize);
  assert.is(lost, 0);
});

test.run();
