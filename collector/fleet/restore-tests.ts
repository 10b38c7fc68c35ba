/** Restores that a person tried out: a backup is worth what comes back from it. Kept with who and when. */
import { type Static, Type } from 'typebox';
import type { State } from '../state/open.ts';

export const RestoreTest = Type.Object({
  job: Type.String(),
  at: Type.Integer({ description: 'ms since 1970, UTC: when the restore was tried' }),
  ok: Type.Boolean(),
  note: Type.String(),
  by: Type.String(),
  recordedAt: Type.Integer({ description: 'ms since 1970, UTC' }),
});
export type RestoreTest = Static<typeof RestoreTest>;

export async function recordRestoreTest(state: State, endpoint: string, test: RestoreTest): Promise<void> {
  const { job, at, ok, note, by, recordedAt } = test;
  const row = { endpoint, job, at, ok: ok ? (1 as const) : (0 as const), note, by_user: by, recorded_at: recordedAt };
  await state.insertInto('restore_tests').values(row).execute();
}

/** Newest first, at most 200. */
export async function restoreTestsOf(state: State, endpoint: string): Promise<RestoreTest[]> {
  const rows = await state
    .selectFrom('restore_tests')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('id', 'desc')
    .limit(200)
    .execute();
  return rows.map(({ job, at, ok, note, by_user, recorded_at }) => ({
    job,
    at,
    ok: ok === 1,
    note,
    by: by_user,
    recordedAt: recorded_at,
  }));
}
