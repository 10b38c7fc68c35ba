/** What a backup is made of: a collector that runs, or the files of one that does not. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import type { DataFolder } from '../data/folder.ts';
import { copySeries } from '../series/copy.ts';
import { segmentFiles } from '../series/embedded/segment-table.ts';
import type { SeriesCopy, SeriesStore } from '../series/series.ts';
import type { Config } from '../settings/settings.ts';
import { appliedMigrations, copyState, openAsIs, type State } from '../state/open.ts';
import { instanceOf } from './restored.ts';

export interface CopySource {
  /** Of the journal and of the state's file, for the room that they take. */
  bytes(): number;
  series(to: SeriesCopy): Promise<{ isWhole: boolean }>;
  state(file: string, progress: (done: number, total: number) => void): Promise<void>;
  /** The collector, whatever its folder: made up at the first backup. */
  id(): Promise<string>;
  /** See `instanceOf`. */
  instance(): Promise<number>;
  schema(): Promise<string>;
  erased(): Promise<string[]>;
  counts(): Promise<Record<string, number>>;
}

const counted = ['endpoints', 'alerts', 'tickets', 'users', 'audit_log'] as const;
const idKey = 'collector_id';

const sizeOf = (path: string) => (existsSync(path) ? statSync(path).size : 0);

/** @param makeId for one that has none yet */
function ofState(
  state: State,
  makeId: () => string,
): Pick<CopySource, 'state' | 'id' | 'instance' | 'schema' | 'erased' | 'counts'> {
  return {
    state: (file, progress) => copyState(state, file, progress),
    async id() {
      await state
        .insertInto('settings')
        .values({ key: idKey, value: makeId() })
        .onConflict((clash) => clash.column('key').doNothing())
        .execute();
      return (await state.selectFrom('settings').select('value').where('key', '=', idKey).executeTakeFirstOrThrow())
        .value;
    },
    instance: () => instanceOf(state),
    schema: async () => (await appliedMigrations(state)).at(-1) ?? '',
    async erased() {
      // Before 034 nothing could be.
      if (!(await appliedMigrations(state)).includes('034-erased')) return [];
      const rows = await state.selectFrom('endpoints').select('id').where('erased_at', 'is not', null).execute();
      return rows.map(({ id }) => id);
    },
    async counts() {
      const tables = (await state.introspection.getTables()).map(({ name }) => name);
      const found: Record<string, number> = {};
      for (const table of counted.filter((one) => tables.includes(one))) {
        const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(state);
        found[table] = Number(rows[0]?.n);
      }
      return found;
    },
  };
}

export interface CopySourceParts {
  folder: Pick<DataFolder, 'series' | 'state'>;
  state: State;
  makeId(): string;
}

const bytesIn =
  ({ series, state }: CopySourceParts['folder']) =>
  () =>
    [join(series, 'journal.db'), state].reduce((sum, file) => sum + sizeOf(file) + sizeOf(`${file}-wal`), 0);

export function runningSource({
  folder,
  state,
  makeId,
  series,
}: CopySourceParts & { series: SeriesStore }): CopySource {
  return { ...ofState(state, makeId), bytes: bytesIn(folder), series: (to) => series.copy(to) };
}

/** Its folder must be held by the caller. @throws EvenkeelError as the driver does */
export async function restingSource(
  config: Pick<Config, 'state' | 'series'>,
  folder: CopySourceParts['folder'],
  makeId: () => string,
): Promise<CopySource & { close(): Promise<void> }> {
  const state = await openAsIs(config.state ?? { driver: 'sqlite', file: folder.state });
  const held = { named: segmentFiles, release() {} };
  return {
    ...ofState(state, makeId),
    bytes: bytesIn(folder),
    async series(to) {
      const journal = new DatabaseSync(join(folder.series, 'journal.db'));
      try {
        const hold = async () => (config.series.isInDataFolder ? held : null);
        return await copySeries(journal, { hold }, folder.series, to);
      } finally {
        journal.close();
      }
    },
    close: () => state.destroy(),
  };
}
