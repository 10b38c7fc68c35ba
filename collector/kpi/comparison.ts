/** A period beside another one, or a site beside another one: every KPI with its difference, and the index with its parts. */
import type { Stability } from '../../shared/api.ts';
import { movedPeriod } from '../../shared/period.ts';
import type { State } from '../state/open.ts';
import { type KpiQuery, periodHead, withNewer } from './answer.ts';
import { lossesOf } from './down-time.ts';
import { changeOf, type KpiChange } from './formulas/change.ts';
import { type IndexChange, indexChange, stabilityIndex } from './formulas/stability-index.ts';
import type { Figure } from './kpi.ts';
import { kpis } from './kpis/index.ts';
import type { Month } from './month.ts';
import type { Months } from './months.ts';
import type { KpiScope } from './question.ts';
import { kpiOfPart, partNames } from './stability.ts';

/** What is beside it: by default the same place in the period before. */
export interface Beside {
  period?: string | undefined;
  scope?: KpiScope | undefined;
}

type Compared = Pick<Stability, 'before' | 'compared'>;

/** @param own figures of the period itself, with those of newer KPIs. @throws EvenkeelError BAD_REQUEST when the other period is none */
export async function comparedWith(
  state: State,
  months: Months,
  query: KpiQuery,
  { month, own }: { month: Month; own: Readonly<Record<string, Figure>> },
  beside: Beside,
): Promise<Compared> {
  const { scope = query.scope } = beside;
  const period = beside.period ?? (beside.scope ? query.period : movedPeriod(query.period, -1));
  const { month: other, closed } = await months.of(period, scope, query.zone);
  if (other.endpoints === 0) return { before: null, compared: null };
  const figures = await withNewer(state, kpis, other.figures, { ...query, period, scope });
  const changes = kpis.flatMap((kpi) => {
    const [was, is] = [figures[kpi.id], own[kpi.id]];
    if (!was || !is) return [];
    return [
      {
        id: kpi.id,
        value: was.value,
        state: was.state,
        n: was.n,
        change: changeOf(kpi, was, is, lossesOf(kpi, [other, month], [was, is])),
      },
    ];
  });
  const { index, status } = stabilityIndex(other.parts, other.endpoints);
  const value = status === 'insufficient' ? null : index;
  const change = indexChange(other.parts, month.parts);
  const verdict = change && verdictOf(change, new Map(changes.map((one) => [one.id, one.change])));
  return {
    before: value === null || change === null ? null : { name: period, value, ...change },
    compared: {
      ...(await periodHead(state, { ...query, period, scope }, other.asOf)),
      ...{ closed: closed !== null, site: scope.site ?? null, endpoints: other.endpoints, coverage: other.coverage },
      ...{ index: value, verdict: value === null ? null : verdict, kpis: changes },
    },
  };
}

/**
 * An index has no interval of its own. It is better, or worse, where parts whose KPI clearly differs make more than half
 * of the change.
 */
function verdictOf(
  { change, byPart }: IndexChange,
  changes: ReadonlyMap<string, KpiChange | null>,
): KpiChange['verdict'] {
  const verdict = change > 0 ? 'better' : 'worse';
  const clear = partNames
    .filter((part) => changes.get(kpiOfPart(part))?.verdict === verdict)
    .reduce((sum, part) => sum + (byPart[part] ?? 0), 0);
  return change !== 0 && Math.sign(clear) === Math.sign(change) && Math.abs(clear) > Math.abs(change) / 2
    ? verdict
    : 'unclear';
}
