/** Verdicts of rules for the newest values, before the rules are in force. Pure. */
import type { Report } from '../../shared/report.ts';
import { isTimed, type RuleBook } from './book.ts';
import { createMemory, evaluate } from './evaluate.ts';
import { remembers } from './kinds/index.ts';
import type { EndpointView } from './kinds/kind.ts';

/**
 * How many instances would breach a rule of these families now.
 * @returns null where this is unknown: for presence, growth and means no single value decides
 */
export function breachedFamilies(
  book: RuleBook,
  families: ReadonlySet<string>,
  newest: () => Report | null,
  now: number,
  view: EndpointView | null = null,
): number | null {
  const levels = [...book.byMeasurement.values(), book.byPresence]
    .flat()
    .flatMap(({ id, levels: all }) => (families.has(id) ? all : []));
  if (levels.length === 0) return 0;
  if (levels.some(({ rule }) => isTimed(rule) || remembers(rule))) return null;
  if (levels.every(({ kind }) => kind.needsHistory)) return null;
  const report = newest();
  if (!report) return 0;
  return evaluate(book, report, createMemory(now, view), new Set(), now).filter(
    ({ family, levels: judged }) => families.has(family) && judged.some(({ status }) => status === 'breach'),
  ).length;
}
