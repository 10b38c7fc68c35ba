/** Whether a backup can be restored: each file as it was written, both databases sound, each segment whole. Nothing is changed. */
import { lstatSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { openUnchanged } from '../series/copy.ts';
import { segmentFiles } from '../series/embedded/segment-table.ts';
import { readDump } from '../state/drivers/postgres-copy.ts';
import { isKnownSchema, newestSchema } from '../state/open.ts';
import { type CopyWatch, sumOf } from './files.ts';
import { backupsIn } from './make.ts';
import { type BackupNote, names, noteName, readNote } from './note.ts';
import { openSecrets } from './secrets.ts';

export interface FoundBackup {
  path: string;
  note: BackupNote;
}

const another = 'Nothing was changed. Take another backup.';
const unusable = (path: string, reason: string, todo = another) => fail('BACKUP_UNUSABLE', { path, reason, todo });

/** @param from a backup, or a folder of them: then the newest. @throws EvenkeelError BACKUP_UNUSABLE */
export function findBackup(from: string): FoundBackup {
  try {
    if (!lstatSync(from).isDirectory())
      throw unusable(from, 'it is no folder', 'Name the folder that a backup has made.');
    return { path: from, note: readNote(readFileSync(join(from, noteName), 'utf8'), from) };
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) throw thrown;
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw unusable(
        from,
        `this user may not read it (${reasonOf(thrown)})`,
        'Run this as the user that made it, or as root.',
      );
    if (code !== 'ENOENT') throw unusable(from, reasonOf(thrown));
    const [newest] = backupsIn(from);
    if (newest !== undefined) return findBackup(join(from, newest));
    const isPartial = from.endsWith('.partial');
    throw unusable(
      from,
      isPartial ? 'it was not finished' : `there is no ${noteName} in it`,
      isPartial ? another : 'Name a folder that a backup has made, such as evenkeel-2026-11-28T02-30-00Z.',
    );
  }
}

/** @throws EvenkeelError BACKUP_UNUSABLE where this version cannot restore it at all */
export function refuseNewer({ path, note }: FoundBackup): void {
  const { schema } = note.state;
  if (!isKnownSchema(schema))
    throw unusable(
      path,
      `a newer version made it (${note.version}, schema ${schema}; this version knows ${newestSchema})`,
      `Nothing was changed. Restore it with version ${note.version}, or a newer one.`,
    );
}

/** @returns what is wrong, in words; nothing when all is well */
export async function faultsOfBackup({ path, note }: FoundBackup, watch: CopyWatch): Promise<string[]> {
  const faults: string[] = [];
  for (const file of note.files) {
    try {
      const { bytes, sha256 } = await sumOf(join(path, ...file.path.split('/')), watch);
      if (bytes !== file.bytes) faults.push(`${file.path}: it has ${bytes} bytes instead of ${file.bytes}`);
      else if (sha256 !== file.sha256) faults.push(`${file.path}: its content is not what was written`);
    } catch (thrown) {
      watch.signal.throwIfAborted();
      const { code } = thrown as NodeJS.ErrnoException;
      const known = { ELOOP: 'it is a link, where a file was written', ENOENT: 'it is missing' }[code ?? ''];
      faults.push(`${file.path}: ${known ?? reasonOf(thrown)}`);
    }
  }
  if (faults.length > 0) return faults;
  const known = new Set(note.files.map((file) => file.path));
  for (const name of [names.journal, ...(note.state.kind === 'sqlite' ? [names.state] : [names.dump])])
    if (!known.has(name)) faults.push(`${name}: it is not in the list of ${noteName}`);
  if (faults.length > 0) return faults;
  const databases = note.state.kind === 'sqlite' ? [names.journal, names.state] : [names.journal];
  for (const name of databases) faults.push(...faultsOfDatabase(join(path, ...name.split('/')), name));
  if (note.state.kind === 'postgres') faults.push(...(await faultsOfDump(join(path, names.dump))));
  if (note.series.isWhole) faults.push(...(await faultsOfSegments(path, note)));
  return faults;
}

function faultsOfDatabase(file: string, name: string): string[] {
  try {
    const database = openUnchanged(file);
    try {
      const rows = database
        .prepare('pragma integrity_check(5)')
        .all()
        .map((row) => String(row.integrity_check));
      return rows[0] === 'ok' ? [] : rows.map((row) => `${name}: ${row}`);
    } finally {
      database.close();
    }
  } catch (thrown) {
    return [`${name}: ${reasonOf(thrown)}`];
  }
}

async function faultsOfDump(file: string): Promise<string[]> {
  try {
    await readDump(file);
    return [];
  } catch (thrown) {
    return [`${names.dump}: ${reasonOf(thrown)}`];
  }
}

/** Those that the journal names are there, and are Parquet from the first bytes to the last. */
async function faultsOfSegments(path: string, note: BackupNote): Promise<string[]> {
  const journal = openUnchanged(join(path, ...names.journal.split('/')));
  const named = segmentFiles(journal);
  journal.close();
  const files = new Map(note.files.map((file) => [file.path, file]));
  const faults: string[] = [];
  for (const segment of named) {
    const name = `series/${segment.path}`;
    const file = files.get(name);
    if (file?.bytes !== segment.bytes || file.crc !== segment.crc)
      faults.push(`${name}: the journal names it, and it is not in the backup`);
    else if (!(await isParquet(join(path, ...name.split('/')), segment.bytes)))
      faults.push(`${name}: it is no Parquet file`);
  }
  return faults;
}

const magic = 'PAR1';

/** Begin, end, and a footer that fits between them. */
async function isParquet(path: string, bytes: number): Promise<boolean> {
  if (bytes < 12) return false;
  const file = await open(path, 'r');
  try {
    const [head, foot] = [Buffer.alloc(4), Buffer.alloc(8)];
    await file.read(head, 0, 4, 0);
    await file.read(foot, 0, 8, bytes - 8);
    const length = foot.readUInt32LE(0);
    return (
      head.toString('latin1') === magic && foot.toString('latin1', 4) === magic && length > 0 && length + 12 <= bytes
    );
  } finally {
    await file.close();
  }
}

/** @returns null where it holds none. @throws EvenkeelError BACKUP_UNUSABLE */
export async function secretsOf({ path, note }: FoundBackup, passphrase: string) {
  if (!note.files.some((file) => file.path === names.secrets)) return null;
  const found = await openSecrets(readFileSync(join(path, names.secrets)), passphrase);
  if (!found)
    throw unusable(
      path,
      'the passphrase does not open its keys and passwords',
      'Give the passphrase that was set when it was made (--passphrase-file FILE), or leave it out: all else is restored without them.',
    );
  return found;
}
