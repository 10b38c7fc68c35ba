/**
 * One message becomes a ticket, a comment, or is put aside. The row that says that it was taken is committed together with
 * what was made of it: however often it is read again, it is one.
 */
import type { Clock } from '../../shared/clock.ts';
import { defaultLanguage, word } from '../../shared/words/index.ts';
import type { Attachments, KeptFile, RefusedFile } from '../attachments/attachments.ts';
import { addressIn } from '../notify/address-in.ts';
import { threadKey, ticketsSigned } from '../notify/mail-thread.ts';
import { confirmByMail, type TicketNotifying } from '../notify/of-ticket.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { monitor, note } from '../tickets/events.ts';
import { continuedAs } from '../tickets/merge.ts';
import type { Tickets } from '../tickets/tickets.ts';
import { createMailBooks, type MailPlace, type Taken, titleAtMost } from './books.ts';
import { titleIn } from './headers.ts';
import { withoutQuoted } from './quoted.ts';
import type { MailSource, ReadMail } from './read.ts';
import type { MailInPlace } from './settings.ts';

export interface TakingParts {
  state: State;
  clock: Clock;
  tickets: Pick<Tickets, 'create' | 'comment' | 'reopen'>;
  notify: TicketNotifying;
  attachments: Pick<Attachments, 'keep' | 'attach'>;
  place: MailInPlace;
}

const textAtMost = 10_000;

export function createTaking(parts: TakingParts) {
  const { state, clock, tickets, notify, attachments } = parts;
  const books = createMailBooks(parts);
  const { known, isTooMany, isHourFull, mayAnswer, rowOf, putAside, threadOf } = books;

  async function take(at: MailPlace, mail: ReadMail, source: MailSource): Promise<Taken> {
    const before = await known(at, mail.hash);
    if (before) return before.outcome === 'aside' ? 'aside' : 'taken';
    // Our own mail, as a list or a rule of the server gives it back.
    if (mail.messageId !== null && ticketsSigned(await threadKey(state), mail.messageId).length > 0)
      return putAside(at, mail, 'own');
    if (mail.sender !== null && (await isTooMany(mail.sender.address))) return putAside(at, mail, 'too_many');
    if (await isHourFull()) return 'waits';
    const thread = await threadOf(mail, source);
    if (mail.author === 'bounce') return takeBounce(at, mail, thread);
    if (mail.sender === null) return putAside(at, mail, 'no_sender');
    const sender = mail.sender.address;
    const isRequester = thread !== null && addressIn(thread.ticket.requester ?? '')?.toLowerCase() === sender;
    // A number or a Message-ID alone can be made up by anybody.
    const isTheirs = thread !== null && (thread.isSigned || isRequester);
    if (mail.author === 'auto_reply' && !isTheirs) return putAside(at, mail, 'auto_reply');
    if (!isTheirs) return openTicket(at, mail, source, { named: thread?.ticket.id ?? null, follows: null });
    const { id, state: name } = thread.ticket;
    if (name === 'closed' || name === 'cancelled') {
      if (mail.author === 'auto_reply') return putAside(at, mail, 'auto_reply');
      const other = await openAs(id);
      // Only for the desk: somebody else asked for that one.
      if (other)
        return comment(at, mail, source, { ...other, isRequester: false }, { fromRequester: true, ofTicket: id });
      return openTicket(at, mail, source, { named: null, follows: id });
    }
    return comment(at, mail, source, { ...thread.ticket, isRequester });
  }

  /** What a ticket that was merged goes on as; undefined: as nothing that is open. */
  async function openAs(id: number) {
    const other = await continuedAs(state, id);
    if (other === null) return undefined;
    const row = state.selectFrom('tickets').select(['id', 'state', 'requester']).where('id', '=', other.ticket);
    return row.where('state', 'not in', ['closed', 'cancelled']).executeTakeFirst();
  }

  async function takeBounce(
    at: MailPlace,
    mail: ReadMail,
    thread: Awaited<ReturnType<typeof threadOf>>,
  ): Promise<Taken> {
    // Only what repeats a signed id of ours came back from there.
    if (thread?.isSigned !== true) return putAside(at, mail, 'bounce');
    const { id } = thread.ticket;
    await state.transaction().execute(async (db) => {
      const row = { ...rowOf(at, mail, 'bounce'), ticket: id };
      await db.insertInto('mail_messages').values(row).execute();
      const data = JSON.stringify({ mail: 'bounced', recipient: mail.returned?.recipient ?? null });
      await note(db, id, clock.now(), monitor, 'comment', { text: mail.returned?.text ?? '', data });
    });
    return 'taken';
  }

  async function filesOf(mail: ReadMail, ticket: number | null, text: string) {
    // What is too long for a comment is whole beside it.
    const whole = text.length > textAtMost ? [{ name: 'message.txt', content: Buffer.from(text) }] : [];
    return attachments.keep([...whole, ...mail.files], ticket);
  }

  interface CommentedTicket {
    id: number;
    state: string;
    requester: string | null;
    isRequester: boolean;
  }

  async function comment(
    at: MailPlace,
    mail: ReadMail,
    source: MailSource,
    ticket: CommentedTicket,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<Taken> {
    const { id, requester } = ticket;
    const address = mail.sender?.address ?? '';
    const isTheirs = ticket.isRequester && mail.author === 'person';
    const by = ticket.isRequester && requester !== null ? requester : address;
    const { text, quoted } = withoutQuoted(mail.text);
    const files = await filesOf(mail, id, text);
    const facts = {
      ...(quoted === null ? {} : { quoted: quoted.slice(0, textAtMost) }),
      ...(mail.author === 'person' ? {} : { mail: 'auto' }),
      ...(ticket.isRequester ? {} : { mail: 'other' }),
      ...more,
    };
    // First: repeated after a crash it finds the ticket open.
    if (isTheirs && ticket.state === 'resolved') await tickets.reopen(id, by, null);
    await tickets.comment(
      id,
      by,
      { text: shortened(text), isPublic: isTheirs, isFromRequester: isTheirs, facts },
      async (db) => {
        await db
          .insertInto('mail_messages')
          .values({ ...rowOf(at, mail, 'comment'), ticket: id })
          .execute();
        await attach(parts, db, id, files, { by, isPublic: isTheirs, source, at });
      },
    );
    return 'taken';
  }

  async function openTicket(
    at: MailPlace,
    mail: ReadMail,
    source: MailSource,
    { named, follows }: { named: number | null; follows: number | null },
  ): Promise<Taken> {
    const { name, address } = mail.sender as NonNullable<ReadMail['sender']>;
    // What would end the name, or begin another address, is left out of it.
    const plain = name.replace(/[<>",;@]/g, '').trim();
    const requester = plain === '' ? address : `${plain} <${address}>`.slice(-128);
    const language = mail.language ?? defaultLanguage;
    const { text, quoted } = follows === null ? { text: mail.text, quoted: null } : withoutQuoted(mail.text);
    const files = await filesOf(mail, null, text);
    const answers = mail.author === 'person' && (await mayAnswer(address));
    const title = [
      ...(titleIn(mail.subject) || text.split('\n', 1)[0]?.trim().slice(0, 80) || word(language, 'mailIn.noSubject')),
    ]
      .slice(0, titleAtMost)
      .join('');
    await tickets.create(
      {
        ...{ title, text: shortened(text), endpoint: null, impact: 3, urgency: 3, by: address, requester },
        ...{ channel: 'mail', category: 'incident' },
      },
      async (db, id) => {
        const now = clock.now();
        const isAnswered = answers && (await confirmByMail(db, notify, { id, requester, at: now }));
        const row = { ...rowOf(at, mail, 'ticket'), ticket: id, is_answered: isAnswered ? 1 : 0 };
        await db.insertInto('mail_messages').values(row).execute();
        await attach(parts, db, id, files, { by: address, isPublic: true, source, at });
        const fact = (data: Record<string, unknown>) =>
          note(db, id, now, monitor, 'comment', { text: '', data: JSON.stringify(data) });
        if (named !== null) await fact({ mail: 'named', ticket: named });
        if (quoted !== null) await fact({ mail: 'quoted', quoted: quoted.slice(0, textAtMost) });
        if (follows !== null) await follow(db, id, follows, now);
      },
    );
    return 'taken';
  }

  return { known, take, putAside, isTooMany, isHourFull };
}

const shortened = (text: string) => (text.length > textAtMost ? `${text.slice(0, textAtMost - 1)}…` : text);

async function follow(db: StateTransaction, id: number, target: number, now: number): Promise<void> {
  const link = { kind: 'follows' as const, target: String(target) };
  await db.updateTable('tickets').set({ follows: target }).where('id', '=', id).execute();
  await db
    .insertInto('ticket_links')
    .values({ ticket: id, ...link, at: now, by_user: monitor })
    .execute();
  await note(db, id, now, monitor, 'linked', { data: JSON.stringify(link) });
}

/** Its files, and what is to be known of those that were not kept. */
async function attach(
  { attachments, clock, place }: TakingParts,
  db: StateTransaction,
  id: number,
  { kept, refused }: { kept: KeptFile[]; refused: RefusedFile[] },
  { by, isPublic, source, at }: { by: string; isPublic: boolean; source: MailSource; at: MailPlace },
): Promise<void> {
  await attachments.attach(db, id, kept, by, isPublic);
  const fact = (data: Record<string, unknown>) =>
    note(db, id, clock.now(), monitor, 'comment', { text: '', data: JSON.stringify(data) });
  if (!source.isWhole) await fact({ mail: 'too_big', bytes: at.size, folder: place.asideTo });
  if (refused.length > 0) await fact({ mail: 'files', files: refused.slice(0, 20) });
}
