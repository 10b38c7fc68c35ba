/** Join codes: whole, mistyped, cut off, of a newer form, of the old form. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EvenkeelError } from '../../shared/errors.ts';
import { decodeJoinCode, encodeJoinCode } from '../../shared/join-code.ts';

const pin = Buffer.alloc(32, 7).toString('base64');
const parts = { url: 'https://keel.example.net:7460', secret: 'N4UQ_iwI1nBxoEY2', pins: [pin] };
const code = encodeJoinCode(parts);

function refusal(text: string): string {
  try {
    decodeJoinCode(text);
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

const of = (content: object) => {
  const whole = encodeJoinCode({ url: 'https://x', secret: 's' });
  const made = `EK1-${Buffer.from(JSON.stringify(content)).toString('base64url')}`;
  return { made, whole };
};

test('a code is read as it was made, with the line breaks of a mail', () => {
  assert.equal(decodeJoinCode(code), parts);
  assert.equal(decodeJoinCode(`${code.slice(0, 30)}\r\n  ${code.slice(30)}\n`), parts);
  const { pins: _pins, ...bare } = parts;
  assert.equal(decodeJoinCode(encodeJoinCode(bare)), bare);
  assert.ok(code.length < 200, `${code.length} characters`);
});

test('one character exchanged anywhere is seen; what is cut off is not complete', () => {
  for (let at = 4; at < code.length; at++) {
    const other = code[at] === 'A' ? 'B' : 'A';
    assert.ok(
      ['JOIN_CODE_MISTYPED', 'BAD_JOIN_CODE'].includes(refusal(code.slice(0, at) + other + code.slice(at + 1))),
      `at ${at}`,
    );
  }
  for (let length = 0; length < code.length; length++)
    assert.ok(['JOIN_CODE_MISTYPED', 'BAD_JOIN_CODE'].includes(refusal(code.slice(0, length))), `cut at ${length}`);
});

test('of the old form only without a pin; what it does not know it refuses, or may skip', () => {
  assert.equal(decodeJoinCode(of({ u: 'http://127.0.0.1:7460/', c: 's' }).made), {
    url: 'http://127.0.0.1:7460',
    secret: 's',
  });
  assert.is(refusal(of({ u: 'https://x', c: 's', q: 1 }).made), 'JOIN_CODE_NEWER');
  assert.equal(decodeJoinCode(of({ u: 'https://x', c: 's', Q: 1 }).made), { url: 'https://x', secret: 's' });
  for (const p of ['x', ['short'], [7], Array(9).fill(pin)])
    assert.is(refusal(of({ u: 'https://x', c: 's', p }).made), 'BAD_JOIN_CODE');
  assert.is(refusal(of({ u: 'ftp://x', c: 's' }).made), 'BAD_JOIN_CODE');
});

test.run();
