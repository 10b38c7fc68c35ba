/** What each cause took of an availability: down time belongs to the ticket of its outage, without one to the endpoint. Pure. */
import type { Addend } from './formulas/difference.ts';
import { type Figure, type Kpi, totalOf } from './kpi.ts';
import type { Month } from './month.ts';
import { causeIn, kpiOfPart, partNames } from './stability.ts';

const minute = 60;

/** Null for KPIs that are no share of time. */
export function downAddends(kpi: Kpi, month: Month, { evidence }: Figure): Addend[] | null {
  const part = partNames.find((name) => kpiOfPart(name) === kpi.id);
  if (part === undefined || kpi.of !== 'seconds') return null;
  const { whole } = totalOf(evidence);
  const causes = whole > 0 ? Object.entries(month.parts[part].causes ?? {}) : [];
  return causes.map(([key, minutes]) => ({ ...causeIn(key), amount: (-100 * minutes * minute) / whole }));
}

export const lossesOf = (kpi: Kpi, months: readonly [Month, Month], figures: readonly [Figure, Figure]) =>
  months.map((month, n) => downAddends(kpi, month, figures[n as 0 | 1])?.map(({ amount }) => amount) ?? []) as [
    number[],
    number[],
  ];
