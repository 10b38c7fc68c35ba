/** Faults of the settings of a chat room. Pure. */
import { type TObject, Type } from 'typebox';
import { type Fault, faultsOf } from '../../shared/shape.ts';
import { languages } from '../../shared/words/index.ts';
import { chatTypes } from './index.ts';

export interface ChatSettings {
  name: string;
  kind: string;
  /** Its own, and `language`; with the secrets. */
  settings: Record<string, unknown>;
}

const common = {
  name: Type.String({
    pattern: '^[a-z][a-z0-9-]{0,31}$',
    want: 'a name of small letters, digits and -, such as slack',
  }),
  language: Type.Optional(Type.Enum([...languages])),
};

/** Of one entry as it is written. */
export function faultsOfChat(written: unknown): Fault[] {
  const { kind } = (written ?? {}) as { kind?: unknown };
  if (kind === 'teams')
    return [
      {
        path: ['kind'],
        problem:
          'Teams takes messages one way only: set it up as a channel; what it offers for answers needs a public address',
      },
    ];
  const type = chatTypes.find((one) => one.kind === kind);
  const properties = type ? type.settings.properties : {};
  const kinds = Type.Enum(chatTypes.map((one) => one.kind));
  const shape: TObject = Type.Object(
    { ...common, kind: kinds, ...properties },
    { additionalProperties: type === undefined },
  );
  return faultsOf(shape, written);
}
