/** `token create`: a bearer token for scripts, whether or not the collector runs. Printed once, alone on its line. */
import { roles } from '../../shared/api.ts';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { isRole } from '../accounts/roles.ts';
import { createTokens } from '../accounts/tokens.ts';
import { pathsOf, prepareFolder } from '../data/folder.ts';
import { openState } from '../state/open.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

export const command: Command = {
  options: { ...commonOptions, role: { type: 'string' }, name: { type: 'string' } },
  async run(values) {
    const { role, name } = values;
    if (typeof role !== 'string' || !isRole(role)) {
      throw fail('BAD_FLAG', { problem: `--role "${role ?? ''}"; it is one of ${roles.join(', ')}` });
    }
    if (typeof name !== 'string' || name.trim() === '' || name.length > 64) {
      throw fail('BAD_FLAG', { problem: 'no --name of 1 to 64 characters, such as --name "nightly report"' });
    }
    const { config } = settingsFrom(values);
    prepareFolder(config.data);
    const state = await openState(config.state ?? pathsOf(config.data).state);
    try {
      const { secret } = await createTokens(state, systemClock.now).create({ name, role, by: 'command line' });
      process.stdout.write(`${secret}\n`);
    } finally {
      await state.destroy();
    }
    return 0;
  },
};
