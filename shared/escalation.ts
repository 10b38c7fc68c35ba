/** How the escalation of an alert stands, as the REST interface answers it: what comes next, to whom, and when. */
import { type Static, Type } from 'typebox';

const text = Type.String();

export const EscalationNow = Type.Object({
  policy: text,
  state: Type.Enum(['running', 'acknowledged', 'held', 'unknown', 'exhausted'], {
    description:
      'running: the next step comes unless somebody reacts; acknowledged, held (suppressed) or unknown (its endpoint is gone): no step comes while that lasts; exhausted: nobody reacted',
  }),
  round: Type.Integer({ description: 'the round that runs' }),
  rounds: Type.Integer(),
  step: Type.Integer({ description: 'steps of this round that have been taken' }),
  steps: Type.Integer(),
  notified: Type.Array(text, { description: 'receivers that heard so far, such as person:ann' }),
  next: Type.Union([
    Type.Object({
      at: Type.Integer({ description: 'ms since 1970, UTC' }),
      round: Type.Integer(),
      step: Type.Union([Type.Integer(), Type.Null()], { description: 'null: the last, that nobody reacted' }),
      to: Type.Array(text, { description: 'receivers, as they would be then; empty: nobody' }),
    }),
    Type.Null(),
  ]),
});
export type EscalationNow = Static<typeof EscalationNow>;
