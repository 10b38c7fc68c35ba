/** Rows of requests to get access back. Whether the person is known changes no statement that a stranger waits for. */
import { createHash, createHmac, randomInt } from 'node:crypto';
import { hashSecret, sameText } from '../accounts/secret.ts';
import type { State, StateTransaction } from '../state/database.ts';
import type { RecoveryWay } from './rules.ts';

const minute = 60_000;
/** A person who confirms reads the mail first, and speaks with whoever asks. */
export const validMs = { mail: 10 * minute, manager: 60 * minute, approver: 60 * minute } as const;
/** So long the link to the provider is shown. */
export const shownMs = 10 * minute;
const triesAtMost = 5;
const digits = 8;

/** `0123 4567`: read aloud in two halves. */
export const makeCode = (): string => String(randomInt(10 ** digits)).padStart(digits, '0');
export const codeShown = (code: string): string => `${code.slice(0, digits / 2)} ${code.slice(digits / 2)}`;
/** Of what was typed, in digits of any width; null where it is none. */
export function codeIn(text: string | undefined): string | null {
  const plain = (text ?? '').normalize('NFKC').replace(/[\s-]/g, '');
  return plain.length === digits && /^\d+$/.test(plain) ? plain : null;
}
/** What whoever asks reads to the person who confirms: the same at each look at the page, and stored nowhere. */
export const spokenCode = (secret: string): string => {
  const first = createHmac('sha256', secret).update('spoken').digest().readUIntBE(0, 6);
  return String(first % 10 ** digits).padStart(digits, '0');
};
/** Without the secret of who enters it, nobody finds the code in the database by trying all of them. */
export const codeHash = (secret: string, code: string): string =>
  createHash('sha256').update(`${secret} ${code}`).digest('hex');

export interface NewRequest {
  secret: string;
  way: RecoveryWay;
  reach: string;
  endpoint: string | null;
  language: string;
  now: number;
}

export async function addRequest(state: State, made: NewRequest): Promise<number> {
  const { secret, way, reach, endpoint, language, now } = made;
  const { id } = await state
    .insertInto('recovery_requests')
    .values({
      ...{ secret_hash: hashSecret(secret), person: null, way, reach, endpoint, state: 'waiting', code_hash: null },
      ...{ confirm_hash: null, ticket: null, language, made_at: now, expires_at: now + validMs[way], decided_at: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return Number(id);
}

/** Of the last day. */
export async function countOf(state: State, person: string, since: number): Promise<number> {
  const rows = state.selectFrom('recovery_requests').where('person', '=', person).where('made_at', '>', since);
  const { n } = await rows.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return Number(n);
}

/** By address or number, as the directory has them. */
export async function personNamed(state: State, who: string) {
  const people = state.selectFrom('directory_people').selectAll().where('left_at', 'is', null);
  const found = await people
    .where((is) => is.or([is('mail_key', '=', who.toLowerCase()), is('ref', '=', who)]))
    .limit(2)
    .execute();
  return found.length === 1 ? found[0] : undefined;
}
export type NamedPerson = NonNullable<Awaited<ReturnType<typeof personNamed>>>;

export async function personById(db: State | StateTransaction, id: string): Promise<NamedPerson | undefined> {
  return db.selectFrom('directory_people').selectAll().where('id', '=', id).executeTakeFirst();
}

const bySecret = { own: 'secret_hash', confirm: 'confirm_hash' } as const;
export type SecretKind = keyof typeof bySecret;

export const requestBy = (state: State, kind: SecretKind, secret: string) =>
  state.selectFrom('recovery_requests').selectAll().where(bySecret[kind], '=', hashSecret(secret)).executeTakeFirst();
export type RecoveryRow = NonNullable<Awaited<ReturnType<typeof requestBy>>>;

/** Whether nobody decided it yet, and there is still time and a try. */
export const isOpen = ({ state, tries, expires_at }: RecoveryRow, now: number): boolean =>
  state === 'waiting' && tries < triesAtMost && expires_at > now;

/**
 * One try, counted before it is looked at: of many at once none is free.
 * @returns null where there are none left, or it is over
 */
export async function tryCode(state: State, { id }: RecoveryRow, secret: string, code: string, now: number) {
  const row = await state
    .updateTable('recovery_requests')
    .set(({ eb }) => ({ tries: eb('tries', '+', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('tries', '<', triesAtMost)
    .where('expires_at', '>', now)
    .returning(['code_hash', 'tries'])
    .executeTakeFirst();
  if (!row) return null;
  const isRight = sameText(row.code_hash ?? '', codeHash(secret, code)) && row.code_hash !== null;
  return { isRight, isLast: Number(row.tries) >= triesAtMost };
}

/** Once: the code ends with it. @returns whether it was open until then */
export async function decide(
  db: StateTransaction,
  id: number,
  as: 'verified' | 'refused',
  { ticket, now }: { ticket: number; now: number },
): Promise<boolean> {
  const row = await db
    .updateTable('recovery_requests')
    .set({ state: as, ticket, decided_at: now, code_hash: null, confirm_hash: null })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
