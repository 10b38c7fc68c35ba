/** `rules diff`: what the files of rules would change. Nothing is applied. */
import { escaped } from '../../shared/safe-text.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { differenceOf, rulesInForce } from './rules-difference.ts';

export const command: Command = {
  options: commonOptions,
  async run(values) {
    const { config } = settingsFrom(values, 'rules diff');
    const before = rulesInForce(config.data);
    const lines = differenceOf(before ?? [], config.rules);
    const head = before === null ? 'No collector has run with this data folder yet: all rules of files are new.\n' : '';
    const end =
      lines.length === 0
        ? 'No difference: the files say what is in force.'
        : 'Apply with: npm run collector -- rules apply';
    process.stdout.write(`${head}${[...lines, end].map(escaped).join('\n')}\n`);
    return 0;
  },
};
