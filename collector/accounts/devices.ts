/**
 * Device cookies, as OWASP describes them: a browser that somebody was right in before keeps a sign of it, and is counted
 * apart from strangers who guess at the same name (../doors/attempts.ts). It opens nothing.
 *
 * It is signed with the stored hash of the password, which nobody else knows: a new password ends all of them, and
 * nothing need be kept of them.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { State } from '../state/open.ts';
import { sameText } from './secret.ts';

/** From the last log-in. */
export const deviceMs = 90 * 86_400_000;

export interface Devices {
  /** The value of the cookie for this user. @throws Error when there is none */
  make(userId: string): Promise<string>;
  /**
   * What is unique about the device of whoever claims this name; undefined without a valid cookie of theirs.
   * @param cookieOf the cookie that the browser sent for this user, by id
   */
  find(name: string, cookieOf: (userId: string) => string | undefined): Promise<string | undefined>;
}

const sign = (user: { id: string; password_hash: string }, until: string, device: string) =>
  createHmac('sha256', user.password_hash).update(`device ${user.id} ${until} ${device}`).digest('base64url');

export function createDevices(state: State, now: () => number): Devices {
  const users = () => state.selectFrom('users').select(['id', 'password_hash']).where('disabled_at', 'is', null);
  return {
    async make(userId) {
      const user = await users().where('id', '=', userId).executeTakeFirstOrThrow();
      const [until, device] = [(now() + deviceMs).toString(36), randomBytes(16).toString('base64url')];
      return [until, device, sign(user, until, device)].join('.');
    },

    async find(name, cookieOf) {
      const user = await users().where('name', '=', name).executeTakeFirst();
      const [until, device, signature, ...more] = (user && cookieOf(user.id)?.split('.')) ?? [];
      if (!user || !until || !device || !signature || more.length > 0) return undefined;
      const isOurs = sameText(signature, sign(user, until, device));
      return isOurs && Number.parseInt(until, 36) > now() ? device : undefined;
    },
  };
}
