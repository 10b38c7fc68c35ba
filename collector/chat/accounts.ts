/**
 * Whose account in a room it is. Its owner makes a code on a page, where they are logged in, and types it in the room: so nobody is
 * linked by what a vendor says of them. The code is stored as its hash, holds for ten minutes, once.
 */
import { randomInt } from 'node:crypto';
import type { ChatAccount, ChatCode } from '../../shared/chat.ts';
import { fail } from '../../shared/errors.ts';
import { hashSecret, makeId } from '../accounts/secret.ts';
import type { State, StateTransaction } from '../state/database.ts';

/** Without look-alikes; 59 bits. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
const codeLength = 12;
const codeMs = 10 * 60_000;
/** A person has one account per room, seldom two. */
const accountsAtMost = 20;

/** @throws EvenkeelError CONFLICT */
export async function makeCode(state: State, user: string, now: number): Promise<ChatCode> {
  await state.deleteFrom('chat_codes').where('expires_at', '<=', now).execute();
  const code = Array.from({ length: codeLength }, () => letters[randomInt(letters.length)]).join('');
  const row = { code_hash: hashSecret(code), expires_at: now + codeMs };
  await state
    .insertInto('chat_codes')
    .values({ user_id: user, ...row })
    .onConflict((at) => at.column('user_id').doUpdateSet(row))
    .execute();
  return { code: code.replace(/(.{4})(?=.)/g, '$1-'), expiresAt: row.expires_at };
}

/** Inside the transaction that notes the event. @returns the user's name; null: no such code */
export async function linkAccount(
  db: StateTransaction,
  at: { room: string; account: string; shown: string; code: string; now: number },
): Promise<string | null> {
  const { room, account, shown, code, now } = at;
  const used = db.deleteFrom('chat_codes').where('code_hash', '=', hashSecret(code)).where('expires_at', '>', now);
  const row = await used.returning('user_id').executeTakeFirst();
  if (!row) return null;
  const of = db.selectFrom('users').select('name').where('id', '=', row.user_id).where('disabled_at', 'is', null);
  const user = await of.executeTakeFirst();
  if (!user) return null;
  const set = { user_id: row.user_id, shown: shown.slice(0, 200), linked_at: now };
  await db
    .insertInto('chat_accounts')
    .values({ id: makeId('ca'), room, account, ...set })
    .onConflict((conflict) => conflict.columns(['room', 'account']).doUpdateSet(set))
    .execute();
  const all = db.selectFrom('chat_accounts').select('id').where('user_id', '=', row.user_id);
  const old = await all.orderBy('linked_at', 'desc').offset(accountsAtMost).limit(100).execute();
  for (const { id } of old) await db.deleteFrom('chat_accounts').where('id', '=', id).execute();
  return user.name;
}

export const accountsOf = async (state: State, user: string): Promise<ChatAccount[]> => {
  const rows = state.selectFrom('chat_accounts').selectAll().where('user_id', '=', user).orderBy('linked_at');
  return (await rows.execute()).map(({ id, room, shown, linked_at: linkedAt }) => ({ id, room, shown, linkedAt }));
};

/** @throws EvenkeelError NOT_FOUND */
export async function unlinkAccount(state: State, user: string, id: string): Promise<void> {
  const gone = state.deleteFrom('chat_accounts').where('id', '=', id).where('user_id', '=', user);
  if ((await gone.executeTakeFirst()).numDeletedRows === 0n) throw fail('NOT_FOUND', { what: 'chat account', id });
}

/** Asked each time: whoever was disabled since does nothing more. */
export const userOfAccount = (state: State, room: string, account: string) =>
  state
    .selectFrom('chat_accounts')
    .innerJoin('users', 'users.id', 'chat_accounts.user_id')
    .select(['users.id', 'users.name', 'chat_accounts.id as link'])
    .where('room', '=', room)
    .where('account', '=', account)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
