/** What is particular to InfluxDB: what others find in it, and what happens while it is away or refuses everything. */
import { createServer, type Server, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { cpu, epochA, hour, minute, noon } from '../../contract/series.ts';
import { influxSuite } from '../../support/influx-store.ts';
import { forEver } from '../../support/influxdb.ts';
import { until } from '../../support/until.ts';

const { test, onServer, used } = influxSuite('influx');
const { open, again, rows, counted, admin } = used;
let fake: Server | null = null;
const sockets = new Set<Socket>();
test.after.each(() => {
  for (const socket of sockets) socket.destroy();
  fake?.close();
  fake = null;
});
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
  const found = await rows(`select usage_active, cpu, host, site, endpoint from ${used.database}..cpu`);
  assert.equal(
    found.map((row) => row.slice(1)),
    [[42, 'cpu-total', 'pc 7, room=2', 'Zürich', 'one']],
  );
});

onServer('before anything was reported a chart is empty, and the database is there', async () => {
  const opened = await open();
  assert.is(await counted(opened), 0);
  for (const [suffix, policy] of [
    ['', 'raw'],
    ['_5m', '5m'],
    ['_1h', '1h'],
  ]) {
    const policies = await rows(`show retention policies on ${used.database}${suffix}`);
    assert.equal(
      policies.map((row) => [row[0], row.at(-1)]),
      [[`evenkeel_${policy}`, true]],
    );
  }
});

onServer('a database that is dropped is made again, and what comes then is stored', async () => {
  const opened = await open();
  await opened.append(cpu('one', 1, 42, noon - minute));
  assert.is(await counted(opened), 1);
  await used.server.ask(`drop database ${used.database}`);
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
  await used.server.ask(`create database ${used.database}`);
  const opened = await open();
  await opened.append(cpu('one', 1, 42, noon - minute));
  assert.is(await counted(opened), 1);
  const policies = await rows(`show retention policies on ${used.database}`);
  assert.equal(
    policies.filter((row) => row.at(-1) === true).map(([name]) => name),
    ['autogen'],
  );
  assert.equal(policies.map(([name]) => name).sort(), ['autogen', 'evenkeel_raw']);
});

onServer('other retention in the settings changes the policy', async () => {
  const opened = await open();
  await opened.append(cpu('one', 1, 42, noon - minute));
  assert.is(await counted(opened), 1);
  const next = await again({ retention: { ...forEver, '5m': 200 * 24 * hour } } as never);
  await next.append(cpu('one', 2, 42, noon - 2 * minute));
  assert.is(await counted(next), 2);
  const policies = new Map(
    (await rows(`show retention policies on ${used.database}_5m`)).map(([name, kept]) => [name, kept]),
  );
  assert.is(policies.get('evenkeel_5m'), '4800h0m0s');
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
      await used.server.ask(`create user "plain_${used.database}" with password 'pw'`);
      return { username: `plain_${used.database}`, password: 'pw' };
    },
    /as an administrator run: create database/,
  ],
  [
    'a user who may only read',
    async () => {
      await used.server.ask(`create database ${used.database}`);
      for (const [policy, kept] of [
        ['raw', '87600h'],
        ['5m', '876000h'],
        ['1h', '876000h'],
      ])
        await used.server.ask(
          `create retention policy "evenkeel_${policy}" on ${used.database} duration ${kept} replication 1`,
        );
      await used.server.ask(`create user "reader_${used.database}" with password 'pw'`);
      await used.server.ask(`grant read on ${used.database} to "reader_${used.database}"`);
      return { username: `reader_${used.database}`, password: 'pw' };
    },
    /refuses user "reader_.*not authorized to write.*grant all on "t[\d_]+" to "reader_/,
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
      const opened = await open({ url: await listen(answer), deadlineMs: 1000 });
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

onServer('charts that are asked for while it is away do not make it try again earlier', async () => {
  let calls = 0;
  const url = await listen((socket) => {
    calls += 1;
    socket.destroy();
  });
  const opened = await open({ url });
  await opened.append(cpu('one', 1, 1, noon - minute));
  await until(() => opened.stats().trouble !== null, 10_000, 'the trouble');
  const before = calls;
  for (let i = 0; i < 50; i++) assert.is(await counted(opened).catch(({ code }) => code), 'SERIES_UNAVAILABLE');
  assert.ok(calls - before < 5, `${calls - before} calls`);
});

test.run();
