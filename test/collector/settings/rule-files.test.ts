import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { differenceOf } from '../../../collector/commands/rules-difference.ts';
import { loadConfig } from '../../../collector/settings/config.ts';
import { conditionOf } from '../../../collector/settings/rule-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-rule-files-'));
test.after(() => rmSync(folder, { recursive: true }));

let count = 0;
function load(files: Readonly<Record<string, string>>, settings = 'zone: UTC\n') {
  const home = join(folder, String(count++));
  mkdirSync(join(home, 'rules'), { recursive: true });
  writeFileSync(join(home, 'evenkeel.yaml'), settings);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, 'rules', name), text);
  return loadConfig({}, {}, home).config.rules;
}
function refusal(files: Readonly<Record<string, string>>, settings?: string): string {
  try {
    load(files, settings);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return '';
}

const good = `rules:
  - id: db-disk
    name: Disk of a database
    when: disk.used_percent > 80 and disk.free < 50GiB
    for: 5m
    clear: 75
    clear_for: 1m
    no_data: keep
    severity: warning
    labels: { team: db }
    summary: "{host}: {instance} at {value}"
    runbook: https://wiki.example/db-disk
    ticket: propose
  - id: cpu
    for: 1h
`;

test('rules of files, in the words of Prometheus, after those of the settings', () => {
  const rules = load({ 'disks.yaml': good }, 'rules: [{ id: load, enabled: false }]\n');
  assert.equal(
    rules.map(({ id }) => id),
    ['load', 'db-disk', 'cpu'],
  );
  assert.equal(rules[1]?.when, {
    kind: 'threshold',
    measurement: 'disk',
    all: [
      { field: 'used_percent', op: '>', value: 80, clear: 75 },
      { field: 'free', op: '<', value: 50 * 1024 ** 3 },
    ],
  });
  assert.equal([rules[1]?.for_s, rules[1]?.clear_for_s, rules[2]?.for_s], [300, 60, 3600]);
  assert.equal(load({}), [], 'no file is no fault');
  assert.equal(load({ 'a.yaml': '', 'b.txt': 'no rules' }), []);
});

test('when: limits with tags and units, or an expression', () => {
  assert.equal(conditionOf('disk.free{path=/var} < 5GiB'), {
    ...{ kind: 'threshold', measurement: 'disk', tags: { path: '/var' } },
    all: [{ field: 'free', op: '<', value: 5 * 1024 ** 3 }],
  });
  assert.is(conditionOf('disk.used_percent > 90 || mem.used_percent > 90').kind, 'expression');
});

const rule = (id: string, more: string) => `- id: ${id}\n  name: x\n${more}`;

test('each fault with file, line and the nearest name; nothing is taken', () => {
  const cases: [files: Record<string, string>, told: string][] = [
    [{ 'a.yaml': rule('mine', '  when: cpu.usage_activ > 90\n') }, 'rules/a.yaml:3:9: '],
    [{ 'a.yaml': rule('mine', '  when: cpu.usage_activ > 90\n') }, 'did you mean "usage_active"?'],
    [{ 'a.yaml': rule('mine', '  when: cpu.usage_active >\n') }, 'it ends too early'],
    [
      { 'a.yaml': rule('mine', '  when: cpu.usage_active > 90\n  for: 5 years\n') },
      'rules/a.yaml:4:8: mine.for "5 years" is no duration',
    ],
    [
      { 'a.yaml': rule('mine', '  when: cpu.usage_active > 90\n  for: 9000d\n') },
      'mine.for "9000d" must be a duration from 0ms to 366d',
    ],
    [
      { 'a.yaml': rule('mine', '  when: cpu.usage_active > 90 && endpoint.name.matches("(a+)+$")\n') },
      'a pattern may run without end',
    ],
    [{ 'a.yaml': '- id: mine\n\tname: x\n' }, 'rules/a.yaml:2:1: a tab at the begin of a line'],
    [{ 'a.yaml': rule('mine', '  when: cpu.usage_active > 90\n  summary: "{valeu}"\n') }, 'did you mean "value"?'],
    [{ 'a.yaml': rule('mine', '  when: cpu.usage_active > 90\n  severty: info\n') }, 'did you mean "severity"?'],
    [
      { 'a.yaml': rule('mine', '  when: cpu.usage_active > 90\n  fro: 5m\n') },
      'unknown key "fro"; did you mean "for"?',
    ],
    [{ 'a.yaml': rule('mine', '  gone_aftr: 5m\n') }, 'unknown key "gone_aftr"; did you mean "gone_after"?'],
    [
      { 'a.yaml': rule('mine', '  colour: red\n') },
      'when, for, clear_for, gone_after, stale_after, no_data, ticket, urgency, labels, summary, description, runbook, clear, scope',
    ],
    [{ 'a.yaml': rule('mine', '  for: 5 years\n  severty: info\n') }, 'did you mean "severity"?'],
    [
      { 'a.yaml': rule('mine', '  severty: info\n  when: load.load1 > 1\n'), 'b.yaml': 'just words\n' },
      'did you mean "severity"?',
    ],
    [{ 'a.yaml': 'just words\n' }, 'must be a list of rules'],
    [
      {
        'a.yaml': rule('mine', '  when: cpu.usage_active > 90\n'),
        'b.yaml': rule('mine', '  when: cpu.usage_active > 80\n'),
      },
      'rules/b.yaml:1:7: mine.id "mine" is given twice; the first one stands at rules/a.yaml:1:7',
    ],
  ];
  for (const [files, told] of cases) assert.match(refusal(files), told, Object.values(files).join('\n'));
});

test('the difference to what is in force', () => {
  const [before, after] = [
    load({ 'a.yaml': good }),
    load({ 'a.yaml': good.replace('for: 1h', 'for: 2h').replace('id: db-disk', 'id: db-space') }),
  ];
  const lines = differenceOf(before, after);
  assert.ok(lines.includes('- db-disk'));
  assert.ok(lines.includes('+ db-space'));
  assert.ok(lines.includes('~ cpu  for_s: 3600 → 7200'));
  assert.equal(differenceOf(before, before), []);
});

test('at most 2,000 rules and three levels of one', () => {
  const many = (count: number) =>
    Array.from(
      { length: count },
      (_, n) => `- { id: r-${n}, name: x, when: "disk.used_percent > 50", for: 1m, severity: warning }\n`,
    ).join('');
  assert.match(refusal({ 'a.yaml': many(2002) }), /rules\/a\.yaml:2001:\d+: r-2000 is one rule too many: at most 2000/);
  // Those that are built in count as well.
  assert.match(refusal({ 'a.yaml': many(1999) }), /r-\d+\.id is one rule too many: .* at most 2000 hold/);
  assert.is(refusal({ 'a.yaml': many(1000) }), '');
  const level = (id: string, severity: string, value: number, of = '') =>
    `- { id: ${id}, name: x, when: "disk.used_percent > ${value}", severity: ${severity}${of ? `, level_of: ${of}` : ''} }\n`;
  const three =
    level('l-one', 'info', 50) + level('l-two', 'warning', 60, 'l-one') + level('l-three', 'critical', 70, 'l-one');
  assert.is(refusal({ 'a.yaml': three }), '');
  assert.match(
    refusal({ 'a.yaml': three + level('l-four', 'critical', 80, 'l-one') }),
    /l-four\.level_of makes it level 4 of l-one; a rule has at most 3/,
  );
});

test('keys that every object has are unknown keys, as others are', () => {
  for (const key of ['constructor', 'toString'])
    assert.match(
      refusal({ 'a.yaml': rule('mine', `  when: cpu.usage_active > 90\n  ${key}: 5m\n`) }),
      new RegExp(`unknown key "${key}"`),
    );
});

test.run();
