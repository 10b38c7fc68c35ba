/**
 * Windows Update, asked offline: `Online=$false` answers from the machine's own last scan in seconds, without network
 * and without conflicts with the updater. How fresh that scan is decides whether the answer counts.
 */

import type { PatchState } from '../../../shared/inventory.ts';
import { reason } from '../../../shared/reason.ts';
import type { CheckContext } from '../check.ts';
import { changedAt, fileText, namesIn } from '../files.ts';
import { objectOf, short, textOf } from '../parse.ts';
import { powershell } from '../powershell.ts';
import { ageSeconds, failedState, type PatchManager, patchState, plainUpdate } from './manager.ts';
import { parseUpdateHistory, parseUpdatesSection, parseWindowsSearch, type WindowsUpdate } from './windows-text.ts';

/**
 * Category ids instead of names, and every date in UTC as 'o': any other format follows the user's calendar and separators
 * (2569 in Thai, 1448 in Arabic, 09.15 in Finnish). COM gives UTC without saying so.
 */
const script = `
function utc($d){if($d){[datetime]::SpecifyKind([datetime]$d,'Utc').ToString('o',[Globalization.CultureInfo]::InvariantCulture)}else{$null}}
$s=New-Object -ComObject Microsoft.Update.Session; $s.ClientApplicationID='Evenkeel'; $q=$s.CreateUpdateSearcher(); $q.Online=$false
$r=$q.Search('IsInstalled=0 and IsHidden=0')
$u=@(foreach($x in $r.Updates){[ordered]@{title=$x.Title;kb=@($x.KBArticleIDs);sev=$x.MsrcSeverity;cat=@($x.Categories|%{$_.CategoryID});date=(utc $x.LastDeploymentChangeTime);auto=$x.AutoSelectOnWebSites;type=$x.Type}})
$h=@(foreach($x in $q.QueryHistory(0,50)){[ordered]@{Title=$x.Title;Operation=$x.Operation;ResultCode=$x.ResultCode;Date=(utc $x.Date)}})
$a=New-Object -ComObject Microsoft.Update.AutoUpdate
$p='HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate\\AU'; $no=$null
if(Test-Path $p){$no=(Get-ItemProperty $p).NoAutoUpdate}
$svc=(Get-CimInstance Win32_Service -Filter "Name='wuauserv'").StartMode
[ordered]@{rc=[int]$r.ResultCode;updates=$u;history=$h;lastSearch=(utc $a.Results.LastSearchSuccessDate);lastInstall=(utc $a.Results.LastInstallationSuccessDate);reboot=(New-Object -ComObject Microsoft.Update.SystemInfo).RebootRequired;noAuto=$no;service=$svc}|ConvertTo-Json -Depth 5 -Compress
`;

export const windowsUpdate: PatchManager = {
  name: 'windows-update',
  reads: 'Microsoft.Update.Session, offline search; no administrator, no network',
  platforms: ['win32'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  const now = context.clock.now();
  const { value, reasons } = await powershell(context, script, 300_000);
  if (value === null) return (await fromSection(context, now)) ?? failedState('windows-update', now, ...reasons);
  const search = parseWindowsSearch(value);
  const answer = objectOf(value);
  const history = parseUpdateHistory(JSON.stringify(answer.history ?? []));
  const base = {
    manager: 'windows-update',
    scannedAt: search.lastSearch ?? now,
    metadataAge: ageSeconds(now, search.lastSearch),
    autoUpdates: autoUpdatesOf(answer.noAuto, answer.service),
    lastInstall: search.lastInstall ?? history.lastInstall,
  };
  if (search.updates !== null && search.lastSearch === null)
    return patchState(base, { list: null, reasons: [searchProblem(search.neverSearched, answer.lastSearch)] }, false);
  const list = search.updates?.filter((update) => !update.optional).map(pendingOf) ?? null;
  return patchState(base, { list, reasons: search.reasons }, true);
}

const searchProblem = (never: boolean, date: unknown) =>
  never ? reason('never_searched') : reason('search_date_unclear', { date: short(String(date), 60) });

function pendingOf(update: WindowsUpdate) {
  return {
    name: update.kb ?? update.title,
    installed: null,
    candidate: update.title,
    security: update.security,
    ...(update.severity === null ? {} : { severity: update.severity }),
    since: update.since,
  };
}

function autoUpdatesOf(noAuto: unknown, service: unknown): PatchState['autoUpdates'] {
  if (noAuto === 1 || textOf(service) === 'Disabled') return 'off';
  return textOf(service) === null ? 'unknown' : 'on';
}

/** Where policy forbids COM to scripts, a Checkmk agent's spooled section may still have the counts. */
async function fromSection(context: CheckContext, now: number): Promise<PatchState | null> {
  const spool = 'C:\\ProgramData\\checkmk\\agent\\spool';
  for (const name of await namesIn(context, spool)) {
    const text = (await fileText(context, `${spool}\\${name}`, 1024 * 1024)) ?? '';
    if (!text.includes('<<<windows_updates')) continue;
    const section = parseUpdatesSection(text.slice(text.indexOf('<<<windows_updates')));
    if (section.important === null) continue;
    const list = section.titles.important.map((title) => plainUpdate(title, null, null));
    const age = ageSeconds(now, await changedAt(context, `${spool}\\${name}`));
    const base = { manager: 'windows-update', scannedAt: now, metadataAge: age };
    const state = patchState(base, { list, reasons: [reason('counts_of_checkmk')] }, false);
    return state.scan === 'ok' ? { ...state, pending: section.important } : state;
  }
  return null;
}
