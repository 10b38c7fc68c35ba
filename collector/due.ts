/** What becomes due when: a heap by instant, so that time costs what is due and not what waits. Equal instants keep their order. */
export interface DueQueue {
  /** Sets or moves the instant of a key, ms UTC; null takes it out. */
  set(key: string, at: number | null): void;
  /** The key that is due first, if that is at or before `now`; takes it out. */
  take(now: number): { key: string; at: number } | undefined;
  /** The instant of a key; null when it does not wait. */
  at(key: string): number | null;
  /** The earliest instant; null when nothing waits. */
  next(): number | null;
  clear(): void;
}

interface DueEntry {
  at: number;
  order: number;
  key: string;
}

const isBefore = (a: DueEntry, b: DueEntry) => a.at < b.at || (a.at === b.at && a.order < b.order);

export function createDueQueue(): DueQueue {
  let heap: DueEntry[] = [];
  /** The entry that counts for a key; others in the heap are left-overs. */
  const valid = new Map<string, DueEntry>();
  let order = 0;

  function push(entry: DueEntry): void {
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, heap[parent] as DueEntry)) break;
      heap[i] = heap[parent] as DueEntry;
      i = parent;
    }
    heap[i] = entry;
  }

  function pop(): void {
    const last = heap.pop() as DueEntry;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as DueEntry, heap[child] as DueEntry)) child++;
      if (!isBefore(heap[child] as DueEntry, last)) break;
      heap[i] = heap[child] as DueEntry;
      i = child;
    }
    heap[i] = last;
  }

  function first(): DueEntry | undefined {
    for (let entry = heap[0]; entry; entry = heap[0]) {
      if (valid.get(entry.key) === entry) return entry;
      pop();
    }
    return undefined;
  }

  return {
    set(key, at) {
      const before = valid.get(key);
      if (at === null) valid.delete(key);
      else if (before?.at !== at) {
        const entry = { at, order: order++, key };
        valid.set(key, entry);
        push(entry);
      }
      // Left-overs of keys that moved often must not pile up.
      if (heap.length > 64 && heap.length > 4 * valid.size) {
        heap = [];
        for (const entry of valid.values()) push(entry);
      }
    },
    take(now) {
      const entry = first();
      if (!entry || entry.at > now) return undefined;
      valid.delete(entry.key);
      pop();
      return { key: entry.key, at: entry.at };
    },
    at: (key) => valid.get(key)?.at ?? null,
    next: () => first()?.at ?? null,
    clear() {
      heap = [];
      valid.clear();
    },
  };
}
