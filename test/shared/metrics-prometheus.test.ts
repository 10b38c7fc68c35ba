import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue } from '../../shared/metrics.ts';
import { prometheusLabels, prometheusName } from '../../shared/metrics-prometheus.ts';

const test = suite('names for Prometheus');
const named = (metric: string) => {
  const found = prometheusName(metric);
  if (!found) throw new Error(`${metric} has no name`);
  return found;
};

test('base units: a share, seconds, bytes; the unit stands last, after it only what counts', () => {
  const examples: [metric: string, value: number, name: string, scaled: number][] = [
    ['disk.used_percent', 81.5, 'evenkeel_disk_used_ratio', 0.815],
    ['disk.used', 5, 'evenkeel_disk_used_bytes', 5],
    ['net.bytes_recv', 12, 'evenkeel_net_recv_bytes_total', 12],
    ['agent.cpu_ms', 1500, 'evenkeel_agent_cpu_seconds_total', 1.5],
    ['backup.age_s', 60, 'evenkeel_backup_age_seconds', 60],
    ['cert.days_left', 2, 'evenkeel_cert_left_seconds', 172_800],
    ['smart.power_on_hours', 2, 'evenkeel_smart_power_on_seconds', 7200],
    ['disk.inodes_total', 9, 'evenkeel_disk_inodes', 9],
    ['system.load1', 0.5, 'evenkeel_system_load1', 0.5],
  ];
  for (const [metric, value, name, scaled] of examples) {
    assert.is(named(metric).name, name);
    assert.is(named(metric).scale(value), scaled);
  }
});

test('every field has a name of its own, and `_total` is for counters alone', () => {
  const all = catalogue.map(({ measurement, field }) => named(`${measurement}.${field}`).name);
  assert.is(new Set(all).size, catalogue.length);
  for (const { measurement, field, kind } of catalogue)
    assert.is(named(`${measurement}.${field}`).name.endsWith('_total'), kind === 'counter', `${measurement}.${field}`);
  assert.is(prometheusName('not.known'), undefined);
});

test('labels: whose, then its own tags; one of the same name steps aside, empty ones are left out', () => {
  const endpoint = { id: 'e1', name: 'db', kind: 'server', site: null };
  assert.equal(prometheusLabels(endpoint, { kind: 'md', host: 'x', name: 'md0', path: '' }), [
    ['endpoint', 'db'],
    ['id', 'e1'],
    ['kind', 'server'],
    ['tag_kind', 'md'],
    ['name', 'md0'],
  ]);
});

test.run();
