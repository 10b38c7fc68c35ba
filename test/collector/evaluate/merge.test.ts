import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { mergeRules } from '../../../collector/evaluate/merge.ts';
import { EvenkeelError } from '../../../shared/errors.ts';

type Overrides = Parameters<typeof mergeRules>[1];

const refuses = (overrides: Overrides, pattern: RegExp) =>
  assert.throws(
    () => mergeRules(defaultRules, overrides),
    (thrown: unknown) =>
      thrown instanceof EvenkeelError && thrown.code === 'BAD_SETTING' && pattern.test(thrown.message),
  );

test('nothing given: the defaults', () => {
  assert.equal(mergeRules(defaultRules, []), [...defaultRules]);
});

test('a part of a rule replaces that part only', () => {
  const rules = mergeRules(defaultRules, [
    { id: 'disk-space', for_s: 0 },
    { id: 'cpu', enabled: false },
  ]);
  const before = defaultRules.find((rule) => rule.id === 'disk-space');
  assert.equal(
    rules.find((rule) => rule.id === 'disk-space'),
    { ...before, for_s: 0 },
  );
  assert.is(rules.find((rule) => rule.id === 'cpu')?.enabled, false);
  assert.is(before?.for_s, 60, 'the defaults stay as they are');
});

test('a new rule needs a name and a condition, and takes the usual rest', () => {
  const when = { kind: 'metric', measurement: 'temp', all: [{ field: 'temp', op: '>', value: 80 }] };
  const rule = mergeRules(defaultRules, [{ id: 'hot', name: 'Too hot', when }]).at(-1);
  assert.equal(rule?.name, { en: 'Too hot', ja: 'Too hot' });
  assert.is(rule?.severity, 'warning');
  refuses([{ id: 'hot', when }], /rules\.hot is no rule that we know/);
});

test('mistakes are named', () => {
  refuses([{ id: 'cpu' }, { id: 'cpu' }], /rules\.cpu is given twice/);
  refuses([{ id: 'cpu', for_s: 'long' }], /rules\.cpu\.for_s must be number/);
  refuses([{ id: 'cpu', fors: 1 }], /rules\.cpu\.fors is not known/);
  refuses([{ id: 'cpu', severity: 'fatal' }], /rules\.cpu\.severity must be one of info, warning, critical/);
  refuses([{ id: 'cpu', level_of: 'nothing' }], /rules\.cpu\.level_of names "nothing"/);
  refuses([{ id: 'cpu', level_of: 'disk-space' }], /another measurement/);
});

test.run();
