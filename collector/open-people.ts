/** Wires the directory of people and the recovery of their access. Called by `collector.ts` alone. */
import { createLdapDirectory, type LdapDirectory } from './directory/ldap.ts';
import type { RecoveryParts } from './recovery/parts.ts';
import { createRecovery, type Recovery } from './recovery/recovery.ts';
import type { Config } from './settings/config.ts';

interface OpenPeopleParts extends Omit<RecoveryParts, 'rules' | 'contact' | 'zone' | 'routes' | 'wake'> {
  channels: Pick<RecoveryParts, 'routes'>;
  outbox: Pick<RecoveryParts, 'wake'>;
}

export function openPeople(
  { ldap: place, recovery: rules, selfService: { contact }, zone }: Config,
  parts: OpenPeopleParts,
  onStop: (end: () => Promise<void>) => void,
): { ldap: LdapDirectory; recovery: Recovery } {
  const ldap = createLdapDirectory({ ...parts, place, zone });
  onStop(ldap.stop);
  ldap.start();
  const { routes } = parts.channels;
  const recovery = createRecovery({ ...parts, routes, wake: parts.outbox.wake, rules, contact, zone });
  onStop(recovery.settle);
  if (rules.isOn && !recovery.canMail())
    parts.log.warn(
      {},
      'Nobody can get their access back: `recovery` is on, and no channel sends mail. Set up one of the kind email',
    );
  return { ldap, recovery };
}
