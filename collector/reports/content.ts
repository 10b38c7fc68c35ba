/** What a period report says: the answer of the Stability page, what it was computed with, and what was left out. */
import type { PeriodReportContent, Stability } from '../../shared/api.ts';
import { movedPeriod } from '../../shared/period.ts';
import type { KpiQuery } from '../kpi/answer.ts';
import type { Beside } from '../kpi/comparison.ts';
import type { Months } from '../kpi/months.ts';
import { stabilityOf } from '../kpi/stability-answer.ts';
import type { State } from '../state/open.ts';

/** @throws EvenkeelError BAD_REQUEST when the period is none */
export async function contentOf(
  state: State,
  months: Months,
  query: KpiQuery,
  beside: Beside = {},
): Promise<PeriodReportContent> {
  const { madeWith, ...stability } = await stabilityOf(state, months, query, beside);
  const { period = beside.scope ? query.period : movedPeriod(query.period, -1), scope = query.scope } = beside;
  const { madeWith: _, ...before } = await stabilityOf(state, months, { ...query, period, scope });
  return { stability, before: before.endpoints === 0 ? null : withoutLists(before), ...madeWith };
}

const withoutLists = (one: Stability): Stability => ({
  ...one,
  ...{ causes: [], incidents: [], majors: [], sites: [], actions: [] },
});
