/** Reports that are taken from the bytes of a connection: the same ones, in the same order, as a parser alone would find. */
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'aedes';
import { generate, type Packet, parser } from 'mqtt-packet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Connection } from '../../../collector/intake/broker/connection.ts';
import { takeReports } from '../../../collector/intake/broker/report-frames.ts';
import { encode } from '../../../shared/report.ts';
import { bucketOf, topicOf, type UpLeaf } from '../../../shared/topics.ts';
import { connectPacket } from '../../simulate/wire.ts';
import { epochOf, makeReport, openStation, type Station, until } from '../../support/station.ts';

const test = suite('report frames');

const endpoint = 'eframesframesfra';
const other = 'eotherotherother';
const addressOf = (id: string) => ({ endpoint: id, bucket: bucketOf(id) });
const publish = (leaf: UpLeaf | 'ack', messageId: number, change: object = {}) =>
  generate({
    ...{ cmd: 'publish', topic: topicOf(addressOf(endpoint), leaf), payload: Buffer.from(`payload ${messageId}`) },
    ...{ qos: 1, messageId, retain: false, dup: false },
    ...change,
  } as Packet);
const ping = generate({ cmd: 'pingreq' });

interface Found {
  topic: string;
  payload: string;
  messageId: number;
}

/** What comes out of the bytes: publications by either way, other packets by name, errors as `error`. */
function openReader(isShort: boolean, isConnected = () => true) {
  const found: (Found | string)[] = [];
  const counts = { short: 0 };
  const own = parser();
  own.on('packet', (packet) => {
    if (packet.cmd !== 'publish') return void found.push(packet.cmd);
    const { topic, payload, messageId } = packet;
    found.push({ topic, payload: String(payload), messageId: messageId as number });
  });
  own.on('error', () => void found.push('error'));
  const conn = new Readable({ read: () => undefined });
  // As aedes reads.
  conn.on('readable', () => {
    for (let bytes = conn.read(); bytes !== null; bytes = conn.read()) own.parse(bytes);
  });
  const inside = { closed: false, _parser: own, _keepaliveTimer: null, _parsingBatch: 0 };
  const client = { ...inside, conn } as unknown as Client;
  Object.defineProperty(client, 'connected', { get: isConnected });
  const connection = { client, address: addressOf(endpoint) } as Connection;
  if (isShort)
    takeReports(
      client,
      () => connection,
      (_connection, { topic }, payload, messageId) => {
        counts.short++;
        found.push({ topic, payload: String(payload), messageId });
      },
    );
  return { found, counts, client, conn, feed: (bytes: Buffer) => void own.parse(bytes) };
}

function read(isShort: boolean, chunks: readonly Buffer[]) {
  const reader = openReader(isShort);
  for (const chunk of chunks) if (chunk.length > 0) reader.feed(chunk);
  return reader;
}

test('whatever comes between them and wherever it is cut', () => {
  const bytes = Buffer.concat([
    ...[publish('report', 1), publish('report', 2), ping, publish('backlog', 3), publish('presence', 4)],
    publish('report', 5, { payload: Buffer.alloc(300, 'x') }),
    publish('report', 6, { payload: Buffer.alloc(0) }),
    ...[publish('report', 7, { dup: true }), publish('report', 8, { qos: 0 }), publish('report', 9, { retain: true })],
    publish('report', 10, { topic: topicOf(addressOf(other), 'report') }),
    ...[publish('ack', 11), publish('report', 65_535), ping, publish('report', 12)],
  ]);
  const { found: expected } = read(false, [bytes]);
  assert.is(expected.length, 15);
  const whole = read(true, [bytes]);
  assert.equal(whole.found, expected);
  assert.is(whole.counts.short, 2, 'those before the first other packet of a chunk');
  for (let cut = 1; cut < bytes.length; cut++) {
    const two = read(true, [bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.equal(two.found, expected, `cut at ${cut}`);
  }
  const single = Array.from(bytes, (_, n) => bytes.subarray(n, n + 1));
  assert.equal(read(true, single).found, expected);
});

test('a socket offers what it has read before its stream takes it, unless something waits there', async () => {
  const chunks = [publish('report', 1), publish('report', 2), ping, publish('report', 3), publish('backlog', 4)];
  const expected = read(false, chunks).found;
  const bytes = Buffer.concat(chunks);
  for (let cut = 1; cut < bytes.length; cut += 3) {
    const { found, conn } = openReader(true);
    conn.push(bytes.subarray(0, cut));
    const [first] = chunks as [Buffer];
    assert.is(found.length > 0, cut >= first.length, 'a whole one is taken at once');
    conn.push(bytes.subarray(cut));
    await pause(0);
    assert.equal(found, expected, `cut at ${cut}`);
  }
  const full = openReader(true);
  (full.client as unknown as { _parsingBatch: number })._parsingBatch = 1;
  full.conn.push(bytes);
  assert.equal(full.found, [], 'while its window is full');
});

test('many in one chunk are all taken', () => {
  const frames = Array.from({ length: 200 }, (_, n) => publish(n % 2 ? 'report' : 'backlog', n + 1));
  const { counts, found } = read(true, [Buffer.concat(frames)]);
  assert.is(counts.short, 200);
  assert.equal(found, read(false, [Buffer.concat(frames)]).found);
});

test('what does not add up is left to the parser as it came', () => {
  const topic = topicOf(addressOf(endpoint), 'report');
  const text = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic)]);
  const frame = (length: number[], ...rest: Buffer[]) => Buffer.concat([Buffer.from([0x32, ...length]), ...rest]);
  const hostile = [
    // Five bytes of length, and lengths that end before the topic or the id, or never come.
    frame([0xff, 0xff, 0xff, 0xff, 0x01], text),
    frame([0xff, 0xff, 0xff, 0x7f], text),
    frame([10], text),
    frame([text.length], text),
    frame([text.length + 1], text, Buffer.from([0])),
    // No payload, id 0, a length written longer than needed.
    frame([text.length + 2], text, Buffer.from([0, 1])),
    frame([text.length + 2], text, Buffer.from([0, 0])),
    frame([0x80 | (text.length + 3), 0], text, Buffer.from([0, 1, 65])),
    frame([4], Buffer.from([0xff, 0xff, 0, 1])),
    ...[frame([0]), frame([0x80]), frame([])],
  ];
  for (const [n, bytes] of hostile.entries())
    assert.equal(read(true, [bytes, ping]).found, read(false, [bytes, ping]).found, `case ${n}`);
});

test('before the CONNACK nothing is taken', () => {
  let isConnected = false;
  const reader = openReader(true, () => isConnected);
  reader.feed(publish('report', 1));
  assert.is(reader.counts.short, 0);
  isConnected = true;
  reader.feed(publish('report', 2));
  assert.is(reader.counts.short, 1);
  assert.is(reader.found.length, 2);
});

/** @returns its PUBACKs, in order */
function pour(station: Station, bytes: Buffer) {
  const socket = connect({ host: '127.0.0.1', port: station.intake.port });
  socket.on('error', () => undefined);
  const acknowledged: number[] = [];
  const answers = parser();
  answers.on('packet', (packet) => packet.cmd === 'puback' && acknowledged.push(packet.messageId as number));
  socket.on('data', (chunk) => void answers.parse(chunk as Buffer));
  const password = `secret of ${endpoint}`;
  socket.write(Buffer.concat([generate(connectPacket({ host: '', port: 0, clientId: endpoint, password })), bytes]));
  return { socket, acknowledged };
}

const reports = (count: number) =>
  Array.from({ length: count }, (_, n) => publish('report', n + 1, { payload: encode(makeReport(epochOf(1), n + 1)) }));

test('written with the CONNECT and cut anywhere, each is stored once and acknowledged in order', async () => {
  await using station = await openStation({ endpoints: [endpoint] });
  const all = Buffer.concat(reports(100));
  const { socket, acknowledged } = pour(station, all.subarray(0, 1000));
  for (let from = 1000; from < all.length; from += 1777) {
    await pause(1);
    socket.write(all.subarray(from, from + 1777));
  }
  await until('100 PUBACKs', () => acknowledged.length === 100);
  assert.equal(
    acknowledged,
    Array.from({ length: 100 }, (_, n) => n + 1),
  );
  assert.equal(station.store.receipt(endpoint, epochOf(1)), { epoch: epochOf(1), through: 100, also: [] });
  socket.destroy();
});

test('a window that is ignored ends the connection, and what is behind is not taken', async () => {
  await using station = await openStation({
    endpoints: [endpoint],
    limits: { messagesPerSecond: 1, messagesAtOnce: 1 },
  });
  const { socket, acknowledged } = pour(station, Buffer.concat(reports(300)));
  await new Promise((resolve) => socket.once('close', resolve));
  assert.ok(acknowledged.length < 128);
  assert.ok(station.store.receipt(endpoint, epochOf(1)).through < 128);
});

test.run();
