/**
 * The history of each backup job: one row per run, made from the inventory sections as they arrive. The good ones show
 * whether a backup is as large as usual, all of them how it went lately.
 */
import type { Selectable } from 'kysely';
import type { BackupRuns } from '../../shared/backup-runs.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { Metric } from '../../shared/report.ts';
import { breathe } from '../state/breathe.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';

/** Rows per job, as many again that failed: enough for the usual size, and for a month of daily runs. */
const keep = 40;
/** Of each job, on its page. */
export const shownRuns = 30;
const keepOfEndpoint = 500 * 2 * keep;

export interface BackupRun {
  endedAt: number;
  bytes: number | null;
}

/** Nine petabytes and more are a fault of the tool, and beyond the safe integers that SQLite can return. */
const exact = (amount: number | null) =>
  amount !== null && Math.abs(amount) <= Number.MAX_SAFE_INTEGER ? amount : null;

/** The newest run of a job that has ended, by what its agent knows of it. */
function endedRun({ lastRun, lastSuccess, result }: BackupJob) {
  // After a failed run, bytes and duration are the failed run's, not those of the last good one.
  if (result === 'failed') return lastRun === null ? null : { ended_at: lastRun, result };
  if ((result !== 'ok' && result !== 'warning') || lastSuccess === null) return null;
  return lastRun !== null && lastRun > lastSuccess ? null : { ended_at: lastSuccess, result };
}

/** Saves the newest runs of a `backups` section, in one commit. Idempotent per run. @returns how many were new */
export function rememberRuns(state: State, endpoint: string, jobs: readonly BackupJob[]): Promise<number> {
  const ended = jobs.flatMap((one) => {
    const run = endedRun(one);
    const { product, job, bytes, files, duration } = one;
    return run === null ? [] : [{ endpoint, product, job, ...run, bytes: exact(bytes), files: exact(files), duration }];
  });
  if (ended.length === 0) return Promise.resolve(0);
  return state.transaction().execute(async (db) => {
    let added = 0;
    for (const row of ended) {
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

/** Failed runs have a number of their own: however many there are, the usual size stays known. */
async function dropOldest(
  db: StateTransaction,
  {
    endpoint,
    product,
    job,
    result,
  }: Pick<Selectable<Database['backup_runs']>, 'endpoint' | 'product' | 'job' | 'result'>,
): Promise<void> {
  const isSame = result === 'failed' ? '=' : '<>';
  const old = await db
    .selectFrom('backup_runs')
    .select('ended_at')
    .where('endpoint', '=', endpoint)
    .where('product', '=', product)
    .where('job', '=', job)
    .where('result', isSame, 'failed')
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
    .where('result', isSame, 'failed')
    .where('ended_at', '<=', old.ended_at)
    .execute();
}

/** An endpoint with ever new names of jobs keeps its newest runs, as many as 500 jobs can have. */
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
      .where('result', '<>', 'failed')
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

/** How the jobs of an endpoint went lately. */
export async function lastRuns(state: State, endpoint: string): Promise<BackupRuns[]> {
  const rows = await state
    .selectFrom('backup_runs')
    .select(['product', 'job', 'ended_at', 'result', 'bytes', 'duration'])
    .where('endpoint', '=', endpoint)
    .orderBy('ended_at', 'desc')
    .execute();
  return [...Map.groupBy(rows, ({ product, job }) => JSON.stringify([product, job])).values()].map((runs) => {
    const { product, job } = runs[0] as (typeof rows)[number];
    const shown = runs.slice(0, shownRuns).reverse();
    return {
      ...{ product, job },
      runs: shown.map(({ ended_at: endedAt, result, bytes, duration }) => ({ endedAt, result, bytes, duration })),
    };
  });
}
