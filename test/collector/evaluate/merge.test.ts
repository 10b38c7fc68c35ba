import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultsOfRule } from '../../../collector/evaluate/check.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { mergeRules, tryMerge } from '../../../collector/evaluate/merge.ts';
import { type Rule, Rule as RuleShape } from '../../../collector/evaluate/rule.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { catalogue } from '../../../shared/metrics.ts';

const refuses = (overrides: unknown[], pattern: RegExp) =>
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
  const when = { kind: 'threshold', measurement: 'temp', all: [{ field: 'temp', op: '>', value: 80 }] };
  const rule = mergeRules(defaultRules, [{ id: 'hot', name: 'Too hot', when }]).at(-1);
  assert.is(rule?.name, 'Too hot');
  const names = { en: 'Too hot', ja: '高温' };
  assert.equal(mergeRules(defaultRules, [{ id: 'hot', name: names, when }]).at(-1)?.name, names);
  refuses([{ id: 'hot', name: { xx: 'Hot' }, when }], /rules\.hot\.name.*unknown key "xx"; known here: en, ja/);
  assert.is(rule?.severity, 'warning');
  refuses([{ id: 'hot', when }], /rules\.hot\.id "hot" is no rule that we know/);
});

test('mistakes are named, all of them (each kind: test/collector/bad-settings.test.ts)', () => {
  refuses([{ id: 'cpu' }, { id: 'cpu' }], /rules\.cpu\.id "cpu" is given twice/);
  refuses([{ id: 'cpu', for_s: 'long', fors: 1 }], /rules\.cpu\.for_s "long" must be a number[^\n]*\n[^\n]*"fors"/);
  refuses([7, null, []], /rules\.0 7 must be a section.*\n.*rules\.1 \(nothing\) must.*\n.*rules\.2 \(a list\) must/);
});

test('a scope is one of a kind, a site, a group, a tag, an endpoint', () => {
  const scoped = (scope: unknown) => [{ id: 'cpu', scope, for_s: 1 }];
  for (const [scope, pattern] of [
    ['Berlin', /rules\.cpu\.scope "Berlin" must be all, or one of \{ kind: … \}/],
    [{ plant: 'Berlin' }, /rules\.cpu\.scope\.plant must be/],
    [{ sit: 'Berlin' }, /rules\.cpu\.scope\.sit .*did you mean "site"\?/],
    [{ site: '' }, /rules\.cpu\.scope\.site must name a site/],
    [{ site: 7 }, /rules\.cpu\.scope\.site 7 must be a text/],
    [{ site: ['Berlin'] }, /rules\.cpu\.scope\.site \(a list\) must be a text/],
    [{ site: 'x'.repeat(257) }, /rules\.cpu\.scope\.site .*256/],
    [{ site: 'Berlin', tag: 'x' }, /rules\.cpu\.scope \(a section\) must be/],
    [{}, /rules\.cpu\.scope \(a section\) must be/],
    [null, /rules\.cpu\.scope \(nothing\) must be/],
    [{ kind: 'sever' }, /rules\.cpu\.scope\.kind "sever" must be server or workstation; did you mean "server"\?/],
  ] as const)
    refuses(scoped(scope), pattern);
  refuses([...scoped({ site: 'Berlin' }), ...scoped({ site: 'Berlin' })], /rules\.cpu\.id "cpu" is given twice/);
  refuses([{ id: 'cpu', scope: { site: 'Berlin' }, fors: 1 }], /"fors"/);
  // Elsewhere it is as it was.
  const rules = mergeRules(defaultRules, [...scoped({ site: 'Berlin' }), ...scoped({ tag: 'x' })]);
  assert.equal(rules, [...defaultRules]);
});

test('the level that a scope makes wrong is reported, also where only the milder one was said', () => {
  const all = [
    { field: 'used_percent', op: '>=', value: 97 },
    { field: 'free', op: '<', value: 1 },
  ];
  const when = { kind: 'threshold', measurement: 'disk', all };
  refuses(
    [{ id: 'disk-space', scope: { tag: 'x' }, when }],
    /rules\.disk-space\.when\.all\.0\.value lets disk-space-critical begin at 95/,
  );
});

/** Every default rule with a condition, and a copy of it in which one thing is changed. */
const withConditions = defaultRules.filter((rule) => rule.when.kind === 'threshold');
const fieldsOfRule = (rule: Rule) => (rule.when.kind === 'threshold' ? rule.when.all.map(({ field }) => field) : []);

test('every default rule is good', () => {
  for (const rule of defaultRules) assert.equal(faultsOfRule(rule), [], rule.id);
  assert.ok(defaultRules.length > 40);
});

test('a slip in any name of any default rule is found, and of a field the name itself suggested', () => {
  const slip = (name: string) =>
    fc.oneof(
      fc.nat(name.length - 1).map((at) => name.slice(0, at) + name.slice(at + 1)),
      fc.nat(name.length - 1).map((at) => name.slice(0, at) + name[at] + name.slice(at)),
      fc.nat(name.length - 1).map((at) => `${name.slice(0, at)}z${name.slice(at + 1)}`),
      fc.nat(name.length - 1).map((at) => name.slice(0, at) + (name[at + 1] ?? '') + name[at] + name.slice(at + 2)),
      fc.constant(name.toUpperCase()),
      fc.constant(name.replaceAll('_', '-')),
    );
  const places = withConditions.flatMap((rule) => [...fieldsOfRule(rule).keys(), -1].map((index) => ({ rule, index })));
  let found = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...places).chain(({ rule, index }) => {
        const when = rule.when as Extract<Rule['when'], { kind: 'threshold' }>;
        const name = index < 0 ? when.measurement : (when.all[index]?.field as string);
        return slip(name).map((slipped) => ({ rule, index, name, slipped }));
      }),
      ({ rule, index, name, slipped }) => {
        const when = structuredClone(rule.when) as {
          measurement: string;
          all: { field: string; measurement?: string }[];
        };
        const condition = when.all[index];
        if (condition) condition.field = slipped;
        else when.measurement = slipped;
        const other = condition?.measurement ?? when.measurement;
        // A slip that gives another name of the catalogue is none that anybody can see; neither is one of no letters.
        const isAName = condition
          ? catalogue.some((row) => row.measurement === other && row.field === slipped)
          : catalogue.some((row) => row.measurement === slipped);
        fc.pre(!isAName && slipped !== name && slipped.length > 1);
        const faults = faultsOfRule({ ...rule, when });
        // `oss` is as near to `os` as to `loss`; fields of one measurement lie further apart.
        const wanted = condition ? `did you mean "${name}"?` : 'did you mean "';
        assert.match(faults[0]?.problem ?? 'taken', wanted, `${rule.id}: ${name} → ${slipped}`);
        found++;
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(found > 1000);
});

test('whatever a rule is, faults come out and nothing is thrown; without a fault the schema takes it, too', () => {
  const schema = Compile(RuleShape);
  const word = fc.constantFrom(
    'id',
    'when',
    'all',
    'field',
    'kind',
    'metric',
    'disk',
    'free',
    '>',
    'value',
    'tags',
    '__proto__',
  );
  const { any } = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(word, fc.double(), fc.constantFrom<unknown>(null, true, undefined, 5)),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(word, tie('any'), { maxKeys: 4 }),
    ),
  }));
  const keys = ['when', 'for_s', 'severity', 'name', 'gone_s', 'extra'];
  const rule = fc
    .tuple(fc.constantFrom(...defaultRules), fc.constantFrom(...keys), any)
    .map(([of, key, value]) => ({ ...of, [key]: value }));
  let good = 0;
  fc.assert(
    fc.property(fc.oneof(any, rule), (value) => {
      const faults = faultsOfRule(value);
      tryMerge(defaultRules, [value]);
      if (faults.length > 0) return;
      good++;
      assert.ok(schema.Check(value), JSON.stringify(value));
    }),
    { numRuns: 3000 },
  );
  assert.ok(good > 10, `only ${good} were good`);
});

test.run();
