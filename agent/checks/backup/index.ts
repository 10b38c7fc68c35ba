/** Every backup product, one line each, in any order. */
import { borg } from './borg.ts';
import { robocopy, rsync, tar } from './command.ts';
import { dropFile } from './drop-file.ts';
import { duplicati } from './duplicati.ts';
import { duplicity } from './duplicity.ts';
import { eventRule } from './event-rule.ts';
import { fileHistory } from './file-history.ts';
import { fileRule } from './file-rule.ts';
import { kopia } from './kopia.ts';
import { type BackupOutcome, type FinishedRun, type Product, plainOutcome } from './product.ts';
import { restic } from './restic.ts';
import { rsnapshot } from './rsnapshot.ts';
import { programName } from './shell-words.ts';
import { timeMachine } from './time-machine.ts';
import { veeam } from './veeam.ts';
import { vzdump } from './vzdump.ts';
import { windowsServerBackup } from './windows-server-backup.ts';

export const products: readonly Product[] = [
  dropFile,
  restic,
  borg,
  kopia,
  duplicati,
  rsnapshot,
  duplicity,
  vzdump,
  windowsServerBackup,
  fileHistory,
  veeam,
  timeMachine,
  fileRule,
  eventRule,
  rsync,
  tar,
  robocopy,
];

export function productNamed(name: string): Product | undefined {
  return products.find((product) => product.name === name);
}

/** The product a program belongs to, by its file name: `/usr/bin/restic`, `restic.exe`. */
export function productOfProgram(program: string): Product | undefined {
  const name = programName(program);
  return products.find(({ programs }) => programs.includes(name));
}

/** What a finished run meant, by its product, or by the exit code alone. */
export function outcomeOf(product: Product | undefined, run: FinishedRun): BackupOutcome {
  return product?.outcome ? product.outcome(run) : plainOutcome(run);
}
