/** Bad input gets a clear answer and costs nothing: neighbours notice nothing, and nothing stored is lost. */
import { connect } from 'node:net';
import { generate } from 'mqtt-packet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refusedPartsIn } from '../../../collector/intake/refused-parts.ts';
import { encode, type Report } from '../../../shared/report.ts';
import { connectPacket, type Wire } from '../../simulate/wire.ts';
import { poisonsOf } from '../../support/poisons.ts';
import { counted, epochOf, makeReport, openStation, type Station, until } from '../../support/station.ts';

const bad = 'ebadbadbadbadbad';
const good = 'egoodgoodgoodgoo';
const epoch = epochOf(7);

interface Context {
  station: Station;
  neighbour: Neighbour;
}
const test = suite<Context>('bad input', {} as Context);

test.before.each(async (context) => {
  context.station = await openStation({ endpoints: [bad, good] });
  context.neighbour = await startNeighbour(context.station);
});

test.after.each(async ({ station, neighbour }) => {
  const sent = await neighbour.stop();
  const { through, also } = station.store.receipt(good, epochOf(1));
  assert.equal([through, also], [sent, []], 'the neighbour lost something');
  assert.is(neighbour.drops, 0, 'the neighbour lost its connection');
  // A busy machine alone takes more than a second now and then; input that is worked on without a bound takes far longer.
  assert.ok(neighbour.slowestMs < 5000, `the neighbour waited ${neighbour.slowestMs} ms for a PUBACK`);
  await station.stop();
});

interface Neighbour {
  drops: number;
  slowestMs: number;
  stop(): Promise<number>;
}

/** A well-behaved endpoint that reports all the time. */
async function startNeighbour(station: Station): Promise<Neighbour> {
  const wire = station.wire(good);
  assert.is(await wire.connected, 0);
  let running = true;
  let seq = 0;
  const self: Neighbour = { drops: 0, slowestMs: 0, stop };
  void wire.closed.then(() => running && self.drops++);
  const loop = (async () => {
    while (running) {
      const started = performance.now();
      await wire.publish(station.topic(good, 'report'), encode(makeReport(epochOf(1), ++seq)));
      self.slowestMs = Math.max(self.slowestMs, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  async function stop(): Promise<number> {
    running = false;
    await loop;
    wire.end();
    return seq;
  }
  return self;
}

async function join(station: Station, id = bad): Promise<Wire> {
  const wire = station.wire(id);
  assert.is(await wire.connected, 0);
  return wire;
}

const quarantined = async ({ state }: Station) =>
  await state.selectFrom('quarantine').selectAll().where('endpoint', '=', bad).orderBy('id').execute();

for (const [name, payload, code, keepsItsPlace] of poisonsOf(epoch)) {
  test(`${name}: acknowledged, quarantined with ${code}, and never returns`, async ({ station }) => {
    const wire = await join(station);
    await wire.publish(station.topic(bad, 'report'), payload);
    const [row] = await quarantined(station);
    assert.is(row?.code, code);
    assert.is(row?.size, payload.length);
    assert.ok((row?.message.length ?? 0) > 10);
    assert.is(station.store.receipt(bad, epoch).through, keepsItsPlace ? 1 : 0);
    assert.ok(wire.isOpen, 'the connection stays');
    // What is right is still taken on the same connection.
    await wire.publish(station.topic(bad, 'report'), encode(makeReport(epoch, 2)));
    assert.is(station.evaluated.filter(({ endpoint }) => endpoint === bad).length, 1);
  });
}

test('a flood of poison is acknowledged and leaves few rows', async ({ station }) => {
  const wire = await join(station);
  for (let n = 0; n < 300; n++) await wire.publish(station.topic(bad, 'report'), 'poison');
  const rows = await quarantined(station);
  assert.ok(rows.length >= 10 && rows.length <= 100, `${rows.length} rows`);
  assert.is(await counted(station.intake.counters.quarantined, { code: 'NOT_JSON' }), 300);
});

test('unknown metrics are dropped and shown, the rest is stored', async ({ station }) => {
  const wire = await join(station);
  const report = makeReport(epoch, 1);
  report.metrics.push({ name: 'bogus', tags: {}, fields: { value: 1 }, timestamp: report.at });
  (report.metrics[0] as Report['metrics'][0]).fields.made_up = 5;
  await wire.publish(station.topic(bad, 'report'), encode(report));
  assert.equal(
    (await quarantined(station)).map((row) => row.code),
    ['UNKNOWN_METRIC', 'UNKNOWN_METRIC'],
  );
  const stored = station.evaluated.find(({ endpoint }) => endpoint === bad)?.report;
  assert.equal(
    stored?.metrics.map((metric) => [metric.name, Object.keys(metric.fields)]),
    [
      ['cpu', ['usage_active']],
      ['mem', ['available_percent']],
    ],
  );
});

const pad = (n: number, at: number) =>
  Array.from({ length: n }, (_, disk) => ({
    name: 'disk',
    tags: { path: `/mnt/${disk}` },
    fields: { used_percent: 1 },
    timestamp: at,
  }));

test('the sample of a message refused in part is what was refused, each part with path and reason', async ({
  station,
}) => {
  const wire = await join(station);
  const report = makeReport(epoch, 1);
  const { at } = report;
  // Far beyond the first 4 KiB of the message.
  report.metrics = [
    ...pad(200, at),
    { name: 'bogus', tags: { where: '東京' }, fields: { value: 41, other: 42 }, timestamp: at },
    { name: 'cpu', tags: { cpu: 'cpu-total' }, fields: { usage_active: 1, made_up: 5 }, timestamp: at },
    { name: 'mem', tags: {}, fields: { available_percent: 60 }, timestamp: 86_400_000 },
    { name: 'mem', tags: {}, fields: { available_percent: 61 }, timestamp: at + 3_600_000 },
    { name: 'nothing_in_it', tags: {}, fields: {}, timestamp: at },
  ];
  await wire.publish(station.topic(bad, 'report'), encode(report));
  const rows = (await quarantined(station)).map((row) => ({ ...row, refused: refusedPartsIn(row) }));
  assert.equal(
    rows.map(({ refused }) => refused?.list.map(({ path, value }) => [path, value])),
    [
      [['message.metrics.200.fields.value', 41]],
      [['message.metrics.200.fields.other', 42]],
      [['message.metrics.201.fields.made_up', 5]],
      [
        ['message.metrics.202', report.metrics[202]],
        ['message.metrics.203.timestamp', at + 3_600_000],
      ],
      [['message.metrics.204', report.metrics[204]]],
    ],
  );
  for (const { refused, size } of rows) {
    assert.ok(refused?.list.every(({ reason }) => reason.length > 10));
    assert.is(size, Buffer.byteLength(JSON.stringify(report)), 'the size is that of the message');
  }
  assert.is(await counted(station.intake.counters.droppedFields), 6);
});

test('the sample of thousands of refused parts is short, whole JSON, and counts all of them', async ({ station }) => {
  const wire = await join(station);
  const at = Date.now();
  const long = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`t${n}`, '"東\\'.repeat(60)]));
  const old = Array.from({ length: 500 }, () => ({ name: 'mem', tags: long, fields: { free: 1 }, timestamp: 5 }));
  const unknown = Array.from({ length: 1000 }, (_, n) => ({
    name: `unknown_${n}`,
    tags: {},
    fields: { value: n },
    timestamp: at,
  }));
  await wire.publish(
    station.topic(bad, 'report'),
    encode(makeReport(epoch, 1, at, { metrics: [...old.slice(0, 20), ...pad(1, at), ...unknown] })),
  );
  const rows = await quarantined(station);
  assert.is(rows.length, 20, 'one row for each of the first causes');
  for (const row of rows) assert.ok(Buffer.from(row.sample, 'base64').length <= 4096);
  const refused = rows.map(refusedPartsIn);
  assert.ok(refused.every((one) => one !== null && one.list.length >= 1 && one.list.length <= 20));
  assert.is(
    refused.reduce((sum, one) => sum + (one?.count ?? 0), 0),
    1020,
  );
  assert.is(await counted(station.intake.counters.droppedFields), 1020);
});

test('of a message refused as a whole the sample is its start', async ({ station }) => {
  const wire = await join(station);
  await wire.publish(station.topic(bad, 'report'), '[{"path":"message","reason":"","value":1}] and no JSON');
  const [row] = await quarantined(station);
  assert.is(
    Buffer.from(row?.sample ?? '', 'base64').toString(),
    '[{"path":"message","reason":"","value":1}] and no JSON',
  );
  assert.is(row && refusedPartsIn(row), null);
});

test('a clock in 1970 or in the far future is corrected by the measured offset', async ({ station }) => {
  const wire = await join(station);
  const far = [5000, Date.now() + 400 * 86_400_000];
  for (const [n, at] of far.entries())
    await wire.publish(station.topic(bad, 'report'), encode(makeReport(epoch, n + 1, at)));
  const reports = station.evaluated.filter(({ endpoint }) => endpoint === bad).map(({ report }) => report);
  assert.is(reports.length, 2);
  for (const report of reports) {
    assert.ok(Math.abs(report.at - Date.now()) < 5000);
    assert.ok(report.metrics.every((metric) => Math.abs(metric.timestamp - Date.now()) < 5000));
  }
});

test('single samples of the future are clipped, those before retention refused, both shown', async ({ station }) => {
  const wire = await join(station);
  const report = makeReport(epoch, 1);
  (report.metrics[0] as Report['metrics'][0]).timestamp += 3_600_000;
  (report.metrics[1] as Report['metrics'][0]).timestamp = 86_400_000;
  await wire.publish(station.topic(bad, 'report'), encode(report));
  assert.equal(
    (await quarantined(station)).map((row) => row.code),
    ['BAD_TIMESTAMP'],
  );
  const stored = station.evaluated.find(({ endpoint }) => endpoint === bad)?.report as Report;
  assert.equal(
    stored.metrics.map((metric) => metric.name),
    ['cpu'],
  );
  assert.ok((stored.metrics[0]?.timestamp ?? Infinity) <= Date.now());
});

test('too many series of one endpoint are cut at the cap', async ({ station }) => {
  const wire = await join(station);
  const at = Date.now();
  for (let seq = 1; seq <= 3; seq++) {
    const metrics = Array.from({ length: 1000 }, (_, n) => ({
      name: 'disk',
      tags: { path: `/${seq}/${n}` },
      fields: { used_percent: 1 },
      timestamp: at,
    }));
    await wire.publish(station.topic(bad, 'report'), encode(makeReport(epoch, seq, at, { metrics })));
  }
  const stored = station.evaluated.filter(({ endpoint }) => endpoint === bad);
  assert.is(
    stored.reduce((sum, { report }) => sum + report.metrics.length, 0),
    2000,
  );
  assert.equal(
    (await quarantined(station)).map((row) => row.code),
    ['TOO_MANY_SERIES'],
  );
});

test('half a CONNECT of 48 MB costs its connection and nothing else', async ({ station }) => {
  const before = process.memoryUsage().rss;
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect({ host: '127.0.0.1', port: station.intake.port });
    socket.on('error', () => undefined);
    const huge = Buffer.alloc(1024 * 1024);
    // 0x10: CONNECT, then 48 MiB as a variable byte integer.
    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x18]));
    const feed = () => void (socket.writable && socket.write(huge, feed));
    feed();
    return new Promise<void>((resolve) => socket.once('close', () => resolve()));
  });
  const started = performance.now();
  await Promise.all(sockets);
  assert.ok(performance.now() - started < 3000, 'refused at the announcement, not at a time limit');
  assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
  assert.is(await counted(station.intake.counters.refused, { reason: 'oversize' }), 20);
});

test('a connection that says nothing ends after the connect time', async () => {
  await using quick = await openStation({ limits: { connect: 200 } });
  const socket = connect({ host: '127.0.0.1', port: quick.intake.port });
  socket.on('error', () => undefined);
  socket.write(Buffer.from([0x10, 0x20]));
  const started = performance.now();
  await new Promise((resolve) => socket.once('close', resolve));
  assert.ok(performance.now() - started < 2000);
});

test('a packet beyond the limit ends the connection once it is known, too', async ({ station }) => {
  const wire = await join(station);
  wire.publish(station.topic(bad, 'report'), Buffer.alloc(2 * 1024 * 1024)).catch(() => undefined);
  await wire.closed;
  assert.is(await counted(station.intake.counters.refused, { reason: 'oversize' }), 1);
});

const refusedConnects: [name: string, rude: object, returnCode: number, reason: string][] = [
  ['a wrong password', { password: 'wrong' }, 4, 'credential'],
  ['another user name', { username: good }, 2, 'client_id'],
  ['an unknown endpoint', { clientId: 'enobodynobodynob' }, 4, 'credential'],
  ['a session that is not clean', { clean: false }, 5, 'not_clean'],
  ['no keep-alive', { keepalive: 0 }, 5, 'keep_alive'],
  ['a keep-alive of an hour', { keepalive: 3600 }, 5, 'keep_alive'],
];
for (const [name, rude, returnCode, reason] of refusedConnects) {
  test(`CONNECT with ${name} is refused with ${returnCode}`, async ({ station }) => {
    const wire = station.wire(bad, rude);
    assert.is(await wire.connected, returnCode);
    await wire.closed;
    assert.is(await counted(station.intake.counters.refused, { reason }), 1);
    assert.is(station.lines.filter((line) => 'reason' in line.values && line.values.reason === reason).length, 1);
  });
}

test('a will for somebody else is refused', async ({ station }) => {
  const payload = Buffer.from(JSON.stringify({ state: 'lost', session: 'a'.repeat(16) }));
  for (const topic of [station.topic(good, 'presence'), station.topic(bad, 'report'), '$SYS/x', '#'])
    assert.is(await station.wire(bad, { will: { topic, payload, qos: 1, retain: true } }).connected, 5);
  assert.is(await counted(station.intake.counters.refused, { reason: 'will' }), 4);
  await until('the neighbour is online', () => station.endpoint(good).state === 'online');
  assert.equal(await station.state.selectFrom('signals').select('kind').where('kind', '=', 'lost').execute(), []);
});

const refusedTopics = (station: Station): [topic: string, options?: { qos?: 0 | 1 | 2; retain?: boolean }][] => [
  [station.topic(good, 'report')],
  [station.topic(good, 'presence')],
  [station.topic(bad, 'report').replace(/\/[0-9a-f]{2}\//, '/zz/')],
  [station.topic(bad, 'ack')],
  [station.topic(bad, 'config')],
  ['$SYS/broker/new/clients'],
  ['elsewhere'],
  [station.topic(bad, 'report'), { qos: 2 }],
  [station.topic(bad, 'report'), { retain: true }],
];
test('publishing where it may not ends the connection, without a PUBACK', async ({ station }) => {
  for (const [topic, options] of refusedTopics(station)) {
    const wire = await join(station);
    let acked = false;
    wire.publish(topic, encode(makeReport(epoch, 1)), options).then(
      () => {
        acked = true;
      },
      () => undefined,
    );
    await wire.closed;
    assert.not.ok(acked, topic);
  }
  assert.is(station.store.receipt(bad, epoch).through, 0);
  assert.is(station.store.receipt(good, epoch).through, 0);
});

test('subscriptions to anything but the own ack and config are refused, wildcards first', async ({ station }) => {
  const wire = await join(station);
  const own = [station.topic(bad, 'ack'), station.topic(bad, 'config')];
  const others = [
    '#',
    'ek/v1/+/+/ack',
    station.topic(good, 'ack'),
    station.topic(bad, 'report'),
    '$SYS/#',
    '$share/a/#',
  ];
  assert.equal(await wire.subscribe(...own, ...others), [1, 1, 128, 128, 128, 128, 128, 128]);
  assert.ok(wire.isOpen);
});

test('a frozen subscriber costs a bounded amount of memory and is ended', async () => {
  await using station = await openStation({ endpoints: [bad], limits: { drain: 500 } });
  const wire = await join(station);
  await wire.subscribe(station.topic(bad, 'ack'));
  wire.socket.pause();
  const payload = encode(makeReport(epoch, 1));
  const frame = generate({
    cmd: 'publish',
    topic: station.topic(bad, 'report'),
    payload,
    qos: 1,
    messageId: 1,
    retain: false,
    dup: false,
  });
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const flood = Buffer.concat(Array.from({ length: 64 }, () => frame));
  const feed = () => void (wire.socket.writable && wire.socket.write(flood, feed));
  feed();
  await until(
    'the frozen connection ends',
    () => station.intake.connected() === 0 || performance.now() - started > 4000,
    6000,
  );
  assert.is(station.intake.connected(), 0, 'the frozen connection was ended');
  assert.ok(process.memoryUsage().rss - before < 150 * 1024 * 1024);
  wire.cut();
});

test('a second connection with the same id takes over, and the first one’s will changes nothing', async ({
  station,
}) => {
  const session = 'c'.repeat(16);
  const will = {
    topic: station.topic(bad, 'presence'),
    payload: Buffer.from(JSON.stringify({ state: 'lost', session })),
    qos: 1 as const,
    retain: true,
  };
  const birth = JSON.stringify({
    state: 'online',
    session,
    boot_id: 'b',
    started_at: 1,
    previous_shutdown: 'clean',
    version: '1',
  });
  const first = station.wire(bad, { will });
  assert.is(await first.connected, 0);
  await first.publish(station.topic(bad, 'presence'), birth, { retain: true });
  const second = station.wire(bad, { will });
  assert.is(await second.connected, 0);
  await first.closed;
  await second.publish(station.topic(bad, 'report'), encode(makeReport(epoch, 1)));
  assert.is(station.endpoint(bad).state, 'online');
  assert.equal(
    station.presences.filter(({ endpoint, state }) => endpoint === bad && state === 'lost'),
    [],
  );
  second.cut();
  await until('the will of the current connection counts', () => station.endpoint(bad).state === 'lost');
});

test('a connection that starts with anything but CONNECT, or MQTT 5, is refused', async ({ station }) => {
  const five = connectPacket({ host: '', port: 0, clientId: bad, password: 'x' });
  for (const bytes of [
    generate({ cmd: 'pingreq' }),
    generate({ ...five, protocolVersion: 5 }),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ]) {
    const socket = connect({ host: '127.0.0.1', port: station.intake.port });
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.once('close', resolve));
  }
});

test('too fast an endpoint is slowed down and loses nothing', async () => {
  await using station = await openStation({ endpoints: [bad], limits: { messagesPerSecond: 100, messagesAtOnce: 20 } });
  const wire = await join(station);
  const started = performance.now();
  const acked: number[] = [];
  const all = Array.from({ length: 60 }, (_, n) =>
    wire.publish(station.topic(bad, 'report'), encode(makeReport(epoch, n + 1))).then(() => acked.push(n)),
  );
  await Promise.all(all);
  assert.ok(performance.now() - started > 300);
  assert.equal(
    acked,
    acked.slice().sort((a, b) => a - b),
    'PUBACKs in order',
  );
  assert.is(station.store.receipt(bad, epoch).through, 60);
});

test.run();
