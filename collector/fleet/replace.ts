/**
 * A reinstalled machine enrols as a new endpoint. When a person confirms that it is the same machine, the old endpoint
 * continues: its id, name, history, alerts and tickets stay, and it takes over the credential of the new one. The old
 * credential stops working.
 */
import type { Selectable } from 'kysely';
import { fail } from '../../shared/errors.ts';
import type { SeriesStore } from '../series/series.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';

/** Minimum silence of the old endpoint, ms: two machines that both report are not a reinstallation. */
export const silentMs = 120_000;

type ReplacedRow = Selectable<Database['endpoints']>;

export interface Replacement {
  /** The new endpoint, which ends. */
  moved: string;
  /** The old one, which continues. */
  endpoint: string;
  by: string;
  /** ms UTC */
  at: number;
}

/**
 * Saves it, all or nothing. The caller reloads both and closes the connections of the one that ends.
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
    const { secret_hash, verifier, credential, credential_has, credential_at } = fresh;
    const { platform, arch, version, hostname, fingerprint } = fresh;
    await db
      .updateTable('endpoints')
      .set({
        ...{ secret_hash, verifier, credential, credential_has, credential_at, again_at: null },
        old_secret_hash: null,
        old_secret_until: null,
        platform,
        arch,
        version,
        hostname,
        fingerprint,
      })
      .where('id', '=', endpoint)
      .execute();
    await db.updateTable('endpoints').set({ retired_at: at, moved_to: endpoint }).where('id', '=', moved).execute();
    // Endpoints that were replaced by the one that ends now.
    await db.updateTable('endpoints').set({ moved_to: endpoint }).where('moved_to', '=', moved).execute();
    await moveRows(db, moved, endpoint);
    await db
      .insertInto('replacements')
      .values({ moved, endpoint, at, by_user: by, old_hostname: old.hostname ?? old.name, new_hostname: hostname })
      .execute();
  });
}

/** Series of endpoints that were replaced belong to those that replaced them, also where another collector has done that. */
export async function adoptReplaced(state: State, series: Pick<SeriesStore, 'adopt'>): Promise<void> {
  const rows = await state
    .selectFrom('endpoints')
    .select(['id', 'moved_to'])
    .where('moved_to', 'is not', null)
    .execute();
  for (const { id, moved_to } of rows) if (moved_to !== null) series.adopt(id, moved_to);
}

async function living(db: StateTransaction, id: string): Promise<ReplacedRow> {
  const row = await db.selectFrom('endpoints').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row || row.retired_at !== null) throw fail('NOT_FOUND', { what: 'endpoint', id });
  return row;
}

/** Tables whose rows can be merged without conflicts. */
const plain = [
  'signals',
  'restore_tests',
  'losses',
  'quarantine',
  'alerts',
  'tickets',
  'replacements',
  'identity_events',
] as const;

async function moveRows(db: StateTransaction, from: string, to: string): Promise<void> {
  // All have the column; the types of a union of tables cannot say so.
  for (const table of plain)
    await db
      .updateTable(table as 'signals')
      .set({ endpoint: to })
      .where('endpoint', '=', from)
      .execute();
  // Of an inventory section the newer is current; the same backup run may be known to both.
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
  // Earlier processes do not count for the reinstalled machine.
  await db.deleteFrom('machines').where('endpoint', '=', to).execute();
  await db.updateTable('machines').set({ endpoint: to }).where('endpoint', '=', from).execute();
}
