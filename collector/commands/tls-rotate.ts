/** `tls rotate`: the next authority follows the current one. The collector that runs shows it within seconds. */
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import type { TlsView } from '../../shared/tls.ts';
import { shownInstant } from '../../shared/zone.ts';
import { pathsOf } from '../data/folder.ts';
import { endEnrollments } from '../fleet/enrollment.ts';
import { localDoor } from '../local/door.ts';
import type { Config } from '../settings/config.ts';
import { openState } from '../state/open.ts';
import { abandon, rotate } from '../tls/authority.ts';
import { pinOf } from '../tls/certificates.ts';
import { keyFile, readAuthority } from '../tls/store.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

/** @returns null: no collector runs, so it is not known */
async function missingNow(data: string): Promise<string | null> {
  const view = await localDoor(data)?.ask<TlsView>('GET', '/api/v1/collector/tls');
  if (!view) return null;
  const names = view.missing.slice(0, 5).map(({ name }) => name);
  const more = view.missing.length > names.length ? ` and ${view.missing.length - names.length} more` : '';
  return view.missing.length === 0
    ? 'all agents have taken it, and it ends by itself with the next look of the collector, within an hour'
    : `${view.missing.length} of ${view.agents} agents have not taken it (${names.join(', ')}${more})`;
}

/** @returns how many; 0 as well where no collector has run here */
async function endCodes({ data, state: named }: Config, now: number): Promise<number> {
  const file = pathsOf(data).state;
  if (named === null && !existsSync(file)) return 0;
  const state = await openState(named ?? file);
  try {
    return await endEnrollments(state, now);
  } finally {
    await state.destroy();
  }
}

export const command: Command = {
  options: {
    ...commonOptions,
    compromised: { type: 'boolean' },
    'cut-off-agents': { type: 'boolean' },
    again: { type: 'boolean' },
  },
  async run(values) {
    const { config } = settingsFrom(values);
    const before = config.tls ? null : readAuthority(config.data);
    if (!before)
      throw fail('CONFLICT', {
        problem: config.tls
          ? 'the certificate comes from outside (tls.cert), so its authority is not here'
          : `there is no authority in ${config.data}; make one: npm run collector -- tls init --name NAME`,
      });
    const isKnown = values.compromised === true;
    const isMeant = values['cut-off-agents'] === true;
    if (isKnown && !isMeant)
      throw fail('BAD_FLAG', {
        problem:
          '--compromised without --cut-off-agents: no agent is let in any more until it is enrolled again; add it if that is meant',
      });
    if (isMeant && !isKnown)
      throw fail('BAD_FLAG', { problem: '--cut-off-agents without --compromised: agents go on' });
    const now = systemClock.now();
    if (isKnown && before.abandonedAt !== undefined && values.again !== true)
      throw fail('CONFLICT', {
        problem: `an authority was given up at ${shownInstant(before.abandonedAt, config.zone)} already, and agents that are not back yet would have to be enrolled again; if the key of the one after it is in other hands, too, add --again`,
      });
    const file = await (isKnown
      ? abandon(config.data, before, now)
      : rotate(config.data, before, now, await missingNow(config.data)));
    const away = keyFile(config.data, pinOf(file.next));
    process.stdout.write(
      [
        `The authority is now sha256/${pinOf(file.current)}. A collector that runs shows it within seconds.`,
        isKnown
          ? 'Nothing of the old one counts any more. Agents that know the pin of this one find it by themselves, within five minutes; the others keep their reports until they are enrolled again: "Replace the credential" on the page of each endpoint. `tls status` names who is not back. Each agent that comes back fetches another credential by itself, as soon as it trusts this authority: whoever had the key may have read the one of before, which works until then. For machines where that was misused: "Refuse the credential" on the page of the endpoint.'
          : 'Agents go on as they are, and are told of the new one: `tls status` and the page "Settings" name who has not taken it. When all have, and not before 45 days, the old one is dropped by itself.',
        `Keep ${away} offline: it is the key of the next authority.`,
        isKnown
          ? 'Join codes and lines to paste that were made before do not work any more: make new ones. Browsers need the new certificate: /api/v1/ca.'
          : 'Join codes that were made before still work; browsers that trust the old certificate need the new one: /api/v1/ca.',
        '',
      ].join('\n'),
    );
    if (!isKnown) return 0;
    // The authority is changed by now, and the command refuses a second time.
    try {
      const ended = await endCodes(config, now);
      if (ended > 0)
        process.stdout.write(`Ended: ${ended} join code${ended === 1 ? '' : 's'}; the page "Add endpoint" says so.\n`);
    } catch (thrown) {
      process.stderr.write(
        `The join codes could not be marked as ended: ${reasonOf(thrown)}. Revoke each on the page "Add endpoint".\n`,
      );
      return 1;
    }
    return 0;
  },
};
