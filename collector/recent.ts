/**
 * A map that forgets what was not set for a day or two: memory follows what comes, not what ever came. There are several per
 * endpoint, and most stay empty: so a map is made with its first entry, and methods are shared.
 */

const generationMs = 86_400_000;

export class Recent<V> {
  #turnedAt: number;
  #current: Map<string, V> | null = null;
  #previous: Map<string, V> | null = null;

  constructor(since: number) {
    this.#turnedAt = since;
  }

  get(key: string): V | undefined {
    return this.#current?.get(key) ?? this.#previous?.get(key);
  }

  set(key: string, value: V): void {
    this.#current ??= new Map();
    this.#current.set(key, value);
  }

  /** To be called about once per hour. */
  turn(now: number): void {
    if (now - this.#turnedAt < generationMs) return;
    this.#turnedAt = now;
    this.#previous = this.#current;
    this.#current = null;
  }

  get size(): number {
    return (this.#current?.size ?? 0) + (this.#previous?.size ?? 0);
  }
}
