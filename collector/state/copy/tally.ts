/** How many rows, and a sum of their digests: the same for the same rows in any order, and it can be gone on with. */
import { hash } from 'node:crypto';

/** A value as text that both databases write alike; see `source.ts` and `target.ts`. */
export type CopiedCell = string | null;

export interface RowTally {
  rows: number;
  /** Hexadecimal. */
  sum: string;
}

const modulus = 1n << 256n;

export const sameTally = (one: RowTally, other: RowTally): boolean => one.rows === other.rows && one.sum === other.sum;

export function createTally(begun: RowTally = { rows: 0, sum: '0' }) {
  let { rows } = begun;
  let sum = BigInt(`0x${begun.sum}`);
  return {
    add(cells: readonly CopiedCell[]): void {
      rows++;
      sum = (sum + BigInt(`0x${hash('sha256', JSON.stringify(cells))}`)) % modulus;
    },
    value: (): RowTally => ({ rows, sum: sum.toString(16) }),
  };
}
