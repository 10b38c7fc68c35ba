/**
 * `rules test FILE`: rules on a time-line, by the evaluation and the state machine that the collector runs. The same file
 * gives the same answer always: there is no clock and no data but what the file says.
 */
import { readFileSync } from 'node:fs';
import { fail, reasonOf } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import { runTimeline } from '../alerts/timeline.ts';
import { defaultRules } from '../evaluate/defaults.ts';
import { booksOf } from '../evaluate/merge.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

export const command: Command = {
  options: commonOptions,
  takes: 'FILE',
  async run(values, [file = '']) {
    const { config } = settingsFrom(values, `rules test ${file}`);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (thrown) {
      throw fail('CONFIG_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
    }
    const { wants, faults } = await runTimeline(text, booksOf(defaultRules, config.rules));
    for (const { line, problem } of faults) process.stdout.write(`${escaped(`${file}:${line}: ${problem}`)}\n`);
    const good = faults.length === 0;
    process.stdout.write(good ? `${wants} of ${wants} as wanted.\n` : `${faults.length} not as wanted.\n`);
    return good ? 0 : 1;
  },
};
