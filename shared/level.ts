/** Severity: levels of active alerts only. Pure, for the collector and for pages. */
import type { EndpointRow } from './api.ts';

export type Level = EndpointRow['attention'][number]['severity'];

/** Worst last. */
export const levels: readonly Level[] = ['info', 'warning', 'critical'];

/** -1 for none. */
export const weightOf = (level: Level | null): number => (level === null ? -1 : levels.indexOf(level));

export const worst = (some: readonly (Level | null)[]): Level | null =>
  some.reduce((a, b) => (weightOf(b) > weightOf(a) ? b : a), null);

/** The worst active level of an endpoint, over metrics with this prefix; pending counts as in the alert engine. */
export function worstOf({ attention }: Pick<EndpointRow, 'attention'>, about = ''): Level | null {
  return attention.find(({ metric }) => metric.startsWith(about))?.severity ?? null;
}

/** States by which alerts can be asked for; `active` is all but the resolved ones. */
export const alertFilters = ['active', 'firing', 'pending', 'unknown', 'resolved'] as const;
