/** Reasons of agents: what is sent, what is taken, and how it reads in each language. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Value } from 'typebox/value';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Reasons } from '../../shared/inventory.ts';
import { maxReasons, quotation, ReasonedError, reason, reasonsIn, reasonsOf } from '../../shared/reason.ts';
import { dictionaries, languages } from '../../shared/words/index.ts';
import { formatReasons } from '../../shared/words/reasons.ts';

const test = suite('reasons');
const at = Date.UTC(2026, 10, 20, 12);

test('a section takes lists of reasons, and the sentence of an agent before 0.2', () => {
  for (const good of [
    'the array has not started',
    [],
    [reason('array_not_started')],
    [reason('disks_up', { up: 1, expected: null }), ...quotation('x'.repeat(5000))],
    [reason('battery_holds', { left_percent: Number.NaN })],
  ])
    assert.ok(Value.Check(Reasons, good), JSON.stringify(good).slice(0, 80));
  for (const bad of [
    null,
    'x'.repeat(2001),
    [{ code: 'Array not started' }],
    [{ code: 'a'.repeat(65) }],
    [{ code: 'x', params: { text: 'x'.repeat(2001) } }],
    [{ code: 'x', params: { text: { deep: 1 } } }],
    [{ code: 'x', params: { '<b>': 1 } }],
    [{ code: 'x', params: Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`p${n}`, n])) }],
    [{ code: 'x', more: 1 }],
    Array.from({ length: maxReasons + 1 }, () => ({ code: 'x' })),
  ])
    assert.not(Value.Check(Reasons, bad), JSON.stringify(bad)?.slice(0, 80));
});

test('whatever was thrown becomes reasons that a section takes', () => {
  const denied = Object.assign(new Error("EACCES: permission denied, open '/x'"), { code: 'EACCES', path: '/x' });
  assert.equal(reasonsOf(denied), [reason('not_readable', { path: '/x', error: 'EACCES' })]);
  assert.equal(reasonsOf(new ReasonedError(reason('no_battery'), ...quotation('x'))), [
    reason('no_battery'),
    ...quotation('x'),
  ]);
  const ofAnotherCopy = Object.assign(new Error('no_battery'), { reasons: [reason('no_battery')] });
  assert.equal(reasonsOf(ofAnotherCopy), [reason('no_battery')]);
  for (const thrown of [new Error('broken'), new Error(''), 'text', null, undefined, 7, { message: 7 }])
    assert.ok(Value.Check(Reasons, reasonsOf(thrown)), String(thrown));
  assert.equal(reasonsIn('a sentence'), [reason('verbatim', { text: 'a sentence' })]);
});

test('both languages say all of it; numbers, days and sizes as the reader writes them, what a tool said as a quotation', () => {
  const told = [
    reason('disk_gone'),
    reason('last_read', { read_on: at }),
    reason('sectors_pending', { count: 1234 }),
    reason('file_too_small', { path: '/d/{{has_bytes}}', has_bytes: 2048, least_bytes: 1 }),
    reason('signatures_old', { age_s: 9 * 86_400 }),
    ...quotation('Fatal: <b>wrong</b> {{text}} $&'),
  ];
  assert.is(
    formatReasons('en', told),
    'The disk is no longer there · When last read, on 20 Nov 2026: Pending sectors: 1,234 · ' +
      '/d/{{has_bytes}} has only 2\u00a0KiB, at least 1\u00a0B expected · The signatures are too old: 9d · “Fatal: <b>wrong</b> {{text}} $&”',
  );
  assert.is(
    formatReasons('ja', told),
    'ディスクがなくなりました · 最後に読み取れた 2026年11月20日の状態：代替処理待ちセクター: 1,234 · ' +
      '/d/{{has_bytes}} は 2\u00a0KiB しかありません（1\u00a0B 以上のはず） · 定義ファイルが古すぎます: 9\u00a0日 · 「Fatal: <b>wrong</b> {{text}} $&」',
  );
});

test('a sentence of an agent before 0.2 stands as it is, and a code that is not known yet is shown with its values', () => {
  for (const language of languages) {
    assert.is(formatReasons(language, 'the array has not started'), 'the array has not started');
    assert.is(formatReasons(language, [{ code: 'not_yet_known', params: { n: 1500 } }]), 'not_yet_known (n: 1,500)');
    assert.is(formatReasons(language, [{ code: 'constructor.name' }]), 'constructor.name');
    assert.is(formatReasons(language, ''), '');
  }
});

test('no language but English leaves a reason in English', () => {
  for (const [language, words] of dictionaries) {
    if (language !== 'ja') continue;
    for (const [key, word] of words) {
      if (!key.startsWith('reason.')) continue;
      const own = word.replaceAll(/{{\w+}}/g, '');
      if (/[a-z]/i.test(own)) assert.match(own, /[\u3040-\u30ff\u4e00-\u9fff]/, `${key}: ${word}`);
    }
  }
});

/** A sentence that is thrown would travel as a quotation of something else, in English for everybody. */
test('no check throws a sentence of its own', () => {
  const checks = fileURLToPath(new URL('../../agent/checks', import.meta.url));
  const files = readdirSync(checks, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  assert.ok(files.length > 80);
  for (const file of files) {
    // Becomes a part of BAD_LOCAL_CONFIG, which has words of its own.
    if (file.endsWith('end-of-life-file.ts')) continue;
    assert.not.match(readFileSync(join(checks, file), 'utf8'), /new Error\(/, file);
  }
});

test('the agent loads the words only where somebody reads: doctor, scripts, status, enroll, and run-backup when it has something to say', () => {
  const agent = fileURLToPath(new URL('../../agent', import.meta.url));
  const loading = readdirSync(agent, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      /^import (?!type).*(english|shared\/words\/.*)\.ts'/m.test(readFileSync(join(agent, file), 'utf8')),
  );
  assert.equal(loading.sort(), [
    ...['commands/doctor-parts.ts', 'commands/doctor.ts', 'commands/scripts.ts', 'commands/status.ts'],
    ...['english.ts', 'enroll.ts'],
  ]);
});

test.run();
