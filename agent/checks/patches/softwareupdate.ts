/** macOS. The cached list of the system's own last scan first; `softwareupdate -l` asks Apple and can hang for hours. */

import type { PatchState } from '../../../shared/inventory.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import type { CheckContext } from '../check.ts';
import { howEnded } from '../ended.ts';
import { fileText } from '../files.ts';
import { boolOf, instantOf, type Loose, linesOf, numberOf, objectOf, objectsOf, textOf } from '../parse.ts';
import { parsePlist } from '../plist.ts';
import { ageSeconds, failedState, type PatchManager, patchState, plausible } from './manager.ts';

export interface AppleUpdate {
  label: string;
  title: string | null;
  version: string | null;
  sizeKiB: number | null;
  recommended: boolean;
  restart: boolean;
  shutdown: boolean;
  macos: boolean;
  /** The next major system: an offer, not a missing patch. */
  majorUpgrade: boolean;
}

/**
 * `softwareupdate -l`, standard output and error together (where "No new software available." goes differs by release).
 * @param hostVersion such as "26.6"; without it an offer counts as a major upgrade when a smaller major is offered too
 * @returns null when the text says neither "none" nor names an update
 */
export function parseSoftwareUpdates(text: string, hostVersion: string | null = null): AppleUpdate[] | null {
  const lines = linesOf(text);
  const updates: AppleUpdate[] = [];
  for (const [index, line] of lines.entries()) {
    const item = /^[*-] (.+)$/.exec(line.trim())?.[1];
    const detail = lines[index + 1] ?? '';
    if (item === undefined || !/^\s+\S/.test(detail)) continue;
    const modern = item.startsWith('Label: ');
    const label = item.replace('Label: ', '').trim();
    if (label !== '') updates.push(modern ? modernUpdate(label, detail) : oldUpdate(label, detail));
  }
  if (updates.length > 0) return withMajors(updates, hostVersion);
  const none = /^(No new software available|No updates are available)\.?$/;
  return lines.some((line) => none.test(line.trim())) ? [] : null;
}

const isMacos = (text: string) => /^(macOS|Mac OS X|OS X)\b/.test(text);

function modernUpdate(label: string, detail: string): AppleUpdate {
  const parts = detail.split(/, ?(?=[A-Z][a-z]+:|\s*$)/).map((part) => part.trim());
  const value = (key: string) =>
    parts
      .find((part) => part.startsWith(`${key}: `))
      ?.slice(key.length + 1)
      .trim() ?? null;
  const action = value('Action') ?? '';
  const title = value('Title');
  return {
    label,
    title,
    version: value('Version'),
    sizeKiB: numberOf(/^(\d+)K/.exec(value('Size') ?? '')?.[1] ?? null),
    recommended: value('Recommended') === 'YES',
    restart: action === 'restart',
    shutdown: action === 'shut down',
    macos: isMacos(title ?? label),
    majorUpgrade: false,
  };
}

/** Mojave and before: `macOS 10.14.6 Update (10.14.6), 3500K [recommended] [restart]`. */
function oldUpdate(label: string, detail: string): AppleUpdate {
  const match = /^([^(]*)\(([^()]*)\), *(\d+)K/.exec(detail.trim());
  const title = match?.[1]?.trim() ?? null;
  return {
    label,
    title,
    version: match?.[2]?.trim() || null,
    sizeKiB: numberOf(match?.[3] ?? null),
    recommended: detail.includes('[recommended]'),
    restart: detail.includes('[restart]'),
    shutdown: detail.includes('[shut down]'),
    macos: isMacos(title ?? label),
    majorUpgrade: false,
  };
}

/** 10.15 and 11 are majors of their own: before 11 the major is the first two numbers. */
function majorOf(version: string | null): number | null {
  const match = /^(\d+)(?:\.(\d+))?/.exec(version ?? '');
  if (!match) return null;
  const first = Number(match[1]);
  return first === 10 ? 10 + Number(match[2] ?? 0) / 100 : first;
}

function withMajors(updates: AppleUpdate[], hostVersion: string | null): AppleUpdate[] {
  const systems = updates.filter((update) => update.macos && /\d/.test(update.title ?? ''));
  const offered = systems.map((update) => majorOf(update.version)).filter((major) => major !== null);
  const host = majorOf(hostVersion) ?? (offered.length > 0 ? offered.reduce((a, b) => Math.min(a, b)) : null);
  return updates.map((update) => {
    const major = systems.includes(update) ? majorOf(update.version) : null;
    return { ...update, majorUpgrade: host !== null && major !== null && major > host };
  });
}

export interface SoftwareUpdateState {
  pending: number | null;
  updates: { name: string; version: string | null }[];
  lastSuccessfulCheck: number | null;
  lastResultCode: number | null;
  automaticCheck: boolean | null;
  automaticDownload: boolean | null;
  autoInstallMacOS: boolean | null;
  autoInstallConfigData: boolean | null;
  autoInstallCritical: boolean | null;
}

/** com.apple.SoftwareUpdate.plist as XML or as `defaults read` prints it; null when it is neither. */
export function parseSoftwareUpdatePlist(text: string): SoftwareUpdateState | null {
  const value = parsePlist(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const plist = value as Loose;
  const pending = numberOf(plist.LastUpdatesAvailable);
  return {
    pending,
    updates: objectsOf(plist.RecommendedUpdates ?? []).map((item) => ({
      name: textOf(item['Display Name']) ?? textOf(item.Identifier) ?? 'an update',
      version: textOf(item['Display Version']),
    })),
    lastSuccessfulCheck: plausible(instantOf(plist.LastSuccessfulDate)),
    lastResultCode: numberOf(plist.LastResultCode),
    automaticCheck: boolOf(plist.AutomaticCheckEnabled),
    automaticDownload: boolOf(plist.AutomaticDownload),
    autoInstallMacOS: boolOf(plist.AutomaticallyInstallMacOSUpdates),
    autoInstallConfigData: boolOf(plist.ConfigDataInstall),
    autoInstallCritical: boolOf(plist.CriticalUpdateInstall),
  };
}

export interface AppleVersion {
  product: string | null;
  version: string | null;
  build: string | null;
  extra: string | null;
}

/** `sw_vers`, or SystemVersion.plist, which needs no process. */
export function parseSwVers(text: string): AppleVersion {
  const plist = objectOf(parsePlist(text));
  const lines = linesOf(text);
  const value = (key: string) =>
    textOf(plist[key]) ??
    (lines
      .find((line) => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() ||
      null);
  return {
    product: value('ProductName'),
    version: value('ProductVersion') ?? value('ProductUserVisibleVersion'),
    build: value('ProductBuildVersion') ?? value('BuildVersion'),
    extra: value('ProductVersionExtra'),
  };
}

export const softwareupdate: PatchManager = {
  name: 'softwareupdate',
  reads: 'com.apple.SoftwareUpdate.plist, SystemVersion.plist; softwareupdate -l when that is older than a day',
  platforms: ['darwin'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  const now = context.clock.now();
  const version = parseSwVers(
    (await fileText(context, '/System/Library/CoreServices/SystemVersion.plist')) ?? '',
  ).version;
  const converted = await context.run(
    '/usr/bin/plutil',
    ['-convert', 'xml1', '-o', '-', '/Library/Preferences/com.apple.SoftwareUpdate.plist'],
    { timeoutMs: 10_000 },
  );
  const cached = parseSoftwareUpdatePlist(converted.stdout);
  const around = { autoUpdates: autoUpdatesOf(cached) };
  const checked = cached?.lastSuccessfulCheck ?? null;
  const recent = ageSeconds(now, checked);
  if (cached && cached.lastResultCode === 0 && cached.pending === 0 && recent !== null && recent < 86_400)
    return patchState(
      { manager: 'softwareupdate', scannedAt: checked, metadataAge: recent, ...around },
      { list: [], reasons: [] },
      true,
    );
  const answer = await context.run('/usr/sbin/softwareupdate', ['-l'], { timeoutMs: 120_000 });
  const whole = answer.ended === null && answer.code === 0;
  const listed = whole ? parseSoftwareUpdates(`${answer.stdout}\n${answer.stderr}`, version) : null;
  const why = whole ? reason('not_understood', { source: 'softwareupdate' }) : howEnded('softwareupdate', answer);
  if (listed === null)
    return {
      ...failedState('softwareupdate', now, why, ...quotation(answer.stderr.trim())),
      ...around,
      metadataAge: recent,
    };
  const list = listed.filter((update) => !update.majorUpgrade).map(pendingOf);
  return patchState(
    { manager: 'softwareupdate', scannedAt: now, metadataAge: 0, ...around },
    { list, reasons: [] },
    true,
  );
}

/** Apple marks no update as a security one; nearly every system and Safari update has security fixes. */
function pendingOf(update: AppleUpdate) {
  const security =
    update.macos || /^(Safari|Security Update|Background Security|Rapid Security)/.test(update.title ?? update.label);
  return { name: update.label, installed: null, candidate: update.version, security, since: null };
}

function autoUpdatesOf(state: SoftwareUpdateState | null): PatchState['autoUpdates'] {
  if (state === null) return 'unknown';
  if (state.automaticCheck === false || state.autoInstallMacOS === false) return 'off';
  return state.autoInstallMacOS === true ? 'on' : 'unknown';
}
