/** Reads one large message whole: inflates, weighs, parses and checks it. Pure; runs in the worker. */
import { type ErrorCode, EvenkeelError } from '../../../shared/errors.ts';
import { Presence } from '../../../shared/presence.ts';
import { decodePlain, InventoryMessage, inflate, Report } from '../../../shared/report.ts';
import { type Section, sectionOf } from '../../../shared/section.ts';
import type { UpLeaf } from '../../../shared/topics.ts';
import { digestOf, identityIn, type MessageIdentity } from '../identity.ts';

export type MessageContent = { report: Report } | { inventory: Section } | { presence: Presence };

/** An error is an object of this thread; this goes to the other one. */
export interface Problem {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** What is handed to the main thread. Of a section it gets the text: an object of 50,000 values takes it 10 ms to receive. */
export interface Reading {
  /** Inflated, and its digest; left out where it could not be. */
  size?: number;
  digest?: number;
  content: MessageContent | null;
  /** Where there is no content. */
  problem?: Problem;
  identity?: MessageIdentity | undefined;
}

export function read(leaf: UpLeaf, bytes: Uint8Array): Reading {
  const reading: Reading = { content: null };
  try {
    const plain = inflate(bytes);
    reading.size = plain.length;
    reading.digest = digestOf(plain);
    reading.identity = identityIn(plain);
    reading.content = contentOf(leaf, plain, reading);
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError)) throw thrown;
    reading.problem = { code: thrown.code, message: thrown.message, hint: thrown.hint };
  }
  return reading;
}

function contentOf(leaf: UpLeaf, plain: Uint8Array, reading: Reading): MessageContent {
  if (leaf === 'presence') return { presence: decodePlain<Presence>(Presence, plain) };
  if (leaf !== 'inventory') return { report: decodePlain<Report>(Report, plain) };
  const message = decodePlain<InventoryMessage>(InventoryMessage, plain);
  reading.identity = { epoch: message.epoch, seq: message.seq };
  return { inventory: sectionOf(message) };
}
