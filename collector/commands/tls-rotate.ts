/** `tls rotate`: the next authority follows the current one. The collector that runs shows it within seconds. */
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { abandon, rotate } from '../tls/authority.ts';
import { pinOf } from '../tls/certificates.ts';
import { keyFile, readAuthority } from '../tls/store.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

export const command: Command = {
  options: { ...commonOptions, compromised: { type: 'boolean' }, 'cut-off-agents': { type: 'boolean' } },
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
    const file = await (isKnown ? abandon : rotate)(config.data, before, systemClock.now());
    const away = keyFile(config.data, pinOf(file.next));
    process.stdout.write(
      [
        `The authority is now sha256/${pinOf(file.current)}. A collector that runs shows it within seconds.`,
        isKnown
          ? 'Nothing of the old one counts any more, so agents keep their reports until they are enrolled again: "Replace the credential" on the page of each endpoint.'
          : 'Agents go on as they are: the old one has signed the new one, and stays trusted beside it. Machines that are enrolled from now on trust the new one.',
        `Keep ${away} offline: it is the key of the next authority.`,
        'Join codes that were made before still work; browsers that trust the old certificate need the new one: /api/v1/ca.',
        '',
      ].join('\n'),
    );
    return 0;
  },
};
