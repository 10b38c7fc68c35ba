/**
 * The history of each backup job: one row per good run, made from the inventory sections as they arrive. It shows
 * whether a backup is as large as usual.
 */
import type { BackupJob } from '../../shared/inventory.ts';
import type { Metric } from '../../shared/report.ts';
import type { State } from '../state/open.ts';

/** Rows per job: enough for the usual size, and for a month of daily runs. */
const keep = 40;

export interface BackupRun {
  endedAt: number;
  bytes: number | null;
}

/** Nine petabytes and more are a fault of the tool, and beyond the safe integers that SQLite can return. */
const exact = (amount: number | null) =>
  amount !== null && Math.abs(amount) <= Number.MAX_SAFE_INTEGER ? amount : null;

/** Saves the good runs of a `backups` section. Idempotent per run. */
export async function rememberRuns(state: State, endpoint: string, jobs: readonly BackupJob[]): Promise<void> {
  for (const { product, job, lastRun, lastSuccess, bytes, files, duration, result } of jobs) {
    // After a failed run, bytes and duration are the failed run's, not those of the last good one.
    const good = result === 'ok' || result === 'warning';
    if (!good || lastSuccess === null || (lastRun !== null && lastRun > lastSuccess)) continue;
    await state
      .insertInto('backup_runs')
      .values({ endpoint, product, job, ended_at: lastSuccess, bytes: exact(bytes), files: exact(files), duration })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const old = await state
      .selectFrom('backup_runs')
      .select('ended_at')
      .where('endpoint', '=', endpoint)
      .where('product', '=', product)
      .where('job', '=', job)
      .orderBy('ended_at', 'desc')
      .offset(keep)
      .limit(1)
      .executeTakeFirst();
    if (!old) continue;
    await state
      .deleteFrom('backup_runs')
      .where('endpoint', '=', endpoint)
      .where('product', '=', product)
      .where('job', '=', job)
      .where('ended_at', '<=', old.ended_at)
      .execute();
  }
}

/** `backup.size_percent` of each job whose usual size is known, for its newest good run; at `at`, ms UTC. */
export async function sizesOf(
  state: State,
  endpoint: string,
  jobs: readonly BackupJob[],
  at: number,
): Promise<Metric[]> {
  const metrics: Metric[] = [];
  for (const { product, job } of jobs) {
    const rows = await state
      .selectFrom('backup_runs')
      .select(['ended_at', 'bytes'])
      .where('endpoint', '=', endpoint)
      .where('product', '=', product)
      .where('job', '=', job)
      .orderBy('ended_at', 'desc')
      .execute();
    const runs = rows.map((row) => ({ endedAt: row.ended_at, bytes: row.bytes }));
    const [latest] = runs;
    if (!latest || latest.bytes === null) continue;
    const usualBytes = usualSize(runs, latest);
    if (usualBytes === null || usualBytes <= 0) continue;
    const fields = { size_percent: (100 * latest.bytes) / usualBytes };
    metrics.push({ name: 'backup', tags: { job, product }, fields, timestamp: at });
  }
  return metrics;
}

/**
 * Median size of the five good runs before `latest`, bytes.
 * @param runs newest first, `latest` included or not; with fewer than three earlier sizes the result is unknown
 */
export function usualSize(runs: readonly BackupRun[], latest: { endedAt: number | null }): number | null {
  const earlier = runs
    .filter((run) => latest.endedAt === null || run.endedAt < latest.endedAt)
    .flatMap((run) => (run.bytes === null ? [] : [run.bytes]))
    .slice(0, 5)
    .sort((a, b) => a - b);
  if (earlier.length < 3) return null;
  const middle = earlier.length / 2;
  return Number.isInteger(middle)
    ? ((earlier[middle - 1] as number) + (earlier[middle] as number)) / 2
    : (earlier[Math.floor(middle)] as number);
}
