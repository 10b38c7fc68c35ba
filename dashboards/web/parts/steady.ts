/** Rows keep their places while somebody is at them: what came meanwhile is in them, the new order waits. */
import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { search } from '../router.ts';

export interface SteadyRows<Row> {
  list: readonly Row[];
  /** How many would stand elsewhere. */
  moved: number;
  apply: () => void;
}

type RowKey = string | number;

export function useSteady<Row>(
  body: RefObject<HTMLElement | null>,
  rows: readonly Row[],
  keyOf: ((row: Row, index: number) => RowKey) | null,
): SteadyRows<Row> {
  const held = useRef<{ asked: string; keys: readonly RowKey[] } | null>(null);
  const [, redraw] = useState(0);
  if (!keyOf) return { list: rows, moved: 0, apply: () => {} };
  const keys = new Map(rows.map((row, index) => [row, keyOf(row, index)]));
  let list = rows;
  // Another question has another order.
  if (held.current?.asked === search.value && body.current?.matches(':is(:hover, :focus-within)')) {
    const places = new Map(held.current.keys.map((key, place) => [key, place]));
    const placeOf = (row: Row) => places.get(keys.get(row) as RowKey) ?? places.size;
    list = rows.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
  held.current = { asked: search.value, keys: list.map((row) => keys.get(row) as RowKey) };
  const apply = () => {
    held.current = null;
    redraw((n) => n + 1);
  };
  return { list, moved: list.filter((row, place) => row !== rows[place]).length, apply };
}
