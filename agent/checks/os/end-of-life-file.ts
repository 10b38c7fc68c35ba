/**
 * A newer table of ends of life, `end-of-life.yaml` or `end-of-life.json` in the agent's folder. It has the shape of the
 * bundled one and may name some systems only; the newer of the two is asked first.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { fail, reasonOf } from '../../../shared/errors.ts';
import { parseShaped } from '../../settings.ts';
import { dayOf } from './end-of-life.ts';
import type { Table } from './end-of-life-table.ts';

const closed = { additionalProperties: false } as const;
const day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description: 'a day such as 2028-06-30' });
const word = Type.String({ minLength: 1, maxLength: 64 });
const shape = Compile(
  Type.Object(
    {
      asOf: day,
      releases: Type.Record(
        Type.String({ maxLength: 64 }),
        Type.Array(
          Type.Object(
            {
              release: word,
              endOfLife: day,
              endOfSecurity: Type.Optional(day),
              editions: Type.Optional(Type.Array(word, { maxItems: 50 })),
            },
            closed,
          ),
          { maxItems: 500 },
        ),
      ),
      rolling: Type.Optional(Type.Array(word, { maxItems: 200 })),
    },
    closed,
  ),
);

const maxBytes = 1024 * 1024;

/**
 * YAML or JSON text → table.
 * @throws EvenkeelError BAD_LOCAL_CONFIG with line and column
 */
export function parseTable(text: string, file: string, now: number): Table {
  const table = parseShaped(text, file, shape, (value) => {
    if (dayOf(value.asOf) === null) return [['asOf'], 'is no day of the calendar'];
    // A date that has not come yet would win over every table to come.
    if ((dayOf(value.asOf) ?? 0) > now + 86_400_000) return [['asOf'], `${value.asOf} lies in the future`];
    for (const [id, rows] of Object.entries(value.releases))
      for (const [index, row] of rows.entries())
        for (const key of ['endOfLife', 'endOfSecurity'] as const)
          if (row[key] !== undefined && dayOf(row[key]) === null)
            return [['releases', id, String(index), key], `${row[key]} is no day of the calendar`];
    return null;
  });
  return { rolling: [], ...table };
}

/**
 * The table in the agent's folder; null when there is none.
 * @throws EvenkeelError BAD_LOCAL_CONFIG, CONFIG_UNREADABLE
 */
export async function readTable(folder: string, now: number): Promise<Table | null> {
  for (const name of ['end-of-life.yaml', 'end-of-life.json']) {
    const file = join(folder, name);
    let text: string;
    try {
      if ((await stat(file)).size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
      text = await readFile(file, 'utf8');
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw fail('CONFIG_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
    }
    return parseTable(text, file, now);
  }
  return null;
}
