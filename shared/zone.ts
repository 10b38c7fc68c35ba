/** Names of time zones. */
import { EvenkeelError } from './errors.ts';
import { nearest } from './nearest.ts';
import { shownName } from './place-name.ts';
import { reason } from './reason.ts';

/** For a message to people, who may be anywhere: `2026-11-27 19:00 (Asia/Tokyo)`. */
export const shownInstant = (at: number, zone: string): string =>
  `${Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ')} (${zone})`;

/** @throws EvenkeelError BAD_ZONE for all but the names of IANA: an offset such as +09:00 has no daylight saving */
export function zoneNamed(zone: string): string {
  try {
    if (/^[A-Za-z][\w+/-]{0,63}$/.test(zone)) return Temporal.Now.zonedDateTimeISO(zone).timeZoneId;
  } catch {
    // Falls through: the same answer for a well-formed name that does not exist.
  }
  const near = nearest(zone, Intl.supportedValuesOf('timeZone')) ?? 'Europe/Berlin, Asia/Tokyo';
  const values = { zone: shownName(zone), near };
  throw new EvenkeelError('BAD_ZONE', values, undefined, [], [reason('zone_unknown', values)]);
}
