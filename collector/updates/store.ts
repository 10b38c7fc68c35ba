/** Settings, rollouts, turns, and what agents said last, in state. */
import type { StopView, UpdateSettings } from '../../shared/agent-update.ts';
import type { UpdateReport } from '../../shared/update.ts';
import { type UpdateRing, usualUpdateNumbers } from '../../shared/update-choices.ts';
import { chunks } from '../state/chunks.ts';
import type { State, StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import type { RingDecision, Turn } from './rings.ts';

export interface KeptRollout {
  id: number;
  version: string;
  sequence: number;
  state: 'running' | 'stopped' | 'withdrawn' | 'replaced';
  stage: UpdateRing;
  stageAt: number;
  startedAt: number;
  by: string;
  reason: string;
  stop: StopView | null;
  endedAt: number | null;
  resumedAt: number;
  judgedAt: number;
}

const key = 'agent_updates';

export async function readSettings(state: State): Promise<UpdateSettings> {
  const row = await state.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  const kept = row ? (JSON.parse(row.value) as Partial<UpdateSettings>) : {};
  return { on: kept.on ?? false, numbers: { ...usualUpdateNumbers, ...kept.numbers } };
}

export async function saveSettings(db: State, settings: UpdateSettings): Promise<void> {
  const value = JSON.stringify(settings);
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
    .execute();
}

/** @returns newest first */
export async function readRollouts(state: State, newest: number): Promise<KeptRollout[]> {
  const rows = await state.selectFrom('update_rollouts').selectAll().orderBy('id', 'desc').limit(newest).execute();
  return rows.map(({ stage_at, started_at, by_user, stop, ended_at, resumed_at, judged_at, ...row }) => ({
    ...row,
    ...{ stageAt: stage_at, startedAt: started_at, by: by_user, endedAt: ended_at },
    ...{ resumedAt: resumed_at, judgedAt: judged_at, stop: stop === null ? null : (JSON.parse(stop) as StopView) },
  }));
}

export async function readTurns(state: State, rollout: number): Promise<Map<string, Turn>> {
  const rows = await state.selectFrom('update_turns').selectAll().where('rollout', '=', rollout).execute();
  return new Map(
    rows.map(({ endpoint, ring, at, from_version, result, result_at }) => [
      endpoint,
      { ring, at, from: from_version, result, resultAt: result_at },
    ]),
  );
}

/** The one before it is over in the same commit: two never run. */
export async function saveRollout(
  db: StateTransaction,
  {
    version,
    sequence,
    startedAt,
    by,
    reason,
  }: Pick<KeptRollout, 'version' | 'sequence' | 'startedAt' | 'by' | 'reason'>,
): Promise<void> {
  await db
    .updateTable('update_rollouts')
    .set({ state: 'replaced', ended_at: startedAt })
    .where('state', 'in', ['running', 'stopped'])
    .execute();
  await db
    .insertInto('update_rollouts')
    .values({
      ...{ version, sequence, state: 'running', stage: 'canary', stage_at: startedAt, started_at: startedAt },
      ...{ by_user: by, reason, stop: null, ended_at: null },
    })
    .execute();
}

type RolloutChange = Partial<Pick<KeptRollout, 'state' | 'stop' | 'endedAt' | 'resumedAt' | 'judgedAt'>>;

export async function changeRollout(db: State, id: number, change: RolloutChange): Promise<void> {
  const { state, stop, endedAt, resumedAt, judgedAt } = change;
  await db
    .updateTable('update_rollouts')
    .set({
      ...(state && { state }),
      ...(stop !== undefined && { stop: stop === null ? null : JSON.stringify(stop) }),
      ...(endedAt !== undefined && { ended_at: endedAt }),
      ...(resumedAt !== undefined && { resumed_at: resumedAt }),
      ...(judgedAt !== undefined && { judged_at: judgedAt }),
    })
    .where('id', '=', id)
    .execute();
}

/** All that was decided at one moment, or nothing of it. */
export async function saveDecision(
  db: StateTransaction,
  rollout: number,
  { results, taken, offers, stage, stop }: RingDecision,
  now: number,
  fromOf: (id: string) => string | null,
): Promise<void> {
  for (const { id, result } of results)
    await db
      .updateTable('update_turns')
      .set({ result, result_at: now })
      .where('rollout', '=', rollout)
      .where('endpoint', '=', id)
      .execute();
  for (const some of chunks(taken))
    await db.deleteFrom('update_turns').where('rollout', '=', rollout).where('endpoint', 'in', some).execute();
  await insertRows(
    db,
    'update_turns',
    offers.map(({ id, ring }) => ({
      ...{ rollout, endpoint: id, ring, at: now, from_version: fromOf(id), result: 'open' as const, result_at: now },
    })),
  );
  if (stage) await db.updateTable('update_rollouts').set({ stage, stage_at: now }).where('id', '=', rollout).execute();
  if (stop) await changeRollout(db, rollout, { state: 'stopped', stop, endedAt: now });
}

export async function readUpdatesSaid(state: State): Promise<Map<string, UpdateReport>> {
  const rows = await state.selectFrom('update_said').selectAll().execute();
  return new Map(rows.map(({ endpoint, said }) => [endpoint, JSON.parse(said) as UpdateReport]));
}

export async function saveUpdateSaid(db: State, endpoint: string, report: UpdateReport): Promise<void> {
  const said = JSON.stringify(report);
  await db
    .insertInto('update_said')
    .values({ endpoint, said })
    .onConflict((clash) => clash.column('endpoint').doUpdateSet({ said }))
    .execute();
}

export async function forget(state: State, endpoint: string): Promise<void> {
  await state.deleteFrom('update_said').where('endpoint', '=', endpoint).execute();
  await state.deleteFrom('update_turns').where('endpoint', '=', endpoint).execute();
}
