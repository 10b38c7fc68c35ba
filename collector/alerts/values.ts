/** Updates the value shown beside a firing alert once per minute; this is not a change, so nothing is notified. */
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { updateRow } from '../state/rows.ts';
import type { AlertMemory } from './memory.ts';

export async function saveValues(state: State, memory: AlertMemory): Promise<void> {
  const changed = memory.takeChangedValues();
  if (changed.length === 0) return;
  try {
    await state.transaction().execute(async (db) => {
      for (const { id, value } of changed) {
        await updateRow(db, 'alerts', id, { value });
        await breathe();
      }
    });
  } catch (thrown) {
    for (const alert of changed) memory.valueChanged(alert);
    throw thrown;
  }
}
