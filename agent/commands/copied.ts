/** `copied`, for the start of the agent, in a process of its own: the hardware is not that of the last start. */

import { settleHardware } from '../copied.ts';
import { createLog } from '../log.ts';
import { takeProxyOf } from '../proxy-setting.ts';
import { run } from '../run.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    takeProxyOf(data);
    await settleHardware(data, run, createLog());
    return 0;
  },
};
