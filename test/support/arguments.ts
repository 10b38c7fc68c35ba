/** The command line of what developers run: what is not understood is answered in words, as the product answers it. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fail, reasonOf } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';

/** Ends the process with 2 where there is a fault. @param usage in place of the list of options */
export function wordsOf<T extends ParseArgsConfig>(config: T, usage?: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (thrown) {
    const known = Object.keys(config.options ?? {});
    const said = reasonOf(thrown).split('. ')[0] ?? '';
    const guess = nearest(/'--([\w-]+)/.exec(said)?.[1] ?? '', known);
    const problem =
      said.replace(/^\w/, (letter) => letter.toLowerCase()) + (guess ? ` (did you mean --${guess}?)` : '');
    const options =
      known.length > 0 ? `It takes ${known.map((name) => `--${name}`).join(', ')}.` : 'It takes no options.';
    process.stderr.write(`${fail('BAD_FLAG', { problem }).message}\n${usage ?? options}\n`);
    process.exit(2);
  }
}
