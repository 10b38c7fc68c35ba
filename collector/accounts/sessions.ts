/** Log-ins of the web app: a random secret in a cookie, its SHA-256 in the state, ended by time, log-out or admins. */
import type { State } from '../state/open.ts';
import { hashSecret, makeSecret } from './secret.ts';
import { type User, userOf } from './users.ts';

/** On-call staff open it from a phone at night: a week, not an hour. A new password ends all sessions at once. */
export const sessionMs = 7 * 86_400_000;
/** A session that nobody uses ends sooner: the browser may be a borrowed one. */
const idleMs = 86_400_000;
/** An open page asks about once a second; so often is its use written. */
const seenEveryMs = 300_000;
const longestDevice = 300;

/** How somebody came in, where it is not with a password. */
export interface Began {
  via?: 'password' | 'openid';
  ms?: number;
  /** When the password was typed in, ms UTC; default now. */
  confirmedAt?: number;
  address?: string | null;
  /** What the browser says of itself. */
  device?: string | null;
}

export interface Session {
  user: User;
  via: 'password' | 'openid';
  /** When its password was last typed in, ms UTC. */
  confirmedAt: number;
}

export interface Sessions {
  /** @returns the secret for the cookie */
  begin(userId: string, began?: Began): Promise<string>;
  /** A session that has not ended; undefined otherwise. Notes its use. */
  find(secret: string): Promise<Session | undefined>;
  /** The password was typed in again. */
  confirm(secret: string): Promise<void>;
  end(secret: string): Promise<void>;
  /** Deletes the sessions that have ended. */
  prune(): Promise<void>;
}

export function createSessions(state: State, now: () => number, ended: () => void): Sessions {
  return {
    async begin(userId, { via = 'password', ms = sessionMs, confirmedAt, address = null, device = null } = {}) {
      const secret = makeSecret();
      const at = now();
      const row = { id_hash: hashSecret(secret), user_id: userId, created_at: at, expires_at: at + ms };
      const times = { seen_at: at, confirmed_at: confirmedAt ?? at };
      await state
        .insertInto('sessions')
        .values({ ...row, ...times, via, address, device: device?.slice(0, longestDevice) ?? null })
        .execute();
      return secret;
    },

    async find(secret) {
      const at = now();
      const row = await state
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .select(['users.id', 'users.name', 'users.role', 'users.created_at', 'users.disabled_at', 'users.sites'])
        .select(['sessions.seen_at', 'sessions.confirmed_at', 'sessions.via'])
        .where('sessions.id_hash', '=', hashSecret(secret))
        .where('sessions.expires_at', '>', at)
        .where('sessions.seen_at', '>', at - idleMs)
        .where('users.disabled_at', 'is', null)
        .executeTakeFirst();
      if (!row) return undefined;
      if (at - row.seen_at > seenEveryMs) {
        const noted = state.updateTable('sessions').set({ seen_at: at }).where('id_hash', '=', hashSecret(secret));
        // On a full disk, a failure here would lock everyone out just when access is needed.
        await noted.execute().catch(() => undefined);
      }
      return { user: userOf(row), via: row.via, confirmedAt: row.confirmed_at };
    },

    async confirm(secret) {
      const confirmed = state.updateTable('sessions').set({ confirmed_at: now() });
      await confirmed.where('id_hash', '=', hashSecret(secret)).execute();
    },

    async end(secret) {
      await state.deleteFrom('sessions').where('id_hash', '=', hashSecret(secret)).execute();
      ended();
    },

    async prune() {
      const isOver = state.deleteFrom('sessions').where(({ eb, or }) => {
        const at = now();
        return or([eb('expires_at', '<=', at), eb('seen_at', '<=', at - idleMs)]);
      });
      await isOver.execute();
    },
  };
}
