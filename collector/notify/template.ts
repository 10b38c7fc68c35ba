/**
 * Texts that people write with values in them: `{host}`, `{value|unit}`. Substitution only: each value is put in once and never read
 * again, so nothing that a machine calls itself can become part of the template. Pure.
 */
import { unseen } from '../../shared/safe-text.ts';
import { whatThereIs } from '../../shared/words/refusal.ts';
import { oneLine } from './notification-text.ts';

/** What stands in braces, except objects of JSON: `{Host}` is a slip of the pen, and not a text to be sent. */
const place = /\{([^{}":\n]*)\}/g;

function partsOf(inner: string): { name: string; filters: string[] } {
  const [name = '', ...filters] = inner.split('|').map((word) => word.trim());
  return { name, filters };
}

/** One name: what it is without a filter, and by each filter that it takes. */
export type TemplateValue = Readonly<{ plain: string } & Record<string, string>>;

/** @param names each name with its filters */
export function templateFault(text: string, names: Readonly<Record<string, readonly string[]>>): string | null {
  for (const [whole, inner = ''] of text.matchAll(place)) {
    if (inner.trim() === '') continue;
    const { name, filters: given } = partsOf(inner);
    const filters = Object.hasOwn(names, name) ? names[name] : undefined;
    if (!filters) return `has ${whole}, which is no value; ${whatThereIs(name, Object.keys(names))}`;
    if (given.length > 1) return `has ${whole}: one filter is allowed`;
    if (given.some((filter) => !filters.includes(filter)))
      return `has ${whole}: ${filters.length === 0 ? `${name} takes no filter` : `${name} takes ${filters.join(' or ')}`}`;
  }
  return null;
}

/** @param safe makes a value text and nothing else in the format of the template */
export function filled(
  text: string,
  values: Readonly<Record<string, TemplateValue>>,
  safe: (value: string) => string,
): string {
  return text.replace(place, (whole, inner: string) => {
    const { name, filters } = partsOf(inner);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : safe(value[filters[0] ?? 'plain'] ?? value.plain);
  });
}

/** A value from outside: one line, without what nobody sees, of bounded length. */
export const inTemplate = (text: string): string => oneLine(text.replace(unseen, ''), 200);

/** The text has this value in it, with or without a filter. */
export const hasValue = (text: string, name: string): boolean =>
  [...text.matchAll(place)].some(([, inner = '']) => partsOf(inner).name === name);
