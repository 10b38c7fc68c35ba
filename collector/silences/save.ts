/** Saves what the step `silence` decided, in the transaction of its batch and in its order. */
import type { Batch } from '../alerts/batch.ts';
import { type Matcher, parseMatcher, textOfMatcher } from '../alerts/matcher.ts';
import { breathe } from '../state/breathe.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import type { Silence } from './model.ts';

export async function saveSilences(db: StateTransaction, { silences }: Batch): Promise<void> {
  for (const one of silences) {
    if (one.type === 'silence') await put(db, rowOf(one.silence));
    else if (one.type === 'hides') {
      const row = { silence: one.silence, alert: one.alert, from_at: one.from, to_at: null };
      await insertRows(db, 'silenced', [row], 'on conflict do nothing');
    } else
      await db
        .updateTable('silenced')
        .set({ to_at: one.to })
        .where('silence', '=', one.silence)
        .where('alert', '=', one.alert)
        .where('to_at', 'is', null)
        .execute();
    await breathe();
  }
}

async function put(db: StateTransaction, row: ReturnType<typeof rowOf>): Promise<void> {
  const changes = Object.keys(row).filter((column) => column !== 'id');
  const set = changes.map((column) => `${column} = excluded.${column}`).join(', ');
  await insertRows(db, 'silences', [row], `on conflict (id) do update set ${set}`);
}

const rowOf = ({ id, matchers, reason, start, end, createdAt, createdBy, updatedAt, updatedBy }: Silence) => ({
  ...{ id, matchers: JSON.stringify(matchers.map(textOfMatcher)), reason, start_at: start, end_at: end },
  ...{ created_at: createdAt, created_by: createdBy, updated_at: updatedAt, updated_by: updatedBy },
});

export function silenceOf(row: Omit<Database['silences'], 'bucket' | 'owner'>): Silence {
  return {
    id: row.id,
    matchers: matchersIn(row.matchers),
    reason: row.reason,
    ...{ start: row.start_at, end: row.end_at },
    ...{ createdAt: row.created_at, createdBy: row.created_by },
    ...{ updatedAt: row.updated_at, updatedBy: row.updated_by },
  };
}

const matchersIn = (json: string): Matcher[] => (JSON.parse(json) as string[]).map(parseMatcher);
