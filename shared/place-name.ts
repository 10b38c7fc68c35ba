/**
 * Names of sites and groups: one line that people can distinguish. Two names that differ only in case, in width
 * (full-width and half-width forms) or in what cannot be seen are the same name.
 */

import { type Reason, reason } from './reason.ts';
import { disturbing, revealed, unseen } from './safe-text.ts';

/** Characters, counted as code points. */
const placeNameLimit = 128;

const blank = /[\s\p{Default_Ignorable_Code_Point}]/gu;

export const tidyName = (text: string): string => text.normalize('NFC').trim();

/** Why a name cannot be used, or null. */
export function nameFault(text: string): Reason | null {
  if (text.search(disturbing) >= 0) return reason('name_disturbing');
  if (text.search(unseen) >= 0) return reason('name_unseen');
  const name = tidyName(text);
  if (name.replace(blank, '') === '') return reason('name_blank');
  const length = [...name].length;
  return length > placeNameLimit ? reason('name_long', { count: length, limit: placeNameLimit }) : null;
}

/** What must be unique. Stored: a change needs a migration that rewrites the stored keys. */
export function nameKey(name: string): string {
  const plain = tidyName(name).normalize('NFKC').replace(/\s+/g, ' ');
  // By way of the capitals, because ß has none of its own and becomes SS.
  return plain
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase();
}

/** A name out of text from before there were rules; null when nothing of it can be seen. */
export function repairedName(text: string): string | null {
  const line = tidyName(text.replace(disturbing, ' ').replace(unseen, ''));
  const name = [...line].slice(0, placeNameLimit).join('').trim();
  return nameFault(name) === null ? name : null;
}

/** Fit for a message: short, and nothing in it can break the line or turn it around. */
export function shownName(text: string): string {
  // Quotation marks around nothing read like a fault of the message.
  if (text.trim() === '') return text === '' ? '(empty)' : '(blank)';
  return `"${revealed(text.slice(0, 60))}${text.length > 60 ? '…' : ''}"`;
}
