/** Arch. Reads the local database only; the age of /var/lib/pacman/sync decides what its answer is worth. */

import type { PatchState } from '../../../shared/inventory.ts';
import { reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists, fileText, namesIn } from '../files.ts';
import { linesOf } from '../parse.ts';
import { ageSeconds, missingMetadata, newest, type PatchManager, patchState, plainUpdate } from './manager.ts';

export interface PacmanUpdate {
  name: string;
  from: string;
  to: string;
  /** Listed in IgnorePkg. */
  ignored: boolean;
}

/** Messages of pacman that do not affect its answer. */
const harmless = /^warning: (.* is newer than |.*ignoring package )/;
const noDatabase = /^warning: database file for '([^']+)' does not exist/;

/** Repositories of which pacman says that it has no database. */
export function withoutDatabase(stderr: string): string[] {
  return [...new Set(linesOf(stderr).flatMap((line) => noDatabase.exec(line)?.[1] ?? []))];
}

/**
 * `pacman -Qu` (code 1 and no line: none) or `checkupdates` (code 2: none). Null: unknown. An empty answer beside a
 * complaint is no answer: pacman ends with the same code when it had nothing to compare with.
 */
export function parsePacmanUpdates(stdout: string, code: number | null, stderr = ''): PacmanUpdate[] | null {
  const lines = linesOf(stdout).filter((line) => line.trim() !== '' && !/^(::|warning:)/.test(line));
  const updates = lines.flatMap((line) => {
    const match = /^(\S+) (\S+) -> (\S+)(?: (\[.*\]))?\s*$/.exec(line);
    if (!match) return [];
    return [{ name: match[1] ?? '', from: match[2] ?? '', to: match[3] ?? '', ignored: match[4] !== undefined }];
  });
  const complaints = linesOf(stderr).filter((line) => line.trim() !== '' && !harmless.test(line));
  if (updates.length < lines.length || complaints.some((line) => /^error:|==> ERROR/.test(line))) return null;
  if (updates.length > 0) return code === 0 || code === null ? updates : null;
  return complaints.length === 0 && (code === 0 || code === 1 || code === 2) ? [] : null;
}

/** Names of the repositories in pacman.conf, and of the files that it includes. */
export function parsePacmanConf(text: string): { repositories: string[]; includes: string[] } {
  const lines = linesOf(text).map((line) => line.replace(/#.*$/, '').trim());
  return {
    repositories: lines.flatMap((line) => /^\[([^\]]+)\]$/.exec(line)?.[1] ?? []).filter((name) => name !== 'options'),
    includes: lines.flatMap((line) => /^Include *= *(\S+)$/.exec(line)?.[1] ?? []),
  };
}

export const pacman: PatchManager = {
  name: 'pacman',
  reads: 'pacman -Qu, pacman.conf, /var/lib/pacman/sync; no root, no network; does not know which are for security',
  platforms: ['linux'],
  read,
};

async function repositories(context: CheckContext): Promise<string[]> {
  const main = parsePacmanConf((await fileText(context, '/etc/pacman.conf')) ?? '');
  // One level: lists of mirrors, and files of repositories of derived distributions, some by `*.conf`.
  const paths = await Promise.all(
    main.includes.map(async (path) => {
      const [folder = '', end = ''] = path.split('/*');
      if (!path.includes('/*')) return [path];
      return (await namesIn(context, folder)).filter((name) => name.endsWith(end)).map((name) => `${folder}/${name}`);
    }),
  );
  const texts = await Promise.all(paths.flat().map(async (path) => (await fileText(context, path)) ?? ''));
  return [...new Set([main, ...texts.map(parsePacmanConf)].flatMap((file) => file.repositories))];
}

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/usr/bin/pacman'))) throw new NoData(reason('not_used', { program: 'pacman' }));
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
  if (databases.length === 0) return patchState(base, { list: null, reasons: [reason('no_package_database')] }, false);
  const answer = await context.run('/usr/bin/pacman', ['-Qu'], { timeoutMs: 60_000 });
  const wanting = (await repositories(context)).filter((name) => !databases.includes(`${name}.db`));
  const gap = missingMetadata([...new Set([...wanting, ...withoutDatabase(answer.stderr)])]);
  const updates = parsePacmanUpdates(answer.stdout, answer.code, answer.stderr);
  if (updates === null)
    return patchState(
      base,
      { list: null, reasons: gap.length > 0 ? gap : [reason('not_understood', { source: 'pacman' })] },
      false,
    );
  const wanted = updates.filter((update) => !update.ignored);
  const list = wanted.map(({ name, from, to }) => plainUpdate(name, from, to));
  return patchState({ ...base, held: updates.length - wanted.length }, { list, reasons: [], gap }, false);
}
