/**
 * What mirrors have not got yet: blocks of the journal in a file of their own, each once for all mirrors, and how far each
 * mirror is. So a mirror that is away holds back neither the journal nor the store: what waits for it is bounded, and
 * beyond that the oldest is given up and counted. The main thread alone opens it.
 */
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { blockOf, eachRecord, eachSample, type JournalBlock } from '../series/journal/record.ts';

export interface QueuedBlock {
  id: number;
  bytes: Uint8Array;
}

export interface MirrorQueue {
  /** The block is durable in the journal. Copies its bytes. */
  add(block: QueuedBlock): void;
  /** What was added is on the disk when this returns, or its loss is counted. */
  flush(): void;
  /** The next blocks for a mirror, of about so many bytes; none when it has all. */
  next(mirror: string, bytes: number): JournalBlock[];
  /** The last block that the mirror needs no more: it has it, or that was given up. */
  through(mirror: string): number;
  /** The mirror needs nothing up to this block any more. */
  done(mirror: string, through: number): void;
  waitingBytes(mirror: string): number;
  /** Rewrites what waits without them. */
  erase(endpoints: ReadonlySet<number>): void;
  close(): void;
}

export interface QueueParts {
  file: string;
  /** The newest block of the journal at the start. */
  lastBlock: number;
  mirrors: readonly { name: string; keepBytes: number }[];
  log: Log;
  /** Samples that were given up for a mirror. */
  lost(mirror: string, samples: number): void;
}

/** While the disk takes nothing so much stays in memory. */
const mostPendingBytes = 8 * 1024 * 1024;

const tables = `
  create table if not exists blocks (id integer primary key, body blob not null);
  create table if not exists mirrors (name text primary key, through integer not null);
  create table if not exists newest (one integer primary key check (one = 0), id integer not null);
  insert or ignore into newest values (0, 0);
`;

export function openMirrorQueue(parts: QueueParts): MirrorQueue {
  const { mirrors, log, lost } = parts;
  const database = openFile(parts.file, log);
  const prepare = (text: string) => database.prepare(text);
  const newest = Number(prepare('select id from newest').get()?.id);
  // Another journal: its numbers mean other blocks, and its ids other names.
  if (newest > parts.lastBlock) database.exec('delete from blocks; delete from mirrors; update newest set id = 0');
  let last = newest > parts.lastBlock ? 0 : newest;
  const insert = prepare('insert into blocks (id, body) values (?, ?)');
  const noteNewest = prepare('update newest set id = ?');
  const noteThrough = prepare('insert or replace into mirrors (name, through) values (?, ?)');
  const dropThrough = prepare('delete from blocks where id <= ?');
  const after = prepare('select id, body from blocks where id > ? order by id');
  const cursors = new Map<string, { through: number; bytes: number; keepBytes: number }>();
  let pending: QueuedBlock[] = [];
  let pendingBytes = 0;
  let trouble: string | null = null;

  for (const { name, keepBytes } of mirrors) {
    const known = prepare('select through from mirrors where name = ?').get(name)?.through;
    // A new one gets what comes from now on.
    const through = known === undefined ? last : Number(known);
    const bytes = Number(
      prepare('select coalesce(sum(length(body)), 0) as n from blocks where id > ?').get(through)?.n,
    );
    cursors.set(name, { through, bytes, keepBytes });
    noteThrough.run(name, through);
  }
  for (const { name } of prepare('select name from mirrors').all())
    if (!cursors.has(String(name))) prepare('delete from mirrors where name = ?').run(name as string);

  const transaction = (work: () => void) => inTransaction(database, work);
  const forget = () => void dropThrough.run(Math.min(last, ...[...cursors.values()].map(({ through }) => through)));
  const cursorOf = (mirror: string) => {
    const cursor = cursors.get(mirror);
    if (!cursor) throw new Error(`there is no mirror ${mirror}`);
    return cursor;
  };
  const move = (mirror: string, through: number, bytes: number) => {
    const cursor = cursorOf(mirror);
    cursor.through = through;
    cursor.bytes -= bytes;
    noteThrough.run(mirror, through);
  };
  /** The oldest of a mirror that is beyond its bound. */
  const giveUp = (mirror: string) => {
    const cursor = cursorOf(mirror);
    const given = { samples: 0, bytes: 0, through: cursor.through };
    for (const row of after.iterate(cursor.through)) {
      if (cursor.bytes - given.bytes <= cursor.keepBytes) break;
      const bytes = row.body as Uint8Array;
      given.samples += samplesIn(blockOf(Number(row.id), bytes));
      given.bytes += bytes.length;
      given.through = Number(row.id);
    }
    move(mirror, given.through, given.bytes);
    return given.samples;
  };
  const write = () => {
    const given = new Map<string, number>();
    transaction(() => {
      for (const { id, bytes } of pending) insert.run(id, bytes);
      noteNewest.run(last);
      for (const [mirror, cursor] of cursors) {
        cursor.bytes += pendingBytes;
        if (cursor.bytes > cursor.keepBytes) given.set(mirror, giveUp(mirror));
      }
      forget();
    });
    pending = [];
    pendingBytes = 0;
    for (const [mirror, samples] of given) lost(mirror, samples);
  };

  return {
    add({ id, bytes }) {
      // At a start the journal hands out again what the store did not hold.
      if (id <= last) return;
      last = id;
      pending.push({ id, bytes: bytes.slice() });
      pendingBytes += bytes.length;
    },
    flush() {
      if (pending.length === 0) return;
      const before = new Map([...cursors].map(([mirror, cursor]) => [mirror, { ...cursor }]));
      try {
        write();
        if (trouble !== null) log.info({ was: trouble }, 'What waits for mirrors can be kept on the disk again');
        trouble = null;
      } catch (thrown) {
        for (const [mirror, cursor] of before) cursors.set(mirror, cursor);
        const reason = reasonOf(thrown);
        if (reason !== trouble) log.warn({ reason }, 'Could not keep samples for mirrors on the disk; tried again');
        trouble = reason;
        while (pendingBytes > mostPendingBytes) {
          const gone = pending.shift() as QueuedBlock;
          pendingBytes -= gone.bytes.length;
          for (const { name } of mirrors) lost(name, samplesIn(blockOf(gone.id, gone.bytes)));
        }
      }
    },
    next(mirror, bytes) {
      const found: JournalBlock[] = [];
      let sum = 0;
      for (const row of after.iterate(cursorOf(mirror).through)) {
        const body = row.body as Uint8Array;
        found.push(blockOf(Number(row.id), body));
        sum += body.length;
        if (sum >= bytes) break;
      }
      return found;
    },
    through: (mirror) => cursorOf(mirror).through,
    done(mirror, through) {
      const cursor = cursorOf(mirror);
      // Given up meanwhile.
      if (through <= cursor.through) return;
      const sum = prepare('select coalesce(sum(length(body)), 0) as n from blocks where id > ? and id <= ?');
      const bytes = Number(sum.get(cursor.through, through)?.n);
      transaction(() => {
        move(mirror, through, bytes);
        forget();
      });
    },
    waitingBytes: (mirror) => cursorOf(mirror).bytes + pendingBytes,
    erase(endpoints) {
      this.flush();
      const replace = prepare('update blocks set body = ? where id = ?');
      transaction(() => {
        for (const row of prepare('select id, body from blocks').all()) {
          const bytes = row.body as Uint8Array;
          const kept = withoutRecordsOf(blockOf(Number(row.id), bytes), endpoints);
          if (kept.length === bytes.length) continue;
          replace.run(kept, Number(row.id));
          for (const cursor of cursors.values())
            if (cursor.through < Number(row.id)) cursor.bytes -= bytes.length - kept.length;
        }
      });
      database.exec('pragma wal_checkpoint(truncate)');
    },
    close() {
      this.flush();
      database.close();
    },
  };
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('begin immediate');
  try {
    work();
    database.exec('commit');
  } catch (thrown) {
    if (database.isTransaction) database.exec('rollback');
    throw thrown;
  }
}

/** A damaged file is begun anew: what waited in it is lost to the mirrors, and to nobody else. */
function openFile(file: string, log: Log): DatabaseSync {
  const open = () => {
    const database = new DatabaseSync(file, { timeout: 500 });
    try {
      database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
      // What was erased must not be found in free pages.
      database.exec(`pragma secure_delete = on; ${tables}`);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  };
  try {
    return open();
  } catch (thrown) {
    if (!/malformed|not a database|corrupt/.test(reasonOf(thrown))) throw thrown;
    log.error({ file, reason: reasonOf(thrown) }, 'What waited for mirrors is damaged and was removed');
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    return open();
  }
}

function samplesIn(block: JournalBlock): number {
  let count = 0;
  eachRecord(block, (head, offset) => {
    if (head.groups !== null) eachSample(block, offset, () => count++);
  });
  return count;
}

function withoutRecordsOf(block: JournalBlock, endpoints: ReadonlySet<number>): Uint8Array {
  const kept: Float64Array[] = [];
  eachRecord(block, (head, offset) => {
    if (!endpoints.has(head.endpoint)) kept.push(block.floats.subarray(offset, offset + head.words));
  });
  const bytes = kept.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return new Uint8Array(Buffer.concat(bytes));
}
