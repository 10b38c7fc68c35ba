/** Canned scripts as the interface answers them: what a machine offers, and what was ordered and came of it. */
import { type Static, Type } from 'typebox';
import { Reasons, ScriptOffer } from './inventory.ts';

/** In the order of an order that goes well, then how it may end otherwise. */
const scriptStates = ['asked', 'sent', 'running', 'done', 'refused', 'withdrawn', 'silent', 'lost'] as const;
export type ScriptState = (typeof scriptStates)[number];

const or = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const ScriptOrderView = Type.Object({
  id: Type.String(),
  script: Type.String(),
  title: Type.Record(Type.String(), Type.String()),
  choices: Type.Record(Type.String(), Type.String()),
  state: Type.Enum([...scriptStates]),
  askedBy: Type.String(),
  askedAt: Type.Integer(),
  why: Type.String(),
  approvedBy: or(Type.String()),
  ticket: or(Type.Integer()),
  alert: or(Type.String()),
  expiresAt: Type.Integer({ description: 'until then it may be approved, or carried out' }),
  endedAt: or(Type.Integer()),
  code: or(Type.Integer({ description: 'exit code' })),
  signal: or(Type.String()),
  reason: or(Reasons),
  /** Null: none, or not for this reader: it may hold what only those who may run scripts see. */
  output: or(Type.String()),
  cut: Type.Boolean(),
  mayApprove: Type.Boolean(),
  mayWithdraw: Type.Boolean(),
});
export type ScriptOrderView = Static<typeof ScriptOrderView>;

export const ScriptsView = Type.Object({
  enabled: Type.Boolean({ description: 'by the settings of the collector' }),
  mayRun: Type.Boolean({ description: 'whoever asks' }),
  /** Why none may be run there now; null: some may, or nothing is known. */
  off: or(Reasons),
  list: Type.Array(ScriptOffer, { description: 'what the machine offers' }),
  orders: Type.Array(ScriptOrderView, { description: 'the newest first' }),
});
export type ScriptsView = Static<typeof ScriptsView>;
