/** What is kept with the ticket of an alert, in the place of series that are gone or hold one value of an hour by now. */
import { useMemo } from 'preact/hooks';
import type { Alert, KeptEvidence, Series } from '../../../../shared/api.ts';
import { useLoad } from '../../net/load.ts';

const countOf = (lines: readonly Pick<Series['series'][number], 'points'>[]) =>
  lines.reduce((sum, { points }) => sum + points.filter(([, value]) => value !== null).length, 0);

/** Of a short alert an hour's means say nothing; of one that lasted for weeks they say more than its two ends. */
const muchLess = 4;

/** @returns null: what was found is shown */
export function useKeptEvidence({ id, ticket }: Alert, found: Series | null, hasFailed: boolean): Series | null {
  const count = found ? countOf(found.series) : 0;
  const isAsked = ticket !== null && (hasFailed || (found !== null && (found.resolution !== 'raw' || count === 0)));
  const { data } = useLoad<{ kept: KeptEvidence | null }>(isAsked ? `tickets/${ticket}/evidence` : null);
  return useMemo(() => {
    const kept = data?.kept;
    if (!kept || kept.alert !== id || count * muchLess > countOf(kept.series)) return null;
    const { metric, unit } = kept;
    return { ...kept, resolution: 'raw', series: kept.series.map((line) => ({ ...line, metric, unit, agg: '' })) };
  }, [data, id, count]);
}
