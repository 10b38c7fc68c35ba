/** The language of a page that is made before anybody knows who reads it. Pure. */
import { defaultLanguage, type Language, languages } from './index.ts';

/** @param header `accept-language`. @returns the first language of the browser that there are words for */
export function languageAccepted(header: string | undefined): Language {
  const wanted = (header ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [code = '', q = ''] = part.trim().split(/\s*;\s*q=/);
      return { root: code.split('-')[0]?.toLowerCase(), weight: q === '' ? 1 : Number(q) || 0 };
    })
    .sort((a, b) => b.weight - a.weight);
  const found = wanted.flatMap(({ root }) => languages.filter((one) => one.split('-')[0] === root));
  return found[0] ?? defaultLanguage;
}
