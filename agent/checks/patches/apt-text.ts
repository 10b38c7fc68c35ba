/** What apt prints and writes, read. Pure and total: whatever the text, a value comes back. */
import { quotation, type Reason, reason } from '../../../shared/reason.ts';
import { linesOf } from '../parse.ts';
import { compareDebianVersions } from './debian-version.ts';
import { plausible } from './manager.ts';

/** One line `Inst` of a simulated upgrade. `from` is null for a package that is new. */
export interface Inst {
  name: string;
  from: string | null;
  to: string;
  origins: string[];
  arch: string;
  /** Whether the candidate itself comes from a security pocket. */
  security: boolean;
}

export interface Simulation {
  /** Null: the simulation did not succeed, and `reasons` say why. An empty list is a machine that is up to date. */
  inst: Inst[] | null;
  removals: string[];
  keptBack: string[];
  /** Ubuntu's advertisement for extended support was printed: a hint only, the end of life decides. */
  esmAdvert: boolean;
  reasons: Reason[];
}

/** Ubuntu's and Debian's security pockets as they stand in `Inst` lines, such as `Debian-Security:12/oldstable-security`. */
export function isSecurityOrigin(origin: string): boolean {
  return /^(Debian-Security|UbuntuESM\w*)[:/]/i.test(origin) || /-security$/.test(origin);
}

/** Lines without information about what would be done; indented ones only when they are names of packages. */
const chatter =
  /^\s*$|^(Reading|Building|Calculating|Listing|NOTE:|Use '|WARNING|W:|N:|The following|Learn more|Enable |See |Ubuntu |applicable|Get more|Try |Receive |# |\* )|^ +[a-z0-9][a-z0-9.+:-]*( [a-z0-9][a-z0-9.+:-]*)* ?$|apt(-get)? autoremove|\bESM\b|\besm-|\b[Pp]ro\b|\bua status\b/;

/**
 * Output of `apt-get -s -qq dist-upgrade`.
 * @param code exit code; null when a signal ended it
 */
export function parseAptSimulation(stdout: string, code: number | null, stderr = ''): Simulation {
  const lines = linesOf(stdout);
  const inst: Inst[] = [];
  const removals: string[] = [];
  let unread = 0;
  for (const line of lines) {
    const parsed = parseInst(line);
    if (parsed) inst.push(parsed);
    else if (line.startsWith('Remv ')) removals.push(line.split(/\s+/)[1] ?? '');
    else if (!line.startsWith('Conf ') && !/^\d+ upgraded, /.test(line) && !chatter.test(line)) unread += 1;
  }
  const rest = {
    removals: removals.filter((name) => name !== ''),
    keptBack: keptBack(lines),
    esmAdvert: advert(lines),
  };
  const complaint = /^E: (.*)$/m.exec(stderr)?.[1] ?? /^E: (.*)$/m.exec(stdout)?.[1];
  if (complaint !== undefined) return { inst: null, ...rest, reasons: quotation(complaint) };
  if (code !== 0) return { inst: null, ...rest, reasons: [reason('program_exit', { program: 'apt-get', exit: code })] };
  // Nothing to install is believed only of an answer in which every line is known.
  const doubtful = unread > 0 || lines.some((line) => line.startsWith('Conf '));
  if (inst.length === 0 && doubtful)
    return { inst: null, ...rest, reasons: [reason('not_understood', { source: 'apt-get' })] };
  return { inst, ...rest, reasons: [] };
}

function parseInst(line: string): Inst | null {
  const match = /^Inst (\S+) (?:\[([^\]]*)\] )?\((\S+)(?: (.*?))? \[([^\]]+)\]\)/.exec(line);
  if (!match) return null;
  const origins = (match[4] ?? '').split(', ').filter((origin) => origin !== '');
  return {
    name: match[1] ?? '',
    from: match[2] ?? null,
    to: match[3] ?? '',
    origins,
    arch: match[5] ?? '',
    security: origins.some(isSecurityOrigin),
  };
}

function keptBack(lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => /have been kept back|deferred due to phasing/.test(line));
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith(' '));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .flatMap((line) => line.trim().split(/\s+/))
    .filter((name) => name !== '');
}

const advert = (lines: readonly string[]) =>
  lines.some((line) => /\bESM\b|esm-(infra|apps)/.test(line) && !line.startsWith('Inst ') && !line.startsWith('Conf '));

export interface Policy {
  installed: string | null;
  candidate: string | null;
  versions: { version: string; sources: string[] }[];
}

/** Output of `apt-cache policy NAMES`: by position, since the words before the colons are translated. */
export function parseAptPolicy(stdout: string): Map<string, Policy> {
  const policies = new Map<string, Policy>();
  let current: Policy | null = null;
  let headings = 0;
  for (const line of linesOf(stdout)) {
    const name = /^(\S+):$/.exec(line)?.[1];
    if (name !== undefined) {
      current = { installed: null, candidate: null, versions: [] };
      headings = 0;
      policies.set(name, current);
      continue;
    }
    if (current === null) continue;
    const heading = /^ {2}\S[^:]*:(?: (.*))?$/.exec(line);
    const version = /^ (?:\*\*\*| {3}) (\S+)(?: -?\d+)?/.exec(line)?.[1];
    if (heading) {
      const value = heading[1] && !heading[1].startsWith('(') ? heading[1].trim() : null;
      if (headings === 0) current.installed = value;
      if (headings === 1) current.candidate = value;
      headings += 1;
    } else if (version !== undefined) current.versions.push({ version, sources: [] });
    else if (/^ {8,}/.test(line)) current.versions.at(-1)?.sources.push(line.trim().replace(/^-?\d+ /, ''));
  }
  return policies;
}

/** A source line such as `http://security.debian.org/debian-security bookworm-security/main amd64 Packages`. */
export function isSecuritySource(source: string): boolean {
  const [url = '', suite = ''] = source.split(' ');
  return /-security(\/|$)/.test(suite) || (/security\.debian\.org/.test(url) && suite.includes('updates'));
}

/** Sources in a security pocket that hold a version above the installed one, up to the candidate. */
export function securitySources(policy: Policy | undefined, inst: Pick<Inst, 'from' | 'to'>): string[] {
  return (policy?.versions ?? [])
    .filter(
      ({ version }) =>
        (inst.from === null || compareDebianVersions(version, inst.from) > 0) &&
        compareDebianVersions(version, inst.to) <= 0,
    )
    .flatMap(({ sources }) => sources.filter(isSecuritySource));
}

/**
 * The rule of Ubuntu's own apt-check: an update counts as security when any version above the installed one, up to the
 * candidate, comes from a security pocket. A later build in `-updates` hides the security one from the candidate's origin.
 */
export function isSecurityUpdate(policy: Policy | undefined, inst: Pick<Inst, 'from' | 'to' | 'security'>): boolean {
  return inst.security || securitySources(policy, inst).length > 0;
}

export interface ReleaseHeader {
  origin: string | null;
  label: string | null;
  suite: string | null;
  codename: string | null;
  date: number | null;
  validUntil: number | null;
  isSecurity: boolean;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Fri, 20 Nov 2026 00:12:41 UTC`; the hour may be padded with a blank. */
function releaseDate(text: string | null): number | null {
  const match = /(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\s+(\d{1,2}):(\d\d):(\d\d)(?:\s+(UTC|GMT|[+-]\d{4}))?/.exec(
    text ?? '',
  );
  const month = months.indexOf(match?.[2] ?? '');
  if (!match || month < 0) return null;
  const zone = /^([+-])(\d\d)(\d\d)$/.exec(match[7] ?? '');
  const offset = zone ? (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000 : 0;
  return (
    Date.UTC(Number(match[3]), month, Number(match[1]), Number(match[4]), Number(match[5]), Number(match[6])) - offset
  );
}

/** The first lines of an `InRelease` or `Release` file. `validUntil` in the past means that the mirror stands still. */
export function parseRelease(text: string): ReleaseHeader {
  const lines = linesOf(text);
  const value = (key: string) =>
    lines
      .find((line) => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() || null;
  const origin = value('Origin');
  const label = value('Label');
  const suite = value('Suite');
  const codename = value('Codename');
  return {
    origin,
    label,
    suite,
    codename,
    date: plausible(releaseDate(value('Date'))),
    validUntil: plausible(releaseDate(value('Valid-Until'))),
    isSecurity:
      label === 'Debian-Security' ||
      /^UbuntuESM/.test(origin ?? '') ||
      [suite, codename].some((name) => /-security$/.test(name ?? '')),
  };
}

/** Whether a release file names an index of packages that is not empty: apt keeps no file of an empty one. */
export function namesPackages(release: string): boolean {
  return linesOf(release).some((line) => /^ [0-9a-f]{32,128} +[1-9]\d* +\S*Packages$/.test(line));
}
