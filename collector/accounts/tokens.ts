/** Bearer tokens for scripts: 256 random bits, shown once, kept as SHA-256. */
import type { Token } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';
import { refuseReserved, refuseTaken } from './reserved.ts';
import { isRole, type Role } from './roles.ts';
import { checkSites, type Sites, sitesIn, sitesText } from './scopes.ts';
import { hashSecret, makeId, makeSecret } from './secret.ts';

export type TokenPurpose = NonNullable<Token['onlyFor']>;

export interface NewToken {
  name: string;
  role: Role;
  by: string;
  /** When it ends by itself, ms UTC; null: not. */
  expiresAt?: number | null;
  /** What alone it opens; null: whatever its role may do. */
  onlyFor?: TokenPurpose | null;
  /** Ids of the sites that it is limited to; null: not limited. */
  sites?: Sites;
}

export interface Tokens {
  list(): Promise<Token[]>;
  /**
   * @returns the token's row and the secret, which cannot be shown again.
   * @throws EvenkeelError CONFLICT when the name is taken, ADMIN_LIMITED, NOT_FOUND for a site
   */
  create(token: NewToken): Promise<{ token: Token; secret: string }>;
  /** The token that this secret belongs to, unless revoked or ended. Notes the use, to the minute. */
  find(secret: string): Promise<Token | undefined>;
  /** @throws EvenkeelError NOT_FOUND */
  revoke(id: string): Promise<void>;
  /** Revokes every live token of this name. */
  revokeNamed(name: string): Promise<void>;
  /** One that is never stored: it is known to this process alone, until `end`. */
  passing(of: Pick<Token, 'name' | 'role'>): { secret: string; end(): void };
}

/** How long a token lasts when nothing is said of it, and at most, in days. */
export const usualDays = 365;
export const mostDays = 3650;
/** So that a token found in a log or a repository can be recognised. */
const prefix = 'evk_';
/** Of the one for tools on this machine, which is stored nowhere. */
export const localTokenId = 'local';
const useNotedEveryMs = 60_000;

type TokenRow = {
  id: string;
  name: string;
  role: string;
  created_at: number;
  created_by: string;
  last_used_at: number | null;
  revoked_at: number | null;
  expires_at: number | null;
  purpose: TokenPurpose | null;
  sites: string | null;
};

function tokenOf(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    role: isRole(row.role) ? row.role : 'viewer',
    createdAt: row.created_at,
    createdBy: row.created_by,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    expiresAt: row.expires_at,
    onlyFor: row.purpose,
    sites: sitesIn(row.sites),
  };
}

export function createTokens(state: State, now: () => number, ended: () => void = () => {}): Tokens {
  const passing = new Map<string, Token>();
  return {
    async list() {
      return (await state.selectFrom('tokens').selectAll().orderBy('created_at', 'desc').execute()).map(tokenOf);
    },

    async create({ name, role, by, expiresAt = null, onlyFor = null, sites = null }) {
      refuseReserved(name);
      await checkSites(state, { name, role, sites });
      const secret = prefix + makeSecret();
      const row = {
        id: makeId('t'),
        name,
        role,
        created_at: now(),
        created_by: by,
        last_used_at: null,
        revoked_at: null,
        expires_at: expiresAt,
        purpose: onlyFor,
        sites: sitesText(sites),
      };
      await state.transaction().execute(async (db) => {
        await refuseTaken(db, name, row.created_at);
        await db
          .insertInto('tokens')
          .values({ ...row, hash: hashSecret(secret) })
          .execute();
      });
      return { token: tokenOf(row), secret };
    },

    async find(secret) {
      const known = passing.get(hashSecret(secret));
      if (known) return known;
      const row = await state
        .selectFrom('tokens')
        .selectAll()
        .where('hash', '=', hashSecret(secret))
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      const at = now();
      if (!row || (row.expires_at !== null && row.expires_at <= at)) return undefined;
      if (at - (row.last_used_at ?? 0) > useNotedEveryMs) {
        // On a full disk, a failure here would lock everyone out just when access is needed.
        const noted = state.updateTable('tokens').set({ last_used_at: at }).where('id', '=', row.id).execute();
        await noted.catch(() => undefined);
      }
      return tokenOf(row);
    },

    async revoke(id) {
      const row = await state.selectFrom('tokens').select('revoked_at').where('id', '=', id).executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'token', id });
      if (row.revoked_at !== null) return;
      await state.updateTable('tokens').set({ revoked_at: now() }).where('id', '=', id).execute();
      ended();
    },

    async revokeNamed(name) {
      await state
        .updateTable('tokens')
        .set({ revoked_at: now() })
        .where('name', '=', name)
        .where('revoked_at', 'is', null)
        .execute();
    },

    passing(of) {
      const secret = prefix + makeSecret();
      const key = hashSecret(secret);
      const none = { createdAt: now(), createdBy: 'collector', lastUsedAt: null, revokedAt: null, expiresAt: null };
      passing.set(key, { id: localTokenId, ...of, ...none, onlyFor: null, sites: null });
      return {
        secret,
        end() {
          passing.delete(key);
          ended();
        },
      };
    },
  };
}
