/**
 * Codes and parameters become words here, for pages, mails and webhooks alike. Pure; README.md describes how to add a
 * language.
 */
import type { About } from './about.ts';
import type { words as english } from './en/first.ts';
import type { more as englishMore } from './en/more.ts';
import type { reasons as englishReasons } from './en/reasons.ts';
import * as files from './list.ts';

type Paths<T> = {
  [K in keyof T & (string | number)]: T[K] extends string ? `${K}` : `${K}.${Paths<T[K]>}`;
}[keyof T & (string | number)];
export type WordKey = Paths<typeof english & typeof englishMore & { reason: typeof englishReasons }>;
export type Values = Readonly<Record<string, string | number>>;

export type Language = keyof typeof files;
const list = { ...files };
export const languages = Object.keys(list) as readonly Language[];
/** The default language, and the language of the collector's own errors. */
export const defaultLanguage: Language = 'en';

export const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(list, text);
export const aboutLanguage = (language: Language): About => list[language].about;

type Tree = { readonly [name: string]: string | Tree };

function leaves(tree: Tree, prefix = ''): [key: string, word: string][] {
  return Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' ? [[prefix + name, value]] : leaves(value, `${prefix}${name}.`),
  );
}

/** Every word of each loaded language by its whole key; a map, because keys are also made from what comes from outside. */
export const dictionaries = new Map<Language, ReadonlyMap<string, string>>();

const isLoaded = (language: Language, key: WordKey) => dictionaries.get(language)?.has(key) === true;

/** What a program has at hand already, such as the agent, which prints English only. */
export function addWords(language: Language, words: object): void {
  dictionaries.set(language, new Map([...(dictionaries.get(language) ?? []), ...leaves(words as Tree)]));
}

/** A language has no words before. */
export async function loadWords(language: Language): Promise<void> {
  if (!isLoaded(language, 'page.fleet')) addWords(language, (await list[language].file()).words);
}

/** Of pages other than the first. A language has none of these before. @returns whether they are new */
export async function loadMoreWords(language: Language): Promise<boolean> {
  if (isLoaded(language, 'budget.title')) return false;
  addWords(language, (await list[language].more()).more);
  return true;
}

/** A language has no sentences for reasons before: the keys under `reason`. */
export async function loadReasons(language: Language): Promise<void> {
  if (isLoaded(language, 'reason.verbatim')) return;
  const { reasons: reason, phrases: phrase = {} } = await list[language].reasons();
  addWords(language, { reason, phrase });
}

// The collector writes in every language; a browser loads of the one that it shows what it needs.
if (typeof document === 'undefined')
  for (const language of languages) {
    await loadWords(language);
    await loadMoreWords(language);
    await loadReasons(language);
  }

/** A sentence sets a value apart by spaces, for names in Latin letters; between two of these there is none. */
const spaceless = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u;

/** A counter such as 件 or 人 stays on the line of its number. */
const counters = /(?<=\d) (?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/gu;

function fill(words: string, values: Values): string {
  const text = words.replaceAll(counters, '\u00a0');
  return text.replaceAll(/( ?){{(\w+)}}( ?)/g, (whole, before: string, name: string, after: string, at: number) => {
    if (!Object.hasOwn(values, name)) return whole;
    const value = String(values[name]);
    const isOne = (a = '', b = '') => spaceless.test(a) && spaceless.test(b);
    const isJoined = (space: string, a?: string, b?: string) => (space !== '' && isOne(a, b) ? '' : space);
    const [left, right] = [text[at - 1], text[at + whole.length]];
    const end = isJoined(after, value.at(-1), right);
    const isCounter = end === ' ' && /\d$/.test(value) && spaceless.test(right ?? '');
    return isJoined(before, left, value[0]) + value + (isCounter ? '\u00a0' : end);
  });
}

/** The word of a key that may have none, such as one made from an external code. */
export function findWord(language: Language, key: string, values: Values = {}): string | undefined {
  const text = dictionaries.get(language)?.get(key);
  return text === undefined ? undefined : fill(text, values);
}

/** The word of `key`; typed, so that a key that does not exist fails the build. */
export function word(language: Language, key: WordKey, values?: Values): string {
  return findWord(language, key, values) ?? key;
}
