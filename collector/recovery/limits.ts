/** What strangers may do here, per network, per name that they type and in all. The same for names that nobody has. */
import { fail } from '../../shared/errors.ts';
import { createAllowances } from '../doors/allowance.ts';
import { networkOf } from '../doors/network.ts';

const hour = 3600;
/** At once, and then per second. */
const rules = {
  asked: { burst: 10, perSecond: 10 / hour, atMost: 10_000 },
  named: { burst: 3, perSecond: 3 / hour, atMost: 10_000 },
  all: { burst: 60, perSecond: 60 / hour },
  tried: { burst: 20, perSecond: 60 / hour, atMost: 10_000 },
} as const;
/** Of one person, whoever asks and however they name them: beyond it no letter goes out, and the page says nothing of it. */
export const ofPerson = { perDay: 6, dayMs: 24 * 3_600_000 } as const;

export function createRecoveryLimits(monotonic: () => number) {
  const of = (name: keyof typeof rules) => createAllowances({ ...rules[name], monotonic });
  const [asked, named, all, tried] = [of('asked'), of('named'), of('all'), of('tried')];
  return {
    /** @throws EvenkeelError REPORTS_MANY */
    ask(from: string, who: string): void {
      const counters = [
        [asked, networkOf(from)],
        [named, who.toLowerCase()],
        [all, ''],
      ] as const;
      const waitMs = Math.max(...counters.map(([counter, key]) => counter.waitFor(key)));
      if (waitMs > 0) throw fail('REPORTS_MANY', { minutes: Math.ceil(waitMs / 60_000) });
      for (const [counter, key] of counters) counter.take(key, 1);
    },
    /** @throws EvenkeelError REPORTS_MANY */
    enter(from: string): void {
      const waitMs = tried.waitFor(networkOf(from));
      if (waitMs > 0) throw fail('REPORTS_MANY', { minutes: Math.ceil(waitMs / 60_000) });
      tried.take(networkOf(from), 1);
    },
  };
}
