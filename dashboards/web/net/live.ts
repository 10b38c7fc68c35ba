/** The change feed (server-sent events): shows what the collector has saved a moment later on the page. */
import { batch, signal } from '@preact/signals';
import type { EndpointRow } from '../../../shared/api.ts';
import { shareStream } from './share-stream.ts';

/** With the row of its endpoint in a small fleet: null for one that has gone, or is a target. */
export type LiveChange =
  | { kind: 'values'; endpoint: string; row?: EndpointRow | null }
  | { kind: 'endpoint'; endpoint: string; row?: EndpointRow | null }
  | { kind: 'alert'; alert: string; endpoint: string; row?: EndpointRow | null }
  | { kind: 'ticket'; ticket: number }
  | { kind: 'inventory'; endpoint: string; section: string; row?: EndpointRow | null }
  | { kind: 'maintenance'; maintenance: string }
  | { kind: 'silence'; silence: string }
  | { kind: 'change'; change: number }
  | { kind: 'site'; site: string }
  | { kind: 'group'; group: string }
  | { kind: 'calendar'; calendar: string }
  | { kind: 'agent_settings' }
  | { kind: 'agent_update' }
  | { kind: 'applicant' }
  | { kind: 'cost' }
  | { kind: 'product' }
  | { kind: 'on_call' }
  | { kind: 'target'; target: string }
  | { kind: 'article'; article: string }
  | { kind: 'rule'; rule: string };

/** `connecting` before the first connection; `cut` when a connection that was there is gone. */
export const link = signal<'connecting' | 'live' | 'cut'>('connecting');
/** When what is shown was certain last, in epoch ms; null while the stream is there. */
export const valuesFrom = signal<number | null>(null);
/** Counts reconnections: every view reads its data again, because changes may have been missed. */
export const reconnected = signal(0);

const listeners = new Set<(changes: readonly LiveChange[]) => void>();

/** Changes come in bundles, at most four per second, so that a large fleet does not keep the page drawing. */
export function onChanges(listener: (changes: readonly LiveChange[]) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

let waiting: LiveChange[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function deliver(): void {
  clearTimeout(timer);
  timer = undefined;
  const changes = waiting;
  waiting = [];
  batch(() => {
    for (const listener of listeners) listener(changes);
  });
}

function receive(text: string): void {
  try {
    waiting.push(JSON.parse(text) as LiveChange);
  } catch {
    // A newer collector may send what this page does not know; the page is no worse off without it.
    return;
  }
  timer ??= setTimeout(deliver, 250);
}

let wasLive = false;

/** The stream is there, possibly again: `afresh` when changes may have been missed before it. */
function opened(afresh: boolean): void {
  if (wasLive && afresh) reconnected.value++;
  wasLive = true;
  link.value = 'live';
  valuesFrom.value = null;
}

function cut(): void {
  if (!wasLive) return;
  if (link.value === 'live') valuesFrom.value = Date.now();
  link.value = 'cut';
}

let close: (() => void) | undefined;

/**
 * Follows the stream until `hangUp`. Calling it again changes nothing.
 * @param user a stream is shared with tabs of the same user only
 * @param stillMine asked when the stream is there again or was refused: whether `user` is still logged in
 */
export function listen(user: string | null, stillMine: () => Promise<boolean>): void {
  close ??= shareStream(`evenkeel.events ${user ?? ''}`, { opened, cut, receive, stillMine });
}

export function hangUp(): void {
  close?.();
  close = undefined;
  wasLive = false;
  valuesFrom.value = null;
  link.value = 'connecting';
}
