/** The Protection page: who has no backup, who is late, what was never verified, what is smaller than usual. */
import type { ProtectedJob, Protection } from '../../shared/api.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import type { State } from '../state/open.ts';
import { heldAbout } from './attention.ts';
import { rhythmOf } from './backup-age.ts';
import { type BackupRun, usualSize } from './backup-runs.ts';
import { jobVerdict, worstJobFirst } from './backup-state.ts';
import type { Facts } from './facts.ts';
import type { Endpoint, Fleet } from './fleet.ts';
import { type RestoreTest, testKey, testsByJob, withTests } from './restore-tests.ts';

/**
 * @param factsOf the inventory of an endpoint as the fleet page keeps it in memory
 * @param heldOf what the engine of alerts holds of it
 */
export async function protectionOf(
  state: State,
  fleet: Fleet,
  factsOf: (id: string) => Facts,
  heldOf: (id: string) => readonly HeldAlert[],
  now: number,
): Promise<Protection> {
  const [runs, tests] = [await allRuns(state), await testsByJob(state)];
  const answer: Protection = {
    asOf: now,
    counts: {
      endpoints: 0,
      none: 0,
      unknown: 0,
      jobs: 0,
      ok: 0,
      late: 0,
      failed: 0,
      neverVerified: 0,
      sizeAnomalies: 0,
    },
    none: [],
    unknown: [],
    jobs: [],
  };
  for (const endpoint of fleet.all()) {
    const { backups } = factsOf(endpoint.id);
    const held = heldOf(endpoint.id);
    answer.counts.endpoints++;
    if (backups === null) answer.unknown.push(nameOf(endpoint));
    else if (backups.length === 0) answer.none.push(nameOf(endpoint));
    for (const job of backups ?? []) {
      const key = keyOf(endpoint.id, job.product, job.job);
      const tried = tests.get(testKey(endpoint.id, job.job)) ?? [];
      answer.jobs.push(rowOf(endpoint, job, held, runs.get(key) ?? [], tried, now));
    }
  }
  answer.jobs.sort(
    (a, b) =>
      worstJobFirst.indexOf(a.state) - worstJobFirst.indexOf(b.state) || (b.ageSeconds ?? 0) - (a.ageSeconds ?? 0),
  );
  const count = (test: (job: ProtectedJob) => boolean) => answer.jobs.filter(test).length;
  Object.assign(answer.counts, {
    none: answer.none.length,
    unknown: answer.unknown.length,
    jobs: answer.jobs.length,
    ok: count((job) => job.state === 'ok'),
    late: count((job) => job.state === 'late' || job.state === 'never'),
    failed: count((job) => job.state === 'failed'),
    neverVerified: count((job) => job.lastVerified === null && job.verifyFailedAt === null),
    sizeAnomalies: count((job) => job.sizeAnomaly === true),
  });
  return answer;
}

const keyOf = (...parts: string[]) => parts.join('\n');
const nameOf = ({ id, name, kind, site }: Endpoint) => ({ id, name, kind, site });

function rowOf(
  endpoint: Endpoint,
  told: BackupJob,
  held: readonly HeldAlert[],
  runs: readonly BackupRun[],
  tests: readonly RestoreTest[],
  now: number,
): ProtectedJob {
  const job = withTests(told, tests);
  const by = (at: number | null, ok: boolean) =>
    at === null ? null : (tests.findLast((test) => test.ok === ok && test.at === at)?.by ?? job.product);
  const failedAt = job.verifiedOk === false ? (job.verifyFailedAt ?? null) : null;
  const verdict = jobVerdict(job, held, now);
  const isSmall = heldAbout(held, ['backup.size_percent'], { job: job.job, product: job.product }) !== undefined;
  const usualBytes = usualSize(runs, { endedAt: job.lastSuccess });
  return {
    endpoint: nameOf(endpoint),
    product: job.product,
    job: job.job,
    protects: job.protects,
    state: verdict.state,
    severity: verdict.severity,
    reason: job.reason,
    lastRun: job.lastRun,
    lastSuccess: job.lastSuccess,
    ageSeconds: verdict.ageSeconds,
    rhythmSeconds: rhythmOf(job.schedule) / 1000,
    bytes: job.bytes,
    usualBytes,
    sizeAnomaly: isSmall ? true : usualBytes === null ? null : false,
    lastVerified: job.lastVerified,
    verifiedBy: by(job.lastVerified, true),
    verifyFailedAt: failedAt,
    verifyFailedBy: by(failedAt, false),
    verifyNote: job.verifiedOk === false ? (job.verifyNote ?? null) : null,
  };
}

async function allRuns(state: State): Promise<Map<string, BackupRun[]>> {
  const rows = await state
    .selectFrom('backup_runs')
    .select(['endpoint', 'product', 'job', 'ended_at', 'bytes'])
    .orderBy('ended_at', 'desc')
    .execute();
  const byJob = new Map<string, BackupRun[]>();
  for (const row of rows) {
    const key = keyOf(row.endpoint, row.product, row.job);
    const list = byJob.get(key) ?? [];
    list.push({ endedAt: row.ended_at, bytes: row.bytes });
    byJob.set(key, list);
  }
  return byJob;
}
