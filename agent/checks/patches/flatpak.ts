/** System-wide flatpaks, from the summaries that flatpak has cached already. */

import type { PatchState } from '../../../shared/inventory.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { changedAt, exists } from '../files.ts';
import { linesOf } from '../parse.ts';
import { ageSeconds, newest, type PatchManager, patchState, plainUpdate } from './manager.ts';

export interface FlatpakUpdate {
  name: string;
  to: string | null;
  origin: string | null;
}

/** `flatpak remote-ls --updates --columns=application,version,origin`, tab separated. Null: the code says it failed. */
export function parseFlatpakUpdates(stdout: string, code: number | null): FlatpakUpdate[] | null {
  if (code !== 0) return null;
  const rows = linesOf(stdout).filter((line) => line.trim() !== '');
  const updates = rows.flatMap((line) => {
    const [name = '', version = '', origin = ''] = line.split('\t').map((cell) => cell.trim());
    // Application ids are reversed domain names; anything else is a heading or a message.
    return /^[\w-]+(\.[\w-]+)+$/.test(name) ? [{ name, to: version || null, origin: origin || null }] : [];
  });
  return updates.length === 0 && rows.length > 0 ? null : updates;
}

export const flatpak: PatchManager = {
  name: 'flatpak',
  reads: 'flatpak remote-ls --updates --cached --system; no root, no network',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<PatchState> {
  if (!(await exists(context, '/usr/bin/flatpak'))) throw new NoData(reason('not_used', { program: 'flatpak' }));
  const now = context.clock.now();
  const args = ['remote-ls', '--updates', '--cached', '--system', '--columns=application,version,origin'];
  const answer = await context.run('/usr/bin/flatpak', args, { timeoutMs: 60_000 });
  const updates = parseFlatpakUpdates(answer.stdout, answer.code);
  const fetched = newest([
    await changedAt(context, '/var/lib/flatpak/appstream'),
    await changedAt(context, '/var/lib/flatpak/repo/tmp/cache/summaries'),
  ]);
  const base = { manager: 'flatpak', thirdParty: true, scannedAt: now, metadataAge: ageSeconds(now, fetched) };
  // A remote without a summary in the cache ends it with an error that names the remote.
  const list = updates?.map(({ name, to }) => plainUpdate(name, null, to)) ?? null;
  return patchState(base, { list, reasons: list === null ? quotation(answer.stderr.trim()) : [] }, false);
}
