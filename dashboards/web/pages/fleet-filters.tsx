/** The search and the filters of the fleet page; every choice is kept in the address. */
import type { EndpointRow } from '../../../shared/api.ts';
import { choices, type FilterName, filterCount, type Wanted } from '../fleet/filter.ts';
import { Input, Select } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { search, setQuery } from '../router.ts';
import { t, wordOr } from '../words/words.ts';

const first: readonly FilterName[] = ['state', 'attention', 'kind'];
const further: readonly FilterName[] = ['backup', 'security', 'reboot', 'eol', 'disks'];

function Choice({ name, wanted }: { name: FilterName; wanted: Wanted }) {
  const options = Object.keys(choices[name]).map((value) => [value, wordOr(`filter.${name}`, value)] as const);
  return (
    <Select
      label={t(`filter.name.${name}`)}
      value={wanted.chosen[name] ?? ''}
      onChange={(value) => setQuery({ [name]: value })}
      options={[['', t('filter.all')], ...options]}
    />
  );
}

/** A name has no line break, so this is no name. */
const nothing = '\n';

interface WordsProps {
  name: 'site' | 'tag' | 'group';
  /** What stands in the address, and its word. */
  values: ReadonlyMap<string, string>;
  value: string | null;
}

/** Sites, tags or groups that occur; nothing while there are none to choose. */
function Words({ name, values, value }: WordsProps) {
  if (values.size === 0 && value === null) return null;
  const options = [...values].sort(([, a], [, b]) => a.localeCompare(b));
  // Chosen by a link only: `?site=` is the list of those without one.
  const none = value === '' ? [[nothing, t('filter.none')] as const] : [];
  return (
    <Select
      label={t(`filter.name.${name}`)}
      value={value === '' ? nothing : (value ?? '')}
      onChange={(chosen) => chosen !== nothing && setQuery({ [name]: chosen })}
      options={[['', t('filter.all')], ...none, ...options]}
    />
  );
}

const same = (words: readonly string[]) => new Map(words.map((word) => [word, word]));

export function Filters({ list, wanted }: { list: readonly EndpointRow[]; wanted: Wanted }) {
  const sites = same(list.flatMap((row) => row.site ?? []));
  const tags = same(list.flatMap((row) => row.tags));
  const groups = new Map(list.flatMap((row) => row.groups.map(({ id, name }) => [id, name] as const)));
  const words = [wanted.tag, wanted.group].filter((one) => one !== null).length;
  const hidden = further.filter((name) => wanted.chosen[name] !== undefined).length + words;
  return (
    <search class="box-body stack-2">
      <div class="filters">
        <Input
          label={t('filter.search')}
          type="search"
          value={new URLSearchParams(search.value).get('q') ?? ''}
          onInput={(value) => setQuery({ q: value })}
          placeholder={t('filter.searchHint')}
          wide
        />
        {first.map((name) => (
          <Choice key={name} name={name} wanted={wanted} />
        ))}
        <Words name="site" values={sites} value={wanted.site} />
      </div>
      <details open={hidden > 0}>
        <summary class="small">
          {t('filter.more')}
          {hidden > 0 && ` (${hidden})`}
        </summary>
        <div class="filters filters-more">
          {further.map((name) => (
            <Choice key={name} name={name} wanted={wanted} />
          ))}
          <Words name="tag" values={tags} value={wanted.tag} />
          <Words name="group" values={groups} value={wanted.group} />
        </div>
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
