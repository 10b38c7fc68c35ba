/** The inventory of an endpoint: one document per section, replaced when a newer one arrives. */
import type { BackupJob } from '../../shared/inventory.ts';
import type { Metric } from '../../shared/report.ts';
import type { Section } from '../../shared/section.ts';
import { breathe } from '../state/breathe.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { rememberRuns, sizesOf } from './backup-runs.ts';
import { verificationsOf } from './restore-tests.ts';

export interface Inventory {
  /** Saves the section. `older` when a newer one is there already. */
  save(endpoint: string, message: Section, receivedAt: number): Promise<'saved' | 'older'>;
  /** Metrics derived from a section just saved and its predecessors: none for most sections. */
  derive(endpoint: string, message: Section, receivedAt: number): Promise<Metric[]>;
}

/** Called before a section replaces the one that is stored; what it saves is saved with the section, or not at all. */
export type OnSection = (
  db: StateTransaction,
  endpoint: string,
  after: Pick<Section, 'section' | 'text' | 'at'>,
) => Promise<void>;

/** @param onRows told how many rows were added that stay */
export function createInventory(
  state: State,
  onSection: OnSection,
  onRows: (endpoint: string, rows: number) => void = () => undefined,
): Inventory {
  return {
    async save(endpoint, message, receivedAt) {
      const { section, text } = message;
      // A clock that runs ahead must not keep later documents out.
      const at = Math.min(message.at, receivedAt);
      const row = { endpoint, section, at, received_at: receivedAt, data: text };
      const saved = await state.transaction().execute(async (db) => {
        const own = db.selectFrom('inventory').select('at');
        const before = await own.where('endpoint', '=', endpoint).where('section', '=', section).executeTakeFirst();
        if (before && before.at > at) return false;
        await onSection(db, endpoint, { section, text, at });
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
      if (section === 'backups') onRows(endpoint, await rememberRuns(state, endpoint, await jobsIn(text)));
      return saved ? 'saved' : 'older';
    },
    async derive(endpoint, { section, text }, receivedAt) {
      if (section !== 'backups') return [];
      const jobs = await jobsIn(text);
      const sizes = await sizesOf(state, endpoint, jobs, receivedAt);
      return [...sizes, ...(await verificationsOf(state, endpoint, jobs, receivedAt))];
    },
  };
}

/** 2 MB at most: a turn of the event loop of its own. */
async function jobsIn(text: string): Promise<BackupJob[]> {
  await breathe();
  return JSON.parse(text) as BackupJob[];
}
