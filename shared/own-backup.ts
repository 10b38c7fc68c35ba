/** Copies of the collector itself, as the interface shows them. Not what agents report of backups. */
import { Type } from 'typebox';
import { Reason } from './inventory.ts';

const ms = Type.Integer({ minimum: 0 });
const count = Type.Integer({ minimum: 0 });

const Made = Type.Object({
  at: ms,
  took: ms,
  by: Type.String(),
  path: Type.String(),
  /** It is still where it was made. */
  isThere: Type.Boolean(),
  bytes: count,
  /** Of these, shared with the one before. */
  linked: count,
  segments: count,
  counts: Type.Record(Type.String(), count),
  leftOut: Type.Array(Type.String()),
  /** The same as codes. */
  leftOutWhy: Type.Array(Reason),
});
const Failed = Type.Object({
  at: ms,
  message: Type.String(),
  hint: Type.String(),
  /** The same as codes, where there are some. */
  why: Type.Array(Reason),
});

export const OwnBackupStatus = Type.Object({
  asOf: ms,
  /** Folder; null: none is set up, and none is made by itself. */
  to: Type.Union([Type.String(), Type.Null()]),
  /** Time of day; null: by distance, or not set up. */
  at: Type.Union([Type.String(), Type.Null()]),
  everyMs: Type.Union([ms, Type.Null()]),
  keep: count,
  /** Whether keys and passwords go with it. */
  hasPassphrase: Type.Boolean(),
  /** How many there are. */
  kept: count,
  nextAt: Type.Union([ms, Type.Null()]),
  running: Type.Union([
    Type.Object({
      startedAt: ms,
      phase: Type.Enum(['journal', 'segments', 'state', 'settings']),
      /** Of the phase; both 0 while it is not known. */
      done: count,
      total: count,
    }),
    Type.Null(),
  ]),
  /** Of the folder of the settings; without one, of wherever somebody had one made. */
  last: Type.Union([Made, Type.Null()]),
  /** Of the last try there, where it failed. */
  failed: Type.Union([Failed, Type.Null()]),
  /** What became of the last one that this process made, wherever; null: of none, or one is being made. */
  ended: Type.Union([
    Type.Object({ made: Type.Union([Made, Type.Null()]), failed: Type.Union([Failed, Type.Null()]) }),
    Type.Null(),
  ]),
});
export type OwnBackupStatus = Type.Static<typeof OwnBackupStatus>;

/** What a collector that was restored holds back. */
export const RestoredView = Type.Object({
  restored: Type.Union([
    Type.Object({
      at: ms,
      /** What came before is in it. */
      madeAt: ms,
      from: Type.String(),
      isHeld: Type.Boolean(),
      /** Messages that wait, and how many of them are older than the restore. */
      waiting: count,
      old: count,
    }),
    Type.Null(),
  ]),
});
export type RestoredView = Type.Static<typeof RestoredView>;
