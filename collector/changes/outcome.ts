/** What people say of changes that are over: how they went, as a whole and for one target. */
import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { changeSuccess } from '../kpi/formulas/change-success.ts';
import { judgeChanges } from './judge.ts';
import { badChange, finishedAt, isRaised, type StatedOutcome } from './plan.ts';
import { noteChange } from './rows.ts';
import { type ChangeTools, conflict } from './tools.ts';
import { closeWindows } from './windows.ts';

export function createChangeOutcomes({ state, clock, zone, maintenance, stored, save, publish }: ChangeTools) {
  async function finish(id: number, verdict: StatedOutcome, by: string): Promise<void> {
    const now = clock.now();
    const row = await stored(id);
    if (row.state === 'cancelled') throw conflict(reason('change_no_outcome', { change: `C-${id}` }));
    const isFirst = row.state !== 'done';
    if (row.kind === 'recognised' && verdict.at !== undefined)
      throw badChange('finished', reason('change_recognised_time'));
    const end =
      row.kind === 'recognised' || (!isFirst && verdict.at === undefined)
        ? (row.implemented_at as number)
        : finishedAt(verdict.at, { start: row.start_at, end: row.end_at }, { now, zone });
    const { outcome, objectiveMet, rolledBack, emergencyFix } = verdict;
    const given = verdict.reason.trim();
    const columns = {
      ...{ state: 'done' as const, implemented_at: end, outcome, outcome_reason: given || null },
      objective_met: objectiveMet === null ? null : objectiveMet ? (1 as const) : (0 as const),
      ...{ rolled_back: rolledBack ? 1 : 0, emergency_fix: emergencyFix ? 1 : 0 },
    };
    const [judged] = await judgeChanges(state, [{ ...row, ...columns, outcome: null }], { now, zone });
    const found = changeSuccess({
      period: { start: end, end: end + 1 },
      asOf: now,
      changes: judged ? [{ ...judged.fact, repairs: null }] : [],
    });
    const computed = found.changes[0]?.outcome;
    if (computed && isRaised(outcome, computed) && given === '')
      throw badChange('reason', reason(computed === 'failed' ? 'change_raised_failed' : 'change_raised_with_issues'));
    await state.transaction().execute(async (db) => {
      await save(db, id, columns, by);
      const said = { outcome, reason: given, objectiveMet, rolledBack, emergencyFix, at: end, computed };
      await noteChange(db, id, now, by, isFirst ? 'finished' : 'outcome', said);
    });
    if (isFirst) await closeWindows(state, maintenance(), id, by);
    publish([id]);
  }

  async function setResult(
    id: number,
    endpoint: string,
    result: 'done' | 'failed' | null,
    note: string,
    by: string,
  ): Promise<void> {
    await stored(id);
    await state.transaction().execute(async (db) => {
      const own = db
        .updateTable('change_targets')
        .set({ result, note: note.trim() || null })
        .where('change', '=', id);
      const { numUpdatedRows } = await own.where('endpoint', '=', endpoint).executeTakeFirst();
      if (numUpdatedRows === 0n) throw fail('NOT_FOUND', { what: `target of C-${id}`, id: endpoint });
      await noteChange(db, id, clock.now(), by, 'result', { endpoint, result, note });
    });
    publish([id]);
  }

  return { finish, setResult };
}
