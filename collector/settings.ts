/**
 * The shape of `evenkeel.yaml`. Every key is optional: defaults.* is what an empty file means. Unknown keys are refused
 * (config-file.ts says where and suggests the nearest). Durations are written `10s`, `2m`, `36h`, `14d`.
 */
import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const duration = (description: string, standard: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Number()], { description, default: standard }));
const path = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const port = (standard: number) => Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, default: standard }));
const host = Type.Optional(Type.String({ minLength: 1, default: '127.0.0.1' }));
const url = Type.Optional(Type.String({ minLength: 1, description: 'the address by which others reach it' }));

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const Settings = Type.Object(
  {
    data: path('folder of everything that is kept; default ./data'),
    http: Type.Optional(Type.Object({ host, port: port(7460), publicUrl: url }, closed)),
    mqtt: Type.Optional(Type.Object({ host, port: port(1883), publicUrl: url }, closed)),
    tls: Type.Optional(
      Type.Object(
        {
          cert: Type.String({ minLength: 1, description: 'PEM file: the certificate and its chain' }),
          key: Type.String({ minLength: 1, description: 'PEM file: its private key' }),
          ca: path('PEM file: the authority that agents shall trust, when it is your own'),
        },
        closed,
      ),
    ),
    retention: Type.Optional(
      Type.Object(
        {
          raw: duration('how long raw samples are kept', '14d'),
          fiveMinutes: duration('how long 5 minute values are kept', '90d'),
          oneHour: duration('how long 1 hour values are kept', '1095d'),
        },
        closed,
      ),
    ),
    channels: Type.Optional(
      Type.Array(
        Type.Object(
          { name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), kind: Type.String({ minLength: 1 }) },
          // Each kind of channel checks its own settings.
          { additionalProperties: true },
        ),
      ),
    ),
    rules: Type.Optional(
      Type.Array(
        Type.Object({ id: Type.String({ pattern: '^[a-z][a-z0-9-]{1,63}$' }) }, { additionalProperties: true }),
        { description: 'changes of default rules by id, and rules of your own; shape: collector/evaluate/rule.ts' },
      ),
    ),
    tickets: Type.Optional(
      Type.Object(
        {
          openAfter: duration('an alert fires this long before it opens a ticket', '2m'),
          resolveAfter: duration('clear this long before an untouched ticket is resolved', '10m'),
          reopenWithin: duration('the same alert within this time opens the same ticket again', '24h'),
        },
        closed,
      ),
    ),
    zone: Type.Optional(
      Type.String({ description: 'time zone of reports, such as Europe/Berlin; default: the machine’s' }),
    ),
    log: Type.Optional(Type.Union(logLevels.map((level) => Type.Literal(level)))),
    agents: Type.Optional(
      Type.Object({ interval: duration('how often agents report the fast metrics', '10s') }, closed),
    ),
  },
  closed,
);
export type Settings = Static<typeof Settings>;

export interface Retention {
  rawMs: number;
  fiveMinutesMs: number;
  oneHourMs: number;
}

export interface Tls {
  cert: string;
  key: string;
  /** PEM text that agents are to trust, or null when their system knows the authority. */
  ca: string | null;
}

/** The settings as the collector uses them: complete, checked, durations in ms, paths absolute, secrets read. */
export interface Config {
  /** The settings file that was read, or null. */
  file: string | null;
  data: string;
  http: { host: string; port: number; publicUrl: string | null };
  mqtt: { host: string; port: number; publicUrl: string | null };
  /** PEM texts, not paths. */
  tls: Tls | null;
  retention: Retention;
  channels: { name: string; kind: string; settings: Record<string, unknown> }[];
  rules: ({ id: string } & Record<string, unknown>)[];
  tickets: { openAfterMs: number; resolveAfterMs: number; reopenWithinMs: number };
  zone: string;
  log: LogLevel;
  agents: { intervalMs: number };
  /** Of the first admin, when set up unattended. */
  adminPassword: string | null;
  localAgent: boolean;
}
