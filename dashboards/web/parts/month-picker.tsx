/** The month that a page is about; it stands in the address. */
import { time } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { setQuery } from '../router.ts';
import { middleOf, movedPeriod, periodOf } from '../time/period.ts';
import { language, t } from '../words/words.ts';

export function MonthPicker({ period }: { period: string }) {
  const present = periodOf(now.value);
  const go = (months: number) => setQuery({ period: movedPeriod(period, months) });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row in every browser
    <span class="row" role="group" aria-label={t('stability.period')}>
      <button type="button" class="button" aria-label={t('stability.earlier')} onClick={() => go(-1)}>
        ◀
      </button>
      <strong role="status" class="month">
        {time(middleOf(period), language.value, 'month')}
      </strong>
      <button
        type="button"
        class="button"
        aria-label={t('stability.later')}
        disabled={period >= present}
        onClick={() => go(1)}
      >
        ▶
      </button>
    </span>
  );
}
