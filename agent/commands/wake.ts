/** `wake`: for the hook after resume. Without it the agent notices by itself, at its next tick. */
import { fail } from '../../shared/errors.ts';
import { ask } from '../control-socket.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    if ((await ask(data, 'wake')) === null) throw fail('AGENT_NOT_RUNNING', { path: data });
    process.stdout.write('The agent connects again.\n');
    return 0;
  },
};
