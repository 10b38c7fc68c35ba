/**
 * `run-backup --job NAME … -- COMMAND ARGUMENT…`: runs a backup as if it had been called directly, and writes a drop
 * file with the outcome (agent/checks/backup/drop-file.ts).
 *
 * Output, input, exit code and signals pass through untouched, and nothing here may keep a backup from running: if the
 * drop file cannot be written, a message goes to stderr and the backup runs all the same.
 */

import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import { reasonOf } from '../shared/errors.ts';
import { joinReasons, type Reason, reason } from '../shared/reason.ts';
import { withoutSecretsIn } from '../shared/secrets.ts';
import { deedsOf, whyNothingSaved, whyNothingVerified } from './checks/backup/deeds.ts';
import { dropFileName, processStart, verificationIn } from './checks/backup/drop-file.ts';
import { type DropFile, parseDropFile } from './checks/backup/drop-schema.ts';
import { outcomeOf, productNamed } from './checks/backup/index.ts';
import type { BackupOutcome, FinishedRun } from './checks/backup/product.ts';
import { rotatesOnly } from './checks/backup/rsnapshot.ts';
import { textOfBytes } from './checks/parse.ts';
import { passThrough } from './pass-through.ts';
import { asOwnerOf, makePrivate, replaceFile } from './safe-write.ts';
import { readTrusted } from './trusted-path.ts';

export interface BackupOrder {
  job: string;
  /** Name in agent/checks/backup/index.ts, or the program's own name when it is none of them. */
  product: string;
  protects: string[];
  schedule: string | null;
  repository: string | null;
  /** The command is a restore test or a check of the repository: it moves lastVerified, never lastSuccess. */
  verify: boolean;
  command: string;
  args: string[];
}

const iso = (ms: number) => new Date(ms).toISOString();

/** The last good and the last failed verification so far. */
function verifications(before: DropFile | null) {
  if (before === null) return { lastVerified: null, verifiedOk: null };
  const { lastVerified, verifiedOk, verifyFailedAt = null, verifyNote = null } = verificationIn(before);
  const failure =
    verifyFailedAt === null
      ? {}
      : { lastVerifyFailed: iso(verifyFailedAt), verifyReasons: verifyNote, verifyNote: null };
  return { lastVerified: lastVerified === null ? null : iso(lastVerified), verifiedOk, ...failure };
}

/** What is known of the job before this run: its last success and last verification outlive every later failure. */
function standing(order: BackupOrder, before: DropFile | null) {
  const { lastSuccess = null } = before ?? {};
  return {
    ...{ schema: 1 as const, job: order.job, product: order.product, lastSuccess, ...verifications(before) },
    protects: order.protects.length > 0 ? order.protects : (before?.protects ?? []),
    schedule: order.schedule ?? before?.schedule ?? null,
    repository: order.repository ?? before?.repository ?? null,
  };
}

/** Written before the command starts, so that a run which is killed is seen. */
function startRecord(
  order: BackupOrder,
  before: DropFile | null,
  startedAt: number,
  pid: number,
  pidStart: string | null,
): DropFile {
  return { ...standing(order, before), startedAt: iso(startedAt), result: 'running', pid, pidStart };
}

/** Written when the command has ended. A failed run keeps lastSuccess where it was; a partial one moves it. */
function endRecord(
  order: BackupOrder,
  before: DropFile | null,
  startedAt: number,
  endedAt: number,
  run: FinishedRun,
  outcome: BackupOutcome,
): DropFile {
  const known = standing(order, before);
  const good = outcome.result !== 'failed';
  return {
    ...known,
    startedAt: iso(startedAt),
    endedAt: iso(endedAt),
    result: outcome.result,
    exitCode: run.code,
    bytes: outcome.bytes,
    files: outcome.files,
    reasons: joinReasons(outcome.reasons),
    lastSuccess: good ? iso(endedAt) : known.lastSuccess,
  };
}

/**
 * The command ended well and saved nothing: what was known of the job stands, and the reason states that nothing was
 * saved.
 */
function emptyRecord(
  order: BackupOrder,
  before: DropFile | null,
  startedAt: number,
  endedAt: number,
  run: FinishedRun,
  reasons: Reason[],
): DropFile {
  const ended = { startedAt: iso(startedAt), endedAt: iso(endedAt), exitCode: run.code };
  return { ...standing(order, before), ...ended, result: 'unknown', reasons };
}

/** A verification leaves the backup's own result alone. Only a clean one counts: `borg check` ends with a warning code when it finds damage. */
function verifyRecord(order: BackupOrder, before: DropFile | null, endedAt: number, outcome: BackupOutcome): DropFile {
  const verified =
    outcome.result === 'ok'
      ? { lastVerified: iso(endedAt), verifiedOk: true }
      : { lastVerifyFailed: iso(endedAt), verifyReasons: joinReasons(outcome.reasons), verifiedOk: false };
  if (before) return { ...before, ...standing(order, before), product: before.product, ...verified };
  return {
    ...standing(order, null),
    ...verified,
    result: 'unknown',
    reasons: [reason('verified_only')],
  };
}

function readRecord(data: string, path: string): DropFile | null {
  try {
    return asOwnerOf(data, () => parseDropFile(textOfBytes(readTrusted(path))));
  } catch {
    // No file yet, or one that cannot be read: this run writes a new one.
    return null;
  }
}

/**
 * Readable by its owner only: a failed backup's own words may hold a secret. The owner is that of the agent's folder, as
 * whom the agent runs; backups often run as root.
 */
function writeRecord(data: string, path: string, record: DropFile): void {
  asOwnerOf(data, () => {
    makePrivate(dirname(path));
    replaceFile(path, `${JSON.stringify(withoutSecretsIn(record), null, 2)}\n`, { flush: true });
  });
}

/** Prints what went wrong with the recording, and goes on: the backup matters more than its record. */
async function attempt(job: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    process.stderr.write(`run-backup: the state of job "${job}" could not be recorded: ${reasonOf(thrown)}\n`);
  }
}

/** For the terminal. The language files are loaded only when there is something to print. */
const inEnglish = async (reasons: Reason[]) => (await import('./english.ts')).english(reasons);

/** Why the command did not do what it is recorded as; null when it may have. */
async function whyNothing(order: BackupOrder, run: FinishedRun): Promise<Reason[] | null> {
  const deeds = deedsOf(order.command, order.args);
  if (order.verify) return whyNothingVerified(deeds);
  return whyNothingSaved(deeds, `${run.stdout}\n${run.stderr}`) ?? (await rotatesOnly(deeds));
}

/**
 * Runs the backup and records it.
 * @param data the agent's folder
 * @returns how the command ended; the caller ends the same way, see `endLike` in pass-through.ts
 */
export async function runBackup(order: BackupOrder, data: string, clock: Clock = systemClock): Promise<FinishedRun> {
  const folder = join(data, 'backup.d');
  const path = join(folder, dropFileName(order.job));
  const before = readRecord(data, path);
  const startedAt = clock.now();
  await attempt(order.job, async () => {
    if (order.verify) return;
    writeRecord(data, path, startRecord(order, before, startedAt, process.pid, await processStart(process.pid)));
  });
  const run = await passThrough(order.command, order.args);
  const outcome = outcomeOf(productNamed(order.product), run);
  const endedAt = clock.now();
  const nothing = await whyNothing(order, run);
  if (nothing !== null) process.stderr.write(`run-backup: job "${order.job}": ${await inEnglish(nothing)}\n`);
  await attempt(order.job, async () => {
    // A command that verifies nothing is no evidence about the backup, even when it fails.
    if (order.verify)
      return nothing === null ? writeRecord(data, path, verifyRecord(order, before, endedAt, outcome)) : undefined;
    if (nothing !== null && outcome.result !== 'failed')
      return writeRecord(data, path, emptyRecord(order, before, startedAt, endedAt, run, nothing));
    const reasons = joinReasons(nothing, outcome.reasons) ?? [];
    return writeRecord(data, path, endRecord(order, before, startedAt, endedAt, run, { ...outcome, reasons }));
  });
  return run;
}
