/**
 * The languages: what each is, and where its words are: those of the first page, more for the others, sentences for reasons. The name of the export is the code (BCP 47) by which settings and
 * browsers ask for it.
 */
import type { Listed } from './about.ts';

export const en: Listed = {
  about: { name: 'English', short: 'EN', locale: 'en-GB', durations: 'narrow', separator: '; ' },
  file: () => import('./en/first.ts'),
  more: () => import('./en/more.ts'),
  reasons: () => import('./en/reasons.ts'),
};

export const ja: Listed = {
  about: { name: '日本語', short: '日本語', locale: 'ja-JP', durations: 'short', separator: '、' },
  file: () => import('./ja/first.ts'),
  more: () => import('./ja/more.ts'),
  reasons: () => import('./ja/reasons.ts'),
};
