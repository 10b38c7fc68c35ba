/**
 * Fedora, RHEL, Alma, Rocky, Oracle, Amazon. `--cacheonly`: nothing is fetched, the system's own timer does that, and
 * the age of its metadata decides whether the answer is worth anything.
 */

import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { joinReasons, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import {
  type Advisory,
  type DnfAnswer,
  ignoredRepositories,
  packageKey,
  parseAdvisories,
  parseAdvisoriesJson,
  parseAdvisoryDates,
  parseCheckUpdate,
  parseCheckUpgradeJson,
} from './dnf-text.ts';
import {
  ageSeconds,
  failedState,
  missingMetadata,
  newest,
  type PatchManager,
  patchState,
  staleAfter,
} from './manager.ts';
import { enabledRepositories } from './repo-file.ts';

export const dnf: PatchManager = {
  name: 'dnf',
  reads: 'dnf --cacheonly check-update and updateinfo, /var/cache/dnf, /var/cache/libdnf5; root, no network',
  platforms: ['linux'],
  read,
};

// In UTC, so that the dates of advisories need no zone.
const limits = { timeoutMs: 180_000, env: { COLUMNS: '500', TZ: 'UTC' } };

async function programOf(context: CheckContext): Promise<string> {
  for (const path of ['/usr/bin/dnf5', '/usr/bin/dnf', '/usr/bin/dnf-3', '/usr/bin/yum'])
    if (await exists(context, path)) return path;
  throw new NoData(reason('not_used', { program: 'dnf' }));
}

async function read(context: CheckContext): Promise<PatchState> {
  const program = await programOf(context);
  const now = context.clock.now();
  const metadata = await metadataOf(context, program, now);
  const base = {
    manager: 'dnf',
    scannedAt: now,
    metadataAge: ageSeconds(now, metadata.fetchedAt),
    autoUpdates: await autoUpdates(context),
    lastInstall: await lastInstall(context),
  };
  if (metadata.fetchedAt === null)
    return {
      ...failedState('dnf', now, ...(metadata.gap.length > 0 ? metadata.gap : [reason('no_repository_metadata')])),
      ...base,
    };
  const five = program.endsWith('dnf5');
  const { updates, reasons, ignored } = await askUpdates(context, program, five, base.metadataAge);
  const gap = metadata.gap.length > 0 ? metadata.gap : missingMetadata(ignored);
  if (updates === null) return patchState(base, { list: null, reasons, gap }, false);
  const known = metadata.hasAdvisories && updates.length > 0;
  const advisories = known ? await advisoriesOf(context, program, five) : null;
  const securityKnown = metadata.hasAdvisories && (advisories !== null || updates.length === 0);
  return patchState(base, { list: joined(updates, advisories), reasons: [], gap }, securityKnown);
}

/** dnf 5 as JSON, where it can; the text otherwise, whose exit code is more reliable. */
async function askUpdates(
  context: CheckContext,
  program: string,
  five: boolean,
  age: number | null,
): Promise<DnfAnswer & { ignored: string[] }> {
  if (five) {
    const json = await context.run(program, ['-q', '-C', 'check-upgrade', '--json'], limits);
    const read = parseCheckUpgradeJson(json.stdout, json.code ?? 1, age);
    if (read.updates !== null) return { ...read, ignored: ignoredRepositories(json.stderr) };
  }
  // Without -q: with it, dnf 4 leaves repositories out without a message.
  const text = await context.run(program, five ? ['-q', '-C', 'check-upgrade'] : ['-C', 'check-update'], limits);
  const read = parseCheckUpdate(text.stdout, text.code ?? 1, text.stderr, age);
  return { ...read, ignored: ignoredRepositories(text.stderr) };
}

async function advisoriesOf(context: CheckContext, program: string, five: boolean): Promise<Advisory[] | null> {
  const args = five ? ['-q', '-C', 'advisory', 'list', '--json'] : ['-q', '-C', 'updateinfo', 'list', '--security'];
  const answer = await context.run(program, args, limits);
  if (answer.code !== 0) return null;
  if (five) return parseAdvisoriesJson(answer.stdout);
  const listed = parseAdvisories(answer.stdout);
  if (listed.length === 0) return listed;
  // The list of dnf 4 has no dates.
  const details = await context.run(program, ['-q', '-C', 'updateinfo', 'info', '--security'], limits);
  const dates = parseAdvisoryDates(details.stdout);
  return listed.map((advisory) => ({ ...advisory, issued: dates.get(advisory.id) ?? advisory.issued }));
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
      since: issued.length === 0 ? null : issued.reduce((a, b) => Math.min(a, b)),
    };
  });
}

interface Cached {
  id: string;
  folder: string;
  at: number;
}

/** Repositories whose metadata are in the cache of this generation of dnf; an older one's cache stays behind. */
async function cached(context: CheckContext, program: string): Promise<Cached[]> {
  const folders: { id: string; folder: string }[] = [];
  if (program.endsWith('yum')) {
    const yum = '/var/cache/yum';
    for (const arch of await namesIn(context, yum))
      for (const release of await namesIn(context, `${yum}/${arch}`))
        for (const id of await namesIn(context, `${yum}/${arch}/${release}`))
          folders.push({ id, folder: `${yum}/${arch}/${release}/${id}` });
  } else {
    const cache = program.endsWith('dnf5') ? '/var/cache/libdnf5' : '/var/cache/dnf';
    // The folder's name is the id and a hash of the address: `fedora` is not `fedora-cisco-openh264`.
    for (const name of await namesIn(context, cache))
      folders.push({ id: name.replace(/-[0-9a-f]+$/, ''), folder: `${cache}/${name}/repodata` });
  }
  const found = await Promise.all(
    folders.map(async (item) => ({ ...item, at: await changedAt(context, `${item.folder}/repomd.xml`) })),
  );
  return found.filter((item): item is Cached => item.at !== null);
}

/** Age and completeness of what dnf works from: repomd.xml of each enabled repository. */
async function metadataOf(context: CheckContext, program: string, now: number) {
  const enabled = await repositories(context);
  const known = (await cached(context, program)).filter((item) => enabled.some(({ id }) => id === item.id));
  const newestOf = (id: string) => newest(known.filter((item) => item.id === id).map((item) => item.at));
  const missing = enabled.filter(({ id }) => newestOf(id) === null).map(({ id }) => id);
  // A dead repository keeps its last metadata, and dnf accepts them.
  const old = enabled.filter(({ id, expire }) => {
    const at = newestOf(id);
    return at !== null && now - at > Math.max(staleAfter, 2000 * (expire ?? 0));
  });
  const stale =
    old.length === 0 ? null : reason('old_metadata_of', { repositories: old.map(({ id }) => id).join(', ') });
  const texts = await Promise.all(known.map(({ folder }) => fileText(context, `${folder}/repomd.xml`, 256 * 1024)));
  return {
    fetchedAt: newest(known.map((item) => item.at)),
    gap:
      enabled.length === 0 ? [reason('no_repository_enabled')] : (joinReasons(missingMetadata(missing), stale) ?? []),
    hasAdvisories: texts.some((text) => text?.includes('type="updateinfo"')),
  };
}

async function textsIn(context: CheckContext, folders: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of folders)
    for (const name of await namesIn(context, folder)) if (name.endsWith('.repo')) paths.push(`${folder}/${name}`);
  const texts = await Promise.all(paths.map((path) => fileText(context, path)));
  return texts.filter((text) => text !== null);
}

async function repositories(context: CheckContext) {
  const main = (await fileText(context, '/etc/dnf/dnf.conf')) ?? '';
  const files = await textsIn(context, ['/usr/share/dnf5/repos.d', '/etc/distro.repos.d', '/etc/yum.repos.d']);
  const changes = await textsIn(context, ['/usr/share/dnf5/repos.override.d', '/etc/dnf/repos.override.d']);
  return enabledRepositories([...files, main], changes);
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
