/** What is particular to InfluxDB: what others find in it, lines that it refuses, and what happens while it is away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type InfluxOptions, openInflux } from '../../../collector/series/influx/influx.ts';
import { safeTags } from '../../../collector/series/influx/points.ts';
import { rangesOf } from '../../../collector/series/influx/rollups.ts';
import type { OpenedStore } from '../../../collector/series/store.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import { arrival, clockAt, cpu, epochA, hour, metric, minute, noon } from '../../contract/series.ts';
import { forEver, freshDatabase, type InfluxServer, influxMissing, startInflux } from '../../support/influxdb.ts';
import { until } from '../../support/until.ts';

const test = suite('influx');
const missing = influxMissing();
if (missing !== null) console.log(`\nSKIP influxdb: ${missing}`);
const onServer = missing === null ? test : test.skip;

let server: InfluxServer;
let database: string;
let folder: string;
let store: OpenedStore | null = null;
let fake: Server | null = null;
const sockets = new Set<Socket>();

test.before(async () => {
  if (missing === null) server = await startInflux({ auth: true });
});
test.after(() => server?.close());
test.before.each(() => {
  database = freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'evenkeel-influx-test-'));
});
test.after.each(async () => {
  await store?.close();
  store = null;
  for (const socket of sockets) socket.destroy();
  fake?.close();
  fake = null;
  rmSync(folder, { recursive: true, force: true });
});

const admin = { username: 'admin', password: 'admin password' };
async function open(options: Partial<InfluxOptions> = {}, clock = clockAt(noon)): Promise<OpenedStore> {
  const parts = { folder, clock, log: silentLog, retention: forEver, commitEveryMs: 1, deadlineMs: 1000 };
  store = await openInflux({ ...parts, url: server?.url, database, ...admin, ...options });
  return store;
}
async function again(options: Partial<InfluxOptions> = {}): Promise<OpenedStore> {
  await store?.close();
  return open(options);
}
const rows = async (statement: string) =>
  (await server.ask(statement)).results[0]?.series?.flatMap(({ values }) => values) ?? [];
const counted = async (from: OpenedStore, endpoint = 'one') => {
  const ask = { endpoint, metrics: ['cpu.usage_active'], agg: 'count' as const, from: noon - 24 * hour, to: noon };
  const { series } = await from.query(ask);
  return series.flatMap(({ points }) => points).reduce((sum, [, value]) => sum + (value ?? 0), 0);
};
/** A server of our own on a free port. */
async function listen(answer: (socket: Socket) => void): Promise<string> {
  fake = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  await new Promise<void>((resolve) => fake?.listen(0, '127.0.0.1', resolve));
  const address = fake.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

onServer('what others find: names and tags of Telegraf, a default policy in a database of our own', async () => {
  const opened = await open({ tagsOf: () => ({ host: 'pc 7, room=2\\', site: 'Zürich' }) });
  await opened.append(cpu('one', 1, 42, noon - minute));
  assert.is(await counted(opened), 1);
  const found = await rows(`select usage_active, cpu, host, site, endpoint from ${database}..cpu`);
  assert.equal(
    found.map((row) => row.slice(1)),
    [[42, 'cpu-total', 'pc 7, room=2', 'Zürich', 'one']],
  );
});

onServer('before anything was reported a chart is empty, and the database is there', async () => {
  const opened = await open();
  assert.is(await counted(opened), 0);
  assert.is((await rows(`show retention policies on ${database}`)).length, 4);
});

onServer('a database that is dropped is made again, and what comes then is stored', async () => {
  const opened = await open();
  await opened.append(cpu('one', 1, 42, noon - minute));
  assert.is(await counted(opened), 1);
  await server.ask(`drop database ${database}`);
  await opened.append(cpu('one', 2, 42, noon - 2 * minute));
  await until(
    () =>
      counted(opened).then(
        (n) => n === 1,
        () => false,
      ),
    10_000,
    'the database',
  );
  assert.is(opened.stats().quarantined, 0);
});

onServer('a database that was there before keeps its own default policy', async () => {
  await server.ask(`create database ${database}`);
  const opened = await open();
  await opened.append(cpu('one', 1, 42, noon - minute));
  assert.is(await counted(opened), 1);
  const policies = await rows(`show retention policies on ${database}`);
  assert.equal(
    policies.filter((row) => row.at(-1) === true).map(([name]) => name),
    ['autogen'],
  );
  assert.equal(policies.map(([name]) => name).sort(), ['autogen', 'evenkeel_1h', 'evenkeel_5m', 'evenkeel_raw']);
});

onServer('other retention in the settings changes the policy', async () => {
  const opened = await open();
  await opened.append(cpu('one', 1, 42, noon - minute));
  assert.is(await counted(opened), 1);
  const next = await again({ retention: { ...forEver, '5m': 200 * 24 * hour } } as never);
  await next.append(cpu('one', 2, 42, noon - 2 * minute));
  assert.is(await counted(next), 2);
  const policies = new Map((await rows(`show retention policies on ${database}`)).map(([name, kept]) => [name, kept]));
  assert.is(policies.get('evenkeel_5m'), '4800h0m0s');
});

onServer('rollups: computed once over, twice the same, and again for what comes late', async () => {
  const opened = await open();
  let seq = 0;
  for (let i = 1; i <= 120; i++) void opened.append(cpu('one', ++seq, i, noon - i * minute));
  await opened.append(cpu('two', 1, 7, noon - 3 * minute));
  const rolledUp = async () =>
    (await rows(`select count_usage_active from ${database}.evenkeel_5m.cpu`)).map(([, n]) => n);
  const sum = (numbers: unknown[]) => numbers.reduce((all: number, n) => all + Number(n), 0);
  await opened.compact();
  const first = await rolledUp();
  assert.is(sum(first), 121);
  const hours = await rows(
    `select sum_usage_active, max_usage_active from ${database}.evenkeel_1h.cpu where endpoint = 'one'`,
  );
  assert.equal(
    hours.map((row) => row.slice(1)),
    [
      [7260 - 1830, 120],
      [1830, 60],
    ],
  );
  await opened.append(cpu('one', ++seq, 1000, noon - 30 * minute - 1));
  // Before it is computed again the chart reads raw samples of that bucket.
  assert.is(await counted(opened), 121);
  assert.is(sum(await rolledUp()), 121);
  await opened.compact();
  assert.is(sum(await rolledUp()), 122);
  assert.is((await rolledUp()).length, first.length);
  assert.is(await counted(opened), 121);
  const next = await again();
  assert.is(await counted(next), 121);
});

onServer('buckets that wait for their rollup are known after a restart', async () => {
  const opened = await open();
  await opened.append(cpu('one', 1, 1, noon - 30 * minute));
  assert.is(await counted(opened), 1);
  const next = await again();
  assert.is(await counted(next), 1);
  await next.compact();
  assert.is((await rows(`select count_usage_active from ${database}.evenkeel_5m.cpu`)).length, 1);
});

onServer('a field that is text there already: the bad line is put aside alone, the others are stored', async () => {
  await (await open()).append(cpu('one', 1, 1, noon - minute));
  assert.is(await counted(store as OpenedStore), 1);
  const wrong = `disk,endpoint=one,host=one used_percent="full" ${noon}`;
  await fetch(`${server.url}/write?db=${database}&rp=evenkeel_raw&precision=ms`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('admin:admin password').toString('base64')}` },
    body: wrong,
  });
  const opened = store as OpenedStore;
  for (let seq = 2; seq <= 40; seq++) void opened.append(cpu('one', seq, seq, noon - seq * minute));
  await opened.append(arrival('one', 41, [metric('disk', { used_percent: 5 }, noon - minute)]));
  assert.is(await counted(opened), 40);
  assert.is(opened.stats().quarantined, 1);
  assert.is(opened.stats().trouble, null);
});

onServer('tags are made fit: whatever they hold, no line is refused and none forges another', async () => {
  const opened = await open();
  const nasty = [
    '\\',
    'a\\',
    'C:\\',
    'x\ny v=1',
    'q"\'',
    '',
    ' ',
    'a=b,c d',
    '\ud800',
    '\u007f\t',
    '日本語',
    '\\\\n\\',
  ];
  for (const [i, path] of nasty.entries())
    await opened.append(
      arrival('one', i + 1, [metric('disk', { used_percent: i }, noon - minute, { path, host: path })]),
    );
  const { series } = await opened.query({
    endpoint: 'one',
    metrics: ['disk.used_percent'],
    from: noon - hour,
    to: noon,
    agg: 'max',
  });
  assert.is(opened.stats().quarantined, 0);
  // Those of which nothing is left have become one line.
  assert.ok(series.length >= nasty.length - 2, `${series.length} lines`);
  assert.equal(await rows(`show measurements on ${database}`), [['disk']]);
});

for (const [what, make, words] of [
  [
    'a wrong password',
    async () => ({ ...admin, password: 'wrong' }),
    /refuses user "admin".*authorization failed.*password_file/,
  ],
  ['a user who does not exist', async () => ({ username: 'nobody', password: 'x' }), /refuses user "nobody"/],
  [
    'a missing database that the user may not make',
    async () => {
      await server.ask(`create user "plain_${database}" with password 'pw'`);
      return { username: `plain_${database}`, password: 'pw' };
    },
    /as an administrator run: create database/,
  ],
  [
    'a user who may only read',
    async () => {
      await server.ask(`create database ${database}`);
      for (const [policy, kept] of [
        ['raw', '87600h'],
        ['5m', '876000h'],
        ['1h', '876000h'],
      ])
        await server.ask(`create retention policy "evenkeel_${policy}" on ${database} duration ${kept} replication 1`);
      await server.ask(`create user "reader_${database}" with password 'pw'`);
      await server.ask(`grant read on ${database} to "reader_${database}"`);
      return { username: `reader_${database}`, password: 'pw' };
    },
    /refuses user "reader_.*may write/,
  ],
] as const) {
  onServer(`${what}: said in words, acknowledged all the same, and all there once it is put right`, async () => {
    const opened = await open(await make());
    for (let seq = 1; seq <= 20; seq++)
      assert.is(await opened.append(cpu('one', seq, seq, noon - seq * minute)), 'stored');
    assert.equal(opened.receipt('one', epochA), { epoch: epochA, through: 20, also: [] });
    await until(() => opened.stats().trouble !== null, 10_000, 'the trouble');
    assert.match(String(opened.stats().trouble), words);
    assert.is(opened.stats().appendsWait, null);
    const refused: EvenkeelError = await counted(opened).catch((thrown) => thrown);
    assert.equal([refused.code, refused.status], ['SERIES_UNAVAILABLE', 503]);
    assert.is(opened.latest('one')[0]?.value, 1);
    const next = await again();
    assert.is(await counted(next), 20);
    assert.is(next.stats().trouble, null);
  });
}

for (const [what, answer] of [
  ['accepts and says nothing', () => undefined],
  [
    'sends headers and stalls',
    (socket: Socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n')),
  ],
  [
    'sends headers and hangs up',
    (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 204 OK\r\ncontent-length: 100\r\n\r\n')),
  ],
  [
    'is a proxy that refuses everything',
    (socket: Socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nnope')),
  ],
  [
    'is busy',
    (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n')),
  ],
] as const) {
  onServer(
    `a server that ${what}: reports are acknowledged, nothing is thrown away, and the end does not wait`,
    async () => {
      const opened = await open({ url: await listen(answer) });
      for (let seq = 1; seq <= 5; seq++)
        assert.is(await opened.append(cpu('one', seq, seq, noon - seq * minute)), 'stored');
      await until(() => opened.stats().trouble !== null, 10_000, 'the trouble');
      assert.match(String(opened.stats().trouble), /cannot be used/);
      const began = performance.now();
      await opened.close();
      assert.ok(performance.now() - began < 5000, 'it ends');
      const next = await again();
      assert.is(await counted(next), 5);
      assert.is(next.stats().quarantined, 0);
    },
  );
}

onServer('InfluxDB frozen, then killed, under load: generated = stored', async () => {
  const opened = await open({}, systemClock);
  const began = Date.now();
  let seq = 0;
  let stored = 0;
  let slowest = 0;
  const load = setInterval(() => {
    for (const endpoint of ['e1', 'e2', 'e3', 'e4']) {
      const sent = performance.now();
      void opened.append({ ...cpu(endpoint, seq + 1, seq, began + seq * 20), receivedAt: Date.now() }).then(() => {
        stored += 1;
        slowest = Math.max(slowest, performance.now() - sent);
      });
    }
    seq += 1;
  }, 20);
  const awayMs = Number(process.env.INFLUX_AWAY_MS ?? 5000);
  await pause(1000);
  server.freeze();
  await pause(awayMs / 2);
  assert.ok(opened.stats().trouble, 'it says that InfluxDB is away');
  await server.kill();
  await pause(awayMs / 2);
  await server.start();
  await pause(1000);
  clearInterval(load);
  await until(() => opened.stats().trouble === null, 30_000, 'InfluxDB to be used again');
  await opened.compact();
  assert.is(stored, seq * 4);
  let there = 0;
  for (const endpoint of ['e1', 'e2', 'e3', 'e4'])
    there += Number(
      (
        await rows(`select count(usage_active) from ${database}.evenkeel_raw.cpu where endpoint = '${endpoint}'`)
      )[0]?.[1],
    );
  assert.is(there, seq * 4);
  console.log(
    `\nFIGURE influx away ${awayMs} ms: generated ${seq * 4}, acknowledged ${stored}, stored ${there}, slowest ack ${slowest.toFixed(0)} ms`,
  );
});

test('tags: what is left of them', () => {
  assert.equal(safeTags({ a: 'x\\\\', b: '\\', c: 'a\nb', host: 'h', time: 't' }), {
    a: 'x',
    c: 'a\ufffdb',
    host_: 'h',
    time_: 't',
  });
});

test('buckets side by side are one range, up to a width', () => {
  assert.equal(rangesOf([0, 5, 10, 20], 5, 10), [
    { from: 0, to: 10 },
    { from: 10, to: 15 },
    { from: 20, to: 25 },
  ]);
});

test.run();
