/**
 * Faults of the settings of a channel. Pure. A text may come from a file: then `password_file` stands for
 * `password`, and the content of the file is put in its place before the second check.
 */
import { Type } from 'typebox';
import { type Fault, faultsOf } from '../../shared/shape.ts';
import type { ChannelType } from './channel.ts';
import { expanded } from './forms.ts';

export const severities = ['info', 'warning', 'critical'] as const;

const common = {
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$', want: 'a name of small letters, digits and -, such as ops' }),
  severities: Type.Optional(Type.Array(Type.Enum([...severities]), { minItems: 1 })),
};

export function faultsOfChannel(types: readonly ChannelType[], written: unknown): Fault[] {
  const { channel, faults: ofAddress } = expanded(types, written);
  return ofAddress.length > 0 ? ofAddress : faultsOfKind(types, channel);
}

function faultsOfKind(types: readonly ChannelType[], channel: unknown): Fault[] {
  const kinds = types.map((type) => type.kind);
  const { kind } = (channel ?? {}) as { kind?: unknown };
  const type = types.find((each) => each.kind === kind);
  if (!type) {
    // What stands in its place may be its address.
    const known = Type.Object({ ...common, kind: Type.Enum(kinds) }, { secret: true });
    return faultsOf(known, channel);
  }
  const properties: Record<string, object> = { ...common, kind: Type.Literal(type.kind) };
  const given = channel as Record<string, unknown>;
  const twice: Fault[] = [];
  for (const [key, shape] of Object.entries(type.settings.properties)) {
    const file = `${key}_file`;
    const isText = (shape as { type?: string }).type === 'string';
    if (isText) properties[file] = Type.Optional(Type.String({ minLength: 1, want: 'a path' }));
    properties[key] = isText && given[file] !== undefined ? Type.Optional(shape) : shape;
    if (isText && given[file] !== undefined && given[key] !== undefined)
      twice.push({ path: [file], problem: `and ${key} are both given; leave one of them out` });
  }
  const faults = [...faultsOf(Type.Object(properties, { additionalProperties: false }), channel), ...twice];
  const isWhole = !Object.keys(given).some((key) => key.endsWith('_file'));
  return faults.length > 0 || !isWhole ? faults : (type.check?.(given as never) ?? []);
}
