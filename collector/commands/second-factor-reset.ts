/** `second-factor reset`: for who has lost the app and the recovery codes, and has no other admin to ask. */
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { createSecondFactors } from '../accounts/second-factors.ts';
import { createUsers } from '../accounts/users.ts';
import { pathsOf } from '../data/folder.ts';
import { writeAudit } from '../state/audit.ts';
import { openState } from '../state/open.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

export const command: Command = {
  options: { ...commonOptions, user: { type: 'string' } },
  async run(values) {
    const { user: name } = values;
    if (typeof name !== 'string' || name === '')
      throw fail('BAD_FLAG', { problem: 'no --user; it is the name of the user whose second factor is taken away' });
    const { config } = settingsFrom(values);
    const paths = pathsOf(config.data);
    if (config.state === null && !existsSync(paths.state)) throw fail('NO_DATA', { path: config.data });
    const state = await openState(config.state ?? paths.state);
    try {
      const now = systemClock.now;
      const user = (await createUsers(state, now, () => {}).list()).find((one) => one.name === name);
      if (!user) throw fail('NOT_FOUND', { what: 'user', id: name });
      const factors = await createSecondFactors(state, now, config.data);
      if (!(await factors.remove(user.id))) throw fail('CONFLICT', { problem: `${name} has no second factor` });
      await state.deleteFrom('sessions').where('user_id', '=', user.id).execute();
      const what = { object: 'user', object_id: user.id, name, action: 'second_factor_remove' };
      const who = { kind: 'cli' as const, actor: 'command line', address: null };
      const none = { before: null, after: null, reason: null };
      await writeAudit(state, { at: now(), ...who, ...what, ...none, outcome: 'done' });
      process.stdout.write(`${name} logs in with the password alone now, and is told so; all sessions have ended.\n`);
    } finally {
      await state.destroy();
    }
    return 0;
  },
};
