/** The rows of what was taken: what is known of a message, how much came in an hour, and which ticket it belongs to. */
import type { Selectable } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import type { AsideReason } from '../../shared/mail-in.ts';
import { threadKey, ticketsSigned } from '../notify/mail-thread.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { ticketsNamed } from './headers.ts';
import { type MailSource, type ReadMail, returnedText } from './read.ts';
import type { MailInPlace } from './settings.ts';

/** Where a message lies. */
export interface MailPlace {
  mailbox: string;
  validity: string;
  uid: number;
  size: number;
}

/** `waits`: the limit of all messages of this hour is reached, and it stays where it is. */
export type Taken = 'taken' | 'aside' | 'waits';

type MailRow = Selectable<Database['mail_messages']>;
type NewMailRow = Omit<MailRow, 'id'>;

const hourMs = 3_600_000;
export const titleAtMost = 200;

export function createMailBooks({ state, clock, place }: { state: State; clock: Clock; place: MailInPlace }) {
  /** What was made of a message before; by its place, or where the server counts anew by what it is. */
  const known = (at: MailPlace, hash: string) =>
    state
      .selectFrom('mail_messages')
      .selectAll()
      .where((is) =>
        is.or([
          is.and([is('mailbox', '=', at.mailbox), is('validity', '=', at.validity), is('uid', '=', at.uid)]),
          ...(hash === '' ? [] : [is('hash', '=', hash)]),
        ]),
      )
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();

  const lastHour = () =>
    state
      .selectFrom('mail_messages')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('at', '>', clock.now() - hourMs);

  /** With those that were put aside for being too many: a storm stays one until it ends. */
  async function isTooMany(sender: string): Promise<boolean> {
    return Number((await lastHour().where('sender', '=', sender).executeTakeFirstOrThrow()).n) >= place.perSender;
  }

  /** Without what was put aside: a storm from one address leaves room for all others. */
  async function isHourFull(): Promise<boolean> {
    return Number((await lastHour().where('outcome', '!=', 'aside').executeTakeFirstOrThrow()).n) >= place.perHour;
  }

  async function mayAnswer(sender: string): Promise<boolean> {
    const rows = lastHour().where('sender', '=', sender).where('is_answered', '=', 1);
    return Number((await rows.executeTakeFirstOrThrow()).n) < place.answers;
  }

  const rowOf = (at: MailPlace, mail: ReadMail, outcome: MailRow['outcome']): NewMailRow => ({
    ...{ mailbox: at.mailbox, validity: at.validity, uid: at.uid, size: at.size, hash: mail.hash, at: clock.now() },
    ...{ sender: mail.sender?.address ?? null, subject: mail.subject.slice(0, titleAtMost), outcome },
    why: at.size > place.sizeAtMost ? 'too_big' : null,
    ...{ ticket: null, language: mail.language, message_id: mail.messageId },
    ...{ is_auto: mail.author === 'person' ? 0 : 1, is_answered: 0 },
  });

  async function putAside(at: MailPlace, mail: Partial<ReadMail>, why: AsideReason): Promise<Taken> {
    const whole: ReadMail = { ...nothingRead, ...mail };
    const row = { ...rowOf(at, whole, 'aside'), why };
    await state.insertInto('mail_messages').values(row).execute();
    return 'aside';
  }

  /** Where it belongs, and how sure that is. */
  async function threadOf(mail: ReadMail, source: MailSource) {
    const key = await threadKey(state);
    const text = mail.author === 'bounce' ? `${mail.signedText} ${returnedText(source)}` : mail.signedText;
    const signed = await existing(ticketsSigned(key, text));
    if (signed) return { ticket: signed, isSigned: true };
    const answered =
      mail.refersTo.length === 0
        ? undefined
        : await state
            .selectFrom('mail_messages')
            .select('ticket')
            .where('message_id', 'in', mail.refersTo.slice(0, 50))
            .where('ticket', 'is not', null)
            .orderBy('id', 'desc')
            .limit(1)
            .executeTakeFirst();
    const named = await existing([answered?.ticket ?? [], ticketsNamed(mail.subject)].flat());
    return named ? { ticket: named, isSigned: false } : null;
  }

  async function existing(ids: readonly number[]) {
    for (const id of ids.slice(0, 20)) {
      const found = state.selectFrom('tickets').select(['id', 'state', 'requester']).where('id', '=', id);
      const row = await found.executeTakeFirst();
      if (row) return row;
    }
    return null;
  }

  return { known, isTooMany, isHourFull, mayAnswer, rowOf, putAside, threadOf };
}

const nothingRead: ReadMail = {
  ...{ hash: '', messageId: null, refersTo: [], signedText: '', sender: null, author: 'machine', subject: '' },
  ...{ text: '', files: [], language: null, returned: null },
};
