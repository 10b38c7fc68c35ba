/** The inventory of an endpoint: one document per section, replaced when a newer one arrives. */
import { fail } from '../../shared/errors.ts';
import { type BackupJob, sections } from '../../shared/inventory.ts';
import { check, type InventoryMessage, type Metric } from '../../shared/report.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { rememberRuns, sizesOf } from './backup-runs.ts';
import { verificationsOf } from './restore-tests.ts';

export interface Inventory {
  /**
   * Saves the section. `older` when a newer one is there already.
   * @throws EvenkeelError BAD_SHAPE for an unknown section or a document that does not fit its schema
   */
  save(endpoint: string, message: InventoryMessage, receivedAt: number): Promise<'saved' | 'older'>;
  /** Metrics derived from a section just saved and its predecessors: none for most sections. */
  derive(endpoint: string, message: InventoryMessage, receivedAt: number): Promise<Metric[]>;
}

/** Called before a section replaces the one that is stored; what it saves is saved with the section, or not at all. */
export type OnSection = (
  db: StateTransaction,
  endpoint: string,
  after: { section: string; data: unknown; at: number },
) => Promise<void>;

/** @param onRows told how many rows were added that stay */
export function createInventory(
  state: State,
  onSection: OnSection,
  onRows: (endpoint: string, rows: number) => void = () => undefined,
): Inventory {
  return {
    async save(endpoint, message, receivedAt) {
      const { section } = message;
      if (!Object.hasOwn(sections, section))
        throw fail('BAD_SHAPE', { where: 'message.section', problem: `there is no section "${section}"` });
      check(sections[section as keyof typeof sections], message.data);
      // A clock that runs ahead must not keep later documents out.
      const at = Math.min(message.at, receivedAt);
      const row = { endpoint, section, at, received_at: receivedAt, data: JSON.stringify(message.data) };
      const saved = await state.transaction().execute(async (db) => {
        const own = db.selectFrom('inventory').select('at');
        const before = await own.where('endpoint', '=', endpoint).where('section', '=', section).executeTakeFirst();
        if (before && before.at > at) return false;
        await onSection(db, endpoint, { section, data: message.data, at });
        await db
          .insertInto('inventory')
          .values(row)
          .onConflict((clash) =>
            clash
              .columns(['endpoint', 'section'])
              .doUpdateSet({ at: row.at, received_at: row.received_at, data: row.data }),
          )
          .execute();
        return true;
      });
      // Sections that arrive late may still have runs that are not saved yet.
      if (section === 'backups') onRows(endpoint, await rememberRuns(state, endpoint, message.data as BackupJob[]));
      return saved ? 'saved' : 'older';
    },
    async derive(endpoint, { section, data }, receivedAt) {
      if (section !== 'backups') return [];
      const jobs = data as BackupJob[];
      const sizes = await sizesOf(state, endpoint, jobs, receivedAt);
      return [...sizes, ...(await verificationsOf(state, endpoint, jobs, receivedAt))];
    },
  };
}
