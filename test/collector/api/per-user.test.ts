/** What one user may have in progress at a time: the next is told to wait, other users are not. */
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { limits } from '../../../collector/doors/limits.ts';
import { openCollector } from '../../support/collector.ts';
import { addEndpoint, until } from '../../support/station.ts';

const test = suite('per user');
const { perUser } = limits.http;

test('event streams: so many per user; one that ends makes room', async () => {
  await using collector = await openCollector();
  const ends: AbortController[] = [];
  /** An answer that nobody holds is collected as garbage, and its connection ends. */
  const answers: Response[] = [];
  const open = async (as: 'viewer' | 'operator') => {
    const end = new AbortController();
    ends.push(end);
    const headers = { authorization: `Bearer ${collector.token(as)}` };
    const answer = await fetch(`${collector.started.addresses.http}/api/v1/events`, { headers, signal: end.signal });
    answers.push(answer);
    return answer;
  };
  for (let n = 0; n < perUser.streams; n++) assert.is((await open('viewer')).status, 200);
  const refused = await open('viewer');
  assert.equal([refused.status, refused.headers.get('retry-after')], [429, '2']);
  assert.match(
    ((await refused.json()) as { message: string }).message,
    `at most ${perUser.streams} in progress per user`,
  );
  assert.is((await open('operator')).status, 200);
  ends[0]?.abort();
  await until('there is room again', async () => (await open('viewer')).status === 200);
  for (const end of ends) end.abort();
});

test('charts: of many at once the rest is told to wait, and another user gets an answer', async () => {
  await using collector = await openCollector();
  const { endpoint } = await addEndpoint(collector.state, 'echartchartchart');
  await collector.stop();
  await using again = await collector.again();
  const path = `/api/v1/endpoints/${endpoint}/series?metric=cpu.usage_active`;
  const { host, hostname, port } = new URL(again.started.addresses.http);
  // In one write, so that all of them are there before the first is answered.
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${again.token('viewer')}\r\n`;
  const socket = connect(Number(port), hostname);
  const [n, last] = [60, `${request}Connection: close\r\n\r\n`];
  socket.write(`${request}\r\n`.repeat(n - 1) + last);
  let text = '';
  for await (const piece of socket) text += piece;
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const refused = count(/HTTP\/1\.1 429 /g);
  assert.is(count(/HTTP\/1\.1 200 /g) + refused, n);
  assert.ok(refused > 0 && refused <= n - perUser.charts, `${refused} refused`);
  assert.is(count(/^retry-after: 2\r$/gim), refused);
  assert.is((await again.call(path, { as: 'operator' })).status, 200);
  assert.is((await again.call(path, { as: 'viewer' })).status, 200);
});

test.run();
