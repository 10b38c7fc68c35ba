/**
 * The folder with everything that is kept: private to its owner, and held by one collector at a time. The lock is an
 * SQLite lock on a file of its own, which the system gives back when the process ends, however it ends: nothing stale
 * is left after `kill -9`.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';

export interface DataFolder {
  path: string;
  state: string;
  series: string;
  /** Of the agent that runs beside the collector. */
  agent: string;
  localToken: string;
  /** Where it is found while it runs, as JSON: for the commands of this machine. */
  addresses: string;
  /** Rules of files that the last collector has put in force, as JSON: for `rules diff`. */
  rules: string;
  /** Settings of agents of the file, the same: for `check-config`. */
  agentSettings: string;
  /** What must stay where it is while this process runs: without one of them another collector could begin anew. */
  kept: readonly string[];
  release(): void;
}

/** Less than this free is full: the databases could not even be opened. */
const probeBytes = 1024 * 1024;

const lockName = 'collector.lock';

export const pathsOf = (path: string) => ({
  path,
  state: join(path, 'state.db'),
  series: join(path, 'series'),
  agent: join(path, 'agent'),
  localToken: join(path, 'local.token'),
  addresses: join(path, 'addresses.json'),
  rules: join(path, 'rules-in-force.json'),
  agentSettings: join(path, 'agent-settings-in-force.json'),
});

/** @throws EvenkeelError DATA_NOT_WRITABLE, DISK_FULL */
export function prepareFolder(path: string): void {
  const probe = join(path, `.probe-${process.pid}`);
  try {
    makeFolder(path, 0o700);
    const file = openSync(probe, 'w', 0o600);
    try {
      // Unlike one `write`, which may take a part and say nothing, this goes on until all is there or it fails.
      writeFileSync(file, Buffer.alloc(probeBytes));
      fsyncSync(file);
    } finally {
      closeSync(file);
      rmSync(probe, { force: true });
    }
  } catch (thrown) {
    throw refusalOf(path, thrown);
  }
}

function refusalOf(path: string, thrown: unknown): EvenkeelError {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return fail('DISK_FULL', { path }, thrown);
  return fail('DATA_NOT_WRITABLE', { path, reason: reasonOf(thrown) }, thrown);
}

/** Makes the folder where it is missing, and takes it. @throws EvenkeelError DATA_NOT_WRITABLE, DISK_FULL, DATA_IN_USE */
export function openDataFolder(path: string): DataFolder {
  prepareFolder(path);
  const paths = pathsOf(path);
  const lock = takeLock(path);
  const pidFile = join(path, 'collector.pid');
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    ...paths,
    kept: [path, join(path, lockName), join(paths.series, 'journal.db')],
    release() {
      removeOwn(pidFile, `${process.pid}\n`);
      lock.close();
    },
  };
}

/** Removes a file if this process wrote it: where the folder was replaced, another collector's lies at the same path. */
export function removeOwn(path: string, text: string): void {
  if (readText(path) === text) rmSync(path, { force: true });
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there, or of somebody else.
    return null;
  }
}

function takeLock(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, lockName), { timeout: 0 });
    lock.exec('pragma journal_mode = memory; begin exclusive');
    return lock;
  } catch (thrown) {
    lock?.close();
    const { errcode } = thrown as { errcode?: number };
    // SQLITE_BUSY and SQLITE_LOCKED, with their extended codes.
    if (errcode !== undefined && [5, 6].includes(errcode & 0xff))
      throw fail('DATA_IN_USE', { path, pid: holderOf(path) });
    throw fail('DATA_NOT_WRITABLE', { path, reason: reasonOf(thrown) }, thrown);
  }
}

export interface RunningAddresses {
  http: string;
  mqtt: string;
  /** The same web app as this machine reaches it. */
  own: string;
  /** Certificates by which it is recognised, in PEM; none without encryption. */
  trusted: string[];
  /** The folder itself: a copy of one that is in use holds this file as well. */
  folder: string;
}

const identityOf = (path: string): string => {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
};

/** For commands of this machine; whole at any moment. @returns what was written */
export function tellAddresses(path: string, addresses: Omit<RunningAddresses, 'folder'>): string {
  const text = JSON.stringify({ ...addresses, folder: identityOf(path) } satisfies RunningAddresses);
  const file = pathsOf(path).addresses;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return text;
}

/** The addresses of the collector that runs on this folder; null where none does. */
export function runningOn(path: string): RunningAddresses | null {
  const text = readText(pathsOf(path).addresses);
  if (text === null || !isAlive(Number(holderOf(path)))) return null;
  const running = JSON.parse(text) as RunningAddresses;
  return running.folder === identityOf(path) ? running : null;
}

/** What was killed leaves its files. */
function isAlive(pid: number): boolean {
  try {
    return Number.isInteger(pid) && process.kill(pid, 0);
  } catch (thrown) {
    // Of another user: it is there.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Without the file it is just starting, or ending: locked all the same. */
export const holderOf = (path: string) => readText(join(path, 'collector.pid'))?.trim() ?? 'unknown';
