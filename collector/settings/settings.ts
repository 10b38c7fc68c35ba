/**
 * The shape of `evenkeel.yaml`. Every key is optional: defaults.* is what an empty file means. Unknown keys are refused
 * (shared/shape.ts suggests the nearest). Durations are written `10s`, `2m`, `36h`, `14d`.
 */
import { type Static, Type } from 'typebox';
import { rangeFault } from '../../shared/ranges.ts';
import { portFault } from '../../shared/shape.ts';
import type { OpenIdSettings } from '../accounts/openid-settings.ts';
import type { FileLayer } from '../agent-settings/store.ts';
import type { MirrorSettings } from '../mirrors/mirror.ts';
import type { InhibitRule } from '../outages/inhibition-graph.ts';
import { InhibitSettings, UplinkSettings } from '../outages/settings.ts';
import type { FileDocuments } from '../routing/documents.ts';
import type { ScriptSettings } from '../scripts/asking.ts';
import type { SelfServiceRules } from '../self-service/rules.ts';
import { seriesKinds } from '../series/index.ts';
import type { SeriesPlace } from '../series/kind.ts';
import { type PostgresPlace, postgresFault } from '../state/drivers/postgres-address.ts';
import type { TargetDefinition } from '../targets/store.ts';
import { AuditSettings } from './audit.ts';
import { BrokerSettings, type ExternalBroker } from './broker.ts';
import { ChatAddress } from './chat-address.ts';
import { type ClusterPlace, ClusterSettings } from './cluster.ts';
import { duration } from './duration.ts';
import { type FurtherConfig, furtherSettings } from './further.ts';
import { channelFault, hostFault, reachedFault, reachFault } from './hosts.ts';
import { LogInSettings } from './log-in.ts';
import { MaintenanceSettings } from './maintenance.ts';
import { MirrorsSettings } from './mirrors.ts';
import { ScriptsSettings } from './scripts.ts';
import { SelfServiceSettings } from './self-service.ts';

const closed = { additionalProperties: false } as const;
const [hour, day] = [3_600_000, 86_400_000];
const secretUrl = (description: string) =>
  Type.Optional(
    Type.String({
      ...{ minLength: 1, description, want: 'an http or https address', secret: true },
      check: (text: string) => urlFault(text, ['http:', 'https:']),
    }),
  );
const path = (description: string) => Type.Optional(Type.String({ minLength: 1, want: 'a path', description }));
const port = (standard: number) => Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, default: standard }));
const websocket = Type.Optional(Type.Boolean({ description: 'also at the port of http, for agents; default true' }));
const host = Type.Optional(Type.String({ minLength: 1, default: '127.0.0.1', want: 'a host', check: hostFault }));
const url = (...protocols: string[]) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      description: 'the address by which others reach it',
      want: `an address such as ${protocols[0]}//keel.example.org`,
      check: (text: string) => urlFault(text, protocols),
    }),
  );

function urlFault(text: string, protocols: readonly string[]): string | null {
  const address = URL.parse(text);
  if (!address || !protocols.includes(address.protocol) || address.hostname === '')
    return (
      portFault(text) ??
      `is not an ${protocols.map((one) => one.slice(0, -1)).join(' or ')} address; write it like ${protocols.at(-1)}//keel.example.org`
    );
  return null;
}

export function zoneFault(zone: string): string | null {
  try {
    Temporal.Now.zonedDateTimeISO(zone);
    return null;
  } catch {
    // The engine's own words would not say what a person is to write.
    return 'is not a time zone; write it like Europe/Berlin or Asia/Tokyo';
  }
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

export const CollectorSettings = Type.Object(
  {
    data: path('folder of everything that is kept; default ./data'),
    state: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'PostgreSQL database of everything but time series; default: a file in the data folder',
        want: 'an address such as postgres://evenkeel@db.example.org:5432/evenkeel',
        check: postgresFault,
        secret: true,
      }),
    ),
    state_password_file: path('file with the password of that database'),
    http: Type.Optional(
      Type.Object(
        {
          ...{ host, port: port(7460), publicUrl: url('http:', 'https:') },
          names: Type.Optional(
            Type.Array(Type.String({ minLength: 1, want: 'a host', check: reachedFault }), {
              description: 'further names by which browsers and agents reach it; requests for others are refused',
            }),
          ),
          trustProxy: Type.Optional(
            Type.Array(
              Type.String({ minLength: 1, want: 'an address such as 10.0.0.7 or 10.0.0.0/24', check: rangeFault }),
              {
                description: 'proxies whose X-Forwarded-For and -Host are believed',
              },
            ),
          ),
        },
        closed,
      ),
    ),
    mqtt: Type.Optional(
      Type.Object(
        {
          ...{ host, port: port(1883), publicUrl: url('mqtt:', 'mqtts:'), websocket },
        },
        closed,
      ),
    ),
    broker: Type.Optional(BrokerSettings),
    tls: Type.Optional(
      Type.Object(
        {
          cert: path('PEM file: the certificate and its chain; without it the collector makes its own'),
          key: path('PEM file: its private key'),
          ca: path('PEM file: the authority that agents shall trust, when no system knows it'),
          names: Type.Optional(
            Type.Array(Type.String({ minLength: 1, want: 'a host', check: reachedFault }), {
              description: 'further names and addresses in the certificate that the collector makes',
              maxItems: 100,
            }),
          ),
        },
        closed,
      ),
    ),
    packages: path('folder of the agent’s packages that new machines fetch; default: packages in the data folder'),
    retention: Type.Optional(
      Type.Object(
        {
          raw: duration('how long raw samples are kept', '14d', hour, 3650 * day),
          fiveMinutes: duration('how long 5 minute values are kept', '90d', hour, 36_500 * day),
          oneHour: duration('how long 1 hour values are kept', '1095d', hour, 36_500 * day),
          // Thirteen months are closed and compared, each a week after its end at the latest.
          evidence: duration('how long ended alerts, tickets and presence are kept', '1826d', 427 * day, 36_500 * day),
        },
        closed,
      ),
    ),
    series: Type.Optional(
      Type.Object(
        {
          kind: Type.Optional(Type.Union(seriesKinds.map(({ kind }) => Type.Literal(kind)))),
          ...Object.fromEntries(
            seriesKinds.flatMap(({ keys }) => Object.entries(keys)).map(([key, shape]) => [key, Type.Optional(shape)]),
          ),
        },
        closed,
      ),
    ),
    mirrors: Type.Optional(MirrorsSettings),
    outgoing: Type.Optional(
      Type.Object(
        {
          allow: Type.Optional(
            Type.Array(Type.String({ minLength: 1, want: 'an address, a range or a host', check: channelFault }), {
              description: 'where channels may connect to beside the internet: 127.0.0.1, 10.0.0.0/8, mail.example.lan',
            }),
          ),
        },
        closed,
      ),
    ),
    targets: Type.Optional(
      Type.Object(
        {
          allow: Type.Optional(
            Type.Array(
              Type.String({ minLength: 1, want: 'an address, a range, a host or `internet`', check: reachFault }),
              {
                description:
                  'where the collector may look at targets: internet (default), 10.0.0.0/8, switch-1.example.lan',
              },
            ),
          ),
          list: Type.Optional(
            Type.Array(Type.Unknown(), { description: 'each checked by its kind: collector/targets' }),
          ),
        },
        closed,
      ),
    ),
    notify: Type.Optional(
      Type.Object(
        {
          by: Type.Optional(
            Type.Array(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$', want: 'the name of a label' }), {
              maxItems: 8,
              description: 'labels whose alerts share a message; default: rule and site',
            }),
          ),
          wait: duration('from the first alert of a group to its message', '30s', 0, 5 * 60_000),
          interval: duration('between two messages about a group, unless one says worse', '5m', 0, day),
          repeat: Type.Optional(
            Type.Object(
              {
                critical: duration('said again when it still fires; 0s: never', '4h', 0, 30 * day),
                warning: duration('said again when it still fires; 0s: never', '24h', 0, 30 * day),
                info: duration('said again when it still fires; 0s: never', '0s', 0, 30 * day),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    channels: Type.Optional(Type.Array(Type.Unknown(), { description: 'each checked by its kind: collector/notify' })),
    ...furtherSettings,
    rules: Type.Optional(
      Type.Array(Type.Unknown(), {
        description: 'changes of default rules by id, and rules of your own: collector/evaluate/check.ts',
      }),
    ),
    inhibit: Type.Optional(InhibitSettings),
    uplinks: Type.Optional(UplinkSettings),
    schedules: Type.Optional(Type.Unknown({ description: 'who is on call when: collector/routing/file.ts' })),
    policies: Type.Optional(
      Type.Unknown({ description: 'who is notified when nobody reacts: collector/routing/file.ts' }),
    ),
    routes: Type.Optional(Type.Unknown({ description: 'who hears of which alert: collector/routing/file.ts' })),
    people: Type.Optional(Type.Unknown({ description: 'how users are reached: collector/routing/file.ts' })),
    rules_folder: path('folder of files of rules (*.yaml), beside this one; default: rules'),
    tickets: Type.Optional(
      Type.Object(
        {
          openAfter: duration('an alert fires this long before it opens a ticket', '2m', 0, 30 * day),
          resolveAfter: duration('clear this long before an untouched ticket is resolved', '10m', 0, 30 * day),
          reopenWithin: duration('the same alert within this time opens the same ticket again', '24h', 0, 365 * day),
          chat: ChatAddress,
        },
        closed,
      ),
    ),
    maintenance: Type.Optional(MaintenanceSettings),
    scripts: Type.Optional(ScriptsSettings),
    self_service: Type.Optional(SelfServiceSettings),
    deadman: Type.Optional(
      Type.Object(
        {
          url: secretUrl('called while the collector is well, such as https://hc-ping.com/…'),
          url_file: path('file with that address'),
          fail_url: secretUrl('called while it is not; without, nothing is called then'),
          every: duration('how often', '1m', 10_000, day),
        },
        closed,
      ),
    ),
    backup: Type.Optional(
      Type.Object(
        {
          to: Type.String({ minLength: 1, want: 'a path', description: 'folder for copies of the collector itself' }),
          at: Type.Optional(
            Type.String({
              ...{ description: 'time of day at which one is made, in `zone`', default: '02:30' },
              want: 'a time of day such as 02:30',
              check: (text: string) =>
                /^([01]\d|2[0-3]):[0-5]\d$/.test(text) ? null : 'is not a time of day; write it like 02:30',
            }),
          ),
          every: duration('how often one is made, in place of `at`', '24h', hour, day),
          keep: Type.Optional(
            Type.Integer({ ...{ minimum: 1, maximum: 1000, default: 7 }, description: 'how many are kept' }),
          ),
          passphrase_file: path('file with the passphrase under which keys and passwords are kept in it'),
        },
        closed,
      ),
    ),
    audit: Type.Optional(AuditSettings),
    cluster: Type.Optional(ClusterSettings),
    login: Type.Optional(LogInSettings),
    browser: path('program that makes PDFs of reports; default: the Chromium or Chrome that is found'),
    zone: Type.Optional(
      Type.String({
        description: 'time zone of reports; default: the machine’s',
        want: 'a time zone such as Europe/Berlin',
        check: zoneFault,
      }),
    ),
    log: Type.Optional(Type.Union(logLevels.map((level) => Type.Literal(level)))),
    logFormat: Type.Optional(Type.Union(logFormats.map((format) => Type.Literal(format)))),
    agent_settings: Type.Optional(
      Type.Unknown({ description: 'settings of agents for all, a site, a group …: collector/agent-settings/file.ts' }),
    ),
    agents: Type.Optional(
      Type.Object(
        // What agents take: shared/report.ts, AgentConfig.
        {
          interval: duration('how often agents report the fast metrics', '10s', 500, hour),
          announce_new: Type.Optional(
            Type.Boolean({
              description: 'people are told of new endpoints by an alert of severity info; default false',
            }),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type CollectorSettings = Static<typeof CollectorSettings>;

export interface RetentionSettings {
  rawMs: number;
  fiveMinutesMs: number;
  oneHourMs: number;
  /** What the numbers of months are made of, once it has ended. */
  evidenceMs: number;
}

export interface NotifySettings {
  by: string[];
  waitMs: number;
  intervalMs: number;
  /** 0: never. */
  repeatMs: Record<'info' | 'warning' | 'critical', number>;
}

export interface OwnBackupSettings {
  /** Absolute. */
  to: string;
  /** How many are kept. */
  keep: number;
  /** Either a time of day, in the zone of the settings, or a distance. */
  when: { at: string } | { everyMs: number };
  passphrase: string | null;
}

export interface TlsSettings {
  cert: string;
  key: string;
  /** PEM text that agents are to trust, or null when their system knows the authority. */
  ca: string | null;
  /** Where they are read again when they change. */
  files: { cert: string; key: string; ca: string | null };
}

/** The settings as the collector uses them: complete, checked, durations in ms, paths absolute, secrets read. */
export interface Config extends FurtherConfig {
  /** The settings file that was read, or null. */
  file: string | null;
  data: string;
  /** null: a file in the data folder. */
  state: PostgresPlace | null;
  http: { host: string; port: number; publicUrl: string | null; names: string[]; trustProxy: string[] };
  mqtt: { host: string; port: number; publicUrl: string | null };
  /** In place of the broker of this process; null: that one. */
  broker: ExternalBroker | null;
  /** Agents may come by WebSocket at the port of the web app, too. */
  webSocket: boolean;
  /** A certificate from outside. */
  tls: TlsSettings | null;
  /** Where a certificate of the collector's own is wanted, or lies in the data folder: further names in it. */
  ownTls: { names: readonly string[] } | null;
  /** Of the agent, for new machines; null: as ever. */
  packages: string | null;
  retention: RetentionSettings;
  /** What holds the time series behind the journal. */
  series: SeriesPlace;
  /** Others work on the same fleet; null: this one alone. */
  cluster: ClusterPlace | null;
  channels: { name: string; kind: string; settings: Record<string, unknown> }[];
  /** Schedules, escalation policies, routes and people, as far as the file has them. */
  routing: FileDocuments;
  /** Where every sample goes as well. */
  mirrors: MirrorSettings[];
  /** Addresses, ranges and hosts beside the internet that channels may connect to. */
  outgoing: { allow: string[] };
  /** Alerts that follow from others, beside those that are built in. */
  inhibit: InhibitRule[];
  /** What whole sites are reached by way of, by name. */
  uplinks: UplinkSettings;
  maintenance: { agentsMayAsk: boolean };
  /** Whether people may run scripts that machines offer. */
  scripts: ScriptSettings;
  selfService: SelfServiceRules;
  /** Settings of agents, by scope. */
  agentSettings: FileLayer[];
  /** Where the collector itself may look, and the targets that stand in the file. */
  targets: { allow: string[]; list: (TargetDefinition & { id: string })[] };
  /** Of the settings file and of the files beside it. */
  rules: ({ id: string } & Record<string, unknown>)[];
  rulesFolder: string;
  /** An outgoing sign of life; null: none. */
  deadman: { url: string; failUrl: string | null; everyMs: number } | null;
  /** How alerts are grouped, and when a message about them is sent. */
  notify: NotifySettings;
  tickets: { openAfterMs: number; resolveAfterMs: number; reopenWithinMs: number; chat: string | null };
  zone: string;
  /** Path of the program that makes PDFs; null: the usual places. */
  browser: string | null;
  log: LogLevel;
  logFormat: LogFormat;
  agents: { intervalMs: number; announceNew: boolean };
  /** What belongs to the settings file beside it: absolute paths. */
  named: { secret: string[]; plain: string[] /** It holds passwords or tokens itself. */; holdsSecrets: boolean };
  /** Copies of the collector itself; null: none are made by themselves. */
  backup: OwnBackupSettings | null;
  /** Address that takes the head of the audit log daily; null: to the log alone. */
  auditHead: string | null;
  /** The provider by which people log in; null: with passwords alone. */
  openId: OpenIdSettings | null;
  /** Of the first admin, when set up unattended. */
  adminPassword: string | null;
  localAgent: boolean;
}
