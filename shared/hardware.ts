/** What differs between two readings of a machine: hashes, see agent/fingerprint.ts. Pure. */
import type { Fingerprint } from './api.ts';
import type { HardwarePart } from './identity-kinds.ts';

/** Serial numbers of firmware. Board, system id and network cards are weak: they can be changed, copied and moved. */
export const strong = ['uuid', 'serial'] as const;
export const singleParts = ['uuid', 'serial', 'board', 'machine'] as const;

/** What differs where both are known. Of network cards: none is left of those that were there. */
export function changedParts(known: Fingerprint, now: Fingerprint): HardwarePart[] {
  const changed: HardwarePart[] = singleParts.filter(
    (name) => known[name] !== undefined && now[name] !== undefined && known[name] !== now[name],
  );
  const [before, cards] = [known.macs ?? [], now.macs ?? []];
  const isOther = before.length > 0 && cards.length > 0 && !cards.some((mac) => before.includes(mac));
  return isOther ? [...changed, 'macs'] : changed;
}

/** What is not readable now stays known. */
export const withNew = (known: Fingerprint, now: Fingerprint): Fingerprint => ({ ...known, ...now });
