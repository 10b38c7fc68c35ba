/** Installed software as each system lists it. Pure and total; names of packages, not of files. */
import type { SoftwareItem } from '../../../shared/inventory.ts';
import { type Loose, linesOf, looseJson, numberOf, objectOf, objectsOf, short, textOf } from '../parse.ts';
import { splitApkName } from '../patches/apk.ts';
import { parseDpkgStatus } from '../patches/dpkg-status.ts';

/** The section's bound; beyond it the list is cut, by name. */
const maxItems = 10_000;

export function softwareItem(
  name: string,
  version: string | null,
  publisher: string | null,
  installed: number | null = null,
  lastUsed: number | null = null,
): SoftwareItem {
  const cut = (text: string | null) => (text === null ? null : short(text));
  return { name: short(name), version: cut(version), publisher: cut(publisher), installed, lastUsed };
}

/** By name, each name and version once, bounded. */
export function sortedSoftware(items: readonly SoftwareItem[]): SoftwareItem[] {
  const byKey = new Map(items.map((item) => [`${item.name}\n${item.version}`, item]));
  return [...byKey.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).slice(0, maxItems);
}

/**
 * /var/lib/dpkg/status.
 * @param installedAt time of a package's list file, by name: when its files were last unpacked
 */
export function fromDpkg(status: string, installedAt: ReadonlyMap<string, number> = new Map()): SoftwareItem[] {
  return parseDpkgStatus(status)
    .filter((item) => item.installed)
    .map(({ name, version, maintainer, architecture }) => {
      const at = installedAt.get(name) ?? installedAt.get(`${name}:${architecture}`) ?? null;
      return softwareItem(name, version, maintainer?.split('<')[0]?.trim() ?? null, at);
    });
}

export const rpmFormat = '%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}-%{RELEASE}\\t%{VENDOR}\\t%{INSTALLTIME}\\n';

/** `rpm -qa --qf` with the format above. */
export function fromRpm(stdout: string): SoftwareItem[] {
  return linesOf(stdout).flatMap((line) => {
    const [name = '', epoch, version = '', vendor, seconds] = line.split('\t');
    // Keys of signers are kept as packages.
    if (name === '' || version === '' || name === 'gpg-pubkey') return [];
    const at = numberOf(seconds);
    const full = epoch === '0' || epoch === undefined ? version : `${epoch}:${version}`;
    return [softwareItem(name, full, vendor === '(none)' ? null : (vendor ?? null), at === null ? null : at * 1000)];
  });
}

/** `apk info -v` or `apk list -I`: name-version first in each line. */
export function fromApk(stdout: string): SoftwareItem[] {
  return linesOf(stdout).flatMap((line) => {
    const split = splitApkName(line.trim().split(/\s/)[0] ?? '');
    return split === null ? [] : [softwareItem(split.name, split.version, null)];
  });
}

/** `pacman -Q` */
export function fromPacman(stdout: string): SoftwareItem[] {
  return linesOf(stdout).flatMap((line) => {
    const match = /^([\w@.+-]+) (\S+)$/.exec(line);
    return match ? [softwareItem(match[1] ?? '', match[2] ?? null, null)] : [];
  });
}

/** The uninstall keys of Windows as JSON. InstallDate is 20260131, local, when the installer wrote it. */
export function fromUninstallKeys(records: readonly Loose[]): SoftwareItem[] {
  return records.flatMap((record) => {
    const name = textOf(record.DisplayName);
    // Parts of other products and updates of Office say so.
    if (name === null || numberOf(record.SystemComponent) === 1 || textOf(record.ParentKeyName) !== null) return [];
    const date = /^(\d{4})(\d\d)(\d\d)$/.exec(textOf(record.InstallDate) ?? '');
    const at = date ? Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3])) : null;
    return [softwareItem(name, textOf(record.DisplayVersion), textOf(record.Publisher), at)];
  });
}

/** `system_profiler SPApplicationsDataType -json`; with the path, so that the last use can be joined. */
export function fromSystemProfiler(stdout: string): (SoftwareItem & { path: string | null })[] {
  return objectsOf(objectOf(looseJson(stdout)).SPApplicationsDataType ?? []).flatMap((record) => {
    const name = textOf(record._name);
    if (name === null) return [];
    const signer = Array.isArray(record.signed_by) ? textOf(record.signed_by[0]) : null;
    const publisher =
      signer?.replace(/^Developer ID Application: | \([A-Z0-9]{10}\)$/g, '') ?? textOf(record.obtained_from);
    const installed = Date.parse(textOf(record.lastModified) ?? '');
    const item = softwareItem(name, textOf(record.version), publisher, Number.isFinite(installed) ? installed : null);
    return [{ ...item, path: textOf(record.path) }];
  });
}

/**
 * `mdls -raw -name kMDItemLastUsedDate PATH …`: one answer per path, with NUL between; "(null)" for never or not known.
 */
export function parseLastUsed(stdout: string): (number | null)[] {
  return stdout.split('\0').map((text) => {
    const ms = Date.parse(text.trim().replace(/^(\S+) (\S+) ([+-]\d\d)(\d\d)$/, '$1T$2$3:$4'));
    return Number.isFinite(ms) ? ms : null;
  });
}
