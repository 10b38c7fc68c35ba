/** How people who have lost their access get it back, as settings have it. Off until an admin turns it on. */
import { type Static, Type } from 'typebox';
import { faultsOf } from '../../shared/shape.ts';
import { addressIn } from '../notify/address-in.ts';
import { type RecoveryRules, recoveryWays, scheduleIn } from '../recovery/rules.ts';

const closed = { additionalProperties: false } as const;

function resetFault(text: string): string | null {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:')
    return 'is not an https address; write the reset page of your identity provider in full';
  return url.username || url.password ? 'has a name or a password in it; leave these out' : null;
}

export const RecoverySettings = Type.Object(
  {
    enabled: Type.Boolean({ description: 'people who have lost their access ask for it on a page without an account' }),
    reset_url: Type.String({
      ...{ maxLength: 500, want: 'an https address', check: resetFault },
      description: 'where the identity provider resets passwords; shown to whoever was verified',
    }),
    ways: Type.Optional(
      Type.Array(Type.Enum([...recoveryWays]), {
        ...{ minItems: 1, maxItems: 3, uniqueItems: true, default: ['mail'] },
        description:
          'by what they show who they are: a code to the address in the directory, their manager, an approver',
      }),
    ),
    approvers: Type.Optional(
      Type.Array(
        Type.String({
          ...{ maxLength: 254, want: 'a mail address or a schedule' },
          check: (text: string) =>
            addressIn(text) === text || scheduleIn(text) !== null
              ? null
              : 'is neither a mail address nor a schedule; write it like it@example.org or schedule:it-desk',
        }),
        {
          minItems: 1,
          maxItems: 20,
          description: 'who may confirm for anybody: mail addresses, or schedule:NAME for whoever is on call',
        },
      ),
    ),
  },
  {
    ...closed,
    check: ({ ways = [], approvers = [] }: { ways?: string[]; approvers?: string[] }) =>
      ways.includes('approver') && approvers.length === 0 ? 'has the way approver, and no approvers' : null,
  },
);

/** What does not fit its shape has been noted, and is off. */
export function readRecovery(section: unknown): RecoveryRules {
  const isGood = section !== undefined && faultsOf(RecoverySettings, section).length === 0;
  const given = (isGood ? section : {}) as Partial<Static<typeof RecoverySettings>>;
  return {
    ...{ isOn: given.enabled ?? false, resetUrl: given.reset_url ?? '', ways: given.ways ?? ['mail'] },
    approvers: given.approvers ?? [],
  };
}
