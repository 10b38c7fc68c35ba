/**
 * Wrong log-ins: slowed, never locked. Who was right before is counted apart, by the device cookie of that browser and by
 * the address, so that neither a colleague behind the same address nor guesses from all over the world keep the right
 * person out. All is counted before the costly check of the password, so the answer says nothing about it.
 */
import { nameKey } from '../../shared/place-name.ts';
import { type Allowances, createAllowances } from './allowance.ts';
import { networkOf } from './network.ts';

export interface Asker {
  name: string;
  address: string;
  /** A valid device cookie of that name, by what is unique about it. One with too many wrong ones is worth nothing more. */
  device?: string | undefined;
  /** Or the session that asks: whoever holds it is let guess so often, whatever others do to the name. */
  session?: string | undefined;
}

export interface Attempt {
  /** ms to wait before the next one is looked at; 0: this one is. */
  waitMs: number;
  /** By its device, session or address: not to be kept waiting behind strangers. */
  isKnown: boolean;
  /** It was not looked at: it does not count. */
  giveBack(): void;
  /** The password was right: it does not count, and this name is known at this address. */
  right(): void;
}

export interface Attempts {
  /** Counts one that may turn out wrong. */
  begin(asker: Asker): Attempt;
}

/** Wrong ones at once, and then per second; counters that strangers can make new ones of are bounded. */
const rules = {
  /** Of one device cookie or session: a stolen one is good for ten guesses, and then 288 a day. */
  proven: { burst: 10, perSecond: 1 / 300, atMost: 20_000 },
  /** Of one name at an address where it was right before. */
  known: { burst: 10, perSecond: 1 / 30, atMost: 20_000 },
  /** Of any names from one address. */
  address: { burst: 20, perSecond: 1 / 10, atMost: 50_000 },
  /** Of one name from anywhere else: as NIST SP 800-63B allows, 100 in a row. */
  name: { burst: 100, perSecond: 1 / 60, atMost: 50_000 },
} as const;
const knownAtMost = 10_000;
/** Longer than any name that somebody has. */
const keyLength = 128;

type Counter = readonly [Allowances, string];

export function createAttempts(monotonic: () => number): Attempts {
  const proven = createAllowances({ ...rules.proven, monotonic });
  const known = createAllowances({ ...rules.known, monotonic });
  const address = createAllowances({ ...rules.address, monotonic });
  const name = createAllowances({ ...rules.name, monotonic });
  /** Oldest first. */
  const pairs = new Set<string>();

  /** Each is one way in, in the order in which they are used up. */
  function waysOf({ device, session }: Asker, who: string, network: string): Counter[][] {
    if (session !== undefined) return [[[proven, `session ${session}`]]];
    const pair = `${who} ${network}`;
    const open: Counter[] = pairs.has(pair)
      ? [[known, pair]]
      : [
          [address, network],
          [name, who],
        ];
    return device === undefined ? [open] : [[[proven, `device ${device}`]], open];
  }

  const waitOf = (way: Counter[]) => Math.max(...way.map(([counter, key]) => counter.waitFor(key)));

  return {
    begin(asker) {
      const who = nameKey(asker.name.slice(0, keyLength));
      const network = networkOf(asker.address);
      const ways = waysOf(asker, who, network);
      const way = ways.find((one) => waitOf(one) === 0);
      const count = (cost: number) => {
        for (const [counter, key] of way ?? []) counter.take(key, cost);
      };
      count(1);
      return {
        waitMs: way ? 0 : Math.min(...ways.map(waitOf)),
        isKnown: way !== undefined && way[0]?.[0] !== address,
        giveBack: () => count(-1),
        right() {
          count(-1);
          const pair = `${who} ${network}`;
          pairs.delete(pair);
          pairs.add(pair);
          if (pairs.size > knownAtMost) pairs.delete(pairs.values().next().value as string);
        },
      };
    },
  };
}
