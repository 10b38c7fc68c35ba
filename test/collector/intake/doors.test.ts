/** The port of MQTT under strangers, guesses and packets that carry nothing: the right machine comes in all the same. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { generate } from 'mqtt-packet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { limits } from '../../../collector/doors/limits.ts';
import { brokerOn } from '../../../collector/intake/broker/broker.ts';
import { connectPacket } from '../../simulate/wire.ts';
import { makeCertificate, opensslIsHere } from '../../support/certificate.ts';
import { counted, openStation, type Station, until } from '../../support/station.ts';

const test = suite('doors of MQTT');
const right = 'egoodgoodgoodgoo';
const other = 'ebadbadbadbadbad';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function silent(station: Station, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port: station.intake.port });
    socket.on('error', () => undefined);
    return socket;
  });
  await Promise.all(sockets.map((socket) => new Promise((done) => socket.once('connect', done).once('close', done))));
  return sockets;
}

const closes = (socket: Socket) =>
  new Promise<number>((done) => {
    const started = performance.now();
    socket.on('error', () => undefined);
    socket.resume();
    socket.once('close', () => done(performance.now() - started));
  });

test('an office behind one address comes in, whatever strangers behind it hold open', async () => {
  await using station = await openStation({ endpoints: [right, other] });
  const { perAddress, evictAfter } = limits.mqtt.gate;
  const sockets = await silent(station, perAddress);
  await pause(evictAfter + 100);
  for (const id of [right, other]) assert.is(await station.wire(id).connected, 0, id);
  await until('the oldest made room', () => sockets.some(({ destroyed }) => destroyed));
  assert.ok((await counted(station.intake.counters.refused, { reason: 'too_many_connections' })) > 0);
  assert.is(await counted(station.intake.counters.refused, { reason: 'credential' }), 0);
  for (const socket of sockets) socket.destroy();
});

test('wrong credentials wait, per address and per name; right ones from there and of that name do not', async () => {
  await using station = await openStation({ endpoints: [right, other], limits: { slowed: 60_000 } });
  const guess = (id: string) => station.wire(id, { password: 'wrong' });
  const quick = await Promise.all(Array.from({ length: 20 }, () => guess(right).connected));
  assert.equal([...new Set(quick)], [4]);
  const slow = [right, other, 'enobodynobodynob'].map((id) => guess(id));
  await until(
    'they are slowed',
    async () => (await counted(station.intake.counters.refused, { reason: 'slowed' })) === 3,
  );
  for (const id of [right, other]) assert.is(await station.wire(id).connected, 0, `${id} with its own credential`);
  assert.is(await Promise.race([slow[0]?.connected, pause(500).then(() => 'waits')]), 'waits');
  assert.is(await counted(station.intake.counters.refused, { reason: 'credential' }), 23);
  for (const { socket } of slow) socket.destroy();
});

test('a slowed answer comes in the end, and its connection ends', async () => {
  await using station = await openStation({ endpoints: [right], limits: { slowed: 200 } });
  for (let n = 0; n < 20; n++) await station.wire(right, { password: `wrong ${n}` }).connected;
  const wire = station.wire(right, { password: 'wrong' });
  assert.is(await wire.connected, 4);
  await wire.closed;
});

const header = (type: number, ...rest: number[]) => Buffer.from([type, rest.length, ...rest]);
/** A topic nobody may subscribe to, many times in one packet. */
const manyTopics = (cmd: 'subscribe' | 'unsubscribe') =>
  cmd === 'subscribe'
    ? generate({
        cmd,
        messageId: 7,
        subscriptions: Array.from({ length: 500 }, () => ({ topic: 'x', qos: 0 as const })),
      })
    : generate({ cmd, messageId: 7, unsubscriptions: Array.from({ length: 500 }, () => 'x') });

const packets: [name: string, bytes: Buffer, times: number][] = [
  ['PINGREQ', header(0xc0), 60],
  ['SUBSCRIBE', generate({ cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: 'x', qos: 0 }] }), 60],
  ['UNSUBSCRIBE', generate({ cmd: 'unsubscribe', messageId: 7, unsubscriptions: ['x'] }), 60],
  ['PUBACK', header(0x40, 0, 7), 60],
  ['PUBREC', header(0x50, 0, 7), 60],
  ['PUBREL', header(0x62, 0, 7), 60],
  ['PUBCOMP', header(0x70, 0, 7), 60],
  ['one SUBSCRIBE with 500 topics, and one more', Buffer.concat([manyTopics('subscribe'), header(0xc0)]), 1],
  ['one UNSUBSCRIBE with 500 topics, and one more', Buffer.concat([manyTopics('unsubscribe'), header(0xc0)]), 1],
];
for (const [name, bytes, times] of packets)
  test(`${name}: counts, and beyond the rate of messages ends the connection`, async () => {
    await using station = await openStation({
      endpoints: [right],
      limits: { messagesPerSecond: 0.01, messagesAtOnce: 50 },
    });
    const wire = station.wire(right);
    assert.is(await wire.connected, 0);
    for (let n = 0; n < times; n++) wire.socket.write(bytes);
    await wire.closed;
    assert.is(await counted(station.intake.counters.refused, { reason: 'packets' }), 1);
  });

test('empty publications of QoS 0 are held to the rate of messages', async () => {
  await using station = await openStation({
    endpoints: [right],
    limits: { messagesPerSecond: 1, messagesAtOnce: 10 },
  });
  const wire = station.wire(right);
  await wire.connected;
  for (let n = 0; n < 60; n++) void wire.publish(station.topic(right, 'report'), Buffer.alloc(0), { qos: 0 });
  await until('it is slowed', async () => (await counted(station.intake.counters.refused, { reason: 'rate' })) > 0);
  wire.socket.destroy();
});

test('only a PUBLISH may be large', async () => {
  await using station = await openStation({ endpoints: [right] });
  const wire = station.wire(right);
  await wire.connected;
  const subscriptions = Array.from({ length: 2000 }, (_, n) => ({ topic: `x${n}`, qos: 0 as const }));
  wire.socket.write(generate({ cmd: 'subscribe', messageId: 7, subscriptions }));
  await wire.closed;
  assert.is(await counted(station.intake.counters.refused, { reason: 'oversize' }), 1);
});

test('packets before a CONNECT, and a second CONNECT, end the connection at once', async () => {
  await using station = await openStation({ endpoints: [right] });
  for (const [, bytes] of packets) {
    const socket = connect({ host: '127.0.0.1', port: station.intake.port });
    socket.write(bytes);
    assert.ok((await closes(socket)) < limits.mqtt.connect);
  }
  const wire = station.wire(right);
  await wire.connected;
  const { secret } = station.credential(right);
  wire.socket.write(generate(connectPacket({ host: '', port: 0, clientId: right, password: secret })));
  await wire.closed;
});

test('a CONNECT that comes byte by byte ends with its time, and so does what only shook hands', async () => {
  assert.ok(limits.mqtt.handshake + limits.mqtt.connect <= 30_000);
  await using station = await openStation({ endpoints: [right], limits: { connect: 500 } });
  const socket = connect({ host: '127.0.0.1', port: station.intake.port });
  const bytes = generate(
    connectPacket({ host: '', port: 0, clientId: right, password: station.credential(right).secret }),
  );
  let at = 0;
  const drip = setInterval(() => socket.writable && socket.write(bytes.subarray(at, ++at)), 100);
  assert.ok((await closes(socket)) < 5000);
  clearInterval(drip);
});

if (opensslIsHere)
  test('a TLS handshake that is begun, dripped or never begun ends with its time', async () => {
    await using folder = await openStation({ endpoints: [] });
    const tls = makeCertificate(folder.folder);
    const own = { handshake: 500, connect: 500 };
    await using station = await openStation({
      endpoints: [right],
      source: brokerOn({ host: '127.0.0.1', port: 0, tls, limits: own }),
    });
    const open = () => connect({ host: '127.0.0.1', port: station.intake.port });
    const never = open();
    const begun = open();
    begun.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));
    const dripped = open();
    const drip = setInterval(() => dripped.writable && dripped.write(Buffer.from([0x16])), 100);
    const shaken = connectTls({ host: '127.0.0.1', port: station.intake.port, rejectUnauthorized: false });
    for (const ms of await Promise.all([never, begun, dripped, shaken].map(closes))) assert.ok(ms < 5000, `${ms} ms`);
    clearInterval(drip);
    assert.is(await station.wire(right, { ca: tls.cert }).connected, 0);
  });

test.run();
