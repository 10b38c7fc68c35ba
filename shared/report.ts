/**
 * The only parser of wire bytes. Everything an agent sends as data is a Report or an InventoryMessage: both carry
 * `(epoch, seq)`, which with the endpoint is their identity for ever. Shapes are checked once, here, at the edge.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { isLockKey, listPatterns, namesAtMost, personalFields, settingKeys, wireBounds } from './agent-settings.ts';
import { fail, reasonOf } from './errors.ts';
import { firstFault, type Validator } from './first-fault.ts';
import { scriptBounds, scriptIdPattern, scriptNamePattern, sha256Pattern } from './script-bounds.ts';
import { targetIntervalS, targetsPerWatcher, targetTimeoutS } from './target.ts';
import { pinPattern, rootPattern, trustBounds, trustModes } from './trust.ts';
import { utcPattern, versionPattern } from './update-choices.ts';
import { inflate, weigh } from './wire.ts';

export { encode, inflate, inflateSmall, maxInflatedBytes, maxWireBytes } from './wire.ts';

const name = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' });
const epoch = Type.String({ pattern: '^[0-9a-f]{32}$', description: '128 random bits, made with the spool' });
const seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'persisted before use' });
const instant = Type.Integer({ minimum: 0, maximum: 8.64e15, description: 'ms since 1970, UTC' });

/** One metric in Telegraf's JSON form. A value that could not be read is left out, never written as 0. */
export const Metric = Type.Object(
  {
    name,
    tags: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,31}$' }), Type.String({ maxLength: 256 }), {
      additionalProperties: false,
      maxProperties: 32,
    }),
    fields: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }), Type.Number(), {
      additionalProperties: false,
      maxProperties: 128,
    }),
    timestamp: instant,
  },
  { additionalProperties: false },
);
export type Metric = Static<typeof Metric>;

/** Loss record: what a spool had to drop; shown to people, delivered like data, and counted as received. */
export const Loss = Type.Object(
  {
    epoch,
    from: seq,
    to: seq,
    reason: Type.Union([Type.Literal('quota'), Type.Literal('disk_full'), Type.Literal('corrupt')]),
    count: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { additionalProperties: false },
);
export type Loss = Static<typeof Loss>;

export const Report = Type.Object(
  {
    v: Type.Literal(1),
    epoch,
    seq,
    at: instant,
    interval_s: Type.Optional(Type.Number({ minimum: 0.1, maximum: 86_400, description: 'how often reports come' })),
    metrics: Type.Array(Metric, { maxItems: 2000 }),
    lost: Type.Optional(Type.Array(Loss, { maxItems: 100 })),
  },
  { additionalProperties: false },
);
export type Report = Static<typeof Report>;

/** One section of the inventory, whole: sent on change and daily. Sections and their shapes: shared/inventory.ts. */
export const InventoryMessage = Type.Object(
  { v: Type.Literal(1), epoch, seq, at: instant, section: name, data: Type.Unknown() },
  { additionalProperties: false },
);
export type InventoryMessage = Static<typeof InventoryMessage>;

/**
 * What is durable at the collector: everything up to `through`, and the ranges in `also` (inclusive).
 *
 * `conflict` is `content` when a number of this epoch came with other content than before: the agent keeps what it has,
 * goes on under a new epoch and sends it again. It is `shared` when another machine reports under the same identity: one
 * of them must be enrolled anew. `moved`: this identity has become another one, with the same secret, under which the
 * agent goes on; an ack with it covers nothing. `answer`: to what the agent asked (ask.ts); it covers nothing either.
 */
export const Ack = Type.Object(
  {
    epoch,
    through: Type.Integer({ minimum: 0 }),
    also: Type.Array(Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 })]), { maxItems: 10_000 }),
    moved: Type.Optional(
      Type.Object({
        endpoint: Type.String({ pattern: '^[a-z0-9]{8,32}$' }),
        bucket: Type.String({ pattern: '^[0-9a-f]{2}$' }),
        name: Type.String({ minLength: 1, maxLength: 128 }),
      }),
    ),
    conflict: Type.Optional(Type.Union([Type.Literal('content'), Type.Literal('shared')])),
    at: Type.Optional({ ...instant, description: 'the collector’s time, ms UTC: the clock there is not earlier' }),
    answer: Type.Optional(
      Type.Object({
        id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
        ok: Type.Boolean(),
        until: Type.Union([Type.Integer({ minimum: 0, maximum: 8.64e15 }), Type.Null()]),
        text: Type.String({ maxLength: 4000, description: 'for the terminal, in English' }),
      }),
    ),
  },
  // A newer collector may send fields that this side does not know.
  { additionalProperties: true },
);
export type Ack = Static<typeof Ack>;
export type Moved = NonNullable<Ack['moved']>;
export type AskAnswer = NonNullable<Ack['answer']>;

/** Which release an agent may take now. Whose code it runs is not for the collector to say: agents verify it by keys of their own. */
export const UpdateOrder = Type.Object(
  {
    allow: Type.String({ pattern: versionPattern, description: 'this version, and no other' }),
    sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'of its manifest' }),
    not_before: Type.Optional(Type.String({ pattern: utcPattern, description: 'ISO 8601, UTC' })),
  },
  { additionalProperties: false },
);
export type UpdateOrder = Static<typeof UpdateOrder>;

/** One script of those that the machine itself offers: its name and one value of each of its lists; nothing of it comes from afar. */
export const ScriptOrder = Type.Object(
  {
    id: Type.String({ pattern: scriptIdPattern }),
    token: Type.String({ pattern: scriptIdPattern, description: 'of the start of the agent that offered it' }),
    name: Type.String({ pattern: scriptNamePattern }),
    sha256: Type.String({ pattern: sha256Pattern, description: 'of the file, as it was offered' }),
    choices: Type.Record(Type.String({ pattern: scriptNamePattern }), Type.String({ maxLength: scriptBounds.value }), {
      ...{ maxProperties: scriptBounds.parameters, additionalProperties: false },
    }),
    persons: Type.Array(Type.String({ minLength: 1, maxLength: scriptBounds.person }), {
      ...{ minItems: 1, maxItems: scriptBounds.persons, description: 'who asked, and who approved' },
    }),
    expires: instant,
  },
  { additionalProperties: false },
);
export type ScriptOrder = Static<typeof ScriptOrder>;

const optionalFlag = () => Type.Optional(Type.Boolean());
const namesOf = (pattern: string) => Type.Array(Type.String({ pattern }), { maxItems: namesAtMost });

/** Settings for one endpoint: data from a closed list, never code. Intervals in seconds. */
export const AgentConfig = Type.Object(
  {
    v: Type.Literal(1),
    interval_s: Type.Optional(
      Type.Number({ minimum: wireBounds.interval_s.least, maximum: wireBounds.interval_s.most }),
    ),
    checks: Type.Optional(
      Type.Record(
        name,
        Type.Object(
          {
            enabled: Type.Optional(Type.Boolean()),
            every_s: Type.Optional(
              Type.Number({ minimum: wireBounds.every_s.least, maximum: wireBounds.every_s.most }),
            ),
          },
          { additionalProperties: false },
        ),
        { additionalProperties: false },
      ),
    ),
    /** Of these settings; an agent that gets one answers on the topic `applied`. */
    version: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    /** Services that are to run there. */
    services: Type.Optional(namesOf(listPatterns.services)),
    /** Certificate files, or folders of them. */
    certificates: Type.Optional(namesOf(listPatterns.certificates)),
    /** Of the machine's own checks only these run; what they start stands on the machine. */
    custom: Type.Optional(namesOf(listPatterns.custom)),
    /** What of its messages about people it sends. */
    privacy: Type.Optional(
      Type.Object(
        Object.fromEntries(personalFields.map((field) => [field, optionalFlag()])) as unknown as Record<
          (typeof personalFields)[number],
          ReturnType<typeof optionalFlag>
        >,
        { additionalProperties: false },
      ),
    ),
    update: Type.Optional(UpdateOrder),
    /** Scripts of its own that it is to run now. */
    scripts: Type.Optional(Type.Array(ScriptOrder, { maxItems: scriptBounds.orders })),
    /** What it is to trust behind the collector's address: trust.ts. */
    trust: Type.Optional(
      Type.Object(
        {
          version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
          mode: Type.Enum([...trustModes]),
          roots: Type.Array(Type.String({ pattern: rootPattern, maxLength: trustBounds.rootLength }), {
            maxItems: trustBounds.roots,
          }),
          pins: Type.Array(Type.String({ pattern: pinPattern }), { maxItems: trustBounds.pins }),
        },
        { additionalProperties: false },
      ),
    ),
    /** What it may ask for its own machine: ask.ts. */
    may_ask: Type.Optional(Type.Array(name, { maxItems: 16 })),
    /** Rises when it is to fetch another credential by HTTPS; never a secret, for brokers keep this message. */
    credential: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e9 })),
    /** Targets that it is to watch: target.ts. It looks only where the settings of its own machine allow it. */
    watch: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: Type.String({ pattern: '^[a-z0-9]{8,32}$' }),
            // One that an older agent does not know is left out there.
            kind: name,
            // Without the last word a name of another form would pass.
            settings: Type.Record(name, Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
              additionalProperties: false,
            }),
            interval_s: Type.Integer({ minimum: targetIntervalS.least, maximum: targetIntervalS.most }),
            timeout_s: Type.Integer({ minimum: targetTimeoutS.least, maximum: targetTimeoutS.most }),
          },
          { additionalProperties: false },
        ),
        { maxItems: targetsPerWatcher },
      ),
    ),
  },
  { additionalProperties: false },
);
export type AgentConfig = Static<typeof AgentConfig>;

const {
  watch: _watch,
  may_ask: _mayAsk,
  version: _version,
  update: _update,
  scripts: _scripts,
  credential: _credential,
  trust: _trust,
  ...ofBoth
} = AgentConfig.properties;
/** The settings file of a machine: the same, and what it lets the collector do; that is never for the collector to say. */
export const LocalConfig = Type.Object(
  {
    ...ofBoth,
    /** What this machine takes from afar: nothing, or all but the locked keys. */
    remote: Type.Optional(
      Type.Object(
        {
          settings: Type.Optional(Type.Enum(['on', 'off'])),
          updates: Type.Optional(Type.Enum(['off', 'notify', 'auto'])),
          lock: Type.Optional(
            Type.Array(
              Type.String({
                maxLength: 80,
                want: 'a setting such as interval_s, checks, checks.smart, services, privacy.users',
                check: (key: string) =>
                  isLockKey(key)
                    ? null
                    : `is no setting; lock one of ${settingKeys.join(', ')}, checks.NAME, privacy.NAME`,
              }),
              { maxItems: 100 },
            ),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    /** By which way it is reached. */
    way: Type.Optional(Type.Enum(['auto', 'mqtt', 'websocket'])),
    /** For HTTPS to the collector. */
    proxy: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s]+$',
        maxLength: 500,
        want: 'an address such as http://proxy.example.net:3128',
      }),
    ),
    targets: Type.Optional(
      Type.Object(
        { allow: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 200 }) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

/** By schema, and by the parts of schemas in which faults were looked for. */
const validators = new Map<unknown, Validator>();

/** Compiles on first use: an agent that only sends never loads the schemas that it does not read. */
function validatorOf(schema: unknown): Validator {
  let validator = validators.get(schema);
  if (!validator) {
    validator = Compile(schema as never) as unknown as Validator;
    validators.set(schema, validator);
  }
  return validator;
}

/**
 * Wire bytes → a value of the schema's shape.
 * @throws EvenkeelError TOO_LARGE, BAD_GZIP, NOT_JSON, BAD_SHAPE. Nothing else, whatever the bytes.
 */
export function decode<T>(schema: { '~kind'?: string } & object, bytes: Uint8Array): T {
  return decodePlain(schema, inflate(bytes));
}

/** The same for bytes that are inflated already. @throws EvenkeelError NOT_JSON, BAD_SHAPE */
export function decodePlain<T>(schema: object, plain: Uint8Array): T {
  weigh(plain);
  let value: unknown;
  try {
    const bytes = Buffer.isBuffer(plain) ? plain : Buffer.from(plain.buffer, plain.byteOffset, plain.length);
    value = JSON.parse(bytes.toString('utf8'));
  } catch (thrown) {
    throw fail('NOT_JSON', { reason: reasonOf(thrown).slice(0, 200) });
  }
  return check<T>(schema, value);
}

/** The same check for a value that is parsed already. @throws EvenkeelError BAD_SHAPE */
export function check<T>(schema: object, value: unknown): T {
  if (validatorOf(schema).Check(value)) return value as T;
  const { path, problem } = firstFault(schema, value, validatorOf);
  throw fail('BAD_SHAPE', { where: `message${path}`.slice(0, 200), problem });
}
