/** Labels of alerts, and the conditions on them that people write. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LabelledAlert, labelsOf } from '../../../collector/alerts/labels.ts';
import {
  faultIn,
  fitsMissing,
  impossibleIn,
  matches,
  matchesAll,
  parseMatcher,
  parseMatchers,
  textOfMatcher,
} from '../../../collector/alerts/matcher.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';

const alert: LabelledAlert = {
  family: 'disk-full',
  metric: 'disk.used_percent',
  tags: { path: '/var', site: 'made up', severity: 'info' },
  rule: { severity: 'critical', labels: { team: 'web', host: 'made up' } },
};
const endpoint = { id: 'e-1', name: 'db1', kind: 'server', site: 'berlin', tags: ['prod', 'db'] };
const labels = labelsOf(alert, endpoint, ['cluster a', 'cluster b']);

test('an alert has its own tags and those of its rule, which cannot pass for facts of the monitor', () => {
  assert.equal(labels, {
    alertname: 'disk-full',
    instance: 'db1',
    path: '/var',
    team: 'web',
    rule: 'disk-full',
    severity: 'critical',
    endpoint: 'e-1',
    host: 'db1',
    site: 'berlin',
    kind: 'server',
    metric: 'disk.used_percent',
    group: ['cluster a', 'cluster b'],
    tag: ['prod', 'db'],
  });
  assert.is(labelsOf(alert, { id: 'e-2', name: 'db2', kind: 'server', site: null }, []).site, '');
  // What the collector says about a site is of that site.
  assert.is(labelsOf(alert, { id: 'collector', name: 'collector', kind: 'server', site: null }, []).site, 'made up');
});

const fits: [string, boolean][] = [
  ['site="berlin"', true],
  ['site=berlin', true],
  ['site="Berlin"', false],
  ['site!="osaka"', true],
  ['rule=~"disk-.*"', true],
  ['rule=~"disk"', false],
  ['rule!~"disk-.*"', false],
  ['rule=~"disk|cpu"', false],
  ['rule=~"cpu|disk-full"', true],
  // One of several is enough; none of them may be.
  ['tag="db"', true],
  ['tag!="db"', false],
  ['tag!="web"', true],
  ['tag=~"d."', true],
  ['tag!~"p.*"', false],
  // A label that is missing is empty.
  ['job=""', true],
  ['job!=""', false],
  ['job=~".*"', true],
  ['job=~".+"', false],
  ['job!~".+"', true],
  ['constructor=""', true],
  ['path=~"/v\\w+"', true],
];
for (const [text, expected] of fits)
  test(`${text} ${expected ? 'fits' : 'does not fit'}`, () => {
    const matcher = parseMatcher(text);
    assert.is(matches(matcher, labels), expected);
    assert.equal(parseMatcher(textOfMatcher(matcher)), matcher, 'written and read again it is the same');
  });

test('several stand between commas, in braces or without', () => {
  const expected = [
    { label: 'site', op: '=', value: 'a, "b" \\ c' },
    { label: 'rule', op: '=~', value: 'disk-\\d' },
  ];
  assert.equal(parseMatchers('{site="a, \\"b\\" \\\\ c", rule=~"disk-\\d"}'), expected);
  assert.equal(parseMatchers(expected.map((one) => textOfMatcher(one as never)).join(',')), expected);
  assert.equal(parseMatchers(''), []);
  assert.is(matchesAll(parseMatchers('site="berlin", tag="web"'), labels), false);
  assert.is(matchesAll(parseMatchers('site="berlin", tag="prod"'), labels), true);
});

test('a value that no alert can have is named with the nearest one', () => {
  const told = (text: string) => {
    const why = impossibleIn(parseMatcher(text));
    return why && formatReasons('en', [why]);
  };
  for (const good of [
    'severity=critical',
    'severity=~"crit.*"',
    'severity!~"info|warning"',
    'kind=target',
    'kind!=""',
    'kind!~"^$"',
  ])
    assert.is(told(good), null, good);
  assert.is(told('site=critcal'), null, 'other labels have any value');
  const severity = 'which is one of info, warning, critical';
  assert.is(told('severity=critcal'), `No alert has the severity "critcal", ${severity}; did you mean critical?`);
  assert.is(told('severity!=Info'), `No alert has the severity "Info", ${severity}; did you mean info?`);
  assert.is(told('severity=~"info|warnng"'), `No alert has the severity "warnng", ${severity}; did you mean warning?`);
  assert.is(
    told('severity=~"crit"'),
    `No alert has the severity "crit", ${severity}; did you mean critical?`,
    'it has to fit the whole',
  );
  assert.is(told('severity=high'), `No alert has the severity "high", ${severity}`);
  assert.is(
    told('kind=servr'),
    'No alert has the kind "servr", which is one of server, workstation, target, collector; did you mean server?',
  );
});

const bad: [string, RegExp][] = [
  ['', /none where one belongs/],
  ['a="1",b="2"', /2 conditions where one belongs/],
  ['site', /"site" is not understood/],
  ['site="berlin', /not understood/],
  ['site=="berlin"', /not understood/],
  ['1a="b"', /"1a" is no name of a label/],
  ['rule=~"("', /pattern of rule is not understood.*missing closing \)/],
  ['rule=~"(?=x)"', /not understood/],
  ['rule=~"a{600}b{600}c{600}d{600}"', /too large/],
  [`site="${'x'.repeat(1025)}"`, /longer than 1,024/],
];
for (const [text, pattern] of bad)
  test(`refused: ${text.slice(0, 40) || 'nothing'}`, () => {
    const isRight = (thrown: unknown) =>
      thrown instanceof EvenkeelError && thrown.code === 'BAD_MATCHER' && pattern.test(thrown.message);
    assert.throws(() => parseMatcher(text), isRight);
  });

test('an operator of another program is refused as well where it comes as data', () => {
  const why = faultIn({ label: 'site', op: '==' as never, value: 'x' });
  assert.match(formatReasons('en', why && [why]), /"==" is no comparison/);
});

test('a pattern that would take for ever elsewhere takes no time here', () => {
  const labels = { host: `${'a'.repeat(250)}!` };
  const begun = performance.now();
  for (let i = 0; i < 100; i++) assert.is(matches(parseMatcher('host=~"(a+)+(a*)*b"'), labels), false);
  assert.ok(performance.now() - begun < 2000);
});

test('whether a matcher alone selects what lacks its label', () => {
  const alone = (text: string) => fitsMissing(parseMatcher(text));
  assert.equal(['a=""', 'a=~".*"', 'a!="x"', 'a="x"', 'a=~".+"', 'a!~".*"'].map(alone), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test.run();
