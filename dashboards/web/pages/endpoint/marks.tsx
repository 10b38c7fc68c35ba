/** Work on an endpoint beside its charts: changes, updates and restarts, as diamonds and as a list. */
import { useMemo } from 'preact/hooks';
import type { ChangeMark } from '../../../../shared/api.ts';
import { useKept, useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import type { Diamond } from '../../parts/diamonds.ts';
import { Moment } from '../../parts/moment.tsx';
import { search, setQuery, to } from '../../router.ts';
import type { TimeSpan } from '../../time/points.ts';
import { language, t } from '../../words/words.ts';
import { ChangeLink, changeNumber, changeTitle, say } from '../changes/facts.tsx';

export function useMarks(endpoint: string, { from, to: end }: TimeSpan) {
  const asked = `changes/marks?endpoint=${encodeURIComponent(endpoint)}&from=${from}&to=${end}`;
  const loaded = useKept(useLoad<Page<ChangeMark>>(asked, ({ kind }) => kind === 'change', 5000));
  const hidden = new URLSearchParams(search.value).get('marks') === 'off';
  const marks = loaded?.items ?? [];
  const spoken = language.value;
  // Read again or drawn again: titles follow the language
  const diamonds = useMemo<Diamond[]>(
    () =>
      hidden
        ? []
        : marks.map(({ at, what, change }) => ({
            ...{ at, href: to.change(change.id) },
            title: `${t(`change.what.${what}`)} · ${changeNumber(change.id)} ${changeTitle(change)}`,
          })),
    [loaded, hidden, spoken],
  );
  return { marks, diamonds, hidden };
}

export function Marks({ marks, hidden }: { marks: readonly ChangeMark[]; hidden: boolean }) {
  if (marks.length === 0) return null;
  return (
    <details>
      <summary>
        <span aria-hidden="true">◆</span> {t('change.marks')}: {say(marks.length)}
      </summary>
      <div class="stack-2">
        <label class="row">
          <input type="checkbox" checked={!hidden} onChange={() => setQuery({ marks: hidden ? null : 'off' })} />
          {t('change.inCharts')}
        </label>
        <ul class="stack-2">
          {marks.map(({ at, what, change }) => (
            <li key={`${at} ${what} ${change.id}`}>
              <Moment at={at} /> · {t(`change.what.${what}`)} · <ChangeLink change={change} />
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}
