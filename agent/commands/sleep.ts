/**
 * `sleep`: for the system's own hook before it suspends. The running agent publishes `offline, sleep` and disconnects;
 * this command returns when the broker has it, so the hook keeps the machine awake no longer than that.
 */
import { fail } from '../../shared/errors.ts';
import { ask } from '../control-socket.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    if ((await ask(data, 'sleep')) === null) throw fail('AGENT_NOT_RUNNING', { path: data });
    process.stdout.write('The agent has said that this machine sleeps.\n');
    return 0;
  },
};
