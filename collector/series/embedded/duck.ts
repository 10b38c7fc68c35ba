/** DuckDB in memory, confined: it reads and writes files below the store's folder and nowhere else. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface Duck {
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

/** @param folder absolute path of the store's folder; sorting spills below it when a merge is larger than memory */
export async function openDuck(folder: string, settings: { threads: number; memoryMb: number }): Promise<Duck> {
  const spill = join(folder, 'spill');
  rmSync(spill, { recursive: true, force: true });
  mkdirSync(spill, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(settings.threads),
    memory_limit: `${settings.memoryMb}MB`,
    temp_directory: spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const first = await instance.connect();
  await first.run('set parquet_metadata_cache = true');
  // The kernel caches the files already. Without the purging, memory of one merge stayed: 500 MB resident, not 290.
  await first.run('set enable_external_file_cache = false');
  await first.run('set allocator_background_threads = true');
  await first.run(`set allowed_directories = [${quote(folder)}]`);
  await first.run('set enable_external_access = false');
  await first.run('set lock_configuration = true');
  return {
    connect: () => instance.connect(),
    close() {
      first.closeSync();
      instance.closeSync();
    },
  };
}

/** A path as an SQL string. Paths are made by us from the store's folder and numbers; no outside string comes here. */
export function quote(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

/** All rows of a query whose columns are doubles, column by column. */
export async function columnsOf(connection: DuckDBConnection, sql: string): Promise<number[][]> {
  const result = await connection.run(sql);
  return (await result.getColumns()) as number[][];
}
