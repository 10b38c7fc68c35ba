/** `tls init`: makes the authority and the server certificate before the first start, for the names that a person gives. */
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { shownInstant } from '../../shared/zone.ts';
import { prepareFolder } from '../data/folder.ts';
import { reachedFault } from '../settings/hosts.ts';
import { expiresAt, initAuthority } from '../tls/authority.ts';
import { pinOf } from '../tls/certificates.ts';
import { namesFor } from '../tls/serving.ts';
import { folderOf, keyFile } from '../tls/store.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

const mostNames = 50;

/** @throws EvenkeelError BAD_FLAG */
function namesIn(given: unknown): string[] {
  const names = Array.isArray(given) ? (given as string[]) : [];
  if (names.length === 0 || names.length > mostNames)
    throw fail('BAD_FLAG', {
      problem: 'no --name by which others reach this collector, such as --name keel.example.net',
    });
  for (const name of names) {
    const fault = reachedFault(name);
    if (fault !== null) throw fail('BAD_FLAG', { problem: `--name "${name.slice(0, 100)}": it ${fault}` });
  }
  return names;
}

export const command: Command = {
  options: { ...commonOptions, name: { type: 'string', multiple: true } },
  async run(values) {
    const names = namesIn(values.name);
    const { config } = settingsFrom(values);
    prepareFolder(config.data);
    const own = { ...config, ownTls: config.ownTls ?? { names: [] } };
    const file = await initAuthority(config.data, names, namesFor(own, names), systemClock.now());
    const { certificate } = file.server;
    process.stdout.write(
      [
        `Made an authority and a certificate in ${folderOf(config.data)}.`,
        `  Names     ${file.server.names.join(', ')}`,
        `  Valid     until ${shownInstant(expiresAt(certificate), config.zone)}; renewed by itself, without a restart`,
        `  Pin       sha256/${pinOf(file.current)}: join codes carry it`,
        `  Keep      ${keyFile(config.data, pinOf(file.next))} offline: it is the key of the next authority, and needed by \`tls rotate\` only`,
        config.tls
          ? 'The certificate of tls.cert is still shown, and agents are told of both: when `tls status` says that all have taken it, remove tls.cert from evenkeel.yaml'
          : 'Start the collector for other machines: npm start -- --http-host 0.0.0.0 --mqtt-host 0.0.0.0',
        '',
      ].join('\n'),
    );
    return 0;
  },
};
