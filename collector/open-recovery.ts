/** Wires the recovery of access. Called by `collector.ts` alone. */
import type { RecoveryParts } from './recovery/parts.ts';
import { createRecovery, type Recovery } from './recovery/recovery.ts';
import type { Config } from './settings/config.ts';

export function openRecovery(
  { recovery: rules, selfService: { contact }, zone }: Config,
  parts: Omit<RecoveryParts, 'rules' | 'contact' | 'zone'>,
  onStop: (end: () => Promise<void>) => void,
): Recovery {
  const recovery = createRecovery({ ...parts, rules, contact, zone });
  onStop(recovery.settle);
  if (rules.isOn && !recovery.canMail())
    parts.log.warn(
      {},
      'Nobody can get their access back: `recovery` is on, and no channel sends mail. Set up one of the kind email',
    );
  return recovery;
}
