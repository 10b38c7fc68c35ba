/** What dnf 4, dnf 5 and yum print, read. Pure and total. */
import { joinReasons, quotation, type Reason, reason } from '../../../shared/reason.ts';
import { linesOf, looseJson, numberOf, objectOf, objectsOf, textOf } from '../parse.ts';
import { plausible, wholeDays } from './manager.ts';

export interface DnfUpdate {
  name: string;
  arch: string;
  evr: string;
  repo: string;
}

export interface DnfAnswer {
  /** Null: unknown, and `reasons` say why. */
  updates: DnfUpdate[] | null;
  obsoletes: number;
  reasons: Reason[];
}

const arches = 'noarch|x86_64|i[3-6]86|aarch64|ppc64le|ppc64|s390x|s390|armv[5-8]\\w*|riscv64|loongarch64|athlon|src';
const row = new RegExp(`^(\\S+)\\.(${arches})\\s+(\\S+)\\s+(\\S+)\\s*$`);
const nameOnly = new RegExp(`^\\S+\\.(${arches})\\s*$`);

/**
 * `dnf check-update`, `dnf5 check-upgrade`.
 * @param code 100 updates, 0 none, 1 error; null when not known
 * @param metadataAge seconds since the newest repository metadata was fetched. With a dead repository and
 *   `skip_if_unavailable` dnf answers like an up-to-date machine, so an empty answer counts only beside fresh metadata.
 */
export function parseCheckUpdate(
  stdout: string,
  code: number | null,
  stderr: string,
  metadataAge: number | null,
): DnfAnswer {
  const { updates, obsoletes } = rowsOf(stdout);
  const unknown = (...reasons: Reason[]) => ({ updates: null, obsoletes, reasons });
  const complaint = joinReasons(quotation(complaintOf(stderr)));
  if (code !== null && code !== 0 && code !== 100)
    return unknown(...(complaint ?? [reason('program_exit', { program: 'dnf', exit: code })]));
  if (updates.length > 0) return { updates, obsoletes, reasons: [] };
  if (code !== 0) return unknown(...(complaint ?? [reason('dnf_named_none')]));
  const strange = linesOf(stdout).filter((line) => line.trim() !== '' && !chatter.test(line));
  if (strange.length > 0) return unknown(reason('not_understood', { source: 'dnf' }));
  if (metadataAge === null) return unknown(reason('no_repository_metadata'));
  if (metadataAge > 7 * 86_400) return unknown(reason('metadata_old', { age_s: wholeDays(metadataAge) }));
  return { updates: [], obsoletes, reasons: [] };
}

const chatter =
  /^(Last metadata expiration check|Not root|Updating |Loaded plugins|Loading mirror|Failed loading plugin|Upgrades|Available upgrades|Obsolet|Repositories loaded|Security:| \* )|kB\/s|MB\/s|^\s*$/i;

function rowsOf(stdout: string): { updates: DnfUpdate[]; obsoletes: number } {
  const updates = new Map<string, DnfUpdate>();
  let obsoletes = 0;
  let obsoleting = false;
  let carried = '';
  for (const line of linesOf(stdout)) {
    if (/^Obsoleting packages|^Obsoletes\b/i.test(line)) obsoleting = true;
    // On a narrow terminal a long name stands alone, and its version and repository on the next line.
    const whole = carried !== '' && /^\s+\S/.test(line) ? `${carried} ${line.trim()}` : line;
    carried = !obsoleting && nameOnly.test(line) ? line.trim() : '';
    const match = row.exec(whole);
    if (!match) continue;
    const [, name = '', arch = '', evr = '', repo = ''] = match;
    if (obsoleting) obsoletes += 1;
    else if (/\d/.test(evr)) updates.set(`${name}.${arch}`, { name, arch, evr, repo });
  }
  return { updates: [...updates.values()], obsoletes };
}

/** The first line of standard error that is about the work and not about a plugin. */
function complaintOf(stderr: string): string | null {
  const lines = linesOf(stderr).filter((line) => line.trim() !== '' && !/plugin|Last metadata/i.test(line));
  const error = lines.find((line) => /^Error: /.test(line)) ?? lines[0];
  return error === undefined ? null : error.replace(/^Error: /, '').trim();
}

/** `dnf5 check-upgrade --json`, whose exit code is 0 with updates too. */
export function parseCheckUpgradeJson(stdout: string, code: number | null, metadataAge: number | null): DnfAnswer {
  const value = looseJson(stdout);
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  const list = Array.isArray(value) || empty ? Object.values(value as object) : objectOf(value).upgrades;
  const unknown = (why: Reason) => ({ updates: null, obsoletes: 0, reasons: [why] });
  if (code !== 0 && code !== 100 && code !== null)
    return unknown(reason('program_exit', { program: 'dnf5', exit: code }));
  if (!Array.isArray(list)) return unknown(reason('not_understood', { source: 'dnf5' }));
  const updates = objectsOf(list).flatMap((item) => {
    const name = textOf(item.name);
    const evr = textOf(item.evr);
    return name === null || evr === null
      ? []
      : [{ name, evr, arch: textOf(item.arch) ?? '', repo: textOf(item.repository ?? item.repo) ?? '' }];
  });
  if (updates.length < list.length) return unknown(reason('not_understood', { source: 'dnf5' }));
  if (updates.length === 0 && (metadataAge === null || metadataAge > 7 * 86_400))
    return unknown(reason('metadata_missing_or_old'));
  return { updates, obsoletes: 0, reasons: [] };
}

export interface Advisory {
  id: string;
  type: 'security' | 'bugfix' | 'enhancement' | 'newpackage' | 'unknown';
  /** `medium` is Amazon's word for moderate. */
  severity: 'critical' | 'important' | 'moderate' | 'medium' | 'low' | null;
  /** name-[epoch:]version-release.arch */
  package: string;
  issued: number | null;
}

const severityOf = (text: string): Advisory['severity'] => {
  const word = text.toLowerCase();
  const known = ['critical', 'important', 'moderate', 'medium', 'low'] as const;
  return known.find((candidate) => candidate === word) ?? null;
};
const typeOf = (text: string): Advisory['type'] => {
  const word = text.toLowerCase().replace(/\/sec\.?$/, '');
  if (word === 'security' || /\/sec\.?$/i.test(text)) return 'security';
  return word === 'bugfix' || word === 'enhancement' || word === 'newpackage' ? word : 'unknown';
};

/** `2026-10-02 11:22:33`, as dnf prints it in UTC (the reader sets TZ), or seconds since 1970. */
function advisoryDate(value: unknown): number | null {
  const seconds = numberOf(value);
  if (seconds !== null) return plausible(seconds * 1000);
  const match = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?/.exec(textOf(value) ?? '');
  return match ? plausible(Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`) || null) : null;
}

const advisoryId = /^[A-Z][A-Za-z0-9]*-[\w:.-]*\d[\w:.-]*$/;
const nevra = /^[^\s-]\S*-[^-\s]+-[^-\s]+\.\w+$/;

/**
 * `dnf updateinfo list` (`ID Important/Sec. nevra`) and `dnf5 advisory list` (`ID security Important nevra date`),
 * which are distinguished by the position of the package name.
 */
export function parseAdvisories(stdout: string): Advisory[] {
  return linesOf(stdout).flatMap((line) => {
    const words = line.replace(/^i /, '').trim().split(/\s+/);
    const [id = '', kind = ''] = words;
    const at = words.slice(0, 4).findIndex((word, index) => index > 1 && word.length < 300 && nevra.test(word));
    if (id.length > 200 || !advisoryId.test(id) || at < 0) return [];
    const severity = at === 3 ? (words[2] ?? '') : kind.replace(/\/Sec\.?$/, '');
    const issued = advisoryDate(words.slice(at + 1).join(' '));
    return [{ id, type: typeOf(kind), severity: severityOf(severity), package: words[at] ?? '', issued }];
  });
}

/** `dnf updateinfo info`: when each advisory was issued, or last updated where that is all it says. */
export function parseAdvisoryDates(stdout: string): Map<string, number> {
  const dates = new Map<string, number>();
  let id: string | null = null;
  for (const line of linesOf(stdout)) {
    const at = line.indexOf(':');
    const key = line.slice(0, at).trim();
    if (at > 0 && key === 'Update ID') id = line.slice(at + 1).trim();
    const date = key === 'Issued' || key === 'Updated' ? advisoryDate(line.slice(at + 1)) : null;
    if (id !== null && date !== null) dates.set(id, Math.min(date, dates.get(id) ?? date));
  }
  return dates;
}

/** Repositories that dnf says it has left out, with exit code 0. */
export function ignoredRepositories(stderr: string): string[] {
  const names = linesOf(stderr).flatMap((line) => {
    const one = /no cache for '([^']+)'/.exec(line)?.[1];
    const several = /^Ignoring repositories: (.+)$/.exec(line)?.[1];
    return one === undefined ? (several?.split(/,\s*/) ?? []) : [one];
  });
  return [...new Set(names)];
}

/** `dnf5 advisory list --json`; null when it is not that. The severity "None" is a word there. */
export function parseAdvisoriesJson(stdout: string): Advisory[] | null {
  const value = looseJson(stdout);
  if (!Array.isArray(value)) return null;
  return objectsOf(value).flatMap((item) => {
    const id = textOf(item.name);
    const name = textOf(item.nevra);
    if (id === null || name === null) return [];
    const type = typeOf(textOf(item.type) ?? '');
    const severity = severityOf(textOf(item.severity) ?? '');
    // Seconds since 5.3, a text of local time before.
    return [{ id, type, severity, package: name, issued: advisoryDate(item.buildtime) }];
  });
}

/** `curl-7.76.1-26.el9.x86_64` → `curl.x86_64`; null when it is no such name. */
export function packageKey(nevra: string): string | null {
  const match = /^(.+)-[^-]+-[^-]+\.([^.]+)$/.exec(nevra);
  return match ? `${match[1]}.${match[2]}` : null;
}
