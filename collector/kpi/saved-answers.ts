/**
 * Answers about open months that took long, saved: after a start pages show them, as of when they were computed, while
 * they are computed anew.
 */
import { createHash } from 'node:crypto';
import type { State } from '../state/open.ts';
import type { KeptStore } from './kept.ts';
import { kpis } from './kpis/index.ts';
import type { Month } from './month.ts';

export interface KeptMonth {
  month: Month;
  /** What it depends on beside facts and time, as that was before it was computed. */
  basis: string;
}

/** Formulas, weights, calendars and what belongs to which: an answer that was made of others is not shown after a start. */
export async function basisOf(state: State, version: string, definition: Month['definition']): Promise<string> {
  const calendars = await state.selectFrom('calendars').select(['id', 'version']).orderBy('id').execute();
  const sites = await state.selectFrom('sites').selectAll().orderBy('id').execute();
  const members = await state.selectFrom('group_members').selectAll().orderBy('group_id').orderBy('endpoint').execute();
  const formulas = kpis.map(({ id, formula }) => `${id} ${formula}`);
  const all = [version, process.versions.tz, formulas, definition, calendars, sites, members];
  return createHash('sha256').update(JSON.stringify(all)).digest('base64url');
}

export function savedAnswers(
  state: State,
  { basisNow, oldestMs }: { basisNow(): Promise<string>; oldestMs: number },
): KeptStore<KeptMonth> {
  return {
    async load(key) {
      const row = await state.selectFrom('kept_months').selectAll().where('key', '=', key).executeTakeFirst();
      if (!row || row.basis !== (await basisNow())) return null;
      return { at: row.at, took: row.took, value: { month: JSON.parse(row.content) as Month, basis: row.basis } };
    },
    async save(key, { at, took, value: { month, basis } }) {
      const row = { at, took: Math.round(took), basis, content: JSON.stringify(month) };
      await state
        .insertInto('kept_months')
        .values({ key, ...row })
        .onConflict((clash) => clash.column('key').doUpdateSet(row))
        .execute();
      // Nobody is answered with them again; one of the future comes from a wrong clock.
      await state
        .deleteFrom('kept_months')
        .where(({ eb, or }) => or([eb('at', '<', at - oldestMs), eb('at', '>', at + oldestMs)]))
        .execute();
    },
  };
}
