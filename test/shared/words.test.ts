/** All languages have the same keys and placeholders, and the code asks for no key that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeFilters } from '../../collector/fleet/row-filters.ts';
import { Alert, Attention, EndpointRow, Interval, TicketState } from '../../shared/api.ts';
import { errors } from '../../shared/errors.ts';
import { defaultLanguage, dictionaries, word } from '../../shared/words/index.ts';

const top = fileURLToPath(new URL('../../', import.meta.url));
const test = suite('words');

const english = dictionaries.get(defaultLanguage) ?? new Map<string, string>();
const others = [...dictionaries].filter(([code]) => code !== defaultLanguage);
const placeholders = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((found) => found[1]).sort();
/** Errors that the collector words itself in English, and what schemas say, have words in the other languages only. */
const elsewhereOnly = (key: string) => /^(problem|phrase)\./.test(key) && !english.has(key);

test('all languages have the same keys', () => {
  assert.ok(english.size > 700 && others.length > 0);
  const wanted = [...english.keys()].sort();
  for (const [code, words] of others)
    assert.equal([...words.keys()].filter((key) => !elsewhereOnly(key)).sort(), wanted, code);
});

test('all languages have the same placeholders, spelt as they are filled in', () => {
  for (const [code, words] of dictionaries) {
    for (const [key, text] of words) {
      if (!elsewhereOnly(key)) assert.equal(placeholders(text), placeholders(english.get(key) ?? ''), `${code} ${key}`);
      assert.not.match(text.replaceAll(/{{\w+}}/g, ''), /[{}]/, `${code} ${key}`);
    }
  }
});

const isLatin = (code: string) => new Intl.Locale(code).maximize().script === 'Latn';

test('no word is empty or left in another language', () => {
  for (const [code, words] of dictionaries) {
    for (const [key, text] of words) {
      assert.ok(text.trim() !== '', `${code} ${key}`);
      if (isLatin(code)) assert.not.match(text, /[^\P{L}\p{Script=Latin}\p{Script=Greek}]/u, `${code} ${key}`);
    }
  }
  // Languages of one script share words; a sentence that is the same was left as it was.
  for (const [code, words] of others) {
    const untranslated = isLatin(code) ? /[a-z]+ [a-z]+ [a-z]+/ : /[a-z]{3}/;
    const same = [...words].filter(
      ([key, text]) => text === english.get(key) && untranslated.test(text.replaceAll(/{{.*?}}/g, '')),
    );
    assert.equal(
      same.map(([key]) => key),
      [],
      code,
    );
  }
});

const sources = ['dashboards/web', 'collector', 'shared'].flatMap((room) =>
  readdirSync(join(top, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/^dist[\\/]/.test(file))
    .map((file) => ({ file, text: readFileSync(join(top, room, file), 'utf8') })),
);

const keys = new Set(english.keys());
/** `t('a.b')`, `<Sentence of="a.b"` and `t(`a.b.${x}`)`; the last asks for any key of its group. */
const asked = sources.flatMap(({ file, text }) => [
  ...[...text.matchAll(/(?:\bt\(\s*'|\bword\(language,\s*'|<Sentence\s+of=")([^'"]+)/g)].map((found) => ({
    file,
    key: found[1] ?? '',
    group: false,
  })),
  ...[...text.matchAll(/(?:\bt\(|[wW]ord\(language(?:\.value)?,|<Sentence\s+of=\{)\s*`([^`$]*)\$\{/g)].map((found) => ({
    file,
    key: found[1] ?? '',
    group: true,
  })),
  ...[...text.matchAll(/<Sentence\s+of=\{`([^`$]*)\$\{/g)].map((found) => ({ file, key: found[1] ?? '', group: true })),
  ...[...text.matchAll(/\bwordOr\(\s*[`']([^`'$]+)/g)].map((found) => ({ file, key: found[1] ?? '', group: true })),
]);

test('every key that the code asks for exists', () => {
  assert.ok(asked.length > 200, `only ${asked.length} uses were found: the search is broken`);
  for (const { file, key, group } of asked) {
    const there = group ? [...keys].some((one) => one.startsWith(key)) : keys.has(key);
    assert.ok(there, `${file} asks for ${key}`);
  }
});

/** `reason('code'`, and tables that name codes of reasons as `'code'`; a template asks for any code of its form. */
const reasons = ['agent', 'collector', 'shared'].flatMap((side) => {
  const folder = fileURLToPath(new URL(`../../${side}/`, import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('words'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .filter((text) => /\breason\(/.test(text));
});
const codes = new Set(reasons.flatMap((text) => [...text.matchAll(/'([a-z0-9_]+)'/g)].map((found) => found[1])));
const forms = reasons.flatMap((text) =>
  [...text.matchAll(/\breason\(\s*`([^`]+)`/g)].map(
    (found) => new RegExp(`^${found[1]?.replace(/\$\{\w+\}/g, '\\w+')}$`),
  ),
);
const isReason = (key: string) => {
  const code = key.replace(/^reason\./, '');
  return code !== key && (codes.has(code) || forms.some((form) => form.test(code)));
};

test('every word is used', () => {
  assert.ok(codes.size > 300 && forms.length > 2, 'the search finds the codes');
  const exact = new Set(asked.filter(({ group }) => !group).map(({ key }) => key));
  const groups = asked.filter(({ group }) => group).map(({ key }) => key);
  const unused = [...keys].filter(
    (key) => !exact.has(key) && !isReason(key) && !groups.some((group) => key.startsWith(group)),
  );
  assert.equal(unused, []);
});

/** The members of a type of texts, which is gone when a program runs. */
function membersOf(file: string, type: string): string[] {
  const text = readFileSync(join(top, file), 'utf8');
  const from = text.indexOf(`type ${type} =`);
  return [...text.slice(from, text.indexOf(';', from)).matchAll(/'([^']+)'/g)].map((found) => found[1] ?? '');
}

test('each change of an alert, and each reason of one, has a word', () => {
  const code = (text: string) => text.replaceAll(/\W+/g, '_');
  const events = membersOf('collector/alerts/batch.ts', 'ChangeCode');
  const reasons = ['TransitionReason', 'AcknowledgementEnd'].flatMap((type) =>
    ['alert.ts', 'acknowledgement.ts'].flatMap((file) => membersOf(`collector/alerts/${file}`, type)),
  );
  assert.ok(events.length > 15 && reasons.length > 12, `${events} ${reasons}`);
  const wanted = [...events.map((one) => `alert.event.${one}`), ...reasons.map((one) => `alert.reason.${code(one)}`)];
  assert.equal(
    wanted.filter((key) => !keys.has(key)),
    [],
  );
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
  const { filters, sorts } = describeFilters([]);
  wanted.push(...sorts.map(({ name }) => `column.${name}`));
  for (const { name, choices, open } of filters) {
    wanted.push(`filter.name.${name}`, ...(open ? [] : choices.map(({ value }) => `filter.${name}.${value}`)));
  }
  assert.ok(wanted.length > 60);
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
  'CLUSTER_NAME_TAKEN',
  // Other monitoring sends them, and gets the answer.
  'TOO_MANY_ALERTS',
  'NO_DATA',
  'BACKUP_REFUSED',
  'BACKUP_FAILED',
  'BACKUP_UNUSABLE',
  'RESTORE_REFUSED',
  'COPY_REFUSED',
  'COPY_ENDED',
  'BAD_FLAG',
  'BAD_CONFIG',
  'BAD_LOCAL_CONFIG',
  'BAD_SETTING',
  'CONFIG_UNREADABLE',
  'PORT_IN_USE',
  'LISTEN_REFUSED',
  'TLS_EXISTS',
  'TLS_OLD_TRUSTED',
  'UPDATE_NOT_HERE',
  'CODE_FILE_UNREADABLE',
  'CODE_FILE_OPEN',
  'TLS_NOT_MADE',
  'TLS_UNUSABLE',
  'JOIN_CODE_MISTYPED',
  'JOIN_CODE_NEWER',
  'APPROVAL_NOT_GIVEN',
  'PIN_MISMATCH',
  'DATA_NOT_WRITABLE',
  'NOT_WRITTEN',
  'STATE_UNREACHABLE',
  'STATE_REFUSED',
  'DATA_NEWER',
  'DATA_FORKED',
  'DATA_CORRUPT',
  'DATA_IN_USE',
  'DATA_LOST',
  'ALREADY_ENROLLED',
  'UNTRUSTED_PATH',
  'CODE_IN_CLEAR',
  'NOT_ENROLLED',
  'AGENT_RUNNING',
  'AGENT_FOLDER_LOST',
  'AGENT_NOT_RUNNING',
  'COLLECTOR_UNREACHABLE',
  'CERTIFICATE_REFUSED',
]);

test('every error that a page can meet has a sentence and a hint in every language but that of the collector', () => {
  const wanted = Object.keys(errors).filter((code) => !terminalOnly.has(code));
  assert.ok(wanted.length > 25);
  for (const [language, words] of others) {
    for (const code of wanted) {
      const texts = [words.get(`problem.${code}.message`), words.get(`problem.${code}.hint`)];
      const help = `${language}: give problem.${code} words in shared/words, or name it among those of terminals`;
      for (const text of texts) assert.match(text ?? '', /\p{L}.*\p{Sentence_Terminal}$/u, help);
    }
  }
});

test('no error shows a place for a fact that the page does not know', () => {
  for (const [language, words] of others)
    for (const code of Object.keys(errors))
      for (const part of ['message', 'hint']) {
        const text = words.get(`problem.${code}.${part}`) ?? '';
        assert.not.match(text, /\{/, `${language}: problem.${code}.${part}; the fact stands below it, in English`);
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

test('a value in Japanese stands without spaces beside Japanese, and apart where it is Latin', () => {
  const assigned = (actor: string, to: string) => word('ja', 'story.assigned', { actor, to });
  assert.is(assigned('監視', 'Mia'), '監視が Mia に割り当て');
  assert.is(assigned('Mia', '山田 太郎'), 'Mia が山田 太郎に割り当て');
  assert.is(word('en', 'story.assigned', { actor: '監視', to: '山田' }), '監視 assigned it to 山田');
});

test('errors that have words are errors that exist', () => {
  const known = new Set<string>([...Object.keys(errors), 'NO_CONNECTION', 'BAD_ANSWER']);
  for (const [, words] of others)
    for (const key of words.keys())
      if (key.startsWith('problem.') && !english.has(key)) assert.ok(known.has(key.split('.')[1] ?? ''), key);
});

test.run();
