/** What is wrong with a rule is said to whoever reads Japanese in Japanese. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faultsOfLevel, faultsOfRule } from '../../../collector/evaluate/check.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import type { Rule } from '../../../collector/evaluate/rule.ts';
import type { Fault } from '../../../shared/shape.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';

const test = suite('faults of rules in Japanese');
const all = new Map(defaultRules.map((rule) => [rule.id, rule]));
const disk = all.get('disk-space') as Rule;
const threshold = (condition: object, more: object = {}) => ({
  ...disk,
  when: {
    kind: 'threshold',
    measurement: 'disk',
    all: [{ field: 'used_percent', op: '>', value: 90, ...condition }],
    ...more,
  },
});
const words = (faults: readonly Fault[]) =>
  faults.map(({ problem, why }) => {
    assert.ok(why, `only English: ${problem}`);
    return formatReasons('ja', [why]).replaceAll('\u00a0', ' ');
  });

test('of a rule alone: what is not measured, cannot be reached, or would never end', () => {
  const wrong = [
    threshold({}, { measurement: 'dsk' }),
    threshold({ field: 'used_pct' }),
    threshold({ value: 190 }),
    threshold({ op: '<', value: 0 }),
    threshold({ op: '>=', value: 0 }),
    threshold({ clear: 95 }),
    threshold({ op: '<', clear: 5, value: 90 }),
    threshold({ op: '>', value: 5, clear: -1 }),
    threshold({ op: '=', value: 5, clear: 3 }),
    threshold({ growth: true, mean_s: 60, value: 5 }),
    threshold({ tags: { path: '/' } }),
    threshold({}, { tags: { mount: '/' } }),
    { ...threshold({}), notify: false },
    { ...disk, when: { kind: 'rate', measurement: 'net', field: 'bytes_recv', op: '=', value: 1 } },
    { ...disk, when: { kind: 'rate', measurement: 'net', field: 'bytes_recv', op: '<', value: -1 } },
    { ...disk, when: { kind: 'rate', measurement: 'net', field: 'bytes_recv', op: '>', value: -1 } },
  ];
  for (const rule of wrong) {
    const said = words(faultsOfRule(rule));
    assert.ok(said.length > 0, JSON.stringify(rule.when));
    for (const one of said) assert.match(one, /[ぁ-ん].*(ください|です|ます|ません|候補)/, one);
  }
  const untagged = threshold({ field: 'used_percent' }, { measurement: 'mem', tags: { host: 'a' } });
  assert.equal(words(faultsOfRule(untagged)), ['mem にはタグがないため、"host" は使えません']);
  assert.equal(words(faultsOfRule(threshold({ value: 190 }))), [
    '190 には達しません。disk.used_percent の範囲は 0–100 です',
  ]);
});

test('beside others: the level that it belongs to, and what covers it', () => {
  const critical = all.get('disk-space-critical') as Rule;
  const wrong: Rule[] = [
    { ...critical, level_of: 'dsk-space' },
    { ...critical, level_of: 'cpu-busy' },
    { ...critical, severity: 'info' },
    { ...critical, covered_by: ['nothing-like-it'] },
    { ...disk, covered_by: ['disk-space-critical'] },
    { ...disk, covered_by: [disk.id] },
  ];
  for (const rule of wrong) for (const one of words(faultsOfLevel(rule, all))) assert.match(one, /[ぁ-ん]/, one);
  assert.ok(wrong.flatMap((rule) => faultsOfLevel(rule, all)).length >= 5);
});

test.run();
