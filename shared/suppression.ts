/** What the REST interface answers about an alert with why nobody is notified of it at present: by what, and until when. */
import { type Static, Type } from 'typebox';
import { AlertDetail, NamedRule } from './api.ts';
import { EscalationNow } from './escalation.ts';
import { Finding } from './finding.ts';

const text = Type.String();
const orNone = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(item: T) =>
  Type.Union([item, Type.Null()]);

export const Suppression = Type.Object({
  kind: Type.Enum(['maintenance', 'silence', 'site_incident', 'inhibition', 'hold']),
  /** Of a silence or maintenance: its id, who entered it, and why. */
  id: orNone(text),
  by: orNone(text),
  reason: orNone(text),
  until: orNone(Type.Integer({ description: 'ms since 1970, UTC; null: until its cause is over' })),
  /** Of maintenance: it is over, and values settle. */
  isOver: Type.Boolean(),
  /** Of an inhibition: the alerts that are its cause. */
  causes: Type.Array(Type.Object({ alert: text, rule: NamedRule, name: text })),
  site: orNone(text),
});
export type Suppression = Static<typeof Suppression>;

export const AlertAnswer = Type.Object({
  ...AlertDetail.properties,
  suppressions: Type.Array(Suppression),
  source: Type.Union([text, Type.Null()], { description: 'of an alert of other monitoring: where it is shown there' }),
  /** How it came to its ticket; null: it has none. */
  ticketed: Type.Union([
    Type.Object({ ticket: Type.Integer(), code: Type.Enum(['opened', 'joined']), at: Type.Integer(), by: text }),
    Type.Null(),
  ]),
  escalations: Type.Array(EscalationNow, { description: 'of each policy that its messages go to' }),
  /** Of a target or a service: what is seen now, or was when it fired; null: it is about neither. */
  finding: Type.Union([Finding, Type.Null()]),
});
export type AlertAnswer = Static<typeof AlertAnswer>;
