/**
 * What has been received of one epoch: everything up to `through`, and inclusive ranges beyond it. Pure memory; the
 * journal makes it durable. Live and backlog reports each arrive in order, so there are few ranges in practice.
 */

/**
 * An agent that skips every second number would otherwise make this grow for ever. Reports that would begin one more are
 * refused; of losses, and of reports that were on their way by then, the lowest range is forgotten.
 */
export const maxRanges = 10_000;

export class Receipt {
  through = 0;
  /** from, to, from, to … ascending, disjoint, never touching each other or `through`. */
  #ranges: number[] = [];

  constructor(through = 0, also: readonly (readonly [number, number])[] = []) {
    this.through = through;
    for (const [from, to] of also) this.add(from, to);
  }

  get also(): [number, number][] {
    return this.lowest(this.count);
  }

  get count(): number {
    return this.#ranges.length / 2;
  }

  get full(): boolean {
    return this.count >= maxRanges;
  }

  /** At most so many ranges. */
  lowest(atMost: number): [number, number][] {
    const pairs: [number, number][] = [];
    for (let i = 0; i < Math.min(this.#ranges.length, 2 * atMost); i += 2)
      pairs.push([this.#ranges[i] as number, this.#ranges[i + 1] as number]);
    return pairs;
  }

  /** What lies beyond `through` counts as not received: acknowledged no longer, and stored once more where it comes again. */
  forgetRanges(): void {
    this.#ranges = [];
  }

  has(seq: number): boolean {
    if (seq <= this.through) return true;
    if (this.#ranges.length === 0) return false;
    const at = this.#firstEndingFrom(seq);
    return at < this.#ranges.length && (this.#ranges[at] as number) <= seq;
  }

  /** True when `seq` would begin a range of its own. */
  isApart(seq: number): boolean {
    return !this.has(seq) && seq !== this.through + 1 && !this.has(seq - 1) && !this.has(seq + 1);
  }

  /** Adds from … to, both included. */
  add(from: number, to: number): void {
    if (to <= this.through) return;
    if (this.#ranges.length === 0 && from <= this.through + 1) {
      this.through = to;
      return;
    }
    this.#insert(from, to);
    while (this.#ranges.length > 0 && (this.#ranges[0] as number) <= this.through + 1) {
      this.through = Math.max(this.through, this.#ranges[1] as number);
      this.#ranges.splice(0, 2);
    }
    if (this.count > maxRanges) this.#ranges.splice(0, 2);
  }

  /** Index of the first range whose end is at or after `seq`. */
  #firstEndingFrom(seq: number): number {
    let low = 0;
    let high = this.#ranges.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle * 2 + 1] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }

  #insert(from: number, to: number): void {
    const at = this.#firstEndingFrom(from - 1);
    let [low, high] = [from, to];
    let end = at;
    while (end < this.#ranges.length && (this.#ranges[end] as number) <= to + 1) {
      low = Math.min(low, this.#ranges[end] as number);
      high = Math.max(high, this.#ranges[end + 1] as number);
      end += 2;
    }
    this.#ranges.splice(at, end - at, low, high);
  }
}
