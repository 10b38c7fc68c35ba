/** What is known of a closed month without reading all of it. */
import { stabilityIndex } from './formulas/stability-index.ts';
import type { Month } from './month.ts';

export interface MonthSummary {
  /** Null where it has none, or the fleet was too small for one. */
  index: number | null;
  endpoints: number;
  coverage: number | null;
  definition: number;
}

export function summaryOf({ parts, endpoints, coverage, definition }: Month): MonthSummary {
  const { index, status } = stabilityIndex(parts, endpoints);
  return { index: status === 'insufficient' ? null : index, endpoints, coverage, definition: definition.version };
}
