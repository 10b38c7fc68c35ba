/** Columns of a list that the API puts in order, by `sort` of the address. */
import { search, setQuery } from '../router.ts';
import { nextKeys } from './sort-keys.ts';
import type { TableColumn } from './table.tsx';

interface SortedList<Row> {
  /** What the API takes; a column of such a key can be put in order. */
  sorts: readonly string[];
  columns: readonly TableColumn<Row>[];
  /** Left out of the address with another order, such as the page. */
  drop?: string;
}

export function sorted<Row>({ sorts, columns, drop }: SortedList<Row>): TableColumn<Row>[] {
  const now = new URLSearchParams(search.value).get('sort');
  return columns.map((column) => {
    const { key } = column;
    if (!sorts.includes(key)) return column;
    const direction = now === key ? 'ascending' : now === `-${key}` ? 'descending' : 'none';
    const onClick = () =>
      setQuery({ sort: nextKeys(now ? [now] : [], key, false)[0] ?? null, ...(drop ? { [drop]: null } : {}) });
    return { ...column, sort: { direction, onClick } };
  });
}
