/** What a table does to entries that have versions: compared line by line, then written, or only told. */
import type { TableRead } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';

/** Who changes something and why. */
export interface Authorship {
  by: string;
  reason: string;
}

interface ReadRows<Fields> {
  rows: readonly { line: number; fields: Fields }[];
  faults: TableRead['faults'];
}

interface Entries<Fields, Stored extends Fields> {
  /** The one that a line is about; null: a new one. */
  find(fields: Fields): Stored | null;
  contentOf(fields: Fields): Fields;
  /** What people compare, as the table has it: `4200.00 EUR yearly`. */
  shown(fields: Fields): string;
  write(before: Stored | null, fields: Fields, author: Authorship): Promise<unknown>;
}

/** @param author null: nothing is written. A fault in any line keeps all of them from being written. */
export async function takeTable<Fields extends { name: string }, Stored extends Fields>(
  { rows, faults }: ReadRows<Fields>,
  author: Authorship | null,
  { find, contentOf, shown, write }: Entries<Fields, Stored>,
): Promise<TableRead> {
  const isApplied = author !== null && faults.length === 0;
  const lines: TableRead['lines'] = [];
  for (const { line, fields } of rows) {
    const old = find(fields);
    const isSame = old && JSON.stringify(contentOf(old)) === JSON.stringify(contentOf(fields));
    const does = isSame ? 'same' : old ? 'change' : 'add';
    lines.push({ line, name: fields.name, does, before: old && shown(old), after: shown(fields) });
    if (isApplied && does !== 'same') await write(old, fields, author);
  }
  return { applied: isApplied, faults, lines };
}

interface EntryVersionRow {
  version: number;
  at: number;
  by_user: string;
  reason: string;
  content: string | null;
}

/** @param rows newest first @throws EvenkeelError NOT_FOUND where there never was one */
export function versionsIn<Fields>(rows: readonly EntryVersionRow[], what: string, id: string) {
  if (rows.length === 0) throw fail('NOT_FOUND', { what, id });
  return rows.map(({ version, at, by_user: by, reason, content }) => ({
    ...{ version, at, by, reason },
    content: content === null ? null : (JSON.parse(content) as Fields),
  }));
}
