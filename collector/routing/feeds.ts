/** Links by which calendar programs read the shifts of a user: one each, which can be revoked. */
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import type { State } from '../state/open.ts';

export interface Feeds {
  has(user: string): Promise<boolean>;
  /** Ends the one before. @returns the secret, which is not kept */
  create(user: string): Promise<string>;
  revoke(user: string): Promise<void>;
  /** Whose it is; undefined: none, or revoked. */
  find(secret: string): Promise<string | undefined>;
}

export function createFeeds(state: State, now: () => number): Feeds {
  const remove = (user: string) => state.deleteFrom('on_call_feeds').where('user_name', '=', user).execute();
  return {
    async has(user) {
      const row = state.selectFrom('on_call_feeds').select('user_name').where('user_name', '=', user);
      return (await row.executeTakeFirst()) !== undefined;
    },
    async create(user) {
      const secret = makeSecret();
      await remove(user);
      const row = { user_name: user, secret_hash: hashSecret(secret), created_at: now() };
      await state.insertInto('on_call_feeds').values(row).execute();
      return secret;
    },
    async revoke(user) {
      await remove(user);
    },
    async find(secret) {
      const found = state.selectFrom('on_call_feeds').select('user_name').where('secret_hash', '=', hashSecret(secret));
      return (await found.executeTakeFirst())?.user_name;
    },
  };
}
