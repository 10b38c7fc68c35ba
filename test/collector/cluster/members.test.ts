/** Whole collectors of this process on one PostgreSQL and one InfluxDB, both real; between them and agents an exchange for a broker. */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pino from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTokens } from '../../../collector/accounts/tokens.ts';
import { type Collector, createCollector, type Started } from '../../../collector/collector.ts';
import { loadConfig } from '../../../collector/settings/config.ts';
import { postgresPlace } from '../../../collector/state/drivers/postgres-address.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { UpLeaf } from '../../../shared/topics.ts';
import { enroll, makeCode } from '../../simulate/enroll.ts';
import { makeMachine } from '../../simulate/machine.ts';
import { createExchange, type Exchange } from '../../support/exchange.ts';
import { freshDatabase, type InfluxServer, influxMissing, startInflux } from '../../support/influxdb.ts';
import { postgresServer } from '../../support/postgres.ts';
import { temporaryFolder, until } from '../../support/processes.ts';

const server = await postgresServer();
const missing = typeof server === 'string' ? server : influxMissing();
if (missing !== null) console.log(`\nSKIP influxdb or postgresql: ${missing}`);

interface Scene {
  exchange: Exchange;
  state: State;
  token: string;
  database: string;
  influx: string;
  members: Member[];
  folders: { remove(): void }[];
}
interface Member {
  name: string;
  folder: string;
  collector: Collector;
  started: Started;
  url: string;
}

const test = suite<Scene>('cluster: collectors', {} as Scene);
const onServers = missing === null ? test : test.skip;
let influxServer: InfluxServer;
let count = 0;

test.before(async () => {
  if (missing === null) influxServer = await startInflux();
});
test.after(() => influxServer?.close());

const logOf = (name: string) => pino({ level: process.env.SHOW_LOG ?? 'silent', name, base: { name } });

function newFolder(scene: Scene): string {
  const folder = temporaryFolder();
  scene.folders.push(folder);
  return folder.path;
}

async function member(scene: Scene, name: string, folder = newFolder(scene)): Promise<Member> {
  writeFileSync(join(folder, 'broker.password'), 'not used: the exchange stands for it', { mode: 0o600 });
  writeFileSync(
    join(folder, 'evenkeel.yaml'),
    `state: ${scene.database}
series: { kind: influx, url: "${influxServer.url}", database: ${scene.influx} }
cluster: { name: ${name}, address: "127.0.0.1:0" }
broker: { url: "mqtt://127.0.0.1:1", password_file: broker.password }
agents: { interval: 1s }
`,
  );
  const { config } = loadConfig({ data: join(folder, 'data'), httpPort: '0' }, {}, folder);
  const deps = { clock: systemClock, log: logOf(name), version: 'test', web: 'none', source: scene.exchange.open };
  const collector = createCollector(config, deps);
  const started = await collector.start();
  const one = { name, folder, collector, started, url: started.addresses.http };
  scene.members.push(one);
  return one;
}

test.before.each(async (scene) => {
  if (typeof server === 'string' || missing !== null) return;
  scene.exchange = createExchange();
  scene.database = server.url(`members_${++count}`);
  scene.influx = freshDatabase();
  [scene.members, scene.folders] = [[], []];
  scene.state = await openState({ ...postgresPlace(scene.database, null, null), isShared: true });
  scene.token = (await createTokens(scene.state, Date.now).create({ name: 'test', role: 'admin', by: 'test' })).secret;
});
test.after.each(async ({ members, state, folders }) => {
  for (const { collector } of members) await collector.stop();
  await state?.destroy();
  for (const folder of folders ?? []) folder.remove();
});

const send = async ({ token }: Scene, method: 'POST' | 'DELETE', url: string, body?: object) => {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  assert.ok(response.ok, `${url}: ${response.status} ${await response.clone().text()}`);
  return response.status === 204 ? null : ((await response.json()) as { done?: boolean });
};
/** What stands about an endpoint in the journal of a collector, and where it names `tag`. */
function inJournal({ started }: Pick<Member, 'started'>, endpoint: string): { rows: number; names: number } {
  // The collector keeps its journal to itself: what is read is a copy.
  const folder = temporaryFolder();
  for (const name of ['journal.db', 'journal.db-wal'])
    if (existsSync(join(started.data, 'series', name)))
      copyFileSync(join(started.data, 'series', name), join(folder.path, name));
  const database = new DatabaseSync(join(folder.path, 'journal.db'));
  const count = (text: string, value: string) => Number(database.prepare(text).get(value)?.n);
  try {
    const of = 'where endpoint = (select id from endpoints where name = ?)';
    const rows =
      count(`select count(*) n from receipts ${of}`, endpoint) + count(`select count(*) n from series ${of}`, endpoint);
    return { rows, names: count(`select count(*) n from lines where tags like '%' || ? || '%'`, `of-${endpoint}`) };
  } finally {
    database.close();
    folder.remove();
  }
}
const isGone = (one: Pick<Member, 'started'>, endpoint: string) => {
  const { rows, names } = inJournal(one, endpoint);
  return rows === 0 && names === 0;
};
const chartOf = async (scene: Scene, { url }: Member, endpoint: string) => {
  const span = `from=${Date.now() - 60_000}&to=${Date.now() + 1000}`;
  const { body } = await get(scene, `${url}/api/v1/endpoints/${endpoint}/series?metric=cpu.usage_active&${span}`);
  return JSON.stringify(body);
};

const get = async ({ token }: Scene, url: string) => {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as never };
};
const epoch = 'ab'.repeat(16);
const reportOf = (seq: number, value: number, at = Date.now()) => ({
  ...{ v: 1, epoch, seq, at, interval_s: 1 },
  metrics: [{ name: 'cpu', tags: { cpu: 'cpu-total' }, fields: { usage_active: value }, timestamp: at }],
});
const birth = {
  v: 1,
  state: 'online',
  session: 'a1'.repeat(8),
  boot_id: 'b1',
  started_at: Date.now(),
  previous_shutdown: 'clean',
  version: '0.1.0',
};
async function isShared({ state }: Scene): Promise<boolean> {
  const holders = (await state.selectFrom('leases').select('holder').execute()).map(({ holder }) => holder);
  return holders.length === 257 && !holders.includes(null) && new Set(holders).size === 2;
}
const leaderOf = (scene: Scene) =>
  scene.state
    .selectFrom('leases')
    .innerJoin('collectors', 'instance', 'holder')
    .select('name')
    .where('item', '=', 'leader')
    .executeTakeFirst();

onServers(
  'pages are the same from any of them, and a report is kept by one and judged by the leader',
  async (scene) => {
    const [one, two] = [await member(scene, 'keel-1'), await member(scene, 'keel-2')];
    await until(() => isShared(scene), 15_000, 'a share for both');
    const code = await makeCode(two.url, scene.token, 20);
    const endpoints: string[] = [];
    for (let n = 0; n < 12; n++)
      endpoints.push((await enroll({ ...code, url: n % 2 ? one.url : two.url }, makeMachine(1, n))).endpoint);
    for (const endpoint of endpoints) {
      assert.is(await scene.exchange.publish(endpoint, 'presence', birth), 'acknowledged', endpoint);
      assert.is(await scene.exchange.publish(endpoint, 'report', reportOf(1, 12)), 'acknowledged', endpoint);
    }
    for (const { url } of [one, two]) {
      const { body } = await get(scene, `${url}/api/v1/endpoints`);
      const rows = (body as { items: { id: string; state: string }[] }).items;
      assert.is(rows.length, 12);
      assert.ok(
        rows.every(({ state }) => state === 'online'),
        JSON.stringify(rows.map(({ state }) => state)),
      );
    }
    const { body: shown } = await get(scene, `${two.url}/api/v1/collectors`);
    const { items } = shown as { items: { name: string; isLeader: boolean; isGone: boolean; buckets: number }[] };
    assert.equal(
      items.map(({ name, isLeader, isGone, buckets }) => ({ name, isLeader, isGone, buckets })),
      [
        { name: 'keel-1', isLeader: true, isGone: false, buckets: 128 },
        { name: 'keel-2', isLeader: false, isGone: false, buckets: 128 },
      ],
    );
    const own = await fetch(`${two.url}/metrics/collector`, { headers: { authorization: `Bearer ${scene.token}` } });
    assert.match(await own.text(), /^evenkeel_collector_buckets 128$/m);
    const acks = () =>
      scene.exchange.sent.filter(
        ({ leaf, message }) => leaf === 'ack' && (message as { through: number }).through === 1,
      );
    await until(() => new Set(acks().map(({ endpoint }) => endpoint)).size === 12, 5000, 'an ack for each');
    const span = `from=${Date.now() - 60_000}&to=${Date.now() + 1000}`;
    for (const endpoint of endpoints)
      await until(
        async () => {
          const { status, body } = await get(
            scene,
            `${one.url}/api/v1/endpoints/${endpoint}/series?metric=cpu.usage_active&${span}`,
          );
          return status === 200 && JSON.stringify(body).includes('12');
        },
        10_000,
        `the chart of ${endpoint}`,
      );
  },
);

onServers('when the leader ends another takes it, and goes on where it was', async (scene) => {
  const one = await member(scene, 'keel-1');
  const two = await member(scene, 'keel-2');
  assert.is((await leaderOf(scene))?.name, 'keel-1');
  const code = await makeCode(two.url, scene.token, 5);
  const { endpoint } = await enroll(code, makeMachine(1, 1));
  assert.is(await scene.exchange.publish(endpoint, 'presence', birth), 'acknowledged');
  assert.is(await scene.exchange.publish(endpoint, 'report', reportOf(7, 77)), 'acknowledged');
  await one.collector.stop();
  scene.members.shift();
  await until(async () => (await leaderOf(scene))?.name === 'keel-2', 15_000, 'the leader at keel-2');
  const shown = async () => {
    const { status, body } = await get(scene, `${two.url}/api/v1/endpoints/${endpoint}`);
    return status === 200 && JSON.stringify((body as { latest: unknown }).latest).includes('77');
  };
  await until(shown, 10_000, 'its newest value, before it reports again');
  await until(
    async () => (await scene.exchange.publish(endpoint, 'report', reportOf(1, 5))) === 'acknowledged',
    15_000,
    'a report',
  );
  await until(
    async () => {
      const { body } = await get(scene, `${two.url}/api/v1/endpoints/${endpoint}`);
      return (body as { row: { state: string } }).row.state === 'online';
    },
    10_000,
    'that it is online',
  );
});

onServers(
  'what is no plain report is saved by the leader first: inventory, a backlog, and what nobody can read',
  async (scene) => {
    const [one, two] = [await member(scene, 'keel-1'), await member(scene, 'keel-2')];
    await until(() => isShared(scene), 15_000, 'a share for both');
    const code = await makeCode(two.url, scene.token, 20);
    const at = Date.now() - 3_600_000;
    for (let n = 0; n < 6; n++) {
      const { endpoint } = await enroll(code, makeMachine(2, n));
      const publish = (leaf: UpLeaf, message: object) => scene.exchange.publish(endpoint, leaf, message);
      assert.is(await publish('presence', birth), 'acknowledged');
      assert.is(
        await publish('inventory', { v: 1, epoch, seq: 1, section: 'hardware', data: { cpu: 'one' } }),
        'acknowledged',
      );
      assert.is(await publish('backlog', reportOf(2, 40, at)), 'acknowledged');
      assert.is(await publish('report', { v: 1, epoch, seq: 3, nonsense: true }), 'acknowledged');
      assert.is(
        await publish('report', { ...reportOf(5, 7), lost: [{ epoch, from: 4, to: 4, reason: 'quota', count: 1 }] }),
        'acknowledged',
      );
      const through = () =>
        scene.exchange.sent.findLast((one) => one.leaf === 'ack' && one.endpoint === endpoint)?.message as {
          through: number;
        };
      await until(() => through()?.through === 5, 5000, `an ack of all five (${JSON.stringify(through())})`);
      const rows = async (table: 'quarantine' | 'losses' | 'signals') =>
        (await scene.state.selectFrom(table).selectAll().where('endpoint', '=', endpoint).execute()) as {
          kind?: string;
        }[];
      assert.is((await rows('quarantine')).length >= 1, true, 'what cannot be read is kept');
      assert.ok((await rows('losses')).length >= 2, 'what will never come is declared');
      assert.ok(
        (await rows('signals')).some(({ kind }) => kind === 'backlog'),
        'the backlog proves that it was up',
      );
    }
    assert.ok(one && two);
  },
);

onServers('an endpoint that goes on for another has its past at the next leader, too', async (scene) => {
  const [one, two] = [await member(scene, 'keel-1'), await member(scene, 'keel-2')];
  await until(() => isShared(scene), 15_000, 'a share for both');
  const code = await makeCode(one.url, scene.token, 5);
  const { endpoint: old } = await enroll(code, makeMachine(3, 1));
  const { endpoint: moved } = await enroll(code, makeMachine(3, 2));
  assert.is(await scene.exchange.publish(moved, 'presence', birth), 'acknowledged');
  assert.is(await scene.exchange.publish(moved, 'report', reportOf(1, 31.4159)), 'acknowledged');
  await send(scene, 'POST', `${one.url}/api/v1/endpoints/${moved}/replaces`, { endpoint: old });
  const hasPast = async (at: Member) => (await chartOf(scene, at, old)).includes('31.4159');
  await until(() => hasPast(two), 10_000, 'the chart');
  await one.collector.stop();
  scene.members.shift();
  await until(async () => (await leaderOf(scene))?.name === 'keel-2', 15_000, 'the leader at keel-2');
  await until(() => hasPast(two), 10_000, 'the same chart at the next leader');
});

onServers(
  'what is erased is erased everywhere: at a collector that runs, and at one that starts again',
  async (scene) => {
    const [one, two] = [await member(scene, 'keel-1'), await member(scene, 'keel-2')];
    await until(() => isShared(scene), 15_000, 'a share for both');
    const code = await makeCode(one.url, scene.token, 20);
    const of: string[] = [];
    for (let n = 0; of.length < 4; n++) {
      const machine = makeMachine(4, n);
      const { endpoint } = await enroll(code, machine);
      assert.is(await scene.exchange.publish(endpoint, 'presence', birth), 'acknowledged');
      const { metrics, ...report } = reportOf(1, 12);
      const own = metrics.map((metric) => ({ ...metric, tags: { cpu: `of-${endpoint}` } }));
      assert.is(await scene.exchange.publish(endpoint, 'report', { ...report, metrics: own }), 'acknowledged');
      if (!isGone(two, endpoint)) of.push(endpoint);
    }
    const erase = async (endpoint: string, at: Member) => {
      const { name } = await scene.state
        .selectFrom('endpoints')
        .select('name')
        .where('id', '=', endpoint)
        .executeTakeFirstOrThrow();
      await send(scene, 'DELETE', `${at.url}/api/v1/endpoints/${endpoint}`);
      const done = await send(scene, 'POST', `${at.url}/api/v1/endpoints/${endpoint}/erase`, { name, reason: 'sold' });
      assert.is(done?.done, true);
      assert.ok(isGone(one, endpoint), 'at the leader');
    };
    const [first, second, last] = of as [string, string, string];
    await erase(first, two);
    await until(async () => isGone(two, first), 10_000, 'that it is gone from the other collector');
    assert.not(isGone(two, second), 'what is not erased stays');

    await two.collector.stop();
    scene.members.pop();
    await until(async () => one.started !== null && (await leaderOf(scene))?.name === 'keel-1', 15_000, 'the leader');
    await erase(second, one);
    assert.not(isGone(two, second), 'nobody erases it where nothing runs');
    const again = await member(scene, 'keel-2', two.folder);
    await until(async () => isGone(again, second), 10_000, 'that it is gone after the start');
    assert.not(isGone(again, last), 'what is not erased stays');
  },
);

test.run();
