import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostMetrics } from '../../../collector/api/host-metrics.ts';
import type { EndpointRow } from '../../../shared/api.ts';
import { disturbers, hasDisturber } from '../../support/disturbers.ts';

const test = suite('host metrics');
const now = 1_800_000_000_000;
const row = (name: string, site: string | null): EndpointRow =>
  ({ id: `id-${name}`, name, kind: 'server', site, state: 'online' }) as EndpointRow;

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
      '# HELP evenkeel_disk_used_percent Disk in use (percent)',
      '# TYPE evenkeel_disk_used_percent gauge',
      'evenkeel_disk_used_percent{endpoint="db \\"1\\"",id="id-db \\"1\\"",kind="server",site="north",path="C:\\\\",device="a\\"b\\nc"} 81.5',
      '# HELP evenkeel_net_bytes_recv Network, received (bytes)',
      '# TYPE evenkeel_net_bytes_recv counter',
      'evenkeel_net_bytes_recv{endpoint="db \\"1\\"",id="id-db \\"1\\"",kind="server",site="north",interface="eth0"} 12',
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
  assert.match(lines[severities[0] ?? 0] ?? '', 'kind="server",site="",name="md0",tag_kind="md"');
  assert.is(lines.filter((line) => line.startsWith('evenkeel_cpu_usage_active{')).length, 1);
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
    assert.is(lines.length, 6);
    for (const line of lines) assert.not.ok(hasDisturber(line), JSON.stringify(line));
    // Pairs of a name and a quotation, in which each backslash is followed by what the format knows.
    for (const line of lines.filter((text) => !text.startsWith('#')))
      assert.match(line, /^\w+\{(\w+="([^"\\]|\\[\\"n])*",?)+\} 1$/);
  }
});

test.run();
