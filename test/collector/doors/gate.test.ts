/** Shares of connections, with sockets that have any address: what one network does is not felt in another. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createGate, type GateRules } from '../../../collector/doors/gate.ts';

const test = suite('gate');
const rules: GateRules = { connections: 30, strangers: 20, perAddress: 5, perKnownAddress: 8, evictAfter: 1000 };

/** The parts of a socket that the gate uses. */
class Fake extends EventEmitter {
  destroyed = false;
  remoteAddress: string;
  remotePort: number;
  constructor(address: string, port: number) {
    super();
    this.remoteAddress = address;
    this.remotePort = port;
  }
  destroy() {
    this.destroyed = true;
    queueMicrotask(() => this.emit('close'));
  }
}

function open(own: Partial<GateRules> = {}) {
  let now = 0;
  let port = 0;
  const closed: string[] = [];
  const gate = createGate({
    rules: { ...rules, ...own },
    monotonic: () => now,
    onClosed: (address) => closed.push(address),
  });
  const enter = (address: string) => {
    const socket = new Fake(address, ++port);
    gate.enter(socket as unknown as Socket);
    return socket;
  };
  const known = (socket: Fake) => gate.known(socket as unknown as Socket);
  return { enter, known, closed, pass: (ms: number) => (now += ms) };
}

const left = (sockets: Fake[]) => sockets.filter(({ destroyed }) => !destroyed).length;

test('a network that is full makes room by its oldest, once that had its time', () => {
  const { enter, pass, closed } = open();
  const silent = Array.from({ length: 5 }, () => enter('192.0.2.1'));
  assert.ok(enter('192.0.2.1').destroyed, 'nobody had time yet to say who they are');
  pass(1000);
  assert.not(enter('192.0.2.1').destroyed);
  assert.equal(
    silent.map(({ destroyed }) => destroyed),
    [true, false, false, false, false],
  );
  assert.equal(closed, ['192.0.2.1', '192.0.2.1']);
});

test('whoever is known no longer counts, and is never closed for others', async () => {
  const { enter, known, pass } = open();
  const agents = Array.from({ length: 12 }, () => {
    const socket = enter('192.0.2.1');
    known(socket);
    return socket;
  });
  for (let n = 0; n < 50; n++) {
    pass(1000);
    enter('192.0.2.1');
    enter(`198.51.100.${n}`);
  }
  await Promise.resolve();
  assert.is(left(agents), 12);
});

test('IPv6 counts by /64, and IPv4 in IPv6 as IPv4', () => {
  const { enter } = open();
  const same = Array.from({ length: 6 }, (_, n) => enter(`2001:db8:0:1:${n}::${n}`));
  assert.is(left(same), 5);
  assert.not(enter('2001:db8:0:2::1').destroyed);
  const mapped = [1, 2, 3].flatMap(() => [enter('192.0.2.9'), enter('::ffff:192.0.2.9')]);
  assert.is(left(mapped), 5);
});

test('strangers from everywhere use up nothing of networks that somebody came from before', () => {
  const { enter, known } = open();
  known(enter('192.0.2.1'));
  const flood = Array.from({ length: 40 }, (_, n) => enter(`198.51.100.${n}`));
  assert.is(left(flood), rules.strangers);
  const office = Array.from({ length: 9 }, () => enter('192.0.2.1'));
  assert.is(left(office), rules.perKnownAddress);
});

test('with all connections taken a stranger makes room; known ones do not', () => {
  const { enter, known, pass } = open({ connections: 6, strangers: 6 });
  const stranger = enter('198.51.100.1');
  for (let n = 0; n < 5; n++) known(enter('192.0.2.1'));
  pass(1000);
  const next = enter('192.0.2.1');
  assert.ok(stranger.destroyed);
  assert.not(next.destroyed);
  known(next);
  assert.ok(enter('192.0.2.1').destroyed, 'only known ones are left');
});

test('a port that is used again is not taken for the connection before', async () => {
  const { enter, pass } = open({ perAddress: 1 });
  const first = enter('192.0.2.1');
  pass(1000);
  const second = enter('192.0.2.1');
  second.remotePort = first.remotePort;
  await Promise.resolve();
  assert.ok(first.destroyed);
  pass(1);
  assert.ok(enter('192.0.2.1').destroyed, 'the second one still counts');
});

test('what has closed no longer counts', async () => {
  const { enter } = open();
  for (let n = 0; n < 40; n++) {
    enter('192.0.2.1').destroy();
    await Promise.resolve();
  }
  assert.not(enter('192.0.2.1').destroyed);
});

test.run();
