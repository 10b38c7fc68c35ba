/**
 * Faults of the settings of a channel. Pure. A text may come from a file: then `password_file` stands for
 * `password`, and the content of the file is put in its place before the second check.
 */
import { Type } from 'typebox';
import type { ChannelField, ChannelKind } from '../../shared/channel.ts';
import { type Fault, faultsOf } from '../../shared/shape.ts';
import type { ChannelType } from './channel.ts';
import { expanded } from './forms.ts';

export const severities = ['info', 'warning', 'critical'] as const;

const common = {
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$', want: 'a name of small letters, digits and -, such as ops' }),
  severities: Type.Optional(Type.Array(Type.Enum([...severities]), { minItems: 1 })),
};

interface FieldShape {
  type?: string;
  enum?: readonly string[];
  secret?: boolean;
  maxLength?: number;
  items?: FieldShape;
  anyOf?: readonly FieldShape[];
}

/** Whether a setting of this kind must not be shown. */
export function isSecretKey(types: readonly ChannelType[], kind: string, key: string): boolean {
  const shape = types.find((type) => type.kind === kind)?.settings.properties[key] as FieldShape | undefined;
  // What is not known may be one.
  return shape === undefined || shape.secret === true || shape.items?.secret === true;
}

/** The settings of each kind, for a page that asks for them. */
export const channelKinds = (types: readonly ChannelType[]): ChannelKind[] =>
  types.map(({ kind, forms, settings }) => ({
    kind,
    form: forms[0]?.form ?? '',
    fields: Object.entries(settings.properties).map(([name, shape]) => ({
      name,
      type: fieldTypeOf(shape as FieldShape),
      isSecret: isSecretKey(types, kind, name),
      isRequired: settings.required?.includes(name) ?? false,
      choices: [...((shape as FieldShape).enum ?? [])],
    })),
  }));

function fieldTypeOf({ type, enum: words, anyOf, maxLength }: FieldShape): ChannelField['type'] {
  if (words) return 'choice';
  if (type === 'array' || anyOf?.some((one) => one.type === 'array')) return 'list';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'flag';
  return maxLength !== undefined && maxLength > 2000 ? 'long' : 'text';
}

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
