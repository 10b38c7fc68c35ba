/**
 * The history of each backup job: one row per good run, made from the inventory sections as they arrive. It shows
 * whether a backup is as large as usual.
 */
import type { BackupJob } from '../../shared/inventory.ts';
import type { Metric } from '../../shared/report.ts';
import { breathe } from '../state/breathe.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';

/** Rows per job: enough for the usual size, and for a month of daily runs. */
const keep = 40;
const keepOfEndpoint = 500 * keep;

export interface BackupRun {
  endedAt: number;
  bytes: number | null;
}

/** Nine petabytes and more are a fault of the tool, and beyond the safe integers that SQLite can return. */
const exact = (amount: number | null) =>
  amount !== null && Math.abs(amount) <= Number.MAX_SAFE_INTEGER ? amount : null;

/** Saves the good runs of a `backups` section, in one commit. Idempotent per run. @returns how many were new */
export function rememberRuns(state: State, endpoint: string, jobs: readonly BackupJob[]): Promise<number> {
  const good = jobs.flatMap(({ product, job, lastRun, lastSuccess, bytes, files, duration, result }) => {
    // After a failed run, bytes and duration are the failed run's, not those of the last good one.
    if ((result !== 'ok' && result !== 'warning') || lastSuccess === null) return [];
    if (lastRun !== null && lastRun > lastSuccess) return [];
    return [{ endpoint, product, job, ended_at: lastSuccess, bytes: exact(bytes), files: exact(files), duration }];
  });
  if (good.length === 0) return Promise.resolve(0);
  return state.transaction().execute(async (db) => {
    let added = 0;
    for (const row of good) {
      await breathe();
      const inserted = await db
        .insertInto('backup_runs')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (inserted.numInsertedOrUpdatedRows === 0n) continue;
      added++;
      await dropOldest(db, row);
    }
    if (added > 0) await dropBeyond(db, endpoint);
    return added;
  });
}

async function dropOldest(
  db: StateTransaction,
  { endpoint, product, job }: { endpoint: string; product: string; job: string },
): Promise<void> {
  const old = await db
    .selectFrom('backup_runs')
    .select('ended_at')
    .where('endpoint', '=', endpoint)
    .where('product', '=', product)
    .where('job', '=', job)
    .orderBy('ended_at', 'desc')
    .offset(keep)
    .limit(1)
    .executeTakeFirst();
  if (!old) return;
  await db
    .deleteFrom('backup_runs')
    .where('endpoint', '=', endpoint)
    .where('product', '=', product)
    .where('job', '=', job)
    .where('ended_at', '<=', old.ended_at)
    .execute();
}

/** An endpoint with ever new names of jobs keeps its newest runs, as many as 500 jobs have. */
async function dropBeyond(db: StateTransaction, endpoint: string): Promise<void> {
  const rows = db.selectFrom('backup_runs').select('ended_at').where('endpoint', '=', endpoint);
  const old = await rows.orderBy('ended_at', 'desc').offset(keepOfEndpoint).limit(1).executeTakeFirst();
  if (!old) return;
  const surplus = db.deleteFrom('backup_runs').where('endpoint', '=', endpoint);
  await surplus.where('ended_at', '<=', old.ended_at).execute();
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
    await breathe();
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
