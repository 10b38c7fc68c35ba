/** Log-ins of the web app: a random secret in a cookie, its SHA-256 in the state, ended by time, log-out or admins. */
import type { State } from '../state/open.ts';
import { hashSecret, makeSecret } from './secret.ts';
import { type User, userOf } from './users.ts';

/** On-call staff open it from a phone at night: a week, not an hour. A new password ends all sessions at once. */
export const sessionMs = 7 * 86_400_000;

export interface Sessions {
  /** @returns the secret for the cookie */
  begin(userId: string): Promise<string>;
  /** The user of a session that has not ended; undefined otherwise. */
  userOf(secret: string): Promise<User | undefined>;
  end(secret: string): Promise<void>;
  /** Deletes the sessions that have ended. */
  prune(): Promise<void>;
}

export function createSessions(state: State, now: () => number, ended: () => void): Sessions {
  return {
    async begin(userId) {
      const secret = makeSecret();
      const at = now();
      const row = { id_hash: hashSecret(secret), user_id: userId, created_at: at, expires_at: at + sessionMs };
      await state.insertInto('sessions').values(row).execute();
      return secret;
    },

    async userOf(secret) {
      const row = await state
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .select(['users.id', 'users.name', 'users.role', 'users.created_at', 'users.disabled_at'])
        .where('sessions.id_hash', '=', hashSecret(secret))
        .where('sessions.expires_at', '>', now())
        .where('users.disabled_at', 'is', null)
        .executeTakeFirst();
      return row && userOf(row);
    },

    async end(secret) {
      await state.deleteFrom('sessions').where('id_hash', '=', hashSecret(secret)).execute();
      ended();
    },

    async prune() {
      await state.deleteFrom('sessions').where('expires_at', '<=', now()).execute();
    },
  };
}
