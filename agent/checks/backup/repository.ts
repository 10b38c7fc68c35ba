/**
 * Asking a repository (restic, borg, Kopia, duplicity) when its last backup was. The steps are the same for each:
 * secrets from files that the local settings name, one command, and the answer as jobs. Only the parser differs.
 */

import { hostname } from 'node:os';
import { EvenkeelError } from '../../../shared/errors.ts';
import type { BackupJob } from '../../../shared/inventory.ts';
import { joinReasons, type Reason, reason, reasonsOf } from '../../../shared/reason.ts';
import { readTrusted } from '../../trusted-path.ts';
import type { CheckContext, RunResult } from '../check.ts';
import { howEnded } from '../ended.ts';
import { textOfBytes } from '../parse.ts';
import { jobOf, reasonsWhy, SourceUnreadable, type Unreadable } from './product.ts';
import type { RepositorySettings } from './rules.ts';

/** The newest backup of one source that the repository holds. */
export interface SnapshotSource {
  /** The machine that it is of; null when the repository does not record it. */
  host: string | null;
  /** What else distinguishes series of backups of one machine: borg's archive names, Kopia's user. */
  series?: string | null;
  protects: string[];
  lastRun: number | null;
  /** Older than lastRun when the newest entry is what an interrupted run left behind. */
  lastSuccess: number | null;
  bytes: number | null;
  files: number | null;
  /** Seconds. */
  duration: number | null;
  /** What to warn of; empty when all is well. */
  reasons: readonly Reason[];
}

export interface Query<T> {
  program: string;
  args: string[];
  /** The environment of the program; the password is null when no passwordFile is named. */
  environment(password: string | null): Record<string, string>;
  /** What the answer holds, `[]` for a repository that is truly empty, or why there is no answer. Total. */
  parse(run: RunResult): T[] | { why: Unreadable | null; message: string };
}

/** `NAME=value` lines; blank lines and lines from `#` on are left out, one pair of quotes around a value is removed. */
export function parseEnvironment(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const [, key, value = ''] = /^(?:export[ \t]+)?([A-Za-z_]\w*)=(.*)$/.exec(line.trim()) ?? [];
    return key === undefined ? [] : [[key, value.replace(/^(["'])(.*)\1$/, '$2')]];
  });
  return Object.fromEntries(pairs);
}

function secretsOf(setting: RepositorySettings, query: Query<unknown>): Record<string, string> {
  const read = (file: string) => {
    try {
      return textOfBytes(readTrusted(file));
    } catch (thrown) {
      // An environment can make the program load foreign code.
      if (thrown instanceof EvenkeelError) throw new SourceUnreadable('no-permission', ...reasonsOf(thrown));
      const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
      throw new SourceUnreadable('no-permission', reason('not_readable', { path: file, error: code }));
    }
  };
  const more = setting.environmentFile ? parseEnvironment(read(setting.environmentFile)) : {};
  const password = setting.passwordFile ? read(setting.passwordFile).replace(/\r?\n$/, '') : null;
  return { ...more, ...query.environment(password) };
}

const covers = (source: SnapshotSource, path: string) =>
  source.protects.some((held) => path === held || path.startsWith(held.endsWith('/') ? held : `${held}/`));

/** A name with the domain and the same one without are one machine; two domains are two machines. */
function sameHost(a: string, b: string): boolean {
  const [one = '', other = ''] = [a.toLowerCase(), b.toLowerCase()];
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}

/** Sources of this machine (or of the hosts named), and of the declared paths when there are any. */
export function ours(
  sources: readonly SnapshotSource[],
  setting: RepositorySettings,
  self = hostname(),
): SnapshotSource[] {
  const hosts = setting.hosts ?? [self];
  const declared = setting.protects ?? [];
  return sources
    .filter(({ host }) => host === null || hosts.includes('*') || hosts.some((name) => sameHost(name, host)))
    .filter((source) => source.protects.length === 0 || declared.every((path) => covers(source, path)));
}

function jobFrom(source: SnapshotSource, name: string, setting: RepositorySettings, product: string): BackupJob {
  return jobOf(product, name, 'repository', {
    protects: source.protects.length > 0 ? source.protects : (setting.protects ?? []),
    repository: setting.repository ?? null,
    schedule: setting.schedule ?? null,
    lastRun: source.lastRun,
    lastSuccess: source.lastSuccess,
    result: source.lastSuccess !== source.lastRun ? 'failed' : source.reasons.length === 0 ? 'ok' : 'warning',
    reasons: source.reasons,
    bytes: source.bytes,
    files: source.files,
    duration: source.duration,
  });
}

function neverJob(setting: RepositorySettings, product: string, name: string, ...reasons: Reason[]): BackupJob {
  const { protects = [], repository = null, schedule = null } = setting;
  return jobOf(product, name, 'repository', { protects, repository, schedule, result: 'never', reasons });
}

/** The jobs of one host. Declared paths make one job of each series: its newest source that covers them. */
function jobsOfHost(
  sources: readonly SnapshotSource[],
  name: string,
  setting: RepositorySettings,
  product: string,
): BackupJob[] {
  const newestFirst = [...sources].sort((a, b) => (b.lastRun ?? 0) - (a.lastRun ?? 0));
  const series = Map.groupBy(newestFirst, (source) => source.series ?? '');
  return [...series].flatMap(([title, list]) => {
    const kept = setting.protects ? list.slice(0, 1) : list;
    return kept.map((source) => {
      const paths = kept.length > 1 ? source.protects.join(' ') : '';
      const own = [series.size > 1 ? title : '', paths].filter(Boolean).join(' ');
      return jobFrom(source, own === '' ? name : `${name}: ${own}`, setting, product);
    });
  });
}

/** The sources per machine, including each named machine of which the repository holds nothing. */
function byHost(
  mine: readonly SnapshotSource[],
  named: readonly string[],
  self: string,
): { name: string; list: SnapshotSource[] }[] {
  const groups: { name: string; list: SnapshotSource[] }[] = [];
  for (const source of mine) {
    // Where the repository does not name the machine, it is the machine that is asked for.
    const group = groups.find(({ name }) => source.host === null || sameHost(name, source.host));
    if (group) group.list.push(source);
    else groups.push({ name: source.host ?? named[0] ?? self, list: [source] });
  }
  const missing = named.filter((host) => !groups.some(({ name }) => sameHost(name, host)));
  return [...groups, ...missing.map((name) => ({ name, list: [] }))];
}

/**
 * Sources as jobs: each host, each series and each set of paths is a job of its own, so that the fresh backup of one
 * never stands for the old one of another. The declared name is enough where there is only one. A host without any
 * backup in the repository is `never`.
 */
export function jobsOf(
  sources: readonly SnapshotSource[],
  setting: RepositorySettings,
  product: string,
  self: string,
): BackupJob[] {
  const mine = ours(sources, setting, self);
  const named = (setting.hosts ?? [self]).filter((host) => host !== '*');
  const groups = byHost(mine, named, self);
  const several = groups.length > 1 || named.length !== 1;
  const others = sources.length - mine.length;
  const elsewhere = others > 0 ? [reason('repository_holds_others', { backups: others })] : [];
  if (groups.length === 0) return [neverJob(setting, product, setting.job, reason('repository_empty'))];
  return groups.flatMap(({ name, list }) => {
    const title = several ? `${setting.job}: ${name}` : setting.job;
    if (list.length > 0) return jobsOfHost(list, title, setting, product);
    return neverJob(setting, product, title, reason('repository_without', { host: name }), ...elsewhere);
  });
}

/** Runs the query and reads the answer. @throws SourceUnreadable with the reason when there is no answer. */
export async function ask<T>(context: CheckContext, setting: RepositorySettings, query: Query<T>): Promise<T[]> {
  const env = secretsOf(setting, query);
  const run = await context.run(query.program, query.args, { timeoutMs: 120_000, maxBytes: 8 << 20, env });
  if (run.ended !== null) throw new SourceUnreadable('unreachable', howEnded(query.program, run));
  const answer = query.parse(run);
  if (Array.isArray(answer)) return answer;
  const reasons = joinReasons(reasonsWhy(answer.why, answer.message)) ?? [howEnded(query.program, run)];
  throw new SourceUnreadable(answer.why, ...reasons);
}

/** The same, for a program whose single answer holds everything. */
export async function queryJobs(
  context: CheckContext,
  setting: RepositorySettings,
  query: Query<SnapshotSource> & { product: string },
): Promise<BackupJob[]> {
  return jobsOf(await ask(context, setting, query), setting, query.product, hostname());
}
