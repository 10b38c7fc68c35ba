/**
 * `erased.json` beside the backups: whose they are, and the ids of endpoints that were erased. What is restored is older than some
 * erasures, and none of them may be undone by it. Ids say nothing about anybody.
 */
import { readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, reasonOf } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { backupRefused as refused } from '../state/backup-refused.ts';
import { giveToOwner, syncFolder, writeDurable } from './files.ts';

export const ledgerName = 'erased.json';

export interface Ledger {
  /** The collector whose backups lie there. */
  of: string;
  erased: string[];
}

/** @returns null where there is none. @throws EvenkeelError BACKUP_UNUSABLE */
export function readLedger(file: string): Ledger | null {
  try {
    const { of, erased } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Ledger>;
    if (typeof of === 'string' && Array.isArray(erased) && erased.every((id) => typeof id === 'string'))
      return { of, erased };
    throw new Error('it is not as it was written');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fail('BACKUP_UNUSABLE', {
      path: file,
      reason: `the list of erased endpoints cannot be read: ${reasonOf(thrown)}`,
      todo: 'Put the file back as it was; without it, what was erased would come back. Where nothing was ever erased, move it away.',
    });
  }
}

/** @throws EvenkeelError BACKUP_REFUSED where another collector keeps its backups */
export function refuseForeign(folder: string, of: string): void {
  const found = readLedger(join(folder, ledgerName));
  if (found && found.of !== of) throw refused(`to ${folder}`, reason('own_backup_foreign'), reason('own_backup_apart'));
}

/** Nothing that stands there is taken out. */
export async function writeLedger(folder: string, of: string, erased: readonly string[]): Promise<void> {
  refuseForeign(folder, of);
  const file = join(folder, ledgerName);
  const known = readLedger(file)?.erased ?? [];
  const all = [...new Set([...known, ...erased])].sort();
  const fresh = `${file}.partial`;
  await rm(fresh, { force: true });
  await writeDurable(fresh, `${JSON.stringify({ v: 1, of, erased: all })}\n`);
  await giveToOwner(fresh, folder);
  await rename(fresh, file);
  await syncFolder(folder);
}
