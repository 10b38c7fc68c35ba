/**
 * Wrong log-ins: slowed, never locked. Whoever logged in from an address before is counted apart there, so that
 * neither a colleague behind the same address nor guesses from all over the world keep the right person out.
 */
import { nameKey } from '../../shared/place-name.ts';
import { createAllowances } from './allowance.ts';
import { networkOf } from './network.ts';

export interface Attempts {
  /**
   * Counts one that may turn out wrong, before the costly check of the password.
   * @returns ms to wait before the next one is looked at; 0: this one is
   */
  begin(name: string, address: string): number;
  /** The password was right: it is not counted, and this name is known at this address. */
  right(name: string, address: string): void;
}

/** Wrong ones at once, and then per second. */
const rules = {
  /** Of one name at an address where it was right before. */
  known: { burst: 10, perSecond: 1 / 30 },
  /** Of any names from one address. */
  address: { burst: 20, perSecond: 1 / 10 },
  /** Of one name from anywhere else: as NIST SP 800-63B allows, 100 in a row. */
  name: { burst: 100, perSecond: 1 / 60 },
} as const;
const knownAtMost = 10_000;

export function createAttempts(monotonic: () => number): Attempts {
  const [known, address, name] = [rules.known, rules.address, rules.name].map((rule) =>
    createAllowances({ ...rule, monotonic }),
  ) as [Allowance, Allowance, Allowance];
  /** Oldest first. */
  const pairs = new Set<string>();

  function bucketsOf(who: string, from: string): [Allowance, string][] {
    const network = networkOf(from);
    const pair = `${nameKey(who)} ${network}`;
    if (pairs.has(pair)) return [[known, pair]];
    return [
      [address, network],
      [name, nameKey(who)],
    ];
  }

  return {
    begin(who, from) {
      const buckets = bucketsOf(who, from);
      const wait = Math.max(...buckets.map(([bucket, key]) => bucket.waitFor(key)));
      if (wait === 0) for (const [bucket, key] of buckets) bucket.take(key, 1);
      return wait;
    },
    right(who, from) {
      for (const [bucket, key] of bucketsOf(who, from)) bucket.take(key, -1);
      const pair = `${nameKey(who)} ${networkOf(from)}`;
      pairs.delete(pair);
      pairs.add(pair);
      if (pairs.size > knownAtMost) pairs.delete(pairs.values().next().value as string);
    },
  };
}

type Allowance = ReturnType<typeof createAllowances>;
