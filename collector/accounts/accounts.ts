import { type Attempts, createAttempts } from '../doors/attempts.ts';
import type { State } from '../state/open.ts';
import { createDevices, type Devices } from './devices.ts';
import { createIdTokens, type IdTokens } from './id-tokens.ts';
import { createIdentities, type Identities } from './identities.ts';
import { createOpenId, type OpenId } from './openid.ts';
import type { OpenIdSettings } from './openid-settings.ts';
import { createSecondFactors, type SecondFactors } from './second-factors.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSetup, type Setup } from './setup.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { createUsers, type Users } from './users.ts';

/** Users, sessions, tokens and set-up together. */
export interface Accounts {
  /** Called whenever somebody's rights end or change: what is open for them must be looked at again. */
  onEnd(listener: () => void): () => void;
  users: Users;
  attempts: Attempts;
  devices: Devices;
  sessions: Sessions;
  tokens: Tokens;
  setup: Setup;
  identities: Identities;
  secondFactors: SecondFactors;
  /** Null: none is set up. */
  openId: OpenId | null;
  idTokens: IdTokens;
}

/**
 * @param adminPassword for an unattended first admin; null: created on the set-up page
 * @param folder of the data, for the key of what is encrypted; null: for this process alone
 * @param provider by which people log in beside passwords
 */
export async function createAccounts(
  state: State,
  now: () => number,
  adminPassword: string | null,
  provider: OpenIdSettings | null = null,
  folder: string | null = null,
): Promise<Accounts> {
  const listeners = new Set<() => void>();
  const ended = () => {
    for (const listener of listeners) listener();
  };
  const users = createUsers(state, now, ended);
  return {
    onEnd(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    users,
    attempts: createAttempts(() => performance.now()),
    devices: createDevices(state, now),
    sessions: createSessions(state, now, ended),
    tokens: createTokens(state, now, ended),
    identities: createIdentities(state, now, ended),
    secondFactors: await createSecondFactors(state, now, folder),
    idTokens: createIdTokens(now),
    openId: provider && createOpenId(provider, now),
    setup: await createSetup(users, adminPassword),
  };
}
