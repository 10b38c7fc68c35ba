/**
 * Computed answers that are costly, kept for a while. One that took long is answered as it was (it says as of when)
 * while it is computed anew, and the processor is left to the reports of agents for most of the time.
 */
import type { Clock } from '../../shared/clock.ts';

export interface Kept<Value> {
  /** @param key names everything that the answer depends on but time and facts */
  get(key: string, compute: () => Promise<Value>): Promise<Value>;
  /** Facts changed: what was cheap is computed anew when it is asked for, the rest soon after. */
  changed(): void;
}

/** Keeps costly answers over a restart. */
export interface KeptStore<Value> {
  load(key: string): Promise<SavedAnswer<Value> | null>;
  save(key: string, answer: SavedAnswer<Value>): Promise<void>;
}

interface SavedAnswer<Value> {
  /** When its computation began, ms UTC, and how long that took, ms. */
  at: number;
  took: number;
  value: Value;
}

/** Facts change by the second; numbers of a month hardly do. ms */
const freshMs = 30_000;
/** From so much on nobody waits for it again, ms. */
const costlyMs = 1000;
/** A costly answer is not computed again before so many times what it took: a twentieth of a core, a fifth after a change. */
const restTimes = 20;
const restTimesChanged = 5;
/** An answer older than this is waited for, ms. */
export const oldestMs = 3_600_000;
/** Answers of large fleets have some megabytes. */
const keptAtMost = 20;

interface Entry<Value> {
  at: number;
  value: Promise<Value>;
  /** ms; null while it is being computed. */
  took: number | null;
  isOutOfDate: boolean;
  isComputedAnew: boolean;
}

export function createKept<Value>({ now, monotonic }: Clock, store?: KeptStore<Value>): Kept<Value> {
  /** In order of last use. */
  const entries = new Map<string, Entry<Value>>();

  function put(key: string, entry: Entry<Value>): void {
    entries.delete(key);
    entries.set(key, entry);
    const [oldest] = entries.size > keptAtMost ? entries.keys() : [];
    if (oldest !== undefined) entries.delete(oldest);
  }

  function begin(key: string, compute: () => Promise<Value>): Entry<Value> {
    const began = monotonic();
    const at = now();
    const entry: Entry<Value> = { at, value: compute(), took: null, isOutOfDate: false, isComputedAnew: false };
    const done = () => {
      entry.took = monotonic() - began;
      return entry.took;
    };
    entry.value.then((value) => {
      const took = done();
      if (took >= costlyMs) void store?.save(key, { at, took, value });
    }, done);
    return entry;
  }

  /** Facts may have changed since: it counts as out of date. */
  async function load(key: string, { load: read }: KeptStore<Value>): Promise<void> {
    const saved = await read(key);
    if (!saved || entries.has(key)) return;
    const { at, took, value } = saved;
    put(key, { at, took, value: Promise.resolve(value), isOutOfDate: true, isComputedAnew: false });
  }

  function computeBeside(key: string, old: Entry<Value>, compute: () => Promise<Value>): void {
    old.isComputedAnew = true;
    const entry = begin(key, compute);
    entry.value.then(
      () => put(key, entry),
      // Answered by the old one until the next try.
      () => {
        old.isComputedAnew = false;
      },
    );
  }

  return {
    async get(key, compute) {
      if (store && !entries.has(key)) await load(key, store);
      const found = entries.get(key);
      if (found) {
        put(key, found);
        if (found.took === null) return found.value;
        const { took, isOutOfDate } = found;
        const age = Math.abs(now() - found.at);
        const isCostly = took >= costlyMs;
        const rest = isCostly ? (isOutOfDate ? restTimesChanged : restTimes) * took : 0;
        const fresh = isOutOfDate ? rest : Math.max(freshMs, rest);
        if (age < fresh) return found.value;
        if (isCostly && age < oldestMs) {
          if (!found.isComputedAnew) computeBeside(key, found, compute);
          return found.value;
        }
      }
      const entry = begin(key, compute);
      put(key, entry);
      entry.value.catch(() => entries.get(key) === entry && entries.delete(key));
      return entry.value;
    },
    changed() {
      for (const entry of entries.values()) entry.isOutOfDate = true;
    },
  };
}
