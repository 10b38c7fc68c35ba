/** `token create`: a bearer token for scripts, whether or not the collector runs. Printed once, alone on its line. */
import { existsSync } from 'node:fs';
import { roles, type Token } from '../../shared/api.ts';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { nameFault } from '../../shared/place-name.ts';
import { shownInstant } from '../../shared/zone.ts';
import { isRole } from '../accounts/roles.ts';
import { sitesNamed } from '../accounts/scopes.ts';
import { createTokens, mostDays, usualDays } from '../accounts/tokens.ts';
import { pathsOf } from '../data/folder.ts';
import { writeAudit } from '../state/audit.ts';
import { openState, type State } from '../state/open.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

/** @returns null: it does not end. @throws EvenkeelError BAD_FLAG */
function daysIn(text: unknown): number | null {
  if (text === 'never') return null;
  const days = Number(text);
  if (typeof text === 'string' && /^\d+$/.test(text) && days >= 1 && days <= mostDays) return days;
  throw fail('BAD_FLAG', { problem: `--days "${text}"; it is a whole number from 1 to ${mostDays}, or never` });
}

/** In the audit log, as the same by the interface. */
async function noted(state: State, { id, name, role, expiresAt, sites }: Token): Promise<void> {
  const what = {
    object: 'token',
    object_id: id,
    name,
    action: 'add',
    before: null,
    after: { name, role, expiresAt, sites },
  };
  const who = { kind: 'cli' as const, actor: 'command line', address: null };
  await writeAudit(state, { at: systemClock.now(), ...who, ...what, reason: null, outcome: 'done' });
}

export const command: Command = {
  options: {
    ...commonOptions,
    role: { type: 'string' },
    name: { type: 'string' },
    days: { type: 'string' },
    sites: { type: 'string' },
  },
  async run(values) {
    const { role, name } = values;
    const days = daysIn(values.days ?? String(usualDays));
    if (typeof role !== 'string' || !isRole(role)) {
      throw fail('BAD_FLAG', { problem: `--role "${role ?? ''}"; it is one of ${roles.join(', ')}` });
    }
    if (typeof name !== 'string' || nameFault(name) !== null || name.length > 64) {
      throw fail('BAD_FLAG', {
        problem: 'no --name of 1 to 64 characters on one line, such as --name "nightly report"',
      });
    }
    const { config } = settingsFrom(values);
    const paths = pathsOf(config.data);
    if (config.state === null && !existsSync(paths.state)) throw fail('NO_DATA', { path: config.data });
    const state = await openState(config.state ?? paths.state);
    try {
      const expiresAt = days === null ? null : systemClock.now() + days * 86_400_000;
      const names = typeof values.sites === 'string' ? values.sites.split(',').map((one) => one.trim()) : null;
      const sites = names === null ? null : await sitesNamed(state, names);
      const asked = { name, role, expiresAt, sites, by: 'command line' };
      const { token, secret } = await createTokens(state, systemClock.now).create(asked);
      await noted(state, token);
      process.stdout.write(`${secret}\n`);
      const end = expiresAt === null ? 'never' : `at ${shownInstant(expiresAt, config.zone)}`;
      process.stderr.write(`The token ends ${end}; --days N gives it another end, --days never none.\n`);
    } finally {
      await state.destroy();
    }
    return 0;
  },
};
