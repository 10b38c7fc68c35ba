/** Services and targets on a status page, of a real server: how they are, and nothing of what they are called or where they are. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchedState } from '../../../collector/status/watched.ts';
import type { StatusAnswer } from '../../../shared/api.ts';
import type { ServiceRow, TargetRow } from '../../../shared/target-api.ts';
import { openCollector } from '../../support/collector.ts';
import { until } from '../../support/until.ts';

const test = suite('services on a status page');

test('a service that is down, and a target in planned work: no name, address or reason of ours', async () => {
  await using collector = await openCollector({ settings: 'targets: { allow: [127.0.0.1] }\n' });
  const server = createServer((_, answer) => answer.end('fine'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const post = async <T>(path: string, body: object, as: 'operator' | 'admin' = 'operator') => {
    const made = await collector.call(`/api/v1/${path}`, { method: 'POST', body, as });
    assert.is(made.status, 201, made.text);
    return made.body as T;
  };
  try {
    const kind = { kind: 'http', intervalS: 10, timeoutS: 2 };
    const url = `http://127.0.0.1:${port}/hidden-path`;
    const good = await post<TargetRow>('targets', { name: 'inner-good', settings: { url }, ...kind });
    const bad = await post<TargetRow>('targets', {
      ...{ name: 'inner-bad', settings: { url, contains: 'secret words' }, ...kind },
    });
    const service = await post<ServiceRow>('services', {
      ...{ name: 'inner-service', note: 'inner note', parts: [good.id, bad.id] },
    });
    const components = [
      { id: 'shop', name: 'Shop', of: 'service', target: service.id },
      { id: 'web', name: 'Web', of: 'target', target: good.id },
    ];
    const page = { slug: 'it', title: 'IT', intro: '', access: 'public', enabled: true, zone: 'Europe/Berlin' };
    await post('status-pages', { ...page, components }, 'admin');
    // Strangers may ask once a second.
    const look = async () => {
      await new Promise((done) => setTimeout(done, 1500));
      const { status, text, body } = await collector.call('/api/v1/status/it');
      assert.is(status, 200, text);
      return body as StatusAnswer;
    };
    const states = async () => (await look()).components.map(({ state }) => state).join();
    await until(async () => (await states()) === 'down,works', 45_000, 'both states on the page');
    const now = Date.now();
    await post('maintenance', {
      scope: { of: 'endpoint', target: good.id },
      ...{ reason: 'inner reason', from: now + 60_000, to: now + 3_600_000 },
    });
    await until(async () => (await look()).components[1]?.work.length === 1, 20_000, 'the planned work');
    const { components: shown } = await look();
    assert.equal(
      shown.map(({ name, basis, outages, work, days }) => [
        ...[name, basis, outages.length, outages[0]?.to, work.length, days.length],
      ]),
      [
        ['Shop', 'checks', 1, null, 1, 90],
        ['Web', 'checks', 0, undefined, 1, 90],
      ],
    );
    assert.ok((shown[0]?.availability ?? 100) < 100);
    const { text } = await collector.call('/api/v1/status/it');
    for (const secret of ['inner', 'hidden', 'secret', '127.0.0.1', String(port), good.id, bad.id, service.id])
      assert.not.match(text, secret, secret);

    // A target is shown only where an admin has named it.
    const missing = await collector.call('/api/v1/status-pages', {
      method: 'POST',
      body: { ...page, slug: 'x', components: [{ ...components[0], target: good.id }] },
      as: 'admin',
    });
    assert.is(missing.status, 404, missing.text);
    assert.match(missing.text, /service/);
    const byOperator = { ...page, slug: 'y', components };
    const refused = await collector.call('/api/v1/status-pages', { method: 'POST', body: byOperator, as: 'operator' });
    assert.is(refused.status, 403);

    await collector.call(`/api/v1/services/${service.id}`, { method: 'DELETE', as: 'operator' });
    await until(async () => (await look()).components[0]?.state === 'unknown', 20_000, 'it to be gone');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('what a person says of it counts, and what is known to be down does not hide behind that', () => {
  assert.equal(watchedState('up', 10, false, null), { state: 'works', since: null });
  assert.equal(watchedState('up', 10, false, 5), { state: 'disturbed', since: 5 });
  assert.equal(watchedState('down', 10, false, 5), { state: 'down', since: 5 });
  assert.equal(watchedState('down', 10, true, 5), { state: 'maintenance', since: null });
  for (const state of ['unknown', 'never', 'off'])
    assert.equal(watchedState(state, 10, false, null), { state: 'unknown', since: null });
});

test.run();
