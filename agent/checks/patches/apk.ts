/** Alpine. apk has no security flag. */

import { createHash } from 'node:crypto';
import type { PatchState } from '../../../shared/inventory.ts';
import { reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { howEnded } from '../ended.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import { linesOf } from '../parse.ts';
import { ageSeconds, missingMetadata, newest, type PatchManager, patchState, plainUpdate } from './manager.ts';

export interface ApkUpdate {
  name: string;
  from: string | null;
  to: string;
}

/** `ca-certificates-bundle-20240705-r0` → name and version; the version starts at the last `-<digit>` before `-rN`. */
export function splitApkName(text: string): { name: string; version: string } | null {
  const match = /^(.+)-(\d[^-]*(?:-r\d+)?)$/.exec(text) ?? null;
  return match ? { name: match[1] ?? '', version: match[2] ?? '' } : null;
}

/** `apk list --upgradable` and, before apk 2.10, `apk version -l '<'`. Null: unknown. */
export function parseApkUpdates(stdout: string, code: number | null, stderr = ''): ApkUpdate[] | null {
  const updates: ApkUpdate[] = [];
  for (const line of linesOf(stdout)) {
    if (/^(WARNING|fetch|Installed:)/.test(line) || line.trim() === '') continue;
    const listed = /^(\S+) .*\[upgradable from: (\S+?)\]/.exec(line);
    const compared = /^(\S+)\s+<\s+(\S+)/.exec(line);
    const target = splitApkName(listed?.[1] ?? compared?.[1] ?? '');
    if (target === null) return null;
    const { name, version } = target;
    if (listed) updates.push({ name, from: splitApkName(listed[2] ?? '')?.version ?? null, to: version });
    else updates.push({ name, from: version, to: compared?.[2] ?? '' });
  }
  const failed = (code !== 0 && code !== null) || /^ERROR/m.test(stderr) || /^ERROR/m.test(stdout);
  if (failed || (code === null && updates.length === 0)) return null;
  return updates;
}

/** Repositories of /etc/apk/repositories; a tag before the address pins packages to it. */
export function parseApkRepositories(text: string): string[] {
  return linesOf(text)
    .map((line) =>
      line
        .replace(/#.*$/, '')
        .trim()
        .replace(/^@\S+\s+/, ''),
    )
    .filter((line) => line !== '');
}

/** The name that apk gives to its copy of a repository's index. */
export function apkIndexName(address: string): string {
  return `APKINDEX.${createHash('sha1').update(address).digest('hex').slice(0, 8)}.tar.gz`;
}

/** Repositories that apk says it could not open: it goes on without them, with code 0. */
export function unopenedRepositories(text: string): string[] {
  const names = linesOf(text).flatMap(
    (line) => /^WARNING: (?:Ignoring|opening(?: from cache)?|updating) (\S+?):? /.exec(line)?.[1] ?? [],
  );
  return [...new Set(names)];
}

export const apk: PatchManager = {
  name: 'apk',
  reads: 'apk list --upgradable, /var/cache/apk; no root, no network; apk does not know which updates are for security',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/sbin/apk'))) throw new NoData(reason('not_used', { program: 'apk' }));
  const now = context.clock.now();
  const indexes = new Map<string, number | null>();
  for (const place of ['/var/cache/apk', '/etc/apk/cache', '/lib/apk/db'])
    for (const name of await namesIn(context, place))
      if (name.startsWith('APKINDEX')) indexes.set(name, await changedAt(context, `${place}/${name}`));
  const base = {
    manager: 'apk',
    scannedAt: now,
    metadataAge: ageSeconds(now, newest([...indexes.values()])),
    autoUpdates: 'off' as const,
  };
  // Without an index apk finds nothing to upgrade, and says so with code 0.
  if (indexes.size === 0) return patchState(base, { list: null, reasons: [reason('no_package_index')] }, false);
  const answer = await context.run('/sbin/apk', ['--no-network', 'list', '--upgradable'], { timeoutMs: 60_000 });
  const unopened = unopenedRepositories(`${answer.stderr}\n${answer.stdout}`);
  const gap = missingMetadata([...new Set([...(await withoutIndex(context, indexes)), ...unopened])]);
  const updates = parseApkUpdates(answer.stdout, answer.code ?? 1, answer.stderr);
  if (updates === null) return patchState(base, { list: null, reasons: [howEnded('apk', answer)], gap }, false);
  const list = updates.map(({ name, from, to }) => plainUpdate(name, from, to));
  return patchState(base, { list, reasons: [], gap }, false);
}

/** Configured repositories whose index is not in the cache; those on the disk of this machine have none there. */
async function withoutIndex(context: CheckContext, indexes: ReadonlyMap<string, unknown>): Promise<string[]> {
  const configured = parseApkRepositories((await fileText(context, '/etc/apk/repositories')) ?? '');
  const remote = configured.filter((address) => /^[a-z]+:/.test(address));
  const missing = remote.filter((address) => !indexes.has(apkIndexName(address)));
  // Releases that name their copies by another rule: then only their number is comparable.
  return missing.length === remote.length && indexes.size >= remote.length ? [] : missing;
}
