/**
 * Files of tickets: what is taken, where it lies, who put it there. A file is stored before the row that names it is
 * committed, so a crash leaves at most a file without a row, which the nightly sweep removes.
 */
import { type AttachmentRefusal, type AttachmentView, attachmentLimits } from '../../shared/attachment.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { StateTransaction } from '../state/database.ts';
import type { Chore } from '../state/housekeeping.ts';
import type { State } from '../state/open.ts';
import { safeName, shownName } from './names.ts';
import { createFileStore } from './store.ts';
import { typeOf } from './types.ts';

export interface OfferedFile {
  /** As its sender calls it. */
  name: string | undefined;
  content: Buffer;
}

/** Stored, and not of any ticket yet. */
export interface KeptFile {
  hash: string;
  name: string;
  type: string;
  size: number;
}

export interface RefusedFile {
  name: string;
  size: number;
  why: AttachmentRefusal;
}

export interface Attachments {
  list(ticket: number): Promise<AttachmentView[]>;
  /** @throws EvenkeelError NOT_FOUND, CONFLICT, FILE_REFUSED */
  add(ticket: number, by: string, file: OfferedFile & { isPublic: boolean }): Promise<AttachmentView>;
  /** @throws EvenkeelError NOT_FOUND */
  read(ticket: number, id: number): Promise<{ name: string; type: string; content: Buffer }>;
  /** @throws EvenkeelError NOT_FOUND */
  remove(ticket: number, id: number): Promise<void>;
  /** Stores what may be kept of a message. @param ticket that it is for; null: a new one */
  keep(files: readonly OfferedFile[], ticket: number | null): Promise<{ kept: KeptFile[]; refused: RefusedFile[] }>;
  /** In the transaction of the caller. */
  attach(
    db: StateTransaction,
    ticket: number,
    files: readonly KeptFile[],
    by: string,
    isPublic: boolean,
  ): Promise<void>;
  /** Each night: removes bytes that no row names. */
  chore: Chore;
  /** Of erased rows no bytes are left, before the free pages of the state are overwritten. */
  shredBy(shred: (state: State) => Promise<void>): (state: State) => Promise<void>;
}

interface AttachmentsParts {
  state: State;
  clock: Clock;
  changeFeed: ChangeFeed;
  /** The data folder. */
  data: string;
  /** Into the history of the ticket: a file that somebody added by hand. */
  note(db: StateTransaction, added: { ticket: number; by: string; name: string; isPublic: boolean }): Promise<void>;
  limits?: { file: number; ticket: number; all: number; files: number };
}

/** A file that was just stored waits for its row. */
const waitMs = 3_600_000;
const justNowMs = 60_000;

export function createAttachments(parts: AttachmentsParts): Attachments {
  const { state, clock, changeFeed, limits = attachmentLimits } = parts;
  const store = createFileStore(parts.data);

  async function used(ticket: number | null): Promise<{ files: number; bytes: number; all: number }> {
    const sum = state
      .selectFrom('attachments')
      .select(({ fn }) => [fn.sum<number | null>('size').as('bytes'), fn.countAll<number>().as('files')]);
    const all = await sum.executeTakeFirstOrThrow();
    const own = ticket === null ? null : await sum.where('ticket', '=', ticket).executeTakeFirstOrThrow();
    return { files: Number(own?.files ?? 0), bytes: Number(own?.bytes ?? 0), all: Number(all.bytes ?? 0) };
  }

  async function keep(files: readonly OfferedFile[], ticket: number | null) {
    const room = await used(ticket);
    const [kept, refused]: [KeptFile[], RefusedFile[]] = [[], []];
    for (const { name: claimed, content } of files) {
      const size = content.length;
      const type = typeOf(content);
      const why: AttachmentRefusal | null =
        size === 0
          ? 'empty'
          : size > limits.file
            ? 'too_big'
            : type === null
              ? 'type'
              : room.files >= limits.files
                ? 'too_many'
                : room.bytes + size > limits.ticket
                  ? 'ticket_full'
                  : room.all + size > limits.all
                    ? 'all_full'
                    : null;
      if (why !== null || type === null) {
        refused.push({ name: shownName(claimed), size, why: why ?? 'type' });
        continue;
      }
      kept.push({ hash: await store.put(content), name: safeName(claimed, type), type: type.type, size });
      room.files += 1;
      room.bytes += size;
      room.all += size;
    }
    return { kept, refused };
  }

  async function attach(
    db: StateTransaction,
    ticket: number,
    files: readonly KeptFile[],
    by: string,
    isPublic: boolean,
  ) {
    const at = clock.now();
    const shared = { ticket, is_public: isPublic ? 1 : 0, at, by_user: by };
    if (files.length > 0)
      await db
        .insertInto('attachments')
        .values(files.map((file) => ({ ...file, ...shared })))
        .execute();
  }

  const rowsOf = (ticket: number) => state.selectFrom('attachments').selectAll().where('ticket', '=', ticket);

  async function rowOf(ticket: number, id: number) {
    const row = await rowsOf(ticket).where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: `file of ticket ${ticket}`, id });
    return row;
  }

  async function sweep(olderMs = waitMs): Promise<number> {
    return store.sweep(async (hashes) => {
      if (hashes.length === 0) return new Set();
      const rows = await state.selectFrom('attachments').select('hash').where('hash', 'in', hashes).execute();
      return new Set(rows.map(({ hash }) => hash));
    }, olderMs);
  }

  return {
    list: async (ticket) => (await rowsOf(ticket).orderBy('id').execute()).map(viewOf),
    async add(ticket, by, { isPublic, ...file }) {
      const found = state.selectFrom('tickets').select('state').where('id', '=', ticket);
      const row = await found.executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'ticket', id: ticket });
      if (row.state === 'closed' || row.state === 'cancelled')
        throw fail('CONFLICT', { problem: `ticket ${ticket} is ${row.state}; open a new one that refers to it` });
      const { kept, refused } = await keep([file], ticket);
      const [bad] = refused;
      if (bad) throw refusal('FILE_REFUSED', whyRefused[bad.why](limits), { name: bad.name });
      await state.transaction().execute(async (db) => {
        await attach(db, ticket, kept, by, isPublic);
        for (const { name } of kept) await parts.note(db, { ticket, by, name, isPublic });
      });
      changeFeed.publish({ kind: 'ticket', ticket });
      const [made] = await rowsOf(ticket).orderBy('id', 'desc').limit(1).execute();
      return viewOf(made as NonNullable<typeof made>);
    },
    async read(ticket, id) {
      const { name, type, hash } = await rowOf(ticket, id);
      const content = await store.get(hash);
      if (content === null) throw fail('FILE_MISSING', { name, ticket });
      return { name, type, content };
    },
    async remove(ticket, id) {
      await rowOf(ticket, id);
      await state.deleteFrom('attachments').where('id', '=', id).execute();
      changeFeed.publish({ kind: 'ticket', ticket });
    },
    keep,
    attach,
    chore: { name: 'files of no ticket', run: () => sweep() },
    shredBy: (shred) => async (all) => {
      await sweep(justNowMs);
      await shred(all);
    },
  };
}

type FileLimits = NonNullable<AttachmentsParts['limits']>;

const whyRefused: Readonly<Record<AttachmentRefusal, (limits: FileLimits) => Reason>> = {
  empty: () => reason('file_empty'),
  too_big: ({ file }) => reason('file_too_big', { limit_bytes: file }),
  type: () => reason('file_type'),
  ticket_full: ({ ticket }) => reason('file_ticket_full', { limit_bytes: ticket }),
  too_many: ({ files }) => reason('file_too_many', { n: files }),
  all_full: ({ all }) => reason('file_all_full', { limit_bytes: all }),
};

interface AttachmentRow extends KeptFile {
  id: number;
  is_public: number;
  at: number;
  by_user: string;
}

const viewOf = ({ id, name, type, size, is_public, at, by_user }: AttachmentRow): AttachmentView => ({
  ...{ id, name, type, size, isPicture: type.startsWith('image/'), isPublic: is_public === 1, at, by: by_user },
});
