/** A text somewhere in a column, the same on every database: upper or lower case, and no character is a wildcard. */
import { type RawBuilder, sql } from 'kysely';

const pattern = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** SQLite knows the small letters of ASCII only, so the text is looked for as it was written, too. */
export function contains(column: string, text: string): RawBuilder<boolean> {
  const at = sql.ref(column);
  const [small, written] = [pattern(text.toLowerCase()), pattern(text)];
  return sql<boolean>`(lower(${at}) like ${small} escape '\\' or ${at} like ${written} escape '\\')`;
}
