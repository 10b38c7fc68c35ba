/**
 * Custom checks of the endpoint: monitoring plugins and commands that print JSON, named in `<agent data>/checks.yaml`
 * and nowhere else. They run with the agent's own rights, without a shell, with a time limit and a cap on their output.
 */

import { existsSync } from 'node:fs';
import { reason } from '../../shared/reason.ts';
import { settingsFile } from '../home.ts';
import { type Check, NoData } from './check.ts';
import type { CustomRunner } from './custom/runner.ts';

/** With state of its own: when each was started last, and what has not been handed over yet. */
export function custom(): Check {
  let runner: CustomRunner | null = null;
  return {
    name: 'custom',
    // Each custom check has its own interval; this is how often due checks are looked for.
    every: 15_000,
    reads: 'the commands under `custom:` of checks.yaml, with the rights of the agent',
    async run(context) {
      const file = context.data === undefined ? null : settingsFile(context.data, 'checks.yaml');
      if (file === null || !existsSync(file)) throw new NoData(reason('no_checks_file'));
      // The reader of settings is loaded only where there are settings.
      runner ??= (await import('./custom/runner.ts')).createCustomRunner();
      return runner.next(context, file);
    },
  };
}
