/**
 * `update`: root's part of an update, started by a unit when the agent has fetched one. `update --again`: a person lets releases
 * be tried that were refused on this machine.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import { createLog } from '../log.ts';
import { run } from '../run.ts';
import { updatePlace } from '../update/place.ts';
import { forgetRefused, update } from '../update/updater.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

const [trialS, steadyS, restartMs] = [600, 60, 120_000];

function seconds(given: unknown, standard: number): number {
  const value = Number(given ?? standard);
  if (!(value > 0 && value <= 3600)) throw fail('BAD_FLAG', { problem: `"${given}"; it is a number of seconds` });
  return value * 1000;
}

export const command: AgentCommand = {
  // All but --again are for the unit, and for trying the road without systemd.
  options: {
    again: { type: 'boolean' },
    restart: { type: 'string' },
    'trial-s': { type: 'string' },
    'steady-s': { type: 'string' },
  },
  async run({ data, words, values }) {
    refuseWords(words);
    const { target, form, home } = updatePlace();
    if (home === null) throw fail('UPDATE_NOT_HERE', { form });
    const place = { target, form, home };
    process.umask(0o022);
    if (values.again) {
      const versions = forgetRefused(home);
      process.stdout.write(
        versions.length === 0
          ? 'No release was refused on this machine.\n'
          : `May be tried again: ${versions.join(', ')}. The agent asks anew when it starts next: systemctl restart evenkeel-agent\n`,
      );
      return 0;
    }
    const log = createLog();
    const limits = { trialMs: seconds(values['trial-s'], trialS), steadyMs: seconds(values['steady-s'], steadyS) };
    const [program, ...args] =
      typeof values.restart === 'string' ? [values.restart] : ['systemctl', 'restart', 'evenkeel-agent.service'];
    async function restart(): Promise<void> {
      // It fails where the new version does not start, too: then the trial shows it.
      try {
        const ended = await run(program as string, args, { timeoutMs: restartMs, gentle: false });
        if (ended.code !== 0) log.warn({ program, code: ended.code, text: ended.stderr.slice(-500) }, 'Restart failed');
      } catch (thrown) {
        log.warn({ program, reason: reasonOf(thrown) }, 'Restart failed');
      }
    }
    await update({ place, data, clock: systemClock, log, restart, pause, limits });
    return 0;
  },
};
