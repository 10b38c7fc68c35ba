/** What the REST interface answers about targets and services. */
import { type Static, Type } from 'typebox';
import { ServiceFinding } from './finding.ts';
import { targetKinds, targetResults } from './target.ts';
import { WatchedRecord, WatchedShare } from './watched.ts';

const text = Type.String();
const orNull = { text: Type.Union([text, Type.Null()]), number: Type.Union([Type.Number(), Type.Null()]) };
const TargetResultName = Type.Unsafe<keyof typeof targetResults>(Type.Enum(Object.keys(targetResults)));
const WatchedState = Type.Enum(['up', 'down', 'unknown', 'never', 'off']);
const Numbers = Type.Record(text, Type.Number());

export const TargetSight = Type.Object({
  watcher: Type.Object({ id: text, name: text }),
  /** What it says; null: it cannot tell, or has not looked yet. */
  vote: Type.Union([Type.Literal('up'), Type.Literal('down'), Type.Null()]),
  result: Type.Union([TargetResultName, Type.Null()]),
  /** Numbers of the measurement `target`. */
  fields: Numbers,
  at: orNull.number,
  /** Whether the watcher is connected. */
  isThere: Type.Boolean(),
  /** Its agent is older than targets, and watches nothing before its update. */
  tooOld: Type.Boolean(),
});
export type TargetSight = Static<typeof TargetSight>;

export const TargetRow = Type.Object({
  id: text,
  name: text,
  kind: Type.Enum([...targetKinds]),
  /** Without secrets. */
  settings: Type.Record(text, Type.Union([text, Type.Number(), Type.Boolean()])),
  /** Secrets that are set, by name. */
  secretsSet: Type.Array(text),
  address: text,
  intervalS: Type.Number(),
  timeoutS: Type.Number(),
  site: orNull.text,
  watchers: Type.Array(text),
  need: orNull.number,
  enabled: Type.Boolean(),
  origin: Type.Enum(['file', 'page']),
  state: WatchedState,
  since: Type.Number(),
  votes: Type.Number(),
  votesDown: Type.Number(),
  sights: Type.Array(TargetSight),
});
export type TargetRow = Static<typeof TargetRow>;

export const TargetDetail = Type.Object({
  row: TargetRow,
  record: WatchedRecord,
  changes: Type.Array(Type.Object({ at: Type.Number(), state: WatchedState })),
  /** What it is a part of, or what is reached by way of it, by what people entered. */
  uses: Type.Array(Type.Object({ of: Type.Enum(['service', 'endpoint', 'site']), id: text, name: text })),
});
export type TargetDetail = Static<typeof TargetDetail>;

export const TargetTrial = Type.Object({
  result: TargetResultName,
  fields: Numbers,
  /** In the words of whoever answered, at most 300 characters. */
  detail: orNull.text,
  more: Type.Array(Type.Object({ name: text, tags: Type.Record(text, text), fields: Numbers })),
});
export type TargetTrial = Static<typeof TargetTrial>;

const ServicePart = Type.Object({
  id: text,
  name: text,
  /** Gone: it was removed since. */
  kind: Type.Enum(['endpoint', 'target', 'gone']),
  /** Off: a target that is switched off. */
  state: Type.Enum(['up', 'down', 'unknown', 'off']),
  since: orNull.number,
});
export type ServicePart = Static<typeof ServicePart>;

export const ServiceRow = Type.Object({
  id: text,
  name: text,
  note: text,
  /** How many parts must work; null: all. */
  need: orNull.number,
  state: Type.Enum(['up', 'down', 'unknown']),
  since: Type.Number(),
  parts: Type.Array(ServicePart),
  /** This month in the report zone, until now. */
  month: WatchedShare,
});
export type ServiceRow = Static<typeof ServiceRow>;

const Named = Type.Object({ id: text, name: text });

export const ServiceDetail = Type.Object({
  ...ServiceRow.properties,
  finding: ServiceFinding,
  record: WatchedRecord,
  /** Down time of its parts while it was down itself, in the last ninety days; the longest first. */
  partsDown: Type.Array(Type.Object({ id: text, name: text, downMs: Type.Number() })),
  /** What is reached by way of it, by what people entered: endpoints, targets, services, and whole sites. */
  dependents: Type.Array(Named),
  dependentSites: Type.Array(Named),
  /** Planned work on it or its parts that runs or is to come, the next first. */
  maintenance: Type.Array(
    Type.Object({
      id: text,
      reason: text,
      start: Type.Number(),
      end: Type.Number(),
      covers: Type.Array(Named),
      /** Too few of its parts are left: the service is in planned work, too. */
      isOut: Type.Boolean(),
    }),
  ),
});
export type ServiceDetail = Static<typeof ServiceDetail>;
