/** What the REST interface answers about silences. Matchers are texts as Alertmanager writes them: `site="berlin"`. */
import { type Static, Type } from 'typebox';
import { NamedRule, Severity } from './api.ts';
import { Reason } from './inventory.ts';

const text = Type.String();
const ms = Type.Integer({ description: 'ms since 1970, UTC' });

/** An alert that a silence hides, or would hide. */
export const HiddenAlert = Type.Object({
  id: text,
  rule: NamedRule,
  severity: Severity,
  endpoint: Type.Object({ id: text, name: text }),
  since: ms,
});
export type HiddenAlert = Static<typeof HiddenAlert>;

const what = {
  matchers: Type.Array(text),
  alerts: Type.Integer({ description: 'that it hides, or would hide if it began now' }),
  /** The worst 20 of them. */
  hides: Type.Array(HiddenAlert),
};

export const SilencePreview = Type.Object({
  ...what,
  of: Type.Integer({ description: 'alerts that fire now' }),
  /** What of the matchers can fit no alert, as it is known now. */
  warnings: Type.Array(Reason),
});
export type SilencePreview = Static<typeof SilencePreview>;

export const SilenceRow = Type.Object({
  id: text,
  ...what,
  reason: text,
  start: ms,
  end: ms,
  state: Type.Enum(['pending', 'active', 'over']),
  createdAt: ms,
  createdBy: text,
  updatedAt: ms,
  updatedBy: text,
});
export type SilenceRow = Static<typeof SilenceRow>;

/** As it was entered. */
export const SilenceMade = Type.Object({
  ...SilenceRow.properties,
  /** What of the matchers can fit no alert, as it is known now. */
  warnings: Type.Array(Reason),
});
export type SilenceMade = Static<typeof SilenceMade>;

export const SilenceSummary = Type.Object({
  active: Type.Integer(),
  pending: Type.Integer(),
  alerts: Type.Integer({ description: 'that at least one silence hides now' }),
});
export type SilenceSummary = Static<typeof SilenceSummary>;
