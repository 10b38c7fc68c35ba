/** `rules apply`: checks the files of rules, and has the running collector read them again. All or none. */
import { setTimeout as wait } from 'node:timers/promises';
import { fail } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import { holderOf } from '../data/folder.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { differenceOf, rulesInForce } from './rules-difference.ts';

const withinMs = 10_000;

export const command: Command = {
  options: commonOptions,
  async run(values) {
    const { config } = settingsFrom(values, 'rules apply');
    const lines = differenceOf(rulesInForce(config.data) ?? [], config.rules);
    if (lines.length === 0) {
      process.stdout.write('No difference: the files say what is in force.\n');
      return 0;
    }
    const pid = Number(holderOf(config.data));
    if (!isThere(pid))
      throw fail('CONFLICT', {
        problem: `no collector runs with ${config.data}; the rules apply when it starts: npm start`,
      });
    process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
    process.kill(pid, 'SIGHUP');
    for (let waited = 0; waited < withinMs; waited += 100) {
      await wait(100);
      if (differenceOf(rulesInForce(config.data) ?? [], config.rules).length > 0) continue;
      process.stdout.write('Applied.\n');
      return 0;
    }
    throw fail('CONFLICT', {
      problem: 'the collector has not taken the rules; its log says why, and what was in force still is',
    });
  },
};

function isThere(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
