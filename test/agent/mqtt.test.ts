/** The agent's own MQTT: its packets against those of another implementation, and a connection against brokers that misbehave. */
import { createServer, connect as dial, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type LinkConnection, openConnection } from '../../agent/connection.ts';
import {
  connectPacket,
  createPacketReader,
  disconnectPacket,
  type MqttPacket,
  pingPacket,
  pubackPacket,
  publishPacket,
  subscribePacket,
} from '../../agent/mqtt.ts';
import { credentialFor } from '../support/agent.ts';
import { until } from '../support/broker.ts';

const test = suite('mqtt');

function parsed(bytes: Buffer): Packet {
  const found: Packet[] = [];
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on('packet', (packet) => void found.push(packet));
  assert.is(parser.parse(bytes), 0, 'nothing is left over');
  assert.is(found.length, 1);
  return found[0] as Packet;
}

const generated = (packet: object): Buffer => mqttPacket.generate(packet as Packet, { protocolVersion: 4 });

test('what is sent means the same to another implementation', () => {
  const connect = parsed(
    connectPacket({
      ...{ clientId: 'é1', username: 'u', password: 'p', keepAliveS: 60 },
      will: { topic: 'a/b', body: '{"state":"lost"}' },
    }),
  );
  assert.is(connect.cmd, 'connect');
  if (connect.cmd !== 'connect') return;
  const { clientId, username, password, keepalive, clean, protocolVersion, protocolId, will } = connect;
  assert.equal(
    { clientId, username, password: `${password}`, keepalive, clean, protocolVersion, protocolId },
    {
      clientId: 'é1',
      username: 'u',
      password: 'p',
      keepalive: 60,
      clean: true,
      protocolVersion: 4,
      protocolId: 'MQTT',
    },
  );
  assert.equal(
    { topic: will?.topic, body: `${will?.payload}`, qos: will?.qos, retain: will?.retain },
    { topic: 'a/b', body: '{"state":"lost"}', qos: 1, retain: true },
  );
  for (const length of [0, 1, 120, 121, 127, 128, 16_370, 16_384, 200_000, 2_100_000]) {
    const body = Buffer.alloc(length, 'x');
    const packet = parsed(publishPacket('ek/v1/ü', body, 0xabcd, length % 2 === 0));
    if (packet.cmd !== 'publish') throw new Error(packet.cmd);
    assert.is(packet.topic, 'ek/v1/ü');
    assert.is(packet.messageId, 0xabcd);
    assert.is(packet.qos, 1);
    assert.is(packet.retain, length % 2 === 0);
    assert.ok(Buffer.compare(packet.payload as Buffer, body) === 0, `a body of ${length} bytes`);
  }
  const subscribe = parsed(
    subscribePacket(7, [
      ['a', 0],
      ['b/c', 1],
    ] as const),
  );
  if (subscribe.cmd !== 'subscribe') throw new Error(subscribe.cmd);
  assert.equal(
    subscribe.subscriptions.map(({ topic, qos }) => [topic, qos]),
    [
      ['a', 0],
      ['b/c', 1],
    ],
  );
  assert.is(parsed(pingPacket()).cmd, 'pingreq');
  assert.is(parsed(disconnectPacket()).cmd, 'disconnect');
  assert.is(parsed(pubackPacket(300)).messageId, 300);
});

const heard: readonly (readonly [object, MqttPacket])[] = [
  [
    { cmd: 'connack', returnCode: 5, sessionPresent: false },
    { kind: 'connack', code: 5 },
  ],
  [
    { cmd: 'suback', messageId: 1, granted: [0, 128] },
    { kind: 'suback', codes: [0, 128] },
  ],
  [
    { cmd: 'publish', topic: 'a/ü', payload: Buffer.alloc(300, 1), qos: 0, retain: false, dup: false },
    { kind: 'publish', topic: 'a/ü', id: null, body: Buffer.alloc(300, 1) },
  ],
  [
    { cmd: 'publish', topic: 'b', payload: Buffer.alloc(0), qos: 1, retain: true, dup: true, messageId: 513 },
    { kind: 'publish', topic: 'b', id: 513, body: Buffer.alloc(0) },
  ],
  [
    { cmd: 'puback', messageId: 65_535 },
    { kind: 'puback', id: 65_535 },
  ],
  [{ cmd: 'pingresp' }, { kind: 'pong' }],
];

test('what comes is understood, wherever it is cut', () => {
  const all = Buffer.concat(heard.map(([packet]) => generated(packet)));
  const wanted = JSON.stringify(heard.map(([, packet]) => packet));
  for (let cut = 0; cut <= all.length; cut++) {
    const read = createPacketReader(1000);
    const packets = [...read(all.subarray(0, cut)), ...read(all.subarray(cut))];
    assert.is(JSON.stringify(packets), wanted, `cut at ${cut}`);
  }
  const slow = createPacketReader(1000);
  const one = [...all].flatMap((byte) => slow(Buffer.from([byte])));
  assert.is(JSON.stringify(one), wanted, 'byte by byte');
});

test('what is no MQTT is refused, and a packet too long before it is here', () => {
  const refused: [Buffer, RegExp][] = [
    [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /does not speak MQTT/],
    [Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]), /length of more than 4 bytes/],
    [Buffer.from([0x30, 0xff, 0xff, 0x7f]), /a packet of 2097155 bytes/],
    [Buffer.from([0x34, 5, 0, 1, 97, 0, 1]), /QoS 2/],
    [Buffer.from([0x30, 3, 0, 9, 97]), /has 3 bytes/],
    [Buffer.from([0x40, 1, 0]), /has 1 bytes/],
    [Buffer.from([0x20, 0]), /has 0 bytes/],
    [Buffer.from([0x00, 0]), /kind 0/],
  ];
  for (const [bytes, why] of refused) assert.throws(() => createPacketReader(1000)(bytes), why);
});

interface Met {
  connection: LinkConnection;
  events: string[];
  /** What the broker was sent, by command. */
  sent: Packet[];
}

/** @param answer what the broker does with each packet; nothing is done by itself */
async function meet(
  answer: (packet: Packet, socket: Socket) => void,
  work: (met: Met) => Promise<void>,
  times = { answerWithinMs: 10_000, lookMs: 40_000 },
): Promise<void> {
  const sent: Packet[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet) => {
      sent.push(packet);
      answer(packet, socket);
    });
    socket.on('error', () => {});
    socket.on('data', (bytes) => void parser.parse(bytes as Buffer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const events: string[] = [];
  const on = {
    onOpen: () => void events.push('open'),
    onMessage: (topic: string, bytes: Uint8Array) => void events.push(`${topic} ${Buffer.from(bytes)}`),
    onEnd: () => void events.push('end'),
  };
  const credential = credentialFor(`mqtt://127.0.0.1:${port}`);
  const connection = openConnection(credential, 's', on, () => dial(port, '127.0.0.1'), times);
  try {
    await work({ connection, events, sent });
  } finally {
    connection.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const accept = (packet: Packet, socket: Socket) => {
  if (packet.cmd === 'connect') socket.write(generated({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
};

test('a broker that never answers is left', () =>
  meet(
    () => {},
    async ({ connection, events }) => {
      await until('it ends', () => events.includes('end'));
      assert.match(connection.error()?.message ?? '', /did not answer within/);
    },
    { answerWithinMs: 20, lookMs: 40_000 },
  ));

test('one that stops answering is asked, and left; one that confirms is not even asked', async () => {
  await meet(
    accept,
    async ({ connection, events, sent }) => {
      await until('it ends', () => events.includes('end'));
      assert.ok(sent.some(({ cmd }) => cmd === 'pingreq'));
      assert.match(connection.error()?.message ?? '', /no longer answers/);
    },
    { answerWithinMs: 10_000, lookMs: 50 },
  );
  const confirming = (packet: Packet, socket: Socket) => {
    accept(packet, socket);
    if (packet.cmd === 'publish') socket.write(generated({ cmd: 'puback', messageId: packet.messageId }));
    if (packet.cmd === 'pingreq') socket.write(generated({ cmd: 'pingresp' }));
  };
  await meet(
    confirming,
    async ({ connection, events, sent }) => {
      await until('it is open', () => events.includes('open'));
      connection.publish('report', 'x', () => {});
      await until('it is asked where nothing is confirmed', () => sent.some(({ cmd }) => cmd === 'pingreq'));
      assert.not(events.includes('end'), 'an answer keeps it');
    },
    { answerWithinMs: 10_000, lookMs: 50 },
  );
});

test('a refusal has its code; what waits for its confirmation learns that there will be none', async () => {
  const refuse = (_packet: Packet, socket: Socket) =>
    void socket.write(generated({ cmd: 'connack', returnCode: 5, sessionPresent: false }));
  await meet(refuse, async ({ connection, events }) => {
    await until('it ends', () => events.includes('end'));
    assert.equal(events, ['end']);
    assert.is(connection.error()?.code, 5);
    assert.match(connection.error()?.message ?? '', /Not authorized/);
  });
  await meet(accept, async ({ connection, events }) => {
    await until('it is open', () => events.includes('open'));
    let settled: unknown = 'nothing yet';
    connection.publish('report', 'x', (error) => {
      settled = error?.message;
    });
    connection.close();
    await until('it ends', () => events.includes('end'));
    assert.is(settled, 'The connection has ended');
  });
});

test('a sign-off waits for what is in flight; a message of QoS 1 is confirmed', async () => {
  let confirm = () => {};
  const slow = (packet: Packet, socket: Socket) => {
    accept(packet, socket);
    if (packet.cmd === 'connect')
      socket.write(
        generated({ cmd: 'publish', topic: 't', payload: 'hello', qos: 1, messageId: 9, dup: false, retain: false }),
      );
    if (packet.cmd === 'publish')
      confirm = () => void socket.write(generated({ cmd: 'puback', messageId: packet.messageId }));
    if (packet.cmd === 'disconnect') socket.end();
  };
  await meet(slow, async ({ connection, events, sent }) => {
    await until('the message is confirmed', () => sent.find(({ cmd }) => cmd === 'puback')?.messageId === 9);
    assert.ok(events.includes('t hello'));
    connection.publish('report', 'x', () => {});
    await until('it is here', () => sent.some(({ cmd }) => cmd === 'publish'));
    const ended = connection.disconnect();
    assert.not(sent.some(({ cmd }) => cmd === 'disconnect'));
    confirm();
    await ended;
    assert.ok(sent.some(({ cmd }) => cmd === 'disconnect'));
    assert.is(connection.error(), null);
  });
});

test.run();
