/**
 * The outbox as a SQLite file: epochs, entries, losses. Everything here may throw what SQLite throws; the spool above it
 * decides what then. What was acknowledged leaves in the transaction of the next entry, so a cycle costs one commit.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Ack, Loss } from '../shared/report.ts';
import { encode, inflate } from '../shared/wire.ts';
import { isOfUnknownFormat } from './spool-damage.ts';
import {
  type Compose,
  type LossRow,
  lossOf,
  movedInTime,
  type SpoolEntry,
  type SpoolKey,
  type SpoolKind,
} from './spool-entry.ts';
import { schema } from './spool-schema.ts';
import { assertTrusted } from './trusted-path.ts';

/** Bytes that a row costs besides its body; measured on a full spool. */
const rowOverhead = 48;
export const lostPerReport = 100;
/** 0.25 s of work, in which nothing is measured. */
const renumberedAtOnce = 2000;
/** So many that may leave are removed at once: after a crash they would all be sent again. */
const leavingAtMost = 100;

interface SpoolRow {
  era: number;
  seq: number;
  kind: SpoolKind;
  at: number;
  body: Uint8Array;
}

export interface FileOptions {
  path: string;
  bootId: string;
  quotaBytes: number;
  random: (bytes: number) => Buffer;
}

export class SpoolFile {
  era = 0;
  epoch = '';
  seq = 0;
  bytes = 0;
  #entries = 0;
  #options: FileOptions;
  #db: DatabaseSync;
  #statements = new Map<string, StatementSync>();
  #leaving: { era: number; from: number; to: number }[] = [];
  /** The first number of this era of what is here, where all of it is of this era; null: not known. */
  #oldest: number | null = null;
  /** False: there are none, and none need be looked for. */
  #mayHaveLosses = true;

  constructor(options: FileOptions) {
    this.#options = options;
    // SQLite follows links, and writes these in place.
    if (options.path !== ':memory:')
      for (const suffix of ['', '-wal', '-shm', '-journal']) assertTrusted(options.path + suffix, { written: true });
    this.#db = new DatabaseSync(options.path, { timeout: 5000 });
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
      throw isOfUnknownFormat(options.path, thrown) ? Object.assign(thrown as Error, { errcode: 11 }) : thrown;
    }
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
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
    this.bytes = sums.bytes + sums.n * rowOverhead;
    const safe = facts.get('closed') === 'yes' || facts.get('boot') === this.#options.bootId;
    if (last && safe) {
      this.era = last.era;
      this.epoch = last.epoch;
      this.seq = last.seq;
    } else this.#begin(last?.era ?? 0);
    // Before anything is numbered, and fsynced: a later power cut must find "not closed" here.
    this.#setFacts({ closed: 'no', boot: this.#options.bootId });
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
    this.era = after + 1;
    this.epoch = this.#options.random(16).toString('hex');
    this.seq = 0;
    this.#sql('INSERT INTO epochs VALUES (?, ?, 0)').run(this.era, this.epoch);
  }

  #transaction<T>(work: () => T): T {
    const before = { bytes: this.bytes, entries: this.#entries, leaving: this.#leaving };
    const [oldest, mayHaveLosses] = [this.#oldest, this.#mayHaveLosses];
    this.#sql('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      this.#sql('COMMIT').run();
      return result;
    } catch (thrown) {
      this.bytes = before.bytes;
      this.#entries = before.entries;
      this.#leaving = before.leaving;
      [this.#oldest, this.#mayHaveLosses] = [oldest, mayHaveLosses];
      // SQLite may have rolled back by itself (disk full); a second ROLLBACK would throw and hide the cause.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw thrown;
    }
  }

  write(kind: SpoolKind, at: number, compose: Compose): SpoolEntry {
    const entry = this.#transaction(() => {
      const seq = this.seq + 1;
      this.#removeLeaving();
      if (this.#entries === 0) this.#oldest = seq;
      const lost = kind === 'report' ? this.#takeLosses(seq) : [];
      const body = encode(compose({ epoch: this.epoch, seq, lost }));
      this.#makeRoom(body.length + rowOverhead);
      this.#sql('UPDATE epochs SET seq = ? WHERE era = ?').run(seq, this.era);
      this.#insert({ era: this.era, seq, kind, at, body });
      return { era: this.era, epoch: this.epoch, seq, kind, at, body };
    });
    this.seq = entry.seq;
    return entry;
  }

  /** Takes over an epoch that lived in memory; from now on it is this file's. */
  adopt(
    epoch: { era: number; epoch: string; seq: number },
    entries: readonly SpoolEntry[],
    losses: readonly Loss[],
    carriedBy: (entry: SpoolEntry) => readonly Loss[],
  ): void {
    this.#transaction(() => {
      this.#removeLeaving();
      this.#oldest = null;
      this.#sql('INSERT INTO epochs VALUES (?, ?, ?)').run(epoch.era, epoch.epoch, epoch.seq);
      for (const loss of losses) this.declare(loss);
      for (const entry of entries) {
        this.#insert(entry);
        for (const loss of carriedBy(entry)) this.#declareCarried(loss, entry);
      }
    });
    this.era = epoch.era;
    this.epoch = epoch.epoch;
    this.seq = epoch.seq;
  }

  #insert(row: SpoolRow): void {
    this.#sql('INSERT INTO outbox VALUES (?, ?, ?, ?, ?)').run(row.era, row.seq, row.kind, row.at, row.body);
    this.bytes += row.body.length + rowOverhead;
    this.#entries += 1;
  }

  #removeLeaving(): void {
    // Mostly: then nothing need be counted, and SQLite keeps no list of what it removed.
    const isAll = this.#nothingWaits();
    for (const { era, from, to } of this.#leaving) {
      if (isAll) this.#sql('DELETE FROM outbox WHERE era = ? AND seq BETWEEN ? AND ?').run(era, from, to);
      else this.#removeCounted(era, from, to);
      if (this.#mayHaveLosses)
        this.#sql('DELETE FROM losses WHERE carrier_era = ? AND carrier_seq BETWEEN ? AND ?').run(era, from, to);
      if (era < this.era) this.#removeEmpty(era);
    }
    this.#leaving = [];
    if (isAll) [this.#entries, this.bytes] = [0, 0];
  }

  #removeCounted(era: number, from: number, to: number): void {
    const gone = this.#sql('DELETE FROM outbox WHERE era = ? AND seq BETWEEN ? AND ? RETURNING length(body) AS n').all(
      era,
      from,
      to,
    ) as { n: number }[];
    this.#entries -= gone.length;
    for (const { n } of gone) this.bytes -= n + rowOverhead;
  }

  #removeEmpty(era: number): void {
    this.#sql('DELETE FROM epochs WHERE era = ? AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.era = epochs.era)').run(
      era,
    );
  }

  /** Loss records that no report carries yet; the report with this number does from now on. */
  #takeLosses(seq: number): Loss[] {
    if (!this.#mayHaveLosses) return [];
    this.#mayHaveLosses = this.#sql('SELECT 1 FROM losses LIMIT 1').get() !== undefined;
    const rows = this.#sql(`SELECT * FROM losses WHERE carrier_era IS NULL ORDER BY id LIMIT ${lostPerReport}`).all();
    for (const row of rows as unknown as LossRow[]) {
      this.#sql('UPDATE losses SET carrier_era = ?, carrier_seq = ? WHERE id = ?').run(this.era, seq, row.id);
    }
    return (rows as unknown as LossRow[]).map(lossOf);
  }

  /**
   * Gives up the oldest when the quota would be passed: new data is worth more than old data, and the loss is declared.
   */
  #makeRoom(needed: number): void {
    const { quotaBytes } = this.#options;
    if (this.bytes + needed <= quotaBytes) return;
    // A twentieth at once, so that a full spool does not evict, and write a record, at every report.
    const target = quotaBytes * 0.95 - needed;
    while (this.bytes > target && this.#entries > 0) {
      const rows = this.#sql('SELECT era, seq, length(body) AS n FROM outbox ORDER BY era, seq LIMIT 64').all();
      for (const row of rows as { era: number; seq: number; n: number }[]) {
        if (this.bytes <= target) break;
        this.#evict(row);
      }
    }
  }

  #evict(row: { era: number; seq: number; n: number }): void {
    this.#sql('DELETE FROM outbox WHERE era = ? AND seq = ?').run(row.era, row.seq);
    this.bytes -= row.n + rowOverhead;
    this.#entries -= 1;
    // The losses that it carried have to travel with another one.
    this.#sql('UPDATE losses SET carrier_era = NULL, carrier_seq = NULL WHERE carrier_era = ? AND carrier_seq = ?').run(
      row.era,
      row.seq,
    );
    const { epoch } = this.#sql('SELECT epoch FROM epochs WHERE era = ?').get(row.era) as { epoch: string };
    this.declare({ epoch, from: row.seq, to: row.seq, reason: 'quota', count: 1 });
  }

  declare(loss: Loss): void {
    this.#mayHaveLosses = true;
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

  #declareCarried(loss: Loss, carrier: SpoolEntry): void {
    this.#mayHaveLosses = true;
    this.#sql(
      'INSERT INTO losses (epoch, first, last, reason, count, carrier_era, carrier_seq) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(loss.epoch, loss.from, loss.to, loss.reason, loss.count, carrier.era, carrier.seq);
  }

  after(last: { era: number; seq: number } | null, limit: number): SpoolEntry[] {
    if (this.#nothingWaits()) return [];
    const { era, seq } = last ?? { era: 0, seq: 0 };
    const rows = this.#sql(
      'SELECT o.*, e.epoch FROM outbox o JOIN epochs e USING (era) WHERE (era, o.seq) > (?, ?) ORDER BY era, o.seq LIMIT ?',
    ).all(era, seq, limit) as unknown as SpoolEntry[];
    const staying = rows.filter((entry) => !this.#isLeaving(entry));
    // Behind a page of which all are about to leave there may be more: an empty answer means that nothing waits.
    return staying.length > 0 || rows.length < limit ? staying : this.after(rows[limit - 1] as SpoolEntry, limit);
  }

  newest(): SpoolEntry | null {
    const entry = this.#sql(
      "SELECT o.*, e.epoch FROM outbox o JOIN epochs e USING (era) WHERE kind = 'report' ORDER BY era DESC, o.seq DESC LIMIT 1",
    ).get() as unknown as SpoolEntry | undefined;
    return entry && !this.#isLeaving(entry) ? entry : null;
  }

  /** As after nearly every report: known without asking the file. */
  #nothingWaits(): boolean {
    const [range, ...others] = this.#leaving;
    if (range === undefined || others.length > 0) return this.#entries === 0;
    return this.#oldest !== null && range.era === this.era && range.from <= this.#oldest && range.to >= this.seq;
  }

  #isLeaving(entry: { era: number; seq: number }): boolean {
    return this.#leaving.some(({ era, from, to }) => era === entry.era && entry.seq >= from && entry.seq <= to);
  }

  ack({ epoch, through, also }: Ack): void {
    const era = epoch === this.epoch ? this.era : this.#eraOf(epoch);
    if (era === undefined) return;
    if (through > 0) this.#leave(era, 1, through);
    for (const [from, to] of also) this.#leave(era, from, to);
    // Normally the next entry takes them along; a backlog brings hundreds between two entries.
    if (this.#leaving.length > 64 || this.#entries - this.waiting() > leavingAtMost)
      this.#transaction(() => this.#removeLeaving());
  }

  #eraOf(epoch: string): number | undefined {
    const found = this.#sql('SELECT era FROM epochs WHERE epoch = ?').get(epoch) as { era: number } | undefined;
    return found?.era;
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

  /** What waits of this epoch goes on in a new one. Of more than some, the rest follows when it is refused in its turn. */
  renumber(epoch: string): boolean {
    const era = this.#eraOf(epoch);
    if (era === undefined) return false;
    const before = { era: this.era, epoch: this.epoch, seq: this.seq };
    try {
      this.#transaction(() => {
        this.#removeLeaving();
        this.#oldest = null;
        if (era === this.era) this.#begin(this.era);
        const rows = this.#sql(`SELECT * FROM outbox WHERE era = ? ORDER BY seq LIMIT ${renumberedAtOnce}`).all(era);
        for (const row of rows as unknown as SpoolRow[]) this.#move(row);
        this.#sql('UPDATE epochs SET seq = ? WHERE era = ?').run(this.seq, this.era);
        this.#removeEmpty(era);
      });
    } catch (thrown) {
      Object.assign(this, before);
      throw thrown;
    }
    return true;
  }

  /** Gives an entry the next number of the present epoch. */
  #move({ era, seq, kind, at, body }: SpoolRow): void {
    this.seq += 1;
    const message = JSON.parse(Buffer.from(inflate(body)).toString('utf8'));
    const moved = encode({ ...message, epoch: this.epoch, seq: this.seq });
    this.#sql('DELETE FROM outbox WHERE era = ? AND seq = ?').run(era, seq);
    this.bytes -= body.length + rowOverhead;
    this.#entries -= 1;
    this.#insert({ era: this.era, seq: this.seq, kind, at, body: moved });
    this.#sql('UPDATE losses SET carrier_era = ?, carrier_seq = ? WHERE carrier_era = ? AND carrier_seq = ?').run(
      this.era,
      this.seq,
      era,
      seq,
    );
  }

  /** @returns the last of some that were moved; null when there are none */
  redate(from: SpoolKey, until: SpoolKey, byMs: number): SpoolKey | null {
    return this.#transaction(() => {
      const rows = this.#sql(
        `SELECT * FROM outbox WHERE (era, seq) > (?, ?) AND (era, seq) <= (?, ?) ORDER BY era, seq LIMIT ${renumberedAtOnce}`,
      ).all(from.era, from.seq, until.era, until.seq) as unknown as SpoolRow[];
      for (const row of rows) {
        const { at, body } = movedInTime(row, byMs);
        this.#sql('UPDATE outbox SET at = ?, body = ? WHERE era = ? AND seq = ?').run(at, body, row.era, row.seq);
        this.bytes += body.length - row.body.length;
      }
      const last = rows.at(-1);
      return last ? { era: last.era, seq: last.seq } : null;
    });
  }

  /** Entries that the collector has not acknowledged. */
  waiting(): number {
    if (this.#nothingWaits()) return 0;
    let leaving = 0;
    for (const { era, from, to } of this.#leaving) {
      const row = this.#sql('SELECT count(*) AS n FROM outbox WHERE era = ? AND seq BETWEEN ? AND ?').get(
        era,
        from,
        to,
      );
      leaving += (row as { n: number }).n;
    }
    return this.#entries - leaving;
  }

  losses(): Loss[] {
    return (this.#sql('SELECT * FROM losses ORDER BY id').all() as unknown as LossRow[]).map(lossOf);
  }

  /** The numbers of the present epoch that are here: what a note beside the file has to know. */
  bounds(): { epoch: string; from: number; to: number } {
    const first = this.#sql('SELECT era, seq FROM outbox ORDER BY era, seq LIMIT 1').get() as SpoolKey | undefined;
    const from = first === undefined ? this.seq + 1 : first.era === this.era ? first.seq : 1;
    return { epoch: this.epoch, from, to: this.seq };
  }

  /** True: each commit goes to the disk itself. False: to the kernel, which survives everything but a power cut. */
  synchronous(full: boolean): void {
    this.#db.exec(`PRAGMA synchronous=${full ? 'FULL' : 'NORMAL'}`);
  }

  /** @param clean false: numbers were used that this file does not know */
  close(clean: boolean): void {
    try {
      this.synchronous(true);
      this.#transaction(() => {
        this.#removeLeaving();
        this.#setFacts({ closed: clean ? 'yes' : 'no' });
      });
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#db.close();
    }
  }

  /** For a damaged file: nothing more is written to it. */
  abandon(): void {
    this.#db.close();
  }
}
