/** The period that a page is about; it stands in the address. */
import { kindOfPeriod, movedPeriod } from '../../../shared/period.ts';
import { periodName } from '../../../shared/words/period.ts';
import { now } from '../clock.ts';
import { reportZone } from '../net/session.ts';
import { setQuery } from '../router.ts';
import { periodOf } from '../time/period.ts';
import { language, t } from '../words/words.ts';

/** @param ahead: also what is to come */
export function MonthPicker({ period, ahead = false }: { period: string; ahead?: boolean }) {
  const present = periodOf(now.value, reportZone(), kindOfPeriod(period) ?? 'month');
  const go = (by: number) => setQuery({ period: movedPeriod(period, by) });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row in every browser
    <span class="row" role="group" aria-label={t('stability.period')}>
      <button type="button" class="button" aria-label={t('stability.earlier')} onClick={() => go(-1)}>
        ◀
      </button>
      <strong role="status" class="month">
        {periodName(period, language.value)}
      </strong>
      <button
        type="button"
        class="button"
        aria-label={t('stability.later')}
        disabled={!ahead && period >= present}
        onClick={() => go(1)}
      >
        ▶
      </button>
    </span>
  );
}
