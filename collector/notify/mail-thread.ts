/**
 * How mails about a ticket find each other: each of ours has a signed name of its ticket in its Message-ID, and in the
 * address for answers where the server takes plus addresses. Only this collector can make one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isLanguage, type Language } from '../../shared/words/index.ts';
import { makeSecret } from '../accounts/secret.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';

/** Where answers go. */
export interface AnswerAddress {
  address: string;
  /** `desk+ek12-…@example.org` reaches it as well. */
  hasPlus: boolean;
}

/** What a mail to a requester says about its thread. */
export interface MailThread {
  messageId: string;
  /** Message-ID of the mail that it answers. */
  answers: string | null;
  replyTo: string;
  /** For those whose programs keep neither: `[#12]`. */
  tag: string;
}

const keyName = 'mail_thread_key';
/** 80 bits: too many to try by mail. In hex, as some servers change the case of addresses. */
const signatureLength = 20;
const tokens = /(?<![\w-])ek([1-9]\d{0,14})-([0-9a-f]{20})(?![\w-])/gi;

/** Made at the first call; part of the state, and so of its backups: answers to old mails find their ticket after a restore. */
export async function threadKey(state: State | StateTransaction): Promise<string> {
  const row = state.selectFrom('settings').select('value').where('key', '=', keyName);
  const found = await row.executeTakeFirst();
  if (found) return found.value;
  await state
    .insertInto('settings')
    .values({ key: keyName, value: makeSecret() })
    .onConflict((clash) => clash.column('key').doNothing())
    .execute();
  return (await row.executeTakeFirstOrThrow()).value;
}

const signatureOf = (key: string, ticket: number) =>
  createHmac('sha256', key).update(`ticket/${ticket}`).digest('hex').slice(0, signatureLength);

const threadToken = (key: string, ticket: number): string => `ek${ticket}-${signatureOf(key, ticket)}`;

/** The tickets that a text names with a signature of ours, in its order. */
export function ticketsSigned(key: string, text: string): number[] {
  return [...text.matchAll(tokens)].flatMap(([, number, signature = '']) => {
    const ticket = Number(number);
    const right = Buffer.from(signatureOf(key, ticket));
    return timingSafeEqual(right, Buffer.from(signature.toLowerCase())) ? [ticket] : [];
  });
}

/** @param id of the message, the same at each attempt */
export async function threadOf(
  state: State,
  { address, hasPlus }: AnswerAddress,
  ticket: number,
  id: string,
): Promise<MailThread & { language: Language | null }> {
  const token = threadToken(await threadKey(state), ticket);
  const [local = '', domain = ''] = address.split(/@(?=[^@]*$)/);
  const last = await state
    .selectFrom('mail_messages')
    .select(['message_id', 'language'])
    .where('ticket', '=', ticket)
    .where('outcome', 'in', ['ticket', 'comment'])
    .where('is_auto', '=', 0)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    messageId: `<${token}.${id}@${domain}>`,
    answers: last?.message_id ?? null,
    replyTo: hasPlus ? `${local}+${token}@${domain}` : address,
    tag: `[#${ticket}]`,
    language: last?.language && isLanguage(last.language) ? last.language : null,
  };
}
