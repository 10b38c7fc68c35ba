import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultsOfRule } from '../../../collector/evaluate/check.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { expression } from '../../../collector/evaluate/kinds/expression.ts';
import { createMemory, type EndpointView } from '../../../collector/evaluate/kinds/kind.ts';
import type { Metric, Report } from '../../../shared/report.ts';

const noon = Date.parse('2026-11-28T12:00:00Z');

const metricOf = (name: string, fields: Record<string, number>, tags: Record<string, string> = {}): Metric => ({
  ...{ name, tags, fields, timestamp: noon },
});
const view: EndpointView = {
  endpoint: () => ({ name: 'db-1', kind: 'server', tags: ['db', 'prod'] }),
  inventory: () => ({ os: 'Debian 13', pending_updates: 4 }),
  latest: (measurement) => (measurement === 'smart' ? { temperature: 55 } : undefined),
};

function verdict(expr: string, metrics: Metric[], clear?: string) {
  const when = { kind: 'expression', expr, ...(clear !== undefined && { clear }) } as const;
  const report: Report = { v: 1, epoch: '', seq: 1, at: noon, metrics };
  const memory = createMemory(noon, view);
  return expression.judge({ id: 'r', when }, metrics[0] as Metric, report, memory);
}

const told = (when: object) =>
  faultsOfRule({ ...(defaultRules[0] as object), id: 'mine', name: 'x', when: { kind: 'expression', ...when } })
    .map(({ path, problem }) => `${path.join('.')} ${problem}`)
    .join('\n');

test('values, tags, instance and inventory, of this report and of the one before', () => {
  const disk = metricOf('disk', { used_percent: 95, free: 5 * 1024 ** 3 }, { path: '/data' });
  const mem = metricOf('mem', { used_percent: 50 });
  const holds: Record<string, 'breach' | 'clear' | 'none'> = {
    'disk.used_percent > 90 && disk.free < 20 * GiB': 'breach',
    'disk.used_percent > 90 && mem.used_percent > 90': 'clear',
    'disk.used_percent + 1 > 95.5': 'breach',
    'disk.used_percent > 90 && instance.path == "/data"': 'breach',
    'disk.used_percent > 90 && instance.path.startsWith("/var")': 'clear',
    'disk.used_percent > 90 && "db" in endpoint.tags': 'breach',
    'disk.used_percent > 90 && endpoint.tags.exists(t, t.startsWith("pr"))': 'breach',
    'disk.used_percent > 90 && inventory.os.contains("Debian") && inventory.pending_updates > 3': 'breach',
    'disk.used_percent > 90 && smart.temperature >= 55': 'breach',
  };
  for (const [expr, wanted] of Object.entries(holds)) {
    assert.is(told({ expr }), '', expr);
    assert.is(verdict(expr, [disk, mem]), wanted, expr);
  }
});

test('a missing value is no data, never false; what is certain without it decides', () => {
  const disk = metricOf('disk', { used_percent: 95 });
  assert.is(verdict('disk.free < 5', [disk]), 'none');
  assert.is(verdict('disk.used_percent > 90 && swap.used_percent > 90', [disk]), 'none');
  assert.is(verdict('disk.used_percent > 90 || swap.used_percent > 90', [disk]), 'breach');
  assert.is(verdict('disk.used_percent < 90 && swap.used_percent > 90', [disk]), 'clear');
  assert.is(verdict('disk.used_percent > 90 && endpoint.site == "Berlin"', [disk]), 'none');
});

test('clear: between the two the alert goes on', () => {
  const at = (used: number) =>
    verdict('disk.used_percent > 90', [metricOf('disk', { used_percent: used })], 'disk.used_percent < 85');
  assert.equal([95, 88, 80].map(at), ['breach', 'hold', 'clear']);
  assert.match(
    told({ expr: 'disk.used_percent > 9', clear: 'cpu.usage_active < 5' }),
    'when.clear begins with cpu; it must look at the same thing',
  );
});

test('the first metric and its limit are shown', () => {
  const when = { kind: 'expression', expr: 'disk.free < 20 * GiB && disk.used_percent > 90' } as const;
  assert.equal(
    [expression.metric(when), expression.limit(when), [...expression.looksAt(when)]],
    ['disk.free', 20 * 1024 ** 3, ['disk']],
  );
});

test('what cannot be read is refused with its place and the nearest name', () => {
  const refused: Record<string, string> = {
    'disk.used_percent >': 'cannot be read at character 20: it ends too early',
    'dsk.used_percent > 90':
      'at character 1 names "dsk.used_percent", which is not known; did you mean disk.used_percent?',
    'disk.used_percent > 90 &&\n cpu.usage_activ > 1':
      'at line 2, character 2 names "cpu.usage_activ", which is not known; did you mean cpu.usage_active?',
    'disk > 90': 'names the whole of disk',
    'cpu.usage_active': 'comes to a value of the type double; it must say yes or no',
    'cpu.usage_active > "a"': 'cannot be read at character',
    '"db" in endpoint.tags': 'names no metric',
    'endpoint.tgs == "a"': 'did you mean endpoint.tags?',
    'cpu.usage_active > 1 && endpoint.name.matches("(a+)+$")': 'has matches(): a pattern may run without end',
    'cpu.usage_active > 1 && endpoint.name.split("a").size() > 1': 'has split(), which rules do not have',
    'cpu.usage_active > 1 && cel.bind(x, 1, x > 0)': 'has bind(), which rules do not have',
    'cpu.usage_active > 1 && [1,2].all(x, [1,2].all(y, x == y))': 'has all() inside of another',
    'cpu.usage_active > 1 && {"a": 1}["a"] == 1': 'maxMapEntries',
  };
  for (const [expr, wanted] of Object.entries(refused)) assert.match(told({ expr }), wanted, expr);
  assert.match(told({ expr: `cpu.usage_active > 1${' && true'.repeat(70)}` }), 'characters');
  assert.match(
    told({ expr: `${'('.repeat(60)}cpu.usage_active > 1${')'.repeat(60)}` }),
    'cannot be read at character 31',
  );
});

test('the most costly one allowed stays below a millisecond', () => {
  const list = `[${Array.from({ length: 40 }, (_, n) => n).join(',')}]`;
  const expr = `cpu.usage_active > 1 && ${list}.all(x, x < 99 && endpoint.tags.size() > 0 && x + 1 > 0 && x * 2 < 999)`;
  assert.is(told({ expr }), '');
  const cpu = metricOf('cpu', { usage_active: 95 });
  for (let n = 0; n < 100; n++) verdict(expr, [cpu]);
  const began = process.threadCpuUsage();
  for (let n = 0; n < 100; n++) assert.is(verdict(expr, [cpu]), 'breach');
  const { user, system } = process.threadCpuUsage(began);
  assert.ok((user + system) / 100 < 1000, `${(user + system) / 100} µs`);
});

test.run();
