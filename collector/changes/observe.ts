/** Installations and restarts as rows, each once however often it is reported. */

import type { PatchState } from '../../shared/inventory.ts';
import type { Section } from '../../shared/section.ts';
import { breathe } from '../state/breathe.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { installsIn, type Observation, restartedAt } from './rollout.ts';

const key = 'changes-signals';
/** Births per transaction. */
const atOnce = 500;
/** What is older when a collector first looks belongs to months that are closed. */
const lookBackMs = 62 * 86_400_000;
/** The reason of an `online` that no birth brought. */
const sameConnection = 'reports';

async function add(db: StateTransaction, observations: readonly Observation[]): Promise<void> {
  for (const { packages, ...one } of observations)
    await db
      .insertInto('change_observations')
      .values({ ...one, packages: JSON.stringify(packages), change: null })
      .onConflict((clash) => clash.columns(['endpoint', 'what', 'fingerprint']).doNothing())
      .execute();
}

/** Compares updates with the section that is about to be replaced. */
export async function noteInstalls(
  db: StateTransaction,
  endpoint: string,
  { section, text, at }: Pick<Section, 'section' | 'text' | 'at'>,
): Promise<void> {
  if (section !== 'patches') return;
  const own = db.selectFrom('inventory').select(['at', 'data']).where('endpoint', '=', endpoint);
  const before = await own.where('section', '=', section).executeTakeFirst();
  // Daily, and mostly nothing has changed.
  if (!before || before.data === text) return;
  await breathe();
  const was = { states: JSON.parse(before.data) as PatchState[], at: before.at };
  await breathe();
  await add(db, installsIn(endpoint, was, { states: JSON.parse(text) as PatchState[], at }));
}

/**
 * Reads the births that were saved since the last time, in their order.
 * @returns whether there may be more
 */
export async function noteRestarts(state: State, now: number): Promise<boolean> {
  return state.transaction().execute(async (db) => {
    const stored = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
    let births = db
      .selectFrom('signals as s')
      .innerJoin('endpoints as e', 'e.id', 's.endpoint')
      .select(['s.id', 's.endpoint', 's.at', 's.boot_id', 's.reason', 's.last_seen', 's.birth', 'e.kind'])
      .where('s.kind', '=', 'online')
      .where('s.reason', 'is distinct from', sameConnection)
      .orderBy('s.id')
      .limit(atOnce);
    births = stored ? births.where('s.id', '>', Number(stored.value)) : births.where('s.at', '>', now - lookBackMs);
    const rows = await births.execute();
    for (const { id, endpoint, kind, ...back } of rows) {
      const before = await lastSignal(db, endpoint, id, true);
      if (!before) continue;
      const at = restartedAt({ back, before, last: (await lastSignal(db, endpoint, id, false)) ?? null, kind });
      if (at === null) continue;
      const fingerprint = `${back.boot_id}:${back.at}`;
      await add(db, [{ endpoint, what: 'restart', fingerprint, at, manager: null, packages: [] }]);
    }
    const last = rows.at(-1);
    if (last) {
      const value = String(last.id);
      await db
        .insertInto('settings')
        .values({ key, value })
        .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
        .execute();
    }
    return rows.length === atOnce;
  });
}

function lastSignal(db: StateTransaction, endpoint: string, before: number, isBirth: boolean) {
  const rows = db
    .selectFrom('signals')
    .select(['kind', 'at', 'boot_id', 'reason', 'last_seen', 'birth'])
    .where('endpoint', '=', endpoint)
    .where('id', '<', before)
    .orderBy('id', 'desc')
    .limit(1);
  const chosen = isBirth
    ? rows.where('kind', '=', 'online').where('reason', 'is distinct from', sameConnection)
    : rows.where('kind', '!=', 'backlog');
  return chosen.executeTakeFirst();
}
