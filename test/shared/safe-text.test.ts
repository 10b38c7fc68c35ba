import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fail } from '../../shared/errors.ts';
import { escaped, escapedLines, quoted } from '../../shared/safe-text.ts';
import { faultsOf } from '../../shared/shape.ts';
import { disturbers, hasDisturber } from '../support/disturbers.ts';

test('what commands a terminal, breaks a line or turns the text around is written out', () => {
  for (const one of disturbers) {
    const text = escaped(`a${one}b`);
    assert.not.ok(hasDisturber(text), JSON.stringify(one));
    assert.match(text, /^a.*\\u[0-9a-f]{4}.*b$/);
  }
  assert.is(escaped('Größe 日本語 عربى 👩‍💻 "q" \\'), 'Größe 日本語 عربى 👩‍💻 "q" \\');
  assert.is(escapedLines('a\nb\u001bc'), 'a\nb\\u001bc');
  assert.is(escapedLines('a\r\nb\rc\td'), 'a\nb\nc  d', 'of any system');
});

test('a quotation is JSON that gives the text back', () => {
  for (const one of [...disturbers, '"', '\\', '\\"']) {
    const text = quoted(`a${one}b`);
    assert.not.ok(hasDisturber(text), JSON.stringify(one));
    assert.is(JSON.parse(text), `a${one}b`);
  }
});

test('errors carry values from outside in one line, also those that list faults', () => {
  for (const one of disturbers) {
    for (const error of [
      fail('NOT_FOUND', { what: 'ticket', id: `a${one}b` }),
      fail('STATE_REFUSED', { place: 'x', reason: 'y', todo: `a${one}b` }),
      fail('BAD_SETTING', { faults: faultsOf({ type: 'integer' }, `a${one}b`)[0]?.problem ?? '' }),
    ])
      assert.not.ok(hasDisturber(error.message + error.hint), JSON.stringify([one, error.message]));
  }
  assert.is(fail('BAD_CONFIG', { faults: 'one\ntwo' }).message, 'one\ntwo');
});

test.run();
