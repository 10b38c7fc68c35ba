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

/** Sites or tags that occur; nothing while there are none to choose. */
function Words({ name, values, value }: { name: 'site' | 'tag'; values: Set<string>; value: string | null }) {
  if (values.size === 0) return null;
  const options = [...values].sort().map((word) => [word, word] as const);
  return (
    <Select
      label={t(`filter.name.${name}`)}
      value={value ?? ''}
      onChange={(chosen) => setQuery({ [name]: chosen })}
      options={[['', t('filter.all')], ...options]}
    />
  );
}

export function Filters({ list, wanted }: { list: readonly EndpointRow[]; wanted: Wanted }) {
  const sites = new Set(list.flatMap((row) => (row.site === null ? [] : [row.site])));
  const tags = new Set(list.flatMap((row) => row.tags));
  const hidden = further.filter((name) => wanted.chosen[name] !== undefined).length + (wanted.tag === null ? 0 : 1);
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
