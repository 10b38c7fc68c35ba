/**
 * Windows Server Backup. `Get-WBSummary` (administrators, the feature installed) is asked for JSON in UTC; its messages
 * are translated, so only its numbers count. `wbadmin get versions` names each copy by its UTC time, in one form in every
 * language.
 */
import type { BackupJob } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { jobOf, latest, type Product, SourceUnreadable } from './product.ts';
import { type Fields, fieldsOf, instantOf, localInstant, oneLine, parseJson, textOf, utcInstant } from './values.ts';

export interface WbSummary {
  lastSuccess: number | null;
  lastAttempt: number | null;
  next: number | null;
  versions: number | null;
  /** HRESULT of the last run, unsigned; 0 is success. */
  resultHr: number | null;
  message: string | null;
  target: string | null;
  running: boolean | null;
}

/** Fields of a `Format-List` text: `Name : value`, continued in lines that begin with blanks. */
export function fieldsOfList(text: string): Fields {
  const fields: Record<string, string> = {};
  let last = '';
  for (const line of text.replace(/\r/g, '').split('\n')) {
    const match = /^([A-Za-z]\w*)\s*:(?: (.*))?$/.exec(line);
    if (match?.[1]) {
      last = match[1];
      fields[last] = (match[2] ?? '').trim();
    } else if (last !== '' && /^\s{4,}\S/.test(line)) {
      fields[last] = `${fields[last]} ${line.trim()}`.trim();
    } else last = '';
  }
  return fields;
}

const slashed = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4}) (\d{1,2})[:.](\d\d)[:.](\d\d)(?: ?([AP])\.?M\.?)?$/i;

/** Whether the dates of one text put the day first: proven by a number above 12, by dots, or by a 24-hour clock. */
function dayFirst(texts: readonly string[]): boolean {
  const dates =
    texts.flatMap((text) => slashed.exec(text) ?? []).length > 0 ? texts.map((text) => slashed.exec(text)) : [];
  if (dates.some((date) => date && Number(date[1]) > 12)) return true;
  if (dates.some((date) => date && (Number(date[2]) > 12 || date[7] !== undefined))) return false;
  return true;
}

/** A DateTime as PowerShell prints it in the user's culture, as JSON, or as the script asks for it. */
function timeOf(value: unknown, first: boolean): number | null {
  const text = textOf(value) ?? textOf(fieldsOf(value)?.value) ?? textOf(fieldsOf(value)?.DateTime);
  if (text === null) return null;
  const ticks = /^\/Date\((-?\d{1,15})\)\/$/.exec(text);
  if (ticks) return Number(ticks[1]) > 631_152_000_000 ? Number(ticks[1]) : null;
  const match = slashed.exec(text.trim());
  if (!match) return instantOf(text);
  const [, a, b, year, hour, minute, second, half] = match;
  const [day, month] = first ? [Number(a), Number(b)] : [Number(b), Number(a)];
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0);
  return localInstant([Number(year), month, day, hours, Number(minute), Number(second), 0]);
}

function integerOf(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : (textOf(value)?.trim() ?? '');
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  return /^0x[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : null;
}

/** The summary from JSON or from the text of `Get-WBSummary | fl`; null when it is neither. */
export function parseSummary(text: string): WbSummary | null {
  const fields = fieldsOf(parseJson(text)) ?? fieldsOfList(text);
  if (!('LastBackupResultHR' in fields) && !('LastSuccessfulBackupTime' in fields)) return null;
  const times = ['LastSuccessfulBackupTime', 'LastBackupTime', 'NextBackupTime'].map((name) => fields[name]);
  const first = dayFirst(times.flatMap((value) => textOf(value) ?? []));
  const hr = integerOf(fields.LastBackupResultHR);
  const status = textOf(fields.CurrentOperationStatus);
  return {
    lastSuccess: timeOf(times[0], first),
    lastAttempt: timeOf(times[1], first),
    next: timeOf(times[2], first),
    versions: integerOf(fields.NumberOfVersions),
    resultHr: hr === null ? null : hr >>> 0,
    message: textOf(fields.DetailedMessage),
    target: textOf(fields.LastBackupTarget) ?? textOf(fields.LastSuccessfulBackupTargetPath),
    running: status === null ? null : !/^(NoOperationInProgress|0)$/.test(status),
  };
}

export interface WbVersion {
  id: string;
  time: number;
  target: string | null;
  canRecover: string[];
  snapshotId: string | null;
}

const afterLabel = (line: string | undefined) => line?.replace(/^[^:：]*[:：]\s*/, '').trim() || null;

/**
 * The copies in the order of the text. Labels are translated, so lines are told by their place: time and target stand
 * above the version, what can be recovered and the snapshot below it.
 */
export function parseVersions(text: string): WbVersion[] {
  const blocks = text.replace(/\r/g, '').split(/\n\s*\n/);
  return blocks.flatMap((block) => {
    const lines = block.split('\n').filter((line) => line.trim() !== '');
    return lines.flatMap((line, at) => {
      const match = /\b((\d\d)\/(\d\d)\/(\d{4})-(\d\d):(\d\d))\b/.exec(line);
      if (!match) return [];
      const [, id = '', month, day, year, hour, minute] = match;
      const time = utcInstant([Number(year), Number(month), Number(day), Number(hour), Number(minute), 0, 0]);
      if (time === null) return [];
      const snapshot = lines.slice(at + 1).find((next) => /\{[0-9a-f-]{36}\}/i.test(next));
      const recover = lines[at + 1] === snapshot ? null : afterLabel(lines[at + 1]);
      return {
        id,
        time,
        target: at >= 2 ? afterLabel(lines[at - 1]) : null,
        canRecover: recover?.split(/\s*[,、，;]\s*/).filter(Boolean) ?? [],
        snapshotId: /\{[0-9a-f-]{36}\}/i.exec(snapshot ?? '')?.[0] ?? null,
      };
    });
  });
}

/** The job of the machine. HRESULT 0 counts only beside a time at which something ran. */
export function jobFrom(summary: WbSummary | null, versions: readonly WbVersion[]): BackupJob {
  const newest = latest(versions.map(({ time }) => time));
  const lastSuccess = latest([summary?.lastSuccess, newest]);
  const hr = summary?.resultHr ?? null;
  const never = lastSuccess === null && summary?.versions === 0 && summary.lastAttempt === null;
  const failed = hr !== null && hr !== 0;
  const ran = summary?.lastAttempt ?? lastSuccess;
  const result = summary?.running
    ? 'running'
    : never
      ? 'never'
      : failed
        ? 'failed'
        : hr === 0 && ran !== null
          ? 'ok'
          : 'unknown';
  return jobOf('windows-server-backup', 'Windows Server Backup', summary ? 'powershell' : 'wbadmin', {
    repository: summary?.target ?? versions.at(-1)?.target ?? null,
    nextRun: summary?.next ?? null,
    lastRun: ran,
    lastSuccess,
    result,
    reason: failed
      ? oneLine(`0x${hr.toString(16)} ${summary?.message ?? ''}`)
      : summary
        ? null
        : 'Get-WBSummary gave no answer',
  });
}

/** Times leave the script in UTC: PowerShell 5 would print them in the user's culture. */
const script = `$ErrorActionPreference='Stop'
function u($t){ if($t -and $t.Year -gt 1990){ $t.ToUniversalTime().ToString('o') } else { $null } }
$s = Get-WBSummary
[pscustomobject]@{ LastSuccessfulBackupTime=u $s.LastSuccessfulBackupTime; LastBackupTime=u $s.LastBackupTime
NextBackupTime=u $s.NextBackupTime; NumberOfVersions=$s.NumberOfVersions; LastBackupResultHR=$s.LastBackupResultHR
DetailedMessage=[string]$s.DetailedMessage; LastBackupTarget=[string]$s.LastBackupTarget
CurrentOperationStatus=[string]$s.CurrentOperationStatus } | ConvertTo-Json -Compress`;

async function discover(context: CheckContext): Promise<BackupJob[]> {
  if (context.platform !== 'win32') throw new NoData('only on Windows');
  const versions = await context.run('wbadmin.exe', ['get', 'versions'], { timeoutMs: 30_000 });
  const args = ['-NoProfile', '-NonInteractive', '-Command', script];
  const powershell = await context.run('powershell.exe', args, { timeoutMs: 60_000 });
  const summary = powershell.code === 0 ? parseSummary(powershell.stdout) : null;
  const found = parseVersions(versions.stdout);
  if (summary === null && found.length === 0) {
    if (/Get-WBSummary/.test(powershell.stderr) && /CommandNotFound/.test(powershell.stderr)) {
      throw new NoData('the feature Windows Server Backup is not installed');
    }
    throw new SourceUnreadable(
      'no-permission',
      oneLine(powershell.stderr) || 'neither wbadmin nor Get-WBSummary answered',
    );
  }
  // Nothing scheduled, nothing ever run: the feature is installed, but nobody uses it.
  const job = jobFrom(summary, found);
  if (job.result === 'never' && job.nextRun === null)
    throw new NoData('Windows Server Backup is installed, but has no job');
  return [job];
}

export const windowsServerBackup: Product = {
  name: 'windows-server-backup',
  reads: 'wbadmin get versions and Get-WBSummary (administrators; Windows Server with the feature)',
  every: 3_600_000,
  programs: [],
  discover,
};
