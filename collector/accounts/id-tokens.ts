/** ID tokens of present sessions, for the log-out at the provider. In memory alone: after a restart it asks the person instead. */
import { hashSecret } from './secret.ts';

export interface IdTokens {
  /** @param secret of the session */
  keep(secret: string, idToken: string, forMs: number): void;
  /** Once. */
  take(secret: string): string | undefined;
}

/** A bound, not an expectation: sessions that nobody ends. */
const atMost = 5000;

export function createIdTokens(now: () => number): IdTokens {
  const kept = new Map<string, { idToken: string; until: number }>();
  return {
    keep(secret, idToken, forMs) {
      for (const [key, { until }] of kept) if (until <= now() || kept.size >= atMost) kept.delete(key);
      kept.set(hashSecret(secret), { idToken, until: now() + forMs });
    },
    take(secret) {
      const key = hashSecret(secret);
      const found = kept.get(key);
      kept.delete(key);
      return found?.idToken;
    },
  };
}
