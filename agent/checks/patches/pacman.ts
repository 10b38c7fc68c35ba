/** Arch. Reads the local database only; the age of /var/lib/pacman/sync tells what its answer is worth. */
import type { PatchState } from '../../../shared/inventory.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, namesIn } from '../files.ts';
import { linesOf } from '../loose.ts';
import { ageSeconds, newest, type PatchManager, patchState } from './manager.ts';

export interface PacmanUpdate {
  name: string;
  from: string;
  to: string;
  /** Listed in IgnorePkg. */
  ignored: boolean;
}

/** `pacman -Qu` (code 1 and no line: none) or `checkupdates` (code 2: none). Null: unknown. */
export function parsePacmanUpdates(stdout: string, code: number | null, stderr = ''): PacmanUpdate[] | null {
  const lines = linesOf(stdout).filter((line) => line.trim() !== '' && !/^(::|warning:)/.test(line));
  const updates = lines.flatMap((line) => {
    const match = /^(\S+) (\S+) -> (\S+)(?: (\[.*\]))?\s*$/.exec(line);
    if (!match) return [];
    return [{ name: match[1] ?? '', from: match[2] ?? '', to: match[3] ?? '', ignored: match[4] !== undefined }];
  });
  if (updates.length < lines.length || /^error:|==> ERROR/m.test(stderr)) return null;
  if (updates.length > 0) return code === 0 || code === null ? updates : null;
  return code === 0 || code === 1 || code === 2 ? [] : null;
}

export const pacman: PatchManager = {
  name: 'pacman',
  reads: 'pacman -Qu, /var/lib/pacman/sync; no root, no network; pacman does not know which updates are for security',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/usr/bin/pacman'))) throw new NoData('this machine does not use pacman');
  const now = context.clock.now();
  const sync = '/var/lib/pacman/sync';
  const databases = (await namesIn(context, sync)).filter((name) => name.endsWith('.db'));
  const times = await Promise.all(databases.map((name) => changedAt(context, `${sync}/${name}`)));
  const base = {
    manager: 'pacman',
    scannedAt: now,
    metadataAge: ageSeconds(now, newest(times)),
    autoUpdates: 'off' as const,
  };
  if (base.metadataAge === null) return patchState(base, { list: null, reason: 'there is no package database' }, false);
  const answer = await context.run('/usr/bin/pacman', ['-Qu'], { timeoutMs: 60_000 });
  const updates = parsePacmanUpdates(answer.stdout, answer.code, answer.stderr);
  if (updates === null)
    return patchState(base, { list: null, reason: 'the answer of pacman was not understood' }, false);
  const wanted = updates.filter((update) => !update.ignored);
  const list = wanted.map(({ name, from, to }) => ({
    name,
    installed: from,
    candidate: to,
    security: null,
    since: null,
  }));
  return patchState({ ...base, held: updates.length - wanted.length }, { list, reason: null }, false);
}
