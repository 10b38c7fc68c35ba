/**
 * Fedora, RHEL, Alma, Rocky, Oracle, Amazon. `--cacheonly`: nothing is fetched, the system's own timer does that, and
 * the age of its metadata decides whether the answer is worth anything.
 */
import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import {
  type Advisory,
  type DnfAnswer,
  packageKey,
  parseAdvisories,
  parseAdvisoriesJson,
  parseCheckUpdate,
  parseCheckUpgradeJson,
  parseRepoFile,
} from './dnf-text.ts';
import { ageSeconds, failedState, newest, type PatchManager, patchState } from './manager.ts';

export const dnf: PatchManager = {
  name: 'dnf',
  reads: 'dnf --cacheonly check-update and updateinfo, /var/cache/dnf, /var/cache/libdnf5; root, no network',
  platforms: ['linux'],
  read,
};

const limits = { timeoutMs: 180_000, env: { COLUMNS: '500' } };
const caches = ['/var/cache/libdnf5', '/var/cache/dnf', '/var/cache/yum'];

async function programOf(context: CheckContext): Promise<string> {
  for (const path of ['/usr/bin/dnf5', '/usr/bin/dnf', '/usr/bin/dnf-3', '/usr/bin/yum'])
    if (await exists(context, path)) return path;
  throw new NoData('this machine does not use dnf');
}

async function read(context: CheckContext): Promise<PatchState> {
  const program = await programOf(context);
  const now = context.clock.now();
  const metadata = await metadataOf(context);
  const around = {
    metadataAge: ageSeconds(now, metadata.fetchedAt),
    autoUpdates: await autoUpdates(context),
    lastInstall: await lastInstall(context),
  };
  if (metadata.missing.length > 0)
    return { ...failedState('dnf', now, `no metadata of the repositories ${metadata.missing.join(', ')}`), ...around };
  const five = program.endsWith('dnf5');
  const parsed = await askUpdates(context, program, five, around.metadataAge);
  const base = { manager: 'dnf', scannedAt: now, ...around };
  if (parsed.updates === null) return patchState(base, { list: null, reason: parsed.reason }, false);
  const advisories = metadata.hasAdvisories ? await advisoriesOf(context, program, five) : null;
  return patchState(base, { list: joined(parsed.updates, advisories), reason: null }, advisories !== null);
}

/** dnf 5 as JSON, where it can; the text otherwise, whose exit code is the better witness. */
async function askUpdates(
  context: CheckContext,
  program: string,
  five: boolean,
  age: number | null,
): Promise<DnfAnswer> {
  if (five) {
    const json = await context.run(program, ['-q', '-C', 'check-upgrade', '--json'], limits);
    const read = parseCheckUpgradeJson(json.stdout, json.code ?? 1, age);
    if (read.updates !== null) return read;
  }
  const text = await context.run(program, ['-q', '-C', five ? 'check-upgrade' : 'check-update'], limits);
  return parseCheckUpdate(text.stdout, text.code ?? 1, text.stderr, age);
}

async function advisoriesOf(context: CheckContext, program: string, five: boolean): Promise<Advisory[] | null> {
  const args = five ? ['-q', '-C', 'advisory', 'list', '--json'] : ['-q', '-C', 'updateinfo', 'list', '--security'];
  const answer = await context.run(program, args, limits);
  if (answer.code !== 0) return null;
  return five ? parseAdvisoriesJson(answer.stdout) : parseAdvisories(answer.stdout);
}

const rank = { critical: 4, important: 3, moderate: 2, medium: 2, low: 1 } as const;

/** Each update with the worst and the oldest of the security advisories on its package. */
export function joined(
  updates: readonly { name: string; arch: string; evr: string }[],
  advisories: readonly Advisory[] | null,
): PendingUpdate[] {
  const byPackage = Map.groupBy(
    (advisories ?? []).filter((advisory) => advisory.type === 'security'),
    (advisory) => packageKey(advisory.package),
  );
  return updates.map(({ name, arch, evr }) => {
    const own = byPackage.get(`${name}.${arch}`) ?? [];
    const severity = own
      .map((advisory) => advisory.severity)
      .filter((word) => word !== null)
      .sort((a, b) => rank[b] - rank[a])[0];
    const issued = own.map((advisory) => advisory.issued).filter((time) => time !== null);
    return {
      name: `${name}.${arch}`,
      installed: null,
      candidate: evr,
      security: advisories === null ? null : own.length > 0,
      ...(severity === undefined ? {} : { severity }),
      since: issued.length === 0 ? null : Math.min(...issued),
    };
  });
}

/** Age and completeness of what dnf works from: repomd.xml of each enabled repository. */
async function metadataOf(context: CheckContext) {
  const folders: { path: string; name: string }[] = [];
  for (const cache of caches)
    for (const name of await namesIn(context, cache)) folders.push({ path: `${cache}/${name}/repodata`, name });
  const found = await Promise.all(
    folders.map(async (folder) => ({ ...folder, at: await changedAt(context, `${folder.path}/repomd.xml`) })),
  );
  const present = found.filter((folder) => folder.at !== null);
  const enabled = await enabledRepositories(context);
  const texts = await Promise.all(present.map((folder) => fileText(context, `${folder.path}/repomd.xml`, 256 * 1024)));
  return {
    fetchedAt: newest(present.map((folder) => folder.at)),
    missing: enabled.filter((id) => !present.some((folder) => folder.name.startsWith(`${id}-`) || folder.name === id)),
    hasAdvisories: texts.some((text) => text?.includes('type="updateinfo"')),
  };
}

async function enabledRepositories(context: CheckContext): Promise<string[]> {
  const names = (await namesIn(context, '/etc/yum.repos.d')).filter((name) => name.endsWith('.repo'));
  const texts = await Promise.all(names.map((name) => fileText(context, `/etc/yum.repos.d/${name}`)));
  return texts.flatMap((text) => parseRepoFile(text ?? ''));
}

async function autoUpdates(context: CheckContext): Promise<PatchState['autoUpdates']> {
  const text =
    (await fileText(context, '/etc/dnf/automatic.conf')) ??
    (await fileText(context, '/etc/dnf/dnf5-plugins/automatic.conf'));
  const timers = await namesIn(context, '/etc/systemd/system/timers.target.wants');
  const timer = timers.some((name) => /^dnf(5)?-automatic.*\.timer$/.test(name));
  if (!timer) return 'off';
  if (timers.some((name) => name.includes('automatic-install'))) return 'on';
  if (text === null) return 'unknown';
  return /^\s*apply_updates\s*=\s*(yes|true|1|on)/im.test(text) ? 'on' : 'off';
}

/** The package database changes with every transaction, and with nothing else. */
async function lastInstall(context: CheckContext): Promise<number | null> {
  const places = ['/usr/lib/sysimage/rpm/rpmdb.sqlite', '/var/lib/rpm/rpmdb.sqlite', '/var/lib/rpm/Packages'];
  return newest(await Promise.all(places.map((path) => changedAt(context, path))));
}
