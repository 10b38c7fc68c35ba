/** What the REST interface takes and answers for one change of many endpoints. */
import { type Static, Type } from 'typebox';
import { Reason } from './inventory.ts';

/** Endpoints in one request: more would hold up everybody else for seconds. */
export const bulkAtMost = 5000;

export const BulkAct = Type.Enum([
  ...(['site', 'kind', 'add_tags', 'remove_tags', 'add_group', 'remove_group'] as const),
  ...(['retire', 'take_back', 'rotate', 're_enrol'] as const),
]);
export type BulkAct = Static<typeof BulkAct>;

export const BulkLine = Type.Object({
  id: Type.String(),
  name: Type.String(),
  does: Type.Enum(['change', 'same', 'refused'], { description: 'same: it is so already' }),
  before: Type.Union([Type.String(), Type.Null()]),
  after: Type.Union([Type.String(), Type.Null()]),
  /** Why not; of what is to be retired, what else uses it. */
  why: Type.Array(Reason),
});
export type BulkLine = Static<typeof BulkLine>;

const value = Type.Union([Type.String(), Type.Null(), Type.Array(Type.String())]);

export const BulkEditOutcome = Type.Object({
  applied: Type.Boolean(),
  change: Type.Integer({ description: 'how many are changed, or would be' }),
  same: Type.Integer(),
  refused: Type.Integer(),
  lines: Type.Array(BulkLine),
  /** Sent to the same address one after the other, they bring back what was; null: they cannot. */
  undo: Type.Union([
    Type.Array(Type.Object({ ids: Type.Array(Type.String()), act: BulkAct, value, reason: Type.String() })),
    Type.Null(),
  ]),
});
export type BulkEditOutcome = Static<typeof BulkEditOutcome>;
