/** `refused`, for the running agent, in a process of its own: asks the collector why its broker refuses the log-in. */
import { takeProxyOf } from '../proxy-setting.ts';
import { whyRefused } from '../why-refused.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    takeProxyOf(data);
    process.stdout.write(`${await whyRefused(data)}\n`);
    return 0;
  },
};
