import type { State } from '../state/open.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSetup, type Setup } from './setup.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { createUsers, type Users } from './users.ts';

/** Users, sessions, tokens and set-up together. */
export interface Accounts {
  users: Users;
  sessions: Sessions;
  tokens: Tokens;
  setup: Setup;
}

/** @param adminPassword for an unattended first admin; null: created on the set-up page */
export async function createAccounts(state: State, now: () => number, adminPassword: string | null): Promise<Accounts> {
  const users = createUsers(state, now);
  return {
    users,
    sessions: createSessions(state, now),
    tokens: createTokens(state, now),
    setup: await createSetup(users, adminPassword),
  };
}
