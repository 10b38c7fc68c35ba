/**
 * How backups, restores and patches of each endpoint were on each day: inventory holds only the present, and a KPI needs
 * the past. One row per endpoint and change, so that what stays as it is costs nothing.
 */
import type { Selectable } from 'kysely';
import type { BackupJob } from '../../shared/inventory.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';
import { ageOf } from './backup-age.ts';
import { backupVerdict } from './backup-state.ts';
import type { EndpointFacts } from './facts.ts';
import type { Endpoint, Fleet } from './fleet.ts';
import { patchRow } from './patch-compliance.ts';
import { testKey, testsByJob, withTests } from './restore-tests.ts';

type EndpointDay = Selectable<Database['endpoint_days']>;

const day = 86_400_000;
/** A restore that was tested longer ago proves little about the backups of today. */
const verifiedMs = 90 * day;
const columns = ['backup', 'restore', 'patches', 'os', 'model'] as const;

export interface EndpointDaysParts {
  state: State;
  fleet: Pick<Fleet, 'all'>;
  factsOf(id: string): EndpointFacts;
  /** Verdicts of an endpoint in the alert engine. */
  heldOf(id: string): readonly HeldAlert[];
  /** Report zone, IANA. */
  zone: string;
  now(): number;
}

/** Twice on one day: the later one holds. @returns how many endpoints differ from their last row */
export async function saveEndpointDays({
  state,
  fleet,
  factsOf,
  heldOf,
  zone,
  now: clock,
}: EndpointDaysParts): Promise<number> {
  const now = clock();
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate().toString();
  const tests = await testsByJob(state);
  const endpoints = [...fleet.all()].filter((endpoint) => endpoint.state !== 'never');
  let changed = 0;
  for (const some of chunks(endpoints)) {
    const ids = some.map(({ id }) => id);
    const [last, models] = [await lastRows(state, ids), await modelsOf(state, ids)];
    const rows: EndpointDay[] = [];
    for (const endpoint of some) {
      const [facts, held] = [factsOf(endpoint.id), heldOf(endpoint.id)];
      const jobs = facts.backups?.map((job) => withTests(job, tests.get(testKey(endpoint.id, job.job)) ?? [])) ?? null;
      const row: EndpointDay = {
        ...{ endpoint: endpoint.id, day: today },
        ...{ backup: backupOf(endpoint, jobs, held, now), restore: restoreOf(jobs, now) },
        patches: patchRow(endpoint, facts, held, now).state,
        ...{ os: facts.os, model: models.get(endpoint.id) ?? null },
      };
      const before = last.get(endpoint.id);
      if (!before || columns.some((name) => before[name] !== row[name])) rows.push(row);
    }
    const rewritten = columns.map((name) => `${name} = excluded.${name}`).join(', ');
    await state
      .transaction()
      .execute((db) => insertRows(db, 'endpoint_days', rows, `on conflict (endpoint, day) do update set ${rewritten}`));
    changed += rows.length;
    await breathe();
  }
  await state
    .insertInto('state_days')
    .values({ day: today, at: now })
    .onConflict((clash) => clash.column('day').doUpdateSet({ at: now }))
    .execute();
  return changed;
}

/** Good: a good run in the last 24 hours, and no job that failed or is late. */
function backupOf(
  { state }: Endpoint,
  jobs: readonly BackupJob[] | null,
  held: readonly HeldAlert[],
  now: number,
): EndpointDay['backup'] {
  if (jobs === null) return 'unknown';
  if (jobs.length === 0) return 'none';
  const verdict = backupVerdict(jobs, held, now);
  if (verdict.jobs.some((job) => job.state === 'failed' || job.state === 'late' || job.state === 'never')) return 'bad';
  const newest = Math.min(...jobs.map((job) => ageOf(job, now) ?? Number.POSITIVE_INFINITY));
  if (newest < day) return 'good';
  // What it has done since its last report is not known.
  return state === 'online' && Number.isFinite(newest) ? 'bad' : 'unknown';
}

/** Good: of each job a restore was tested with success in the last 90 days, and none has failed since. */
function restoreOf(jobs: readonly BackupJob[] | null, now: number): EndpointDay['restore'] {
  if (jobs === null) return 'unknown';
  if (jobs.length === 0) return 'none';
  const isTested = ({ lastVerified, verifiedOk }: BackupJob) =>
    verifiedOk !== false && lastVerified !== null && now - lastVerified <= verifiedMs;
  return jobs.every(isTested) ? 'good' : 'bad';
}

async function lastRows(state: State, ids: readonly string[]): Promise<Map<string, EndpointDay>> {
  const rows = await state
    .selectFrom('endpoint_days as d')
    .selectAll('d')
    .where('d.endpoint', 'in', ids)
    .where('d.day', '=', ({ selectFrom }) =>
      selectFrom('endpoint_days as n')
        .whereRef('n.endpoint', '=', 'd.endpoint')
        .select(({ fn }) => fn.max('n.day').as('day')),
    )
    .execute();
  return new Map(rows.map((row) => [row.endpoint, row]));
}

async function modelsOf(state: State, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await state
    .selectFrom('inventory')
    .select(['endpoint', 'data'])
    .where('section', '=', 'hardware')
    .where('endpoint', 'in', ids)
    .execute();
  return new Map(
    rows.flatMap(({ endpoint, data }) => {
      const { manufacturer, model } = JSON.parse(data) as { manufacturer: string | null; model: string | null };
      const name = [manufacturer, model].filter(Boolean).join(' ');
      return name === '' ? [] : [[endpoint, name] as const];
    }),
  );
}
