/** How a ticket at a desk is known to be one of ours: a word in it that nothing else has. Pure. */
import { randomBytes } from 'node:crypto';

/** Of one collector at one desk: others may use the same desk. */
export const makeDeskMarker = (): string => `ek-${randomBytes(4).toString('hex')}`;

export const ticketMarker = (desk: string, ticket: number): string => `${desk}-${ticket}`;
/** A comment of ours, by the event that it tells of. */
export const eventMarker = (desk: string, ticket: number, event: number): string =>
  `${ticketMarker(desk, ticket)}.${event}`;

/** Whole: the marker of ticket 1 is the beginning of that of ticket 17, and of those of its events. */
export const hasMarker = (text: string, marker: string): boolean => new RegExp(`${marker}(?!\\d|\\.\\d)`).test(text);

/** The events of ours that a text at the desk tells of. */
export function eventsIn(text: string, desk: string, ticket: number): number[] {
  const form = new RegExp(`${ticketMarker(desk, ticket)}\\.(\\d{1,15})`, 'g');
  return [...text.matchAll(form)].map(([, event]) => Number(event));
}
