/** Second factors of people who log in with a password: codes of an app, recovery codes, and who must have one. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/database.ts';
import { isRole } from './roles.ts';
import { hashSecret, makeId } from './secret.ts';
import { stepOf, uriOf } from './totp.ts';

export interface SecondFactors {
  /** When it was turned on, and how many recovery codes are left; null: it is off. */
  of(userId: string): Promise<{ since: number; recoveryLeft: number } | null>;
  /** Users who have one. */
  on(): Promise<ReadonlySet<string>>;
  /** A seed that waits for its first code. @throws EvenkeelError CONFLICT when one is on */
  begin(user: { id: string; name: string }): Promise<{ key: string; uri: string }>;
  /** The first code proves the app. @returns the recovery codes, which are shown once. @throws EvenkeelError WRONG_CODE, TOO_MANY_CODES */
  turnOn(userId: string, code: string): Promise<string[]>;
  /**
   * A code of the app, or a recovery code, each once. Without a second factor nothing is asked.
   * @throws EvenkeelError CODE_NEEDED, WRONG_CODE, TOO_MANY_CODES
   */
  check(userId: string, code: string | undefined): Promise<void>;
  /** @returns whether there was one */
  remove(userId: string): Promise<boolean>;
  /** Whose log-in with a password needs one. */
  required(): readonly Role[];
  require(roles: readonly Role[]): Promise<void>;
}

const settingKey = 'second factor required';
const triesAtMost = 5;
const triesMs = 15 * 60_000;
const recoveryCodes = 10;

/** In the data folder, and in a backup of it that has a passphrase. */
const keyFile = 'secrets.key';

/** Made when it is first needed. @param folder null: for this process alone */
function keyIn(folder: string | null): Buffer {
  if (folder === null) return randomBytes(32);
  const path = join(folder, keyFile);
  try {
    writeFileSync(path, randomBytes(32), { mode: 0o600, flag: 'wx' });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  }
  return readFileSync(path);
}

function boxUnder(key: () => Buffer) {
  return {
    /** @param owner the box opens for this user alone */
    close(seed: Buffer, owner: string): string {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key(), nonce).setAAD(Buffer.from(owner));
      const text = Buffer.concat([cipher.update(seed), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
    },
    /** Null where the key is another one, as after a restore of a backup without keys. */
    open(box: string, owner: string): Buffer | null {
      const bytes = Buffer.from(box, 'base64url');
      try {
        const cipher = createDecipheriv('aes-256-gcm', key(), bytes.subarray(0, 12)).setAAD(Buffer.from(owner));
        cipher.setAuthTag(bytes.subarray(12, 28));
        return Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]);
      } catch {
        return null;
      }
    },
  };
}

const listIn = (json: string): string[] => JSON.parse(json) as string[];
const plainCode = (code: string) => code.toLowerCase().replace(/[\s-]/g, '');

export async function createSecondFactors(
  state: State,
  now: () => number,
  folder: string | null,
): Promise<SecondFactors> {
  let key: Buffer | null = null;
  const box = boxUnder(() => {
    key ??= keyIn(folder);
    return key;
  });
  const tries = new Map<string, number[]>();
  const kept = await state.selectFrom('settings').select('value').where('key', '=', settingKey).executeTakeFirst();
  let roles: readonly Role[] = kept ? listIn(kept.value).filter(isRole) : [];

  const find = (userId: string) =>
    state.selectFrom('second_factors').selectAll().where('user_id', '=', userId).executeTakeFirst();

  /** Six digits are guessed in a million tries: each counts, right ones are forgotten. */
  function countTry(userId: string): void {
    const recent = (tries.get(userId) ?? []).filter((at) => at > now() - triesMs && at <= now());
    if (recent.length >= triesAtMost)
      throw fail('TOO_MANY_CODES', { minutes: Math.ceil(((recent[0] as number) + triesMs - now()) / 60_000) });
    tries.set(userId, [...recent, now()]);
  }

  /** Taken once: decided inside the database. */
  async function takeCode(userId: string, seed: Buffer | null, code: string): Promise<boolean> {
    const step = seed && stepOf(seed, code, now());
    if (step == null) return false;
    const taken = state.updateTable('second_factors').set({ last_step: step });
    const { numUpdatedRows } = await taken
      .where('user_id', '=', userId)
      .where('last_step', '<', step)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async function takeRecovery(userId: string, code: string): Promise<boolean> {
    return state.transaction().execute(async (db) => {
      const rows = db.selectFrom('second_factors').select('recovery').where('user_id', '=', userId);
      const left = listIn((await rows.executeTakeFirst())?.recovery ?? '[]');
      const hash = hashSecret(code);
      if (!left.includes(hash)) return false;
      const recovery = JSON.stringify(left.filter((one) => one !== hash));
      await db.updateTable('second_factors').set({ recovery }).where('user_id', '=', userId).execute();
      return true;
    });
  }

  return {
    async of(userId) {
      const row = await find(userId);
      if (!row || row.on_since === null) return null;
      return { since: row.on_since, recoveryLeft: listIn(row.recovery).length };
    },

    async on() {
      const rows = state.selectFrom('second_factors').select('user_id').where('on_since', 'is not', null);
      return new Set((await rows.execute()).map((row) => row.user_id));
    },

    async begin({ id, name }) {
      const row = await find(id);
      if (row && row.on_since !== null)
        throw fail('CONFLICT', { problem: 'a second factor is on already; turn it off first' });
      const seed = randomBytes(20);
      const fresh = { seed: box.close(seed, id), on_since: null, last_step: 0, recovery: '[]' };
      await state
        .insertInto('second_factors')
        .values({ user_id: id, ...fresh })
        .onConflict((clash) => clash.column('user_id').doUpdateSet(fresh))
        .execute();
      const uri = uriOf(seed, name, 'Evenkeel');
      return { key: new URL(uri).searchParams.get('secret') ?? '', uri };
    },

    async turnOn(userId, code) {
      const row = await find(userId);
      if (!row || row.on_since !== null)
        throw fail('CONFLICT', { problem: 'no second factor waits for its first code' });
      countTry(userId);
      if (!(await takeCode(userId, box.open(row.seed, userId), plainCode(code)))) throw fail('WRONG_CODE');
      tries.delete(userId);
      // Read aloud without mistakes, and far more than can be guessed in five tries.
      const codes = Array.from({ length: recoveryCodes }, () => makeId('r').slice(1, 11));
      const recovery = JSON.stringify(codes.map(hashSecret));
      const on = state.updateTable('second_factors').set({ on_since: now(), recovery });
      await on.where('user_id', '=', userId).execute();
      return codes.map((one) => `${one.slice(0, 5)}-${one.slice(5)}`);
    },

    async check(userId, code) {
      const row = await find(userId);
      if (!row || row.on_since === null) return;
      if (code === undefined || code === '') throw fail('CODE_NEEDED');
      countTry(userId);
      const plain = plainCode(code);
      const isRight = /^\d{6}$/.test(plain)
        ? await takeCode(userId, box.open(row.seed, userId), plain)
        : await takeRecovery(userId, plain);
      if (!isRight) throw fail('WRONG_CODE');
      tries.delete(userId);
    },

    async remove(userId) {
      const gone = await state.deleteFrom('second_factors').where('user_id', '=', userId).executeTakeFirst();
      tries.delete(userId);
      return gone.numDeletedRows > 0n;
    },

    required: () => roles,
    async require(next) {
      const value = JSON.stringify(next);
      await state
        .insertInto('settings')
        .values({ key: settingKey, value })
        .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
        .execute();
      roles = next;
    },
  };
}
