import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createRuleBooks } from '../../../collector/evaluate/book.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { createMemory, evaluate, type Verdict } from '../../../collector/evaluate/evaluate.ts';
import type { Rule } from '../../../collector/evaluate/rule.ts';
import type { EndpointKind } from '../../../collector/fleet/fleet.ts';
import { fieldOf } from '../../../shared/metrics.ts';
import type { Metric, Report } from '../../../shared/report.ts';
import { languages } from '../../../shared/words/index.ts';
import { ruleName } from '../../../shared/words/names.ts';

const GiB = 1024 ** 3;
const bookOf = (kind: EndpointKind, rules: readonly Rule[] = defaultRules) =>
  createRuleBooks(rules).for({ id: 'e', kind, site: null, tags: [] });
const book = { server: bookOf('server'), workstation: bookOf('workstation') };
const nothing: ReadonlySet<string> = new Set();

function report(...metrics: [name: string, fields: Record<string, number>, tags?: Record<string, string>][]): Report {
  return {
    v: 1,
    epoch: '0'.repeat(32),
    seq: 1,
    at: 0,
    metrics: metrics.map(([name, fields, tags]): Metric => ({ name, fields, tags: tags ?? {}, timestamp: 0 })),
  };
}

function judge(of: Report, active: ReadonlySet<string> = nothing, kind: EndpointKind = 'server'): Verdict[] {
  return evaluate(book[kind], of, createMemory(), active, 0);
}

const statuses = (verdict: Verdict | undefined) => verdict?.levels.map((level) => `${level.rule.id}=${level.status}`);

test('a full disk breaches both of its limits, worst first, and shows the first condition', () => {
  const [verdict] = judge(report(['disk', { used_percent: 96, free: GiB }, { path: '/' }]));
  assert.equal(statuses(verdict), ['disk-space-critical=breach', 'disk-runaway=none', 'disk-space=breach']);
  assert.is(verdict?.metric, 'disk.used_percent');
  assert.equal(verdict?.tags, { path: '/' });
  assert.is(verdict?.levels[0]?.value, 96);
  assert.is(verdict?.levels[0]?.threshold, 95);
});

test('a large disk at 91 % with plenty of space raises no alert', () => {
  assert.equal(judge(report(['disk', { used_percent: 91, free: 400 * GiB }])), []);
});

test('exactly at the limit breaches, just below does not', () => {
  assert.is(judge(report(['disk', { used_percent: 90, free: GiB }])).length, 1);
  assert.is(judge(report(['disk', { used_percent: 89.99, free: GiB }])).length, 0);
});

test('between limit and clear level an alert is held, below it is clear', () => {
  const active = new Set(['disk-space']);
  const at = (used: number) => statuses(judge(report(['disk', { used_percent: used, free: GiB }]), active)[0]);
  assert.equal(at(93), ['disk-space-critical=hold', 'disk-runaway=none', 'disk-space=breach']);
  assert.equal(at(88), ['disk-space-critical=clear', 'disk-runaway=none', 'disk-space=hold']);
  assert.equal(at(86), ['disk-space-critical=clear', 'disk-runaway=none', 'disk-space=clear']);
});

test('a missing field is no data, not false', () => {
  assert.equal(judge(report(['disk', { used_percent: 99 }])), []);
  const [verdict] = judge(report(['disk', { used_percent: 99 }]), new Set(['disk-space']));
  assert.equal(statuses(verdict), ['disk-space-critical=none', 'disk-runaway=none', 'disk-space=none']);
});

test('one condition that is clearly false decides even when another is missing', () => {
  const [verdict] = judge(report(['patches', { pending_security: 0 }]), new Set(['security-updates']));
  assert.equal(statuses(verdict), ['security-updates-critical=clear', 'security-updates=clear']);
});

test('security updates alert by age, not by any pending one', () => {
  const of = (days: number) =>
    judge(report(['patches', { pending_security: 3, oldest_security_age_s: days * 86_400, scan_ok: 1 }]));
  assert.equal(of(6), []);
  assert.is(of(8)[0]?.levels.find((level) => level.status === 'breach')?.rule.severity, 'warning');
  assert.is(of(15)[0]?.levels[0]?.status, 'breach');
});

test('a mean needs its window; one dip does not start the wait again', () => {
  const memory = createMemory();
  const feed = (from: number, to: number, value: (at: number) => number) => {
    let fired: number | null = null;
    for (let at = from; at <= to; at += 10_000)
      if (evaluate(book.server, report(['cpu', { usage_active: value(at) }]), memory, nothing, at).length > 0)
        fired ??= at;
    return fired;
  };
  const first = feed(0, 900_000, (at) => (at === 600_000 ? 10 : 97));
  assert.ok(first !== null && first >= 0.9 * 900_000 && first <= 900_000, String(first));
  assert.is(createMemoryAndFeed(60_000), 0, 'a minute of load says nothing');
});

function createMemoryAndFeed(until: number): number {
  const memory = createMemory();
  let verdicts = 0;
  for (let at = 0; at <= until; at += 10_000)
    verdicts += evaluate(book.server, report(['cpu', { usage_active: 100 }]), memory, nothing, at).length;
  return verdicts;
}

test('after a gap as long as the window a mean starts anew', () => {
  const memory = createMemory();
  const at = (now: number) => evaluate(book.server, report(['cpu', { usage_active: 99 }]), memory, nothing, now);
  for (let now = 0; now <= 900_000; now += 10_000) at(now);
  assert.is(at(910_000).length, 1);
  assert.is(at(10_000_000).length, 0);
});

test('a counter is judged by its growth, and a restart of the counter is not growth of its whole value', () => {
  const memory = createMemory();
  const at = (value: number) =>
    evaluate(book.server, report(['kernel_vmstat', { oom_kill: value }]), memory, nothing, 0).length;
  assert.is(at(40), 0, 'first sight');
  assert.is(at(40), 0);
  assert.is(at(41), 1);
  assert.is(at(41), 0);
  assert.is(at(0), 0, 'reboot');
});

test('memory in use counts only where tasks wait for it', () => {
  const run = (pressure: number) => {
    const memory = createMemory();
    let last: Verdict[] = [];
    for (let now = 0; now <= 900_000; now += 10_000)
      last = evaluate(
        book.server,
        report(
          ['mem', { used_percent: 95 }],
          ['pressure', { avg300: 50 }, { resource: 'cpu', type: 'some' }],
          ['pressure', { avg300: pressure }, { resource: 'memory', type: 'some' }],
        ),
        memory,
        nothing,
        now,
      );
    return last;
  };
  assert.is(run(0).length, 0);
  assert.is(run(8)[0]?.family, 'memory');
  assert.is(run(8)[0]?.levels[0]?.value, 95);
});

test('loss records are a reading of their own, and their absence clears', () => {
  const lossy = report();
  lossy.lost = [{ epoch: lossy.epoch, from: 1, to: 5, reason: 'quota', count: 5 }];
  assert.is(judge(lossy)[0]?.levels[0]?.value, 5);
  assert.equal(statuses(judge(report(), new Set(['data-lost']))[0]), ['data-lost=clear']);
});

test('rules apply by kind of endpoint', () => {
  const late = report(['backup', { age_s: 31 * 3600, age_percent: 129, overdue_s: 7 * 3600 }]);
  assert.is(judge(late, nothing, 'server').length, 1);
  assert.is(judge(late, nothing, 'workstation').length, 0);
});

test('every default rule speaks of the catalogue, has a name in every language, and levels point at milder ones', () => {
  const ids = new Set(defaultRules.map((rule: Rule) => rule.id));
  assert.is(ids.size, defaultRules.length);
  for (const rule of defaultRules) {
    for (const language of languages) assert.is.not(ruleName(language, rule), rule.id);
    if (rule.when.kind === 'missing') assert.ok(fieldOf(`${rule.when.measurement}.${rule.when.field}`), rule.id);
    if (rule.when.kind !== 'threshold') continue;
    for (const condition of rule.when.all) {
      const measurement = condition.measurement ?? rule.when.measurement;
      // Loss records are no metric on the wire.
      if (measurement !== 'loss')
        assert.ok(fieldOf(`${measurement}.${condition.field}`), `${rule.id} ${condition.field}`);
    }
  }
});

test('a report with 20 healthy metrics costs a few microseconds', () => {
  const tags = { path: '/', device: '/dev/sda1', fstype: 'ext4' };
  const typical = report(
    ...Array.from({ length: 6 }, (_, i): [string, Record<string, number>, Record<string, string>] => [
      'disk',
      { used_percent: 40, free: 100 * GiB, inodes_used_percent: 3, read_only: 0 },
      { ...tags, path: `/${i}` },
    ]),
    ...['cpu', 'mem', 'swap', 'system', 'processes', 'agent'].map((name): [string, Record<string, number>] => [
      name,
      { usage_active: 5, usage_steal: 0, used_percent: 30, load15_per_cpu: 0.1, spool_reports: 0, in: 0 },
    ]),
    ...Array.from({ length: 8 }, (_, i): [string, Record<string, number>, Record<string, string>] => [
      'net',
      { bytes_recv: 1 },
      { interface: `eth${i}` },
    ]),
  );
  const memory = createMemory();
  for (let i = 0; i < 5_000; i++) evaluate(book.server, typical, memory, nothing, i * 10_000);
  // CPU time: what else runs on the machine does not count.
  const started = process.cpuUsage();
  const runs = 20_000;
  for (let i = 0; i < runs; i++) evaluate(book.server, typical, memory, nothing, (5_000 + i) * 10_000);
  const { user, system } = process.cpuUsage(started);
  const each = (user + system) / runs;
  console.log(`\nFIGURE evaluation: ${each.toFixed(1)} µs CPU a report of 20 metrics`);
  assert.ok(each < 100, `${each} µs`);
});

test.run();
