/**
 * A machine that was installed anew enrols as a new endpoint. When a person says that it is the same machine, the old endpoint
 * goes on for both: its id, name, history, alerts and tickets stay, and the credential of the new one becomes its own. The
 * old credential stops working.
 */
import { fail } from '../../shared/errors.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';

/** Silent for so long, it is taken to be gone: two machines that both report are no re-installation. */
const silentMs = 120_000;

type Db = Pick<State, 'selectFrom' | 'insertInto' | 'updateTable' | 'deleteFrom'>;
type Row = Database['endpoints'];

export interface Replacement {
  /** The new endpoint, which is given up. */
  moved: string;
  /** The old one, which goes on. */
  endpoint: string;
  by: string;
  /** ms UTC */
  at: number;
}

/**
 * Saves it, all or nothing. The caller reloads both and ends what the moved one still has.
 * @param lastSeenAt of the old endpoint, as the collector knows it at this moment
 * @throws EvenkeelError NOT_FOUND, CONFLICT
 */
export async function replaceEndpoint(state: State, asked: Replacement, lastSeenAt: number | null): Promise<void> {
  const { moved, endpoint, by, at } = asked;
  if (moved === endpoint) throw fail('CONFLICT', { problem: 'an endpoint cannot replace itself' });
  await state.transaction().execute(async (db) => {
    const fresh = await living(db, moved);
    const old = await living(db, endpoint);
    if (old.state === 'online' || (lastSeenAt !== null && at - lastSeenAt < silentMs))
      throw fail('CONFLICT', {
        problem: `"${old.name}" still reports, so "${fresh.name}" is a copy of it; stop its agent, wait two minutes`,
      });
    const { secret_hash, platform, arch, version, hostname, fingerprint } = fresh;
    await db
      .updateTable('endpoints')
      .set({ secret_hash, platform, arch, version, hostname, fingerprint })
      .where('id', '=', endpoint)
      .execute();
    await db.updateTable('endpoints').set({ retired_at: at, moved_to: endpoint }).where('id', '=', moved).execute();
    // Whoever was moved to the one that is moved now.
    await db.updateTable('endpoints').set({ moved_to: endpoint }).where('moved_to', '=', moved).execute();
    await moveRows(db, moved, endpoint);
    await db
      .insertInto('replacements')
      .values({ moved, endpoint, at, by_user: by, old_hostname: old.hostname ?? old.name, new_hostname: hostname })
      .execute();
  });
}

async function living(db: Db, id: string): Promise<Row> {
  const row = await db.selectFrom('endpoints').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row || row.retired_at !== null) throw fail('NOT_FOUND', { what: 'endpoint', id });
  return row;
}

/** Facts that add up: no two can clash. */
const plain = ['signals', 'restore_tests', 'losses', 'quarantine', 'alerts', 'tickets', 'replacements'] as const;

async function moveRows(db: Db, from: string, to: string): Promise<void> {
  // All have the column; the types of a union of tables cannot say so.
  for (const table of plain)
    await db
      .updateTable(table as 'signals')
      .set({ endpoint: to })
      .where('endpoint', '=', from)
      .execute();
  // Of the inventory the newer says how the machine is now; of the runs of a backup both may know the same one.
  await db
    .deleteFrom('inventory')
    .where('endpoint', '=', to)
    .where('section', 'in', (inner) => inner.selectFrom('inventory').select('section').where('endpoint', '=', from))
    .execute();
  await db.updateTable('inventory').set({ endpoint: to }).where('endpoint', '=', from).execute();
  await db
    .deleteFrom('backup_runs')
    .where('endpoint', '=', from)
    .where((where) =>
      where.exists(
        where
          .selectFrom('backup_runs as other')
          .select('other.job')
          .where('other.endpoint', '=', to)
          .whereRef('other.product', '=', 'backup_runs.product')
          .whereRef('other.job', '=', 'backup_runs.job')
          .whereRef('other.ended_at', '=', 'backup_runs.ended_at'),
      ),
    )
    .execute();
  await db.updateTable('backup_runs').set({ endpoint: to }).where('endpoint', '=', from).execute();
  // Processes of the time before say nothing of the machine as it is.
  await db.deleteFrom('machines').where('endpoint', '=', to).execute();
  await db.updateTable('machines').set({ endpoint: to }).where('endpoint', '=', from).execute();
}
