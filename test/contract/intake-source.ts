/** What every source of messages does. A source's test is one call: `intakeSourceContract('name', source)`. */
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

/** A source under test. */
export interface SourceUnderTest {
  /** On a free port of this machine, or on the one that is given. */
  open(port: number): OpenSource;
  /**
   * What a PUBACK tells an agent: that its message is durable, or only that the broker has taken it. Then nobody but our `ack`
   * says more, an address is not known, and who subscribes is not, either.
   */
  puback: 'durable' | 'taken';
  /** Makes what it needs. @returns ends that */
  prepare?(): Promise<() => Promise<void>>;
}

export const contractUsers: Readonly<Record<string, string>> = Object.fromEntries(
  known.map((id) => [id, `secret of ${id}`]),
);

export function intakeSourceContract(name: string, { open, puback, prepare }: SourceUnderTest): void {
  const test = suite<Scene>(`intake source: ${name}`, {} as Scene);
  const wires: Wire[] = [];
  const isEmbedded = puback === 'durable';
  let endPrepared: (() => Promise<void>) | undefined;

  const opened = (port: number, scene: Pick<Scene, 'messages' | 'listening'>) =>
    open(port)({
      clock: systemClock,
      log: silentLog,
      counters: createIntakeCounters(new Registry()),
      authenticate: (id, secret) => (contractUsers[id] === secret ? addressOf(id) : undefined),
      onMessage: (message) => void scene.messages.push(message),
      onSubscribe: (endpoint, leaf) => void scene.listening.push(`${endpoint} ${leaf}`),
    });

  test.before(async () => {
    endPrepared = await prepare?.();
  });
  test.after(async () => {
    await endPrepared?.();
  });
  test.before.each(async (scene) => {
    scene.messages = [];
    scene.listening = [];
    scene.source = await opened(0, scene);
    await until(() => scene.source.hears?.() ?? true, 10_000, 'the source hears');
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

  const birth = (session: string) => JSON.stringify({ state: 'online', session });

  test(`a message is passed on as it came, and its PUBACK means: ${puback}`, async (scene) => {
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
    assert.is(message.from, isEmbedded ? '127.0.0.1' : '?');
    await wire.ping();
    assert.is(acknowledged, !isEmbedded);
    message.acknowledge();
    await published;
  });

  test('a message that is refused is not in the way of those behind it', async (scene) => {
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
    const other = scene.wire(two);
    await other.connected;
    void other.publish(topic('report', two), 'x').catch(() => undefined);
    await until(() => scene.messages.length === 3, 5000, 'the message of the other');
    if (!isEmbedded) return assert.equal(await Promise.all(outcomes), ['acknowledged', 'acknowledged']);
    wire.cut();
    assert.equal(await Promise.all(outcomes), ['ended', 'ended']);
  });

  test('messages of one endpoint keep their order over topics, and none is passed on twice', async (scene) => {
    const wire = scene.wire();
    await wire.connected;
    const leaves = ['presence', 'report', 'inventory', 'backlog', 'ask', 'applied'] as const;
    const acknowledge = setInterval(() => {
      for (const message of scene.messages) message.acknowledge();
    }, 5);
    const sent = leaves.map((leaf) => {
      const payload = leaf === 'presence' ? birth('a') : leaf;
      return wire.publish(topic(leaf), payload, { retain: leaf === 'presence' });
    });
    try {
      await Promise.all(sent);
      await until(() => scene.messages.length >= leaves.length, 5000, 'all of them');
    } finally {
      clearInterval(acknowledge);
    }
    assert.equal(
      scene.messages.map(({ leaf }) => leaf),
      [...leaves],
    );
  });

  test('what is sent arrives at the endpoint that listens to it, and at no other', async (scene) => {
    const heard: string[] = [];
    const onMessage = (at: string, payload: Buffer) => void heard.push(`${at} ${payload}`);
    const wire = scene.wire(one, { onMessage });
    const other = scene.wire(two, { onMessage });
    await Promise.all([wire.connected, other.connected]);
    if (isEmbedded) assert.is(scene.source.send(one, 'ack', Buffer.from('early')), false);
    await wire.subscribe(topic('ack'));
    void wire.publish(topic('presence'), birth('b'), { retain: true }).catch(() => undefined);
    await until(() => scene.listening.includes(`${one} ack`), 5000, 'that it listens');
    assert.is(scene.source.send(one, 'ack', Buffer.from('now')), true);
    assert.is(scene.source.send(one, 'config', Buffer.from('not listened to')), !isEmbedded);
    assert.is(scene.source.send(two, 'ack', Buffer.from('not listened to')), !isEmbedded);
    await until(() => heard.length > 0, 5000, 'the message');
    await Promise.all([wire.ping(), other.ping()]);
    assert.equal(heard, [`${topic('ack')} now`]);
  });

  test('without the right secret no one is connected, and no one publishes or listens for another', async (scene) => {
    assert.is.not(await scene.wire(one, { password: 'wrong' }).connected, 0);
    assert.is.not(await scene.wire('enobodyknowsthis').connected, 0);
    const heard: string[] = [];
    const wire = scene.wire(one, { onMessage: (at) => void heard.push(at) });
    await wire.connected;
    // A broker may grant what it never delivers.
    const granted = await wire.subscribe(topic('ack', two));
    if (isEmbedded) assert.equal(granted, [128]);
    await wire.publish(topic('report', two), 'x').catch(() => undefined);
    if (isEmbedded) assert.is(wire.isOpen, false);
    scene.source.send(two, 'ack', Buffer.from('of another'));
    const after = scene.wire(two);
    await after.connected;
    void after.publish(topic('report', two), 'own').catch(() => undefined);
    await until(() => scene.messages.length > 0, 5000, 'the own message');
    assert.equal(
      scene.messages.map(({ payload }) => String(payload)),
      ['own'],
    );
    assert.equal(heard, []);
  });

  test('a connection that breaks tells the will of its endpoint; one that is ended here does not', async (scene) => {
    const will = (session: string) => ({
      topic: topic('presence'),
      payload: Buffer.from(JSON.stringify({ state: 'lost', session })),
      qos: 1 as const,
      retain: true,
    });
    const said = () => scene.messages.map(({ payload }) => JSON.parse(String(payload)));
    const broken = scene.wire(one, { will: will('gone') });
    await broken.connected;
    void broken.publish(topic('presence'), birth('gone'), { retain: true }).catch(() => undefined);
    await until(() => scene.messages.length === 1, 5000, 'the birth');
    assert.is(scene.source.connected(), 1);
    broken.cut();
    await until(() => scene.messages.length === 2, 5000, 'the will');
    assert.equal(said()[1], { state: 'lost', session: 'gone' });
    const ended = scene.wire(one, { will: will('ended') });
    await ended.connected;
    scene.source.disconnect(one);
    if (isEmbedded) await ended.closed;
    await until(() => scene.source.connected() === 0, 5000, 'nobody is connected');
    assert.is(scene.messages.length, 2);
  });

  test('after its end it can be opened again, and what comes in between is not passed on twice', async (scene) => {
    const { port } = scene.source;
    if (isEmbedded)
      await opened(port, scene).then(
        () => assert.unreachable(),
        ({ code }) => assert.is(code, 'PORT_IN_USE'),
      );
    await scene.source.close();
    scene.source = await opened(port, scene);
    await until(() => scene.source.hears?.() ?? true, 10_000, 'the source hears');
    const wire = scene.wire();
    assert.is(await wire.connected, 0);
    void wire.publish(topic('report'), 'after').catch(() => undefined);
    await until(() => scene.messages.length > 0, 5000, 'the message');
    assert.is(scene.messages.length, 1);
  });

  test.run();
}
