/** `check FROM`: whether a backup can be restored. Exit code 0: it can, 1: it cannot. */
import { resolve } from 'node:path';
import { escaped } from '../../shared/safe-text.ts';
import { shownInstant } from '../../shared/zone.ts';
import { faultsOfBackup, findBackup, refuseNewer, secretsOf } from '../own-backup/check.ts';
import { bytesOf } from '../own-backup/note.ts';
import { mib } from '../own-backup/place.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { progressLine, readPassphrase, untilInterrupted } from './long-work.ts';

export const command: Command = {
  options: { ...commonOptions, 'passphrase-file': { type: 'string' } },
  takes: 'FROM',
  async run(values, [from = '']) {
    const { config } = settingsFrom(values);
    const backup = findBackup(resolve(from));
    refuseNewer(backup);
    const { path, note } = backup;
    const total = bytesOf(note);
    const line = progressLine();
    const { signal, over } = untilInterrupted();
    let done = 0;
    const moved = (bytes: number) => {
      done += bytes;
      line.say('check', done, total);
    };
    const faults = await faultsOfBackup(backup, { signal, moved });
    over();
    line.end();
    const passphrase = readPassphrase(values) ?? config.backup?.passphrase ?? null;
    const secrets = passphrase === null || faults.length > 0 ? null : await secretsOf(backup, passphrase);
    const said = [
      path,
      `  made ${shownInstant(note.at, config.zone)} by version ${note.version}; ${note.files.length} files, ${mib(total)}`,
      ...note.leftOut.map((one) => `  Not in it: ${one}`),
      ...(secrets ? [`  The passphrase opens ${Object.keys(secrets).length} files with secrets.`] : []),
      ...faults.map((fault) => `  Damaged: ${fault}`),
      faults.length === 0
        ? '  It is whole.'
        : `  It cannot be restored: ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}. Take another one.`,
    ];
    process.stdout.write(`${said.map(escaped).join('\n')}\n`);
    return faults.length === 0 ? 0 : 1;
  },
};
