import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createDeadman } from '../../../collector/notify/deadman.ts';
import { silentLog } from '../../../shared/log.ts';
import { createOutgoing } from '../../../shared/outgoing.ts';
import { openCollector } from '../../support/collector.ts';
import { until } from '../../support/processes.ts';
import { loopback, openReceiver } from './receiver.ts';

const clock = { now: () => 0, monotonic: () => 0 };
const signs = (url: string, failUrl: string | null, trouble: string | null, outgoing = loopback) =>
  createDeadman({
    ...{ settings: { url, failUrl, everyMs: 60_000 }, clock, log: silentLog, outgoing },
    trouble: async () => {
      if (trouble === 'throws') throw new Error('the state is gone');
      return trouble;
    },
  });

test('a sign while all is well; otherwise the other address with the reason, or none', async () => {
  await using receiver = await openReceiver(() => [200]);
  const [well, ill] = [`${receiver.url}/well`, `${receiver.url}/ill`];
  await signs(well, null, null).ping();
  await signs(well, null, 'no room').ping();
  await signs(well, ill, 'no room').ping();
  await signs(well, ill, 'throws').ping();
  assert.equal(
    receiver.received.map(({ path, body }) => [path, body]),
    [
      ['/well', ''],
      ['/ill', 'no room'],
      ['/ill', 'the state is gone'],
    ],
  );
});

test('a private address that is not allowed gets none, and a failure does no harm', async () => {
  await using receiver = await openReceiver(() => [500]);
  await signs(receiver.url, null, null, createOutgoing([])).ping();
  assert.is(receiver.received.length, 0);
  await signs(receiver.url, null, null).ping();
  assert.is(receiver.received.length, 1);
});

test('a collector that is set so sends it from its start; a setting that is none is refused', async () => {
  await using receiver = await openReceiver(() => [200]);
  const settings = `outgoing: { allow: [127.0.0.1] }\ndeadman: { url: "${receiver.url}/ping", every: 10s }\n`;
  await using _ = await openCollector({ settings });
  await until(() => receiver.received.length > 0, 10_000, 'a sign of life');
  assert.is(receiver.received[0]?.path, '/ping');
  for (const [bad, words] of [
    ['deadman: { every: 1m }', /deadman lacks "url"/],
    ['deadman: { url: "ftp://h4nter2/x" }', /deadman\.url .*http/],
    ['deadman: { url: "https://x", url_file: y }', /both given/],
    ['deadman: { url: "https://x", every: 1s }', /deadman\.every .*from 10s/],
  ] as const) {
    const thrown = await openCollector({ settings: bad }).catch((error: unknown) => error);
    assert.match(String(thrown), words);
    assert.not.match(String(thrown), 'h4nter2');
  }
});

test.run();
