/** The way back from one thing to the list it stands in, as it was left; and the thing's name, first in the title. */
import { choiceWord, fleetFilters, found } from '../fleet/filters.ts';
import { type PageName, pages } from '../pages/index.ts';
import { leftAt } from '../router.ts';
import { startPage } from '../start.ts';
import { useTitle } from '../title.ts';
import { t } from '../words/words.ts';

interface CrumbsProps {
  list: PageName;
  /** Null while it is not known. */
  title: string | null;
  /** Where the list is to be what this is of, not as it was left. */
  query?: string;
  /** What stands between the list and this. */
  via?: readonly [href: string, words: string];
  /** Short, where the heading says it otherwise: `#12`. */
  here?: string;
}

/** `Berlin, Critical`: what the fleet was filtered by. */
function filtersIn(query: string): string {
  const asked = [...new URLSearchParams(query)];
  const named = asked.filter(([name]) => fleetFilters.value?.data?.filters.some((filter) => filter.name === name));
  return named.map(([name, value]) => choiceWord(name, { ...found(name, value), value })).join(', ');
}

export function Crumbs({ list, query, title, via, here }: CrumbsProps) {
  useTitle(title);
  const path = list === 'fleet' && startPage() !== 'fleet' ? '/fleet' : pages[list].path;
  const asked = query ?? leftAt(path);
  const filters = list === 'fleet' ? filtersIn(asked) : '';
  return (
    <nav class="crumbs" aria-label={t('place.path')}>
      <a href={path + asked} data-back>
        {t(`page.${list}`)}
        {filters && ` (${filters})`}
      </a>
      {via && (
        <>
          <span class="screen-only"> › </span>
          <a href={via[0]}>{via[1]}</a>
        </>
      )}
      {here && (
        <span class="quiet">
          {' '}
          <span class="screen-only">›</span> {here}
        </span>
      )}
    </nav>
  );
}
