/** Bytes at the MQTT port, from strangers and after a right CONNECT: whatever comes, the next endpoint is served. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { generate } from 'mqtt-packet';
import { encode } from '../../../shared/report.ts';
import { connectPacket } from '../../simulate/wire.ts';
import { epochOf, makeReport, openStation } from '../../support/station.ts';
import type { Target } from '../target.ts';

const fuzzed = 'efuzzedfuzzedfuz';
const honest = 'ehonesthonesthon';
const answerMs = 30_000;
const atOnce = 20;

export async function openPackets(): Promise<Target> {
  const station = await openStation({
    endpoints: [fuzzed, honest],
    limits: { connectsPerSecond: 1e6, connectsAtOnce: 1e6, messagesPerSecond: 1e6, messagesAtOnce: 1e6 },
  });
  const host = '127.0.0.1';
  const hello = generate(
    connectPacket({ host, port: 0, clientId: fuzzed, password: station.credential(fuzzed).secret }),
  );
  const topic = station.topic(fuzzed, 'report');
  const report = encode(makeReport(epochOf(1), 1));
  const will = { topic: station.topic(fuzzed, 'presence'), payload: Buffer.from('{}'), qos: 1 as const, retain: true };
  const packets = [
    ...[generate({ cmd: 'publish', topic, payload: report, qos: 1, messageId: 7, retain: false, dup: false })],
    ...[generate({ cmd: 'publish', topic, payload: report, qos: 2, messageId: 8, retain: false, dup: true })],
    ...[generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: station.topic(fuzzed, 'ack'), qos: 1 }] })],
    ...[generate({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [topic] }), generate({ cmd: 'pingreq' })],
    ...[generate({ cmd: 'pubrel', messageId: 8 }), generate({ cmd: 'puback', messageId: 1 })],
    ...[generate({ cmd: 'disconnect' }), Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ...[generate({ ...connectPacket({ host, port: 0, clientId: fuzzed, password: 'x' }), will })],
  ];
  const open = new Set<Promise<void>>();
  let seq = 0;

  /** Sends the bytes, leaves the broker a moment to read them, and cuts. */
  async function send(input: Buffer): Promise<void> {
    const socket = connect({ host, port: station.intake.port });
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    socket.resume();
    socket.end(input);
    await Promise.race([closed, pause(200, undefined, { ref: false })]);
    socket.destroy();
  }

  async function isServed(): Promise<void> {
    const wire = station.wire(honest);
    const late = pause(answerMs, 'late', { ref: false });
    const served = async () => {
      await wire.connected;
      await wire.publish(station.topic(honest, 'report'), encode(makeReport(epochOf(9), ++seq)));
    };
    if ((await Promise.race([served(), late])) === 'late')
      throw new Error(`an endpoint was not served in ${answerMs} ms`);
    wire.end();
  }

  return {
    samples: [...packets, ...packets.map((packet) => Buffer.concat([hello, packet, packet]))],
    ...{ longest: 64 * 1024, cpuMs: 2_000 },
    async take(input) {
      const sent: Promise<void> = send(input).finally(() => open.delete(sent));
      open.add(sent);
      if (open.size < atOnce) return;
      await Promise.all(open);
      await isServed();
    },
    async close() {
      await Promise.all(open);
      await isServed();
      await station.stop();
    },
  };
}
