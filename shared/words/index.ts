/**
 * Codes and parameters become words here, for pages, mails and webhooks alike. Pure; README.md describes how to add a
 * language.
 */
import type { About } from './about.ts';
import type { words as english } from './en.ts';
import * as files from './list.ts';

type Paths<T> = {
  [K in keyof T & (string | number)]: T[K] extends string ? `${K}` : `${K}.${Paths<T[K]>}`;
}[keyof T & (string | number)];
export type WordKey = Paths<typeof english>;
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

/** A language has no words before. */
export async function loadWords(language: Language): Promise<void> {
  if (dictionaries.has(language)) return;
  const { words } = await list[language].file();
  dictionaries.set(language, new Map(leaves(words as Tree)));
}

// The collector writes in every language; a browser loads the one that it shows.
if (typeof document === 'undefined') for (const language of languages) await loadWords(language);

/** The word of a key that may have none, such as one made from an external code. */
export function findWord(language: Language, key: string, values: Values = {}): string | undefined {
  return dictionaries
    .get(language)
    ?.get(key)
    ?.replaceAll(/{{(\w+)}}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

/** The word of `key`; typed, so that a key that does not exist fails the build. */
export function word(language: Language, key: WordKey, values?: Values): string {
  return findWord(language, key, values) ?? key;
}
