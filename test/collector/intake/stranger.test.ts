/** Clients that are not our agent: the mqtt library as anybody uses it, other versions of MQTT, other protocols, junk. */
import { connect as connectSocket } from 'node:net';
import mqtt, { type MqttClient } from 'mqtt';
import { generate } from 'mqtt-packet';
import { Registry } from 'prom-client';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { brokerOn } from '../../../collector/intake/broker/broker.ts';
import { openIntake } from '../../../collector/open-intake.ts';
import { systemClock } from '../../../shared/clock.ts';
import { encode } from '../../../shared/report.ts';
import { connectPacket } from '../../simulate/wire.ts';
import { counted, epochOf, makeReport, openStation, type Station, until } from '../../support/station.ts';

const id = 'estrangerstrange';
const test = suite<{ station: Station }>('strangers', {} as { station: Station });

test.before.each(async (context) => {
  context.station = await openStation({ endpoints: [id] });
});
test.after.each(async ({ station }) => {
  // Whatever came, the next well-behaved endpoint is served.
  const wire = station.wire(id);
  assert.is(await wire.connected, 0);
  await wire.publish(station.topic(id, 'report'), encode(makeReport(epochOf(8), 1)));
  await station.stop();
});

const library = (station: Station, change: object = {}): MqttClient =>
  mqtt.connect({
    host: '127.0.0.1',
    port: station.intake.port,
    clientId: id,
    username: id,
    password: `secret of ${id}`,
    reconnectPeriod: 0,
    ...change,
  });

/** How the connection of the library ends up: connected, or the text of its error, and then it is given up. */
const outcome = (client: MqttClient) =>
  new Promise<string>((resolve) => {
    const end = (text: string) => {
      client.end(true);
      resolve(text);
    };
    client.once('connect', () => resolve('connected'));
    client.once('error', (error) => end(error.message));
    client.once('close', () => end('closed'));
  });

test('the mqtt library reports as anybody would use it', async ({ station }) => {
  const client = library(station);
  assert.is(await outcome(client), 'connected');
  const heard: string[] = [];
  client.on('message', (topic) => void heard.push(topic));
  const granted = await client.subscribeAsync(station.topic(id, 'ack'), { qos: 0 });
  assert.is(granted[0]?.qos, 0);
  await client.publishAsync(station.topic(id, 'report'), Buffer.from(encode(makeReport(epochOf(1), 1))), { qos: 1 });
  assert.is(station.store.receipt(id, epochOf(1)).through, 1);
  await until('the ack', () => heard.length > 0);
  await client.endAsync();
});

test('an unknown id and a wrong password get the same answer', async ({ station }) => {
  const unknown = await outcome(library(station, { clientId: 'enobody', username: 'enobody' }));
  const wrong = await outcome(library(station, { password: 'guessed' }));
  assert.is(unknown, wrong);
  assert.match(wrong, /username or password/i);
});

test('a clean session is asked for: the library’s own default is one, a kept one is refused', async ({ station }) => {
  assert.match(await outcome(library(station, { clean: false })), /not authorized/i);
});

test('MQTT 5 is refused with an answer, so that the library says why', async ({ station }) => {
  assert.match(await outcome(library(station, { protocolVersion: 5 })), /version/i);
});

/** Sends bytes. @returns what came back until the connection ended */
function talk(station: Station, ...parts: Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: '127.0.0.1', port: station.intake.port });
    const got: Buffer[] = [];
    const late = setTimeout(() => reject(new Error('the connection stays open')), 4000);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => void got.push(Buffer.from(chunk)));
    socket.on('close', () => {
      clearTimeout(late);
      resolve(Buffer.concat(got));
    });
    for (const part of parts) socket.write(part);
  });
}

const hello = (station: Station, change: object = {}) =>
  generate({
    ...connectPacket({ host: '', port: station.intake.port, clientId: id, password: `secret of ${id}` }),
    ...change,
  } as never);

const junk: [name: string, bytes: (station: Station) => Buffer][] = [
  ['an HTTP request', () => Buffer.from('GET / HTTP/1.1\r\nHost: collector\r\n\r\n')],
  ['a TLS hello', () => Buffer.from('160301020001000001fc0303', 'hex')],
  ['zeros', () => Buffer.alloc(64)],
  ['a length without end', () => Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ['a ping before any CONNECT', () => generate({ cmd: 'pingreq' })],
  ['MQTT 3.1', (station) => hello(station, { protocolId: 'MQIsdp', protocolVersion: 3, clientId: 'x', username: 'x' })],
  ['no client id', (station) => hello(station, { clientId: '', username: '' })],
  ['a client id of 2 KiB', (station) => hello(station, { clientId: 'e'.repeat(2048), username: 'e'.repeat(2048) })],
  ['a client id of markup', (station) => hello(station, { clientId: '<img src=x>', username: '<img src=x>' })],
];
for (const [name, bytes] of junk) {
  test(`${name}: the connection ends`, async ({ station }) => {
    await talk(station, bytes(station));
    assert.is(station.intake.connected(), 0);
  });
}

const rude: [name: string, bytes: (station: Station) => Buffer][] = [
  ['a second CONNECT', hello],
  ['a packet of a reserved type', () => Buffer.from([0xf0, 0x00])],
  ['a SUBSCRIBE without topics', () => Buffer.from([0x82, 0x02, 0x00, 0x01])],
  ['an empty topic', () => Buffer.from([0x32, 0x04, 0x00, 0x00, 0x00, 0x01])],
  ['a topic with a wildcard', () => Buffer.from([0x32, 0x05, 0x00, 0x01, 0x23, 0x00, 0x01])],
  ['a topic with a NUL', () => Buffer.from([0x32, 0x05, 0x00, 0x01, 0x00, 0x00, 0x01])],
];
for (const [name, bytes] of rude) {
  test(`after log-in, ${name}: the connection ends`, async ({ station }) => {
    await talk(station, Buffer.concat([hello(station), bytes(station)]));
    await until('it is gone', () => station.intake.connected() === 0);
  });
}

test('answers to questions that were never asked are ignored', async ({ station }) => {
  const wire = station.wire(id);
  assert.is(await wire.connected, 0);
  for (const cmd of ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const)
    wire.socket.write(generate({ cmd, messageId: 77 } as never));
  await wire.ping();
  await wire.publish(station.topic(id, 'report'), encode(makeReport(epochOf(2), 1)));
});

test('as many subscriptions as a packet holds are answered, all of them refused; a longer packet ends the connection', async ({
  station,
}) => {
  const wire = station.wire(id);
  assert.is(await wire.connected, 0);
  const topics = (count: number) => Array.from({ length: count }, (_, n) => `ek/v1/00/e${n}/ack`);
  const granted = await wire.subscribe(...topics(180));
  assert.is(granted.length, 180);
  assert.ok(granted.every((code) => code === 128));
  const tooLong = wire.subscribe(...topics(1000)).then(
    () => 'answered',
    () => 'refused',
  );
  await wire.closed;
  assert.is(await tooLong, 'refused');
});

test('a port in use is reported, and nothing goes on behind it', async ({ station }) => {
  const { state, store, fleet } = station;
  const before = await state.selectFrom('watches').select('id').execute();
  let refused: unknown;
  const parts = { state, store, fleet, changeFeed: createChangeFeed(), clock: systemClock, registry: new Registry() };
  await openIntake({
    ...parts,
    source: brokerOn({ host: '127.0.0.1', port: station.intake.port }),
    rawRetentionMs: 86_400_000,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    alerts: { onReport: async () => undefined, onPresence: async () => undefined },
  }).catch((thrown: unknown) => {
    refused = thrown;
  });
  assert.is((refused as { code?: string }).code, 'PORT_IN_USE');
  const rows = await state.selectFrom('watches').select(['id', 'clean']).orderBy('id').execute();
  assert.is(rows.length, before.length + 1);
  assert.is(rows.at(-1)?.clean, 1, 'its watch was not ended');
  assert.is(await counted(station.intake.counters.refused), 0);
});

test.run();
