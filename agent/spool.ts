/**
 * The durable outbox. What was measured is written here before it is sent, and is removed only when the collector
 * confirms that it is durable there. Nothing is lost silently: generated = stored ∪ declared lost.
 *
 * How safe, at which cost: SQLite in WAL mode with `synchronous=NORMAL` survives `kill -9` of the agent whole, because
 * every commit is in the kernel's page cache. It costs no fsync per report, which on an SD card or a sleeping laptop
 * disk would be 8,640 per day. A power cut could take the last commits, so while no collector is connected (this is the
 * only copy of the data) commits are fsynced (`setOnlyCopy`). And since a power cut may also have taken sequence numbers that
 * the collector has seen already, a spool that was not closed before the machine went down goes on under a new epoch: a
 * number is never used twice.
 */
import { EvenkeelError, fail, reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Ack, Loss } from '../shared/report.ts';
import { isCorrupt, lossOfDamage, markEvery, setAside, writeMark } from './spool-damage.ts';
import { type Compose, isAfter, movedInTime, type SpoolEntry, type SpoolKey, type SpoolKind } from './spool-entry.ts';
import { SpoolFile } from './spool-file.ts';
import { SpoolMemory } from './spool-memory.ts';

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

export interface Spool {
  /** Gives the message its number, stores it and returns it ready to send. Never throws: a full disk keeps it in memory. */
  put(kind: SpoolKind, at: number, compose: Compose): SpoolEntry;
  /** Up to `limit` entries after the given one, oldest first. */
  after(last: { era: number; seq: number } | null, limit: number): SpoolEntry[];
  /** The newest report that is still here. */
  newest(): SpoolEntry | null;
  /** Forgets what is durable at the collector. */
  ack(ack: Ack): void;
  /**
   * Another machine used numbers of this epoch too: what waits under them goes on under a new one, its content
   * untouched.
   * @returns whether anything changed
   */
  renumber(epoch: string): boolean;
  /**
   * The clock was set by so much, ms: what this process wrote up to `until` and never sent gets the times that the set clock
   * would have given. What was sent keeps its content: a number never stands for two.
   */
  redate(until: SpoolKey, sent: () => SpoolKey | null, byMs: number): void;
  /** While true this is the only copy of the data, and every commit is fsynced. */
  setOnlyCopy(isOnlyCopy: boolean): void;
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
const defaultMemoryEntries = 512;

class DurableSpool implements Spool {
  #options: Required<SpoolOptions>;
  #file: SpoolFile;
  /** Not null while the disk refuses. */
  #memory: SpoolMemory | null = null;
  #onlyCopy = true;
  #puts = 0;
  /** What is up to here another run of the agent wrote, by a clock that is not known. */
  #before: SpoolKey;
  #closed = false;

  constructor(options: SpoolOptions) {
    this.#options = {
      quotaBytes: defaultQuota,
      memoryEntries: defaultMemoryEntries,
      // When a new epoch begins only: the module costs 2.4 MB.
      random: (bytes) => process.getBuiltinModule('node:crypto').randomBytes(bytes),
      ...options,
    };
    try {
      this.#file = new SpoolFile(this.#options);
    } catch (thrown) {
      if (thrown instanceof EvenkeelError) throw thrown;
      if (!isCorrupt(thrown)) {
        throw fail('DATA_NOT_WRITABLE', { path: options.path, reason: reasonOf(thrown) }, thrown);
      }
      this.#file = this.#begin(thrown, null);
    }
    this.#before = { era: this.#file.era, seq: this.#file.seq };
    this.#mark();
  }

  put(kind: SpoolKind, at: number, compose: Compose): SpoolEntry {
    if (this.#memory) this.#leaveMemory(this.#memory);
    if (this.#memory) return this.#memory.put(kind, at, compose);
    try {
      const entry = this.#file.write(kind, at, compose);
      if (++this.#puts % markEvery === 0) this.#mark();
      return entry;
    } catch (thrown) {
      if (isCorrupt(thrown)) {
        this.#replace(thrown);
        return this.put(kind, at, compose);
      }
      this.#options.log.warn({ reason: reasonOf(thrown) }, 'Could not write the spool: reports are kept in memory');
      const epoch = this.#options.random(16).toString('hex');
      this.#memory = new SpoolMemory(this.#file.era + 1, epoch, this.#options.memoryEntries);
      return this.#memory.put(kind, at, compose);
    }
  }

  /** Tries to bring what is in memory to the disk. */
  #leaveMemory(memory: SpoolMemory): void {
    try {
      this.#file.adopt(memory, memory.entries, memory.losses, (entry) => memory.carriedBy(entry));
    } catch (thrown) {
      this.#options.log.debug({ reason: reasonOf(thrown) }, 'Still could not write the spool');
      return;
    }
    this.#memory = null;
    this.#options.log.info({}, 'The spool can be written again');
  }

  after(last: { era: number; seq: number } | null, limit: number): SpoolEntry[] {
    const stored = this.#reading([], () => this.#file.after(last, limit));
    return [...stored, ...(this.#memory?.after(last ?? { era: 0, seq: 0 }) ?? [])].slice(0, limit);
  }

  newest(): SpoolEntry | null {
    const kept = this.#memory?.entries.findLast((entry) => entry.kind === 'report');
    return kept ?? this.#reading(null, () => this.#file.newest());
  }

  /** Reads, or gives `nothing` when the file turns out to be damaged, and goes on with a new one. */
  #reading<T>(nothing: T, read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      if (!isCorrupt(thrown)) throw thrown;
      this.#replace(thrown);
      return nothing;
    }
  }

  ack(ack: Ack): void {
    if (this.#memory?.epoch === ack.epoch) {
      this.#memory.ack([[1, ack.through], ...ack.also]);
      return;
    }
    try {
      this.#reading(undefined, () => this.#file.ack(ack));
    } catch (thrown) {
      // They stay, are sent again after a restart, and are recognised as duplicates there.
      this.#options.log.debug({ reason: reasonOf(thrown) }, 'Could not remove acknowledged reports yet');
    }
  }

  renumber(epoch: string): boolean {
    try {
      const changed = this.#reading(false, () => this.#file.renumber(epoch));
      if (changed) {
        this.#mark();
        // Their order no longer shows when they were written.
        this.#before = { era: this.#file.era, seq: this.#file.seq };
      }
      return changed;
    } catch (thrown) {
      // They stay as they are, are refused again, and this is retried.
      this.#options.log.warn({ reason: reasonOf(thrown) }, 'Could not renumber the spooled reports');
      return false;
    }
  }

  redate(until: SpoolKey, sent: () => SpoolKey | null, byMs: number): void {
    const last = sent();
    const from = last && isAfter(last, this.#before) ? last : this.#before;
    try {
      for (const entry of this.#memory?.after(from) ?? [])
        if (!isAfter(entry, until)) Object.assign(entry, movedInTime(entry, byMs));
      const moved = this.#reading(null, () => this.#file.redate(from, until, byMs));
      if (moved === null) return;
      this.#before = moved;
      setImmediate(() => this.#closed || this.redate(until, sent, byMs));
    } catch (thrown) {
      this.#options.log.warn({ reason: reasonOf(thrown) }, 'Could not correct the times of the spooled reports');
    }
  }

  setOnlyCopy(isOnlyCopy: boolean): void {
    if (this.#onlyCopy === isOnlyCopy) return;
    this.#onlyCopy = isOnlyCopy;
    this.#reading(undefined, () => this.#file.synchronous(isOnlyCopy));
  }

  state(): SpoolState {
    const { epoch, seq } = this.#memory ?? this.#file;
    const inMemory = this.#memory?.entries.length ?? 0;
    return {
      entries: this.#reading(0, () => this.#file.waiting()) + inMemory,
      bytes: this.#file.bytes,
      epoch,
      seq,
      inMemory,
      losses: [...this.#reading<Loss[]>([], () => this.#file.losses()), ...(this.#memory?.losses ?? [])],
    };
  }

  close(): void {
    this.#closed = true;
    if (this.#memory) this.#leaveMemory(this.#memory);
    this.#mark();
    try {
      this.#file.close(this.#memory === null);
    } catch (thrown) {
      this.#options.log.warn({ reason: reasonOf(thrown) }, 'Could not close the spool');
    }
  }

  #mark(): void {
    try {
      writeMark(this.#options.path, this.#file.bounds());
    } catch (thrown) {
      this.#options.log.debug({ reason: reasonOf(thrown) }, 'Could not write the note beside the spool');
    }
  }

  #replace(thrown: unknown): void {
    const { epoch, seq } = this.#file;
    this.#file.abandon();
    this.#file = this.#begin(thrown, { epoch, seq });
    if (!this.#onlyCopy) this.#file.synchronous(false);
    this.#mark();
  }

  /** A new file in place of a damaged one, which is kept aside; and a loss record of what may be missing. */
  #begin(thrown: unknown, running: { epoch: string; seq: number } | null): SpoolFile {
    const { path, log } = this.#options;
    const loss = lossOfDamage(path, running);
    const aside = setAside(path, Date.now());
    log.error({ reason: reasonOf(thrown), aside }, 'The spool is damaged: moved it aside and started a new one');
    const file = new SpoolFile(this.#options);
    if (loss) file.declare(loss);
    return file;
  }
}

/** Opens or makes the outbox. @throws EvenkeelError DATA_NOT_WRITABLE */
export function openSpool(options: SpoolOptions): Spool {
  return new DurableSpool(options);
}
