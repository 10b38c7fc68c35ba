/** Snaps refresh themselves; what waits is information. */

import type { PatchState } from '../../../shared/inventory.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { exists } from '../files.ts';
import { linesOf } from '../parse.ts';
import { type PatchManager, patchState, plainUpdate } from './manager.ts';

export interface SnapUpdate {
  name: string;
  to: string;
}

/** `snap refresh --list`: a table whose columns are known by name, or "All snaps up to date." on either stream. Null: neither. */
export function parseSnapRefreshes(stdout: string, stderr = ''): SnapUpdate[] | null {
  const rows = linesOf(stdout)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));
  const head = rows.findIndex((row) => row.includes('Name') && row.includes('Version') && row.includes('Rev'));
  const names = rows[head] ?? [];
  const body = rows.slice(head + 1).filter((row) => row.length >= names.length);
  if (head >= 0 && body.length > 0)
    return body.map((row) => ({ name: row[names.indexOf('Name')] ?? '', to: row[names.indexOf('Version')] ?? '' }));
  return head < 0 && /All snaps up to date/.test(`${stdout}\n${stderr}`) ? [] : null;
}

export const snap: PatchManager = {
  name: 'snap',
  reads: 'snap refresh --list; no root; asks the snap store',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/run/snapd.socket'))) throw new NoData(reason('not_used', { program: 'snapd' }));
  const now = context.clock.now();
  const answer = await context.run('/usr/bin/snap', ['refresh', '--list'], { timeoutMs: 60_000 });
  const updates = answer.code === 0 ? parseSnapRefreshes(answer.stdout, answer.stderr) : null;
  const list = updates?.map(({ name, to }) => plainUpdate(name, null, to)) ?? null;
  const base = { manager: 'snap', thirdParty: true, scannedAt: now, metadataAge: 0, autoUpdates: 'on' as const };
  return patchState(base, { list, reasons: list === null ? quotation(answer.stderr.trim()) : [] }, false);
}
