/**
 * The languages: what each is, and where its words and its sentences for reasons are. The name of the export is the code (BCP 47) by which settings and
 * browsers ask for it.
 */
import type { Listed } from './about.ts';

export const en: Listed = {
  about: { name: 'English', short: 'EN', locale: 'en-GB', durations: 'narrow', separator: '; ' },
  file: () => import('./en.ts'),
  reasons: () => import('./en-reasons.ts'),
};

export const ja: Listed = {
  about: { name: '日本語', short: '日本語', locale: 'ja-JP', durations: 'short', separator: '、' },
  file: () => import('./ja.ts'),
  reasons: () => import('./ja-reasons.ts'),
};
