/** The two languages have the same keys and placeholders, and the code asks for no key that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { en } from '../../dashboards/web/words/en.ts';
import { ja } from '../../dashboards/web/words/ja.ts';
import { Attention, EndpointRow, Interval, TicketState } from '../../shared/api.ts';
import { errors } from '../../shared/errors.ts';

const web = fileURLToPath(new URL('../../dashboards/web/', import.meta.url));
const test = suite('words');

function leaves(tree: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof value === 'string') found.set(path, value);
    else for (const [inner, word] of leaves(value, path)) found.set(inner, word);
  }
  return found;
}

const english = leaves(en);
const japanese = leaves(ja);
const placeholders = (text: string) => [...text.matchAll(/{{\s*(\w+)\s*}}/g)].map((found) => found[1]).sort();

/** Errors that the collector words itself in English have Japanese words only. */
const japaneseOnly = (key: string) => key.startsWith('problem.') && !english.has(key);

test('both languages have the same keys', () => {
  const wanted = [...english.keys()].sort();
  const there = [...japanese.keys()].filter((key) => !japaneseOnly(key)).sort();
  assert.equal(there, wanted);
});

test('both languages have the same placeholders', () => {
  for (const [key, text] of english) {
    const other = japanese.get(key) ?? '';
    assert.equal(placeholders(other), placeholders(text), key);
  }
});

test('no word is empty or left in the other language', () => {
  for (const [key, text] of [...english, ...japanese]) assert.ok(text.trim() !== '' || text === ' and ', key);
  for (const [key, text] of english) assert.not.match(text, /[\u3040-\u30ff\u4e00-\u9fff]/, key);
  const same = [...japanese].filter(
    ([key, text]) => text === english.get(key) && /[a-z]{3}/.test(text.replaceAll(/{{.*?}}/g, '')),
  );
  assert.equal(
    same.map(([key]) => key),
    [],
  );
});

const sources = readdirSync(web, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !/^(dist|words)[\\/]/.test(file))
  .map((file) => ({ file, text: readFileSync(join(web, file), 'utf8') }));

const keys = new Set(english.keys());
/** `t('a.b')` and `t(`a.b.${x}`)`; the second asks for any key of its group. */
const asked = sources.flatMap(({ file, text }) => [
  ...[...text.matchAll(/\bt\(\s*'([^']+)'/g)].map((found) => ({ file, key: found[1] ?? '', group: false })),
  ...[...text.matchAll(/\bt\(\s*`([^`$]*)\$\{/g)].map((found) => ({ file, key: found[1] ?? '', group: true })),
  ...[...text.matchAll(/\bwordOr\(\s*[`']([^`'$]+)/g)].map((found) => ({ file, key: found[1] ?? '', group: true })),
]);

test('every key that the code asks for exists', () => {
  assert.ok(asked.length > 200, `only ${asked.length} uses were found: the search is broken`);
  for (const { file, key, group } of asked) {
    const there = group ? [...keys].some((one) => one.startsWith(key)) : keys.has(key);
    assert.ok(there, `${file} asks for ${key}`);
  }
});

test('every word is used', () => {
  const exact = new Set(asked.filter(({ group }) => !group).map(({ key }) => key));
  const groups = asked.filter(({ group }) => group).map(({ key }) => key);
  const unused = [...keys].filter((key) => !exact.has(key) && !groups.some((group) => key.startsWith(group)));
  assert.equal(unused, []);
});

const literals = (schema: { enum: readonly string[] }) => [...schema.enum];

test('every state and reason that the collector can send has words', () => {
  const { properties } = EndpointRow;
  const wanted = [
    ...literals(properties.state).map((value) => `state.${value}`),
    ...literals(properties.backup.properties.state).map((value) => `backup.state.${value}`),
    ...literals(Attention.properties.code).map((value) => `attention.${value}`),
    ...literals(Interval.properties.state).map((value) => `interval.${value}`),
    ...literals(TicketState).map((value) => `ticket.state.${value}`),
  ];
  assert.ok(wanted.length > 30);
  for (const key of wanted) assert.ok(keys.has(key), key);
});

test('Japanese errors are errors that exist', () => {
  const known = new Set<string>([...Object.keys(errors), 'NO_CONNECTION', 'BAD_ANSWER']);
  for (const code of Object.keys(ja.problem)) assert.ok(known.has(code), code);
});

test.run();
