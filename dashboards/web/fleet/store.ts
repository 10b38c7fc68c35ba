/** FleetRows of the fleet: those that the change feed has told, and all of them where a page lets choose among them. */
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { EndpointRow } from '../../../shared/api.ts';
import { type LiveChange, onChanges, reconnected } from '../net/live.ts';
import { useLoad } from '../net/load.ts';
import { readAll } from '../net/request.ts';
import { me } from '../net/session.ts';
import { to } from '../router.ts';

type FleetRows = ReadonlyMap<string, EndpointRow>;

/** As they are now, since the stream began: of a small fleet; of a large one none, and pages read what they show. */
export const rows = signal<FleetRows>(new Map());

/** All of them: of a large fleet as they were when last asked for. */
const fleet = signal<FleetRows | null>(null);
/** An endpoint has come, gone or changed since. */
let isOld = false;

/** Keeps what the feed tells during a session; clears it at log-out. */
export function keepFleet(): void {
  effect(() => {
    void reconnected.value;
    void me.value?.user;
    rows.value = new Map();
    fleet.value = null;
  });
  onChanges((changes) => {
    rows.value = after(rows.peek(), changes);
    if (fleet.peek()) fleet.value = after(fleet.peek() ?? [], changes);
    isOld ||= changes.some((change) => change.kind === 'endpoint' && change.row === undefined);
  });
}

function after(known: Iterable<readonly [string, EndpointRow]>, changes: readonly LiveChange[]): FleetRows {
  const next = new Map(known);
  for (const change of changes) {
    if (!('row' in change)) continue;
    if (change.row) next.set(change.endpoint, change.row);
    else next.delete(change.endpoint);
  }
  return next;
}

/** One of them; undefined until it has come, and where there is none, such as for a target. */
export function useRow(id: string | null): EndpointRow | undefined {
  const told = id === null ? undefined : rows.value.get(id);
  const isAsked = id !== null && !told && to.endpoint(id).startsWith('/endpoints/');
  const { data } = useLoad<{ row: EndpointRow }>(isAsked ? `endpoints/${encodeURIComponent(id)}` : null);
  return told ?? data?.row;
}

let reading: Promise<void> | null = null;

function readFleet(): Promise<void> {
  const user = me.peek()?.user;
  isOld = false;
  return readAll<EndpointRow>('endpoints?limit=500').then(
    (list) => {
      if (me.peek()?.user === user) fleet.value = new Map(list.map((row) => [row.id, row]));
    },
    () => {
      // Pages do without: what they show of their own is read by them, with its problem.
      isOld = true;
    },
  );
}

/** All endpoints, for a page that lets choose among them; null until they have come. */
export function useFleet(): FleetRows | null {
  const isMissing = fleet.value === null;
  // Read again or drawn again: all are gone after a reconnection
  useEffect(() => {
    if (!isOld && fleet.peek() !== null) return;
    reading ??= readFleet().finally(() => {
      reading = null;
    });
  }, [isMissing]);
  return fleet.value;
}
