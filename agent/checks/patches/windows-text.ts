/** What Windows says about its updates, read. Pure and total; never by translated words. */
import { type Reason, reason } from '../../../shared/reason.ts';
import { boolOf, instantOf, type Loose, linesOf, numberOf, objectOf, objectsOf, textOf } from '../parse.ts';
import { parseRecords } from '../records.ts';
import { plausible } from './manager.ts';

export { parseSystemInfo } from '../../platform/windows.ts';

/** Category GUIDs of Windows Update; titles are translated, these are not. */
const category = {
  security: '0fa1201d-4330-4fa8-8ae9-b877473b6441',
  critical: 'e6cf1350-c01b-414d-a61f-263d14d133b4',
  definitions: 'e0789628-ce08-4437-be74-2495b842f43b',
  drivers: 'ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0',
  featurePacks: 'b54e7d24-7add-428f-8b75-90a396fa584f',
  upgrades: '3689bdc8-b205-4af4-8d4d-a63924c5e9d5',
} as const;

export interface WindowsUpdate {
  title: string;
  kb: string | null;
  security: boolean;
  severity: string | null;
  since: number | null;
  /** Left out of "missing patches": definitions, drivers, feature upgrades, optional previews. */
  optional: boolean;
}

export interface WindowsSearch {
  /** Null: the search did not succeed (`reasons`). */
  updates: WindowsUpdate[] | null;
  lastSearch: number | null;
  /** Null with a date that could not be read, which is not the same as no search at all. */
  neverSearched: boolean;
  lastInstall: number | null;
  rebootRequired: boolean | null;
  reasons: Reason[];
}

export const kbOf = (text: string) => /\bKB\d{6,8}\b/i.exec(text)?.[0].toUpperCase() ?? null;
const realDate = (value: unknown) => plausible(instantOf(value));
/** COM's "never", which is no failure to read a date. */
const isNever = (value: unknown) => value === null || value === undefined || /^(1601|1899)-/.test(String(value));

/** The JSON of the search script in windows-update.ts. Result code 2 is success; 3 has left something out. */
export function parseWindowsSearch(value: unknown): WindowsSearch {
  const answer = objectOf(value);
  const code = numberOf(answer.rc);
  const rest = {
    lastSearch: realDate(answer.lastSearch),
    neverSearched: isNever(answer.lastSearch),
    lastInstall: realDate(answer.lastInstall),
    rebootRequired: boolOf(answer.reboot),
  };
  if (code !== 2) return { updates: null, ...rest, reasons: [reason('windows_search_result', { result: code })] };
  if (!('updates' in answer) || typeof answer.updates !== 'object')
    return { updates: null, ...rest, reasons: [reason('not_understood', { source: 'Windows Update' })] };
  return { updates: objectsOf(answer.updates).map(updateOf), ...rest, reasons: [] };
}

function updateOf(item: Loose): WindowsUpdate {
  const categories = JSON.stringify(item.cat ?? '').toLowerCase();
  const has = (name: keyof typeof category) => categories.includes(category[name]);
  const title = textOf(item.title) ?? 'an update';
  const kb = textOf(Array.isArray(item.kb) ? item.kb[0] : item.kb)?.replace(/^(?=\d)/, 'KB') ?? kbOf(title);
  const driver = numberOf(item.type) === 2 || has('drivers');
  return {
    title,
    kb,
    security: has('security') || has('critical'),
    severity: textOf(item.sev)?.toLowerCase() ?? null,
    since: realDate(item.date),
    optional: driver || has('definitions') || has('upgrades') || has('featurePacks') || boolOf(item.auto) === false,
  };
}

export interface UpdateHistory {
  installed: string[];
  uninstalled: string[];
  failed: string[];
  /** Newest successful installation; null when the source has no dates. */
  lastInstall: number | null;
}

/** QueryHistory as JSON or Format-List: Operation 1 install, 2 uninstall; ResultCode 2 ok, 4 failed, 5 aborted. */
export function parseUpdateHistory(text: string): UpdateHistory {
  const state = new Map<string, 'installed' | 'uninstalled' | 'failed'>();
  let lastInstall: number | null = null;
  const records = parseRecords(text).map((record) => ({
    kb: kbOf(textOf(record.Title ?? record.title) ?? ''),
    operation: numberOf(record.Operation ?? record.op),
    result: numberOf(record.ResultCode ?? record.rc),
    date: realDate(record.Date ?? record.date),
  }));
  for (const { kb, operation, result, date } of records) {
    const good = result === 2 || result === 3;
    if (operation === 1 && good && date !== null) lastInstall = Math.max(lastInstall ?? 0, date);
    if (kb === null || operation === null) continue;
    // An uninstallation weighs more than the installation of the same number, in whichever order they come.
    if (good && operation === 2) state.set(kb, 'uninstalled');
    else if (good && state.get(kb) !== 'uninstalled') state.set(kb, 'installed');
    else if (!good && !state.has(kb)) state.set(kb, 'failed');
  }
  const those = (word: string) => [...state].filter(([, value]) => value === word).map(([kb]) => kb);
  return { installed: those('installed'), uninstalled: those('uninstalled'), failed: those('failed'), lastInstall };
}

/** Get-HotFix in any form: the KB numbers, in order. It misses many; a cross-check only. */
export function parseHotfixes(text: string): string[] {
  return [...new Set((text.match(/\bKB\d{6,8}\b/gi) ?? []).map((kb) => kb.toUpperCase()))];
}

export interface UpdatesSection {
  rebootRequired: boolean | null;
  important: number | null;
  optional: number | null;
  kbs: string[];
  titles: { important: string[]; optional: string[] };
  forcedReboot: string | null;
  error: string | null;
}

/** The section `windows_updates` of a Checkmk agent: counts, important titles, optional titles, date of a forced reboot. */
export function parseUpdatesSection(text: string): UpdatesSection {
  const lines = linesOf(text).filter((line) => !/^<<<.*>>>$/.test(line.trim()));
  const at = lines.findIndex((line) => /^\s*(\d+|x)\s+(\d+|x)\s+(\d+|x)\s*$/.test(line));
  const [reboot, important, optional] = (lines[at] ?? '')
    .trim()
    .split(/\s+/)
    .map((word) => numberOf(word ?? null));
  const rest = at < 0 ? [] : lines.slice(at + 1);
  const titles = (line: string | undefined, wanted: number | null | undefined) =>
    wanted
      ? (line ?? '')
          .split('; ')
          .map((title) => title.trim())
          .filter((title) => title !== '')
      : [];
  // The line of a kind with no update is left out by some releases and empty in others.
  const filled = rest.filter((line) => line.trim() !== '' && !/^\d{4}-\d\d-\d\d|no_key/.test(line.trim()));
  const failed = at >= 0 && reboot === null;
  const importantLine = important ? filled.shift() : undefined;
  const optionalLine = optional ? filled.shift() : undefined;
  return {
    rebootRequired: reboot === null || reboot === undefined ? null : reboot > 0,
    important: important ?? null,
    optional: optional ?? null,
    kbs: at < 0 ? [] : parseHotfixes(rest.join('\n')),
    titles: { important: titles(importantLine, important), optional: titles(optionalLine, optional) },
    forcedReboot: rest.map((line) => /^\s*(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)/.exec(line)?.[1]).find(Boolean) ?? null,
    error: failed ? (rest.find((line) => line.trim() !== '')?.trim() ?? 'the section reports an error') : null,
  };
}

export interface WindowsVersion {
  product: string | null;
  build: number | null;
  ubr: number | null;
  /** 10.0.19044.2364: this is the cumulative patch level. */
  version: string | null;
  displayVersion: string | null;
  edition: string | null;
  installationType: string | null;
  arch: string | null;
}

/** HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion from Get-ItemProperty (list or JSON) or from `reg.exe query`. */
export function parseWindowsVersion(text: string): WindowsVersion {
  const values: Record<string, unknown> = {};
  for (const record of parseRecords(text)) Object.assign(values, record);
  for (const line of linesOf(text)) {
    const [, key = '', kind = '', value = ''] = /^ +(\w+) +(REG_\w+) +(\S.*)$/.exec(line) ?? [];
    if (key !== '') values[key] = kind === 'REG_DWORD' ? Number(value) : value.trim();
  }
  const build = numberOf(values.CurrentBuildNumber) ?? numberOf(values.CurrentBuild);
  const ubr = numberOf(values.UBR);
  const major = numberOf(values.CurrentMajorVersionNumber);
  const classic = textOf(values.CurrentVersion);
  const base = major === null ? classic : `${major}.${numberOf(values.CurrentMinorVersionNumber) ?? 0}`;
  const known = base !== null && build !== null;
  return {
    product: productName(textOf(values.ProductName), build, textOf(values.InstallationType)),
    build,
    ubr,
    version: known ? `${base}.${build}${ubr === null ? '' : `.${ubr}`}` : null,
    displayVersion: textOf(values.DisplayVersion) ?? textOf(values.ReleaseId),
    edition: textOf(values.EditionID),
    installationType: textOf(values.InstallationType),
    arch: textOf(values.PROCESSOR_ARCHITECTURE),
  };
}

/** The registry still says "Windows 10" on 11. */
function productName(name: string | null, build: number | null, type: string | null): string | null {
  return name !== null && build !== null && build >= 22000 && type !== 'Server'
    ? name.replace('Windows 10', 'Windows 11')
    : name;
}
