/** The command line of what developers run: what is not understood is answered in words, as the product answers it. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fail } from '../../shared/errors.ts';
import { flagFault } from '../../shared/flag-fault.ts';
import { nearest } from '../../shared/nearest.ts';

/** Ends the process with 2 where there is a fault. @param usage in place of the list of options */
export function wordsOf<T extends ParseArgsConfig>(config: T, usage?: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (thrown) {
    const known = Object.keys(config.options ?? {});
    const said = flagFault(thrown);
    const unknown = /^an unknown option --(.+)/.exec(said)?.[1];
    const guess = unknown === undefined ? null : nearest(unknown, known);
    const problem = `${said}${guess ? ` (did you mean --${guess}?)` : ''}`;
    const options =
      known.length > 0 ? `It takes ${known.map((name) => `--${name}`).join(', ')}.` : 'It takes no options.';
    process.stderr.write(`${fail('BAD_FLAG', { problem }).message}\n${usage ?? options}\n`);
    process.exit(2);
  }
}

/** Ends the process with 2 where an option is none. @param name of the option */
export function wholeOf(name: string, text: string, least = 1): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= least) return number;
  const problem = `--${name} "${text}", which must be a whole number from ${least} on`;
  process.stderr.write(`${fail('BAD_FLAG', { problem }).message}\n`);
  process.exit(2);
}
