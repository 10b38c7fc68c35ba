/**
 * The fleet query of a page: the filters, the search and the order in its address, limited to what the API offers. So
 * every number elsewhere can link to the list behind it. Pure.
 */
import type { FleetFilters } from '../../../shared/api.ts';

export interface Wanted {
  q: string;
  /** By the name of the filter; '' is a choice: those that have none. */
  chosen: Readonly<Record<string, string>>;
  /** `-cpu`: by CPU from above. */
  sort: string;
}

/** Values that are no choice are left out. */
export function wantedOf(search: string, { filters, sorts, sort }: FleetFilters): Wanted {
  const params = new URLSearchParams(search);
  const chosen: Record<string, string> = {};
  for (const { name, open, choices } of filters) {
    const value = params.get(name);
    if (value !== null && (open || choices.some((choice) => choice.value === value))) chosen[name] = value;
  }
  const order = params.get('sort') ?? '';
  const isKnown = sorts.some(({ name }) => name === order.replace(/^-/, ''));
  return { q: params.get('q') ?? '', chosen, sort: isKnown ? order : sort };
}

/** How many filters are set, the search not counted. */
export const filterCount = ({ chosen }: Wanted): number => Object.keys(chosen).length;

/** Which endpoints: the filters and the search, as parameters of the API. */
export const filterOf = ({ q, chosen }: Wanted): Record<string, string> => ({
  ...(q.trim() === '' ? {} : { q: q.slice(0, 128) }),
  ...chosen,
});

/** `q=db&state=lost&sort=-cpu` */
export const queryOf = (wanted: Wanted): string =>
  new URLSearchParams({ ...filterOf(wanted), sort: wanted.sort }).toString();

type FleetSort = FleetFilters['sorts'][number];

/** The order after a click on a column: its more useful direction first, then the other. */
export function nextSort(sort: string, { name, first }: FleetSort): string {
  if (sort.replace(/^-/, '') === name) return sort.startsWith('-') ? name : `-${name}`;
  return first === 'down' ? `-${name}` : name;
}
