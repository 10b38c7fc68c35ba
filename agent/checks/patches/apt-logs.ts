/** The logs of apt and unattended-upgrades. Their times are local and have no zone. */
import { linesOf } from '../parse.ts';

export interface AptTransaction {
  /** `2026-11-22T09:19:52`, local. */
  start: string | null;
  end: string | null;
  command: string | null;
  /** It never happened: `unattended-upgrade --dry-run` writes entries like real ones. */
  dryRun: boolean;
  packages: number;
}

const localTime = (text: string | undefined) => /^(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d)/.exec(text ?? '');

/** /var/log/apt/history.log: one entry per transaction, oldest first. */
export function parseAptHistory(text: string): AptTransaction[] {
  const entries: AptTransaction[] = [];
  for (const line of linesOf(text)) {
    const [, key = '', value = ''] = /^([A-Z][A-Za-z-]*): ?(.*)$/.exec(line) ?? [];
    const time = localTime(value);
    const stamp = time ? `${time[1]}T${time[2]}` : null;
    if (key === 'Start-Date') entries.push({ start: stamp, end: null, command: null, dryRun: false, packages: 0 });
    const entry = entries.at(-1);
    if (!entry) continue;
    if (key === 'End-Date') entry.end = stamp;
    if (key === 'Commandline') {
      entry.command = value;
      entry.dryRun = / (--dry-run|-s|--simulate|--just-print|--no-act|--recon)\b/.test(` ${value}`);
    }
    if (/^(Install|Upgrade|Reinstall|Downgrade|Remove|Purge)$/.test(key))
      entry.packages += value.split(/\), /).filter((item) => item.trim() !== '').length;
  }
  return entries;
}

/** Those that really changed the machine and came to their end. */
export function realTransactions(entries: readonly AptTransaction[]): AptTransaction[] {
  return entries.filter((entry) => !entry.dryRun && entry.end !== null);
}

/** A local time without zone as an instant, taken in this machine's own zone, where the log was written. */
export function localInstant(stamp: string | null): number | null {
  const ms = stamp === null ? Number.NaN : Date.parse(stamp);
  return Number.isFinite(ms) ? ms : null;
}

export interface UnattendedRun {
  /** `2026-11-22T09:19:58.299`, local. */
  lastStart: string | null;
  dryRun: boolean;
  allowedOrigins: string[];
  result: 'all-upgrades-installed' | 'nothing-to-do' | 'failed' | 'running' | 'unknown';
}

const outcomes: readonly [RegExp, UnattendedRun['result']][] = [
  [/ (ERROR|CRITICAL) |error message|[Ii]nstalling the upgrades failed|Lock could not be acquired/, 'failed'],
  [/All upgrades installed/, 'all-upgrades-installed'],
  [/No packages found that can be upgraded unattended|Packages that will be upgraded:\s*$/, 'nothing-to-do'],
];

/** The last run in unattended-upgrades.log; null when the text holds none. */
export function parseUnattendedLog(text: string): UnattendedRun | null {
  const lines = linesOf(text);
  const start = lines.findLastIndex((line) => / Starting unattended upgrades script/.test(line));
  if (start < 0) return null;
  const run = lines.slice(start);
  const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:,(\d{3}))?/.exec(run[0] ?? '');
  const origins = run.map((line) => / Allowed origins are: (.*)$/.exec(line)?.[1]).find((found) => found !== undefined);
  const result = outcomes.find(([pattern]) => run.some((line) => pattern.test(line)))?.[1];
  return {
    lastStart: time ? `${time[1]}T${time[2]}${time[3] === undefined ? '' : `.${time[3]}`}` : null,
    dryRun: run.some((line) => line.includes('Option --dry-run given')),
    // Older releases print a Python list: ['o=Debian,a=stable'].
    allowedOrigins: (origins ?? '')
      .split(/, |(?<='), ?(?=')/)
      .map((origin) => origin.replace(/^[['"]+|[\]'"]+$/g, '').trim())
      .filter((origin) => origin !== ''),
    result: result ?? (run.length > 1 && !/ INFO |WARNING/.test(run.at(-1) ?? ' INFO ') ? 'unknown' : 'running'),
  };
}
