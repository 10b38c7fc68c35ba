/**
 * The step after `maintain`: silences begin and end, and what they fit is hidden. Inside no one is notified of anything
 * but an end; what still fires when the last of its silences ends is notified then.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import { type AlertChange, type Batch, isAlertChange } from '../alerts/batch.ts';
import type { Labels } from '../alerts/labels.ts';
import { matchesAll } from '../alerts/matcher.ts';
import type { AlertMemory } from '../alerts/memory.ts';
import { createSuppressing, fires, type Suppressions } from '../alerts/suppressions.ts';
import { breathe } from '../state/breathe.ts';
import type { SilenceMemory } from './memory.ts';
import { type Silence, stateAt } from './model.ts';

export interface SilenceParts {
  silences: SilenceMemory;
  suppressions: Suppressions;
  memory: Pick<AlertMemory, 'all' | 'alertsOf' | 'byId'>;
  labels(alert: LiveAlert): Labels;
}

export async function silence(parts: SilenceParts, batch: Batch): Promise<void> {
  const { silences, suppressions, memory, labels } = parts;
  const incoming = batch.changes;
  const changes: Batch['changes'] = [];
  batch.changes = changes;
  const { begin, end, forget } = createSuppressing(suppressions, changes);
  for (const change of incoming) {
    await runDue(change.at);
    if (isAlertChange(change)) onAlert(change);
    else {
      changes.push(change);
      if ('silence' in change) await fulfil(change.silence.silence, change.at);
      else if ('relabelled' in change)
        for (const alert of memory.alertsOf(change.relabelled)) if (fires(alert)) follow(alert, change.at);
    }
  }
  await runDue(batch.at);

  async function runDue(now: number): Promise<void> {
    for (let next = silences.take(now); next; next = silences.take(now)) {
      const at = silences.notBefore(next.at);
      if (next.kind === 'begin') await start(next.silence, at);
      else await stop(next.silence, at);
    }
  }

  async function fulfil(given: Silence, at: number): Promise<void> {
    silences.put(given);
    batch.silences.push({ type: 'silence', silence: given });
    if (stateAt(given, at) === 'active') await start(given, at);
    await runDue(at);
  }

  async function start(given: Silence, at: number): Promise<void> {
    // Over before a collector ran.
    if (stateAt(given, at) === 'over') return;
    silences.activate(given);
    for (const alert of memory.all()) {
      if (fires(alert) && (alert.firedAt ?? at) <= at && matchesAll(given.matchers, labels(alert))) follow(alert, at);
      await breathe();
    }
  }

  async function stop(given: Silence, at: number): Promise<void> {
    const hidden = [...silences.hidden(given.id)];
    silences.remove(given);
    for (const id of hidden) {
      show(given.id, id, at);
      const alert = memory.byId(id);
      if (alert && silences.hiding(id).size === 0) end(alert, 'silence', at);
      await breathe();
    }
  }

  function onAlert(change: AlertChange): void {
    const { alert, at, ended } = change;
    if (ended) {
      for (const id of silences.hiding(alert.id)) show(id, alert.id, at);
      changes.push(change);
      forget(alert, at);
    } else if (fires(alert)) follow(alert, at, change);
    else changes.push(change);
  }

  /** The silences that fit it now hide it, and no others do. @param change with which that is so */
  function follow(alert: LiveAlert, at: number, change?: AlertChange): void {
    const fitting = new Set(silences.matching(labels(alert)).map(({ id }) => id));
    for (const id of silences.hiding(alert.id)) if (!fitting.has(id)) show(id, alert.id, at);
    for (const id of fitting)
      if (!silences.hiding(alert.id).has(id)) {
        silences.hide(id, alert.id, true);
        batch.silences.push({ type: 'hides', silence: id, alert: alert.id, from: at });
      }
    if (fitting.size === 0) {
      if (change) changes.push(change);
      end(alert, 'silence', at);
      return;
    }
    if (change) change.isSuppressed = true;
    begin(alert, 'silence', at, { silences: [...fitting] }, () => change && changes.push(change));
  }

  function show(id: string, alert: string, at: number): void {
    silences.hide(id, alert, false);
    batch.silences.push({ type: 'shows', silence: id, alert, to: at });
  }
}
