/**
 * A newer table of ends of life, `end-of-life.yaml` or `end-of-life.json` in the agent's folder. It has the shape of the
 * bundled one and may name some systems only; the newer of the two is asked first.
 */
import { type Static, Type } from 'typebox';
import { EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import { parseSettingsFile } from '../../../shared/settings-file.ts';
import { faultsOf, shown } from '../../../shared/shape.ts';
import { settingsFile } from '../../home.ts';
import { readTrusted } from '../../trusted-path.ts';
import { dayOf } from './end-of-life.ts';
import type { Table } from './end-of-life-table.ts';

const closed = { additionalProperties: false } as const;
const day = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d$',
  want: 'a day such as 2028-06-30',
  check: (text: string) => (dayOf(text) === null ? 'is no day of the calendar' : null),
});
const word = Type.String({ minLength: 1, maxLength: 64 });
const Shape = Type.Object(
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
);

const maxBytes = 1024 * 1024;

/**
 * YAML or JSON text → table.
 * @throws EvenkeelError BAD_LOCAL_CONFIG with everything that is wrong
 */
export function parseTable(text: string, file: string, now: number): Table {
  const source = parseSettingsFile(text, file);
  const faults = faultsOf(Shape, source.value);
  const { asOf } = (source.value ?? {}) as { asOf?: unknown };
  // A date in the future would take precedence over every later bundled table.
  if (typeof asOf === 'string' && (dayOf(asOf) ?? 0) > now + 86_400_000)
    faults.push({ path: ['asOf'], problem: `${shown(asOf)} lies in the future` });
  const lines = source.describe(faults);
  if (lines.length > 0) throw fail('BAD_LOCAL_CONFIG', { faults: lines.join('\n') });
  return { rolling: [], ...(source.value as Static<typeof Shape>) };
}

/**
 * The table in the agent's folder; null when there is none.
 * @throws EvenkeelError BAD_LOCAL_CONFIG, CONFIG_UNREADABLE
 */
export async function readTable(folder: string, now: number): Promise<Table | null> {
  for (const name of ['end-of-life.yaml', 'end-of-life.json']) {
    const file = settingsFile(folder, name);
    let text: string;
    try {
      const bytes = readTrusted(file);
      if (bytes.length > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
      text = bytes.toString('utf8');
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') continue;
      if (thrown instanceof EvenkeelError) throw thrown;
      throw fail('CONFIG_UNREADABLE', { file, reason: reasonOf(thrown) }, thrown);
    }
    return parseTable(text, file, now);
  }
  return null;
}
