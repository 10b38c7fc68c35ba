/**
 * What strangers may do, per network, per machine and in all. Whatever is beyond is refused before anything is read or saved, so
 * that a flood fills neither the queue of the desk nor the memory: the counters themselves are bounded.
 */
import { fail } from '../../shared/errors.ts';
import { type Allowances, createAllowances } from '../doors/allowance.ts';
import { networkOf } from '../doors/network.ts';

const hour = 3600;

/** At once, and then per second. A whole office has one address, so that of a network is not that of a person. */
const rules = {
  /** New tickets. */
  ofNetwork: { burst: 10, perSecond: 10 / hour, atMost: 10_000 },
  ofMachine: { burst: 5, perSecond: 6 / hour, atMost: 100_000 },
  ofAll: { burst: 60, perSecond: 60 / hour },
  /** Mails to one address: nobody is to be sent mails by others. */
  ofAddress: { burst: 3, perSecond: 3 / hour, atMost: 10_000 },
  /** Answers, ratings, what articles did. */
  said: { burst: 20, perSecond: 60 / hour, atMost: 10_000 },
} as const;

export interface StrangerLimits {
  /** A new ticket. @throws EvenkeelError REPORTS_MANY */
  report(from: string, endpoint: string): void;
  /** Whatever else is written down. @throws EvenkeelError REPORTS_MANY */
  say(from: string): void;
  /** Whether one more mail may go to this address. */
  mail(address: string): boolean;
}

/** An address of a person, or of nobody where the machine itself asks. */
export function createStrangerLimits(monotonic: () => number): StrangerLimits {
  const of = (name: keyof typeof rules) => createAllowances({ ...rules[name], monotonic });
  const [network, machine, all, address, said] = [
    of('ofNetwork'),
    of('ofMachine'),
    of('ofAll'),
    of('ofAddress'),
    of('said'),
  ];

  /** All of them, or none: what is refused by one does not use up the others. */
  function take(counters: readonly (readonly [Allowances, string])[]): void {
    const waitMs = Math.max(...counters.map(([counter, key]) => counter.waitFor(key)));
    if (waitMs > 0) throw fail('REPORTS_MANY', { minutes: Math.ceil(waitMs / 60_000) });
    for (const [counter, key] of counters) counter.take(key, 1);
  }

  return {
    report: (from, endpoint) =>
      take([
        [network, networkOf(from)],
        [machine, endpoint],
        [all, ''],
      ]),
    say: (from) => take([[said, networkOf(from)]]),
    mail: (to) => address.take(to.toLowerCase(), 1) === 0,
  };
}
