/** Columns of the tables of mail that came in, and of files of tickets. */
import type { Generated } from 'kysely';
import type { Ms } from './columns.ts';

export interface MailTables {
  /** One row per message that was taken out of the mailbox, or put aside. */
  mail_messages: {
    id: Generated<number>;
    /** Server, user and folder. */
    mailbox: string;
    /** UIDVALIDITY: with another one the same UID is another message. */
    validity: string;
    uid: number;
    /** Of Message-ID, sender, date and subject: the same message under another UID is known by it. */
    hash: string;
    at: Ms;
    size: number;
    sender: string | null;
    subject: string | null;
    outcome: 'ticket' | 'comment' | 'bounce' | 'aside';
    /** Why it was put aside, or what is special about it, as a code. */
    why: string | null;
    ticket: number | null;
    /** What its sender is answered in; null: not known. */
    language: string | null;
    /** To which our answers refer. */
    message_id: string | null;
    /** 1: written by a program, and never answered by itself. */
    is_auto: Generated<number>;
    /** 1: its sender got an automatic answer. */
    is_answered: Generated<number>;
  };
  /** Files of tickets. Their bytes lie in the data folder under their hash. */
  attachments: {
    id: Generated<number>;
    ticket: number;
    /** SHA-256, hex. */
    hash: string;
    name: string;
    /** By its content. */
    type: string;
    size: number;
    /** 1: the requester may see it. */
    is_public: number;
    at: Ms;
    by_user: string;
  };
}
