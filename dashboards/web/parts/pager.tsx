/** On and back through a list of which the API gives a part. */
import { number } from '../../../shared/words/format.ts';
import { setQuery } from '../router.ts';
import { language, t } from '../words/words.ts';

interface PagerProps {
  /** In the address: from which row on, counted from 0. */
  name: string;
  start: number;
  /** How many of them are shown; at most `size`. */
  shown: number;
  size: number;
  total: number;
}

export function Pager({ name, start, shown, size, total }: PagerProps) {
  if (total <= size || shown === 0) return null;
  const format = (value: number) => number(value, language.value);
  const end = start + shown;
  const go = (step: -1 | 1) => () => {
    const next = Math.max(0, start + step * size);
    setQuery({ [name]: next === 0 ? null : String(next) }, { replace: false });
  };
  return (
    <div class="pager">
      <span class="quiet small">
        {t('common.range', { from: format(start + 1), to: format(end), total: format(total) })}
      </span>
      <span class="row">
        <button type="button" class="button slim" disabled={start === 0} onClick={go(-1)}>
          {t('common.earlier')}
        </button>
        <button type="button" class="button slim" disabled={end >= total} onClick={go(1)}>
          {t('common.later')}
        </button>
      </span>
    </div>
  );
}
