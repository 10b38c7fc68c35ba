/** What `bench scale` measures: one collector by itself, or several with the servers that they share; all of them real processes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresPlace } from '../../collector/state/drivers/postgres-address.ts';
import { openState } from '../../collector/state/open.ts';
import { influxMissing, startInflux } from '../support/influxdb.ts';
import { collectorUser, mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import { freePort } from '../support/port.ts';
import { type PostgresServer, postgresMissing, postgresServer } from '../support/postgres.ts';
import { type Running, runCollector, temporaryFolder, until } from '../support/processes.ts';
import { addEndpoints } from './intake-names.ts';

export interface Installation {
  http: string;
  /** Where endpoints connect. */
  mqtt: number;
  /** How many endpoints share a connection; null: none. */
  share: number | null;
  collectors: number[];
  servers: number[];
  token: string;
  /** From the link that the start printed. */
  setup: string;
  close(): Promise<void>;
}

export interface InstallationWish {
  endpoints: number;
  collectors: number;
  webhook: string;
  /** A broker of somebody else also for one collector. */
  isShared: boolean;
}

const perConnection = 250;
const startMs = 120_000;
let databases = 0;
const load = { user: 'load', password: 'load' };

/** Why such an installation can not be started here. */
export function installationMissing({
  collectors,
  isShared,
}: Pick<InstallationWish, 'collectors' | 'isShared'>): string | null {
  if (collectors > 1) return postgresMissing() ?? influxMissing() ?? mosquittoMissing();
  return isShared ? mosquittoMissing() : null;
}

const startBroker = () =>
  startMosquitto({
    users: { [load.user]: load.password },
    acl: [collectorUser.name, load.user].map((user) => `user ${user}\ntopic readwrite ek/v1/#\n`).join('\n'),
    lines: ['max_inflight_messages 0'],
  });

const notifying = (webhook: string) => `outgoing: { allow: [127.0.0.1] }
notify: { wait: 0s, by: [endpoint] }
channels: [{ name: people, kind: webhook, url: "${webhook}" }]
rules: [{ id: disk-read-only, for_s: 0 }]
`;

export async function startInstallation(wish: InstallationWish): Promise<Installation> {
  const folder = temporaryFolder();
  const closing: (() => Promise<unknown>)[] = [async () => folder.remove()];
  const close = async () => {
    for (const one of closing.reverse()) await one();
  };
  try {
    return await start(wish, folder.path, closing, close);
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function start(
  { endpoints, collectors, webhook, isShared }: InstallationWish,
  folder: string,
  closing: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Installation> {
  const isCluster = collectors > 1;
  const servers: number[] = [];
  let settings = notifying(webhook);
  let mqtt = await freePort();
  const home = (n: number) => join(folder, `keel-${n}`);
  for (let n = 1; n <= collectors; n++) mkdirSync(join(home(n), 'data'), { recursive: true });
  if (isCluster || isShared) {
    const broker = await startBroker();
    closing.push(broker.close);
    process.once('exit', broker.stopNow);
    servers.push(broker.pid());
    mqtt = broker.port;
    settings += `broker: { url: "${broker.url}", password_file: broker.password }\n`;
  }
  if (isCluster) {
    const postgres = (await postgresServer()) as PostgresServer;
    const url = postgres.url(`scale${++databases}`);
    const state = await openState(postgresPlace(url, null, null));
    await addEndpoints(state, endpoints).finally(() => state.destroy());
    const influx = await startInflux();
    closing.push(influx.close);
    process.once('exit', influx.stopNow);
    servers.push(influx.pid(), ...postgres.pids());
    settings += `state: ${url}\nseries: { kind: influx, url: "${influx.url}", database: scale }\n`;
  } else {
    const state = await openState(join(home(1), 'data', 'state.db'));
    await addEndpoints(state, endpoints).finally(() => state.destroy());
  }
  const running: { name: string; collector: Running; http: string; data: string }[] = [];
  for (let n = 1; n <= collectors; n++) {
    const [config, data, port] = [join(home(n), 'evenkeel.yaml'), join(home(n), 'data'), await freePort()];
    writeFileSync(join(home(n), 'broker.password'), collectorUser.password, { mode: 0o600 });
    const cluster = isCluster ? `cluster: { name: keel-${n}, address: "127.0.0.1:${await freePort()}" }\n` : '';
    writeFileSync(config, settings + cluster, { mode: 0o600 });
    const own = isCluster || isShared ? [] : ['--mqtt-port', String(mqtt)];
    const words = ['start', '--data', data, '--http-port', String(port), ...own, '--config', config];
    const collector = runCollector(words);
    const end = () => void collector.child.kill('SIGKILL');
    process.once('exit', end);
    closing.push(async () => {
      process.off('exit', end);
      end();
      await collector.ended;
    });
    let isOver = false;
    void collector.ended.then(() => {
      isOver = true;
    });
    await until(() => isOver || collector.stdout().includes('Stop it with'), startMs, `the start of keel-${n}`);
    if (isOver) throw new Error(`keel-${n} did not start:\n${collector.stdout()}\n${collector.stderr()}`);
    running.push({ name: `keel-${n}`, collector, http: `http://127.0.0.1:${port}`, data });
  }
  let token = '';
  const read = () => {
    for (const { data } of running)
      try {
        token ||= readFileSync(join(data, 'local.token'), 'utf8').trim();
      } catch {
        // The desk is elsewhere, or just opening.
      }
    return token !== '';
  };
  await until(read, startMs, 'the token of the desk');
  return {
    ...{ http: running[0]?.http ?? '', mqtt, token, servers, close },
    share: isCluster || isShared ? perConnection : null,
    setup: /\/setup#(\S+)/.exec(running[0]?.collector.stdout() ?? '')?.[1] ?? '',
    collectors: running.map(({ collector }) => collector.child.pid as number),
  };
}
