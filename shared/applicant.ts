/** A machine that asks to join by a code that wants a person's approval. */
import { type Static, Type } from 'typebox';
import { Fingerprint } from './api.ts';

const text = Type.String();
const orNull = Type.Union([text, Type.Null()]);
const ms = Type.Integer({ description: 'ms UTC' });

export const Applicant = Type.Object({
  id: text,
  /** Of the join code, and what it is called. */
  enrollment: text,
  label: text,
  hostname: text,
  address: text,
  platform: text,
  arch: text,
  version: text,
  kind: Type.Enum(['server', 'workstation']),
  fingerprint: Type.Union([Fingerprint, Type.Null()]),
  /** The machine shows the same one. */
  checkWord: text,
  askedAt: ms,
  /** It asks every half minute: one that does not any more has been switched off. */
  lastAt: ms,
  state: Type.Enum(['waiting', 'approved', 'refused']),
  decidedBy: orNull,
  reason: orNull,
  /** Name of the endpoint that it is a copy of; null: it came with the join code. */
  copyOf: orNull,
});
export type Applicant = Static<typeof Applicant>;

/** The answer to a machine that waits, with status 202. */
export const WaitingAnswer = Type.Object({
  waiting: Type.Literal(true),
  checkWord: text,
  until: Type.Integer({ description: 'ms UTC; after that it is forgotten' }),
});
export type WaitingAnswer = Static<typeof WaitingAnswer>;
