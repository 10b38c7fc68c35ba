/** Log-ins of the web app: a random secret in a cookie, its SHA-256 in the state, ended by time, log-out or admins. */
import { fail } from '../../shared/errors.ts';
import type { LogIn } from '../../shared/log-ins.ts';
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
/** Of what is stored, and nothing can be opened with it. */
const idOf = (hash: string) => hash.slice(0, 16);

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
  hasFactor: boolean;
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
  /** What goes on, newest use first. @param own secret of the session that asks @param userId of whom; default everybody */
  list(own: string, userId?: string): Promise<LogIn[]>;
  /** @param userId whose it must be; default anybody's. @throws EvenkeelError NOT_FOUND */
  endOne(id: string, userId?: string): Promise<void>;
  /** All of a user but the one whose secret is given. @returns how many */
  endOthers(userId: string, but: string): Promise<number>;
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
        .leftJoin('second_factors', 'second_factors.user_id', 'users.id')
        .select(['sessions.seen_at', 'sessions.confirmed_at', 'sessions.via', 'on_since'])
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
      return { user: userOf(row), via: row.via, hasFactor: row.on_since !== null, confirmedAt: row.confirmed_at };
    },

    async confirm(secret) {
      const confirmed = state.updateTable('sessions').set({ confirmed_at: now() });
      await confirmed.where('id_hash', '=', hashSecret(secret)).execute();
    },

    async end(secret) {
      await state.deleteFrom('sessions').where('id_hash', '=', hashSecret(secret)).execute();
      ended();
    },

    async list(own, userId) {
      const at = now();
      let query = state
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .select(['id_hash', 'users.name', 'via', 'sessions.created_at', 'seen_at', 'expires_at', 'address', 'device'])
        .where('expires_at', '>', at)
        .where('seen_at', '>', at - idleMs)
        .orderBy('seen_at', 'desc');
      if (userId !== undefined) query = query.where('user_id', '=', userId);
      return (await query.execute()).map(({ id_hash, name, created_at, seen_at, expires_at, ...row }) => ({
        ...{ id: idOf(id_hash), user: name, isThis: id_hash === hashSecret(own) },
        ...{ since: created_at, lastUsed: seen_at, endsAt: Math.min(expires_at, seen_at + idleMs), ...row },
      }));
    },

    async endOne(id, userId) {
      if (!/^[0-9a-f]{16}$/.test(id)) throw fail('NOT_FOUND', { what: 'session', id });
      let gone = state.deleteFrom('sessions').where('id_hash', 'like', `${id}%`);
      if (userId !== undefined) gone = gone.where('user_id', '=', userId);
      const { numDeletedRows } = await gone.executeTakeFirst();
      if (numDeletedRows === 0n) throw fail('NOT_FOUND', { what: 'session', id });
      ended();
    },

    async endOthers(userId, but) {
      const others = state.deleteFrom('sessions').where('user_id', '=', userId).where('id_hash', '!=', hashSecret(but));
      const { numDeletedRows } = await others.executeTakeFirst();
      ended();
      return Number(numDeletedRows);
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
