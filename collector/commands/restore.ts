/** `restore FROM --data NEWFOLDER`: a backup becomes the data folder of a collector, which then holds its messages back. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import { shownInstant } from '../../shared/zone.ts';
import { openDataFolder } from '../data/folder.ts';
import { names } from '../own-backup/note.ts';
import { type RestoredBackup, restoreBackup } from '../own-backup/restore.ts';
import { isStateFile, restoreState } from '../own-backup/restore-state.ts';
import type { Config } from '../settings/config.ts';
import { postgresName } from '../state/drivers/postgres-address.ts';
import { hasAuthority } from '../tls/store.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { progressLine, readPassphrase, untilInterrupted } from './long-work.ts';

const secretWords: Record<RestoredBackup['secrets'], string[]> = {
  none: [],
  restored: ['Keys and passwords were restored, too.'],
  'left out': ['Its keys and passwords were left out: restore again with --passphrase-file FILE to have them.'],
};

const tlsFolder = 'data/tls';
const withoutAuthority = [
  `Without ${tlsFolder} it shows no certificate that an agent or a browser knows. Put that folder back, or restore with the passphrase; else run \`tls init\` before the start and \`enroll --again\` on every machine.`,
];

const always = [
  'Everybody has to log in again. Users, tokens and join codes are those of then: disable again what was disabled since.',
  'Nothing is sent until an admin allows it in Settings: old messages would wake people for what is long over.',
];

function report({ data, path, note, erasedAgain, secrets }: RestoredBackup, { zone, backup }: Config): void {
  const settings = join(data, names.settings);
  const file = note.settings === null ? null : join(settings, note.settings);
  const hasFile = file !== null && existsSync(file);
  const lines = [
    `Restored ${path} to ${data}: what came before ${shownInstant(note.at, zone)} is there.`,
    ...note.leftOut.map((one) => `It was not in the backup: ${one}`),
    ...secretWords[secrets],
    ...(note.leftOut.some((one) => one.includes(`${tlsFolder}/`)) && !hasAuthority(data) ? withoutAuthority : []),
    erasedAgain === null
      ? 'There is no list of erased endpoints beside the backup (erased.json): erase again what was erased since.'
      : `Endpoints that were erased since: ${erasedAgain}, and they are again.`,
    ...always,
    ...(backup && resolve(backup.to) === dirname(path)
      ? [
          `Its backups go to ${backup.to}, as those of the collector that it was restored from. Where that one runs still, set another folder as backup.to first.`,
        ]
      : []),
    ...(existsSync(settings) ? [`The settings of then are in ${settings}; compare them with yours.`] : []),
    `Start it: npm run collector -- start --data ${data}${hasFile ? ` --config ${file}` : ''}`,
  ];
  process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
}

/** A copy of the state from before an update: back to where it comes from. */
async function stateAlone(file: string, data: string, { state, zone }: Config, signal: AbortSignal): Promise<number> {
  if (state)
    throw fail('RESTORE_REFUSED', {
      path: data,
      reason: `the settings keep the state in ${postgresName(state)}, and this copy is a file`,
      todo: 'Run it with settings without `state` (and without EVENKEEL_STATE).',
    });
  if (!existsSync(data)) throw fail('NO_DATA', { path: data });
  const folder = openDataFolder(data);
  try {
    const { replaced, madeAt } = await restoreState({ file, data, now: systemClock.now, signal });
    const lines = [
      `The state of ${data} is that of ${shownInstant(madeAt, zone)}; the one that was there is kept as ${replaced}.`,
      ...always,
      `Start it: npm run collector -- start --data ${data}`,
    ];
    process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
    return 0;
  } finally {
    folder.release();
  }
}

export const command: Command = {
  options: { ...commonOptions, 'passphrase-file': { type: 'string' }, erased: { type: 'string' } },
  takes: 'FROM',
  async run(values, [from = '']) {
    if (typeof values.data !== 'string')
      throw fail('BAD_FLAG', {
        problem: 'no --data NEWFOLDER, the folder to make; it must not be there yet, or be empty',
      });
    const { config } = settingsFrom(values);
    const line = progressLine();
    const { signal, over } = untilInterrupted();
    try {
      if (isStateFile(resolve(from))) return await stateAlone(resolve(from), resolve(values.data), config, signal);
      const restored = await restoreBackup({
        from: resolve(from),
        data: resolve(values.data),
        state: config.state,
        passphrase: readPassphrase(values) ?? config.backup?.passphrase ?? null,
        ledger: typeof values.erased === 'string' ? resolve(values.erased) : null,
        now: systemClock.now,
        signal,
        progress: (phase, done, total) => line.say(phase, done, total),
      });
      line.end();
      report(restored, config);
      return 0;
    } finally {
      over();
      line.end();
    }
  },
};
