/** Rules as the pages write and read them: amounts with units, drafts and their faults, what is sent, what differs. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arrange } from '../../collector/evaluate/arrange.ts';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import { mergeRules } from '../../collector/evaluate/merge.ts';
import { type Amount, amountOf, numberIn, stepBeyond, unitsOf } from '../../dashboards/web/rules/amount.ts';
import { differencesOf } from '../../dashboards/web/rules/difference.ts';
import {
  carriedOver,
  draftOf,
  faultsOf,
  isEqual,
  type LevelDraft,
  partsOf,
  ruleOf,
  withLimit,
} from '../../dashboards/web/rules/draft.ts';
import {
  everywhere,
  type Family,
  familiesOf,
  familyOf,
  levelsAt,
  scopesOf,
  type WebRule,
} from '../../dashboards/web/rules/family.ts';
import {
  changesOf,
  type FreshKind,
  type FreshRule,
  faultsOfFresh,
  fieldAt,
  freshKinds,
  freshRule,
  idFrom,
  measurements,
  withKind,
  withMetric,
} from '../../dashboards/web/rules/fresh.ts';
import { alertsBehind, noiseOf, noisiest } from '../../dashboards/web/rules/noise.ts';
import { ruleWords } from '../../dashboards/web/rules/sentences.ts';
import { speak } from '../../dashboards/web/words/words.ts';
import type { RuleEntry } from '../../shared/api.ts';

const test = suite('rules on pages');
const GiB = 1024 ** 3;
const entries = arrange(defaultRules, []).entries as unknown as RuleEntry[];
const families = familiesOf(entries);
const familyNamed = (id: string) => families.find((one) => one.id === id) as Family;
const draftsOf = (id: string) => levelsAt(familyNamed(id), everywhere).map((entry) => draftOf(entry, everywhere));
/** The first condition of a level with another limit, as the form sets it. */
const limited = (level: LevelDraft, text: string): LevelDraft => ({
  ...level,
  conditions: level.conditions.map((one, n) => (n === 0 ? withLimit(one, { ...one.value, text }) : one)),
});

test('an amount is shown in the unit in which it is short, and reads back as the same number', () => {
  assert.equal(amountOf(20 * GiB, 'bytes'), { text: '20', unit: 'GiB' });
  assert.equal(amountOf(900, 'seconds'), { text: '15', unit: 'min' });
  assert.equal(amountOf(5400, 'seconds'), { text: '90', unit: 'min' });
  assert.equal(amountOf(90, 'percent'), { text: '90', unit: '' });
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.constantFrom('bytes', 'seconds', 'percent', 'days'), (value, unit) => {
      assert.is(numberIn(amountOf(value, unit)), value);
      assert.ok(unitsOf(unit).includes(amountOf(value, unit).unit));
    }),
  );
  for (const text of ['', ' ', 'ten', '1e999', '--1', 'NaN']) assert.is(numberIn({ text, unit: 'GiB' }), null, text);
});

test('every built-in rule can be opened: nothing is wrong with it, and untouched it says nothing', () => {
  for (const family of families) {
    const drafts = draftsOf(family.id);
    assert.equal(faultsOf(drafts), {}, family.id);
    for (const draft of drafts) {
      assert.is(partsOf(draft), null, draft.rule.id);
      assert.equal(ruleOf(draft), draft.rule);
    }
  }
});

test('what a form without faults sends, the collector takes', () => {
  const opened = families.filter(({ id }) => draftsOf(id).some(({ conditions }) => conditions[0]?.op.startsWith('>')));
  assert.ok(opened.length > 10);
  let sent = 0;
  fc.assert(
    fc.property(fc.constantFrom(...opened), fc.nat(120), fc.nat(120), fc.nat(90), ({ id }, mild, worse, minutes) => {
      const [first, ...others] = draftsOf(id);
      const forS = { text: String(minutes), unit: 'min' as const };
      const drafts = [
        limited({ ...first, forS } as LevelDraft, String(mild)),
        ...others.map((one) => limited(one, String(worse))),
      ];
      if (Object.keys(faultsOf(drafts)).length > 0) return;
      const overrides = drafts.flatMap((draft) => {
        const parts = partsOf(draft);
        return parts ? [{ id: draft.rule.id, ...parts }] : [];
      });
      try {
        const rules = mergeRules(defaultRules, overrides);
        for (const draft of drafts)
          assert.ok(
            isEqual(
              rules.find((rule) => rule.id === draft.rule.id),
              ruleOf(draft),
            ),
          );
      } catch (thrown) {
        // What no value can reach is known to the collector alone; it says so at the field.
        assert.match((thrown as Error).message, /can never be reached|holds for every value/);
      }
      sent++;
    }),
    { numRuns: 400 },
  );
  assert.ok(sent > 100, `only ${sent} were without a fault`);
});

test('faults stand at their fields', () => {
  const [mild, worse] = draftsOf('disk-space') as [LevelDraft, LevelDraft];
  assert.equal(faultsOf([limited(mild, '97'), worse]), { 'disk-space-critical.when.all.0.value': 'rules.fault.worse' });
  assert.equal(faultsOf([limited(mild, '97'), { ...worse, enabled: false }]), {});
  assert.equal(faultsOf([limited(mild, ''), worse]), { 'disk-space.when.all.0.value': 'rules.fault.number' });
  const above = mild.conditions.map((one) => ({ ...one, clear: { text: '91', unit: one.clear.unit } }));
  assert.equal(faultsOf([{ ...mild, conditions: above }, worse]), {
    'disk-space.when.all.0.clear': 'rules.fault.clearAbove',
  });
  const below = mild.conditions.map((one) => ({ ...one, clear: { text: '19', unit: one.clear.unit } }));
  assert.equal(faultsOf([{ ...mild, conditions: below }, worse]), {
    'disk-space.when.all.1.clear': 'rules.fault.clearBelow',
  });
  for (const text of ['', '-1', 'x'])
    assert.equal(faultsOf([{ ...mild, forS: { text, unit: 'min' } }, worse]), {
      'disk-space.for_s': 'rules.fault.time',
    });
  const [silent] = draftsOf('server-down') as [LevelDraft];
  assert.equal(faultsOf([{ ...silent, numbers: { after_s: { text: '0', unit: 'min' } } }]), {
    'server-down.when.after_s': 'rules.fault.time',
  });
});

test('the clear value keeps its distance from a limit that moves, until somebody sets it', () => {
  const [mild] = draftsOf('disk-space') as [LevelDraft];
  const first = mild.conditions[0] as LevelDraft['conditions'][number];
  assert.is(withLimit(first, { text: '80', unit: '' }).clear.text, '77');
  const set = { ...first, clear: { text: '50', unit: '' as const }, clearFollows: false };
  assert.is(withLimit(set, { text: '80', unit: '' }).clear.text, '50');
});

test('parts that were said before go on to be said; another scope takes over what was typed, and only that', () => {
  const site = { of: 'site' as const, target: 'Berlin' };
  const said = { for_s: 300, ticket: 'off' };
  const all = [...defaultRules];
  const there = arrange(all, [{ id: 'swap', scope: site, parts: said, owner: 'people', at: 1, by: 'ada' }]);
  const family = familiesOf(there.entries as unknown as RuleEntry[]).find(({ id }) => id === 'swap') as Family;
  const [here] = levelsAt(family, site) as [RuleEntry];
  const draft = { ...draftOf(here, site), urgency: '1' };
  assert.equal(partsOf(draft), { ...said, urgency: 1 });
  const [base] = levelsAt(family, everywhere) as [RuleEntry];
  const moved = carriedOver(draft, draftOf(here, site), draftOf(base, everywhere));
  assert.equal(partsOf(moved), { urgency: 1 });
  assert.equal(scopesOf(family), [everywhere, site]);
  assert.is(familyOf({ id: 'disk-space-critical', level_of: 'disk-space' }), 'disk-space');
});

test('a rule reads as a sentence in both languages, and so does what differs', async () => {
  const rule = draftsOf('disk-space')[0]?.rule as WebRule;
  await speak('en');
  assert.is(
    ruleWords(rule),
    'Disk in use ≥ 90% and Disk, available < 20\u00a0GiB for 1m; clears at 87% or 22\u00a0GiB',
  );
  const other = ruleOf(limited({ ...draftsOf('disk-space')[0], ticket: 'off' } as LevelDraft, '80'));
  assert.equal(
    differencesOf(rule, other),
    [
      { part: 'Ticket', before: 'Opens a ticket', after: 'No ticket' },
      { part: 'Disk in use: limit', before: '≥ 90%', after: '≥ 80%' },
      { part: 'Disk in use: clears at', before: '87%', after: '77%' },
    ].sort((a, b) => (a.part === 'Ticket' ? 1 : b.part === 'Ticket' ? -1 : 0)),
  );
  await speak('ja');
  assert.match(ruleWords(rule), /^ディスク使用率 ≥ 90%、かつ .*継続。87% または 22\sGiB で解消$/);
  for (const family of families)
    for (const { rule: one } of family.entries) {
      const words = ruleWords(one);
      assert.not.match(words, /undefined|rules\.|\{\{/, words);
    }
  assert.equal(differencesOf({ for_s: 60 }, { for_s: 60 }), []);
  assert.is(differencesOf(null, { enabled: false }).length, 1);
  await speak('en');
});

test('a whole rule in words has where it clears, of every kind, and no word that means another scope', () => {
  const all = [{ field: 'used_percent', op: '>=', value: 90, clear: 87 }];
  const rate = { field: 'used_percent', op: '>=', value: 5, clear: 3, per_s: 60, over_s: 60 };
  for (const when of [
    { kind: 'threshold', measurement: 'mem', all },
    { kind: 'rate', measurement: 'mem', ...rate },
    { kind: 'expression', expr: 'a > 1', clear: 'a < 87%' },
  ]) {
    const [first, second] = differencesOf(null, { when, applies: 'all' });
    assert.match(first?.after ?? '', /; clears at .*(87%|3%)$/);
    assert.is(second?.after, 'Servers and workstations');
  }
});

test('a rule begun from a value has a limit beyond it', () => {
  for (const [value, unit, wanted] of [
    ...([
      [60, 'percent', '65'],
      [97.2, 'percent', '100'],
      [100, 'percent', '100'],
      [0, 'percent', '1'],
    ] as const),
    ...([
      [3.2 * GiB, 'bytes', '3.5'],
      [2, 'count', '3'],
      [0.3, 'load', '0.35'],
      [-12, 'celsius', '-10'],
    ] as const),
  ])
    assert.is(stepBeyond(value, unit).text, wanted, `${value} ${unit}`);
});

test('a new rule of any metric of the catalogue is one that the collector takes', () => {
  const metrics = [...measurements].flatMap(([measurement, fields]) =>
    fields.map(({ field }) => `${measurement}.${field}`),
  );
  assert.ok(metrics.length > 100);
  for (const metric of metrics) {
    const typed = withMetric({ ...freshRule, id: 'mine', name: 'Mine' }, metric);
    const isState = typed.limit.text !== '';
    const rule = isState
      ? typed
      : { ...typed, limit: { ...typed.limit, text: '5' }, critical: { ...typed.critical, text: '9' } };
    assert.equal(faultsOfFresh(rule, []), {}, metric);
    const overrides = changesOf(rule).map(({ rule: id, parts }) => ({ id, ...parts }));
    try {
      mergeRules(defaultRules, overrides);
    } catch (thrown) {
      assert.match((thrown as Error).message, /can never be reached|holds for every value/, metric);
    }
  }
  const empty = faultsOfFresh(freshRule, []);
  assert.equal(Object.keys(empty).sort(), ['id', 'limit', 'metric', 'name']);
});

const amount = (text: string): Amount => ({ text, unit: '' });
const bySort: Readonly<Record<FreshKind, Partial<FreshRule>>> = {
  threshold: { metric: 'custom.status', tags: 'check=raid', op: '=', limit: amount('2') },
  rate: { metric: 'net.bytes_recv', limit: { text: '5', unit: 'GiB' } },
  change: { metric: 'mem.total', to: 'less', by: { text: '1', unit: 'GiB' } },
  baseline: { metric: 'cpu.usage_active', side: 'above' },
  missing: { metric: 'cpu.usage_active' },
  absence: {},
  log: { log: 'ssh-failures', limit: amount('500') },
  forecast: { tags: 'path=/data' },
  runaway: {},
  expression: { expr: 'disk.used_percent > 80.0', clearExpr: 'disk.used_percent < 70.0' },
};

test('a new rule of any kind is one that the collector takes, and can be changed afterwards', async () => {
  await speak('en');
  for (const kind of Object.keys(freshKinds) as FreshKind[]) {
    const typed = { ...withKind({ ...freshRule, id: 'mine', name: 'Mine' }, kind), ...bySort[kind] };
    assert.equal(faultsOfFresh(typed, []), {}, kind);
    const overrides = changesOf(typed).map(({ rule: id, parts }) => ({ id, ...parts }));
    const rule = mergeRules(defaultRules, overrides).find(({ id }) => id === 'mine') as unknown as WebRule;
    assert.equal(kind === 'log' ? 'rate' : kind, rule.when.kind);
    assert.not.match(ruleWords(rule), /\{\{|undefined/, kind);
    const [entry] = levelsAt(familyNamed('disk-space'), everywhere) as [RuleEntry];
    const draft = draftOf({ ...entry, rule }, everywhere);
    assert.is(partsOf(draft), null, kind);
    const numbers = Object.fromEntries(
      Object.entries(draft.numbers).map(([name, { text, unit }]) => [
        name,
        { text: text === '' ? '' : `${Number(text) + 1}`, unit },
      ]),
    );
    assert.is(
      partsOf({ ...draft, numbers }) !== null,
      Object.values(draft.numbers).some(({ text }) => text !== ''),
      kind,
    );
    assert.equal(faultsOf([{ ...draft, numbers }]), {}, kind);
  }
});

test('each field of a kind has its fault, and another kind does not ask for it', () => {
  const empty = { ...freshRule, limit: amount(''), days: amount('0'), within: amount('1'), after: amount('') };
  const wrong = { ...empty, per: amount('0'), over: amount('5'), hold: amount(''), tags: 'path' };
  const faults = (kind: FreshKind) => Object.keys(faultsOfFresh({ ...wrong, kind }, [])).sort();
  assert.equal(faults('rate'), ['id', 'limit', 'metric', 'name', 'over', 'per', 'tags']);
  assert.equal(faults('change'), ['hold', 'id', 'metric', 'name', 'tags']);
  assert.equal(faults('baseline'), ['id', 'metric', 'name', 'tags']);
  assert.equal(faults('missing'), ['after', 'id', 'metric', 'name']);
  assert.equal(faults('absence'), ['after', 'id', 'name']);
  assert.equal(faults('log'), ['id', 'limit', 'log', 'name', 'over']);
  assert.equal(faults('forecast'), ['days', 'id', 'name', 'tags']);
  assert.equal(faults('runaway'), ['id', 'name', 'tags', 'within']);
  assert.equal(faults('expression'), ['expr', 'id', 'name']);
  const strange = { ...freshRule, metric: 'disk.used_percent', tags: 'pat=/data' };
  assert.is(faultsOfFresh(strange, []).tags, 'rules.fault.tagName');
  assert.is(fieldAt({ ...freshRule, id: 'a', kind: 'expression' }, 'a.when.clear'), 'clearExpr');
  assert.is(fieldAt({ ...freshRule, id: 'a' }, 'a-critical.when.all.0.value'), 'critical');
  assert.is(fieldAt({ ...freshRule, id: 'a' }, 'b.when.expr'), undefined);
});

test('an id comes from the name, and never is one that is taken', () => {
  assert.is(idFrom('Disk – nearly full!', []), 'disk-nearly-full');
  assert.is(idFrom('ディスクが一杯', []), 'rule');
  assert.is(idFrom('Swap', ['swap']), 'swap-2');
  assert.is(idFrom('Disk space', ['disk-space-critical']), 'disk-space-2');
  fc.assert(
    fc.property(fc.string({ maxLength: 150, unit: 'binary' }), (name) => {
      assert.match(idFrom(name, ['rule', 'rule-2']), /^[a-z][a-z0-9-]{1,63}$/);
    }),
  );
});

test('what a rule says: sent as it is typed, refused at its field, and what is emptied takes away what held', async () => {
  const [mild] = draftsOf('disk-space') as [LevelDraft];
  const said = {
    summary: '{host} at {value|unit}',
    runbook: ' /knowledge/disk ',
    labels: 'team=storage\n\nurl = a=b ',
  };
  const typed = { ...mild, ...said };
  assert.equal(faultsOf([typed]), {});
  const parts = {
    summary: said.summary,
    runbook: '/knowledge/disk',
    labels: { team: 'storage', url: 'a=b' },
  };
  assert.equal(partsOf(typed), parts);
  const [rule] = mergeRules(defaultRules, [{ id: 'disk-space', ...parts }]).filter(({ id }) => id === 'disk-space');
  const [entry] = levelsAt(familyNamed('disk-space'), everywhere) as [RuleEntry];
  const kept = draftOf({ ...entry, rule: rule as unknown as WebRule }, everywhere);
  assert.is(partsOf(kept), null);
  const emptied = partsOf({ ...kept, summary: '', runbook: '', labels: '' });
  assert.equal(emptied, { summary: '', runbook: '', labels: {} });
  mergeRules(defaultRules, [{ id: 'disk-space', ...emptied }]);
  await speak('en');
  assert.equal(differencesOf(kept.rule, { ...kept.rule, ...emptied }), [
    { part: 'Summary', before: said.summary, after: '—' },
    { part: 'Runbook', before: '/knowledge/disk', after: '—' },
    { part: 'Labels', before: 'team=storage, url=a=b', after: '—' },
  ]);
  for (const [place, text, fault] of [
    ['summary', 'at {valeu}', 'template'],
    ['description', 'a { b', 'template'],
    ['runbook', 'javascript:alert(1)', 'runbook'],
    ['labels', 'severity=x', 'labelOwn'],
    ['labels', 'team', 'label'],
    ['labels', 'Team A=x', 'label'],
    ['labels', `team=${'x'.repeat(121)}`, 'label'],
    ['labels', 'a=1\na=2', 'labels'],
    ['labels', Array.from({ length: 21 }, (_, n) => `l${n}=x`).join('\n'), 'labels'],
  ] as const)
    assert.equal(faultsOf([{ ...mild, [place]: text }]), { [`disk-space.${place}`]: `rules.fault.${fault}` }, text);
});

test('noise: the noisiest rule that has a form; of a rule beyond those answered nothing is claimed', () => {
  const counts = (fired: number) => ({ fired, acknowledged: 0, ticket: 0, alone: fired, open: 0 });
  const rules = [
    { rule: { id: 'site-down' }, ...counts(50) },
    { rule: { id: 'cpu' }, ...counts(41) },
    { rule: { id: 'swap' }, ...counts(2) },
  ];
  const noise = { from: 1, to: 2, ...counts(93), endpointWeeks: 1, perEndpointWeek: 93, rules };
  assert.is(noisiest(noise, new Set(['swap', 'cpu']))?.rule.id, 'cpu');
  assert.is(noisiest(noise, new Set(['disk-space'])), null);
  assert.is(noisiest({ ...noise, rules: [] }, new Set(['cpu'])), null);
  assert.is(noiseOf(noise, 'cpu')?.fired, 41);
  assert.is(noiseOf(noise, 'disk-space')?.fired, 0);
  assert.is(noiseOf({ ...noise, fired: 94 }, 'disk-space'), null, 'one alert is of a rule that was not answered');
  assert.is(alertsBehind(7, 'alone', 'cpu'), '/alerts?state=all&fired=7&outcome=alone&rule=cpu');
});

test.run();
