/** A name that is not there: what was meant, and what there is, said so that nobody takes some names for all. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { namesThere } from '../../../shared/nearest.ts';
import { reason } from '../../../shared/reason.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';
import { unknownName, whatThereIs } from '../../../shared/words/refusal.ts';

const test = suite('unknown name');
const many = Array.from({ length: 24 }, (_, n) => `box-${String(n).padStart(2, '0')}`);
const firstOfMany = many.slice(0, 12).join(', ');

const cases: [given: string, known: string[], said: string][] = [
  ['bobb', ['admin', 'ann', 'bob'], 'did you mean "bob"? There are: admin, ann, bob'],
  ['nobody', ['admin', 'ann', 'bob'], 'there are: admin, ann, bob'],
  ['nope', ['ops'], 'there is only: ops'],
  ['opps', ['ops'], 'there is only: ops'],
  ['ops', [], 'there is none yet'],
  ['printers', many, `there are: ${firstOfMany} and 12 more`],
  ['bx-23', many, `did you mean "box-23"? There are: ${firstOfMany} and 12 more`],
];
for (const [given, known, said] of cases)
  test(`${given} of ${known.length}`, () => {
    assert.is(whatThereIs(given, known), said);
    assert.is(unknownName('user', given, known).message, `There is no user "${given}"; ${said}.`);
  });

test('in the language of whoever reads it', () => {
  const said = (known: string[]) =>
    formatReasons('ja', [reason('oncall_no_channel', { name: '"opps"', ...namesThere('opps', known) })]);
  assert.is(said(['mail', 'ops']), 'チャンネル "opps" はありません。「ops」のことですか。候補: mail, ops');
  assert.is(said(['ops']), 'チャンネル "opps" はありません。候補は ops だけです');
  assert.is(said([]), 'チャンネル "opps" はありません。まだ何も登録されていません');
});

test('a name that looks like a place for a value stays a name', () => {
  assert.is(whatThereIs('x', ['{{meant}}', '{{known}}']), 'there are: {{meant}}, {{known}}');
});

test.run();
