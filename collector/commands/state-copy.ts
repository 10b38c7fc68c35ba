/** `state copy --from sqlite --to postgres`: all but the time series of a collector that is stopped, into a PostgreSQL database. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import { openDataFolder, pathsOf } from '../data/folder.ts';
import { createLog } from '../log.ts';
import type { Config } from '../settings/settings.ts';
import { type CopiedState, copyToPostgres } from '../state/copy/copy-state.ts';
import { postgresFault, postgresName } from '../state/drivers/postgres-address.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { progressLine, untilInterrupted } from './long-work.ts';

interface CopyWords {
  config: Config;
  to: string;
  /** Where the settings have another state, or none. */
  address: string | null;
  passwordFile: string | null;
}

function report(copied: CopiedState, words: CopyWords): number {
  const { tables, rows, before, isAnew, replaced, differ, chain } = copied;
  const filled = tables.filter((table) => table.rows > 0);
  const isWhole = differ.length === 0 && chain.faults.length === 0;
  const lines = [
    `${rows} rows of ${filled.length} tables were copied to ${words.to}${before > 0 && !isAnew ? `, ${before} of them by an earlier run` : ''}.`,
    ...(isAnew ? ['What an earlier run had copied was copied again: the state has changed since.'] : []),
    ...replaced.map((one) => `U+FFFD stands there in place of a NUL character: ${one}`),
    `Read back and compared: ${tables.length - differ.length} of ${tables.length} tables are the same, ${rows} rows here${differ.length === 0 ? ' and there' : ''}.`,
    ...differ.map((one) => `Not the same: ${one}.`),
    `The audit log has ${chain.entries} entries in its chain${chain.faults.length === 0 ? ', there as here' : ''}.`,
    ...chain.faults.map((one) => `Its chain there is not the one here: ${one}.`),
    ...(differ.length > 0
      ? ['Run it again: it copies anew what is not the same. No collector starts on that database until then.']
      : whatNext(words)),
  ];
  process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
  return isWhole ? 0 : 1;
}

function whatNext({ config: { data, backup }, address, passwordFile }: CopyWords): string[] {
  return [
    'Next:',
    ...(address === null
      ? []
      : [
          '  Write this into evenkeel.yaml:',
          `    state: ${JSON.stringify(address)}`,
          ...(passwordFile === null ? [] : [`    state_password_file: ${JSON.stringify(passwordFile)}`]),
        ]),
    `  Start the collector, on the same data folder: ${data} keeps the time series, certificates and keys.`,
    `  Its state.db is not used any more, and was not changed. Remove it, and before-updates, when you trust the copy; whoever starts the collector without \`state\` works on it.`,
    `  Copies of the collector are made with pg_dump from now on: have the client programs of PostgreSQL installed here${backup ? '' : ', and set `backup`'}. Those of before stay as they are, and restore to a file.`,
  ];
}

/** Here, because settings would name the variable that we put it into. */
function checkPassword(file: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw fail('BAD_FLAG', { problem: `--password-file "${file}", which cannot be read: ${reasonOf(thrown)}` }, thrown);
  }
  if (text.trim() === '') throw fail('BAD_FLAG', { problem: `--password-file "${file}", which is empty` });
}

/** The settings with the address and the password of the command line in them, checked as those of the file are. */
function settingsOf(values: Readonly<Record<string, unknown>>): CopyWords {
  const address = typeof values.url === 'string' ? values.url : null;
  const file = typeof values['password-file'] === 'string' ? values['password-file'] : null;
  if (address !== null && URL.parse(address)?.password)
    throw fail('BAD_FLAG', {
      problem:
        'a password in --url, which every user of this machine can read; it belongs in a file: --password-file FILE',
    });
  const problem = address === null ? null : postgresFault(address);
  if (problem !== null)
    throw fail('BAD_FLAG', { problem: `--url "${address?.replace(/:(?!\/\/)[^@]*@/, ':…@')}", which ${problem}` });
  if (file !== null) checkPassword(file);
  const { config } = settingsFrom(values, 'check-config', {
    ...process.env,
    ...(address === null ? {} : { EVENKEEL_STATE: address }),
    ...(file === null ? {} : { EVENKEEL_STATE_PASSWORD_FILE: file }),
  });
  const { state } = config;
  if (!state)
    throw fail('BAD_FLAG', {
      problem: 'no --url postgres://USER@HOST:5432/DATABASE, and the settings have no `state` either',
    });
  const passwordFile = file ?? process.env.EVENKEEL_STATE_PASSWORD_FILE ?? null;
  return { config, to: postgresName(state), address, passwordFile };
}

export const command: Command = {
  options: {
    ...commonOptions,
    ...{ from: { type: 'string' }, to: { type: 'string' }, url: { type: 'string' } },
    ...{ 'password-file': { type: 'string' }, 'replace-nul': { type: 'boolean' } },
  },
  async run(values) {
    if (values.from !== 'sqlite' || values.to !== 'postgres')
      throw fail('BAD_FLAG', { problem: 'other than --from sqlite --to postgres, the one way there is' });
    const words = settingsOf(values);
    const { config } = words;
    if (!config.state || !existsSync(pathsOf(config.data).state)) throw fail('NO_DATA', { path: config.data });
    const folder = openDataFolder(config.data);
    const line = progressLine();
    const { signal, over, orderly } = untilInterrupted();
    try {
      const copied = await orderly(
        copyToPostgres({
          ...{ file: realpathSync(folder.state), place: config.state, replaceNul: values['replace-nul'] === true },
          ...{ now: systemClock.now, log: createLog(config.log, config.logFormat), signal },
          progress: (phase, done, total) => line.say(phase, done, total),
        }),
      );
      line.end();
      return report(copied, words);
    } finally {
      line.end();
      over();
      folder.release();
    }
  },
};
