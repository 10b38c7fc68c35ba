/** The Protection page: endpoints without a backup, late, never verified, or smaller than usual. */
import type { ProtectedJob, Protection, ProtectionGroup, ProtectionRow } from '../../shared/api.ts';
import { protectionGroups } from '../../shared/api.ts';
import type { EndedRun } from '../../shared/backup-runs.ts';
import { type CsvCell, csvLine } from '../../shared/csv.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import type { RuleChoice } from '../evaluate/book.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { heldAbout } from './attention.ts';
import { rhythmOf } from './backup-age.ts';
import { type BackupRun, shownRuns, usualSize } from './backup-runs.ts';
import { isUntested, jobVerdict } from './backup-state.ts';
import type { EndpointFacts } from './facts.ts';
import { type Endpoint, type Fleet, machineKind } from './fleet.ts';
import { openTickets } from './open-tickets.ts';
import { chooseProtection, type ProtectionFilter, type ProtectionKey } from './protection-query.ts';
import { type RestoreTest, testKey, testsByJob } from './restore-tests.ts';

export interface ProtectionDeps {
  state: State;
  fleet: Pick<Fleet, 'all'>;
  /** The inventory of an endpoint as the fleet page keeps it in memory, with restore tests of people. */
  factsOf(id: string): EndpointFacts;
  /** Its verdicts in the alert engine. */
  heldOf(id: string): readonly HeldAlert[];
  /** The rule about a missing backup that an exception turns off for it. */
  notNeededBy?(endpoint: Endpoint): string | null;
  now: number;
}

/** A row, and what the rest of it is made of. */
interface RowSource extends ProtectionKey {
  held: readonly HeldAlert[];
  /** Restore tests of people are merged already. */
  known: BackupJob | null;
  notNeeded: string | null;
}

/** @param page where it begins */
export async function protectionOf(
  deps: ProtectionDeps,
  { limit, page, ...filter }: ProtectionFilter & { limit: number; page: number },
): Promise<Protection> {
  const { all, endpoints } = await sourcesOf(deps);
  const { rows, ...head } = chooseProtection(all, filter);
  const shown = rows.slice(page, page + limit) as RowSource[];
  return {
    ...{ asOf: deps.now, endpoints, jobs: all.filter(({ job }) => job !== null).length, ...head },
    items: await wholeRows(deps, shown),
    total: rows.length,
    next: rows.length > page + limit ? String(page + limit) : null,
  };
}

/** So many rows of a table are made at once: their runs are read together. */
const chunk = 200;
const tableHead = [
  ...['endpoint', 'kind', 'site', 'product', 'job', 'protects', 'state', 'level', 'groups', 'last_run'],
  ...['last_success', 'every_s', 'bytes', 'usual_bytes', 'last_verified', 'verified_by', 'verify_failed_at'],
];

/** All that was asked for as CSV, in pieces. With a byte order mark, as writeCsv begins. */
export async function* protectionTable(deps: ProtectionDeps, filter: ProtectionFilter): AsyncGenerator<string> {
  const { all } = await sourcesOf(deps);
  const { rows } = chooseProtection(all, filter);
  yield `\ufeff${csvLine(tableHead)}`;
  for (let from = 0; from < rows.length; from += chunk) {
    const whole = await wholeRows(deps, rows.slice(from, from + chunk) as RowSource[]);
    yield whole.map((row) => csvLine(tableRow(row))).join('');
  }
}

const instant = (at: number | null | undefined): string | null =>
  typeof at === 'number' ? Temporal.Instant.fromEpochMilliseconds(at).toString() : null;

const tableRow = ({ endpoint, job, level, groups }: ProtectionRow): CsvCell[] => [
  ...[endpoint.name, endpoint.kind, endpoint.site, job?.product ?? null, job?.job ?? null],
  ...[job?.protects.join(' ') ?? null, job?.state ?? groups[0] ?? null, level, groups.join(' ')],
  ...[instant(job?.lastRun), instant(job?.lastSuccess), job?.rhythmSeconds ?? null, job?.bytes ?? null],
  ...[job?.usualBytes ?? null, instant(job?.lastVerified), job?.verifiedBy ?? null, instant(job?.verifyFailedAt)],
];

/** Groups of jobs on the page. */
const groupTests: Record<ProtectionGroup, (state: ProtectedJob['state'], job: BackupJob, isSmall: boolean) => boolean> =
  {
    none: () => false,
    failed: (state) => state === 'failed',
    late: (state) => state === 'late',
    never: (state) => state === 'never',
    anomaly: (_, __, isSmall) => isSmall,
    warning: (state) => state === 'warning',
    unverified: (_, job) => isUntested(job),
    unknown: (state) => state === 'unknown',
    not_needed: () => false,
    ok: (state) => state === 'ok' || state === 'running',
  };

type SizedRun = BackupRun & EndedRun;

const keyOf = (...parts: string[]) => parts.join('\n');
const nameOf = ({ id, name, kind, site }: Endpoint) => ({ id, name, kind: machineKind(kind), site });
const isTooSmall = (held: readonly HeldAlert[], { job, product }: BackupJob) =>
  heldAbout(held, ['backup.size_percent'], { job, product }) !== undefined;

/** Turned off everywhere, or for a kind of machine, it says nothing of one machine. */
const exceptions: readonly string[] = ['site', 'group', 'tag', 'endpoint'];

/** The rule about a missing backup that somebody has turned off for a machine, or for a place that it belongs to. */
export function backupNotNeeded(choices: readonly RuleChoice[]): string | null {
  const off = choices.find(
    ({ rule: { when, enabled }, scope }) =>
      when.kind === 'missing' && when.measurement === 'backup' && !enabled && exceptions.includes(scope.of),
  );
  return off?.rule.id ?? null;
}

/** All jobs and all endpoints without one, with what they are counted and ordered by. */
async function sourcesOf({ fleet, factsOf, heldOf, notNeededBy, now }: ProtectionDeps) {
  const all: RowSource[] = [];
  let endpoints = 0;
  for (const of of fleet.all()) {
    if (endpoints++ % 500 === 499) await breathe();
    const { backups } = factsOf(of.id);
    const held = heldOf(of.id);
    const endpoint = nameOf(of);
    for (const job of backups ?? []) {
      const { state: verdict, level } = jobVerdict(job, held, now);
      const isSmall = isTooSmall(held, job);
      const groups = protectionGroups.filter((name) => groupTests[name](verdict, job, isSmall));
      all.push({ endpoint, level, groups, job: { ...job, state: verdict }, held, known: job, notNeeded: null });
    }
    if (backups !== null && backups.length > 0) continue;
    const level = held.find(({ metric }) => metric.startsWith('backup.'))?.severity ?? null;
    const notNeeded = notNeededBy?.(of) ?? null;
    const group = notNeeded !== null ? 'not_needed' : backups === null ? 'unknown' : 'none';
    all.push({ endpoint, level, groups: [group], job: null, held, known: null, notNeeded });
  }
  return { all, endpoints };
}

/** Reads runs and restore tests of these rows only: over the whole fleet they are forty per job. */
async function wholeRows({ state, now }: ProtectionDeps, sources: readonly RowSource[]): Promise<ProtectionRow[]> {
  const ids = [...new Set(sources.flatMap(({ endpoint, known }) => (known ? [endpoint.id] : [])))];
  const [runs, tests] = [await runsOf(state, ids), await testsByJob(state, ids)];
  const ticketOf = await openTickets(
    state,
    sources.map(({ endpoint }) => endpoint.id),
    'backup',
  );
  return sources.map(({ endpoint, level, groups, held, known, notNeeded }) => {
    const about = held.filter(
      ({ metric, tags }) => metric.startsWith('backup.') && (tags.job === undefined || tags.job === known?.job),
    );
    const row = { endpoint, level, groups, notNeeded, ticket: ticketOf(endpoint.id, about) };
    if (known === null) return { ...row, job: null };
    const { product, job } = known;
    const ofJob = runs.get(keyOf(endpoint.id, product, job)) ?? [];
    const tried = tests.get(testKey(endpoint.id, job)) ?? [];
    return { ...row, job: wholeJob(known, held, ofJob, tried, now) };
  });
}

function wholeJob(
  job: BackupJob,
  held: readonly HeldAlert[],
  runs: readonly SizedRun[],
  tests: readonly RestoreTest[],
  now: number,
): ProtectedJob {
  const by = (at: number | null, ok: boolean) =>
    at === null ? null : (tests.findLast((test) => test.ok === ok && test.at === at)?.by ?? job.product);
  const failedAt = job.verifiedOk === false ? (job.verifyFailedAt ?? null) : null;
  const verdict = jobVerdict(job, held, now);
  const good = runs.filter(({ result }) => result !== 'failed');
  const usualBytes = usualSize(good, { endedAt: job.lastSuccess });
  return {
    ...{ product: job.product, job: job.job, protects: job.protects, state: verdict.state, reason: job.reason },
    ...{ lastRun: job.lastRun, lastSuccess: job.lastSuccess, ageSeconds: verdict.ageSeconds },
    rhythmSeconds: rhythmOf(job.schedule) / 1000,
    ...{ bytes: job.bytes, usualBytes },
    runs: runs
      .slice(0, shownRuns)
      .map(({ endedAt, result }) => ({ endedAt, result }))
      .reverse(),
    sizeAnomaly: isTooSmall(held, job) ? true : usualBytes === null ? null : false,
    lastVerified: job.lastVerified,
    verifiedBy: by(job.lastVerified, true),
    verifyFailedAt: failedAt,
    verifyFailedBy: by(failedAt, false),
    verifyNote: job.verifiedOk === false ? (job.verifyNote ?? null) : null,
  };
}

/** Newest first, failed ones too. */
async function runsOf(state: State, endpoints: readonly string[]): Promise<Map<string, SizedRun[]>> {
  const byJob = new Map<string, SizedRun[]>();
  if (endpoints.length === 0) return byJob;
  const rows = await state
    .selectFrom('backup_runs')
    .select(['endpoint', 'product', 'job', 'ended_at', 'result', 'bytes'])
    .where('endpoint', 'in', endpoints)
    .orderBy('ended_at', 'desc')
    .execute();
  for (const row of rows) {
    const key = keyOf(row.endpoint, row.product, row.job);
    const list = byJob.get(key) ?? [];
    list.push({ endedAt: row.ended_at, result: row.result, bytes: row.bytes });
    byJob.set(key, list);
  }
  return byJob;
}
