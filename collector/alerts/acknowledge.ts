/** "I am on it": noted once, with who and when. It changes neither the alert nor any number. */
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';

/** @returns the alert's key and endpoint. @throws EvenkeelError NOT_FOUND, CONFLICT */
export async function acknowledge(state: State, id: string, by: string, now: number) {
  const row = await state
    .selectFrom('alerts')
    .select(['state', 'endpoint', 'key'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'alert', id });
  if (row.state === 'resolved') throw fail('CONFLICT', { problem: 'the alert is resolved already' });
  await state
    .updateTable('alerts')
    .set({ acknowledged_at: now, acknowledged_by: by, updated_at: now })
    .where('id', '=', id)
    .where('acknowledged_at', 'is', null)
    .execute();
  return row;
}
