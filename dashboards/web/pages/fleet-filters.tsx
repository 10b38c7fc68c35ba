/** The search and the filters of the fleet page, as the API describes them; every choice is kept in the address. */
import type { FleetFilters } from '../../../shared/api.ts';
import { number } from '../../../shared/words/format.ts';
import { choiceWord } from '../fleet/filters.ts';
import { filterCount, type Wanted } from '../fleet/query.ts';
import { Input, Select } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { setQuery } from '../router.ts';
import { language, t, wordOr } from '../words/words.ts';

/** Number of filters that are always visible; the others are behind "More filters". */
const open = 4;

/** A name has no line break, so these are no names. */
const all = '\n';
const nothing = '\n\n';

/** The choices that find something, and the one that is chosen. */
function Choice({
  filter: { name, choices },
  chosen,
}: {
  filter: FleetFilters['filters'][number];
  chosen: string | undefined;
}) {
  const shown = choices.filter(({ value, count }) => value === chosen || count > 0);
  const known = shown.some(({ value }) => value === chosen);
  // A chosen site or group that no longer exists stays in the list, so that the link shows what it asks for.
  const gone = chosen === undefined || known ? [] : [{ value: chosen, label: null, count: 0, level: null }];
  const options = [...shown, ...gone].map((choice) => {
    const word = t('filter.choice', { word: choiceWord(name, choice), n: number(choice.count, language.value) });
    return [choice.value === '' ? nothing : choice.value, word] as const;
  });
  return (
    <Select
      label={wordOr('filter.name', name)}
      value={chosen === undefined ? all : chosen === '' ? nothing : chosen}
      onChange={(value) => setQuery({ [name]: value === all ? null : value === nothing ? '' : value })}
      options={[[all, t('filter.all')], ...options]}
    />
  );
}

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
}

export function Filters({ filters, sorts, wanted }: FiltersProps) {
  const further = filters.slice(open);
  const hidden = further.filter(({ name }) => name in wanted.chosen).length;
  // What occurs nowhere, such as tags, is no choice.
  const offered = (some: FiltersProps['filters']) =>
    some
      .filter(({ name, choices }) => name in wanted.chosen || choices.some(({ value, count }) => value && count > 0))
      .map((filter) => <Choice key={filter.name} filter={filter} chosen={wanted.chosen[filter.name]} />);
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
        {offered(filters.slice(0, open))}
        <Order sorts={sorts} sort={wanted.sort} />
      </div>
      <details open={hidden > 0}>
        <summary class="small">
          {t('filter.more')}
          {hidden > 0 && ` (${hidden})`}
        </summary>
        <div class="filters filters-more">{offered(further)}</div>
      </details>
      {filterCount(wanted) > 0 && (
        <div>
          <a class="button slim" href="/">
            <Icon name="close" />
            {t('fleet.clearFilters')}
          </a>
        </div>
      )}
    </search>
  );
}
