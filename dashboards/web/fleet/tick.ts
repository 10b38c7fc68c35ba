/** Which endpoints are ticked in the list. Other filters begin anew: what is not seen any more is not acted on. Pure. */
export interface Ticked {
  /** The filters that the list was of. */
  of: string;
  ids: ReadonlySet<string>;
  /** All that the filters find. */
  isAll: boolean;
  /** Where a range begins. */
  last: string | null;
}

export const noneTicked = (of: string): Ticked => ({ of, ids: new Set(), isAll: false, last: null });

/** @param range with those between this one and the one before, in the order of the list: all become as this one does */
export function ticked(now: Ticked, list: readonly string[], id: string, range: boolean): Ticked {
  const ids = new Set(now.isAll ? list : now.ids);
  const isOn = !ids.has(id);
  const [from, to] = [list.indexOf(range && now.last !== null ? now.last : id), list.indexOf(id)];
  const some = from < 0 ? [id] : list.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of some) isOn ? ids.add(one) : ids.delete(one);
  return { of: now.of, ids, isAll: false, last: id };
}
