/** Reads silences, and what they hide, after a restart: by their stored instants, so that none lasts longer. */
import type { AlertMemory } from '../alerts/memory.ts';
import type { Suppressions } from '../alerts/suppressions.ts';
import type { State } from '../state/open.ts';
import type { SilenceMemory } from './memory.ts';
import { silenceOf } from './save.ts';

export async function loadSilences(
  state: State,
  silences: SilenceMemory,
  suppressions: Suppressions,
  alerts: Pick<AlertMemory, 'byId'>,
  now: number,
): Promise<void> {
  silences.clear();
  silences.pass(now);
  const hidden = await state.selectFrom('silenced').selectAll().where('to_at', 'is', null).execute();
  const rows = await state
    .selectFrom('silences')
    .selectAll()
    .where((is) => is.or([is('end_at', '>', now), is('id', 'in', ['', ...new Set(hidden.map((one) => one.silence))])]))
    .execute();
  for (const row of rows) {
    const silence = silenceOf(row);
    // What began is in force until its end has been dealt with, even where that was meanwhile.
    if (silence.start <= now) silences.activate(silence);
    silences.put(silence);
  }
  for (const { silence, alert } of hidden) {
    if (!alerts.byId(alert) || !silences.get(silence)) continue;
    silences.hide(silence, alert, true);
    suppressions.set(alert, 'silence', true);
  }
  silences.keep();
  suppressions.keep();
}
