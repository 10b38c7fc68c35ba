/** How a ticket at a desk is known to be one of ours: a word in it that nothing else has. Pure. */
import { randomBytes } from 'node:crypto';

/** Of one collector at one desk: others may use the same desk. */
export const makeDeskMarker = (): string => `ek-${randomBytes(4).toString('hex')}`;

/** With when it was opened: after a restore from a backup, numbers are given again. */
export const ticketMarker = (desk: string, { id, openedAt }: { id: number; openedAt: number }): string =>
  `${desk}-${id}-${openedAt.toString(36)}`;
/** A comment of ours, by the event that it tells of. */
export const eventMarker = (ticket: string, { id, at }: { id: number; at: number }): string =>
  `${ticket}.${id}-${at.toString(36)}`;

/** Whole: that of a ticket is the beginning of those of its events. */
export const hasMarker = (text: string, marker: string): boolean =>
  new RegExp(`${marker}(?![a-z0-9]|\\.\\d)`).test(text);

/** The markers of events of a ticket that stand in a text. */
export const eventsIn = (text: string, ticket: string): string[] =>
  text.match(new RegExp(`${ticket}\\.\\d{1,15}-[a-z0-9]{1,12}`, 'g')) ?? [];
