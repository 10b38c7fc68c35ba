/** SQLite takes 32,766 values per statement, PostgreSQL 65,535. */
const atOnce = 500;

export function* chunks<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += atOnce) yield list.slice(start, start + atOnce);
}
