/** What every source of messages does. A source's test is one call: `intakeSourceContract('name', open)`. */
import { Registry } from 'prom-client';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createIntakeCounters } from '../../collector/intake/counters.ts';
import type { IntakeSource, OpenSource, Publication } from '../../collector/intake/source.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { bucketOf, type DownLeaf, topicOf, type UpLeaf } from '../../shared/topics.ts';
import { openWire, type Wire, type WireOptions } from '../simulate/wire.ts';
import { until } from '../support/processes.ts';

const known = ['eoneoneoneoneone', 'etwotwotwotwotwo'] as const;
const [one, two] = known;
const addressOf = (endpoint: string) => ({ endpoint, bucket: bucketOf(endpoint) });
const topic = (leaf: UpLeaf | DownLeaf, endpoint: string = one) => topicOf(addressOf(endpoint), leaf);

interface Scene {
  source: IntakeSource;
  messages: Publication[];
  listening: string[];
  wire(id?: string, options?: Partial<WireOptions>): Wire;
}

/** @param open the source on a free port of this machine, or on the one that is given */
export function intakeSourceContract(name: string, open: (port: number) => OpenSource): void {
  const test = suite<Scene>(`intake source: ${name}`, {} as Scene);
  const wires: Wire[] = [];

  const opened = (port: number, scene: Pick<Scene, 'messages' | 'listening'>) =>
    open(port)({
      clock: systemClock,
      log: silentLog,
      counters: createIntakeCounters(new Registry()),
      authenticate: (id, secret) =>
        known.includes(id as never) && secret === `secret of ${id}` ? addressOf(id) : undefined,
      onMessage: (message) => void scene.messages.push(message),
      onSubscribe: (endpoint, leaf) => void scene.listening.push(`${endpoint} ${leaf}`),
    });

  test.before.each(async (scene) => {
    scene.messages = [];
    scene.listening = [];
    scene.source = await opened(0, scene);
    scene.wire = (id = one, options = {}) => {
      const wire = openWire({
        ...{ host: '127.0.0.1', port: scene.source.port, clientId: id, password: `secret of ${id}` },
        ...options,
      });
      wires.push(wire);
      return wire;
    };
  });
  test.after.each(async ({ source }) => {
    for (const wire of wires.splice(0)) wire.cut();
    await source.close();
  });

  test('a message is passed on as it came, and gets its PUBACK when it is acknowledged, not before', async (scene) => {
    const wire = scene.wire();
    assert.is(await wire.connected, 0);
    let acknowledged = false;
    const published = wire.publish(topic('report'), Buffer.from([0, 1, 255])).then(() => {
      acknowledged = true;
    });
    await until(() => scene.messages.length === 1, 5000, 'the message');
    const [message] = scene.messages as [Publication];
    assert.is(message.endpoint, one);
    assert.is(message.leaf, 'report');
    assert.is(message.topic, topic('report'));
    assert.equal([...message.payload], [0, 1, 255]);
    assert.is(message.from, '127.0.0.1');
    await wire.ping();
    assert.is(acknowledged, false);
    message.acknowledge();
    await published;
  });

  test('a message that is refused gets no PUBACK, nor do those behind it', async (scene) => {
    const wire = scene.wire();
    await wire.connected;
    const outcomes = [1, 2].map((n) =>
      wire.publish(topic('report'), String(n)).then(
        () => 'acknowledged',
        () => 'ended',
      ),
    );
    await until(() => scene.messages.length === 2, 5000, 'both messages');
    scene.messages[1]?.acknowledge();
    scene.messages[0]?.refuse();
    wire.cut();
    assert.equal(await Promise.all(outcomes), ['ended', 'ended']);
  });

  test('what is sent arrives at the endpoint that listens to it, and at no other', async (scene) => {
    const heard: string[] = [];
    const onMessage = (at: string, payload: Buffer) => void heard.push(`${at} ${payload}`);
    const wire = scene.wire(one, { onMessage });
    await wire.connected;
    assert.is(scene.source.send(one, 'ack', Buffer.from('early')), false);
    await wire.subscribe(topic('ack'));
    assert.equal(scene.listening, [`${one} ack`]);
    assert.is(scene.source.send(one, 'ack', Buffer.from('now')), true);
    assert.is(scene.source.send(one, 'config', Buffer.from('not listened to')), false);
    assert.is(scene.source.send(two, 'ack', Buffer.from('not there')), false);
    await until(() => heard.length > 0, 5000, 'the message');
    await wire.ping();
    assert.equal(heard, [`${topic('ack')} now`]);
  });

  test('without the right secret no one is connected, and no one publishes or listens for another', async (scene) => {
    assert.is.not(await scene.wire(one, { password: 'wrong' }).connected, 0);
    assert.is.not(await scene.wire('enobodyknowsthis').connected, 0);
    const wire = scene.wire();
    await wire.connected;
    assert.equal(await wire.subscribe(topic('ack', two)), [128]);
    await wire.publish(topic('report', two), 'x').catch(() => undefined);
    assert.is(wire.isOpen, false);
    assert.equal(scene.messages, []);
    assert.equal(scene.listening, []);
  });

  test('a connection that breaks tells the will of its endpoint; one that is ended here does not', async (scene) => {
    const will = (payload: string) => ({
      topic: topic('presence'),
      payload: Buffer.from(payload),
      qos: 1 as const,
      retain: false,
    });
    const broken = scene.wire(one, { will: will('gone') });
    await broken.connected;
    assert.is(scene.source.connected(), 1);
    broken.cut();
    await until(() => scene.messages.length === 1, 5000, 'the will');
    assert.is(String(scene.messages[0]?.payload), 'gone');
    const ended = scene.wire(one, { will: will('ended') });
    await ended.connected;
    scene.source.disconnect(one);
    await ended.closed;
    await until(() => scene.source.connected() === 0, 5000, 'nobody is connected');
    assert.is(scene.messages.length, 1);
  });

  test('a port that is taken is refused with its code, and is free again after the end', async (scene) => {
    const { port } = scene.source;
    await opened(port, scene).then(
      () => assert.unreachable(),
      ({ code }) => assert.is(code, 'PORT_IN_USE'),
    );
    await scene.source.close();
    scene.source = await opened(port, scene);
    assert.is(await scene.wire().connected, 0);
  });

  test.run();
}
