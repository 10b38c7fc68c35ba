/** A map that forgets what was not set for a day or two: memory follows what comes, not what ever came. */

const generationMs = 86_400_000;

export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  /** To be called about once per hour. */
  turn(now: number): void;
  readonly size: number;
}

export function createRecent<V>(since: number): Recent<V> {
  let turnedAt = since;
  let current = new Map<string, V>();
  let previous = new Map<string, V>();
  return {
    get: (key) => current.get(key) ?? previous.get(key),
    set: (key, value) => void current.set(key, value),
    turn(now) {
      if (now - turnedAt < generationMs) return;
      turnedAt = now;
      previous = current;
      current = new Map();
    },
    get size() {
      return current.size + previous.size;
    },
  };
}
