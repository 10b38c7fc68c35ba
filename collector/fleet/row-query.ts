/** Filter, order and page of the fleet's rows. Pure: rows in, rows out. */
import { Type } from 'typebox';
import type { EndpointRow } from '../../shared/api.ts';
import { badMark } from '../../shared/bad-mark.ts';
import { oneLinePattern } from '../../shared/safe-text.ts';
import {
  byName,
  defaultSort,
  type FilterName,
  filterNames,
  filters,
  type RowFilter,
  type SortName,
  type SortValue,
  searchTest,
  sortNames,
  sorts,
  testOf,
} from './row-filters.ts';

export type RowQuery = { [name in FilterName | 'q' | 'sort' | 'page']?: string } & { limit?: number; from?: number };

/** A site may have a name from before the rules of names. */
const line = { pattern: oneLinePattern, want: 'a text on one line, of characters that can be seen' };
const oneOf = (name: FilterName) => {
  const filter: RowFilter = filters[name];
  if ('tests' in filter) return Type.Enum(Object.keys(filter.tests));
  const description = 'one that occurs; empty: endpoints that have none';
  return Type.String({ maxLength: 512, description, ...(name === 'site' ? {} : line) });
};

/** Which endpoints, without their order and page. */
const chosen = {
  ...Object.fromEntries(filterNames.map((name) => [name, Type.Optional(oneOf(name))])),
  q: Type.Optional(
    Type.String({
      ...{ maxLength: 128, ...line },
      description: 'words that all occur in name, site, system, id, tags or groups',
    }),
  ),
};
const sort = Type.Optional(
  Type.Enum([...sortNames, ...sortNames.map((name) => `-${name}`)], {
    default: defaultSort,
    description: '`-`: from above; by attention, state and backup that is the worst first',
  }),
);

export const RowQuery = Type.Unsafe<RowQuery>(
  Type.Object(
    {
      ...{ ...chosen, sort },
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, default: 200 })),
      page: Type.Optional(Type.String({ maxLength: 2000, description: 'the `next` of the answer before' })),
      from: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: 'how many to leave out before' }),
      ),
    },
    { additionalProperties: false },
  ),
);

export type ChosenRows = Omit<RowQuery, 'sort' | 'limit' | 'page' | 'from'>;
export const ChosenRows = Type.Unsafe<ChosenRows>(
  Type.Object(chosen, {
    additionalProperties: false,
    description: 'in place of ids: the filters of the list of endpoints; {} is all of them',
  }),
);

interface Placed {
  value: SortValue;
  name: string;
  id: string;
}

/** A total order, so that a page can start after the last row of the page before, whatever has moved meanwhile. */
function compare(a: Placed, b: Placed, sign: 1 | -1): number {
  if (a.value !== b.value) {
    if (a.value === null) return 1;
    if (b.value === null) return -1;
    const order = typeof a.value === 'string' ? byName(a.value, String(b.value)) : a.value - Number(b.value);
    if (order !== 0) return sign * order;
  }
  return byName(a.name, b.name) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** @throws EvenkeelError BAD_REQUEST for an invalid cursor */
export function queryRows(
  rows: readonly EndpointRow[],
  query: RowQuery,
): { items: EndpointRow[]; next: string | null; total: number } {
  const sort = query.sort ?? defaultSort;
  const sign = sort.startsWith('-') ? -1 : 1;
  const { value } = sorts[sort.replace(/^-/, '') as SortName];
  const tests = filterNames.flatMap((name) => (query[name] === undefined ? [] : [testOf(name, query[name])]));
  if (query.q !== undefined) tests.push(searchTest(query.q));
  const after = query.page === undefined ? null : readMark(query.page);
  const found = rows.filter((row) => tests.every((test) => test(row)));
  const placed = found
    .map((row) => ({ value: value(row), name: row.name, id: row.id, row }))
    .filter((one) => after === null || compare(one, after, sign) > 0)
    .sort((a, b) => compare(a, b, sign));
  const limit = query.limit ?? 200;
  const from = query.from ?? 0;
  const page = placed.slice(from, from + limit);
  const last = page.at(-1);
  const next = last && placed.length > from + limit ? writeMark(last) : null;
  return { items: page.map(({ row }) => row), next, total: found.length };
}

const writeMark = ({ value, name, id }: Placed) => Buffer.from(JSON.stringify([value, name, id])).toString('base64url');

function readMark(mark: string): Placed {
  try {
    const [value, name, id] = JSON.parse(Buffer.from(mark, 'base64url').toString('utf8'));
    const isValue = value === null || typeof value === 'string' || typeof value === 'number';
    if (isValue && typeof name === 'string' && typeof id === 'string') return { value, name, id };
  } catch {
    // Falls through: the same answer for text that is not a cursor.
  }
  throw badMark(mark);
}
