/** `tls status`: which certificate is shown, until when, and whether a change of the authority is under way. */
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { shownInstant } from '../../shared/zone.ts';
import { expiresAt } from '../tls/authority.ts';
import { pinOf } from '../tls/certificates.ts';
import { keyFile, readAuthority } from '../tls/store.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

export const command: Command = {
  options: commonOptions,
  async run(values) {
    const { config } = settingsFrom(values);
    const say = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);
    const until = (certificate: string) => {
      const at = expiresAt(certificate);
      return `${shownInstant(at, config.zone)} (${Math.floor((at - systemClock.now()) / 86_400_000)} days)`;
    };
    if (config.tls) {
      say([
        'Certificate  from outside (tls.cert)',
        `Valid until  ${until(config.tls.cert)}; it is not renewed by the collector`,
      ]);
      return 0;
    }
    const file = readAuthority(config.data);
    if (!file) {
      say([
        'There is no certificate: this collector answers its own machine only.',
        'For others: npm run collector -- tls init --name NAME',
      ]);
      return 1;
    }
    const { server, old } = file;
    const place = (root: string) =>
      existsSync(keyFile(config.data, pinOf(root))) ? 'its key is here' : 'its key is not here';
    say([
      `Certificate  ${server.names.join(', ')}`,
      `Valid until  ${until(server.certificate)}; renewed after 60 of 90 days`,
      `Key          sha256/${server.key}; the next one: sha256/${server.nextKey}`,
      `Authority    sha256/${pinOf(file.current)}, until ${until(file.current)}; ${place(file.current)}`,
      `Next         sha256/${pinOf(file.next)}; ${place(file.next)}${existsSync(keyFile(config.data, pinOf(file.next))) ? ': better kept offline' : ''}`,
      ...(old
        ? [`Before       sha256/${pinOf(old.root)}, has signed the current one, and stays trusted beside it`]
        : []),
    ]);
    return 0;
  },
};
