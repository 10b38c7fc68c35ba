/**
 * Letters that wait to be sent. The outbox has their number; what stands in them is here, in memory alone, and only as long as
 * it is of use: a code that lay in the database would open what it is to protect. After another start people ask anew.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Mail, RecoveryMailFacts } from '../notify/channel.ts';

export interface WaitingLetters {
  keep(request: number, letters: readonly Mail[], until: number): void;
  /** Null: it is over, decided or of another start. */
  of(facts: RecoveryMailFacts): Mail | null;
  /** Decided: nobody needs them any more. */
  forget(request: number): void;
}

export function createWaitingLetters({ now }: Pick<Clock, 'now'>): WaitingLetters {
  const waiting = new Map<number, { letters: readonly Mail[]; until: number }>();
  return {
    keep(request, letters, until) {
      for (const [id, one] of waiting) if (one.until <= now()) waiting.delete(id);
      waiting.set(request, { letters, until });
    },
    of({ request, nth }) {
      const kept = waiting.get(request);
      return kept && kept.until > now() ? (kept.letters[nth] ?? null) : null;
    },
    forget: (request) => void waiting.delete(request),
  };
}
