/** `tls status`: which certificate is shown, until when, and whether a change of the authority is under way. */
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import type { TlsView } from '../../shared/tls.ts';
import { shownInstant } from '../../shared/zone.ts';
import { localDoor } from '../local/door.ts';
import { expiresAt, keepOldMs } from '../tls/authority.ts';
import { pinOf } from '../tls/certificates.ts';
import { type AuthorityFile, keyFile, readAuthority } from '../tls/store.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

const beforeWords = ({ since, droppedAt }: NonNullable<AuthorityFile['old']>, zone: string) =>
  droppedAt === undefined
    ? `trusted beside the current one until all agents have that, and not dropped before ${shownInstant(since + keepOldMs, zone)}`
    : `dropped at ${shownInstant(droppedAt, zone)}; agents that were away since then are still let over to the current one`;

/** What agents trust, is known to a collector that runs. */
async function agentsNow(data: string): Promise<string[]> {
  const door = localDoor(data);
  if (!door) return ['Agents       not known: the collector does not run'];
  const view = await door.ask<TlsView>('GET', '/api/v1/collector/tls').catch(reasonOf);
  if (typeof view === 'string') return [`Agents       not known: ${view}`];
  if (view.version === 0) return [];
  const { agents, missing, change } = view;
  return [
    ...(change
      ? [
          `Change       to ${change.to === 'own' ? 'the own authority' : 'the certificate from outside'}; agents trust both`,
        ]
      : []),
    `Agents       ${agents - missing.length} of ${agents} have what they were told (version ${view.version})`,
    ...missing.map(
      ({ name, why, text }) => `  ${escaped(name)}: ${whyNot[why]}${text === null ? '' : `: ${escaped(text)}`}`,
    ),
  ];
}

const whyNot: Record<TlsView['missing'][number]['why'], string> = {
  offline: 'it is not connected, and takes it when it comes back',
  waiting: 'it is connected, and has not answered yet',
  never: 'it has never connected',
  old: 'its agent is too old to be told: update it',
  refused: 'it could not take it',
};

export const command: Command = {
  options: commonOptions,
  async run(values) {
    const { config } = settingsFrom(values);
    const agents = await agentsNow(config.data);
    const say = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);
    const until = (certificate: string) => {
      const at = expiresAt(certificate);
      return `${shownInstant(at, config.zone)} (${Math.floor((at - systemClock.now()) / 86_400_000)} days)`;
    };
    if (config.tls) {
      say([
        'Certificate  from outside (tls.cert)',
        `Valid until  ${until(config.tls.cert)}; it is not renewed by the collector, and read again when its file changes`,
        ...agents,
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
      ...(old ? [`Before       sha256/${pinOf(old.root)}, ${beforeWords(old, config.zone)}`] : []),
      ...agents,
    ]);
    return 0;
  },
};
