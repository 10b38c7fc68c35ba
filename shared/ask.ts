/** What an agent asks of the collector for its own machine, as a person at its terminal wishes. The answer comes in an `ack`. */
import { type Static, Type } from 'typebox';
import { controlClass } from './safe-text.ts';

/** Which machine it is about is not for the message to say: it is the one whose credential it came with. */
export const Ask = Type.Object(
  {
    v: Type.Literal(1),
    id: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'random; the answer has it too' }),
    about: Type.Union([Type.Literal('maintenance'), Type.Literal('report')]),
    act: Type.Enum(['begin', 'end', 'show', 'send', 'page'], {
      description: 'maintenance: begin, end, show; report: send, page',
    }),
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 43_200, description: 'begin: from now on' })),
    reason: Type.Optional(
      Type.String({ pattern: `^[^${controlClass}]*$`, maxLength: 1000, description: 'begin: why' }),
    ),
    text: Type.Optional(
      Type.String({ pattern: `^[^${controlClass}]*$`, maxLength: 2000, description: 'send: what is wrong' }),
    ),
    snapshot: Type.Optional(
      Type.String({
        ...{ pattern: `^[^${controlClass}]*$`, maxLength: 1500 },
        description: 'send: how the machine is, where its user agreed',
      }),
    ),
  },
  { additionalProperties: false },
);
export type Ask = Static<typeof Ask>;
