/** Faults of the settings of a desk, and the pieces of which their shapes are made. Pure. */
import { type Static, type TObject, Type } from 'typebox';
import { isNeverReached } from '../../shared/outgoing.ts';
import { type Fault, faultsOf, portFault } from '../../shared/shape.ts';
import { languages } from '../../shared/words/index.ts';
import type { DeskType } from './desk.ts';

/** What goes into a header is one line of ASCII characters. */
export const secret = Type.String({
  ...{ minLength: 1, maxLength: 4096, secret: true, want: 'a secret on one line' },
  check: (text: string) => (/^[ -~]+$/.test(text) ? null : 'must be a secret on one line, of ASCII characters only'),
});

export const baseUrl = (example: string) => Type.Optional(address(example));
export const address = (example: string) =>
  Type.String({ ...{ minLength: 1, maxLength: 500, want: `an address such as ${example}` }, check: addressFault });

function addressFault(text: string): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    return portFault(text) ?? 'is not an http or https address; write it like https://desk.example.org';
  if (url.username || url.password) return 'holds a user or a password; write them as settings of their own';
  if (isNeverReached(url.hostname.replace(/^\[|\]$/g, '')))
    return 'holds credentials of machines or is valid on one cable only: nothing is sent there';
  return url.hash || url.search ? 'has more than a path; write it without `?` and `#`' : null;
}

export const addressOf = (url: string | undefined, standard: string): string => (url ?? standard).replace(/\/+$/, '');

export const name = (want: string) => Type.String({ minLength: 1, maxLength: 200, want });
export const labels = Type.Optional(
  Type.Array(Type.String({ pattern: '^[^,]{1,50}$', want: 'a label without commas' }), { minItems: 1, maxItems: 10 }),
);
/** Of a priority, what the desk calls it. */
const one = Type.Optional(name('a word of the desk'));
export const priorities = Type.Optional(
  Type.Object({ P1: one, P2: one, P3: one, P4: one, P5: one }, { additionalProperties: false }),
);
/** Further fields of each new ticket, as the desk's interface names them. */
export const fields = Type.Optional(
  Type.Record(Type.String({ pattern: '^[\\w.-]{1,80}$' }), Type.Unknown(), {
    maxProperties: 30,
    want: 'names of fields of the desk, each with its value',
  }),
);

const kinds = ['alert', 'incident', 'budget', 'person'] as const;
const common = {
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$', want: 'a name of small letters, digits and -, such as jira' }),
  language: Type.Optional(Type.Enum([...languages])),
  tickets: Type.Optional(
    Type.Array(Type.Enum([...kinds]), { minItems: 1, uniqueItems: true, want: 'kinds of tickets that go there' }),
  ),
  people: Type.Optional(
    Type.Record(Type.String({ minLength: 1, maxLength: 200 }), name('a name at the desk'), {
      ...{ maxProperties: 1000, want: 'our users, each with their name at the desk' },
    }),
  ),
  poll_s: Type.Optional(Type.Integer({ minimum: 10, maximum: 3600, want: 'seconds from 10 to 3600' })),
  hook_secret: Type.Optional(secret),
};
export type DeskCommon = Static<TObject<typeof common>>;

export interface DeskSettings {
  name: string;
  kind: string;
  /** Its own and those of all desks, with the secrets. */
  settings: Record<string, unknown>;
}

/** What may stand in a file of its own. */
const isText = (shape: object): boolean => (shape as { type?: string }).type === 'string';

/** Of one entry as it is written: a text may come from a file, and `token_file` stands for `token` then. */
export function faultsOfDesk(types: readonly DeskType[], written: unknown): Fault[] {
  const given = (written ?? {}) as Record<string, unknown>;
  const type = types.find(({ kind }) => kind === given.kind);
  if (!type) return faultsOf(Type.Object({ ...common, kind: Type.Enum(types.map(({ kind }) => kind)) }), written);
  const properties: Record<string, object> = { kind: Type.Literal(type.kind) };
  const twice: Fault[] = [];
  const required: readonly string[] = type.settings.required ?? [];
  for (const [key, shape] of Object.entries({ ...common, ...type.settings.properties })) {
    const file = `${key}_file`;
    const isElsewhere = isText(shape) && given[file] !== undefined;
    const isOptional = key in common ? key !== 'name' : !required.includes(key);
    properties[key] = isElsewhere || isOptional ? Type.Optional(shape as never) : shape;
    if (!isText(shape)) continue;
    properties[file] = Type.Optional(Type.String({ minLength: 1, want: 'a path' }));
    if (isElsewhere && given[key] !== undefined)
      twice.push({ path: [file], problem: `and ${key} are both given; leave one of them out` });
  }
  const shape = Type.Object(properties as never, { additionalProperties: false });
  const faults = [...faultsOf(shape, written), ...twice];
  const isWhole = !Object.keys(given).some((key) => key.endsWith('_file'));
  if (faults.length > 0 || !isWhole) return faults;
  if (given.hook_secret !== undefined && !type.isSigned)
    return [{ path: ['hook_secret'], problem: `is not for \`kind: ${type.kind}\`, which sends no signed messages` }];
  return type.check?.(given as never) ?? [];
}

/** Without the secrets, for pages. */
export function shownSettings(type: DeskType, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shapes: Record<string, unknown> = { ...common, ...type.settings.properties };
  const isSecret = (key: string) => (shapes[key] as { secret?: boolean } | undefined)?.secret === true;
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !isSecret(key)));
}
