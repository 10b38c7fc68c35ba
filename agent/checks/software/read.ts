/** The list of installed software, from whichever package database the machine has. */

import type { SoftwareItem } from '../../../shared/inventory.ts';
import { quotation, ReasonedError, reason } from '../../../shared/reason.ts';
import { type CheckContext, type Findings, NoData } from '../check.ts';
import { howEnded } from '../ended.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import { objectsOf, short } from '../parse.ts';
import { powershell } from '../powershell.ts';
import {
  fromApk,
  fromDpkg,
  fromPacman,
  fromRpm,
  fromSystemProfiler,
  fromUninstallKeys,
  parseLastUsed,
  rpmFormat,
  sortedSoftware,
} from './lists.ts';

export async function readSoftware(context: CheckContext): Promise<Findings> {
  const items = await itemsOf(context);
  if (items.length === 0) throw new NoData(reason('no_software_list'));
  return { sections: { software: sortedSoftware(items) } };
}

function itemsOf(context: CheckContext): Promise<SoftwareItem[]> {
  if (context.platform === 'win32') return windows(context);
  return context.platform === 'darwin' ? macos(context) : linux(context);
}

const limits = { timeoutMs: 120_000, maxBytes: 16 * 1024 * 1024 };

async function linux(context: CheckContext): Promise<SoftwareItem[]> {
  const status = await fileText(context, '/var/lib/dpkg/status');
  if (status !== null) return fromDpkg(status, await unpackedAt(context));
  if (await exists(context, '/usr/bin/rpm'))
    return fromRpm(await whole(context, '/usr/bin/rpm', ['-qa', '--qf', rpmFormat]));
  if (await exists(context, '/sbin/apk')) return fromApk(await whole(context, '/sbin/apk', ['info', '-v']));
  if (await exists(context, '/usr/bin/pacman')) return fromPacman(await whole(context, '/usr/bin/pacman', ['-Q']));
  return [];
}

/** What a program printed to its end: a list that was cut off would read as software that was removed. */
async function whole(context: CheckContext, file: string, args: readonly string[]): Promise<string> {
  const run = await context.run(file, args, limits);
  if (run.code === 0 && run.ended === null) return run.stdout;
  throw new ReasonedError(howEnded(file, run), ...quotation(short(run.stderr.trim(), 300)));
}

/** dpkg writes NAME.list when it unpacks a package: the nearest to a date of installation that it keeps. */
async function unpackedAt(context: CheckContext): Promise<Map<string, number>> {
  const folder = '/var/lib/dpkg/info';
  const names = (await namesIn(context, folder)).filter((name) => name.endsWith('.list'));
  const times = new Map<string, number>();
  for (const name of names) {
    const at = await changedAt(context, `${folder}/${name}`);
    if (at !== null) times.set(name.slice(0, -5), at);
  }
  return times;
}

const script = `
$k='HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*','HKLM:\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*'
,@(Get-ItemProperty $k -ErrorAction SilentlyContinue|?{$_.DisplayName}|select DisplayName,DisplayVersion,Publisher,InstallDate,SystemComponent,ParentKeyName)|ConvertTo-Json -Depth 2 -Compress
`;

async function windows(context: CheckContext): Promise<SoftwareItem[]> {
  const { value, reasons } = await powershell(context, script, 60_000);
  if (value === null) throw new ReasonedError(...reasons);
  return fromUninstallKeys(objectsOf(value));
}

async function macos(context: CheckContext): Promise<SoftwareItem[]> {
  const found = fromSystemProfiler(
    await whole(context, '/usr/sbin/system_profiler', ['SPApplicationsDataType', '-json']),
  );
  const paths = found
    .map((item) => item.path)
    .filter((path) => path !== null)
    .slice(0, 500);
  const used = await context.run('/usr/bin/mdls', ['-raw', '-name', 'kMDItemLastUsedDate', ...paths], limits);
  const times = parseLastUsed(used.stdout);
  const lastUsed = new Map(paths.map((path, index) => [path, times[index] ?? null]));
  return found.map(({ path, ...item }) => ({ ...item, lastUsed: path === null ? null : (lastUsed.get(path) ?? null) }));
}
