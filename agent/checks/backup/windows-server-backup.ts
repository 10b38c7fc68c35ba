/**
 * Windows Server Backup. `Get-WBSummary` (administrators, the feature installed) is asked for JSON in UTC; its messages
 * are translated, so only its numbers count. `wbadmin get versions` names each copy by its UTC time, in one form in every
 * language.
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { joinReasons, quotation, reason, reasonsInLog } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { type Loose, oneLine, strictJson, strictObject, strictText } from '../parse.ts';
import { powershell } from '../powershell.ts';
import { columnOfDates } from './dates.ts';
import { believable, utcInstant } from './instants.ts';
import { Idle, jobOf, latest, type Product, SourceUnreadable } from './product.ts';

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
  /** A date in a form that is not known; null when all could be read. */
  unreadable: string | null;
}

/**
 * Fields of a `Format-List` text: `Name : value`, continued in lines that begin with blanks. A last line without its end
 * is cut off and left out: `0x80780049` would begin with a good 0.
 */
export function fieldsOfList(text: string): Loose {
  const fields: Record<string, string> = {};
  let last = '';
  for (const line of text.replace(/\r/g, '').split('\n').slice(0, -1)) {
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

/** The text of a DateTime: alone, or in the object that PowerShell 5 makes of it. */
function timeText(value: unknown): string | null {
  return strictText(value) ?? strictText(strictObject(value)?.value) ?? strictText(strictObject(value)?.DateTime);
}

/** `/Date(ms)/`, as PowerShell 5 writes a DateTime in JSON; the zone behind it changes nothing. */
function ticksOf(text: string | null): number | null {
  const ticks = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(text ?? '');
  return ticks ? believable(Number(ticks[1])) : null;
}

function integerOf(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : (strictText(value)?.trim() ?? '');
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  return /^0x[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : null;
}

/** The summary from JSON or from the text of `Get-WBSummary | fl`; null when it is neither. */
export function parseSummary(text: string): WbSummary | null {
  const fields = strictObject(strictJson(text)) ?? fieldsOfList(text);
  if (!('LastBackupResultHR' in fields) && !('LastSuccessfulBackupTime' in fields)) return null;
  const texts = ['LastSuccessfulBackupTime', 'LastBackupTime', 'NextBackupTime'].map((name) => timeText(fields[name]));
  const dateOf = columnOfDates(texts);
  const timeOf = (text: string | null | undefined) => ticksOf(text ?? null) ?? dateOf(text);
  const hr = integerOf(fields.LastBackupResultHR);
  const status =
    strictText(fields.CurrentOperationStatus) ?? integerOf(fields.CurrentOperationStatus)?.toString() ?? null;
  return {
    lastSuccess: timeOf(texts[0]),
    lastAttempt: timeOf(texts[1]),
    next: timeOf(texts[2]),
    versions: integerOf(fields.NumberOfVersions),
    resultHr: hr === null ? null : hr >>> 0,
    message: strictText(fields.DetailedMessage),
    target: strictText(fields.LastBackupTarget) ?? strictText(fields.LastSuccessfulBackupTargetPath),
    running: status === null ? null : !/^(NoOperationInProgress|0)$/.test(status),
    // The year 1 or 1601 stands for "not yet".
    unreadable:
      texts.find((text) => text !== null && timeOf(text) === null && !/\b(0*1|1601)\b|Date\(-/.test(text)) ?? null,
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
 * The copies in the order of the text. Labels are translated, so lines are recognised by their position: time and
 * target stand above the version, what can be recovered and the snapshot below it.
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
  const unreadable = summary?.unreadable ?? null;
  const never = lastSuccess === null && summary?.versions === 0 && summary.lastAttempt === null && unreadable === null;
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
    reasons: failed
      ? [reason('hresult', { result: `0x${hr.toString(16)}` }), ...quotation(oneLine(summary?.message ?? ''))]
      : unreadable !== null
        ? [reason('date_unclear', { date: unreadable })]
        : summary
          ? []
          : [reason('no_answer', { program: 'Get-WBSummary' })],
  });
}

/** Times leave the script in UTC: PowerShell 5 would print them in the user's culture. */
const script = `function u($t){ if($t -and $t.Year -gt 1990){ $t.ToUniversalTime().ToString('o') } else { $null } }
$s = Get-WBSummary
[pscustomobject]@{ LastSuccessfulBackupTime=u $s.LastSuccessfulBackupTime; LastBackupTime=u $s.LastBackupTime
NextBackupTime=u $s.NextBackupTime; NumberOfVersions=$s.NumberOfVersions; LastBackupResultHR=$s.LastBackupResultHR
DetailedMessage=[string]$s.DetailedMessage; LastBackupTarget=[string]$s.LastBackupTarget
CurrentOperationStatus=[string]$s.CurrentOperationStatus } | ConvertTo-Json -Compress`;

async function discover(context: CheckContext): Promise<BackupJob[]> {
  if (context.platform !== 'win32') throw new NoData(reason('only_on', { systems: 'Windows' }));
  const versions = await context.run('wbadmin.exe', ['get', 'versions'], { timeoutMs: 30_000 });
  const asked = await powershell(context, script, 60_000);
  const summary = parseSummary(JSON.stringify(asked.value));
  const found = parseVersions(versions.stdout);
  if (summary === null && found.length === 0) {
    const text = reasonsInLog(asked.reasons);
    if (/Get-WBSummary/.test(text) && /CommandNotFound/.test(text))
      throw new NoData(reason('not_installed', { program: 'Windows Server Backup' }));
    throw new SourceUnreadable(
      'no-permission',
      ...(joinReasons(asked.reasons) ?? [reason('no_answer', { program: 'wbadmin, Get-WBSummary' })]),
    );
  }
  // Nothing scheduled, nothing ever run: the feature is installed, but not in use.
  const job = jobFrom(summary, found);
  if (job.result === 'never' && job.nextRun === null) throw new Idle(reason('windows_backup_no_job'));
  return [job];
}

export const windowsServerBackup: Product = {
  name: 'windows-server-backup',
  reads: 'wbadmin get versions and Get-WBSummary (administrators; Windows Server with the feature)',
  every: 3_600_000,
  programs: [],
  discover,
};
