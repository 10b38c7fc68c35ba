/** Which product an installed title is, by the names that people set. Pure. */
import { nameKey } from '../../shared/place-name.ts';

export interface NamedPatterns {
  id: string;
  name: string;
  patterns: readonly string[];
}

/** Finds the product of a title: of several that fit, the one with the longest pattern. */
export type ProductOf = (titleKey: string) => string | null;

export function matcherOf(products: readonly NamedPatterns[]): ProductOf {
  const known = products
    .flatMap(({ id, name, patterns }) => patterns.map((pattern) => ({ id, name, parts: partsOf(pattern) })))
    .map((one) => ({ ...one, length: one.parts.join('').length }))
    .sort((a, b) => b.length - a.length || (a.name < b.name ? -1 : 1));
  return (key) => known.find(({ parts }) => fits(key, parts))?.id ?? null;
}

const partsOf = (pattern: string) => nameKey(pattern).split('*');

/** Letters that have to be there: a pattern of stars alone would be every product. */
export const lettersIn = (pattern: string): number => partsOf(pattern).join('').length;

/**
 * `*` is any text, also none; all else as it is, whatever its case. Each part is looked for behind the one before it, as
 * early as possible: the time is linear, whatever the pattern.
 */
function fits(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
