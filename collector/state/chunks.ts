/** SQLite takes 32,766 values per statement, PostgreSQL 65,535. */
const atOnce = 500;

export function* chunks<T>(list: readonly T[], size = atOnce): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
