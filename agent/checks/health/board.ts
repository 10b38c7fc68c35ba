/**
 * The sources of one check are read at different times. Each keeps its last items in the agent's memory, so that the
 * check's part of the section `health` is whole each time, after a restart too.
 */
import type { HealthItem } from '../../../shared/inventory.ts';
import type { Metric } from '../../../shared/report.ts';
import type { CheckContext } from '../check.ts';
import { numberOf, objectOf } from '../parse.ts';

const maxItems = 900;
const order = { critical: 0, warning: 1, unknown: 2, ok: 3 } as const;
const keyOf = (source: string) => `health.${source}`;

export interface KeptReading {
  /** When it was read, ms. */
  at: number;
  items: HealthItem[];
  /** Those of its metrics that showed trouble, severity only. */
  trouble?: Metric[];
}

export function keep(context: CheckContext, source: string, kept: KeptReading): void {
  context.memory.set(keyOf(source), kept);
}

export function kept(context: CheckContext, source: string): KeptReading | null {
  const remembered = objectOf(context.memory.get(keyOf(source)));
  const at = numberOf(remembered.at);
  if (at === null || !Array.isArray(remembered.items)) return null;
  const trouble = Array.isArray(remembered.trouble) ? (remembered.trouble as Metric[]) : [];
  return { at, items: remembered.items as HealthItem[], trouble };
}

/** The worst first, so that a bounded list loses only what is well. */
export function worstFirst(items: readonly HealthItem[]): HealthItem[] {
  return [...items].sort((a, b) => order[a.status] - order[b.status]).slice(0, maxItems);
}

export function itemsOf(context: CheckContext, sources: readonly string[]): HealthItem[] {
  return worstFirst(sources.flatMap((source) => kept(context, source)?.items ?? []));
}
