/** Everything that the page of one endpoint shows, read from state per request. */
import type { EndpointDetail } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { Alerts } from '../alerts/alerts.ts';
import { refusedPartsIn } from '../intake/refused-parts.ts';
import { timelineOf } from '../kpi/history.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import { backupVerdict } from './backup-state.ts';
import type { Fleet } from './fleet.ts';
import { identityOf } from './identity.ts';
import { testKey, testsByJob, withTests } from './restore-tests.ts';
import type { Rows } from './rows.ts';

const weekMs = 7 * 86_400_000;

export interface DetailDeps {
  state: State;
  fleet: Fleet;
  rows: Rows;
  series: Pick<SeriesStore, 'latest'>;
  alerts: Pick<Alerts, 'held'>;
  floodOf(id: string): EndpointDetail['flood'];
}

/** @throws EvenkeelError NOT_FOUND */
export async function detailOf(
  { state, fleet, rows, series, alerts, floodOf }: DetailDeps,
  id: string,
  now: number,
): Promise<Omit<EndpointDetail, 'backupNotNeeded'>> {
  const endpoint = fleet.get(id);
  const row = rows.get(id);
  if (!endpoint || !row) throw fail('NOT_FOUND', { what: 'endpoint', id });
  return {
    row,
    bootId: endpoint.bootId,
    enrolledAt: endpoint.enrolledAt,
    kindWhy: endpoint.kindWhy,
    intervalSeconds: endpoint.intervalMs === null ? null : endpoint.intervalMs / 1000,
    clockOffsetMs: endpoint.clockOffsetMs,
    people: endpoint.people,
    flood: floodOf(id),
    latest: [...series.latest(id)],
    sections: await sectionsOf(state, id),
    backups: backupVerdict(rows.facts(id).backups, alerts.held(id), now).jobs,
    timeline: await timelineOf(state, id, now - weekMs, now, now),
    ...(await factsOf(state, id)),
    ...(await identityOf({ state, fleet }, id, now)),
  };
}

async function sectionsOf(state: State, id: string): Promise<EndpointDetail['sections']> {
  const rows = await state
    .selectFrom('inventory')
    .select(['section', 'at', 'received_at', 'data'])
    .where('endpoint', '=', id)
    .orderBy('section')
    .execute();
  const tests = await testsByJob(state, [id]);
  // Restore tests recorded by people count like those of the tool.
  const shown = (section: string, data: unknown) =>
    section === 'backups'
      ? (data as BackupJob[]).map((job) => withTests(job, tests.get(testKey(id, job.job)) ?? []))
      : data;
  return rows.map(({ section, at, received_at, data }) => ({
    section,
    at,
    receivedAt: received_at,
    data: shown(section, JSON.parse(data)),
  }));
}

async function factsOf(state: State, id: string): Promise<Pick<EndpointDetail, 'signals' | 'losses' | 'quarantined'>> {
  const signals = await state
    .selectFrom('signals')
    .selectAll()
    .where('endpoint', '=', id)
    .orderBy('id', 'desc')
    .limit(200)
    .execute();
  const losses = await state
    .selectFrom('losses')
    .selectAll()
    .where('endpoint', '=', id)
    .orderBy('id', 'desc')
    .limit(50)
    .execute();
  const quarantined = await state
    .selectFrom('quarantine')
    .select(['received_at', 'code', 'message', 'size', 'sample', 'parts'])
    .where('endpoint', '=', id)
    .orderBy('id', 'desc')
    .limit(50)
    .execute();
  return {
    signals: signals.map(({ at, kind, session, boot_id, reason, last_seen }) => ({
      at,
      kind,
      session,
      bootId: boot_id,
      reason,
      lastSeen: last_seen,
    })),
    losses: losses.map(({ received_at, from_seq, to_seq, reason, count }) => ({
      receivedAt: received_at,
      from: from_seq,
      to: to_seq,
      reason,
      count,
    })),
    quarantined: quarantined.map(({ received_at, code, message, size, ...row }) => ({
      receivedAt: received_at,
      code,
      message,
      size,
      parts: refusedPartsIn(row),
    })),
  };
}
