/**
 * `run-backup --job NAME … -- COMMAND ARGUMENT…`: runs a backup as if it had been called alone, and leaves a drop file
 * that says what became of it (agent/checks/backup/drop-file.ts).
 *
 * Output, input, exit code and signals pass through untouched, and nothing here may keep a backup from running: if the
 * drop file cannot be written, that is said on stderr and the backup runs all the same.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Clock, systemClock } from '../shared/clock.ts';
import { fail, reasonOf } from '../shared/errors.ts';
import { type DropFile, dropFileName, parseDropFile, processStart } from './checks/backup/drop-file.ts';
import { outcomeOf, productNamed, productOfProgram, products } from './checks/backup/index.ts';
import type { FinishedRun, Outcome } from './checks/backup/product.ts';
import { oneLine, withoutPassword } from './checks/backup/values.ts';

/** The end of an output holds what products say at the end: a summary, the last error. */
const tailBytes = 256 * 1024;

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

const options = {
  job: { type: 'string' },
  product: { type: 'string' },
  protects: { type: 'string', multiple: true },
  schedule: { type: 'string' },
  repository: { type: 'string' },
  verify: { type: 'boolean' },
} as const;

function flagsOf(argv: string[]) {
  try {
    return parseArgs({ args: argv, options, strict: true }).values;
  } catch (thrown) {
    throw fail('BAD_FLAG', { problem: reasonOf(thrown).split('\n')[0] ?? '' });
  }
}

/** The words after `run-backup`. @throws EvenkeelError BAD_FLAG */
export function parseOrder(argv: readonly string[]): BackupOrder {
  const dashes = argv.indexOf('--');
  const [command, ...args] = dashes < 0 ? [] : argv.slice(dashes + 1);
  if (command === undefined) throw fail('BAD_FLAG', { problem: 'no command: write it after --' });
  const flags = flagsOf(argv.slice(0, dashes));
  if (!flags.job || flags.job.length > 80)
    throw fail('BAD_FLAG', { problem: 'no --job with a name of 1 to 80 characters' });
  if (flags.product !== undefined && !productNamed(flags.product)) {
    const known = products.filter(({ outcome }) => outcome).map(({ name }) => name);
    throw fail('BAD_FLAG', { problem: `an unknown --product "${flags.product}" (known: ${known.join(', ')})` });
  }
  const own = command.split(/[\\/]/).at(-1) || command;
  return {
    job: flags.job,
    product: flags.product ?? productOfProgram(command)?.name ?? own.slice(0, 64),
    protects: flags.protects ?? [],
    schedule: flags.schedule ?? null,
    repository: flags.repository === undefined ? null : withoutPassword(flags.repository),
    verify: flags.verify ?? false,
    command,
    args,
  };
}

const iso = (ms: number) => new Date(ms).toISOString();

/** What is known of the job before this run: its last success and last verification outlive every later failure. */
function standing(order: BackupOrder, before: DropFile | null) {
  const { lastSuccess = null, lastVerified = null, verifiedOk = null } = before ?? {};
  return {
    ...{ schema: 1 as const, job: order.job, product: order.product, lastSuccess, lastVerified, verifiedOk },
    protects: order.protects.length > 0 ? order.protects : (before?.protects ?? []),
    schedule: order.schedule ?? before?.schedule ?? null,
    repository: order.repository ?? before?.repository ?? null,
  };
}

/** Written before the command starts, so that a run which is killed is seen. */
export function startRecord(
  order: BackupOrder,
  before: DropFile | null,
  startedAt: number,
  pid: number,
  pidStart: string | null,
): DropFile {
  return { ...standing(order, before), startedAt: iso(startedAt), result: 'running', pid, pidStart };
}

/** Written when the command has ended. A failed run keeps lastSuccess where it was; a partial one moves it. */
export function endRecord(
  order: BackupOrder,
  before: DropFile | null,
  startedAt: number,
  endedAt: number,
  run: FinishedRun,
  outcome: Outcome,
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
    message: outcome.reason === null ? null : oneLine(outcome.reason, 2000),
    lastSuccess: good ? iso(endedAt) : known.lastSuccess,
  };
}

/** A verification leaves the backup's own result alone. */
export function verifyRecord(order: BackupOrder, before: DropFile | null, endedAt: number, outcome: Outcome): DropFile {
  const verified = { lastVerified: iso(endedAt), verifiedOk: outcome.result !== 'failed' };
  if (before) return { ...before, ...standing(order, before), product: before.product, ...verified };
  return {
    ...standing(order, null),
    ...verified,
    result: 'unknown',
    message: 'verified, but no backup was run through run-backup yet',
  };
}

/** The last bytes of a stream, bounded. */
class Tail {
  #chunks: Buffer[] = [];
  #length = 0;
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length - (this.#chunks[0]?.length ?? 0) >= tailBytes)
      this.#length -= this.#chunks.shift()?.length ?? 0;
  }
  text(): string {
    return Buffer.concat(this.#chunks).subarray(-tailBytes).toString('utf8');
  }
}

/** Sends the child's stream on, byte for byte and no faster than our own reader takes it, and keeps its end. */
function passOn(from: ChildProcess['stdout'], to: NodeJS.WriteStream): Tail {
  const tail = new Tail();
  from?.on('data', (chunk: Buffer) => tail.add(chunk));
  from?.pipe(to, { end: false });
  // Our reader has gone (a closed pipe): the child must meet that too, as it would without us.
  to.on('error', () => from?.destroy());
  return tail;
}

const forwarded: NodeJS.Signals[] =
  process.platform === 'win32'
    ? ['SIGINT', 'SIGBREAK']
    : ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/** A terminal sends Ctrl-C to the whole group itself; a second one from us would cut short the child's own cleaning up. */
const fromTerminal = (signal: NodeJS.Signals) =>
  Boolean(process.stdin.isTTY) && (signal === 'SIGINT' || signal === 'SIGQUIT');

function forward(child: ChildProcess): () => void {
  const handlers = forwarded.map(
    (signal) => [signal, () => void (fromTerminal(signal) || child.kill(signal))] as const,
  );
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/** Runs the command to its end. Exit codes of a shell where it could not be started: 127 not found, 126 not allowed. */
export function passThrough(command: string, args: readonly string[]): Promise<FinishedRun> {
  return new Promise((resolve) => {
    // A terminal stays the child's own (progress bars, colours), unless it prints data for programs.
    const own = (stream: NodeJS.WriteStream) => (stream.isTTY && !args.includes('--json') ? 'inherit' : 'pipe');
    const child = spawn(command, args, {
      stdio: ['inherit', own(process.stdout), own(process.stderr)],
      windowsHide: true,
    });
    const release = forward(child);
    const out = passOn(child.stdout, process.stdout);
    const err = passOn(child.stderr, process.stderr);
    child.on('error', (thrown: NodeJS.ErrnoException) => {
      release();
      const said = `${command} could not be started: ${thrown.code ?? thrown.message}`;
      process.stderr.write(`${said}\n`);
      resolve({ code: thrown.code === 'ENOENT' ? 127 : 126, signal: null, stdout: '', stderr: said });
    });
    child.on('close', (code, signal) => {
      release();
      resolve({ code, signal, stdout: out.text(), stderr: err.text() });
    });
  });
}

async function readRecord(path: string): Promise<DropFile | null> {
  try {
    return parseDropFile(await readFile(path, 'utf8'));
  } catch {
    // No file yet, or one that cannot be read: this run writes a new one.
    return null;
  }
}

/** Whole or not at all; readable for the agent, which may run as another user. Nothing in it is secret. */
async function writeRecord(path: string, record: DropFile): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  await chmod(draft, 0o644);
  await rename(draft, path);
}

/** Says what went wrong with the recording, and goes on: the backup matters more than the word about it. */
async function attempt(job: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    process.stderr.write(`run-backup: the state of job "${job}" could not be recorded: ${reasonOf(thrown)}\n`);
  }
}

/**
 * Runs the backup and records it.
 * @param data the agent's folder
 * @returns how the command ended; the caller ends the same way, see `endLike`
 */
export async function runBackup(order: BackupOrder, data: string, clock: Clock = systemClock): Promise<FinishedRun> {
  const folder = join(data, 'backup.d');
  const path = join(folder, dropFileName(order.job));
  const before = await readRecord(path);
  const startedAt = clock.now();
  await attempt(order.job, async () => {
    await mkdir(folder, { recursive: true });
    if (order.verify) return;
    await writeRecord(path, startRecord(order, before, startedAt, process.pid, await processStart(process.pid)));
  });
  const run = await passThrough(order.command, order.args);
  const outcome = outcomeOf(productNamed(order.product), run);
  const endedAt = clock.now();
  await attempt(order.job, () =>
    writeRecord(
      path,
      order.verify
        ? verifyRecord(order, before, endedAt, outcome)
        : endRecord(order, before, startedAt, endedAt, run, outcome),
    ),
  );
  return run;
}

/** Ends this process as the command ended: the same exit code, or the same signal. */
export function endLike(run: FinishedRun): void {
  process.exitCode = run.code ?? 1;
  if (run.signal === null) return;
  const signal = run.signal as NodeJS.Signals;
  // Signals that Node ignores (SIGPIPE) leave us alive: then the exit code is what a shell would show.
  process.exitCode = 128 + (constants.signals[signal] ?? 0);
  if (process.platform !== 'win32') process.kill(process.pid, signal);
}

/** The subcommand `run-backup`. @throws EvenkeelError BAD_FLAG before anything is started */
export async function runBackupCommand(argv: readonly string[], data: string): Promise<void> {
  endLike(await runBackup(parseOrder(argv), data));
}
