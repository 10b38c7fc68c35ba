/** People see what was refused of a message: as an agent sends it, as the interface answers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import { openWire } from '../../simulate/wire.ts';
import { openCollector } from '../../support/collector.ts';
import { epochOf, makeReport } from '../../support/station.ts';

test('refused parts are on the page of the endpoint and in the list of refused messages', async () => {
  await using collector = await openCollector();
  const { call } = collector;
  const post = async (path: string, body: object) => (await call(path, { method: 'POST', as: 'admin', body })).body;
  const { code } = (await post('/api/v1/enrollments', {})) as { code: string };
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0', hostname: 'box' };
  const enrolled = await post('/api/v1/enroll', { code: decodeJoinCode(code).secret, ...about });
  const { endpoint, secret, mqtt } = enrolled as { endpoint: string; secret: string; mqtt: { url: string } };
  const { hostname: host, port } = new URL(mqtt.url);
  const wire = openWire({ host, port: Number(port), clientId: endpoint, password: secret });
  await wire.connected;
  const report = makeReport(epochOf(1), 1);
  report.metrics.push({ name: 'bogus', tags: {}, fields: { value: 7 }, timestamp: report.at });
  await wire.publish(topicOf({ bucket: bucketOf(endpoint), endpoint }, 'report'), JSON.stringify(report));
  await wire.publish(topicOf({ bucket: bucketOf(endpoint), endpoint }, 'report'), 'no JSON');
  const part = {
    path: 'message.metrics.2.fields.value',
    reason: 'The metric bogus.value is not in the catalogue.',
    value: 7,
  };
  const expected = [null, { count: 1, list: [part] }];
  const detail = (await call(`/api/v1/endpoints/${endpoint}`, { as: 'viewer' })).body as { quarantined: Row[] };
  assert.equal(
    detail.quarantined.map(({ parts }) => parts),
    expected,
  );
  const list = (await call('/api/v1/quarantine', { as: 'admin' })).body as { items: Row[] };
  assert.equal(
    list.items.map(({ parts }) => parts),
    expected,
  );
  wire.end();
});

interface Row {
  parts: unknown;
}

test.run();
