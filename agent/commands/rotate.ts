/** `rotate`, for the running agent, in a process of its own: HTTPS is loaded once a year. */
import { takeProxyOf } from '../proxy-setting.ts';
import { rotate } from '../rotate.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    takeProxyOf(data);
    await rotate(data);
    return 0;
  },
};
