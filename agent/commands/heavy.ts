/** `heavy NAME …`: runs these checks one after the other; one line of JSON per outcome. Started by the agent itself. */
import { systemClock } from '../../shared/clock.ts';
import { attempt } from '../attempt.ts';
import { createChecks } from '../checks/index.ts';
import { createContext, memoryPath } from '../context.ts';
import { createLog } from '../log.ts';
import { openMemory } from '../memory.ts';
import { endAll } from '../run.ts';
import type { AgentCommand } from './command.ts';

const limitMs = 10 * 60_000;

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        endAll();
        process.exit(143);
      });
    }
    const log = createLog('error');
    const context = createContext(data, systemClock, log, openMemory(memoryPath(data), log));
    const checks = createChecks();
    for (const name of words) {
      const check = checks.find((one) => one.name === name);
      if (!check) continue;
      const outcome = await attempt(check, context, limitMs);
      await new Promise((resolve) => process.stdout.write(`${JSON.stringify({ name, outcome })}\n`, resolve));
    }
    endAll();
    process.exit(0);
  },
};
