/** People who log in by a provider: each is a user here, found by issuer and subject, with the role that their groups give. */
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import { oneLinePattern } from '../../shared/safe-text.ts';
import type { State, StateTransaction } from '../state/database.ts';
import type { Grant } from './grants.ts';
import type { ProvidedIdentity } from './openid.ts';
import { refuseReserved, refuseTaken } from './reserved.ts';
import { type Sites, sitesIn, sitesText } from './scopes.ts';
import { makeId, makeSecret } from './secret.ts';
import { type User, userOf } from './users.ts';

export interface Identities {
  /**
   * The user of this identity, made at the first log-in, with the role and the sites that the groups give now; `before`: what
   * they gave at the last one.
   * @param provider its name, for people whose name is taken here
   * @throws EvenkeelError OPENID_USER
   */
  logIn(
    identity: ProvidedIdentity,
    provider: string,
  ): Promise<{ user: User; before: Pick<User, 'role' | 'sites'> | null }>;
}

const longest = 64;
const noAdmin = 'this collector has no admin with a password yet; the link that its start prints makes one';

/** The name of the first log-in is kept: what somebody did stands under it. */
async function freeName(db: StateTransaction, called: string, provider: string): Promise<string> {
  const plain = called
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N} ._@-]/gu, '')
    .trim();
  const [short, from] = [plain.slice(0, 40), provider.replace(/[^\p{L}\p{M}\p{N} ._-]/gu, '').slice(0, 20)];
  let refused: unknown;
  for (const name of [plain.slice(0, longest), `${short}@${from}`, `${short}-2@${from}`, `${short}-3@${from}`])
    try {
      if (!new RegExp(oneLinePattern, 'u').test(name)) throw fail('CONFLICT', { problem: 'it has nothing to read' });
      refuseReserved(name);
      await refuseTaken(db, name, Number.NEGATIVE_INFINITY);
      return name;
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError)) throw thrown;
      refused = thrown;
    }
  throw fail(
    'OPENID_USER',
    { name: called.slice(0, longest), problem: 'that name is taken here, and so are its variants' },
    refused,
  );
}

/** Ids of the sites that are there by now. A limit to sites that are not is no limit that was lifted. */
async function sitesOf(db: StateTransaction, called: string, { sites }: Grant): Promise<Sites> {
  if (sites === null) return null;
  const keys = sites.map(nameKey);
  const rows = await db.selectFrom('sites').select('id').where('name_key', 'in', keys).orderBy('id').execute();
  if (rows.length > 0) return rows.map(({ id }) => id);
  const problem = `your groups limit you to sites that this collector does not have: ${sites.join(', ')}`;
  throw fail('OPENID_USER', { name: called.slice(0, longest), problem });
}

export function createIdentities(state: State, now: () => number, ended: () => void): Identities {
  return {
    async logIn({ issuer, subject, name: called, grant }, provider) {
      const { user, before } = await state.transaction().execute(async (db) => {
        const row = await db
          .selectFrom('identities')
          .innerJoin('users', 'users.id', 'identities.user_id')
          .select(['users.id', 'users.name', 'users.role', 'users.created_at', 'users.disabled_at', 'users.sites'])
          .where('issuer', '=', issuer)
          .where('subject', '=', subject)
          .executeTakeFirst();
        const sites = sitesText(await sitesOf(db, called, grant));
        if (row) {
          if (row.disabled_at !== null)
            throw fail('OPENID_USER', { name: row.name, problem: 'an admin has disabled this user' });
          await db.updateTable('users').set({ role: grant.role, sites }).where('id', '=', row.id).execute();
          const seen = db.updateTable('identities').set({ seen_at: now() });
          await seen.where('user_id', '=', row.id).execute();
          const { role } = userOf(row);
          const before = { role, sites: sitesIn(row.sites) };
          return { user: userOf({ ...row, role: grant.role, sites, issuer }), before };
        }
        const local = db
          .selectFrom('users')
          .leftJoin('identities', 'identities.user_id', 'users.id')
          .select('users.id');
        // Somebody who can come in while the provider is away; after the first user the set-up page is closed.
        if (!(await local.where('user_id', 'is', null).where('role', '=', 'admin').limit(1).executeTakeFirst()))
          throw fail('OPENID_USER', { name: called.slice(0, longest), problem: noAdmin });
        const made = {
          id: makeId('u'),
          name: await freeName(db, called, provider),
          // No password: this is the key of the device cookie, and no hash that a password could have.
          password_hash: makeSecret(),
          role: grant.role,
          created_at: now(),
          disabled_at: null,
          sites,
        };
        await db.insertInto('users').values(made).execute();
        await db.insertInto('identities').values({ issuer, subject, user_id: made.id, seen_at: now() }).execute();
        return { user: userOf({ ...made, issuer }), before: null };
      });
      // Other sessions of the person go on with the new role.
      if (before && JSON.stringify(before) !== JSON.stringify({ role: user.role, sites: user.sites })) ended();
      return { user, before };
    },
  };
}
