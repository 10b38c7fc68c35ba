/** Names that only the collector itself acts under: in the history of tickets and alerts. */
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';

const reserved = new Set(['monitor'].map(nameKey));

/** @throws EvenkeelError CONFLICT, whatever the case or width of its letters */
export function refuseReserved(name: string): void {
  if (reserved.has(nameKey(name)))
    throw fail('CONFLICT', { problem: `the collector itself acts under the name "${name}"; choose another one` });
}
