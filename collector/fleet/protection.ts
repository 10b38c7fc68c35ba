/** The Protection page: endpoints without a backup, late, never verified, or smaller than usual. */
import type { ProtectedJob, Protection } from '../../shared/api.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import { type Level, worst } from '../../shared/level.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import type { State } from '../state/open.ts';
import { heldAbout } from './attention.ts';
import { rhythmOf } from './backup-age.ts';
import { type BackupRun, usualSize } from './backup-runs.ts';
import { isUntested, jobVerdict, worstJobFirst } from './backup-state.ts';
import type { EndpointFacts } from './facts.ts';
import { type Endpoint, type Fleet, machineKind } from './fleet.ts';
import { type RestoreTest, testKey, testsByJob, withTests } from './restore-tests.ts';

/**
 * @param factsOf the inventory of an endpoint as the fleet page keeps it in memory
 * @param heldOf its verdicts in the alert engine
 */
export async function protectionOf(
  state: State,
  fleet: Fleet,
  factsOf: (id: string) => EndpointFacts,
  heldOf: (id: string) => readonly HeldAlert[],
  now: number,
): Promise<Protection> {
  const [runs, tests] = [await allRuns(state), await testsByJob(state)];
  const answer: Protection = { asOf: now, endpoints: 0, groups: [], none: [], unknown: [], jobs: [] };
  const held = { none: [] as (Level | null)[], unknown: [] as (Level | null)[] };
  for (const endpoint of fleet.all()) {
    const { backups } = factsOf(endpoint.id);
    const about = heldOf(endpoint.id);
    answer.endpoints++;
    for (const job of backups ?? []) {
      const key = keyOf(endpoint.id, job.product, job.job);
      const tried = tests.get(testKey(endpoint.id, job.job)) ?? [];
      answer.jobs.push(rowOf(endpoint, job, about, runs.get(key) ?? [], tried, now));
    }
    if (backups !== null && backups.length > 0) continue;
    const group = backups === null ? 'unknown' : 'none';
    answer[group].push(nameOf(endpoint));
    held[group].push(about.find(({ metric }) => metric.startsWith('backup.'))?.severity ?? null);
  }
  answer.jobs.sort(
    (a, b) =>
      worstJobFirst.indexOf(a.state) - worstJobFirst.indexOf(b.state) || (b.ageSeconds ?? 0) - (a.ageSeconds ?? 0),
  );
  answer.groups = groupNames.map((name) => {
    const jobs = answer.jobs.filter(({ groups }) => groups.includes(name)).map(({ level }) => level);
    const found = name === 'none' || name === 'unknown' ? [...held[name], ...jobs] : jobs;
    return { name, count: found.length, level: worst(found) };
  });
  return answer;
}

type ProtectionGroup = Protection['groups'][number]['name'];
type JobFacts = Omit<ProtectedJob, 'groups'>;

/** Groups of jobs on the page, worst first. Endpoints without a job have lists of their own. */
const groupTests: Record<ProtectionGroup, (row: JobFacts, job: BackupJob) => boolean> = {
  none: () => false,
  failed: ({ state }) => state === 'failed',
  late: ({ state }) => state === 'late',
  never: ({ state }) => state === 'never',
  anomaly: ({ sizeAnomaly }) => sizeAnomaly === true,
  warning: ({ state }) => state === 'warning',
  unverified: (_, job) => isUntested(job),
  unknown: ({ state }) => state === 'unknown',
  ok: ({ state }) => state === 'ok' || state === 'running',
};
const groupNames = Object.keys(groupTests) as ProtectionGroup[];

const keyOf = (...parts: string[]) => parts.join('\n');
const nameOf = ({ id, name, kind, site }: Endpoint) => ({ id, name, kind: machineKind(kind), site });

function rowOf(
  endpoint: Endpoint,
  reported: BackupJob,
  held: readonly HeldAlert[],
  runs: readonly BackupRun[],
  tests: readonly RestoreTest[],
  now: number,
): ProtectedJob {
  const job = withTests(reported, tests);
  const by = (at: number | null, ok: boolean) =>
    at === null ? null : (tests.findLast((test) => test.ok === ok && test.at === at)?.by ?? job.product);
  const failedAt = job.verifiedOk === false ? (job.verifyFailedAt ?? null) : null;
  const verdict = jobVerdict(job, held, now);
  const isSmall = heldAbout(held, ['backup.size_percent'], { job: job.job, product: job.product }) !== undefined;
  const usualBytes = usualSize(runs, { endedAt: job.lastSuccess });
  const row: JobFacts = {
    endpoint: nameOf(endpoint),
    product: job.product,
    job: job.job,
    protects: job.protects,
    state: verdict.state,
    level: verdict.level,
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
  return { ...row, groups: groupNames.filter((name) => groupTests[name](row, job)) };
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
