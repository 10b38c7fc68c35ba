/** The search and the filters of the fleet page, as the API describes them; every choice is kept in the address. */
import type { ComponentChildren } from 'preact';
import type { FleetFilters } from '../../../../shared/api.ts';
import { choiceWord } from '../../fleet/filters.ts';
import { filterCount, type Wanted } from '../../fleet/query.ts';
import { Choice } from '../../parts/choice.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { isPhone } from '../../parts/fold.tsx';
import { Icon } from '../../parts/icon.tsx';
import { setQuery } from '../../router.ts';
import { t, wordOr } from '../../words/words.ts';

/** Number of filters that are always visible; the others are behind "More filters". */
const open = 4;

/** As cards the table has no column heads to sort by. */
function Order({ sorts, sort }: { sorts: FleetFilters['sorts']; sort: string }) {
  const options = sorts.flatMap(({ name, first }) => {
    const [up, down] = [[name, '↑'] as const, [`-${name}`, '↓'] as const];
    return (first === 'up' ? [up, down] : [down, up]).map(
      ([value, arrow]) => [value, `${wordOr('column', name)} ${arrow}`] as const,
    );
  });
  return (
    <div class="order">
      <Select
        label={t('filter.order')}
        value={sort}
        onChange={(value) => setQuery({ sort: value })}
        options={options}
      />
    </div>
  );
}

interface FiltersProps extends Pick<FleetFilters, 'filters' | 'sorts'> {
  wanted: Wanted;
  /** What was found. */
  children: ComponentChildren;
}

export function Filters({ filters, sorts, wanted, children }: FiltersProps) {
  // A phone shows rows, and what narrows them behind one line.
  const count = isPhone.value ? 0 : open;
  const hidden = filters.slice(count).filter(({ name }) => name in wanted.chosen).length;
  // What occurs nowhere, such as tags, is no choice.
  const offered = (some: FiltersProps['filters']) =>
    some
      .filter(({ name, choices }) => name in wanted.chosen || choices.some(({ value, count }) => value && count > 0))
      .map(({ name, choices }) => {
        const chosen = wanted.chosen[name];
        // One that no longer occurs has the word that its value has.
        const isGone = chosen !== undefined && !choices.some(({ value }) => value === chosen);
        const all = isGone ? [...choices, { value: chosen, label: null, count: 0, level: null }] : choices;
        const words = all.map((one) => ({ ...one, word: choiceWord(name, one) }));
        return <Choice key={name} {...{ name, chosen, label: wordOr('filter.name', name), choices: words }} />;
      });
  return (
    <search class="box-body stack-2">
      <div class="filters">
        <Input
          label={t('filter.search')}
          type="search"
          value={wanted.q}
          onInput={(value) => setQuery({ q: value || null })}
          placeholder={t('filter.searchHint')}
          maxLength={128}
          wide
        />
        {offered(filters.slice(0, count))}
      </div>
      <div class="spread">
        <details open={hidden > 0 && !isPhone.value}>
          <summary class="small">
            {t('filter.more')}
            {hidden > 0 && ` (${hidden})`}
          </summary>
          <div class="filters filters-more">
            {offered(filters.slice(count))}
            <Order sorts={sorts} sort={wanted.sort} />
          </div>
        </details>
        <span class="row">
          {filterCount(wanted) > 0 && (
            <a class="button slim" href="/">
              <Icon name="close" />
              {t('fleet.clearFilters')}
            </a>
          )}
          <span class="quiet small">{children}</span>
        </span>
      </div>
    </search>
  );
}
