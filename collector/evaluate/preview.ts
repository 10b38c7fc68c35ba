/** What rules would say of the newest values at hand, before they are in force. Pure. */
import type { Report } from '../../shared/report.ts';
import { isTimed, type RuleBook } from './book.ts';
import { createMemory, evaluate } from './evaluate.ts';
import { remembers } from './kinds/threshold.ts';

/**
 * How many things would breach a rule of these families now.
 * @returns null where that cannot be told: by presence, growth and means no single value decides
 */
export function breachedFamilies(
  book: RuleBook,
  families: ReadonlySet<string>,
  newest: () => Report | null,
  now: number,
): number | null {
  const levels = [...book.byMeasurement.values(), book.byPresence]
    .flat()
    .flatMap(({ id, levels: all }) => (families.has(id) ? all : []));
  if (levels.length === 0) return 0;
  if (levels.some(({ rule }) => isTimed(rule) || remembers(rule))) return null;
  const report = newest();
  if (!report) return 0;
  return evaluate(book, report, createMemory(now), new Set(), now).filter(
    ({ family, levels: judged }) => families.has(family) && judged.some(({ status }) => status === 'breach'),
  ).length;
}
