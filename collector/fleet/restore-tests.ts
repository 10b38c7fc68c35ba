/**
 * Restore tests recorded by people and verifications by backup tools, merged. The newest of all decides; a failed one is
 * the worst state of a backup.
 */
import { type Static, Type } from 'typebox';
import type { BackupJob } from '../../shared/inventory.ts';
import type { Metric } from '../../shared/report.ts';
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

/** By endpoint and job; `endpoints` reads those of these. */
export async function testsByJob(state: State, endpoints?: readonly string[]): Promise<Map<string, RestoreTest[]>> {
  let query = state.selectFrom('restore_tests').selectAll().orderBy('at').orderBy('id');
  if (endpoints !== undefined) query = query.where('endpoint', 'in', endpoints);
  const byJob = new Map<string, RestoreTest[]>();
  if (endpoints?.length === 0) return byJob;
  for (const { endpoint, job, at, ok, note, by_user, recorded_at } of await query.execute()) {
    const key = testKey(endpoint, job);
    const list = byJob.get(key) ?? [];
    list.push({ job, at, ok: ok === 1, note, by: by_user, recordedAt: recorded_at });
    byJob.set(key, list);
  }
  return byJob;
}

export const testKey = (endpoint: string, job: string): string => `${endpoint}\n${job}`;

/** The job with restore tests merged into the tool's verifications: last good, last failed, result of the newest. */
export function withTests<J extends BackupJob>(job: J, tests: readonly RestoreTest[]): J {
  // Agents before 0.2 name one time only, that of the newest.
  const one = job.verifiedOk === false && (job.verifyFailedAt ?? null) === null;
  const ownFailed =
    job.verifiedOk === false ? (job.verifyFailedAt ?? job.lastVerified ?? 0) : (job.verifyFailedAt ?? null);
  const good = [one ? null : job.lastVerified, ...tests.filter(({ ok }) => ok).map(({ at }) => at)];
  const failed = [
    ...(ownFailed === null ? [] : [{ at: ownFailed, note: job.verifyNote ?? null }]),
    ...tests.filter(({ ok }) => !ok),
  ].sort((a, b) => b.at - a.at)[0];
  const lastVerified = good.reduce<number | null>((newest, at) => Math.max(newest ?? 0, at ?? 0) || null, null);
  // At the same moment the worse one counts.
  const verifiedOk = failed && failed.at >= (lastVerified ?? 0) ? false : lastVerified === null ? job.verifiedOk : true;
  const failure = failed ? { verifyFailedAt: failed.at || null, verifyNote: failed.note || null } : {};
  return { ...job, lastVerified, verifiedOk, ...failure };
}

/** `backup.verify_result` and `backup.verified_age_s` of each job that was ever verified; at `at`, ms UTC. */
export async function verificationsOf(
  state: State,
  endpoint: string,
  jobs: readonly BackupJob[],
  at: number,
): Promise<Metric[]> {
  const tests = await testsByJob(state, [endpoint]);
  return jobs.flatMap((reported) => {
    const { job, product, lastVerified, verifiedOk } = withTests(
      reported,
      tests.get(testKey(endpoint, reported.job)) ?? [],
    );
    const fields = {
      ...(verifiedOk === null ? {} : { verify_result: verifiedOk ? 0 : 1 }),
      ...(lastVerified === null ? {} : { verified_age_s: Math.max(0, Math.round((at - lastVerified) / 1000)) }),
    };
    return Object.keys(fields).length === 0 ? [] : [{ name: 'backup', tags: { job, product }, fields, timestamp: at }];
  });
}
