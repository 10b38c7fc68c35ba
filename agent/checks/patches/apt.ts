/**
 * Debian and Ubuntu. Costs about two seconds of CPU when the lists or the installed packages have changed, and a few
 * stat calls otherwise. No root, no lock, no network.
 */

import type { PatchState, PendingUpdate } from '../../../shared/inventory.ts';
import { joinReasons, type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { howEnded } from '../ended.ts';
import { changedAt, exists, fileText, namesIn, tailText } from '../files.ts';
import { linesOf, short } from '../parse.ts';
import { localInstant, parseAptHistory, parseUnattendedLog, realTransactions } from './apt-logs.ts';
import {
  type AptSource,
  isOwnSource,
  isSecuritySuite,
  listPrefix,
  parseSourcesFile,
  parseSourcesList,
  sourceOfPolicy,
  unfetched,
} from './apt-sources.ts';
import {
  type Inst,
  isSecurityUpdate,
  namesPackages,
  type Policy,
  parseAptPolicy,
  parseAptSimulation,
  parseRelease,
  securitySources,
} from './apt-text.ts';
import { parseDpkgStatus } from './dpkg-status.ts';
import { ageProblem, ageSeconds, failedState, type PatchManager, patchState, plausible } from './manager.ts';

const statusFile = '/var/lib/dpkg/status';
const lists = '/var/lib/apt/lists';
const dayMs = 86_400_000;
const namesPerCall = 400;

export const apt: PatchManager = {
  name: 'apt',
  reads: 'apt-get -s dist-upgrade, apt-cache policy, /var/lib/apt/lists, /var/lib/dpkg/status; no root, no network',
  platforms: ['linux'],
  read,
};

interface RememberedPatches {
  cause: string;
  state: PatchState;
}

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, statusFile)) || !(await exists(context, '/usr/bin/apt-get')))
    throw new NoData(reason('not_used', { program: 'apt' }));
  const cause = await causeOf(context);
  const before = context.memory.get('patches.apt') as RememberedPatches | undefined;
  const now = context.clock.now();
  // An old answer holds as long as what it was computed from; it keeps the time at which it was true.
  if (before?.cause === cause && before.state.scan === 'ok' && now - (before.state.scannedAt ?? 0) < dayMs) {
    const { trouble, ...around } = await surroundings(context, now);
    if (ageProblem(around.metadataAge) === null)
      return { ...before.state, ...around, reason: before.state.reason ?? joinReasons(trouble) };
  }
  const state = await scan(context, now);
  context.memory.set('patches.apt', { cause, state } satisfies RememberedPatches);
  return state;
}

/** Names and times of all inputs of the simulation, as one text. */
async function causeOf(context: CheckContext): Promise<string> {
  const releases = (await namesIn(context, lists)).filter((name) => /Release$/.test(name));
  const folders = ['preferences.d', 'apt.conf.d', 'sources.list.d'].map((name) => `/etc/apt/${name}`);
  // A file that is edited in place does not change the time of its folder.
  const within = await Promise.all(
    folders.map(async (folder) => (await namesIn(context, folder)).map((name) => `${folder}/${name}`)),
  );
  const paths = [
    statusFile,
    ...releases.map((name) => `${lists}/${name}`),
    ...['/etc/apt/preferences', '/etc/apt/sources.list', ...folders, ...within.flat()],
  ];
  const times = await Promise.all(paths.map((path) => changedAt(context, path)));
  return paths.map((path, index) => `${path}=${times[index]}`).join('\n');
}

async function surroundings(context: CheckContext, now: number) {
  const history = await tailText(context, '/var/log/apt/history.log');
  const last = history === null ? undefined : realTransactions(parseAptHistory(history)).at(-1);
  const log = await tailText(context, '/var/log/unattended-upgrades/unattended-upgrades.log');
  const unattended = log === null ? null : parseUnattendedLog(log);
  const failed = unattended?.result === 'failed' && !unattended.dryRun;
  return {
    trouble: failed ? [reason('unattended_failed', { started: unattended.lastStart })] : [],
    metadataAge: ageSeconds(now, await listsUpdatedAt(context)),
    autoUpdates: await autoUpdates(context),
    lastInstall: localInstant(last?.end ?? null),
  };
}

/** apt itself keeps no time of the last update; these are left by its hooks, best first. */
async function listsUpdatedAt(context: CheckContext): Promise<number | null> {
  for (const path of [
    '/var/lib/apt/periodic/update-success-stamp',
    '/var/lib/apt/periodic/update-stamp',
    `${lists}/partial`,
  ]) {
    const at = await changedAt(context, path);
    if (at !== null) return at;
  }
  return null;
}

/** The last file that sets the option decides, as in apt. */
export function unattendedSetting(files: readonly string[]): 'on' | 'off' | 'unknown' {
  const found = files
    .flatMap(linesOf)
    .filter((line) => !/^(\/\/|#(?!include|clear))/.test(line.trimStart()))
    .flatMap((line) => /APT::Periodic::Unattended-Upgrade\s+"([^"]*)"/.exec(line)?.[1] ?? [])
    .at(-1);
  if (found === undefined) return 'unknown';
  return /^(0|no|false|off|never)?$/.test(found) ? 'off' : 'on';
}

async function autoUpdates(context: CheckContext): Promise<PatchState['autoUpdates']> {
  if (!(await exists(context, '/usr/bin/unattended-upgrade'))) return 'off';
  const names = await namesIn(context, '/etc/apt/apt.conf.d');
  const texts = await Promise.all(names.map((name) => fileText(context, `/etc/apt/apt.conf.d/${name}`)));
  return unattendedSetting(texts.filter((text) => text !== null));
}

async function scan(context: CheckContext, now: number): Promise<PatchState> {
  const { trouble, ...around } = await surroundings(context, now);
  const held = parseDpkgStatus((await fileText(context, statusFile)) ?? '').filter((item) => item.held).length;
  const base = { manager: 'apt', scannedAt: now, ...around, held };
  const simulated = await aptCommand(context, 'apt-get', ['-o', 'Debug::NoLocking=true', '-s', '-qq', 'dist-upgrade']);
  if (simulated.ended !== null) return { ...failedState('apt', now, howEnded('apt-get', simulated)), ...around, held };
  const { inst, reasons } = parseAptSimulation(simulated.stdout, simulated.code, simulated.stderr);
  const archive = await archiveOf(context, now);
  if (inst === null || archive.whole !== null)
    return {
      ...failedState('apt', now, ...(joinReasons(reasons) ?? joinReasons(archive.whole) ?? [])),
      ...around,
      held,
    };
  const { list, complete } = await updatesOf(context, inst, archive.dates);
  const pending = { list, reasons: trouble, gap: archive.part };
  return patchState(base, pending, archive.securityKnown && complete);
}

async function aptCommand(context: CheckContext, program: string, args: readonly string[]) {
  const rooted =
    context.root === '' ? [] : ['-o', `Dir=${context.root}`, '-o', `Dir::State::status=${context.root}${statusFile}`];
  return context.run(`/usr/bin/${program}`, [...rooted, ...args], { timeoutMs: 120_000, maxBytes: 8 * 1024 * 1024 });
}

/** Distinct packages of the simulation, each with the answer to "is it for security", and since when. */
async function updatesOf(
  context: CheckContext,
  inst: readonly Inst[],
  dates: ReadonlyMap<string, number>,
): Promise<{ list: PendingUpdate[]; complete: boolean }> {
  const byName = new Map(inst.map((item) => [item.name, item]));
  const names = [...byName.keys()];
  const policies = new Map<string, Policy>();
  let complete = true;
  for (let at = 0; at < names.length; at += namesPerCall) {
    const result = await aptCommand(context, 'apt-cache', ['policy', ...names.slice(at, at + namesPerCall)]);
    for (const [name, policy] of parseAptPolicy(result.stdout)) policies.set(name, policy);
    complete &&= result.code === 0;
  }
  const list = await Promise.all(
    [...byName.values()].map(async (item) => {
      const policy = policies.get(item.name);
      const security = isSecurityUpdate(policy, item);
      const sources = security ? securitySources(policy, item) : [];
      const indexed = sources.flatMap((line) => dates.get(listPrefix(sourceOfPolicy(line))) ?? []);
      const found = { name: item.name, installed: item.from, candidate: item.to, security };
      return { ...found, ...(security ? await publishedBy(context, item, indexed) : { since: null }) };
    }),
  );
  return { list, complete };
}

/**
 * apt keeps no date of a package. It is older than the index that names it, and than a file of it that was fetched: that
 * one has the server's date or, from some servers, the time of the download. Both are bounds, and nothing more.
 */
async function publishedBy(context: CheckContext, { name, to, arch }: Inst, indexed: readonly number[]) {
  const file = `${name.split(':')[0]}_${to.replaceAll(':', '%3a')}_${arch}.deb`;
  const fetched = plausible(await changedAt(context, `/var/cache/apt/archives/${file}`));
  const bounds = fetched === null ? indexed : [...indexed, fetched];
  return bounds.length === 0 ? { since: null } : { since: Math.min(...bounds), sinceAtLeast: true };
}

async function configuredSources(context: CheckContext): Promise<AptSource[]> {
  const main = parseSourcesList((await fileText(context, '/etc/apt/sources.list')) ?? '');
  const names = await namesIn(context, '/etc/apt/sources.list.d');
  const more = await Promise.all(
    names.map(async (name) => {
      const text = (await fileText(context, `/etc/apt/sources.list.d/${name}`)) ?? '';
      if (name.endsWith('.list')) return parseSourcesList(text);
      return name.endsWith('.sources') ? parseSourcesFile(text) : [];
    }),
  );
  return [...main, ...more.flat()];
}

/**
 * A security pocket of a living release is rebuilt every few days; Ubuntu's have no date until which they are valid.
 */
const standsStill = 60 * dayMs;

/** What apt's answer was computed from: sources without lists, mirrors that stand still, and the date of each index. */
async function archiveOf(context: CheckContext, now: number) {
  const sources = await configuredSources(context);
  const names = await namesIn(context, lists);
  const codename =
    /^VERSION_CODENAME="?([^"\n]+)"?$/m.exec((await fileText(context, '/etc/os-release')) ?? '')?.[1] ?? null;
  const fetched = await Promise.all(
    sources.map(async (source) => {
      const prefix = listPrefix(source);
      const own = names.filter((name) => name.toLowerCase().startsWith(prefix));
      const file = own.find((name) => /^(in)?release$/i.test(name.slice(prefix.length)));
      const text = file === undefined ? '' : ((await fileText(context, `${lists}/${file}`, 2 * 1024 * 1024)) ?? '');
      const empty = namesPackages(text) && !own.some((name) => name.slice(prefix.length).includes('Packages'));
      return { source, prefix, empty, ...parseRelease(text.slice(0, 4096)) };
    }),
  );
  const old = fetched.filter(({ validUntil, date, isSecurity }) =>
    validUntil !== null ? validUntil < now : isSecurity && date !== null && date < now - standsStill,
  );
  const missing = new Set(unfetched(sources, names));
  for (const item of fetched) if (item.empty) missing.add(item.source);
  const telling = (list: readonly AptSource[]) => list.map(({ uri, suite }) => `${uri} ${suite}`).join(', ');
  const essential = [...missing].filter((source) => isOwnSource(source, codename) || isSecuritySuite(source));
  const oldSecurity = old.filter((item) => item.isSecurity).map((item) => item.source);
  const none = (list: readonly AptSource[]) => reason('apt_no_lists', { sources: short(telling(list), 600) });
  const still = (list: readonly AptSource[]) => reason('apt_lists_expired', { sources: short(telling(list), 600) });
  let whole: Reason | null = null;
  if (sources.length === 0) whole = reason('no_package_source');
  else if (essential.length > 0) whole = none(essential);
  else if (missing.size === sources.length) whole = none([...missing]);
  else if (oldSecurity.length > 0) whole = still(oldSecurity);
  const part = joinReasons(
    missing.size > 0 ? none([...missing]) : null,
    old.length > 0 ? still(old.map((item) => item.source)) : null,
  );
  return {
    whole,
    part: part ?? [],
    securityKnown: fetched.some((item) => item.isSecurity),
    dates: new Map(fetched.flatMap(({ prefix, date }) => (date === null ? [] : [[prefix, date] as const]))),
  };
}
