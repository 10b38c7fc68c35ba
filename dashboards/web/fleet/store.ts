/** All rows of the fleet, read once and then kept current by the change feed. */
import { effect, signal } from '@preact/signals';
import type { EndpointRow } from '../../../shared/api.ts';
import { onChanges, reconnected } from '../net/live.ts';
import { asProblem } from '../net/load.ts';
import { all, call } from '../net/request.ts';
import { me } from '../net/session.ts';

/** null until the first page has come. */
export const rows = signal<ReadonlyMap<string, EndpointRow> | null>(null);

const byId = (list: readonly EndpointRow[]) => new Map(list.map((row) => [row.id, row]));

let reading: AbortController | undefined;

async function readFleet(): Promise<void> {
  reading?.abort();
  reading = new AbortController();
  const { signal: stop } = reading;
  try {
    const first = rows.peek() === null;
    const whole = await all<EndpointRow>(
      'endpoints?limit=500',
      (soFar) => {
        if (first) rows.value = byId(soFar);
      },
      stop,
    );
    rows.value = byId(whole);
  } catch {
    // Pages do without: what they show of their own is read by them, with its problem. The next reconnection reads again.
  }
}

/** One row again, for changes that came without it; a row that is gone has been retired. */
async function readRow(id: string): Promise<EndpointRow | null> {
  try {
    return (await call<{ row: EndpointRow }>(`endpoints/${encodeURIComponent(id)}`)).row;
  } catch (thrown) {
    if (asProblem(thrown).status === 404) return null;
    throw thrown;
  }
}

function put(changed: ReadonlyMap<string, EndpointRow | null>): void {
  const next = new Map(rows.peek());
  for (const [id, row] of changed) {
    if (row === null) next.delete(id);
    else next.set(id, row);
  }
  rows.value = next;
}

const asked = new Set<string>();

function ask(id: string): void {
  if (asked.has(id)) return;
  asked.add(id);
  // A pause of 1 s: one report causes several changes of one endpoint.
  setTimeout(() => {
    asked.delete(id);
    readRow(id).then(
      (row) => put(new Map([[id, row]])),
      () => {
        // The next change of the endpoint, or the next reconnection, retries.
      },
    );
  }, 1000);
}

/** Keeps the fleet during a session; clears it at log-out. */
export function keepFleet(): void {
  effect(() => {
    void reconnected.value;
    if (me.value?.role) void readFleet();
    else rows.value = null;
  });
  onChanges((changes) => {
    if (rows.peek() === null) return;
    const fresh = new Map<string, EndpointRow>();
    for (const change of changes) {
      if ('row' in change && change.row) fresh.set(change.endpoint, change.row);
      else if (change.kind === 'endpoint' || change.kind === 'alert' || change.kind === 'inventory')
        ask(change.endpoint);
    }
    if (fresh.size > 0) put(fresh);
  });
}
