/** The language of this browser, and words in it. */
import { signal } from '@preact/signals';
import { actorIn } from '../../../shared/words/actors.ts';
import {
  defaultLanguage,
  findWord,
  isLanguage,
  type Language,
  languages,
  loadMoreWords,
  loadReasons,
  loadWords,
  type Values,
  type WordKey,
  word,
} from '../../../shared/words/index.ts';
import { part } from '../net/part.ts';
import { remember, remembered } from '../remember.ts';

export { aboutLanguage, languages } from '../../../shared/words/index.ts';
export type { Language, WordKey as Key };

function preferred(): Language {
  const kept = remembered('language');
  if (isLanguage(kept)) return kept;
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
  // `pt` serves who asks for pt-BR, and pt-BR who asks for pt.
  const root = (code: string) => code.split('-')[0];
  const found = wanted.flatMap((code) => [
    ...languages.filter((one) => one === code),
    ...languages.filter((one) => root(one) === root(code)),
  ]);
  return found[0] ?? defaultLanguage;
}

export const language = signal<Language>(preferred());
// Nothing can be drawn without words.
await loadWords(language.value);

/** Rises when more words have come: who shows a key in place of a word is drawn again. */
const more = signal(0);

/** The word of `key` in the present language. A component that calls it is drawn again when the language changes. */
export function t(key: WordKey, values?: Values): string {
  more.value;
  return word(language.value, key, values);
}

/** The word of a key made from an external value, or the value itself when there is no word for it. */
export function wordOr(group: string, value: string, fallback = value): string {
  return findWord(language.value, `${group}.${value}`) ?? fallback;
}

/** Actors and names that the collector itself assigns, in words; a person's or a token's name stays as it is. */
export const actorName = (name: string): string => actorIn(language.value, name);

/** What pages other than the fleet say beside. */
export async function loadMore(): Promise<void> {
  if (await loadMoreWords(language.value)) more.value += 1;
}

/** Where the words cannot be fetched, the page stays in its language. */
export async function speak(next: Language): Promise<void> {
  // Sentences for reasons may be on the page already.
  await part(() => Promise.all([loadWords(next), loadMoreWords(next), loadReasons(next)]));
  language.value = next;
  remember('language', next);
}
