/** A time that is over is never shown as one that is still to come. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dueText, nextText } from '../../dashboards/web/pages/tickets/due.ts';
import { type Language, loadMoreWords, loadWords } from '../../shared/words/index.ts';

test.before(async () => {
  for (const language of ['en', 'ja'] as const) await Promise.all([loadWords(language), loadMoreWords(language)]);
});

const next = { ticket: 7, priority: 2, isMine: true, clock: 'response', skills: [] as string[] } as const;
/** The end of the support hours. */
const dueAt = Date.parse('2026-11-27T16:00:00Z');
const [minute, hour] = [60_000, 3_600_000];
const both = (isLate: boolean, now: number, language: Language) => [
  dueText({ dueAt, isLate }, now, language),
  nextText({ ...next, dueAt, isLate }, now, language),
];

test('due at the end of the support hours: until they begin again it is not late, and nothing is counted', () => {
  for (const after of [0, 1, minute, 5 * hour - 2 * minute, 15 * hour, 63 * hour]) {
    assert.equal(both(false, dueAt + after, 'en'), [
      'Due when support hours begin again',
      'Next for you: #7, P2, due when support hours begin again, yours.',
    ]);
    assert.equal(both(false, dueAt + after, 'ja'), [
      '次のサポート時間の開始時が期限',
      '次の対応: #7（P2）、次のサポート時間の開始時が期限、自分が担当。',
    ]);
  }
});

test('before its time it is due in, once missed it is late by; each counts its own way', () => {
  assert.equal(both(false, dueAt - 2 * hour, 'en'), ['In 2h', 'Next for you: #7, P2, answer due in 2h, yours.']);
  assert.equal(
    both(false, dueAt - 1, 'en'),
    ['In 1m', 'Next for you: #7, P2, answer due in 1m, yours.'],
    'a minute is the least shown',
  );
  assert.equal(both(true, dueAt + 3 * hour, 'en'), ['Late by 3h', 'Next for you: #7, P2, answer late by 3h, yours.']);
  const inJapanese = both(true, dueAt + 3 * hour, 'ja').map((text) => text?.replaceAll(/\s/g, ''));
  assert.equal(inJapanese, ['3時間超過', '次の対応:#7（P2）、回答が3時間超過、自分が担当。']);
  // Where the other of both clocks was missed, or this computer's clock is behind, there is no length to tell.
  assert.equal(both(true, dueAt - hour, 'en'), ['Late', 'Next for you: #7, P2, Late, yours.']);
});

test('without an instant there is no length', () => {
  const now = dueAt;
  assert.is(dueText({ dueAt: null, isLate: false }, now, 'en'), null);
  assert.is(dueText({ dueAt: null, isLate: true }, now, 'en'), 'Late');
  assert.is(nextText({ ...next, dueAt: null, clock: null, isLate: false }, now, 'en'), 'Next for you: #7, P2, yours.');
  const known = { ...next, dueAt: now + 12 * minute, isLate: false, isMine: false, skills: ['backup', 'linux'] };
  assert.is(
    nextText(known, now, 'en'),
    'Next for you: #7, P2, answer due in 12m, nobody has it, you know: backup, linux.',
  );
});

test.run();
