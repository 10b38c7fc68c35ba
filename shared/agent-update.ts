/** Updates of agents as the interface answers them: the release, its rings, where each endpoint stands. What an agent says: update.ts. */
import { type Static, Type } from 'typebox';
import { Reason } from './inventory.ts';
import { UpdateReport } from './update.ts';
import { updateBounds, updateKeys, updatePlaces, updateRings } from './update-choices.ts';

const closed = { additionalProperties: false } as const;
const orNull = <T extends ReturnType<typeof Type.Integer> | ReturnType<typeof Type.String>>(type: T) =>
  Type.Union([type, Type.Null()]);

/** A release of the folder, as the collector has verified it. */
const ReleaseView = Type.Object({
  version: Type.String(),
  sequence: Type.Integer(),
  released: Type.Integer(),
  expires: Type.Integer({ description: 'ms UTC; after it nothing is installed' }),
  floor: Type.String({ description: 'nothing below runs again' }),
  from: Type.String({ description: 'what is older has to take another step first' }),
  keys: Type.Integer({ description: 'version of the keys that signed it' }),
  signers: Type.Array(Type.String()),
  files: Type.Array(
    Type.Object({
      ...{ name: Type.String(), target: Type.String(), form: Type.String(), size: Type.Integer() },
      isThere: Type.Boolean({ description: 'in the folder, with the size that the manifest says' }),
      isOther: Type.Boolean({ description: 'in the folder, but not the file that was signed' }),
    }),
  ),
});

const ReleaseFolder = Type.Object({
  folder: orNull(Type.String()),
  release: Type.Union([ReleaseView, Type.Null()]),
  /** Why there is none, or none that may be used. */
  problem: Type.Union([Reason, Type.Null()]),
});
export type ReleaseFolder = Static<typeof ReleaseFolder>;

const numbers = Type.Object(
  Object.fromEntries(
    updateKeys.map((key) => {
      const { least, most } = updateBounds[key];
      const bounds = { minimum: least, maximum: most };
      return [key, key === 'worse_use' || key === 'worse_restarts' ? Type.Number(bounds) : Type.Integer(bounds)];
    }),
  ) as Record<(typeof updateKeys)[number], ReturnType<typeof Type.Number>>,
  closed,
);
export const UpdateSettings = Type.Object({ on: Type.Boolean(), numbers }, closed);
export type UpdateSettings = Static<typeof UpdateSettings>;

const stopCauses = ['failed', 'restarts', 'memory', 'cpu', 'checks', 'missing', 'person'] as const;
const StopView = Type.Object({
  why: Type.Enum([...stopCauses]),
  ring: Type.Enum([...updateRings]),
  found: Type.Number(),
  limit: Type.Number(),
});
export type StopView = Static<typeof StopView>;

const rolloutStates = ['running', 'stopped', 'withdrawn', 'replaced'] as const;
export const RolloutView = Type.Object({
  id: Type.Integer(),
  version: Type.String(),
  sequence: Type.Integer(),
  state: Type.Enum([...rolloutStates]),
  stage: Type.Enum([...updateRings]),
  stageAt: Type.Integer(),
  /** When the next ring may begin, ms UTC; null: there is none. */
  nextAt: orNull(Type.Integer()),
  startedAt: Type.Integer(),
  by: Type.String(),
  reason: Type.String(),
  stop: Type.Union([StopView, Type.Null()]),
  /** When it was stopped, withdrawn or replaced. */
  endedAt: orNull(Type.Integer()),
});
export type RolloutView = Static<typeof RolloutView>;

const counts = Type.Record(Type.Enum([...updatePlaces]), Type.Integer());
export const UpdateSummary = Type.Object({
  settings: UpdateSettings,
  folder: ReleaseFolder,
  rollout: Type.Union([RolloutView, Type.Null()]),
  /** Nobody is told at present, because many that are not being updated are silent together. */
  isPaused: Type.Boolean(),
  /** The release of the folder is not the one that is being rolled out. */
  isGone: Type.Boolean(),
  rings: Type.Array(Type.Object({ ring: Type.Enum([...updateRings]), endpoints: Type.Integer(), counts })),
  /** Of all endpoints, by where they stand with the release. */
  counts,
  endpoints: Type.Integer(),
  /** How many at once at most, and how many are on their way. */
  atOnce: Type.Integer(),
  past: Type.Array(RolloutView),
});
export type UpdateSummary = Static<typeof UpdateSummary>;

export const EndpointUpdate = Type.Object({
  id: Type.String(),
  name: Type.String(),
  site: orNull(Type.String()),
  version: orNull(Type.String()),
  /** Of the release; null: none is known. */
  wanted: orNull(Type.String()),
  place: Type.Union([Type.Enum([...updatePlaces]), Type.Null()]),
  ring: Type.Union([Type.Enum([...updateRings]), Type.Null()]),
  toldAt: orNull(Type.Integer()),
  said: Type.Union([UpdateReport, Type.Null()]),
});
export type EndpointUpdate = Static<typeof EndpointUpdate>;
