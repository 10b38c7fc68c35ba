/** What people without an account may do, as settings have it. All of it is off until an admin turns it on. */
import { type Static, Type } from 'typebox';
import type { SelfServiceRules } from '../self-service/rules.ts';

const closed = { additionalProperties: false } as const;

export const SelfServiceSettings = Type.Object(
  {
    enabled: Type.Boolean({ description: 'people report problems by the label of a machine, without an account' }),
    contact: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 200, want: 'a text', pattern: '^[^\\n\\r]*$' },
        description: 'how the service desk is reached otherwise, shown to everybody, such as "Call 4711"',
      }),
    ),
    agents_may_report: Type.Optional(
      Type.Boolean({ description: 'machines may report for who works on them; default false' }),
    ),
  },
  closed,
);

export const readSelfService = (given: Static<typeof SelfServiceSettings> | undefined): SelfServiceRules => ({
  isOn: given?.enabled ?? false,
  contact: given?.contact ?? null,
  agentsMayReport: (given?.enabled ?? false) && (given?.agents_may_report ?? false),
});
