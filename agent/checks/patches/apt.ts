/**
 * Debian and Ubuntu. Costs about two seconds of CPU when the lists or the installed packages have changed, and a few
 * stat calls otherwise. No root, no lock, no network.
 */
import type { PatchState } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, fileText, namesIn, tailText } from '../files.ts';
import { short } from '../loose.ts';
import { localInstant, parseAptHistory, parseUnattendedLog, realTransactions } from './apt-logs.ts';
import {
  type AptSource,
  isOwnSource,
  isSecuritySuite,
  parseSourcesFile,
  parseSourcesList,
  unfetched,
} from './apt-sources.ts';
import { type Inst, isSecurityUpdate, parseAptPolicy, parseAptSimulation, parseRelease } from './apt-text.ts';
import { parseDpkgStatus } from './dpkg-status.ts';
import { ageSeconds, failedState, newest, type PatchManager, patchState, unknownState } from './manager.ts';

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

interface Remembered {
  cause: string;
  state: PatchState;
}

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, statusFile)) || !(await exists(context, '/usr/bin/apt-get')))
    throw new NoData('this machine does not use apt');
  const cause = await causeOf(context);
  const before = context.memory.get('patches.apt') as Remembered | undefined;
  const now = context.clock.now();
  // An old answer holds as long as what it was computed from; it keeps the time at which it was true.
  if (before?.cause === cause && before.state.scan === 'ok' && now - (before.state.scannedAt ?? 0) < dayMs) {
    const { trouble, ...around } = await surroundings(context, now);
    return { ...before.state, ...around, reason: before.state.reason ?? trouble };
  }
  const state = await scan(context, now);
  context.memory.set('patches.apt', { cause, state } satisfies Remembered);
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
    trouble: failed ? `unattended-upgrades failed at ${unattended.lastStart}` : null,
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
    .map((text) => text.replace(/^\s*(\/\/|#(?!include|clear)).*$/gm, ''))
    .flatMap((text) => [...text.matchAll(/APT::Periodic::Unattended-Upgrade\s+"([^"]*)"/g)].map((match) => match[1]))
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
  if (simulated.ended !== null) return { ...failedState('apt', now, `apt-get: ${simulated.ended}`), ...around, held };
  const { inst, reason } = parseAptSimulation(simulated.stdout, simulated.code, simulated.stderr);
  const doubt = await doubts(context, now);
  if (inst === null || doubt.whole !== null)
    return { ...failedState('apt', now, reason ?? doubt.whole ?? 'no answer'), ...around, held };
  if (around.metadataAge === null)
    return { ...unknownState('apt', now, 'nobody knows when the lists were fetched'), ...around, held };
  const list = await updatesOf(context, inst);
  const state = patchState({ ...base, reason: null }, { list, reason: doubt.part ?? trouble }, doubt.securityKnown);
  // With a source missing, a number is "at least so many"; nothing found is then no finding at all.
  const believed = (count: number | null) => (count === 0 && doubt.part !== null ? null : count);
  return { ...state, pending: believed(state.pending), pendingSecurity: believed(state.pendingSecurity) };
}

async function aptCommand(context: CheckContext, program: string, args: readonly string[]) {
  const rooted =
    context.root === '' ? [] : ['-o', `Dir=${context.root}`, '-o', `Dir::State::status=${context.root}${statusFile}`];
  return context.run(`/usr/bin/${program}`, [...rooted, ...args], { timeoutMs: 120_000, maxBytes: 8 * 1024 * 1024 });
}

/** Distinct packages of the simulation, each with the answer to "is it for security". */
async function updatesOf(context: CheckContext, inst: readonly Inst[]) {
  const byName = new Map(inst.map((item) => [item.name, item]));
  const names = [...byName.keys()];
  const policies = new Map<string, ReturnType<typeof parseAptPolicy> extends Map<string, infer P> ? P : never>();
  for (let at = 0; at < names.length; at += namesPerCall) {
    const result = await aptCommand(context, 'apt-cache', ['policy', ...names.slice(at, at + namesPerCall)]);
    for (const [name, policy] of parseAptPolicy(result.stdout)) policies.set(name, policy);
  }
  return [...byName.values()].map((item) => ({
    name: item.name,
    installed: item.from,
    candidate: item.to,
    security: isSecurityUpdate(policies.get(item.name), item),
    since: null,
  }));
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

/** What speaks against believing apt: sources without lists, a mirror that stands still, no security pocket at all. */
async function doubts(context: CheckContext, now: number) {
  const sources = await configuredSources(context);
  const names = await namesIn(context, lists);
  const codename =
    /^VERSION_CODENAME="?([^"\n]+)"?$/m.exec((await fileText(context, '/etc/os-release')) ?? '')?.[1] ?? null;
  const missing = unfetched(sources, names);
  const telling = (list: readonly AptSource[]) =>
    `apt holds no lists of ${short(list.map(({ uri, suite }) => `${uri} ${suite}`).join(', '), 600)}`;
  const essential = missing.filter((source) => isOwnSource(source, codename) || isSecuritySuite(source));
  const releases = await Promise.all(
    names
      .filter((name) => /Release$/.test(name))
      .map(async (name) => parseRelease((await fileText(context, `${lists}/${name}`, 4096)) ?? '')),
  );
  const security = releases.filter((release) => release.isSecurity);
  const validUntil = newest(security.map((release) => release.validUntil));
  let whole: string | null = null;
  if (sources.length === 0) whole = 'no package source is configured';
  else if (essential.length > 0) whole = telling(essential);
  else if (missing.length === sources.length) whole = telling(missing);
  else if (validUntil !== null && validUntil < now)
    whole = `the security lists were valid until ${new Date(validUntil).toISOString()} only`;
  return { whole, part: missing.length > 0 ? telling(missing) : null, securityKnown: security.length > 0 };
}
