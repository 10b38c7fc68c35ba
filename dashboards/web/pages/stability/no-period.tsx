/** In the place of a period that the address names and that has no numbers: none, or one that has not begun. */
import { firstYear, kindOfPeriod } from '../../../../shared/period.ts';
import { now } from '../../clock.ts';
import { reportZone } from '../../net/session.ts';
import { Empty, PageHead } from '../../parts/box.tsx';
import { path, search, withQuery } from '../../router.ts';
import { periodOf } from '../../time/period.ts';
import { t } from '../../words/words.ts';
import { formatMonth } from './format.ts';

/** What is wrong with it. A period of before the first year is one, in whatever year. */
function faultOf(period: string): 'text' | 'earlier' | 'later' {
  if (/^[01]\d{3}-/.test(period)) return kindOfPeriod(`19${period.slice(2)}`) === null ? 'text' : 'earlier';
  return kindOfPeriod(period) === null ? 'text' : 'later';
}

export function NoPeriod({ title, period }: { title: string; period: string }) {
  const present = periodOf(now.value, reportZone());
  const query = withQuery('', { period: present, site: new URLSearchParams(search.value).get('site') });
  return (
    <>
      <PageHead title={title} />
      <Empty icon="stability" title={t('stability.notAPeriod.title', { period: period.slice(0, 40) })}>
        <p>{t(`stability.notAPeriod.${faultOf(period)}`, { year: firstYear })}</p>
        <p>
          <a class="button main" href={`${path.value}${query}`}>
            {t('stability.notAPeriod.present', { month: formatMonth(present) })}
          </a>
        </p>
      </Empty>
    </>
  );
}
