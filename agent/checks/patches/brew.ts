/** Homebrew. It refuses to run as root, and belongs to a user: seen only when the agent runs as that user. */

import { homedir } from 'node:os';
import type { PatchState } from '../../../shared/inventory.ts';
import { reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { howEnded } from '../ended.ts';
import { changedAt, exists } from '../files.ts';
import { boolOf, type Loose, looseJson, objectOf, objectsOf, textOf } from '../parse.ts';
import { ageSeconds, failedState, newest, type PatchManager, patchState, plainUpdate } from './manager.ts';

export interface BrewUpdate {
  name: string;
  from: string | null;
  to: string | null;
  pinned: boolean;
  cask: boolean;
}

/** `brew outdated --json=v2`; null unless both lists are there and each entry has a name. */
export function parseBrewOutdated(stdout: string): BrewUpdate[] | null {
  const value = objectOf(looseJson(stdout));
  if (!Array.isArray(value.formulae) || !Array.isArray(value.casks)) return null;
  const update = (item: Loose, cask: boolean) => ({
    name: textOf(item.name) ?? '',
    from: textOf(Array.isArray(item.installed_versions) ? item.installed_versions.at(-1) : item.installed_versions),
    to: textOf(item.current_version),
    pinned: boolOf(item.pinned) ?? false,
    cask,
  });
  const formulae = objectsOf(value.formulae).map((item) => update(item, false));
  const all = [...formulae, ...objectsOf(value.casks).map((item) => update(item, true))];
  return all.length < value.formulae.length + value.casks.length || all.some(({ name }) => name === '') ? null : all;
}

export const brew: PatchManager = {
  name: 'brew',
  reads: 'brew outdated --json=v2, without updating its formulae; only as the user that owns Homebrew',
  platforms: ['darwin', 'linux'],
  read,
};

/** What changes when Homebrew fetches its lists: git's revision, and since 4.0 the answers of its server. */
function fetchedBy(place: string): string[] {
  const cache = `${homedir()}${process.platform === 'darwin' ? '/Library/Caches/Homebrew' : '/.cache/Homebrew'}/api`;
  const git = [place, `${place}/Homebrew`].map((folder) => `${folder}/.git/FETCH_HEAD`);
  return [...git, `${cache}/formula.jws.json`, `${cache}/cask.jws.json`];
}

const places = ['/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew'];

async function read(context: CheckContext): Promise<PatchState> {
  const now = context.clock.now();
  for (const place of places) {
    if (!(await exists(context, `${place}/bin/brew`))) continue;
    if (process.getuid?.() === 0) throw new NoData(reason('homebrew_not_as_root'));
    const env = { HOMEBREW_NO_AUTO_UPDATE: '1', HOMEBREW_NO_ANALYTICS: '1' };
    const answer = await context.run(`${place}/bin/brew`, ['outdated', '--json=v2'], { timeoutMs: 120_000, env });
    const updates = answer.code === 0 || answer.code === 1 ? parseBrewOutdated(answer.stdout) : null;
    if (updates === null) return { ...failedState('brew', now, howEnded('brew', answer)), thirdParty: true };
    const list = updates.filter((item) => !item.pinned).map(({ name, from, to }) => plainUpdate(name, from, to));
    const fetched = newest(await Promise.all(fetchedBy(place).map((path) => changedAt(context, path))));
    const base = {
      manager: 'brew',
      thirdParty: true,
      scannedAt: now,
      metadataAge: ageSeconds(now, fetched),
      held: updates.length - list.length,
    };
    return patchState(base, { list, reasons: [] }, false);
  }
  throw new NoData(reason('not_used', { program: 'Homebrew' }));
}
