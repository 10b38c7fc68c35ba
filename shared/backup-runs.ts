/** `GET /api/v1/endpoints/{id}/backups/runs`. */
import { type Static, Type } from 'typebox';

const runResults = ['ok', 'warning', 'failed'] as const;

export const EndedRun = Type.Object({
  endedAt: Type.Integer({ description: 'ms since 1970, UTC' }),
  result: Type.Enum([...runResults]),
});
export type EndedRun = Static<typeof EndedRun>;

export const BackupRuns = Type.Object({
  product: Type.String(),
  job: Type.String(),
  /** Oldest first, at most the last 30; of agents that tell only of the newest run, those between two reports are missing. */
  runs: Type.Array(
    Type.Object({
      ...EndedRun.properties,
      bytes: Type.Union([Type.Number(), Type.Null()]),
      duration: Type.Union([Type.Number(), Type.Null()], { description: 'seconds' }),
    }),
  ),
});
export type BackupRuns = Static<typeof BackupRuns>;
