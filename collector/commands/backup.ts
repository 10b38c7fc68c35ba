/** `backup`: a copy of the collector itself, made by the collector where it runs, or else from its files. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { OwnBackupStatus } from '../../shared/own-backup.ts';
import { escaped } from '../../shared/safe-text.ts';
import { openDataFolder, pathsOf } from '../data/folder.ts';
import { localDoor } from '../local/door.ts';
import { makeBackup, pruneBackups } from '../own-backup/make.ts';
import { bytesOf } from '../own-backup/note.ts';
import { mib } from '../own-backup/place.ts';
import { restingSource } from '../own-backup/source.ts';
import type { Config } from '../settings/config.ts';
import { version } from '../version.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { progressLine, readPassphrase, untilInterrupted } from './long-work.ts';

const lookEveryMs = 300;

interface MadeCopy {
  path: string;
  took: number;
  bytes: number;
  linked: number;
  segments: number;
  counts: Record<string, number>;
  leftOut: readonly string[];
}

function report({ path, took, bytes, linked, segments, counts, leftOut }: MadeCopy): void {
  const rows = Object.entries(counts).map(([table, n]) => `${n} ${table.replace('_', ' ')}`);
  const lines = [
    path,
    `  ${mib(bytes)} in ${(took / 1000).toFixed(1)} s, of which ${mib(linked)} are shared with the backup before`,
    `  ${segments} segments of time series; ${rows.join(', ')}`,
    ...leftOut.map((one) => `  Not in it: ${one}`),
  ];
  process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
}

/** Asks the collector that runs, and waits for what becomes of it. */
async function byCollector(config: Config, to: string | undefined, passphrase: string | null): Promise<boolean> {
  const door = localDoor(config.data);
  if (!door) return false;
  if (passphrase !== null)
    throw fail('BAD_FLAG', {
      problem: '--passphrase-file while the collector runs; it takes the one of backup.passphrase_file in its settings',
    });
  const url = '/api/v1/collector/backups';
  const begun = await door.ask<OwnBackupStatus>('POST', url, to === undefined ? {} : { to });
  const line = progressLine();
  for (let now = begun; ; now = await door.ask<OwnBackupStatus>('GET', url)) {
    if (now.running) line.say(now.running.phase, now.running.done, now.running.total);
    else {
      line.end();
      if (!now.ended) throw fail('CONFLICT', { problem: 'the collector stopped before the backup was made' });
      const { made, failed } = now.ended;
      if (failed) throw fail('BACKUP_FAILED', { message: failed.message, hint: failed.hint });
      if (made) report(made);
      return true;
    }
    await wait(lookEveryMs);
  }
}

async function byOurselves(config: Config, to: string, passphrase: string | null): Promise<void> {
  const paths = pathsOf(config.data);
  if (config.state === null && !existsSync(paths.state)) throw fail('NO_DATA', { path: config.data });
  const folder = openDataFolder(config.data);
  const line = progressLine();
  const { signal, over } = untilInterrupted();
  try {
    const source = await restingSource(config, folder, randomUUID);
    try {
      const made = await makeBackup({
        ...{ source, config, to, passphrase, version, by: 'command line', now: systemClock.now, signal },
        progress: ({ phase, done, total }) => line.say(phase, done, total),
      });
      line.end();
      if (config.backup?.to === to) await pruneBackups(to, config.backup.keep, await source.instance());
      const { path, linked, note } = made;
      report({ ...note, path, linked, bytes: bytesOf(note), segments: note.series.segments });
    } finally {
      await source.close();
    }
  } finally {
    over();
    folder.release();
  }
}

export const command: Command = {
  options: { ...commonOptions, to: { type: 'string' }, 'passphrase-file': { type: 'string' } },
  async run(values) {
    const { config } = settingsFrom(values);
    const given = typeof values.to === 'string' ? resolve(values.to) : undefined;
    const to = given ?? config.backup?.to;
    if (to === undefined) throw fail('BAD_FLAG', { problem: 'no --to FOLDER, and the settings have no backup.to' });
    const passphrase = readPassphrase(values);
    if (await byCollector(config, given, passphrase)) return 0;
    await byOurselves(config, to, passphrase ?? config.backup?.passphrase ?? null);
    return 0;
  },
};
