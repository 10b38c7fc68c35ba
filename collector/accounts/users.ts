/** Users: those who log in with a password, and what holds for all. */
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';
import { dummyHash, hashPassword, verifyPassword } from './password.ts';
import { refuseReserved, refuseTaken } from './reserved.ts';
import { isRole, type Role } from './roles.ts';
import { checkSites, type Sites, sitesCalled, sitesIn, sitesText } from './scopes.ts';
import { hashSecret, makeId } from './secret.ts';

export interface User {
  id: string;
  name: string;
  role: Role;
  createdAt: number;
  disabledAt: number | null;
  /** Ids of the sites that they are limited to; null: not limited. */
  sites: Sites;
  /** Of the provider by which they log in; null: with a password. */
  issuer: string | null;
}

export interface Users {
  list(): Promise<User[]>;
  /** True once any user exists: from then on the set-up page is closed. */
  any(): Promise<boolean>;
  /** @throws EvenkeelError WEAK_PASSWORD, CONFLICT when the name is taken, ADMIN_LIMITED, NOT_FOUND for a site */
  create(user: { name: string; password: string; role: Role; sites?: Sites | undefined }): Promise<User>;
  /** The same, but only while no user exists; decided inside the database. @throws EvenkeelError SETUP_CLOSED */
  createFirst(user: { name: string; password: string }): Promise<User>;
  /**
   * The user, or undefined: wrong password, unknown and disabled users look the same and take as long.
   * @param isKnown checked before those of strangers
   * @throws EvenkeelError LOGINS_BUSY
   */
  logIn(name: string, password: string, isKnown?: boolean): Promise<User | undefined>;
  /**
   * Also ends every session of the user, but the one whose secret is given.
   * @throws EvenkeelError NOT_FOUND, WEAK_PASSWORD, COMMON_PASSWORD
   */
  setPassword(id: string, password: string, but?: string): Promise<void>;
  /**
   * What is left out stays. Holds at once, for open pages too.
   * @throws EvenkeelError NOT_FOUND, CONFLICT for the last admin, ADMIN_LIMITED
   */
  setRights(id: string, rights: { role?: Role | undefined; sites?: Sites | undefined }): Promise<User>;
  setRole(id: string, role: Role): Promise<User>;
  /** The sites that are there, of those that somebody is limited to. */
  sitesCalled(sites: readonly string[]): Promise<{ id: string; name: string }[]>;
  /** Also ends every session of the user. @throws EvenkeelError NOT_FOUND, CONFLICT for the last admin */
  disable(id: string): Promise<User>;
  /** With the password and the role of before. @throws EvenkeelError NOT_FOUND */
  enable(id: string): Promise<User>;
}

type UserRow = {
  id: string;
  name: string;
  role: string;
  created_at: number;
  disabled_at: number | null;
  sites: string | null;
  issuer?: string | null;
};

export function userOf(row: UserRow): User {
  const role = isRole(row.role) ? row.role : 'viewer';
  const sites = sitesIn(row.sites);
  const { id, name, created_at: createdAt, disabled_at: disabledAt, issuer = null } = row;
  return { id, name, role, createdAt, disabledAt, issuer, sites };
}

/** Whoever is the only one left could never be let in again; those of a provider are not while it is away. */
async function refuseLastAdmin(db: State, id: string): Promise<void> {
  const admins = await db
    .selectFrom('users')
    .leftJoin('identities', 'identities.user_id', 'users.id')
    .select('users.id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .where('identities.user_id', 'is', null)
    .execute();
  if (admins.length === 1 && admins[0]?.id === id)
    throw fail('CONFLICT', { problem: 'this is the last admin with a password here' });
}

/** @throws EvenkeelError CONFLICT */
function refuseProvided({ name, issuer }: User, what: string): void {
  if (issuer === null) return;
  throw fail('CONFLICT', { problem: `${what} of "${name}" comes from the provider ${issuer}; change it there` });
}

export function createUsers(state: State, now: () => number, ended: () => void): Users {
  const listed = () =>
    state
      .selectFrom('users')
      .leftJoin('identities', 'identities.user_id', 'users.id')
      .select(['users.id', 'name', 'role', 'created_at', 'disabled_at', 'users.sites', 'issuer']);

  async function insert(user: Parameters<Users['create']>[0], onlyFirst: boolean): Promise<User> {
    refuseReserved(user.name);
    const sites = user.sites ?? null;
    await checkSites(state, { ...user, sites });
    const row = {
      id: makeId('u'),
      name: user.name,
      password_hash: await hashPassword(user.password, user.name),
      role: user.role,
      created_at: now(),
      disabled_at: null,
      sites: sitesText(sites),
    };
    return state.transaction().execute(async (db) => {
      if (onlyFirst && (await db.selectFrom('users').select('id').limit(1).executeTakeFirst())) {
        throw fail('SETUP_CLOSED');
      }
      // Also of tokens that have ended: what they did would read as done by this person.
      await refuseTaken(db, user.name, Number.NEGATIVE_INFINITY);
      await db.insertInto('users').values(row).execute();
      return userOf(row);
    });
  }

  async function find(id: string) {
    const row = await listed().where('users.id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'user', id });
    return row;
  }

  async function setRights(id: string, rights: { role?: Role | undefined; sites?: Sites | undefined }) {
    const user = userOf(await find(id));
    refuseProvided(user, 'the role');
    const { role = user.role, sites = user.sites } = rights;
    await state.transaction().execute(async (db) => {
      if (role !== 'admin') await refuseLastAdmin(db, id);
      await checkSites(db, { name: user.name, role, sites });
      await db
        .updateTable('users')
        .set({ role, sites: sitesText(sites) })
        .where('id', '=', id)
        .execute();
    });
    ended();
    return { ...user, role, sites };
  }

  return {
    list: async () => (await listed().orderBy('name').execute()).map(userOf),
    any: async () => (await state.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined,
    create: (user) => insert(user, false),
    createFirst: (user) => insert({ ...user, role: 'admin' }, true),

    async logIn(name, password, isKnown) {
      const row = await state.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst();
      const right = await verifyPassword(password, row?.password_hash ?? dummyHash, isKnown);
      return right && row && row.disabled_at === null ? userOf(row) : undefined;
    },

    async setPassword(id, password, but = '') {
      const row = await find(id);
      refuseProvided(userOf(row), 'the log-in');
      const { name } = row;
      const password_hash = await hashPassword(password, name);
      await state.transaction().execute(async (db) => {
        await db.updateTable('users').set({ password_hash }).where('id', '=', id).execute();
        const sessions = db.deleteFrom('sessions').where('user_id', '=', id);
        await sessions.where('id_hash', '!=', hashSecret(but)).execute();
      });
      ended();
    },

    setRights,
    sitesCalled: (sites) => sitesCalled(state, sites),
    setRole: (id, role) => setRights(id, { role }),

    async disable(id) {
      const row = await find(id);
      const user = await state.transaction().execute(async (db) => {
        await refuseLastAdmin(db, id);
        const disabled_at = row.disabled_at ?? now();
        await db.updateTable('users').set({ disabled_at }).where('id', '=', id).execute();
        await db.deleteFrom('sessions').where('user_id', '=', id).execute();
        return userOf({ ...row, disabled_at });
      });
      ended();
      return user;
    },

    async enable(id) {
      const row = await find(id);
      await state.updateTable('users').set({ disabled_at: null }).where('id', '=', id).execute();
      ended();
      return userOf({ ...row, disabled_at: null });
    },
  };
}
