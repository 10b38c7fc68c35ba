/** Sets of time as sorted, disjoint, half-open intervals [start, end) in ms UTC. Touching intervals do not overlap. */
export interface Span {
  start: number;
  end: number;
}

/** Sorted, merged, without empty ones. */
export function union(...sets: readonly (readonly Span[])[]): Span[] {
  const all: Span[] = [];
  let isSorted = true;
  for (const set of sets)
    for (const span of set) {
      if (!(span.end > span.start)) continue;
      isSorted &&= !(span.start < (all.at(-1)?.start ?? span.start));
      all.push(span);
    }
  // Sets mostly are: one after the other, or all but one of them empty.
  if (!isSorted) all.sort((a, b) => a.start - b.start);
  const merged: Span[] = [];
  for (const span of all) {
    const last = merged.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ start: span.start, end: span.end });
  }
  return merged;
}

/** What is in both. Both sides must be sorted and disjoint, as `union` makes them. */
export function intersect(a: readonly Span[], b: readonly Span[]): Span[] {
  const both: Span[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const left = a[i] as Span;
    const right = b[j] as Span;
    const start = Math.max(left.start, right.start);
    const end = Math.min(left.end, right.end);
    if (end > start) both.push({ start, end });
    if (left.end < right.end) i++;
    else j++;
  }
  return both;
}

/** What is in `a` and not in `b`; both sorted and disjoint. */
export function subtract(a: readonly Span[], b: readonly Span[]): Span[] {
  const rest: Span[] = [];
  let j = 0;
  for (const span of a) {
    let start = span.start;
    while (j < b.length && (b[j] as Span).end <= start) j++;
    for (let k = j; k < b.length && (b[k] as Span).start < span.end; k++) {
      const hole = b[k] as Span;
      if (hole.start > start) rest.push({ start, end: hole.start });
      start = Math.max(start, hole.end);
    }
    if (start < span.end) rest.push({ start, end: span.end });
  }
  return rest;
}

/** Milliseconds in a disjoint set. */
export function length(set: readonly Span[]): number {
  return set.reduce((sum, span) => sum + span.end - span.start, 0);
}
