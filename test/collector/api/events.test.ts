/** The stream: a change that was saved reaches an open page with the row, and stops with the collector. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndpointRow } from '../../../shared/api.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { addEndpoints, endpointId } from '../../bench/intake-names.ts';
import { type InProcess, onceFree, openCollector } from '../../support/collector.ts';

const test = suite('events');
let collector: InProcess;
let closed = false;

test.before(async () => {
  collector = await openCollector();
});
test.after(async () => {
  if (!closed) await collector.close();
});

interface Told {
  kind: string;
  endpoint?: string;
  row?: EndpointRow;
}

/** Opens the stream as a browser does. `next` resolves with the next message, `over` when the stream has ended. */
async function listen() {
  const response = await fetch(`${collector.started.addresses.http}/api/v1/events`, {
    headers: { authorization: `Bearer ${collector.token('viewer')}` },
  });
  assert.is(response.status, 200);
  assert.match(String(response.headers.get('content-type')), 'text/event-stream');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  const next = async (): Promise<Told | null> => {
    for (;;) {
      const match = /(?:^|\n)data: (.*)\n\n/.exec(text);
      if (match) {
        text = text.slice(match.index + match[0].length);
        return JSON.parse(match[1] as string) as Told;
      }
      const { done, value } = await reader.read();
      if (done) return null;
      text += decoder.decode(value);
    }
  };
  return { next };
}

test('no one without a log-in gets a stream', async () => {
  assert.is((await collector.call('/api/v1/events')).status, 401);
});

test('a change comes once with its row, however often it happened within a second', async () => {
  const stream = await listen();
  const made = await collector.call('/api/v1/enrollments', { method: 'POST', as: 'admin', body: {} });
  const { secret } = decodeJoinCode((made.body as { code: string }).code);
  const machine = { hostname: 'box', platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0' };
  const enrolled = await collector.call('/api/v1/enroll', { method: 'POST', body: { code: secret, ...machine } });
  const { endpoint } = enrolled.body as { endpoint: string };
  for (const site of ['north', 'south']) {
    await collector.call(`/api/v1/endpoints/${endpoint}`, { method: 'PATCH', as: 'operator', body: { site } });
  }
  assert.is((await stream.next())?.kind, 'applicant', 'its code was used');
  const first = await stream.next();
  assert.is(first?.kind, 'endpoint');
  assert.is(first?.row?.name, 'box');
  assert.is(first?.row?.site, 'south');
  // Both names were new, and made a site each.
  assert.equal([(await stream.next())?.kind, (await stream.next())?.kind], ['site', 'site']);
  await collector.call('/api/v1/tickets', { method: 'POST', as: 'operator', body: { title: 'after that' } });
  assert.is((await stream.next())?.kind, 'ticket');
});

test('of a large fleet no rows are told: a page reads those that it shows', async () => {
  await onceFree(() => addEndpoints(collector.state, 500));
  await collector.stop();
  collector = await collector.again();
  const stream = await listen();
  const id = endpointId(0);
  await collector.call(`/api/v1/endpoints/${id}`, { method: 'PATCH', as: 'operator', body: { name: 'one of many' } });
  assert.equal(await stream.next(), { kind: 'endpoint', endpoint: id });
});

test('long answers are compressed for those who take it, short ones are not', async () => {
  const ask = (path: string, encoding: string) =>
    fetch(`${collector.started.addresses.http}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${collector.token('viewer')}`, 'accept-encoding': encoding },
    });
  const told = async (path: string, encoding: string) => (await ask(path, encoding)).headers.get('content-encoding');
  assert.is(await told('endpoints?limit=100', 'br, gzip'), 'br');
  assert.is(await told('endpoints?limit=100', 'gzip'), 'gzip');
  assert.is(await told('endpoints?limit=100', 'identity'), null);
  assert.is(await told('me', 'br, gzip'), null);
  const { items } = (await (await ask('endpoints?limit=100', 'br')).json()) as { items: unknown[] };
  assert.is(items.length, 100);
});

test('a stop ends the streams', async () => {
  const stream = await listen();
  closed = true;
  const [last] = await Promise.all([stream.next(), collector.close()]);
  assert.is(last, null);
});

test.run();
