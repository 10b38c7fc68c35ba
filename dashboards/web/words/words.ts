/** The languages of the app. Every word on a page comes from here, typed: a key that does not exist fails the build. */
import { signal } from '@preact/signals';
import i18next from 'i18next';
import type { Language } from '../format.ts';
import { remember, remembered } from '../remember.ts';
import { en } from './en.ts';
import { ja } from './ja.ts';

type Paths<T> = {
  [K in keyof T & (string | number)]: T[K] extends string ? `${K}` : `${K}.${Paths<T[K]>}`;
}[keyof T & (string | number)];
export type Key = Paths<typeof en>;
export type Values = Readonly<Record<string, string | number>>;

export const languages = ['en', 'ja'] as const;

function preferred(): Language {
  const kept = remembered('language');
  if (kept === 'en' || kept === 'ja') return kept;
  return typeof navigator !== 'undefined' && navigator.language.startsWith('ja') ? 'ja' : 'en';
}

export const language = signal<Language>(preferred());

void i18next.init({
  lng: language.value,
  fallbackLng: false,
  initAsync: false,
  resources: { en: { translation: en }, ja: { translation: ja } },
  // Every word is put on the page as a text node; escaping here would show `&amp;` to people.
  interpolation: { escapeValue: false },
});

/** The word of `key` in the present language. A component that calls it is drawn again when the language changes. */
export function t(key: Key, values?: Values): string {
  return i18next.t(key, { ...values, lng: language.value });
}

/** The word of a key made from a value of the outside, or the value itself when there is no word for it. */
export function wordOr(group: string, value: string, fallback = value): string {
  const key = `${group}.${value}`;
  return /^[\w.-]+$/.test(value) && i18next.exists(key, { lng: language.value })
    ? i18next.t(key, { lng: language.value })
    : fallback;
}

export function speak(next: Language): void {
  language.value = next;
  remember('language', next);
}
