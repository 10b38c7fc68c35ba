/** A KPI of the month so far beside that of the month before: each leads to its list. */
import type { KpiWhy } from '../../../shared/api.ts';
import { movedPeriod } from '../../../shared/period.ts';
import { shownUnit } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { useLoad } from '../net/load.ts';
import { reportZone } from '../net/session.ts';
import { Dots } from '../parts/dots.tsx';
import { withQuery } from '../router.ts';
import { periodOf } from '../time/period.ts';
import { t } from '../words/words.ts';
import { formatUnit, kpiWord } from './kpi-tile.tsx';
import { verdictText } from './stability/compare.tsx';
import { formatMonth } from './stability/format.ts';

/** Nothing where neither month has a value. */
export function MonthBeside({ kpi, site }: { kpi: 'backup_coverage' | 'patch_compliance'; site: string | null }) {
  const present = periodOf(now.peek(), reportZone());
  const { data } = useLoad<KpiWhy>(
    `kpis/${kpi}/why${withQuery('', { from: movedPeriod(present, -1), to: present, site: site || null })}`,
  );
  if (data === null || (data.from.value === null && data.to.value === null)) return null;
  const month = ({ period, value }: KpiWhy['from']) => (
    <>
      {formatMonth(period.name)}{' '}
      <a href={`/stability/${kpi}${withQuery('', { period: period.name, site: site || null })}`}>
        {formatUnit(shownUnit(kpi, data.unit), value, data.currency)}
      </a>
    </>
  );
  const { change } = data;
  return (
    <p class="quiet small">
      <Dots
        of={[
          kpiWord(kpi, 'name'),
          <>
            {month(data.to)} ({t('stability.open')})
          </>,
          month(data.from),
          change && verdictText(change.verdict, change.difference),
        ]}
      />
    </p>
  );
}
