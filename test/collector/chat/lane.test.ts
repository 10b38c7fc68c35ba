/** A chat server that is away: heard of in the log when that begins and when it ends, and not at each try. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { roomLane } from '../../../collector/chat/lane.ts';
import { openState } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { createOutgoing } from '../../../shared/outgoing.ts';
import { freshPlace } from '../../support/state.ts';
import { until } from '../../support/until.ts';

test('the same trouble is one line, however often it is tried again', async () => {
  let tries = 0;
  const server = createServer((_, response) => {
    tries++;
    response.writeHead(502).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const state = await openState(freshPlace());
  const stopped = new AbortController();
  const said: string[] = [];
  const parts = {
    ...{ settings: [], state, clock: { now: Date.now, monotonic: () => performance.now() }, zone: 'UTC' },
    log: { ...silentLog, warn: (_: object, text: string) => void said.push(text) },
    ...{ outgoing: createOutgoing(['127.0.0.1']), publicUrl: () => '', maySend: () => true, isHeld: () => false },
  };
  const settings = { url: `http://127.0.0.1:${port}`, token: 'x', rooms: ['!a:test'] };
  const lane = roomLane(parts, { name: 'ops', kind: 'matrix', settings }, stopped.signal);
  lane.start((() => async () => ({ status: 500, body: null })) as never);
  await until(
    () => {
      lane.again();
      return tries >= 4;
    },
    10_000,
    'four tries',
  );
  assert.equal(said, ['Does not hear a chat room at present']);
  stopped.abort();
  await lane.ended();
  server.close();
  await state.destroy();
});

test.run();
