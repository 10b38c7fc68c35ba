/** The two languages have the same keys and placeholders, and the code asks for no key that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { en } from '../../dashboards/web/words/en.ts';
import { ja } from '../../dashboards/web/words/ja.ts';
import { Alert, Attention, EndpointRow, Interval, TicketState } from '../../shared/api.ts';
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
    ...literals(Attention.properties.state).flatMap((value) => (value === 'firing' ? [] : `attention.${value}`)),
    ...literals(Alert.properties.state).map((value) => `alert.state.${value}`),
    ...literals(Interval.properties.state).map((value) => `interval.${value}`),
    ...literals(TicketState).map((value) => `ticket.state.${value}`),
  ];
  assert.ok(wanted.length > 30);
  for (const key of wanted) assert.ok(keys.has(key), key);
});

/** Every first group of `pattern` in the agent's checks. */
function codesOfAgent(folder: string, pattern: RegExp): string[] {
  const checks = fileURLToPath(new URL(`../../agent/checks/${folder}`, import.meta.url));
  return readdirSync(checks, { encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(checks, file), 'utf8').matchAll(pattern)].map((found) => found[1] ?? ''));
}

test('every code that an agent sends in place of words has words', () => {
  const checks = codesOfAgent('.', /^ {2,4}name: '(\w+)',$/gm).filter((name) => name !== 'check');
  const kinds = codesOfAgent('health', /\bitem\('(\w+)'/g);
  assert.ok(checks.length > 10 && kinds.length > 10, 'the search finds the codes');
  for (const key of [
    ...checks.map((name) => `about.checkKinds.${name}`),
    ...kinds.map((name) => `health.kind.${name}`),
  ]) {
    assert.ok(keys.has(key), key);
  }
});

/** Met on a terminal only: by who starts a collector or an agent, in the language of its log. */
const terminalOnly = new Set<string>([
  'BAD_FLAG',
  'BAD_CONFIG',
  'BAD_LOCAL_CONFIG',
  'BAD_SETTING',
  'CONFIG_UNREADABLE',
  'PORT_IN_USE',
  'LISTEN_REFUSED',
  'PLAIN_BEYOND_LOOPBACK',
  'DATA_NOT_WRITABLE',
  'DATA_NEWER',
  'DATA_CORRUPT',
  'DATA_IN_USE',
  'DATA_LOST',
  'ALREADY_ENROLLED',
  'NOT_ENROLLED',
  'AGENT_RUNNING',
  'AGENT_FOLDER_LOST',
  'AGENT_NOT_RUNNING',
  'COLLECTOR_UNREACHABLE',
  'CERTIFICATE_REFUSED',
]);

test('every error that a page can meet has a sentence and a hint in Japanese', () => {
  const wanted = Object.keys(errors).filter((code) => !terminalOnly.has(code));
  assert.ok(wanted.length > 25);
  for (const code of wanted) {
    const words = ja.problem[code];
    assert.ok(words, `${code} has no Japanese; give it some in words/ja.ts, or name it among those of terminals`);
    for (const text of [words.message, words.hint]) assert.match(text, /[\u3040-\u30ff\u4e00-\u9fff].*。$/, code);
  }
});

/** The rooms whose errors become answers of HTTP; accounts, fleet and so on are called by its routes. */
const behindHttp = ['api', 'accounts', 'fleet', 'alerts', 'tickets', 'kpi'];

test('nothing that HTTP answers is left out as an error of terminals', () => {
  const collector = fileURLToPath(new URL('../../collector/', import.meta.url));
  const thrown = behindHttp.flatMap((room) =>
    readdirSync(join(collector, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...readFileSync(join(collector, room, file), 'utf8').matchAll(/\bfail\(\s*'([A-Z_]+)'/g)])
      .map((found) => found[1] ?? ''),
  );
  assert.ok(new Set(thrown).size > 12, 'the search finds the errors');
  for (const code of thrown) assert.not(terminalOnly.has(code), code);
});

test('Japanese errors are errors that exist', () => {
  const known = new Set<string>([...Object.keys(errors), 'NO_CONNECTION', 'BAD_ANSWER']);
  for (const code of Object.keys(ja.problem)) assert.ok(known.has(code), code);
});

test.run();
