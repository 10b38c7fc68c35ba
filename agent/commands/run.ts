/** `run`: the agent itself, until SIGTERM or SIGINT. */
import { createAgent } from '../agent.ts';
import { stayLean } from '../lean.ts';
import { createLog } from '../log.ts';
import { readStopReason } from '../platform/boot.ts';
import { run as runProgram } from '../run.ts';
import { refuseWords } from './arguments.ts';
import type { Command } from './command.ts';

export const command: Command = {
  options: { 'with-parent': { type: 'boolean' } },
  async run({ data, words, values }) {
    refuseWords(words);
    stayLean(data);
    const log = createLog();
    const agent = createAgent({ data, log });
    await agent.start();
    log.info({ data }, 'The agent runs.');
    await new Promise<void>((resolve) => {
      const end = (signal: string) => {
        log.info({ signal }, 'The agent ends.');
        // Asked once: a second signal finds nobody who waits, and ends the process as signals do.
        process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
        readStopReason(runProgram)
          .then((reason) => agent.stop(reason))
          .then(resolve, resolve);
      };
      process.on('SIGTERM', end);
      process.on('SIGINT', end);
      // Whoever started us holds our standard input open: when it closes, they are gone, however they ended.
      if (values['with-parent']) process.stdin.once('close', () => end('parent gone')).resume();
    });
    // Whatever a check still waits for is not worth waiting for.
    process.exit(0);
  },
};
