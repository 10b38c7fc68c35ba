/** What others say may end in a mark of its own; a message has one at its end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fail } from '../../shared/errors.ts';
import { sentence } from '../../shared/sentence.ts';

const test = suite('sentence');

const cases: [text: string, said: string][] = [
  ['it is blank', 'it is blank.'],
  ['It is blank.', 'It is blank.'],
  ['did you mean critical?', 'did you mean critical?'],
  ['too many!', 'too many!'],
  ['an unknown word (did you mean "start"?)', 'an unknown word (did you mean "start"?).'],
  ['空です。', '空です。'],
];
for (const [text, said] of cases)
  test(text, () => {
    assert.is(sentence(text), said);
    assert.is(fail('BAD_CHANGE', { problem: text }).message, `The change was not saved: ${said}`);
  });

test('a hint too', () => {
  const { hint } = fail('TLS_UNUSABLE', { path: '/x', reason: 'it is empty.', todo: 'Put it back.' });
  assert.is(hint, 'Put it back.');
});

test.run();
