/** Limits of rules and alerts for the charts of an endpoint. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChartMarks } from '../../../shared/chart-api.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { putAlerts } from '../../support/fleet-history.ts';
import { wired } from '../../support/wired-machine.ts';

const test = suite('marks of charts');
const hour = 3_600_000;
let collector: InProcess;
let endpoint: string;

test.before(async () => {
  collector = await openCollector();
  const { id, wire } = await wired(collector, 'box');
  endpoint = id;
  wire.end();
});
test.after(() => collector.close());

async function marks(from = 0, to = 100 * hour): Promise<ChartMarks> {
  const { status, body } = await collector.call(`/api/v1/endpoints/${endpoint}/marks?from=${from}&to=${to}`, {
    as: 'viewer',
  });
  assert.is(status, 200);
  return body;
}

test('limits are those of the rules that hold here, an exception among them, and only of values themselves', async () => {
  const disk = async () =>
    (await marks()).limits
      .filter(({ metric }) => metric === 'disk.used_percent')
      .map(({ rule, value }) => [rule.id, value]);
  assert.equal(await disk(), [
    ['disk-space', 90],
    ['disk-space-critical', 95],
  ]);
  const when = {
    ...{ kind: 'threshold', measurement: 'disk' },
    all: [
      { field: 'used_percent', op: '>=', value: 80 },
      { field: 'free', op: '<', value: 1e10 },
    ],
  };
  const scope = { of: 'endpoint', target: endpoint };
  const { status } = await collector.call('/api/v1/rules/disk-space', {
    ...{ method: 'PUT', as: 'admin' },
    body: { scope, parts: { when }, reason: 'a small disk' },
  });
  assert.is(status, 200);
  assert.equal((await disk())[0], ['disk-space', 80]);
  const { limits } = await marks();
  assert.not(
    limits.some(({ metric }) => metric === 'os.unclean_shutdowns'),
    'its growth is compared, which is not the value that a chart has',
  );
});

test('alerts that fired in the time, and those that still did; no others', async () => {
  await putAlerts(collector.state, [
    { id: 'past', endpoint, resolvedAt: 10 * hour, events: [['fired', 9 * hour]] },
    { id: 'over', endpoint, resolvedAt: 30 * hour, events: [['fired', 15 * hour]] },
    { id: 'goes-on', endpoint, resolvedAt: null, events: [['fired', 25 * hour]] },
    { id: 'later', endpoint, resolvedAt: null, events: [['fired', 60 * hour]] },
    { id: 'elsewhere', endpoint: 'another', resolvedAt: null, events: [['fired', 25 * hour]] },
  ]);
  const { alerts } = await marks(20 * hour, 50 * hour);
  assert.equal(
    alerts.map(({ id, from, to }) => [id, from, to]),
    [
      ['goes-on', 25 * hour, null],
      ['over', 15 * hour, 30 * hour],
    ],
  );
});

test('a time that ends before it begins is refused', async () => {
  const { status } = await collector.call(`/api/v1/endpoints/${endpoint}/marks?from=${hour}&to=0`, { as: 'viewer' });
  assert.is(status, 400);
});

test.run();
