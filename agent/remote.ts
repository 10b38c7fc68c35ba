/**
 * Settings from afar, as this machine takes them: without what its own file locks, kept on disk so that the last good ones
 * hold while the collector is away. Nothing in them names a command; what they name is looked for, never run.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AgentSettingsDocument,
  digestOfSettings,
  isCertificatePlace,
  listKeys,
  type Privacy,
  settingsIn,
} from '../shared/agent-settings.ts';
import type { Applied } from '../shared/applied.ts';
import { reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { type Reason, reason } from '../shared/reason.ts';
import type { AgentConfig } from '../shared/report.ts';
import { merge } from './intervals.ts';
import { type Local, localNow } from './local.ts';
import { parseConfig } from './orders.ts';
import { replaceFile } from './safe-write.ts';
import { readTrusted } from './trusted-path.ts';

const remotePath = (data: string) => join(data, 'remote.settings.json');
const problemsAtMost = 50;

/** What of a document holds on this machine, and why the rest does not. Pure. */
function takeable(
  given: AgentSettingsDocument,
  { config: own, remote }: Pick<Local, 'config' | 'remote'>,
  checks: readonly string[],
): { taken: AgentSettingsDocument; problems: Reason[] } {
  if (remote.settings === 'off') return { taken: {}, problems: [reason('settings_off_here')] };
  const problems: Reason[] = [];
  const isLocked = (key: string) => {
    const locked = remote.lock.includes(key) || remote.lock.includes(key.split('.')[0] as string);
    if (locked) problems.push(reason('setting_locked', { key }));
    return locked;
  };
  const isOwn = (key: string, value: unknown) => {
    if (value !== undefined) problems.push(reason('setting_own', { key }));
  };
  const taken: AgentSettingsDocument = {};
  if (given.interval_s !== undefined && !isLocked('interval_s')) {
    taken.interval_s = given.interval_s;
    isOwn('interval_s', own?.interval_s);
  }
  for (const [name, one] of Object.entries(given.checks ?? {})) {
    if (isLocked(`checks.${name}`)) continue;
    if (!checks.includes(name)) problems.push(reason('setting_check_unknown', { check: name }));
    taken.checks = { ...taken.checks, [name]: one };
    isOwn(`checks.${name}`, own?.checks?.[name]);
  }
  for (const key of listKeys) {
    const list = given[key];
    if (list === undefined || isLocked(key)) continue;
    taken[key] = list.filter((one) => {
      if (key !== 'certificates' || isCertificatePlace(one)) return true;
      problems.push(reason('setting_place_refused', { path: one }));
      return false;
    });
    isOwn(key, own?.[key]);
  }
  for (const [field, flag] of Object.entries(given.privacy ?? {})) {
    if (isLocked(`privacy.${field}`)) continue;
    taken.privacy = { ...taken.privacy, [field]: flag };
    isOwn(`privacy.${field}`, own?.privacy?.[field as keyof Privacy]);
  }
  return { taken, problems };
}

export interface RemoteSettings {
  /** Those in force, without the machine's own; null: none have come, or they were taken back. */
  current(): AgentConfig | null;
  /** @returns what is in force from now on */
  take(config: AgentConfig | null): AgentConfig | null;
  /** A message that cannot be understood: what was taken before stays. */
  refuse(version: number | null, why: string): void;
  /** For the answer, and each birth. */
  applied(): Applied;
  /** Of both, the machine's own first. */
  privacy(): Privacy;
}

interface RemoteParts {
  data: string;
  local: Local;
  /** Names of all checks. */
  checks: readonly string[];
  log: Log;
}

export function createRemoteSettings({ data, local, checks, log }: RemoteParts): RemoteSettings {
  const { settings, lock } = local.remote;
  const file = remotePath(data);
  let given: AgentSettingsDocument = {};
  let taken: AgentSettingsDocument | null = null;
  let state: Pick<Applied, 'version' | 'result' | 'problems'> = { version: 0, result: 'ok', problems: [] };

  function hold(config: AgentConfig): void {
    given = settingsIn(config);
    const found = takeable(given, local, checks);
    taken = found.taken;
    const result = settings === 'off' ? 'refused' : found.problems.length > 0 ? 'partly' : 'ok';
    state = { version: config.version ?? 0, result, problems: found.problems.slice(0, problemsAtMost) };
  }

  /** @returns why not */
  function keep(config: AgentConfig | null): string | null {
    try {
      if (config === null) rmSync(file, { force: true });
      else {
        const { version } = config;
        const kept = { v: 1, ...(version === undefined ? {} : { version }), ...settingsIn(config) };
        replaceFile(file, JSON.stringify(kept), { flush: true });
      }
      return null;
    } catch (thrown) {
      return reasonOf(thrown);
    }
  }

  const kept = readKept(data, log);
  if (kept) hold(kept);

  return {
    current: () => taken && { v: 1, ...taken },
    take(config) {
      if (config === null) {
        given = {};
        taken = null;
        state = { version: 0, result: 'ok', problems: [] };
      } else hold(config);
      const why = keep(config);
      if (why !== null) {
        log.warn({ file, reason: why }, 'The settings of the collector hold, but could not be kept for the next start');
        if (state.result === 'ok') state.result = 'partly';
        state.problems = [...state.problems, reason('settings_not_kept', { file, text: why.slice(0, 500) })];
      }
      return taken && { v: 1, ...taken };
    },
    refuse(version, why) {
      if (version === null) return;
      state = { version, result: 'refused', problems: [reason('settings_refused', { text: why.slice(0, 1000) })] };
    },
    applied: () => ({ ...state, digest: digestOfSettings(given), remote: settings, lock: [...lock] }),
    privacy: () => ({ ...taken?.privacy, ...local.config?.privacy }),
  };
}

/** What was taken last; null where there is none, or it cannot be trusted or understood. */
function readKept(data: string, log?: Log): AgentConfig | null {
  try {
    return parseConfig(readTrusted(remotePath(data)));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT')
      log?.warn({ file: remotePath(data), reason: reasonOf(thrown) }, 'Kept settings of the collector are not used');
    return null;
  }
}

/** For checks, wherever they run: what holds here of both, the machine's own list in place of the collector's. */
export function namedHere(data: string | undefined): AgentConfig {
  if (data === undefined) return { v: 1 };
  const local = localNow(data);
  const kept = readKept(data);
  return merge(kept && { v: 1, ...takeable(kept, local, []).taken }, local.config);
}
