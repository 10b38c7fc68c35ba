/**
 * Asking a repository (restic, borg, Kopia, duplicity) when its last backup was. The steps are the same for each:
 * secrets from files that the local settings name, one command, and the answer as jobs. Only the parser differs.
 */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { BackupJob } from '../../../shared/inventory.ts';
import type { CheckContext, RunResult } from '../check.ts';
import { textOfBytes } from '../loose.ts';
import { jobOf, SourceUnreadable, type Unreadable } from './product.ts';
import type { Repository } from './settings.ts';
import { oneLine } from './values.ts';

/** The newest backup of one source that the repository holds. */
export interface Source {
  /** The machine that it is of; null when the repository does not say. */
  host: string | null;
  protects: string[];
  lastRun: number | null;
  /** Older than lastRun when the newest entry is what an interrupted run left behind. */
  lastSuccess: number | null;
  bytes: number | null;
  files: number | null;
  /** Seconds. */
  duration: number | null;
  /** What to warn of; null when all is well. */
  reason: string | null;
}

export interface Query {
  product: string;
  program: string;
  args: string[];
  /** What the program is told by its environment; the password is null when no passwordFile is named. */
  environment(password: string | null): Record<string, string>;
  /** Sources, `[]` for a repository that is truly empty, or why there is no answer. Total. */
  parse(run: RunResult): Source[] | { why: Unreadable | null; message: string };
}

/** `NAME=value` lines; blank lines and lines from `#` on are left out, one pair of quotes around a value is removed. */
export function parseEnvironment(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(.*?)[ \t\r]*$/gm)];
  return Object.fromEntries(pairs.map(([, key, value = '']) => [key, value.replace(/^(["'])(.*)\1$/, '$2')]));
}

async function secretsOf(setting: Repository, query: Query): Promise<Record<string, string>> {
  const read = async (file: string) => {
    try {
      return textOfBytes(await readFile(file));
    } catch (thrown) {
      const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
      throw new SourceUnreadable('no-permission', `cannot read ${file}: ${code}`);
    }
  };
  const more = setting.environmentFile ? parseEnvironment(await read(setting.environmentFile)) : {};
  const password = setting.passwordFile ? (await read(setting.passwordFile)).replace(/\r?\n$/, '') : null;
  return { ...more, ...query.environment(password) };
}

const covers = (source: Source, path: string) =>
  source.protects.some((held) => path === held || path.startsWith(held.endsWith('/') ? held : `${held}/`));

/** Sources of this machine (or of the hosts named), and of the declared paths when there are any. */
function ours(sources: readonly Source[], setting: Repository, self: string): Source[] {
  const hosts = (setting.hosts ?? [self]).map((host) => host.toLowerCase());
  // Names with and without the domain are the same machine.
  const same = (host: string) =>
    hosts.includes(host) || hosts.some((name) => name.split('.')[0] === host.split('.')[0]);
  const declared = setting.protects ?? [];
  return sources
    .filter((source) => source.host === null || hosts.includes('*') || same(source.host.toLowerCase()))
    .filter((source) => source.protects.length === 0 || declared.every((path) => covers(source, path)));
}

function jobFrom(source: Source, name: string, setting: Repository, product: string): BackupJob {
  return jobOf(product, name, 'repository', {
    protects: source.protects.length > 0 ? source.protects : (setting.protects ?? []),
    repository: setting.repository ?? null,
    schedule: setting.schedule ?? null,
    lastRun: source.lastRun,
    lastSuccess: source.lastSuccess,
    result: source.lastSuccess !== source.lastRun ? 'failed' : source.reason === null ? 'ok' : 'warning',
    reason: source.reason,
    bytes: source.bytes,
    files: source.files,
    duration: source.duration,
  });
}

/**
 * Sources as jobs. Paths declared in the settings make one job of the newest that covers them; otherwise each source is
 * a job, under the declared name if it is the only one. Nothing of this machine in the repository is `never`.
 */
export function jobsOf(sources: readonly Source[], setting: Repository, product: string, self: string): BackupJob[] {
  const mine = ours(sources, setting, self).sort((a, b) => (b.lastRun ?? 0) - (a.lastRun ?? 0));
  const first = mine[0];
  if (!first) {
    const elsewhere = sources.length > 0 ? ` (it holds backups of others: ${sources.length})` : '';
    return [
      jobOf(product, setting.job, 'repository', {
        protects: setting.protects ?? [],
        repository: setting.repository ?? null,
        schedule: setting.schedule ?? null,
        result: 'never',
        reason: `the repository holds no backup of this machine${elsewhere}`,
      }),
    ];
  }
  if (setting.protects || mine.length === 1) return [jobFrom(first, setting.job, setting, product)];
  return mine.map((source) => jobFrom(source, `${setting.job}: ${source.protects.join(' ')}`, setting, product));
}

/** Runs the query and reads the answer. @throws SourceUnreadable with the reason when there is no answer. */
export async function queryJobs(context: CheckContext, setting: Repository, query: Query): Promise<BackupJob[]> {
  const env = await secretsOf(setting, query);
  const run = await context.run(query.program, query.args, { timeoutMs: 120_000, maxBytes: 8 << 20, env });
  if (run.ended !== null) {
    const what = run.ended === 'timeout' ? 'did not answer within 2 minutes' : 'gave more output than is read';
    throw new SourceUnreadable('unreachable', `${query.program} ${what}`);
  }
  const answer = query.parse(run);
  if (Array.isArray(answer)) return jobsOf(answer, setting, query.product, hostname());
  const said = oneLine(answer.message) || `exit code ${run.code ?? run.signal} without a word`;
  throw new SourceUnreadable(answer.why, answer.why === null ? said : `${answer.why}: ${said}`);
}
