/**
 * The durable outbox. What was measured is written here before it is sent, and leaves only when the collector says that
 * it is durable there. Nothing is lost silently: generated = stored ∪ declared lost.
 *
 * How safe, at which cost: SQLite in WAL mode with `synchronous=NORMAL` survives `kill -9` of the agent whole, because
 * every commit is in the kernel's page cache. It costs no fsync a report, which on an SD card or a sleeping laptop disk
 * would be 8,640 a day. A power cut could take the last commits, so while no collector is connected (nobody else has
 * the data) commits are fsynced (`lone`). And since a power cut may also have taken sequence numbers that the collector has seen
 * already, a spool that was not closed before the machine went down goes on under a new epoch: a number is never used twice.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { fail, reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Ack, Loss } from '../shared/report.ts';
import { encode } from '../shared/wire.ts';

export type Kind = 'report' | 'inventory';

/** One message, ready for the wire. `era` orders epochs by age; with `seq` it orders everything. */
export interface Entry {
  era: number;
  epoch: string;
  seq: number;
  kind: Kind;
  /** ms UTC, of the measurement. */
  at: number;
  body: Uint8Array;
}

export interface SpoolOptions {
  /** The database file; `:memory:` for `once`. */
  path: string;
  bootId: string;
  log: Log;
  quotaBytes?: number;
  /** How many entries are kept in memory while the disk refuses them. */
  memoryEntries?: number;
  random?: (bytes: number) => Buffer;
}

/** The message under its identity; `lost` are the loss records that it has to carry. */
export type Compose = (identity: { epoch: string; seq: number; lost: Loss[] }) => object;

export interface Spool {
  /** Gives the message its number, stores it and returns it ready to send. Never throws: a full disk keeps it in memory. */
  put(kind: Kind, at: number, compose: Compose): Entry;
  /** Up to `limit` entries after the given one, oldest first. */
  after(last: { era: number; seq: number } | null, limit: number): Entry[];
  /** The newest report that is still here. */
  newest(): Entry | null;
  /** Forgets what is durable at the collector. */
  ack(ack: Ack): void;
  /** While true nobody else has the data, and every commit goes to the disk itself. */
  lone(alone: boolean): void;
  state(): SpoolState;
  close(): void;
}

export interface SpoolState {
  entries: number;
  bytes: number;
  epoch: string;
  /** The highest number given in this epoch. */
  seq: number;
  /** Entries that the disk refused and that are only in memory. */
  inMemory: number;
  /** Loss records that no acknowledged report has carried yet. */
  losses: Loss[];
}

const defaultQuota = 64 * 1024 * 1024;
/** What a row costs beside its body; measured on a full spool. */
const rowOverhead = 48;
const lostPerReport = 100;

const schema = `
  CREATE TABLE IF NOT EXISTS epochs (era INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS outbox (
    era INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (era, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS losses (
    id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL,
    count INTEGER NOT NULL, carrier_era INTEGER, carrier_seq INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 1;
`;

interface Row {
  era: number;
  seq: number;
  kind: Kind;
  at: number;
  body: Uint8Array;
}

interface LossRow {
  id: number;
  epoch: string;
  first: number;
  last: number;
  reason: Loss['reason'];
  count: number;
}

const lossOf = (row: LossRow): Loss => ({
  epoch: row.epoch,
  from: row.first,
  to: row.last,
  reason: row.reason,
  count: row.count,
});

/** Whether SQLite says that the file itself is broken, not that the disk or a caller is. */
function isCorrupt(thrown: unknown): boolean {
  const code = (thrown as { errcode?: number }).errcode ?? 0;
  return (code & 0xff) === 11 || (code & 0xff) === 26;
}

class DiskSpool implements Spool {
  #options: Required<SpoolOptions>;
  #db!: DatabaseSync;
  #statements = new Map<string, StatementSync>();
  #era = 0;
  #epoch = '';
  #seq = 0;
  #bytes = 0;
  #entries = 0;
  #lone = true;
  /** Acknowledged, still in the file: they leave in the transaction of the next put, so a cycle costs one commit. */
  #leaving: { era: number; from: number; to: number }[] = [];
  /** Refused by the disk. Not empty means: the current epoch lives in memory only. */
  #memory: Entry[] = [];
  #memoryLosses: Loss[] = [];
  #puts = 0;

  constructor(options: SpoolOptions) {
    this.#options = {
      quotaBytes: defaultQuota,
      memoryEntries: 512,
      // When a new epoch begins only: the module costs 2.4 MB.
      random: (bytes) => process.getBuiltinModule('node:crypto').randomBytes(bytes),
      ...options,
    };
    try {
      this.#open();
    } catch (thrown) {
      if (!isCorrupt(thrown)) throw this.#refusal(thrown);
      this.#setAside(thrown);
    }
  }

  #refusal(thrown: unknown): Error {
    return fail('DATA_NOT_WRITABLE', { path: this.#options.path, reason: reasonOf(thrown) }, thrown);
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  #open(): void {
    this.#statements.clear();
    this.#db = new DatabaseSync(this.#options.path, { timeout: 5000 });
    try {
      this.#db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-512');
      this.#db.exec('PRAGMA journal_size_limit=1048576; PRAGMA wal_autocheckpoint=250');
      const [check] = this.#db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
      if (check?.quick_check !== 'ok') {
        throw Object.assign(new Error(check?.quick_check ?? 'quick_check failed'), { errcode: 11 });
      }
      this.#db.exec(schema);
      this.#resume();
    } catch (thrown) {
      this.#db.close();
      throw thrown;
    }
  }

  /** Goes on with the epoch of before, or begins a new one when numbers of it may have been lost in a power cut. */
  #resume(): void {
    const facts = this.#facts();
    const last = this.#sql('SELECT era, epoch, seq FROM epochs ORDER BY era DESC LIMIT 1').get() as
      | { era: number; epoch: string; seq: number }
      | undefined;
    const sums = this.#sql('SELECT count(*) AS n, coalesce(sum(length(body)), 0) AS bytes FROM outbox').get() as {
      n: number;
      bytes: number;
    };
    this.#entries = sums.n;
    this.#bytes = sums.bytes + sums.n * rowOverhead;
    const safe = facts.get('closed') === 'yes' || facts.get('boot') === this.#options.bootId;
    if (last && safe) {
      this.#era = last.era;
      this.#epoch = last.epoch;
      this.#seq = last.seq;
    } else this.#begin(last?.era ?? 0);
    // Before anything is numbered, and fsynced: a later power cut must find "not closed" here.
    this.#setFacts({ closed: 'no', boot: this.#options.bootId });
    this.#mark();
  }

  #facts(): Map<string, string> {
    const rows = this.#sql('SELECT name, value FROM facts').all() as { name: string; value: string }[];
    return new Map(rows.map((row) => [row.name, row.value]));
  }

  #setFacts(facts: Record<string, string>): void {
    for (const [name, value] of Object.entries(facts)) {
      this.#sql('INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value').run(
        name,
        value,
      );
    }
  }

  #begin(after: number): void {
    this.#era = after + 1;
    this.#epoch = this.#options.random(16).toString('hex');
    this.#seq = 0;
    this.#sql('INSERT INTO epochs VALUES (?, ?, 0)').run(this.#era, this.#epoch);
  }

  put(kind: Kind, at: number, compose: Compose): Entry {
    if (this.#memoryOnly) this.#leaveMemory();
    if (this.#memoryOnly) return this.#putInMemory(kind, at, compose);
    const seq = this.#seq + 1;
    try {
      const entry = this.#transaction(() => this.#write(kind, at, seq, compose));
      this.#seq = seq;
      if (++this.#puts % 60 === 0) this.#mark();
      return entry;
    } catch (thrown) {
      if (isCorrupt(thrown)) {
        this.#setAside(thrown);
        return this.put(kind, at, compose);
      }
      this.#options.log.warn({ reason: reasonOf(thrown) }, 'The disk refuses the spool: reports are kept in memory.');
      return this.#putInMemory(kind, at, compose);
    }
  }

  #transaction<T>(work: () => T): T {
    const before = { bytes: this.#bytes, entries: this.#entries, leaving: this.#leaving };
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (thrown) {
      this.#bytes = before.bytes;
      this.#entries = before.entries;
      this.#leaving = before.leaving;
      // SQLite may have rolled back by itself (disk full); a second ROLLBACK would throw and hide the cause.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw thrown;
    }
  }

  #write(kind: Kind, at: number, seq: number, compose: Compose): Entry {
    this.#removeLeaving();
    const lost = kind === 'report' ? this.#takeLosses(seq) : [];
    const body = encode(compose({ epoch: this.#epoch, seq, lost }));
    this.#makeRoom(body.length + rowOverhead);
    this.#sql('UPDATE epochs SET seq = ? WHERE era = ?').run(seq, this.#era);
    this.#insert({ era: this.#era, seq, kind, at, body });
    return { era: this.#era, epoch: this.#epoch, seq, kind, at, body };
  }

  #insert(row: Row): void {
    this.#sql('INSERT INTO outbox VALUES (?, ?, ?, ?, ?)').run(row.era, row.seq, row.kind, row.at, row.body);
    this.#bytes += row.body.length + rowOverhead;
    this.#entries += 1;
  }

  #removeLeaving(): void {
    for (const { era, from, to } of this.#leaving) {
      const gone = this.#sql(
        'DELETE FROM outbox WHERE era = ? AND seq BETWEEN ? AND ? RETURNING length(body) AS n',
      ).all(era, from, to) as { n: number }[];
      this.#entries -= gone.length;
      for (const { n } of gone) this.#bytes -= n + rowOverhead;
      this.#sql('DELETE FROM losses WHERE carrier_era = ? AND carrier_seq BETWEEN ? AND ?').run(era, from, to);
      this.#sql(
        'DELETE FROM epochs WHERE era = ? AND era < ? AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.era = epochs.era)',
      ).run(era, this.#era);
    }
    this.#leaving = [];
  }

  /** Loss records that no report carries yet; the report with this number does from now on. */
  #takeLosses(seq: number): Loss[] {
    const rows = this.#sql(`SELECT * FROM losses WHERE carrier_era IS NULL ORDER BY id LIMIT ${lostPerReport}`).all();
    for (const row of rows as unknown as LossRow[]) {
      this.#sql('UPDATE losses SET carrier_era = ?, carrier_seq = ? WHERE id = ?').run(this.#era, seq, row.id);
    }
    return (rows as unknown as LossRow[]).map(lossOf);
  }

  /** Gives up the oldest when the quota would be passed: news are worth more than history, and the loss is declared. */
  #makeRoom(needed: number): void {
    const { quotaBytes } = this.#options;
    if (this.#bytes + needed <= quotaBytes) return;
    // A twentieth at once, so that a full spool does not evict, and write a record, at every report.
    const target = quotaBytes * 0.95 - needed;
    while (this.#bytes > target && this.#entries > 0) {
      const rows = this.#sql('SELECT era, seq, length(body) AS n FROM outbox ORDER BY era, seq LIMIT 64').all();
      for (const row of rows as { era: number; seq: number; n: number }[]) {
        if (this.#bytes <= target) break;
        this.#evict(row);
      }
    }
  }

  #evict(row: { era: number; seq: number; n: number }): void {
    this.#sql('DELETE FROM outbox WHERE era = ? AND seq = ?').run(row.era, row.seq);
    this.#bytes -= row.n + rowOverhead;
    this.#entries -= 1;
    // The losses that it carried have to travel with another one.
    this.#sql('UPDATE losses SET carrier_era = NULL, carrier_seq = NULL WHERE carrier_era = ? AND carrier_seq = ?').run(
      row.era,
      row.seq,
    );
    const { epoch } = this.#sql('SELECT epoch FROM epochs WHERE era = ?').get(row.era) as { epoch: string };
    this.#declare({ epoch, from: row.seq, to: row.seq, reason: 'quota', count: 1 });
  }

  #declare(loss: Loss): void {
    const grown = this.#sql(
      'UPDATE losses SET last = ?, count = count + ? WHERE epoch = ? AND reason = ? AND last = ? AND carrier_era IS NULL',
    ).run(loss.to, loss.count, loss.epoch, loss.reason, loss.from - 1);
    if (grown.changes === 0) {
      this.#sql('INSERT INTO losses (epoch, first, last, reason, count) VALUES (?, ?, ?, ?, ?)').run(
        loss.epoch,
        loss.from,
        loss.to,
        loss.reason,
        loss.count,
      );
    }
  }

  /**
   * Numbers of the file's epoch cannot be persisted now, so these get an epoch of their own that only this process
   * knows: the collector still hears of a full disk while it is full.
   */
  #memoryOnly = false;

  #putInMemory(kind: Kind, at: number, compose: Compose): Entry {
    if (!this.#memoryOnly) {
      this.#memoryOnly = true;
      this.#era += 1;
      this.#epoch = this.#options.random(16).toString('hex');
      this.#seq = 0;
    }
    this.#seq += 1;
    const lost = kind === 'report' ? this.#memoryLosses.splice(0, lostPerReport) : [];
    const body = encode(compose({ epoch: this.#epoch, seq: this.#seq, lost }));
    const entry: Entry = { era: this.#era, epoch: this.#epoch, seq: this.#seq, kind, at, body };
    this.#memory.push(entry);
    this.#carried.set(entry, lost);
    while (this.#memory.length > this.#options.memoryEntries) this.#forget(this.#memory.shift() as Entry);
    return entry;
  }

  #carried = new WeakMap<Entry, Loss[]>();

  #forget(entry: Entry): void {
    this.#memoryLosses.push(...(this.#carried.get(entry) ?? []));
    const last = this.#memoryLosses.at(-1);
    if (last && last.epoch === entry.epoch && last.to === entry.seq - 1) {
      last.to = entry.seq;
      last.count += 1;
    } else {
      this.#memoryLosses.push({ epoch: entry.epoch, from: entry.seq, to: entry.seq, reason: 'disk_full', count: 1 });
    }
  }

  /** Tries to bring what is in memory to the disk; its epoch becomes the file's. */
  #leaveMemory(): void {
    try {
      this.#transaction(() => {
        this.#removeLeaving();
        this.#sql('INSERT INTO epochs VALUES (?, ?, ?)').run(this.#era, this.#epoch, this.#seq);
        for (const entry of this.#memory) this.#insert(entry);
        for (const loss of this.#memoryLosses) this.#declare(loss);
        for (const entry of this.#memory) {
          for (const loss of this.#carried.get(entry) ?? []) this.#declareCarried(loss, entry);
        }
      });
    } catch (thrown) {
      this.#options.log.debug({ reason: reasonOf(thrown) }, 'The disk still refuses the spool.');
      return;
    }
    this.#memory = [];
    this.#memoryLosses = [];
    this.#memoryOnly = false;
    this.#options.log.info({}, 'The disk takes the spool again.');
  }

  #declareCarried(loss: Loss, carrier: Entry): void {
    this.#sql(
      'INSERT INTO losses (epoch, first, last, reason, count, carrier_era, carrier_seq) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(loss.epoch, loss.from, loss.to, loss.reason, loss.count, carrier.era, carrier.seq);
  }

  after(last: { era: number; seq: number } | null, limit: number): Entry[] {
    const { era, seq } = last ?? { era: 0, seq: 0 };
    const stored = this.#read(
      'SELECT o.*, e.epoch FROM outbox o JOIN epochs e USING (era) WHERE (era, o.seq) > (?, ?) ORDER BY era, o.seq LIMIT ?',
      era,
      seq,
      limit,
    ).filter((entry) => !this.#isLeaving(entry));
    const waiting = this.#memory.filter((entry) => entry.era > era || (entry.era === era && entry.seq > seq));
    return [...stored, ...waiting].slice(0, limit);
  }

  newest(): Entry | null {
    const kept = this.#memory.findLast((entry) => entry.kind === 'report');
    if (kept) return kept;
    const [entry] = this.#read(
      "SELECT o.*, e.epoch FROM outbox o JOIN epochs e USING (era) WHERE kind = 'report' ORDER BY era DESC, o.seq DESC LIMIT ?",
      1,
    );
    return entry && !this.#isLeaving(entry) ? entry : null;
  }

  #read(text: string, ...values: number[]): Entry[] {
    try {
      return this.#sql(text).all(...values) as unknown as Entry[];
    } catch (thrown) {
      if (!isCorrupt(thrown)) throw thrown;
      this.#setAside(thrown);
      return [];
    }
  }

  #isLeaving(entry: { era: number; seq: number }): boolean {
    return this.#leaving.some(({ era, from, to }) => era === entry.era && entry.seq >= from && entry.seq <= to);
  }

  ack(ack: Ack): void {
    const ranges: [number, number][] = [...ack.also];
    if (ack.through > 0) ranges.unshift([1, ack.through]);
    if (this.#memoryOnly && ack.epoch === this.#epoch) {
      const covered = (seq: number) => ranges.some(([from, to]) => seq >= from && seq <= to);
      this.#memory = this.#memory.filter((entry) => !covered(entry.seq));
      return;
    }
    const found = this.#sql('SELECT era FROM epochs WHERE epoch = ?').get(ack.epoch) as { era: number } | undefined;
    if (!found) return;
    for (const [from, to] of ranges) this.#leave(found.era, from, to);
    if (this.#leaving.length > 64) this.#flush();
  }

  /** Notes a range that may go, as one with all that it touches: `through` and `also` come again and again. */
  #leave(era: number, from: number, to: number): void {
    const touches = (range: { era: number; from: number; to: number }) =>
      range.era === era && range.from <= to + 1 && range.to >= from - 1;
    const joined = { era, from, to };
    for (const range of this.#leaving.filter(touches)) {
      joined.from = Math.min(joined.from, range.from);
      joined.to = Math.max(joined.to, range.to);
    }
    this.#leaving = [...this.#leaving.filter((range) => !touches(range)), joined];
  }

  #flush(): void {
    try {
      this.#transaction(() => this.#removeLeaving());
    } catch (thrown) {
      // They stay, are sent once more after a restart, and are recognised as duplicates there.
      this.#options.log.debug({ reason: reasonOf(thrown) }, 'Acknowledged reports could not be removed yet.');
    }
  }

  lone(alone: boolean): void {
    if (this.#lone === alone) return;
    this.#lone = alone;
    try {
      this.#db.exec(`PRAGMA synchronous=${alone ? 'FULL' : 'NORMAL'}`);
    } catch (thrown) {
      this.#options.log.debug({ reason: reasonOf(thrown) }, 'The spool keeps its level of safety.');
    }
  }

  state(): SpoolState {
    const rows = this.#sql('SELECT * FROM losses ORDER BY id').all() as unknown as LossRow[];
    return {
      entries: this.#entries + this.#memory.length - this.#leavingCount(),
      bytes: this.#bytes,
      epoch: this.#epoch,
      seq: this.#seq,
      inMemory: this.#memory.length,
      losses: [...rows.map(lossOf), ...this.#memoryLosses],
    };
  }

  #leavingCount(): number {
    let count = 0;
    for (const { era, from, to } of this.#leaving) {
      const row = this.#sql('SELECT count(*) AS n FROM outbox WHERE era = ? AND seq BETWEEN ? AND ?').get(
        era,
        from,
        to,
      );
      count += (row as { n: number }).n;
    }
    return count;
  }

  close(): void {
    try {
      if (this.#memoryOnly) this.#leaveMemory();
      this.#db.exec('PRAGMA synchronous=FULL');
      this.#transaction(() => {
        this.#removeLeaving();
        this.#setFacts({ closed: this.#memoryOnly ? 'no' : 'yes' });
      });
      this.#mark();
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (thrown) {
      this.#options.log.warn({ reason: reasonOf(thrown) }, 'The spool was not closed cleanly.');
    }
    this.#db.close();
  }

  // What a damaged file held must be declared, and then it cannot be asked any more: a note of its bounds lies beside it.

  get #markPath(): string {
    return `${this.#options.path}.mark`;
  }

  #mark(): void {
    if (this.#options.path === ':memory:') return;
    const first = this.#sql(
      'SELECT o.seq, e.epoch FROM outbox o JOIN epochs e USING (era) ORDER BY era, o.seq',
    ).get() as { seq: number; epoch: string } | undefined;
    const from = first === undefined ? this.#seq + 1 : first.epoch === this.#epoch ? first.seq : 1;
    try {
      writeFileSync(this.#markPath, JSON.stringify({ epoch: this.#epoch, from, to: this.#seq }), { mode: 0o600 });
    } catch (thrown) {
      this.#options.log.debug({ reason: reasonOf(thrown) }, 'The note beside the spool was not written.');
    }
  }

  /** Keeps the damaged file for whoever wants to look, begins a new one, and says what may be missing. */
  #setAside(thrown: unknown): void {
    const { path, log } = this.#options;
    const loss = this.#boundsOfDamage();
    const aside = `${path}.corrupt-${Date.now()}`;
    log.error({ reason: reasonOf(thrown), aside }, 'The spool is damaged: set aside, and a new one begun.');
    try {
      this.#db.close();
    } catch {
      // It is closed already when opening was what failed.
    }
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    this.#leaving = [];
    this.#lone = true;
    this.#open();
    if (loss) this.#declare(loss);
  }

  /** From this process' own memory when it ran on the file, else from the note beside it; null when nothing waited. */
  #boundsOfDamage(): Loss | null {
    let { epoch, from, to } = { epoch: this.#epoch, from: 1, to: this.#seq };
    try {
      const mark = JSON.parse(readFileSync(this.#markPath, 'utf8')) as { epoch: string; from: number; to: number };
      if (epoch === '' || mark.epoch === epoch) from = mark.from;
      if (epoch === '') {
        epoch = mark.epoch;
        // Reports go on for up to 60 after a note is written, and the note does not know how many there were.
        to = mark.to + 60;
      }
    } catch {
      // No note: the file was damaged before its first minute was over, or never was a spool.
    }
    if (epoch === '') return { epoch: '0'.repeat(32), from: 1, to: 1, reason: 'corrupt', count: 1 };
    return to < from ? null : { epoch, from, to, reason: 'corrupt', count: to - from + 1 };
  }
}

/** Opens or makes the outbox. @throws EvenkeelError DATA_NOT_WRITABLE */
export function openSpool(options: SpoolOptions): Spool {
  return new DiskSpool(options);
}
