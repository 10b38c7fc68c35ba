/**
 * Makes one backup: a folder that has its name only when all of it is on the disk. Whatever ends it before leaves a folder
 * `*.partial`, which nobody takes for a backup and the next run removes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { openUnchanged } from '../series/copy.ts';
import type { Config } from '../settings/settings.ts';
import { backupRefused as refused } from '../state/backup-refused.ts';
import { copyAttachments } from './attached.ts';
import { copyFile, giveToOwner, isThere, linkFile, sumOf, syncFolder, syncFolders, writeDurable } from './files.ts';
import { refuseForeign, writeLedger } from './ledger.ts';
import { leftOutText } from './left-out.ts';
import { type BackedUpFile, type BackupNote, names, noteFormat, noteName, readNote } from './note.ts';
import { lackOfRoom, preparePlace } from './place.ts';
import { sealSecrets } from './secrets.ts';
import { copySettings } from './settings-files.ts';
import type { CopySource } from './source.ts';

export type BackupPhase = 'journal' | 'segments' | 'state' | 'settings';

export interface BackupProgress {
  phase: BackupPhase;
  /** Of the phase; both 0 while it is not known how much it is. */
  done: number;
  total: number;
}

export interface BackupRequest {
  source: CopySource;
  config: Pick<Config, 'file' | 'named' | 'rulesFolder' | 'data' | 'series' | 'state'>;
  /** Folder with all backups. */
  to: string;
  passphrase: string | null;
  version: string;
  by: string;
  now(): number;
  signal: AbortSignal;
  progress(progress: BackupProgress): void;
}

export interface MadeBackup {
  path: string;
  note: BackupNote;
  /** Bytes that are shared with the backup before. */
  linked: number;
}

const prefix = 'evenkeel-';
const partial = '.partial';
const isBackup = (name: string) => /^evenkeel-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/.test(name);
const nameAt = (at: number) => `${prefix}${new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;

/** Whole backups in a folder, the newest first. */
export function backupsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(isBackup).sort().reverse();
  } catch {
    // Not there any more, or not for us to see: there are none that anybody could restore.
    return [];
  }
}

/** @throws EvenkeelError BACKUP_REFUSED, BACKUP_UNUSABLE */
export async function makeBackup(request: BackupRequest): Promise<MadeBackup> {
  const { source, config, now, signal } = request;
  const to = preparePlace(request.to, config.data);
  const id = await source.id();
  const instance = await source.instance();
  refuseForeign(to, id);
  refuseRival(to, instance);
  const half = instance === 0 ? partial : `.${instance}${partial}`;
  // Those of another one that writes here, too, may be on their way.
  for (const name of readdirSync(to).filter((one) => isBackup(one.slice(0, -half.length)) && one.endsWith(half)))
    await rm(join(to, name), { recursive: true, force: true });
  refuseLack(to, source.bytes());
  const began = performance.now();
  const folder = join(to, `${nameAt(now())}${half}`);
  try {
    await mkdir(folder, { mode: 0o700 });
    const { files, linked, ...note } = await fill(folder, to, request);
    const at = now();
    const path = await freeName(to, at);
    const whole: BackupNote = {
      ...{ format: noteFormat, version: request.version, at, took: Math.round(performance.now() - began) },
      ...{ by: request.by, ...note, files, ...(instance > 0 && { instance }) },
    };
    await writeDurable(join(folder, noteName), `${JSON.stringify(whole, null, 1)}\n`);
    await syncFolders(folder);
    // Before the name: a backup without the list would bring back what is erased.
    await writeLedger(to, id, await source.erased());
    signal.throwIfAborted();
    await giveToOwner(folder, to);
    await rename(folder, path);
    await syncFolder(to);
    return { path, note: whole, linked };
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw asRefusal(thrown, to);
  }
}

/** null: it cannot be read. */
function noteIn(folder: string, name: string): BackupNote | null {
  const path = join(folder, name);
  try {
    return readNote(readFileSync(join(path, noteName), 'utf8'), path);
  } catch {
    return null;
  }
}

/** The newest first, of this one alone: in a folder that a restored collector came from lie those of the other, too. */
const ownBackupsIn = (folder: string, instance: number): string[] =>
  backupsIn(folder).filter((name) => {
    const note = noteIn(folder, name);
    return note !== null && (note.instance ?? 0) === instance;
  });

/**
 * A restored collector has the id and the settings of the one that it came from. Where that one goes on making backups, they would
 * take each other for the same.
 * @throws EvenkeelError BACKUP_REFUSED
 */
function refuseRival(to: string, instance: number): void {
  if (instance === 0) return;
  const rival = backupsIn(to)
    .map((name) => noteIn(to, name))
    .find((note) => note !== null && (note.instance ?? 0) < instance && note.at > instance);
  if (rival)
    throw refused(`to ${to}`, reason('own_backup_rival', { made_at: rival.at }), reason('own_backup_rival_apart'));
}

/** All but the newest `keep` of this one. */
export async function pruneBackups(folder: string, keep: number, instance: number): Promise<void> {
  for (const name of ownBackupsIn(folder, instance).slice(keep)) {
    // Half removed it must not look like a backup.
    await rename(join(folder, name), join(folder, `${name}${partial}`));
    await rm(join(folder, `${name}${partial}`), { recursive: true, force: true });
  }
}

async function freeName(to: string, at: number): Promise<string> {
  for (let second = 0; ; second++) {
    const path = join(to, nameAt(at + second * 1000));
    if (!(await isThere(path))) return path;
  }
}

function refuseLack(to: string, needed: number): void {
  const lack = lackOfRoom(to, needed);
  if (lack !== null) throw refused(`to ${to}`, lack, reason('own_backup_more_room'));
}

function asRefusal(thrown: unknown, to: string): unknown {
  if (thrown instanceof EvenkeelError) return thrown;
  const { code, name } = thrown as NodeJS.ErrnoException;
  const what = `to ${to}`;
  if (name === 'AbortError') return refused(what, reason('own_backup_stopping'), reason('own_backup_again'));
  if (code === 'ENOSPC' || code === 'EDQUOT' || /disk is full/.test(reasonOf(thrown)))
    return refused(what, reason('own_backup_disk_full'), reason('own_backup_more_room'), thrown);
  return refused(what, reason('verbatim', { text: reasonOf(thrown) }), reason('own_backup_correct'), thrown);
}

type Filled = Omit<BackupNote, 'format' | 'version' | 'at' | 'took' | 'by'> & { linked: number };

async function fill(folder: string, to: string, request: BackupRequest): Promise<Filled> {
  const { source, config, signal, progress } = request;
  const files: BackedUpFile[] = [];
  const quietly = { signal, moved() {} };
  const add = async (path: string) => {
    files.push({ path, ...(await sumOf(join(folder, ...path.split('/')), quietly)) });
  };
  const during = (phase: BackupPhase) => (done: number, total: number) => {
    signal.throwIfAborted();
    progress({ phase, done, total });
  };

  const segments = { count: 0, linked: 0 };
  await mkdir(join(folder, 'series'), { mode: 0o700 });
  const before = segmentsBefore(to);
  progress({ phase: 'journal', done: 0, total: 0 });
  const { isWhole } = await source.series({
    journal: join(folder, ...names.journal.split('/')),
    progress: during('journal'),
    async files(all) {
      const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
      const isLinked = ({ path, bytes, crc }: { path: string; bytes: number; crc: number }) => {
        const old = before?.files.get(`series/${path}`);
        return old?.bytes === bytes && old.crc === crc ? old : null;
      };
      refuseLack(to, all.reduce((sum, file) => sum + (isLinked(file) ? 0 : file.bytes), 0) + source.bytes());
      let done = 0;
      const moved = (bytes: number) => {
        done += bytes;
        during('segments')(done, total);
      };
      for (const file of all) {
        const path = `series/${file.path}`;
        const target = join(folder, ...path.split('/'));
        const old = isLinked(file);
        if (before && old && (await linkFile(join(before.folder, ...path.split('/')), target, file.bytes))) {
          segments.linked += file.bytes;
          moved(file.bytes);
          files.push({ ...old, path });
        } else files.push({ path, ...(await copyFile(file.from, target, { signal, moved })), crc: file.crc });
        segments.count += 1;
      }
    },
  });
  await add(names.journal);

  // After the series: whoever has a sample in the one has an endpoint in the other.
  const isDump = config.state !== null;
  const stateFile = isDump ? names.dump : names.state;
  progress({ phase: 'state', done: 0, total: 0 });
  const [schema, live] = [await source.schema(), await source.counts()];
  await source.state(join(folder, stateFile), during('state'));
  await add(stateFile);
  const attached = await copyAttachments(config.data, folder, before?.folder ?? null, quietly);
  files.push(...attached.files);
  const counts = isDump ? live : countsIn(join(folder, names.state), Object.keys(live));

  progress({ phase: 'settings', done: 0, total: 0 });
  const { plain, secret, file, leftOut } = copySettings(config, request.passphrase !== null);
  const sealed = request.passphrase !== null && Object.keys(secret).length > 0;
  const texts = {
    ...plain,
    ...(sealed ? { [names.secrets]: await sealSecrets(secret, request.passphrase as string) } : {}),
  };
  for (const [path, bytes] of Object.entries(texts)) {
    const target = join(folder, ...path.split('/'));
    await mkdir(join(target, '..'), { recursive: true, mode: 0o700 });
    await writeDurable(target, bytes);
    await add(path);
  }
  if (!isWhole) leftOut.push(leftOutText(reason('own_backup_without_series', { store: config.series.name })));
  return {
    ...{ state: { kind: isDump ? 'postgres' : 'sqlite', schema }, counts, settings: file, leftOut, files },
    series: { name: config.series.name, isWhole, segments: segments.count },
    linked: segments.linked + attached.linked,
  };
}

function countsIn(file: string, tables: readonly string[]): Record<string, number> {
  const copy = openUnchanged(file);
  try {
    return Object.fromEntries(
      tables.map((table) => [table, Number(copy.prepare(`select count(*) as n from ${table}`).get()?.n)]),
    );
  } finally {
    copy.close();
  }
}

/** Of the newest backup: segments never change, so that two backups may have one file. */
function segmentsBefore(to: string): { folder: string; files: Map<string, BackedUpFile> } | null {
  const [newest] = backupsIn(to);
  // Where it cannot be read, all of it is copied.
  const note = newest === undefined ? null : noteIn(to, newest);
  if (newest === undefined || note === null) return null;
  const files = note.files.flatMap((file): [string, BackedUpFile][] =>
    file.crc === undefined ? [] : [[file.path, file]],
  );
  return { folder: join(to, newest), files: new Map(files) };
}
