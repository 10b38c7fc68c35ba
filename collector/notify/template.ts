/**
 * Texts that people write with values in them: `{host}`, `{value|unit}`. Substitution only: each value is put in once and never read
 * again, so nothing that a machine calls itself can become part of the template. Pure.
 */
import { namesNear } from '../../shared/nearest.ts';
import { unseen } from '../../shared/safe-text.ts';
import { oneLine } from './notification-text.ts';

const place = /\{([a-z_]{1,40})(?:\|([a-z]{1,20}))?\}/g;

/** One name: what it is without a filter, and by each filter that it takes. */
export type TemplateValue = Readonly<{ plain: string } & Record<string, string>>;

/** @param names each name with its filters */
export function templateFault(text: string, names: Readonly<Record<string, readonly string[]>>): string | null {
  for (const [whole, name = '', filter] of text.matchAll(place)) {
    const filters = names[name];
    if (!filters) return `has ${whole}, which is no value; did you mean {${namesNear(name, Object.keys(names))}}?`;
    if (filter !== undefined && !filters.includes(filter))
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
  return text.replace(place, (whole, name: string, filter: string | undefined) => {
    const value = values[name];
    return value === undefined ? whole : safe(value[filter ?? 'plain'] ?? value.plain);
  });
}

/** A value from outside: one line, without what nobody sees, of bounded length. */
export const inTemplate = (text: string): string => oneLine(text.replace(unseen, ''), 200);
