/** Whether two machines are the same, by the hashes that their agents sent at enrolment. Pure. */
import type { Fingerprint, Likeness } from '../../shared/api.ts';
import { changedParts, singleParts, strong } from '../../shared/hardware.ts';

/** A value that so many endpoints share is ignored: vendors repeat serials, templates repeat system ids. */
export const tooCommon = 3;

/**
 * `same`: a serial is equal and none differs. `copy`: the installed system is the same, the hardware is not (a cloned image, a
 * disk that was moved). `perhaps`: no proof, but enough to ask a person. Null: nothing in common.
 */
export function compare(a: Fingerprint, b: Fingerprint): Likeness | null {
  const both = strong.filter((name) => a[name] !== undefined && b[name] !== undefined);
  const equal = both.filter((name) => a[name] === b[name]);
  const sameSystem = a.machine !== undefined && a.machine === b.machine;
  const sameCard = (a.macs ?? []).some((mac) => b.macs?.includes(mac));
  if (equal.length > 0) return equal.length === both.length ? 'same' : 'perhaps';
  if (both.length > 0) return sameSystem ? 'copy' : null;
  const otherCards = a.macs !== undefined && b.macs !== undefined && !sameCard;
  if (sameSystem) return otherCards ? 'copy' : 'perhaps';
  const sameBoard = a.board !== undefined && a.board === b.board;
  return sameCard || sameBoard ? 'perhaps' : null;
}

/** No part of the one machine is in the other: serials differ, or where none is known the system and all network cards. */
export function isOtherHardware(known: Fingerprint, now: Fingerprint): boolean {
  const changed = changedParts(known, now);
  const both = strong.filter((name) => known[name] !== undefined && now[name] !== undefined);
  if (both.length > 0) return both.every((name) => changed.includes(name));
  return changed.includes('machine') && changed.includes('macs');
}

export function valuesOf({ macs = [], ...parts }: Fingerprint): string[] {
  return [...Object.values(parts), ...macs];
}

/** The same without the values that are too common. */
export function without(print: Fingerprint, common: ReadonlySet<string>): Fingerprint {
  const kept: Fingerprint = {};
  for (const name of singleParts) {
    const value = print[name];
    if (value !== undefined && !common.has(value)) kept[name] = value;
  }
  const macs = print.macs?.filter((mac) => !common.has(mac));
  return macs && macs.length > 0 ? { ...kept, macs } : kept;
}
