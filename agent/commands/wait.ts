/** `wait`, for the installer: waits until the collector has acknowledged a report of the running agent, at most for the time given. */
import { setTimeout as pause } from 'node:timers/promises';
import { fail } from '../../shared/errors.ts';
import { ask } from '../control-socket.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

const lookMs = 500;

export const command: AgentCommand = {
  options: { seconds: { type: 'string' } },
  async run({ data, values, words }) {
    refuseWords(words);
    const seconds = Number(values.seconds ?? 60);
    if (!(seconds >= 1 && seconds <= 3600))
      throw fail('BAD_FLAG', { problem: `--seconds "${values.seconds}"; it is a number from 1 to 3600` });
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
      const state = (await ask(data, 'status', 2000)) as { link?: { lastAck?: number | null } } | null;
      if (typeof state?.link?.lastAck === 'number') {
        process.stdout.write('The collector has confirmed the first report.\n');
        return 0;
      }
      await pause(lookMs);
    }
    process.stderr.write(`The collector has confirmed no report within ${seconds} s.\n`);
    return 1;
  },
};
