import type { Dialect, KyselyPlugin } from 'kysely';
import type { EvenkeelError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { State } from '../database.ts';
import type { TextIndex } from './text-index.ts';

/** The names of column types, where databases differ: part of migrations. */
export interface ColumnTypes {
  /** Given by the database, rising. Includes `primary key`. */
  id: string;
  /** Whole numbers: ms, counts, flags, ids of other rows. */
  int: string;
  /** Amounts as agents report them: any number. */
  amount: string;
  real: string;
  /** Compared and sorted by code point, whatever the language of the database. */
  text: string;
  /** Only this driver existed before migration 013: it alone can have rows that older migrations have to move. */
  isFirst: boolean;
}

/** For whatever may have to wait for another process. */
export interface WaitContext {
  log: Log;
  stopped: AbortSignal;
  /** Folder for copies of another database from before an update; without, none are kept of it. */
  data?: string | null;
}

export interface Connected {
  dialect: Dialect;
  plugins?: KyselyPlugin[];
  /**
   * Called before migrations, which may take long: waits until no collector works on the database, or another has brought
   * it to the newest schema. @throws EvenkeelError where another collector has it
   */
  migrating(state: State, waiting: WaitContext, isNewest: () => Promise<boolean>): Promise<void>;
  /**
   * Copies all of it into a new file, as of one moment, while it is written.
   * @throws EvenkeelError BACKUP_REFUSED where a program for it is missing
   */
  copy(file: string, progress: (done: number, total: number) => void): Promise<void>;
  /** Called once the schema is the newest: checks that it can be written. */
  ready(state: State): Promise<void>;
}

/**
 * One kind of database. Its dialect throws EvenkeelError STATE_UNAVAILABLE, which is retryable, for whatever passes by
 * itself or is fixed by an administrator; a change that failed so has not happened. Everything else it throws would
 * fail the next time, too. Transactions run one after the other: a second one, and each statement outside, waits.
 */
export interface StateDriver<Place> {
  columns: ColumnTypes;
  /** For logs and errors; without any password. */
  nameOf(place: Place): string;
  connect(place: Place): Promise<Connected>;
  /** @param thrown while opening. @returns the problem and what to do; retryable where waiting may help */
  refusalOf(place: Place, thrown: unknown): EvenkeelError;
  /** Maintains the open state. @returns a function to end it. @throws EvenkeelError where another collector has it */
  attend(place: Place, state: State, log: Log, stopped: AbortSignal): Promise<() => void>;
  /** What was deleted is no longer in our files, neither in free pages nor in a log. */
  shred(state: State): Promise<void>;
  /** Once per night. */
  maintain(state: State): Promise<unknown>;
  /** Of articles and tickets, for searches. */
  textIndex: TextIndex;
}
