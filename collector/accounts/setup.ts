/** The first admin: by the one-time link printed at the start, or unattended from a password file. Then closed. */
import { fail } from '../../shared/errors.ts';
import { makeSecret, sameText } from './secret.ts';
import type { User, Users } from './users.ts';

export interface Setup {
  /** The secret for the link; null when an admin exists. Lives in memory only: each start makes a new one. */
  secret(): string | null;
  /** @throws EvenkeelError SETUP_CLOSED, SETUP_LINK_WRONG, WEAK_PASSWORD */
  complete(request: { secret: string; user: string; password: string }): Promise<User>;
}

/** @param password of the user `admin`, for an unattended set-up; ignored once any user exists */
export async function createSetup(users: Users, password: string | null): Promise<Setup> {
  if (!(await users.any()) && password !== null) await users.createFirst({ name: 'admin', password });
  let secret = (await users.any()) ? null : makeSecret();
  return {
    secret: () => secret,
    async complete(request) {
      if (secret === null) throw fail('SETUP_CLOSED');
      if (!sameText(request.secret, secret)) throw fail('SETUP_LINK_WRONG');
      const user = await users.createFirst({ name: request.user, password: request.password });
      secret = null;
      return user;
    },
  };
}
