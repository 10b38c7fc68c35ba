/**
 * `npm run drill -- cluster`: three collectors, one Mosquitto, one PostgreSQL and one InfluxDB, all real processes, and faults
 * one after the other while endpoints report. During each fault one endpoint crosses a threshold.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { verifierOf } from '../../collector/accounts/verifier.ts';
import { passwordFile } from '../../collector/broker-users/mosquitto-files.ts';
import { openReceiver } from '../collector/notify/receiver.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { makeMachine } from '../simulate/machine.ts';
import { wholeOf, wordsOf } from '../support/arguments.ts';
import { type InfluxServer, influxMissing, startInflux } from '../support/influxdb.ts';
import { collectorUser, type MosquittoServer, mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import { freePort } from '../support/port.ts';
import { type PostgresServer, postgresServer } from '../support/postgres.ts';
import { type Running, runCollector, temporaryFolder, until } from '../support/processes.ts';
import { type SmallDisk, smallDisk } from '../support/small-disk.ts';
import { keysOf } from './kills.ts';
import { type Numbered, startNumbered } from './numbered.ts';
import { formatTable, type Row } from './table.ts';

/** Others take over within this time after the last sign of life. */
const takeOverMs = 15_000;
const settleMs = 90_000;
const tellEveryMs = 10_000;
const database = 'drill';
/** More than what the store keeps free for alerts. */
const collectorDiskMb = 256;
const influxDiskMb = 512;

export interface ClusterDrillOptions {
  endpoints: number;
  intervalMs: number;
  freezeS: number;
  influxS: number;
  /** s that a disk stays full. */
  fullS: number;
  seed: number;
  /** Names of faults; empty: all. */
  only: readonly string[];
  say(line: string): void;
}

interface Collector {
  name: string;
  running: Running;
  http: string;
  data: string;
  words: string[];
  disk: SmallDisk | string;
}

interface Cluster {
  collectors: Collector[];
  broker: MosquittoServer;
  influx: InfluxServer;
  influxDisk: SmallDisk | string;
  postgres: PostgresServer;
  options: ClusterDrillOptions;
  /** ms until another led, after each time that it was lost. */
  takeOvers: number[];
  /** A collector that stood still found what it had in other hands. */
  foundGone: number;
}

type Fault = (cluster: Cluster) => Promise<void>;

export const clusterFaults: Readonly<Record<string, Fault>> = {
  'kill-leader': (cluster) => killed(cluster, leaderOf(cluster)),
  'kill-other': (cluster) => killed(cluster, otherOf(cluster)),
  freeze,
  async broker({ broker }) {
    await broker.stop();
    await pause(2000);
    await broker.start();
  },
  async influx({ influx, options }) {
    await influx.kill();
    await pause(options.influxS * 1000);
    await influx.start();
  },
  async postgres({ postgres }) {
    await postgres.stop();
    await pause(2000);
    await postgres.start();
  },
  'full-leader': (cluster) => filled(cluster, leaderOf(cluster).disk),
  'full-other': (cluster) => filled(cluster, otherOf(cluster).disk),
  async 'full-influx'(cluster) {
    await filled(cluster, cluster.influxDisk);
    // InfluxDB 1.x answers "no space left on device" until it is started again, however much is free: the writer of its log keeps the error.
    await cluster.influx.kill();
    await cluster.influx.start();
  },
};

export async function run(args: string[]): Promise<boolean> {
  const { values } = wordsOf({
    args,
    options: {
      endpoints: { type: 'string', default: '500' },
      interval: { type: 'string', default: '10000' },
      freeze: { type: 'string', default: '60' },
      influx: { type: 'string', default: '120' },
      full: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string', default: '' },
    },
  });
  const only = values.only.split(',').filter(Boolean);
  const unknown = only.find((name) => !Object.hasOwn(clusterFaults, name));
  if (unknown !== undefined) {
    console.error(`There is no fault "${unknown}". Faults: ${Object.keys(clusterFaults).join(', ')}.`);
    process.exit(2);
  }
  const { endpoints: count, interval, freeze: frozen, influx, full, seed: chosen } = values;
  const numbers = [
    ...[wholeOf('endpoints', count), wholeOf('interval', interval), wholeOf('freeze', frozen)],
    ...[wholeOf('influx', influx), wholeOf('full', full), wholeOf('seed', chosen, 0)],
  ];
  const [endpoints, intervalMs, freezeS, influxS, fullS, seed] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const say = (line: string) => console.log(line);
  const rows = await drillCluster({ endpoints, intervalMs, freezeS, influxS, fullS, seed, only, say });
  console.log(`\n${formatTable(rows)}`);
  return rows.every(({ holds }) => holds !== false);
}

/** Why it cannot run here. */
export async function drillMissing(): Promise<string | null> {
  const server = await postgresServer();
  return typeof server === 'string' ? server : (influxMissing() ?? mosquittoMissing());
}

export async function drillCluster(options: ClusterDrillOptions): Promise<Row[]> {
  const missing = await drillMissing();
  if (missing !== null) throw new Error(missing);
  const postgres = (await postgresServer()) as PostgresServer;
  const folder = temporaryFolder();
  const receiver = await openReceiver(() => [200]);
  const influxDisk = smallDisk(influxDiskMb);
  const within = typeof influxDisk === 'string' ? {} : { within: influxDisk.path };
  const [influx, broker] = [await startInflux(within), await startMosquitto()];
  const cluster: Cluster = {
    collectors: [],
    broker,
    influx,
    influxDisk,
    postgres,
    options,
    takeOvers: [],
    foundGone: 0,
  };
  const fleet: Numbered[] = [];
  const { say, endpoints, intervalMs, seed } = options;
  const telling = setInterval(() => {
    const generated = fleet.reduce((sum, one) => sum + one.generated, 0);
    const waiting = fleet.reduce((sum, one) => sum + one.waiting, 0);
    say(`  ${generated} reports made, ${waiting} not acknowledged yet`);
  }, tellEveryMs);
  try {
    for (const name of ['keel-1', 'keel-2', 'keel-3']) await begin(cluster, folder.path, name, receiver.url);
    const machines = Array.from({ length: endpoints }, (_, n) => ({ ...makeMachine(7, n), kind: 'server' as const }));
    const [first] = cluster.collectors as [Collector];
    const token = await tokenOf(cluster);
    const code = await makeCode(first.http, token, endpoints);
    const credentials = [];
    for (const machine of machines) credentials.push(await enroll(code, machine));
    const users = credentials.map(({ endpoint, secret }) => ({ name: endpoint, verifier: verifierOf(secret) }));
    const own = { name: collectorUser.name, verifier: verifierOf(collectorUser.password) };
    broker.write('passwd', passwordFile([own, ...users]));
    broker.reload();
    for (const [n, credential] of credentials.entries()) {
      const there = { ...credential, mqtt: { ...credential.mqtt, url: broker.url } };
      fleet.push(startNumbered(there, n, intervalMs, seed * 1000 + n));
    }
    await until(() => fleet.every(({ isConnected }) => isConnected), settleMs, 'the fleet to be connected');
    await until(() => fleet.every(({ generated }) => generated > 0), intervalMs + settleMs, 'a report of each');
    if (!(await drained(fleet, intervalMs)))
      throw new Error(
        `reports are not acknowledged before any fault:\n${cluster.collectors.map(({ running }) => running.stderr().slice(-2000)).join('\n')}`,
      );
    const breaches: { path: string; hostname: string }[] = [];
    for (const [name, fault] of Object.entries(clusterFaults)) {
      if (options.only.length > 0 && !options.only.includes(name)) continue;
      say(`${name} …`);
      const who = (breaches.length * 37) % endpoints;
      const path = `/drill-${name}`;
      const going = fault(cluster);
      fleet[who]?.breach(path);
      breaches.push({ path, hostname: machines[who]?.hostname ?? '' });
      await going;
      await until(
        () => heardOf(receiver.received, breaches.at(-1)).length > 0,
        settleMs,
        `the message of ${name}`,
      ).catch(() => say(`  no message of ${name} within ${settleMs / 1000} s`));
      await drained(fleet, intervalMs);
    }
    for (const one of fleet) one.quiet();
    await until(() => fleet.every(({ waiting }) => waiting === 0), settleMs, 'acknowledgements').catch(() => undefined);
    // A message that was sent and not marked comes once more.
    await pause(5000);
    const generated = fleet.flatMap((one) => one.numbers());
    const stored = await storedWhenWritten(influx, generated.length);
    const absent = generated.filter((number) => !stored.has(number));
    const lost = absent.length;
    if (lost > 0) {
      say(`  lost (endpoint × 1,000,000 + its report): ${absent.slice(0, 100).join(', ')}`);
      for (const { name, running } of cluster.collectors) say(`  ${name}:\n${running.stderr().slice(-4000)}`);
    }
    const heard = breaches.map((breach) => heardOf(receiver.received, breach));
    const alerts = Number(postgres.run(database, "select count(*) from alerts where rule = 'disk-space'"));
    const slowest = Math.max(0, ...cluster.takeOvers);
    const froze = options.only.length === 0 || options.only.includes('freeze');
    return [
      { what: 'reports generated', figure: generated.length },
      { what: 'reports lost', figure: lost, holds: lost === 0 && generated.length > 0 },
      {
        what: 'values that nobody sent',
        figure: stored.size - (generated.length - lost),
        holds: stored.size === generated.length - lost,
      },
      { what: 'breaches', figure: breaches.length },
      { what: 'alerts of them', figure: alerts, holds: alerts === breaches.length },
      {
        what: 'breaches never notified',
        figure: heard.filter(({ length }) => length === 0).length,
        holds: heard.every(({ length }) => length > 0),
      },
      { what: 'breaches notified twice', figure: heard.filter(({ length }) => length === 2).length },
      {
        what: 'breaches notified more often',
        figure: heard.filter(({ length }) => length > 2).length,
        holds: heard.every(({ length }) => length <= 2),
      },
      { what: 'leaders taken over', figure: cluster.takeOvers.length },
      { what: 'ms of the slowest', figure: slowest, holds: slowest <= takeOverMs },
      ...(froze
        ? [
            {
              what: 'frozen ones that found their leases gone',
              figure: cluster.foundGone,
              holds: cluster.foundGone > 0,
            },
          ]
        : []),
    ];
  } finally {
    clearInterval(telling);
    for (const one of fleet) one.stop();
    for (const { running } of cluster.collectors) {
      running.child.kill('SIGCONT');
      running.child.kill('SIGKILL');
      await running.ended;
    }
    await Promise.all([receiver.close(), influx.close(), broker.close()]);
    for (const disk of [influxDisk, ...cluster.collectors.map((one) => one.disk)])
      if (typeof disk !== 'string') disk.remove();
    folder.remove();
  }
}

async function begin(cluster: Cluster, folder: string, name: string, webhook: string): Promise<void> {
  const home = join(folder, name);
  mkdirSync(home);
  const config = join(home, 'evenkeel.yaml');
  writeFileSync(join(home, 'broker.password'), collectorUser.password, { mode: 0o600 });
  writeFileSync(
    config,
    `state: ${cluster.postgres.url(database)}
series: { kind: influx, url: "${cluster.influx.url}", database: ${database} }
broker: { url: "${cluster.broker.url}", password_file: broker.password }
cluster: { name: ${name}, address: "127.0.0.1:${await freePort()}" }
tickets: { openAfter: 0s }
outgoing: { allow: [127.0.0.1] }
notify: { by: [rule, endpoint, path], wait: 0s, interval: 0s }
channels: [{ name: people, kind: webhook, url: "${webhook}" }]
rules: [{ id: disk-space, for_s: 0 }]
`,
  );
  const disk = smallDisk(collectorDiskMb);
  const data = join(typeof disk === 'string' ? home : disk.path, 'data');
  const port = await freePort();
  const words = ['start', '--data', data, '--http-port', String(port), '--config', config];
  const collector = { name, words, data, disk, http: `http://127.0.0.1:${port}`, running: runCollector(words) };
  cluster.collectors.push(collector);
  await isUp(collector);
}

async function isUp({ name, running }: Collector): Promise<void> {
  let isOver = false;
  void running.ended.then(() => {
    isOver = true;
  });
  await until(() => isOver || running.stdout().includes('Stop it with'), 60_000, `the start of ${name}`);
  if (isOver) throw new Error(`${name} did not start:\n${running.stdout()}\n${running.stderr()}`);
}

const holderOf = ({ postgres }: Cluster) =>
  postgres.run(database, "select name from collectors join leases on holder = instance where item = 'leader'").trim();
const named = (cluster: Cluster, name: string) =>
  cluster.collectors.find((one) => one.name === name) ?? (cluster.collectors[0] as Collector);
const leaderOf = (cluster: Cluster) => named(cluster, holderOf(cluster));
const otherOf = (cluster: Cluster) =>
  cluster.collectors.find(({ name }) => name !== holderOf(cluster)) ?? (cluster.collectors[0] as Collector);

async function tokenOf(cluster: Cluster): Promise<string> {
  const { readFileSync } = await import('node:fs');
  const file = join(leaderOf(cluster).data, 'local.token');
  let token = '';
  const read = () => {
    try {
      token = readFileSync(file, 'utf8').trim();
    } catch {
      // The leader is just opening.
    }
    return token !== '';
  };
  await until(read, 30_000, 'the token of the leader');
  return token;
}

/** Pages come from a leader again. */
async function isAnswered(cluster: Cluster, besides: Collector): Promise<void> {
  const { http } = cluster.collectors.find((one) => one !== besides) as Collector;
  const answers = async () =>
    (await fetch(`${http}/healthz`, { signal: AbortSignal.timeout(2000) }).catch(() => null))?.ok === true;
  await until(async () => holderOf(cluster) !== besides.name && (await answers()), 60_000, 'another leader');
}

async function killed(cluster: Cluster, collector: Collector): Promise<void> {
  const wasLeader = holderOf(cluster) === collector.name;
  const since = performance.now();
  collector.running.child.kill('SIGKILL');
  await collector.running.ended;
  if (wasLeader) {
    await isAnswered(cluster, collector);
    cluster.takeOvers.push(Math.round(performance.now() - since));
  }
  await pause(2000);
  collector.running = runCollector(collector.words);
  await isUp(collector);
}

async function freeze(cluster: Cluster): Promise<void> {
  const collector = leaderOf(cluster);
  const since = performance.now();
  collector.running.child.kill('SIGSTOP');
  await isAnswered(cluster, collector);
  cluster.takeOvers.push(Math.round(performance.now() - since));
  await pause(Math.max(0, cluster.options.freezeS * 1000 - (performance.now() - since)));
  collector.running.child.kill('SIGCONT');
  await until(
    () => /did not renew in time/.test(collector.running.stderr()),
    15_000,
    'that it finds its leases gone',
  ).then(
    () => cluster.foundGone++,
    () => undefined,
  );
}

async function filled({ options }: Cluster, disk: SmallDisk | string): Promise<void> {
  if (typeof disk === 'string') return options.say(`  no disk was filled: ${disk}`);
  disk.fill();
  await pause(options.fullS * 1000);
  disk.free();
}

const heardOf = (received: Parameters<typeof keysOf>[0], breach: Parameters<typeof keysOf>[1] | undefined) =>
  breach ? keysOf(received, breach) : [];

/** What waits is what the last interval has made. */
const drained = (fleet: readonly Numbered[], intervalMs: number) =>
  until(
    () => fleet.reduce((sum, { waiting }) => sum + waiting, 0) <= Math.max(2, (fleet.length * 2500) / intervalMs),
    settleMs,
    'acknowledgements',
  ).then(
    () => true,
    () => false,
  );

/** Each value of the numbered metric that InfluxDB has, once as many are there as were sent. */
async function storedWhenWritten(influx: InfluxServer, count: number): Promise<Set<number>> {
  let stored = new Set<number>();
  const read = async () => {
    const { results } = await influx.ask(`select available from ${database}.evenkeel_raw.mem`);
    const fallback = results[0]?.series
      ? results
      : (await influx.ask(`select available from ${database}..mem`)).results;
    stored = new Set(fallback[0]?.series?.flatMap(({ values }) => values.map((value) => Number(value[1]))));
    return stored.size >= count;
  };
  await until(read, settleMs, 'all of it in InfluxDB').catch(() => undefined);
  return stored;
}
