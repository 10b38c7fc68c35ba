/** Alpine. apk has no security flag. */
import type { PatchState } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, namesIn } from '../files.ts';
import { linesOf } from '../loose.ts';
import { ageSeconds, newest, type PatchManager, patchState } from './manager.ts';

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

export const apk: PatchManager = {
  name: 'apk',
  reads: 'apk list --upgradable, /var/cache/apk; no root, no network; apk does not know which updates are for security',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/sbin/apk'))) throw new NoData('this machine does not use apk');
  const now = context.clock.now();
  const places = ['/var/cache/apk', '/etc/apk/cache', '/lib/apk/db'];
  const indexes: (number | null)[] = [];
  for (const place of places)
    for (const name of await namesIn(context, place))
      if (name.startsWith('APKINDEX')) indexes.push(await changedAt(context, `${place}/${name}`));
  const base = {
    manager: 'apk',
    scannedAt: now,
    metadataAge: ageSeconds(now, newest(indexes)),
    autoUpdates: 'off' as const,
  };
  // Without an index apk finds nothing to upgrade, and says so with code 0.
  if (base.metadataAge === null) return patchState(base, { list: null, reason: 'there is no package index' }, false);
  const answer = await context.run('/sbin/apk', ['--no-network', 'list', '--upgradable'], { timeoutMs: 60_000 });
  const updates = parseApkUpdates(answer.stdout, answer.code ?? 1, answer.stderr);
  if (updates === null) return patchState(base, { list: null, reason: `apk ended with code ${answer.code}` }, false);
  const list = updates.map(({ name, from, to }) => ({
    name,
    installed: from,
    candidate: to,
    security: null,
    since: null,
  }));
  return patchState(base, { list, reason: null }, false);
}
