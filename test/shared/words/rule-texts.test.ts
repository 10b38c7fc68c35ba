import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultsOfRule } from '../../../collector/evaluate/check.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { ruleTexts, type TemplateFacts, templateFilters, templateNames } from '../../../shared/words/rule-texts.ts';

const noon = Date.parse('2026-11-28T12:00:00Z');
const facts: TemplateFacts = {
  rule: { id: 'disk-space' },
  severity: 'warning',
  endpoint: { id: 'e1', name: 'db-1', site: null, kind: 'server' },
  ...{ metric: 'disk.used_percent', unit: 'percent', instance: '/var', value: 93.54, threshold: 90 },
  ...{ since: noon - 90 * 60_000, now: noon, zone: 'Europe/Berlin' },
};
const fill = (summary: string, more: Partial<TemplateFacts> = {}) =>
  ruleTexts({ summary }, { ...facts, ...more }, 'en').summary?.replaceAll('\u00a0', ' ');

test('names and filters are replaced once', () => {
  assert.is(fill('{host}: {instance} at {value}, limit {limit}'), 'db-1: /var at 93.5%, limit 90%');
  assert.is(fill('{value|number} since {since|duration} ({since})'), '93.54 since 1h 30m (28 Nov 2026, 11:30)');
  assert.is(fill('{site} {{value}}'), '— {value}');
  assert.is(ruleTexts({}, facts, 'en').summary, null);
});

test('text of an endpoint is never read again, is cut, and has no control or bidi characters', () => {
  const endpoint = { ...facts.endpoint, name: '{value}<b>\u202e\n$&{host}' };
  assert.is(fill('{host}!', { endpoint }), '{value}<b>  $&{host}!');
  const long = { ...facts.endpoint, name: 'x'.repeat(5000) };
  assert.is(fill('{host}', { endpoint: long })?.length, 200);
  for (const name of ['__proto__', 'constructor', 'toString']) assert.is(fill(`{${name}}`), `{${name}}`);
});

test('every name with every filter gives a text', () => {
  for (const name of templateNames)
    for (const filter of templateFilters)
      for (const more of [{}, { value: null, threshold: null, since: null }])
        assert.match(fill(`{${name}|${filter}}`, more) ?? '', /^(?!.*(undefined|NaN|\{)).+$/);
});

test('an unknown name, filter or lone brace, a label of our own and a bad runbook are refused', () => {
  const told = (parts: object) =>
    faultsOfRule({ ...(defaultRules[0] as object), ...parts })
      .map(({ path, problem }) => `${path.join('.')} ${problem}`)
      .join('\n');
  assert.match(told({ summary: 'at {valeu}' }), 'names "valeu", which is not known; did you mean "value"?');
  assert.match(
    told({ description: '{value|units}' }),
    'has the filter "units" in {value|units}, which is not known; did you mean "unit"?',
  );
  assert.match(told({ summary: 'a { b' }), 'summary "a { b" has a single {');
  assert.match(told({ labels: { severity: 'x' } }), 'must not set "severity"');
  assert.match(told({ labels: { 'a b': 'x' } }), 'names are of small letters');
  assert.match(told({ runbook: 'javascript:alert(1)' }), 'an address that begins with https://');
  assert.is(told({ labels: { team: 'db' }, summary: '{host}', runbook: 'https://wiki.example/x' }), '');
});

test.run();
