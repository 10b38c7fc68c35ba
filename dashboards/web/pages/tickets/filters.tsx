/** Which tickets the page lists: a list, and filters beside it. All of it stands in the address, so that a link shows the same. */
import type { SiteRow, TicketList, TicketRow } from '../../../../shared/api.ts';
import { ticketQueues } from '../../../../shared/choices.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Input, Select } from '../../parts/field.tsx';
import { isPhone } from '../../parts/fold.tsx';
import { Icon } from '../../parts/icon.tsx';
import { search, setQuery, withQuery } from '../../router.ts';
import { language, t } from '../../words/words.ts';

export const ticketLists = [...ticketQueues, 'resolved', 'all'] as const;
type TicketListName = (typeof ticketLists)[number];
const filters = ['priority', 'site', 'category', 'tier', 'assignee', 'tag', 'q'] as const;
type TicketFilterName = (typeof filters)[number];

export const categories: readonly TicketRow['category'][] = ['incident', 'request', 'question', 'problem'];
export const tiers = ['0', '1', '2', '3', '4'] as const;
const priorities = ['1', '2', '3', '4', '5'] as const;

export interface TicketsWanted {
  list: TicketListName;
  chosen: Partial<Record<TicketFilterName, string>>;
  /** How many filters are set. */
  count: number;
  /** Of the API. */
  query: string;
}

/** @param from of the address of the page */
export function ticketsWanted(from: string): TicketsWanted {
  const asked = new URLSearchParams(from);
  const list = ticketLists.find((name) => name === asked.get('state')) ?? 'open';
  const query = new URLSearchParams();
  if (ticketQueues.some((queue) => queue === list)) query.set('queue', list);
  else if (list !== 'all') query.set('state', list);
  const chosen: TicketsWanted['chosen'] = {};
  for (const name of filters) {
    const value = asked.get(name)?.trim();
    if (!value) continue;
    chosen[name] = value;
    query.set(name, value);
  }
  return { list, chosen, count: Object.keys(chosen).length, query: query.toString() };
}

const cleared = Object.fromEntries(filters.map((name) => [name, null]));
const without = (name: TicketFilterName) => `/tickets${withQuery(search.value, { [name]: null })}`;

const nameOf = (name: TicketFilterName): string =>
  name === 'q' ? t('filter.search') : name === 'site' ? t('filter.name.site') : t(`ticket.${name}`);

const wordOf = (name: TicketFilterName, value: string): string => {
  if (name === 'priority') return `P${value}`;
  if (name === 'category') return t(`ticket.categories.${value as 'incident'}`);
  return name === 'tier' ? t(`ticket.tiers.${value as '1'}`) : value;
};

interface ChoiceProps {
  name: TicketFilterName;
  wanted: TicketsWanted;
  options: readonly (readonly [string, string])[];
}

function Choice({ name, wanted: { chosen }, options }: ChoiceProps) {
  const value = chosen[name] ?? '';
  // What is gone, or was typed into the address, stays in the list, so that the link shows what it asks for.
  const isKnown = value === '' || options.some(([one]) => one === value);
  return (
    <Select
      label={nameOf(name)}
      value={value}
      onChange={(next) => setQuery({ [name]: next === '' ? null : next })}
      options={[['', t('filter.all')], ...options, ...(isKnown ? [] : [[value, value] as const])]}
    />
  );
}

export function Filters({ wanted }: { wanted: TicketsWanted }) {
  const { data } = useLoad<Page<SiteRow>>('sites', (change) => change.kind === 'site');
  const fields = (
    <div class="filters">
      <Input
        label={t('filter.search')}
        type="search"
        value={new URLSearchParams(search.value).get('q') ?? ''}
        onInput={(value) => setQuery({ q: value || null })}
        placeholder={t('ticket.searchHint')}
        maxLength={200}
        wide
      />
      <Choice name="priority" wanted={wanted} options={priorities.map((one) => [one, `P${one}`] as const)} />
      <Choice name="site" wanted={wanted} options={(data?.items ?? []).map(({ name }) => [name, name] as const)} />
      <Choice
        name="category"
        wanted={wanted}
        options={categories.map((one) => [one, t(`ticket.categories.${one}`)] as const)}
      />
      <Choice name="tier" wanted={wanted} options={tiers.map((one) => [one, t(`ticket.tiers.${one}`)] as const)} />
    </div>
  );
  return (
    <search class="box-body stack-2">
      {/* A phone shows tickets, and what narrows them behind one line. */}
      {isPhone.value ? (
        <details>
          <summary class="small">
            {t('ticket.narrow')}
            {wanted.count > 0 && ` (${number(wanted.count, language.value)})`}
          </summary>
          {fields}
        </details>
      ) : (
        fields
      )}
      {wanted.count > 0 && <Clear />}
    </search>
  );
}

const Clear = () => (
  <div>
    <button type="button" class="button slim" onClick={() => setQuery(cleared)}>
      <Icon name="close" />
      {t('fleet.clearFilters')}
    </button>
  </div>
);

/** Where the filters leave nothing: which of them hide what, each one click away from it. */
export function HiddenBy({ wanted, without: found }: { wanted: TicketsWanted; without: TicketList['without'] }) {
  const left = (name: TicketList['without'][number]['filter']) => found.find(({ filter }) => filter === name)?.n ?? 0;
  const set = filters.flatMap((name) => {
    const value = wanted.chosen[name];
    return value === undefined ? [] : [{ name, word: wordOf(name, value), n: left(name), href: without(name) }];
  });
  const list = t(`ticket.filters.${wanted.list}`);
  const all = `/tickets${withQuery(search.value, { state: 'all' })}`;
  const lists =
    wanted.list === 'all' ? [] : [{ name: 'list', word: list, n: left('queue') + left('state'), href: all }];
  return (
    <>
      <p>{t('ticket.hiddenBy')}</p>
      <ul class="stack-2">
        {[...lists, ...set].map(({ name, word, n, href }) => (
          <li key={name}>
            {name === 'list' ? t('ticket.filter') : nameOf(name as TicketFilterName)}: <strong>{word}</strong>{' '}
            {n > 0 ? (
              <a href={href}>{t('ticket.withoutIt', { n: number(n, language.value) })}</a>
            ) : (
              <span class="quiet">{t('ticket.withoutItNone')}</span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
