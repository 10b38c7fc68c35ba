/** A rule that is removed keeps its name for the alerts and tickets that it made, also after a start. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { everywhere } from '../../../collector/evaluate/book.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { namedRule } from '../../../collector/evaluate/rule.ts';
import { createRules, type Rules } from '../../../collector/evaluate/rules.ts';
import { openState } from '../../../collector/state/open.ts';
import { silentLog } from '../../../shared/log.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('removed rules');
const when = { kind: 'threshold', measurement: 'mem', all: [{ field: 'used_percent', op: '>=', value: 70 }] };
const called = (rules: Rules, id: string) => namedRule(id, rules.called);

test('of people and of the settings file', async () => {
  const state = await openState(freshPlace());
  const inFile = { id: 'of-file', name: 'Of the file', when };
  const parts = {
    state,
    builtIn: defaultRules,
    groupNamed: () => undefined,
    now: () => 1,
    log: silentLog,
    onChange() {},
  };
  const rules = await createRules({ ...parts, file: [inFile] });
  const scope = { of: 'endpoint', target: 'e1' } as const;
  await rules.change(scope, [{ id: 'b-rule-b', parts: { name: 'Mine', when } }], 'ada', 'try');
  const worse = { level_of: 'b-rule-c', severity: 'critical', when: { ...when, all: [{ ...when.all[0], value: 80 }] } };
  const two = [
    { id: 'b-rule-c', parts: { name: 'Two levels', when } },
    { id: 'b-rule-c-critical', parts: { ...worse, name: 'Worse' } },
  ];
  await rules.change(everywhere, two, 'ada', 'try');
  await rules.change(scope, [{ id: 'b-rule-b', parts: null }], 'ada', 'enough');
  const none = two.map(({ id }) => ({ id, parts: null }));
  await rules.change(everywhere, none, 'ada', 'enough');
  await rules.replaceFile([]);
  assert.is(rules.books().rule('b-rule-b'), undefined);
  assert.equal(called(rules, 'of-file'), { id: 'of-file', name: 'Of the file' });
  for (const one of [rules, await createRules({ ...parts, file: [] })]) {
    assert.equal(called(one, 'b-rule-b'), { id: 'b-rule-b', name: 'Mine' });
    assert.equal(called(one, 'b-rule-c-critical'), { id: 'b-rule-c-critical', level_of: 'b-rule-c', name: 'Worse' });
    assert.equal(called(one, 'never-was'), { id: 'never-was' });
  }
  await rules.change(scope, [{ id: 'b-rule-b', parts: { name: 'Mine again', when } }], 'ada', 'back');
  assert.is(called(rules, 'b-rule-b').name, 'Mine again');
  await state.destroy();
});

test.run();
