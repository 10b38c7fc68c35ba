/**
 * Root's part of an update: verifies what the agent has fetched, exchanges the version, and waits for proof that the new one
 * works. It runs from the version of before. Every step may be its last: what it finds when it starts again is gone on with.
 */
import { existsSync, rmSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type Reason, reason, reasonsInLog } from '../../shared/reason.ts';
import {
  compareVersions,
  fileFor,
  maxManifestBytes,
  type ReleaseKeys,
  ReleaseRefused,
  readKeys,
  readRelease,
} from '../../shared/release.ts';
import { ask } from '../control-socket.ts';
import { localNow } from '../local.ts';
import { asOwnerOf, replaceFile } from '../safe-write.ts';
import { readTrusted } from '../trusted-path.ts';
import { checkRoom, copyPackage, installVersion, makeStateFolder, pruneVersions, readOf } from './install.ts';
import { agentPaths, type InstalledPlace, packagePath, rootPaths } from './place.ts';
import { readRecord, type UpdateRecord, writeRecord } from './record.ts';
import {
  beginTrial,
  currentVersion,
  endTrial,
  keepPrevious,
  readBoot,
  readFellBack,
  readTrial,
  swap,
  type TrialEnd,
  type UpdateTrial,
} from './trial.ts';

export interface UpdaterParts {
  place: InstalledPlace & { home: string };
  data: string;
  clock: Clock;
  log: Log;
  /** Starts the agent anew, whichever version is current. */
  restart(): Promise<void>;
  pause(ms: number): Promise<unknown>;
  /** Of a trial: until when it must have proven itself, and how long it must have run since its proof. */
  limits: { trialMs: number; steadyMs: number };
}

const lookMs = 1000;
/** Twice a machine may end in the middle by chance. */
const mostInterrupted = 2;
/** The agent of before may be starting already. */
const startingMs = 10_000;

interface AgentStatus {
  version: string;
  pid: number;
  link: { ownAck: number | null };
}

const statusOf = async (data: string) => (await ask(data, 'status', 2000)) as AgentStatus | null;

/** Goes on with what was begun, then takes what the agent asks for. */
export async function update(parts: UpdaterParts): Promise<void> {
  const { home } = parts.place;
  makeStateFolder(home);
  await settle(parts);
  let trial = readTrial(home);
  // Killed after the trial had begun: what was asked for is under way.
  if (trial) dropRequest(parts.data);
  else trial = take(parts);
  while (trial !== null) {
    await watch(parts, trial);
    trial = readTrial(home);
  }
}

function change(parts: UpdaterParts, given: Partial<UpdateRecord>): UpdateRecord {
  const { place, clock } = parts;
  const record = { ...readRecord(place.home), at: Math.round(clock.now()), ...given };
  writeRecord(place.home, record);
  return record;
}

/** Those of the package, or newer ones that came with a manifest since. @throws ReleaseRefused */
function keysHere(home: string, { keys }: UpdateRecord): ReleaseKeys {
  const path = rootPaths(home).keys;
  if (!existsSync(path)) throw new ReleaseRefused(reason('update_without_keys'));
  const ofPackage = readKeys(readTrusted(path));
  const kept = keys && readKeys(Buffer.from(JSON.stringify(keys)));
  return kept && kept.version > ofPackage.version ? kept : ofPackage;
}

/** @returns the trial that it has begun; null: there was no request, or it was refused */
function take(parts: UpdaterParts): UpdateTrial | null {
  const { place, data, log } = parts;
  if (!existsSync(agentPaths(data).request)) return null;
  const about: Offered = { version: null, sequence: null };
  try {
    return install(parts, about);
  } catch (thrown) {
    const why =
      thrown instanceof ReleaseRefused
        ? (thrown.reasons[0] as Reason)
        : reason('update_not_copied', { text: reasonOf(thrown).slice(0, 1000) });
    log.error({ ...about, reason: reasonsInLog([why]) }, 'The update was refused');
    refuse(parts, about, why, { state: 'refused', from: runningVersion(place.home) });
    return null;
  } finally {
    // Last: killed before, the next one begins anew.
    dropRequest(data);
  }
}

function dropRequest(data: string): void {
  const { request, manifest } = agentPaths(data);
  asOwnerOf(data, () => {
    for (const path of [manifest, request]) rmSync(path, { force: true });
  });
}

interface Offered {
  version: string | null;
  sequence: number | null;
}

const runningVersion = (home: string): string | null => {
  try {
    return currentVersion(home);
  } catch {
    return null;
  }
};

/** What a person or a higher sequence may try again; other faults may pass by themselves. */
const lasting: readonly string[] = [
  ...['update_not_started', 'update_not_unpacked', 'update_silent', 'update_starts', 'update_later_starts'],
  'update_interrupted',
];

function refuse(parts: UpdaterParts, { version, sequence }: Offered, why: Reason, given: Partial<UpdateRecord>): void {
  const { refused } = readRecord(parts.place.home);
  const isLasting = version !== null && sequence !== null && lasting.includes(why.code);
  const at = Math.round(parts.clock.now());
  change(parts, {
    ...{ version, reason: why, ...given },
    ...(isLasting ? { refused: { ...refused, [version]: { sequence, reason: why, at } } } : {}),
  });
}

/** Every check comes before anything is exchanged. @throws ReleaseRefused, errors of the file system */
function install(parts: UpdaterParts, about: Offered): UpdateTrial {
  const { place, data, clock, log } = parts;
  const { home } = place;
  const record = readRecord(home);
  // Nobody but root says so, whatever asked.
  if (localNow(data).remote.updates !== 'auto') throw new ReleaseRefused(reason('update_off_here'));
  const known = keysHere(home, record);
  const bytes = readOf(data, agentPaths(data).manifest, maxManifestBytes);
  const { release, newKeys } = readRelease(bytes, known, clock.now());
  const { version, sequence, floor } = release;
  Object.assign(about, { version, sequence });
  const from = currentVersion(home);
  const file = fileFor(release, { ...place, version: from, sequence: record.sequence });
  const before = record.refused[version];
  if (before && before.sequence >= sequence) throw new ReleaseRefused(reason('update_refused_before', { version }));
  checkRoom(home, file, 6);
  const copy = copyPackage(home, data, file);
  installVersion(home, data, copy, file, version);
  const trial = { version, from, sequence, boot: readBoot(), started: Math.round(clock.monotonic()) };
  change(parts, {
    ...{ state: 'trial', version, from, reason: null, sequence, floor, keys: newKeys ?? record.keys },
  });
  beginTrial(home, trial);
  log.info({ ...trial, keys: release.keys, file: file.name }, 'A new version is on trial');
  asOwnerOf(data, () => rmSync(packagePath(data, file.sha256), { force: true }));
  return trial;
}

/** Until the trial has ended, one way or the other. */
async function watch(parts: UpdaterParts, trial: UpdateTrial): Promise<void> {
  const { place, data, clock, log, limits, pause } = parts;
  const { home } = place;
  const paths = rootPaths(home);
  if (trial.boot !== readBoot()) return void (await fallBack(parts, trial, 'power'));
  if (!existsSync(paths.restarted)) {
    swap(home, trial.version);
    log.info({ version: trial.version }, 'The new version is current; the agent is started anew');
    await parts.restart();
    replaceFile(paths.restarted, '');
  }
  let steady = null as { pid: number; since: number } | null;
  for (;;) {
    if (existsSync(paths.fellBack)) return void (await settle(parts));
    const now = clock.monotonic();
    if (now - trial.started > limits.trialMs) return void (await fallBack(parts, trial, 'silent'));
    const status = await statusOf(data);
    if (status?.version === trial.version && status.link.ownAck !== null) {
      if (steady?.pid !== status.pid) steady = { pid: status.pid, since: now };
      if (now - steady.since >= limits.steadyMs) return proven(parts, trial);
    }
    await pause(Math.min(lookMs, limits.steadyMs / 4));
  }
}

function proven(parts: UpdaterParts, trial: UpdateTrial): void {
  const { version, from, sequence } = trial;
  const { home } = parts.place;
  const paths = rootPaths(home);
  const { floor } = change(parts, { state: 'proven', version, from, reason: null });
  parts.log.info({ version, from, sequence }, 'The new version is proven');
  // What ran before stays for the guard, unless nothing of it is to run again.
  if (compareVersions(from, floor) >= 0) keepPrevious(home, trial);
  for (const path of [paths.starts, paths.restarted, paths.trial]) rmSync(path, { force: true });
  pruneVersions(home, [version, from]);
}

async function fallBack(parts: UpdaterParts, trial: UpdateTrial, why: TrialEnd): Promise<void> {
  endTrial(parts.place.home, trial, why);
  await settle(parts);
}

const whyOf = ({ version }: UpdateTrial, why: TrialEnd, limitMs: number): Reason => {
  if (why === 'silent') return reason('update_silent', { version, limit_s: limitMs / 1000 });
  if (why === 'starts') return reason('update_starts', { version });
  return why === 'power' ? reason('update_power', { version }) : reason('update_later_starts', { version });
};

/** Somebody has swapped back, this process or the guard: it goes on record, and the version of before runs. */
async function settle(parts: UpdaterParts): Promise<void> {
  const { place, data, clock, log, limits, pause } = parts;
  const { home } = place;
  const paths = rootPaths(home);
  const ended = readFellBack(home);
  if (!ended) return;
  const { version, from, sequence, why } = ended;
  const { interrupted } = readRecord(home);
  const times = (interrupted[version] ?? 0) + (why === 'power' ? 1 : 0);
  const reasonHere =
    why === 'power' && times >= mostInterrupted
      ? reason('update_interrupted', { version, count: times })
      : whyOf(ended, why, limits.trialMs);
  refuse(parts, { version, sequence }, reasonHere, {
    ...{ state: 'fell-back', from, interrupted: { ...interrupted, [version]: times } },
  });
  log.error(
    { version, from, reason: reasonsInLog([reasonHere]) },
    'The new version did not prove itself: that of before runs again',
  );
  for (const path of [paths.trial, paths.starts, paths.restarted, paths.previous]) rmSync(path, { force: true });
  // The guard has swapped while the service was starting: it may need no second start.
  const until = clock.monotonic() + (why === 'silent' ? 0 : Math.min(startingMs, limits.steadyMs));
  let status = why === 'silent' ? null : await statusOf(data);
  while (status?.version !== from && clock.monotonic() < until) {
    await pause(Math.min(lookMs, limits.steadyMs / 4));
    status = await statusOf(data);
  }
  if (status?.version !== from) await parts.restart();
  rmSync(paths.fellBack, { force: true });
  pruneVersions(home, [from]);
}

/** A release that was refused here may be tried again: only a person says so. */
export function forgetRefused(home: string): string[] {
  const record = readRecord(home);
  writeRecord(home, { ...record, refused: {}, interrupted: {} });
  return Object.keys(record.refused);
}
