/** MQTT over WebSocket under strangers, pages of browsers and machines that go beyond what a WebSocket may cost. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'mqtt-packet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { limits } from '../../../collector/doors/limits.ts';
import { openState } from '../../../collector/state/open.ts';
import { webPath, webProtocol } from '../../../shared/web-stream.ts';
import { connectPacket } from '../../simulate/wire.ts';
import { type RunningCollector, startCollector, temporaryFolder, until } from '../../support/processes.ts';
import { statePlace } from '../../support/state.ts';
import { addEndpoint, type Credential } from '../../support/station.ts';

const test = suite('web door');
const folder = temporaryFolder();
let collector: RunningCollector;
let good: Credential;

test.before(async () => {
  const data = join(folder.path, 'data');
  mkdirSync(data);
  const state = await openState(statePlace(data));
  good = await addEndpoint(state, 'egoodgoodgoodgoo');
  await state.destroy();
  collector = await startCollector(data);
});
test.after(async () => {
  collector.child.kill('SIGTERM');
  await collector.ended;
  folder.remove();
});

const open = (options: object = {}, protocols: string[] = [webProtocol]) =>
  new WebSocket(collector.http.replace('http', 'ws') + webPath, protocols, { perMessageDeflate: false, ...options });

/** The status of the answer; 101 where it was let in. */
const asked = (socket: WebSocket) =>
  new Promise<number>((resolve) => {
    socket.on('error', () => resolve(0));
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
  });

/** Open, and how long until it was closed, ms. */
async function lasts(send: (socket: WebSocket) => void): Promise<number> {
  const socket = open();
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('open', resolve));
  const since = performance.now();
  send(socket);
  await new Promise((resolve) => socket.once('close', resolve));
  return performance.now() - since;
}

test('what is no agent is refused before anything is opened', async () => {
  assert.is(await asked(open()), 101);
  assert.is(await asked(open({ origin: 'https://evil.example' })), 403);
  assert.is(await asked(open({ origin: collector.http })), 403, 'nor a page of our own');
  assert.is(await asked(open({}, ['soap'])), 400);
  assert.is(await asked(open({}, [])), 400);
  assert.is(await asked(open({ headers: { host: 'evil.example' } })), 421);
});

const connect = (id: string, password: string) =>
  generate(connectPacket({ host: '', port: 0, clientId: id, password }));

/** The code of the CONNACK. */
const logIn = (bytes: Buffer) =>
  new Promise<{ code: number; socket: WebSocket }>((resolve, reject) => {
    const socket = open();
    socket.on('error', reject);
    socket.once('message', (answer: Buffer) => resolve({ code: answer[3] ?? -1, socket }));
    socket.on('open', () => socket.send(bytes));
  });

test('the same credentials as on the port of MQTT', async () => {
  const wrong = await logIn(connect(good.endpoint, 'wrong'));
  assert.is(wrong.code, 4);
  const right = await logIn(connect(good.endpoint, good.secret));
  assert.is(right.code, 0);
  right.socket.terminate();
});

const quick = limits.mqtt.connect - 1000;

test('before the CONNECT: too many bytes, empty frames, a text or a frame too large end it at once; silence in time', async () => {
  const flood: [string, (socket: WebSocket) => void][] = [
    [
      'bytes of a frame that never ends',
      (socket) => void socket.send(Buffer.alloc(limits.webSocket.before + 1), { fin: false }),
    ],
    ['pings', (socket) => Array.from({ length: 2000 }, () => socket.ping()) && undefined],
    ['text', (socket) => socket.send('hello')],
    ['more than one message may be', (socket) => socket.send(Buffer.alloc(limits.webSocket.message + 1))],
  ];
  for (const [what, send] of flood) assert.ok((await lasts(send)) < quick, what);
  const idle = await lasts(() => undefined);
  assert.ok(idle > quick && idle < 3 * limits.mqtt.connect, `${idle} ms`);
});

test('after it: empty frames count as messages, and their endpoint is named', async () => {
  const { socket, code } = await logIn(connect(good.endpoint, good.secret));
  assert.is(code, 0);
  let isOver = false;
  socket.on('close', () => {
    isOver = true;
  });
  for (let n = 0; n < 3000 && !isOver; n++) socket.send(Buffer.alloc(0));
  await until(() => isOver, 10_000, 'it is ended');
  const said = () => collector.stderr() + collector.stdout();
  await until(
    () => /more than \d+ packets a second/.test(said()) && said().includes(good.endpoint),
    10_000,
    'it is named',
  );
});

test.run();
