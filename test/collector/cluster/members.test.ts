/** Whole collectors of this process on one PostgreSQL and one InfluxDB, both real; between them and agents an exchange for a broker. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

async function member(scene: Scene, name: string): Promise<Member> {
  const folder = temporaryFolder();
  scene.folders.push(folder);
  writeFileSync(join(folder.path, 'broker.password'), 'not used: the exchange stands for it', { mode: 0o600 });
  writeFileSync(
    join(folder.path, 'evenkeel.yaml'),
    `state: ${scene.database}
series: { kind: influx, url: "${influxServer.url}", database: ${scene.influx} }
cluster: { name: ${name}, address: "127.0.0.1:0" }
broker: { url: "mqtt://127.0.0.1:1", password_file: broker.password }
agents: { interval: 1s }
`,
  );
  const { config } = loadConfig({ data: join(folder.path, 'data'), httpPort: '0' }, {}, folder.path);
  const deps = { clock: systemClock, log: logOf(name), version: 'test', web: 'none', source: scene.exchange.open };
  const collector = createCollector(config, deps);
  const started = await collector.start();
  const one = { name, collector, started, url: started.addresses.http };
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
const deskOf = (scene: Scene) =>
  scene.state
    .selectFrom('leases')
    .innerJoin('collectors', 'instance', 'holder')
    .select('name')
    .where('item', '=', 'desk')
    .executeTakeFirst();

onServers('pages are the same from any of them, and a report is kept by one and judged by the desk', async (scene) => {
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
  const { items } = shown as { items: { name: string; hasDesk: boolean; isGone: boolean; buckets: number }[] };
  assert.equal(
    items.map(({ name, hasDesk, isGone, buckets }) => ({ name, hasDesk, isGone, buckets })),
    [
      { name: 'keel-1', hasDesk: true, isGone: false, buckets: 128 },
      { name: 'keel-2', hasDesk: false, isGone: false, buckets: 128 },
    ],
  );
  const own = await fetch(`${two.url}/metrics/collector`, { headers: { authorization: `Bearer ${scene.token}` } });
  assert.match(await own.text(), /^evenkeel_collector_buckets 128$/m);
  const acks = () =>
    scene.exchange.sent.filter(({ leaf, message }) => leaf === 'ack' && (message as { through: number }).through === 1);
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
});

onServers('when the collector with the desk ends another takes it, and goes on where it was', async (scene) => {
  const one = await member(scene, 'keel-1');
  const two = await member(scene, 'keel-2');
  assert.is((await deskOf(scene))?.name, 'keel-1');
  const code = await makeCode(two.url, scene.token, 5);
  const { endpoint } = await enroll(code, makeMachine(1, 1));
  assert.is(await scene.exchange.publish(endpoint, 'presence', birth), 'acknowledged');
  assert.is(await scene.exchange.publish(endpoint, 'report', reportOf(7, 77)), 'acknowledged');
  await one.collector.stop();
  scene.members.shift();
  await until(async () => (await deskOf(scene))?.name === 'keel-2', 15_000, 'the desk at keel-2');
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
  'what is no plain report is saved by the desk first: inventory, a backlog, and what nobody can read',
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

test.run();
