/**
 * The one SQLite file: blocks that the backend does not hold yet, the names behind the ids, and what was received of
 * each epoch. Only the main thread opens it, for itself alone.
 */

import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Fresh } from './dictionary.ts';
import { defineHash, namesOn, type SeriesNames, tables as tablesOfNames, upgrade as upgradeNames } from './names.ts';
import { blockOf, type JournalBlock } from './record.ts';

const schema = 4;

const backFromNewer =
  'Start the newer version again, or restore a backup from before the update: npm run collector -- restore BACKUP --data NEWFOLDER';

const tables = `
  create table frames (id integer primary key, crc integer not null, body blob not null);
  create table watermark (id integer primary key check (id = 0), through integer not null, last_segment integer not null);
  insert into watermark values (0, 0, 0);
  create table endpoints (id integer primary key, name text not null unique, forgotten_at integer not null default 0,
    part_of text);
  create table receipts (
    id integer primary key, endpoint integer not null, epoch text not null, through integer not null,
    also text not null, seen_at integer not null, digests blob, unique (endpoint, epoch)
  );
  ${tablesOfNames}
  insert into series_filled values (0);
`;
/** From schema to schema. */
const upgrades: Record<number, string> = {
  1: 'alter table receipts add column digests blob;',
  2: 'alter table endpoints add column part_of text;',
  3: upgradeNames,
};

export interface ReceiptRow {
  id: number;
  endpoint: number;
  epoch: string;
  through: number;
  also: [number, number][];
  /** Of its newest numbers, see epochs.ts; null: as they were saved before. */
  digests: Uint8Array | null;
  seenAt: number;
}

export interface Sealed {
  id: number;
  bytes: Uint8Array;
}

export interface LoadedJournal {
  /** `partOf`: the name of the endpoint under which its samples are found. */
  endpoints: { id: number; name: string; forgottenAt: number; partOf: string | null }[];
  receipts: ReceiptRow[];
}

export interface Journal {
  load(): LoadedJournal;
  readonly names: SeriesNames;
  /** Blocks that the backend does not hold yet, after `after`, in order; `damaged` gets the ids of those left out. */
  blocks(damaged: (id: number) => void, after?: number): Iterable<JournalBlock & Sealed>;
  readonly lastBlock: number;
  /** One durable commit: blocks with the names and epochs that they use first, and some trimming on the way. */
  commit(blocks: readonly Sealed[], fresh: Fresh, epochs: readonly ReceiptRow[]): void;
  saveReceipts(receipts: readonly ReceiptRow[]): void;
  /** Of an epoch, as they were saved last. */
  digests(epoch: number): Uint8Array | null;
  /** Those seen before, and of these epochs. */
  dropReceipts(before: number, epochs: readonly number[]): void;
  /** One commit: the rows of the backend's own tables, and that it holds blocks up to `through` from now on. */
  advance(through: number | null, record: () => void): void;
  /** For the tables of the backend. */
  readonly database: DatabaseSync;
  forget(endpoint: number, at: number): void;
  adopt(from: string, to: string): void;
  /** Whether there are receipts or names of series of it. */
  holds(endpoint: number): boolean;
  /** Receipts of these go, with the blocks that the backend holds; their series count as having left long ago. */
  erase(endpoints: readonly number[]): void;
  /** What was deleted is no longer in the file, neither in free pages nor in its log. */
  shred(): void;
  close(): void;
}

/** Trimmed blocks deleted per commit: more would make the agents behind that commit wait. */
const trimmedACommit = 64;

/**
 * Opens or makes the journal.
 * @throws EvenkeelError DATA_CORRUPT, DATA_NEWER, DATA_IN_USE
 */
export function openJournal(file: string): Journal {
  const database = openDatabase(file);
  return journalOn(database);
}

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 500 });
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
    // A group commit is 5 to 500 pages: 16 MB between two checkpoints keep these rare.
    database.exec('pragma wal_autocheckpoint = 4000');
    const found = Number(database.prepare('pragma user_version').get()?.user_version);
    if (found > schema) throw fail('DATA_NEWER', { path: file, found, known: schema, todo: backFromNewer });
    const verdict = database.prepare('pragma quick_check(1)').get()?.quick_check;
    if (verdict !== 'ok') throw new Error(String(verdict));
    const changes =
      found === 0
        ? tables
        : Object.entries(upgrades)
            .flatMap(([from, sql]) => (Number(from) < found ? [] : sql))
            .join(' ');
    defineHash(database);
    if (changes) database.exec(`begin immediate; ${changes} pragma user_version = ${schema}; commit`);
    return database;
  } catch (thrown) {
    database?.close();
    if (thrown instanceof EvenkeelError) throw thrown;
    if (/locked|busy/.test(reasonOf(thrown))) throw fail('DATA_IN_USE', { path: file, pid: 'unknown' }, thrown);
    if (/unable to open|readonly|permission/.test(reasonOf(thrown)))
      throw fail('DATA_NOT_WRITABLE', { path: file, reason: reasonOf(thrown) }, thrown);
    throw fail('DATA_CORRUPT', { path: file, reason: reasonOf(thrown) }, thrown);
  }
}

function journalOn(database: DatabaseSync): Journal {
  const prepare = (text: string) => database.prepare(text);
  const begin = prepare('begin immediate');
  const commit = prepare('commit');
  const insertBlock = prepare('insert into frames (id, crc, body) values (?, ?, ?)');
  const has = prepare(
    'select exists(select 1 from receipts where endpoint = ?) or exists(select 1 from series where endpoint = ?) as has',
  );
  const insertEndpoint = prepare('insert into endpoints (id, name) values (?, ?)');
  const trim = prepare('delete from frames where id <= ?');
  const saveReceipt = prepare(
    'insert into receipts (id, endpoint, epoch, through, also, seen_at, digests) values (?, ?, ?, ?, ?, ?, ?)' +
      ' on conflict (id) do update set through = excluded.through, also = excluded.also, seen_at = excluded.seen_at,' +
      ' digests = coalesce(excluded.digests, digests)',
  );
  const moveWatermark = prepare('update watermark set through = ?');
  const readDigests = prepare('select digests from receipts where id = ?');
  const first = Number(prepare('select min(id) as id from frames').get()?.id ?? 0);
  let { through, lastBlock } = prepare(
    'select through, max(through, coalesce((select max(id) from frames), 0)) as lastBlock from watermark',
  ).get() as { through: number; lastBlock: number };
  /** The oldest block that may still be there. */
  let oldest = first || lastBlock + 1;

  const transaction = (work: () => void) => {
    begin.run();
    try {
      work();
      commit.run();
    } catch (thrown) {
      // A failed commit, such as on a full disk, may have rolled back by itself.
      if (database.isTransaction) database.exec('rollback');
      throw thrown;
    }
  };
  const names = namesOn(database, transaction);
  const save = (receipts: readonly ReceiptRow[]) => {
    for (const { id, endpoint, epoch, through: upTo, also, seenAt, digests } of receipts)
      saveReceipt.run(id, endpoint, epoch, upTo, JSON.stringify(also), seenAt, digests);
  };

  return {
    load: () => loadAll(database),
    names,
    *blocks(damaged, after = 0) {
      const rows = prepare('select id, crc, body from frames where id > ? order by id').iterate(
        Math.max(after, through),
      );
      for (const row of rows) {
        const bytes = row.body as Uint8Array;
        if (crc32(bytes) === row.crc) yield { ...blockOf(Number(row.id), bytes), bytes };
        else damaged(Number(row.id));
      }
    },
    get lastBlock() {
      return lastBlock;
    },
    commit(blocks, fresh, epochs) {
      const upTo = Math.min(through, oldest + trimmedACommit - 1);
      transaction(() => {
        for (const { id, name } of fresh.endpoints) insertEndpoint.run(id, name);
        names.add(fresh.lines, fresh.series);
        save(epochs);
        for (const { id, bytes } of blocks) insertBlock.run(id, crc32(bytes), bytes);
        if (upTo >= oldest) trim.run(upTo);
      });
      oldest = Math.max(oldest, upTo + 1);
      lastBlock = blocks.at(-1)?.id ?? lastBlock;
    },
    saveReceipts: (receipts) => transaction(() => save(receipts)),
    digests: (epoch) => (readDigests.get(epoch)?.digests ?? null) as Uint8Array | null,
    dropReceipts(before, epochs) {
      const drop = prepare('delete from receipts where id = ?');
      transaction(() => {
        prepare('delete from receipts where seen_at < ?').run(before);
        for (const id of epochs) drop.run(id);
      });
    },
    advance(upTo, record) {
      transaction(() => {
        record();
        if (upTo !== null) moveWatermark.run(upTo);
      });
      if (upTo !== null) through = upTo;
    },
    database,
    forget: (endpoint, at) => void prepare('update endpoints set forgotten_at = ? where id = ?').run(at, endpoint),
    adopt(from, to) {
      const change = prepare('update endpoints set part_of = ? where name = ? or part_of = ?');
      change.run(to, from, from);
    },
    holds: (endpoint) => has.get(endpoint, endpoint)?.has === 1,
    erase(endpoints) {
      transaction(() => {
        trim.run(through);
        for (const id of endpoints) {
          prepare('delete from receipts where endpoint = ?').run(id);
          prepare('update series set left_at = 0 where endpoint = ?').run(id);
        }
      });
    },
    shred: () => database.exec('vacuum; pragma wal_checkpoint(truncate)'),
    close: () => database.close(),
  };
}

function loadAll(database: DatabaseSync): LoadedJournal {
  const all = (text: string) => database.prepare(text).all();
  return {
    endpoints: all('select id, name, forgotten_at, part_of from endpoints').map((row) => ({
      id: Number(row.id),
      name: String(row.name),
      forgottenAt: Number(row.forgotten_at),
      partOf: row.part_of === null ? null : String(row.part_of),
    })),
    receipts: all('select id, endpoint, epoch, through, also, seen_at from receipts').map((row) => ({
      id: Number(row.id),
      endpoint: Number(row.endpoint),
      epoch: String(row.epoch),
      through: Number(row.through),
      also: JSON.parse(String(row.also)),
      digests: null,
      seenAt: Number(row.seen_at),
    })),
  };
}
