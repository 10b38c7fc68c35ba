/** Complaints about a value repeat it, but for what is a secret or may be one. */
import { Type } from 'typebox';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { looksSecret } from '../../shared/secrets.ts';
import { faultsOf } from '../../shared/shape.ts';

const test = suite('secret places');
const secret = (more = {}) => Type.String({ minLength: 3, secret: true, ...more });

test('one of several shapes, or of the entries of a list, is secret: so is the value', () => {
  for (const [schema, value] of [
    [Type.Union([secret(), Type.Null()]), 'ab'],
    [Type.Union([secret(), Type.Array(secret())]), 12],
    [Type.Array(secret(), { uniqueItems: true }), ['abcd', 'abcd']],
    [Type.Array(Type.Union([secret(), Type.Integer()]), { uniqueItems: true }), ['abcd', 1, 'abcd']],
    [secret({ check: () => 'is wrong' }), 'abcd'],
    [Type.Array(secret(), { maxItems: 1 }), ['abcd', 'efgh']],
  ] as const) {
    const problems = faultsOf(schema, value).map(({ problem }) => problem);
    assert.is(problems.length, 1, JSON.stringify(schema));
    assert.not.match(problems[0] as string, /ab|12|efgh/);
  }
});

test('what a key says it holds is not shown, whatever the schema forgot', () => {
  const of = (key: string, value: unknown) =>
    faultsOf(Type.Object({ [key]: Type.Boolean() }), { [key]: value })[0]?.problem;
  for (const key of ['password', 'smtp_password', 'apiKey', 'token', 'client_secret', 'pass'])
    for (const value of ['plain words', 12345]) assert.is(of(key, value), 'must be true or false', key);
  assert.is(of('token_file', '/run/x'), '"/run/x" must be true or false');
  assert.is(of('token_file', 'plain words'), 'must be true or false');
  assert.is(of('passage', 'plain words'), '"plain words" must be true or false');
});

test('what is twice in a list is named where it is harmless', () => {
  const words = Type.Array(Type.String(), { uniqueItems: true });
  assert.is(faultsOf(words, ['a', 'b', 'a'])[0]?.problem, 'has "a" twice; write each once');
  assert.is(faultsOf(words, ['h4nter2', 'h4nter2'])[0]?.problem, 'has an entry twice; write each once');
});

test('names, addresses, times and sentences do not look like secrets', () => {
  for (const harmless of [
    ...[
      '10.0.0.0/33',
      '2001:db8::1',
      'https://keel:99999/x',
      'http://db-2.example.org:8086',
      'mx2.example.org:25',
      'nobody',
    ],
    ...[
      '400d',
      '36h',
      '90%',
      '=>',
      'Mars/Base',
      'Europe/Berlin',
      '2026-11-28T07:04:27Z',
      '2026-11-28',
      '127.0.0.1',
      '',
    ],
    ...[
      'disk-spce',
      'usedPercent',
      'cpu.usage_active',
      'correct words with a mistake',
      'web server 12',
      '/run/secrets/mail',
    ],
    ...['C:\\Program Files\\Evenkeel', 'server-2019', '1.2.3', '86400000', 'backup_late_server_critical', 'かいぎ'],
  ])
    assert.not(looksSecret(harmless), harmless);
});

test('a text of any length is judged in no time', () => {
  for (const part of ['a', 'a1', 'A1a', '!', '1', 'a-', '/a', ' a1']) {
    const since = performance.now();
    looksSecret(part.repeat(200_000));
    assert.ok(performance.now() - since < 500, `${part}: ${performance.now() - since} ms`);
  }
});

test.run();
