/** Settings of agents as people write them, for all or for some, and what the interface answers about them. */
import { type Static, Type } from 'typebox';
import {
  intervalBounds,
  isCertificatePlace,
  type ListKey,
  listPatterns,
  namesAtMost,
  paceMost,
  personalFields,
  settableChecks,
  settingKeys,
} from './agent-settings.ts';
import { Reason } from './inventory.ts';

const closed = { additionalProperties: false } as const;
const flag = () => Type.Optional(Type.Boolean());

/** An entry that begins with `-` takes away what a wider layer has given. */
const bare = (entry: string) => (entry.startsWith('-') ? entry.slice(1) : entry);

function listOf(key: ListKey, want: string, check: (entry: string) => string | null = () => null) {
  const entry = Type.String({
    ...{ minLength: 1, maxLength: 513, want, pattern: listPatterns[key].replace('^', '^-?') },
    check: (text: string) => check(bare(text)),
  });
  return Type.Optional(Type.Array(entry, { maxItems: namesAtMost, uniqueItems: true }));
}

const paceOf = (least: number) =>
  Type.Object({ enabled: flag(), every_s: Type.Optional(Type.Number({ minimum: least, maximum: paceMost })) }, closed);

const optionalPace = () => Type.Optional(paceOf(1));

export const AgentLayerSettings = Type.Object(
  {
    interval_s: Type.Optional(Type.Number({ minimum: intervalBounds.least, maximum: intervalBounds.most })),
    checks: Type.Optional(
      Type.Object(
        Object.fromEntries(
          Object.entries(settableChecks).map(([name, { least }]) => [name, Type.Optional(paceOf(least))]),
        ) as Record<string, ReturnType<typeof optionalPace>>,
        closed,
      ),
    ),
    services: listOf('services', 'the name of a service such as nginx, or -nginx to take it away'),
    certificates: listOf(
      'certificates',
      'a path such as /etc/ssl/keel.pem, or -/etc/ssl/keel.pem to take it away',
      (path) =>
        isCertificatePlace(path)
          ? null
          : 'is outside of the folders whose certificates may be named: /etc, /usr/local/etc, /opt, /srv, /var/lib',
    ),
    custom: listOf('custom', 'the name of an own check such as raid, or -raid to take it away'),
    privacy: Type.Optional(
      Type.Object(
        Object.fromEntries(personalFields.map((field) => [field, flag()])) as Record<
          (typeof personalFields)[number],
          ReturnType<typeof flag>
        >,
        closed,
      ),
    ),
  },
  closed,
);
export type AgentLayerSettings = Static<typeof AgentLayerSettings>;

const layerScopes = ['all', 'kind', 'site', 'group', 'tag', 'endpoint'] as const;
export const LayerScope = Type.Object(
  { of: Type.Enum([...layerScopes]), target: Type.String({ maxLength: 256, description: 'empty for all' }) },
  closed,
);
export type LayerScope = Static<typeof LayerScope>;

const scoped = { scope: LayerScope, name: Type.String({ description: 'of the scope, for people' }) };

export const AgentLayer = Type.Object({
  ...scoped,
  settings: AgentLayerSettings,
  priority: Type.Integer({
    description: 'between groups, or between tags, of one endpoint: the higher wins, then the name',
  }),
  owner: Type.Enum(['file', 'people']),
  at: Type.Integer(),
  by: Type.String(),
  endpoints: Type.Integer({ description: 'how many it reaches' }),
});
export type AgentLayer = Static<typeof AgentLayer>;

export const takenStates = ['taken', 'partly', 'waiting', 'offline', 'old', 'locked', 'refused'] as const;
export type TakenState = (typeof takenStates)[number];

const counts = Type.Record(Type.Enum([...takenStates]), Type.Integer());
export const AgentSettingsSummary = Type.Object({
  version: Type.Integer(),
  layers: Type.Array(AgentLayer),
  counts,
  endpoints: Type.Integer({ description: 'for which a setting is in force; the others are not counted' }),
  usualInterval: Type.Union([Type.Number(), Type.Null()], { description: 'where nothing is set, s' }),
});
export type AgentSettingsSummary = Static<typeof AgentSettingsSummary>;

export const NotTaken = Type.Object({
  id: Type.String(),
  name: Type.String(),
  site: Type.Union([Type.String(), Type.Null()]),
  state: Type.Enum([...takenStates]),
  /** Since when it has not said otherwise; null: it never has. */
  saidAt: Type.Union([Type.Integer(), Type.Null()]),
  version: Type.Union([Type.Integer(), Type.Null()], { description: 'that it has' }),
  problems: Type.Array(Reason),
});
export type NotTaken = Static<typeof NotTaken>;

const LayerChange = Type.Object({
  ...scoped,
  before: Type.Union([AgentLayerSettings, Type.Null()]),
  after: Type.Union([AgentLayerSettings, Type.Null()]),
});

export const SettingsVersion = Type.Object({
  version: Type.Integer(),
  at: Type.Integer(),
  by: Type.String(),
  reason: Type.String(),
  changes: Type.Array(LayerChange),
});
export type SettingsVersion = Static<typeof SettingsVersion>;

/** One setting of one endpoint: `checks.smart.every_s`, `services nginx`. */
export const SettingValue = Type.Object({
  key: Type.Enum([...settingKeys]),
  /** Of a map, the part; of a list, the entry; else empty. */
  part: Type.String(),
  value: Type.Union([Type.Number(), Type.Boolean(), Type.String()]),
  /** The layer that it is of. */
  from: Type.Object(scoped),
});
export type SettingValue = Static<typeof SettingValue>;

export const SettingDifference = Type.Object({
  key: Type.Enum([...settingKeys]),
  part: Type.String(),
  before: Type.Union([Type.Number(), Type.Boolean(), Type.String(), Type.Null()]),
  after: Type.Union([Type.Number(), Type.Boolean(), Type.String(), Type.Null()]),
});
export type SettingDifference = Static<typeof SettingDifference>;

export const LayerPreview = Type.Object({
  reached: Type.Integer({ description: 'endpoints of the scope' }),
  changed: Type.Integer({ description: 'endpoints whose settings would change' }),
  offline: Type.Integer({ description: 'of those, not connected: they take them when they come back' }),
  old: Type.Integer({ description: 'of those, with an agent that knows only interval and checks' }),
  differences: Type.Array(Type.Intersect([SettingDifference, Type.Object({ endpoints: Type.Integer() })]), {
    description: 'the same change at several endpoints once',
  }),
  names: Type.Array(Type.String(), { description: 'of the first that change' }),
});
export type LayerPreview = Static<typeof LayerPreview>;

export const EndpointSettings = Type.Object({
  values: Type.Array(SettingValue),
  state: Type.Enum([...takenStates]),
  problems: Type.Array(Reason),
  version: Type.Union([Type.Integer(), Type.Null()], { description: 'that it has' }),
  saidAt: Type.Union([Type.Integer(), Type.Null()]),
  /** What the machine itself takes from afar; null: not known. */
  remote: Type.Union([Type.Enum(['on', 'off']), Type.Null()]),
  lock: Type.Array(Type.String()),
});
export type EndpointSettings = Static<typeof EndpointSettings>;
