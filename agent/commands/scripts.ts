/** `scripts`: which scripts of this machine others may start, and what stands against the rest. */
import { reasonsIn } from '../../shared/reason.ts';
import { english } from '../english.ts';
import { offersOf } from '../scripts/offers.ts';
import { scriptsFile } from '../scripts/scripts.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';
import { print } from './print.ts';

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    const file = scriptsFile(data);
    const { off, list } = offersOf(file);
    if (off !== null) {
      print(`No script of this machine can be started from afar: ${english(off)}.`, `The list is ${file}.`);
      // Most machines have none, and that is no fault.
      return reasonsIn(off).some(({ code }) => code === 'scripts_file_refused') ? 1 : 0;
    }
    print(`Scripts that the collector may start by name, by ${file}:`);
    for (const { name, parameters, two_persons, limit_s, problem } of list) {
      const values = parameters.map((one) => `${one.name}: ${one.values.join(' | ')}`);
      const facts = [...values, `ended after ${limit_s} s`, ...(two_persons ? ['two persons'] : [])];
      print(
        problem === null ? `${name.padEnd(20)} ${facts.join('; ')}` : `${name.padEnd(20)} NOT RUN: ${english(problem)}`,
      );
    }
    return list.some(({ problem }) => problem !== null) ? 1 : 0;
  },
};
