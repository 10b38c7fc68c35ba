/** What a period stands beside: another period, or another site. Only what is more than chance gets an arrow. */

import type { SiteRow, Stability } from '../../../../shared/api.ts';
import { movedPeriod } from '../../../../shared/period.ts';
import { shownUnit } from '../../../../shared/words/format.ts';
import * as words from '../../../../shared/words/stability.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Select } from '../../parts/field.tsx';
import { setQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { formatUnit } from '../kpi-tile.tsx';
import { formatIndex, formatMonth, kpiOf } from './format.ts';
import { offeredBefore } from './offered.ts';

/** `September 2026`, `Osaka`, or both. */
export function comparedName({ compared, period, site }: Stability): string {
  if (!compared) return '';
  const isPeriod = compared.period.name !== period.name || compared.site === site;
  const place = compared.site === site ? null : (compared.site ?? t('stability.allSites'));
  return [place, isPeriod ? formatMonth(compared.period.name) : null].filter(Boolean).join(', ');
}

export const verdictText = (verdict: 'better' | 'worse' | 'unclear' | null, difference: number): string | null =>
  words.verdictText(verdict, difference, language.value);

/** `September 2026: 99.88 %`, `no clear change`; null where it has no value there. */
export function comparedText(data: Stability, id: string): (string | null)[] | null {
  const kpi = kpiOf(data, id);
  const other = data.compared?.kpis.find((one) => one.id === id);
  if (!kpi || !other || other.value === null || other.state === 'insufficient') return null;
  const { change } = other;
  return [
    t('stability.earlierValue', {
      month: comparedName(data),
      value: formatUnit(shownUnit(kpi.id, kpi.unit), other.value, kpi.currency),
    }),
    change && verdictText(change.verdict, change.difference),
  ];
}

export function comparedIndexText(data: Stability): (string | null)[] | null {
  const { compared, index } = data;
  if (!compared || compared.index === null || index.value === null) return null;
  const value = t('stability.earlierValue', { month: comparedName(data), value: formatIndex(compared.index) });
  return [value, verdictText(compared.verdict, index.value - compared.index)];
}

/** @param compare what the address says; null: the period before */
export function ComparePicker({
  data,
  compare,
  against,
}: {
  data: Stability;
  compare: string | null;
  against: string | null;
}) {
  const { data: sites } = useLoad<Page<SiteRow>>('sites');
  const names = (sites?.items ?? []).map(({ name }) => name).filter((name) => name !== data.site);
  const before = movedPeriod(data.period.name, -1);
  const offered = offeredBefore(data.period.name, data.since);
  const periods = compare === null || offered.includes(compare) ? offered : [compare, ...offered];
  return (
    <>
      {/* In the first month there is nothing to stand beside it. */}
      {periods.length > 0 && (
        <Select
          label={t('stability.compare.period')}
          value={compare ?? (against === null ? before : '')}
          onChange={(name) => setQuery({ compare: name === '' ? null : name })}
          options={[
            ...(against === null ? [] : [['', t('stability.compare.same')] as [string, string]]),
            ...periods.map((name): [string, string] => [name, formatMonth(name)]),
          ]}
        />
      )}
      {(names.length > 0 || against !== null) && (
        <Select
          label={t('stability.compare.site')}
          value={against ?? ''}
          onChange={(name) => setQuery({ against: name === '' ? null : name })}
          options={[['', t('stability.compare.sameSite')], ...names.map((name): [string, string] => [name, name])]}
        />
      )}
    </>
  );
}
