import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostMetrics } from '../../../collector/api/host-metrics.ts';
import type { EndpointRow } from '../../../shared/api.ts';
import { catalogue } from '../../../shared/metrics.ts';
import { openCollector } from '../../support/collector.ts';
import { disturbers, hasDisturber } from '../../support/disturbers.ts';
import { prometheusMissing, promtoolComplaints } from '../../support/prometheus.ts';
import { until } from '../../support/until.ts';

const test = suite('host metrics');
const now = 1_800_000_000_000;
const row = (name: string, site: string | null): EndpointRow =>
  ({
    ...{ id: `id-${name}`, name, kind: 'server', site, state: 'online' },
    alerts: { critical: 2, warning: 0, info: 1, unacknowledged: 0 },
  }) as EndpointRow;

test('names, help, types and escaped labels', () => {
  const latest = [
    { metric: 'disk.used_percent', tags: { path: 'C:\\', device: 'a"b\nc', host: 'x' }, at: now, value: 81.5 },
    { metric: 'net.bytes_recv', tags: { interface: 'eth0' }, at: now, value: 12 },
  ];
  const text = hostMetrics([row('db "1"', 'north')], () => latest, now);
  assert.is(
    text,
    [
      '# HELP evenkeel_endpoint_up The endpoint is online',
      '# TYPE evenkeel_endpoint_up gauge',
      'evenkeel_endpoint_up{endpoint="db \\"1\\"",id="id-db \\"1\\"",kind="server",site="north"} 1',
      '# HELP evenkeel_endpoint_alerts Alerts that fire',
      '# TYPE evenkeel_endpoint_alerts gauge',
      ...[
        ['critical', 2],
        ['warning', 0],
        ['info', 1],
      ].map(
        ([severity, count]) =>
          `evenkeel_endpoint_alerts{endpoint="db \\"1\\"",id="id-db \\"1\\"",kind="server",site="north",severity="${severity}"} ${count}`,
      ),
      '# HELP evenkeel_disk_used_ratio Disk in use; disk.used_percent',
      '# TYPE evenkeel_disk_used_ratio gauge',
      'evenkeel_disk_used_ratio{endpoint="db \\"1\\"",id="id-db \\"1\\"",kind="server",site="north",path="C:\\\\",device="a\\"b\\nc"} 0.815',
      '# HELP evenkeel_net_recv_bytes_total Network, received; net.bytes_recv',
      '# TYPE evenkeel_net_recv_bytes_total counter',
      'evenkeel_net_recv_bytes_total{endpoint="db \\"1\\"",id="id-db \\"1\\"",kind="server",site="north",interface="eth0"} 12',
      '',
    ].join('\n'),
  );
});

test('each family stands once, its lines together; a tag named like a label steps aside; old values are left out', () => {
  const latest = (id: string) => [
    { metric: 'array.severity', tags: { name: 'md0', kind: 'md' }, at: now, value: 0 },
    { metric: 'cpu.usage_active', tags: { cpu: 'cpu-total' }, at: id === 'id-b' ? now - 3_600_000 : now, value: 5 },
    { metric: 'not.known', tags: {}, at: now, value: 1 },
  ];
  const lines = hostMetrics([row('a', null), row('b', null)], latest, now).split('\n');
  assert.is(lines.filter((line) => line.startsWith('# TYPE evenkeel_array_severity')).length, 1);
  const severities = lines.flatMap((line, i) => (line.startsWith('evenkeel_array_severity{') ? [i] : []));
  assert.is((severities[1] ?? 0) - (severities[0] ?? 0), 1);
  assert.match(lines[severities[0] ?? 0] ?? '', 'kind="server",name="md0",tag_kind="md"');
  assert.is(lines.filter((line) => line.startsWith('evenkeel_cpu_usage_active_ratio{')).length, 1);
  assert.not.match(lines.join('\n'), 'not_known');
});

test('a label is one piece of text whatever it holds', () => {
  for (const one of disturbers) {
    const tags = { path: `a${one}"} 1` };
    const lines = hostMetrics(
      [row(`a${one}b`, `a${one}b`)],
      () => [{ metric: 'disk.used_percent', tags, at: now, value: 1 }],
      now,
    )
      .trimEnd()
      .split('\n');
    assert.is(lines.length, 11);
    for (const line of lines) assert.not.ok(hasDisturber(line), JSON.stringify(line));
    // Pairs of a name and a quotation, in which each backslash is followed by what the format knows.
    for (const line of lines.filter((text) => !text.startsWith('#')))
      assert.match(line, /^\w+\{(\w+="([^"\\]|\\[\\"n])*",?)+\} [\d.]+$/);
  }
});

const missing = prometheusMissing();
if (missing !== null) console.log(`\nSKIP prometheus: ${missing}`);
const withPromtool = missing === null ? test : test.skip;

withPromtool('promtool has no complaint about any field of the catalogue', () => {
  const latest = catalogue.map(({ measurement, field }) => ({
    ...{ metric: `${measurement}.${field}`, tags: { name: 'x' }, at: now, value: 1 },
  }));
  const text = hostMetrics([row('a', null)], () => latest, now);
  assert.is(text.split('\n').filter((line) => line.startsWith('# TYPE')).length, catalogue.length + 2);
  assert.is(promtoolComplaints(text), '');
});

withPromtool('nor about the metrics of the collector itself', async () => {
  await using collector = await openCollector();
  const scrape = () => collector.call('/metrics', { as: 'viewer' });
  // The open month is computed beside the first scrape.
  await until(
    async () => (await scrape()).text.includes('evenkeel_stability_computed_timestamp_seconds '),
    10_000,
    'the numbers of the open month',
  );
  const { text } = await scrape();
  assert.is(promtoolComplaints(text), '');
  // A number that is not known is no 0: there is no endpoint yet.
  assert.not.match(text, /^evenkeel_stability_index /m);
});

test.run();
