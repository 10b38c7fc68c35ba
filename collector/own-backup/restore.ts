/**
 * Restores a backup into a folder that is not there yet, or empty: checked first, then copied beside it, given its name last. Whatever
 * ends it before leaves everything as it was, but for a folder `*.restoring-…` that the next run removes.
 */
import { readdirSync, realpathSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import type { StatePlace } from '../state/drivers/index.ts';
import { type PostgresPlace, postgresName } from '../state/drivers/postgres-address.ts';
import { undump } from '../state/drivers/postgres-copy.ts';
import { openAsIs, openState } from '../state/open.ts';
import { type FoundBackup, faultsOfBackup, findBackup, refuseNewer, secretsOf } from './check.ts';
import { type CopyWatch, copyFile, giveToOwner, isThere, syncFolder, syncFolders, writeDurable } from './files.ts';
import { ledgerName, readLedger } from './ledger.ts';
import { type BackupNote, bytesOf, isInside, names } from './note.ts';
import { isWithin, lackOfRoom, realOf } from './place.ts';
import { markRestored } from './restored.ts';
import type { SecretFiles } from './secrets.ts';

export interface RestoreRequest {
  /** A backup, or a folder of them: then the newest. */
  from: string;
  /** The data folder to make. */
  data: string;
  /** null: in the data folder, as the backup must have it. */
  state: PostgresPlace | null;
  passphrase: string | null;
  /** List of erased endpoints; null: the one beside the backup. */
  ledger: string | null;
  now(): number;
  signal: AbortSignal;
  /** Bytes of the backup that were checked, and then those that were copied. */
  progress(phase: 'check' | 'copy', done: number, total: number): void;
}

export interface RestoredBackup extends FoundBackup {
  data: string;
  /** Endpoints that the list names and the backup still had; null: there is no list. */
  erasedAgain: number | null;
  /** Whether keys and passwords were in it and are there now. */
  secrets: 'none' | 'restored' | 'left out';
}

/** @throws EvenkeelError BACKUP_UNUSABLE, RESTORE_REFUSED, BACKUP_REFUSED */
export async function restoreBackup(request: RestoreRequest): Promise<RestoredBackup> {
  const backup = findBackup(request.from);
  const data = prepareTarget(request.data, backup);
  refuseNewer(backup);
  refuseOtherState(backup.note, request);
  const ledger = readLedger(request.ledger ?? join(dirname(backup.path), ledgerName));
  if (request.ledger !== null && !ledger)
    throw refused(
      request.data,
      `there is no list of erased endpoints at ${request.ledger}`,
      'Name the file erased.json beside the backups.',
    );
  const total = bytesOf(backup.note);
  const faults = await faultsOfBackup(backup, watchOf(request, 'check', total));
  if (faults.length > 0)
    throw fail('BACKUP_UNUSABLE', {
      path: backup.path,
      reason: `${faults.slice(0, 10).join('; ')}${faults.length > 10 ? `; and ${faults.length - 10} more` : ''}`,
      todo: 'Nothing was changed. Take another backup: check DIR says which is whole.',
    });
  const secrets = request.passphrase === null ? null : await secretsOf(backup, request.passphrase);
  const hasSecrets = backup.note.files.some(({ path }) => path === names.secrets);
  if (request.state) await refuseFilled(request.state, request.data);
  const lack = lackOfRoom(dirname(data), total);
  if (lack !== null)
    throw refused(request.data, formatReasons('en', [lack]), 'Free some space there, or restore to another disk.');
  const half = `${data}.restoring-${process.pid}`;
  try {
    await copyAll(backup, half, secrets, watchOf(request, 'copy', total));
    const place: StatePlace = request.state ?? { driver: 'sqlite', file: join(half, names.state) };
    if (request.state) {
      await undump(request.state, join(half, names.dump));
      await rm(join(half, names.dump));
    }
    const about = { at: request.now(), madeAt: backup.note.at, from: basename(backup.path), isWhole: true };
    const erasedAgain = await mark(place, { ...about, erased: ledger?.erased ?? [] });
    await giveToOwner(half, (await isThere(data)) ? data : dirname(data));
    await syncFolders(half);
    request.signal.throwIfAborted();
    // An empty folder at its place is replaced, but on Windows; one that was filled meanwhile makes this fail.
    if (process.platform === 'win32' && (await isThere(data))) rmdirSync(data);
    await rename(half, data);
    await syncFolder(dirname(data));
    return {
      ...{ ...backup, data, erasedAgain: ledger ? erasedAgain : null },
      secrets: !hasSecrets ? 'none' : secrets ? 'restored' : 'left out',
    };
  } catch (thrown) {
    await rm(half, { recursive: true, force: true }).catch(() => undefined);
    throw asRefusal(thrown, request.data);
  }
}

const refused = (path: string, reason: string, todo: string, thrown?: unknown) =>
  fail('RESTORE_REFUSED', { path, reason, todo }, thrown);

function watchOf({ signal, progress }: RestoreRequest, phase: 'check' | 'copy', total: number): CopyWatch {
  let done = 0;
  return {
    signal,
    moved(bytes) {
      done += bytes;
      progress(phase, done, total);
    },
  };
}

/** @returns its real path; the folder above it is there */
function prepareTarget(path: string, { path: from }: FoundBackup): string {
  const data = realOf(path);
  const elsewhere =
    'Name a folder that is not there yet, or is empty; once all is well, it can take the place of another one.';
  if (isWithin(data, from) || isWithin(from, data))
    throw refused(path, 'it and the backup lie in one another', elsewhere);
  try {
    if (statSync(data).isDirectory() ? readdirSync(data).length > 0 : true)
      throw refused(path, statSync(data).isDirectory() ? 'the folder is not empty' : 'it is no folder', elsewhere);
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) throw thrown;
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw asRefusal(thrown, path);
  }
  try {
    makeFolder(dirname(data), 0o700);
    removeOlder(data);
    return join(realpathSync(dirname(data)), basename(data));
  } catch (thrown) {
    throw asRefusal(thrown, path);
  }
}

/** Of runs that were killed. */
function removeOlder(data: string): void {
  const mark = `${basename(data)}.restoring-`;
  for (const name of readdirSync(dirname(data)).filter((one) => one.startsWith(mark))) {
    if (isRunning(Number(name.slice(mark.length)))) continue;
    rmSync(join(dirname(data), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function refuseOtherState({ state }: BackupNote, { state: place, data }: RestoreRequest): void {
  if (state.kind === 'sqlite' && place)
    throw refused(
      data,
      `the settings keep the state in ${postgresName(place)}, and the backup has it in a file`,
      'Restore with settings without `state` (and without EVENKEEL_STATE).',
    );
  if (state.kind === 'postgres' && !place)
    throw refused(
      data,
      'the backup has the state of a PostgreSQL database, and the settings name none',
      'Make an empty database, and give its address as `state` in the settings or in EVENKEEL_STATE.',
    );
}

async function refuseFilled(place: PostgresPlace, data: string): Promise<void> {
  const state = await openAsIs(place);
  try {
    if ((await state.introspection.getTables({ withInternalKyselyTables: true })).length > 0)
      throw refused(
        data,
        `the database ${postgresName(place)} is not empty`,
        'Give an empty one: createdb -E UTF8 -O evenkeel NAME. Where a restore was cut off just before its end, drop its database and make it again.',
      );
  } finally {
    await state.destroy();
  }
}

async function copyAll(
  { path, note }: FoundBackup,
  half: string,
  secrets: SecretFiles | null,
  watch: CopyWatch,
): Promise<void> {
  await mkdir(half, { mode: 0o700 });
  for (const file of note.files) {
    if (file.path === names.secrets) continue;
    const { sha256 } = await copyFile(join(path, ...file.path.split('/')), join(half, ...file.path.split('/')), watch);
    if (sha256 !== file.sha256)
      throw fail('BACKUP_UNUSABLE', {
        path,
        reason: `${file.path} changed while it was read`,
        todo: 'Nothing was changed. Try again.',
      });
  }
  for (const [name, bytes] of Object.entries(secrets ?? {})) {
    if (!isInside(name)) continue;
    const target = join(half, ...name.replace(/^data\//, '').split('/'));
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeDurable(target, bytes);
  }
}

async function mark(place: StatePlace, about: Parameters<typeof markRestored>[1]): Promise<number> {
  const state = await openState(place);
  try {
    return await markRestored(state, about);
  } finally {
    await state.destroy();
  }
}

function asRefusal(thrown: unknown, path: string): unknown {
  if (thrown instanceof EvenkeelError) return thrown;
  const { code, name } = thrown as NodeJS.ErrnoException;
  if (name === 'AbortError')
    return refused(path, 'it was stopped', 'Run it again; what was there before is as it was.');
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return refused(path, 'the disk is full', 'Free some space there, or restore to another disk.', thrown);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return refused(
      path,
      `this user may not write there (${reasonOf(thrown)})`,
      'Run it as the user of the collector, or choose another folder.',
      thrown,
    );
  if (code === 'ENOENT') return refused(path, 'no folder can be made there', 'Choose a folder on a disk.', thrown);
  if (code === 'ENOTEMPTY' || code === 'EEXIST')
    return refused(path, 'another program has filled the folder meanwhile', 'Choose another folder.', thrown);
  return refused(path, reasonOf(thrown), 'Correct that and try again; what was there before is as it was.', thrown);
}
