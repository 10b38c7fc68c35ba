/**
 * Entries of journald and of the Windows event log that checks.yaml names: how many within a window. Which, the machine's
 * own settings say and nothing else.
 */
import { existsSync } from 'node:fs';
import { reason } from '../../shared/reason.ts';
import { settingsFile } from '../home.ts';
import { type Check, NoData } from './check.ts';
import type { LogRounds } from './logs/rounds.ts';

/** With state of its own: what was asked for lately, and compiled patterns. */
export function logs(): Check {
  let rounds: LogRounds | null = null;
  return {
    name: 'logs',
    every: 60_000,
    reads:
      'the entries under `logs:` of checks.yaml, by journalctl (group systemd-journal) or wevtutil (Event Log Readers)',
    async run(context) {
      const file = context.data === undefined ? null : settingsFile(context.data, 'checks.yaml');
      if (file === null || !existsSync(file)) throw new NoData(reason('no_checks_file'));
      // The reader of settings is loaded only where there are settings.
      rounds ??= (await import('./logs/rounds.ts')).createLogRounds();
      return rounds.next(context, file);
    },
  };
}
