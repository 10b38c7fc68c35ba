/**
 * Drop files: `<agent's folder>/backup.d/<job>.json`, written by `run-backup` (or any script), read here. The cheapest
 * and most truthful source of all: no password, no network, no lock, and the exit code at first hand.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { BackupJob } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { tailOf } from './files.ts';
import { jobOf, type Product, secondsBetween } from './product.ts';
import { parseJson } from './values.ts';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
/** ISO 8601 in UTC, as `Date.toISOString` writes it: people read these files too. */
const time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z$' });
const amount = Type.Number({ minimum: 0 });
const or = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** Schema 1. Only `schema`, `job`, `product` and `result` must be there; `unknown` when only verifications were recorded. */
export const DropFile = Type.Object({
  schema: Type.Literal(1),
  job: text(200),
  product: text(64),
  startedAt: or(time),
  /** Absent while it runs. */
  endedAt: or(time),
  result: Type.Enum(['ok', 'warning', 'failed', 'running', 'unknown']),
  exitCode: or(Type.Integer()),
  /** The process of the running backup, and its start as the system counts it, so that a reused number is noticed. */
  pid: or(Type.Integer({ minimum: 1 })),
  pidStart: or(text(64)),
  bytes: or(amount),
  files: or(amount),
  message: or(Type.String({ maxLength: 2000 })),
  lastSuccess: or(time),
  lastVerified: or(time),
  verifiedOk: or(Type.Boolean()),
  protects: Type.Optional(Type.Array(text(1024), { maxItems: 200 })),
  repository: or(text(2000)),
  schedule: or(text(200)),
});
export type DropFile = Static<typeof DropFile>;

let validator: ReturnType<typeof Compile<typeof DropFile>> | null = null;

/** A drop file's content; null when it is none. Unknown keys are left alone: later versions may add some. */
export function parseDropFile(content: string): DropFile | null {
  const value = parseJson(content);
  // Compiled on first use: most endpoints have no drop file.
  validator ??= Compile(DropFile);
  return validator.Check(value) ? value : null;
}

/** The file of a job: every character that a file name cannot safely hold is written as %XX. */
export function dropFileName(job: string): string {
  const safe = encodeURIComponent(job).replace(
    /[!'()*~]|^\./g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${safe}.json`;
}

const at = (iso: string | null | undefined) => {
  const ms = iso ? Date.parse(iso) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
};

/**
 * A drop file as a job.
 * @param alive whether the process that it names still runs; a run that ended without a word has failed
 */
export function jobFrom(file: DropFile, alive: boolean): BackupJob {
  const started = at(file.startedAt);
  const ended = at(file.endedAt);
  const killed = file.result === 'running' && !alive;
  const good = file.result === 'ok' || file.result === 'warning';
  return jobOf(file.product, file.job, 'dropfile', {
    protects: file.protects ?? [],
    repository: file.repository ?? null,
    schedule: file.schedule ?? null,
    lastRun: ended ?? started,
    lastSuccess: at(file.lastSuccess) ?? (good ? ended : null),
    result: killed ? 'failed' : file.result,
    reason: killed ? 'the run ended without a word: it was killed, or the machine stopped' : (file.message ?? null),
    bytes: file.bytes ?? null,
    files: file.files ?? null,
    duration: secondsBetween(started, ended),
    lastVerified: at(file.lastVerified),
    verifiedOk: file.verifiedOk ?? null,
  });
}

/** When a process began, in the system's own count (Linux: clock ticks since boot); null where that is not told. */
export async function processStart(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  // No such file: the process has ended.
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in brackets may hold blanks; field 22 is the twentieth after it.
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function isAlive(file: DropFile): Promise<boolean> {
  if (file.result !== 'running' || !file.pid) return false;
  try {
    process.kill(file.pid, 0);
  } catch (thrown) {
    // EPERM: it runs, under another user.
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !file.pidStart || (await processStart(file.pid)) === file.pidStart;
}

const mostFiles = 500;
const mostBytes = 64 * 1024;

async function jobOfFile(folder: string, name: string): Promise<BackupJob[]> {
  const unreadable = (reason: string) =>
    jobOf('unknown', name.slice(0, -5), 'dropfile', { readable: false, reason: `${name}: ${reason}` });
  try {
    const content = await tailOf(join(folder, name), mostBytes);
    if (!content) return [];
    const file = parseDropFile(content.text);
    return [file ? jobFrom(file, await isAlive(file)) : unreadable('not a drop file of schema 1')];
  } catch (thrown) {
    return [unreadable((thrown as NodeJS.ErrnoException).code ?? String(thrown))];
  }
}

export const dropFile: Product = {
  name: 'drop file',
  reads: 'backup.d/*.json in the agent’s folder, written by run-backup',
  every: 0,
  programs: [],
  async discover(context: CheckContext) {
    if (context.data === undefined) throw new NoData('the agent has no folder of its own');
    const folder = join(context.data, 'backup.d');
    const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return [];
      throw thrown;
    });
    const drops = names.filter((name) => name.endsWith('.json')).sort();
    if (drops.length === 0) throw new NoData('no drop file; see run-backup');
    const jobs = await Promise.all(drops.slice(0, mostFiles).map((name) => jobOfFile(folder, name)));
    return jobs.flat();
  },
};
