/** Which way the agent takes next: after which failures the other one is tried, what is remembered, when the direct one is taken again. */
import { createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AgentWays, createWays } from '../../agent/ways.ts';
import { silentLog } from '../../shared/log.ts';
import { credentialFor } from '../support/agent.ts';
import { until } from '../support/until.ts';

const test = suite('ways to the collector');
const refused = { code: 'ECONNREFUSED' };

interface Tried {
  ways: AgentWays;
  memory: Map<string, unknown>;
  pass(ms: number): void;
  directs(): number;
  /** One connection that ends before the broker has answered. @returns the way that it took */
  fail(error?: { code?: unknown }): string;
}

function waysTo(port: number, kept?: string, wanted: 'auto' | 'mqtt' | 'websocket' = 'auto'): Tried {
  const credential = credentialFor(`mqtt://127.0.0.1:${port}`);
  const memory = new Map<string, unknown>(kept === undefined ? [] : [['way', kept]]);
  let [now, directs] = [0, 0];
  const ways = createWays({
    ...{ data: '/nowhere', wanted, log: silentLog, firstLookMs: 20 },
    memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
    clock: { monotonic: () => now },
    credential: () => credential,
    onDirect: () => void directs++,
  });
  const begin = () => {
    const stream = ways.open(credential, null);
    stream.on('error', () => {});
    stream.destroy();
    return ways.now();
  };
  return {
    ...{ ways, memory, directs: () => directs },
    pass(ms) {
      now += ms;
    },
    fail(error = refused) {
      const way = begin();
      ways.ended(error, false);
      return way;
    },
  };
}

/** A connection that the broker has accepted. */
function succeed({ ways }: Tried): string {
  const stream = ways.open(credentialFor('mqtt://127.0.0.1:1'), null);
  stream.on('error', () => {});
  stream.destroy();
  ways.opened();
  return ways.now();
}

test('where MQTT was never reached: three failures, the other way once, and so on; what works is kept', () => {
  const tried = waysTo(1);
  const taken = Array.from({ length: 5 }, () => tried.fail());
  assert.equal(taken, ['mqtt', 'mqtt', 'mqtt', 'websocket', 'mqtt']);
  assert.equal([tried.fail(), tried.fail()], ['mqtt', 'mqtt']);
  assert.is(tried.memory.get('way'), undefined);
  assert.is(succeed(tried), 'websocket');
  assert.is(tried.memory.get('way'), 'websocket');
  tried.ways.ended(null, true);
  assert.is(tried.fail(), 'websocket');
  tried.ways.stop();
});

test('where MQTT has worked before, only after two minutes: the collector is likelier to be off', () => {
  const tried = waysTo(1, 'mqtt');
  assert.equal(new Set(Array.from({ length: 10 }, () => tried.fail())), new Set(['mqtt']));
  tried.pass(120_000);
  assert.equal([tried.fail(), tried.fail(), tried.fail()], ['mqtt', 'websocket', 'mqtt']);
});

test('a credential or a certificate that is refused is no reason for the other way', () => {
  for (const error of [{ code: 5 }, { code: 'CERT_HAS_EXPIRED' }, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }]) {
    const tried = waysTo(1);
    assert.equal(new Set(Array.from({ length: 8 }, () => tried.fail(error))), new Set(['mqtt']), String(error.code));
  }
});

test('a way that the machine’s settings name is the only one, and is not remembered', () => {
  for (const wanted of ['mqtt', 'websocket'] as const) {
    const tried = waysTo(1, wanted === 'mqtt' ? 'websocket' : 'mqtt', wanted);
    assert.equal(new Set(Array.from({ length: 8 }, () => tried.fail())), new Set([wanted]));
    succeed(tried);
    assert.is.not(tried.memory.get('way'), wanted);
  }
});

test('from WebSocket it goes back by itself once the direct way is open, and stays where that is shut', async () => {
  const listening: Server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  const { port } = listening.address() as { port: number };
  try {
    const open = waysTo(port, 'websocket');
    assert.is(succeed(open), 'websocket');
    await until(() => open.directs() === 1, 5000, 'that the direct way is found open');
    open.ways.ended(null, true);
    assert.is(succeed(open), 'mqtt');
    assert.is(open.memory.get('way'), 'mqtt');
    open.ways.stop();
  } finally {
    listening.close();
  }
  const shut = waysTo(port, 'websocket');
  succeed(shut);
  await new Promise((done) => setTimeout(done, 200));
  assert.is(shut.directs(), 0);
  shut.ways.ended(null, true);
  assert.is(shut.fail(), 'websocket');
  shut.ways.stop();
});

test.run();
