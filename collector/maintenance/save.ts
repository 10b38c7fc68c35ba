/** Saves what `maintain` decided, in the transaction of its batch and in its order. */
import type { Transaction } from 'kysely';
import type { Batch } from '../alerts/batch.ts';
import { breathe } from '../state/breathe.ts';
import type { Database } from '../state/database.ts';
import { insertRows, updateRow } from '../state/rows.ts';
import type { UnsavedMaintenance } from './changes.ts';
import { occurrenceRow, windowRow } from './rows.ts';

type Db = Transaction<Database>;

export async function saveMaintenance(db: Db, { maintenance }: Batch): Promise<void> {
  const members: Extract<UnsavedMaintenance, { type: 'member' }>[] = [];
  for (const one of maintenance) {
    // Thousands begin at once, and nothing else of them comes between.
    if (one.type === 'member') members.push(one);
    else {
      await insertMembers(db, members.splice(0));
      await saveOne(db, one);
    }
    await breathe();
  }
  await insertMembers(db, members);
}

async function insertMembers(db: Db, members: readonly Extract<UnsavedMaintenance, { type: 'member' }>[]) {
  const rows = members.map(({ occurrence, endpoint, from, to }) => ({
    ...{ occurrence, endpoint, from_at: from, to_at: to },
  }));
  // Back at the same instant at which it left.
  await insertRows(db, 'maintenance_members', rows, 'on conflict do nothing');
}

async function saveOne(db: Db, one: Exclude<UnsavedMaintenance, { type: 'member' }>): Promise<void> {
  switch (one.type) {
    case 'window':
      await put(db, 'maintenance_windows', windowRow(one.window));
      break;
    case 'occurrence':
      await put(db, 'maintenance_occurrences', occurrenceRow(one.occurrence));
      break;
    case 'left':
    case 'over': {
      let update = db.updateTable('maintenance_members').set({ to_at: one.to });
      update = update.where('occurrence', '=', one.occurrence).where('to_at', 'is', null);
      if (one.type === 'left') update = update.where('endpoint', '=', one.endpoint);
      await update.execute();
      break;
    }
    case 'event': {
      const { by: actor, code, params } = one.done;
      const event = { maintenance: one.window, at: one.at, actor, code, params: JSON.stringify(params) };
      await insertRows(db, 'maintenance_events', [event]);
      break;
    }
    case 'alert':
      await updateRow(db, 'alerts', one.id, { suppressed: one.suppressed ? 'maintenance' : null });
  }
}

async function put<T extends 'maintenance_windows' | 'maintenance_occurrences'>(
  db: Db,
  table: T,
  row: ReturnType<typeof windowRow> | ReturnType<typeof occurrenceRow>,
): Promise<void> {
  const changes = Object.keys(row).filter((column) => column !== 'id');
  const set = changes.map((column) => `${column} = excluded.${column}`).join(', ');
  await insertRows(db, table, [row as never], `on conflict (id) do update set ${set}`);
}
