/** The change feed (server-sent events): shows what the collector has saved a moment later on the page. */
import { batch, signal } from '@preact/signals';
import type { EndpointRow } from '../../../shared/api.ts';
import { retryMs } from './request.ts';

export type LiveChange =
  | { kind: 'values'; endpoint: string; row?: EndpointRow }
  | { kind: 'endpoint'; endpoint: string; row?: EndpointRow }
  | { kind: 'alert'; alert: string; endpoint: string }
  | { kind: 'ticket'; ticket: number }
  | { kind: 'inventory'; endpoint: string; section: string }
  | { kind: 'maintenance'; maintenance: string }
  | { kind: 'silence'; silence: string }
  | { kind: 'change'; change: number }
  | { kind: 'site'; site: string }
  | { kind: 'group'; group: string }
  | { kind: 'calendar'; calendar: string }
  | { kind: 'agent_settings' }
  | { kind: 'cost' }
  | { kind: 'product' }
  | { kind: 'on_call' }
  | { kind: 'target'; target: string }
  | { kind: 'rule'; rule: string };

/** `connecting` before the first connection; `cut` when a connection that was there is gone. */
export const link = signal<'connecting' | 'live' | 'cut'>('connecting');
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

function receive(event: MessageEvent<string>): void {
  try {
    waiting.push(JSON.parse(event.data) as LiveChange);
  } catch {
    // A newer collector may send what this page does not know; the page is no worse off without it.
    return;
  }
  timer ??= setTimeout(deliver, 250);
}

let source: EventSource | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let wasLive = false;

function opened(): void {
  if (wasLive) reconnected.value++;
  wasLive = true;
  link.value = 'live';
}

/**
 * Opens the stream and keeps it open until `hangUp`. Calling it again changes nothing.
 * @param refused it was answered with an error: it may be that the session has ended
 */
export function listen(refused: () => void): void {
  if (source) return;
  source = new EventSource('/api/v1/events');
  source.onopen = opened;
  source.onmessage = receive;
  source.onerror = () => {
    if (wasLive) link.value = 'cut';
    // The browser retries a cut connection by itself, but gives up for good when it was answered with an error.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    retry = setTimeout(() => listen(refused), retryMs);
    refused();
  };
}

export function hangUp(): void {
  clearTimeout(retry);
  source?.close();
  source = undefined;
  wasLive = false;
  link.value = 'connecting';
}
