/**
 * Windows, running occurrences and the endpoints that they cover. Begins and ends are in a heap by their instant: time
 * costs what is due. What could not be saved is taken back.
 */
import { createDueQueue } from '../due.ts';
import { type EndpointPlace, reaches } from '../evaluate/scope.ts';
import { createUndo } from '../tickets/undo.ts';
import { nextOccurrences } from './occurrences.ts';
import { endOf, type MaintenanceWindow, type Occurrence } from './window.ts';

export interface MaintenanceParts {
  /** All endpoints that are not retired. */
  places(): Iterable<EndpointPlace>;
  placeOf(endpoint: string): EndpointPlace | undefined;
}

export type MaintenanceMemory = ReturnType<typeof createMaintenanceMemory>;

/** Something that has become due: a window begins, an occurrence ends, alerts of an endpoint are notified again. */
export interface MaintenanceDue {
  kind: 'begin' | 'end' | 'release';
  id: string;
  at: number;
}

/** What was missed for longer, because no collector ran, begins no more. */
const missedAtMostMs = 62 * 86_400_000;

export function createMaintenanceMemory({ places, placeOf }: MaintenanceParts) {
  const windows = new Map<string, MaintenanceWindow>();
  const running = new Map<string, Occurrence>();
  /** Since when each running occurrence covers an endpoint: by occurrence, then by endpoint. */
  const members = new Map<string, Map<string, number>>();
  const covering = new Map<string, Set<string>>();
  /** Ids of alerts. */
  const suppressed = new Set<string>();
  /** Up to when time has been accounted for: since the start, or the last batch. */
  let passed = 0;
  const due = createDueQueue();
  const { change, keep, undo } = createUndo(() => undefined);

  function setDue(kind: MaintenanceDue['kind'], id: string, at: number | null): void {
    const key = `${kind} ${id}`;
    const before = due.at(key);
    change(() => due.set(key, before));
    due.set(key, at);
  }

  function assign<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key);
    change(() => (before === undefined ? map.delete(key) : map.set(key, before)));
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  function arm(window: MaintenanceWindow): void {
    const next = window.cancelledAt === null ? nextOccurrences(window.schedule, window.begunUntil, 1)[0] : undefined;
    setDue('begin', window.id, next?.start ?? null);
  }

  return {
    keep,
    undo,
    /** What was due while no collector ran, or is entered late, happens now. */
    notBefore: (at: number) => Math.max(at, passed),
    pass(at: number) {
      passed = Math.max(passed, at);
    },
    window: (id: string) => windows.get(id),
    windows: () => windows.values(),
    occurrence: (id: string) => running.get(id),
    running: () => running.values(),
    runningOf: (window: string) => [...running.values()].filter((one) => one.window === window),
    membersOf: (occurrence: string): ReadonlyMap<string, number> => members.get(occurrence) ?? new Map(),
    nextDue: due.next,
    releaseOf: (endpoint: string) => due.at(`release ${endpoint}`),
    isSuppressed: (alert: string) => suppressed.has(alert),

    take(now: number): MaintenanceDue | undefined {
      const next = due.take(now);
      if (!next) return undefined;
      change(() => due.set(next.key, next.at));
      const gap = next.key.indexOf(' ');
      return { kind: next.key.slice(0, gap) as MaintenanceDue['kind'], id: next.key.slice(gap + 1), at: next.at };
    },

    putWindow(window: MaintenanceWindow): void {
      assign(windows, window.id, window);
      arm(window);
    },

    putOccurrence(occurrence: Occurrence): void {
      assign(running, occurrence.id, occurrence);
      if (!members.has(occurrence.id)) assign(members, occurrence.id, new Map());
      setDue('end', occurrence.id, occurrence.end);
    },

    endOccurrence(id: string): void {
      assign(running, id, undefined);
      assign(members, id, undefined);
      setDue('end', id, null);
    },

    /** @returns whether the endpoint was not in maintenance until now */
    join(occurrence: string, endpoint: string, from: number): boolean {
      const all = members.get(occurrence) ?? new Map();
      assign(all, endpoint, from);
      const others = covering.get(endpoint) ?? new Set();
      assign(covering, endpoint, new Set([...others, occurrence]));
      return others.size === 0;
    },

    /** @returns whether it is not in maintenance any more */
    leave(occurrence: string, endpoint: string): boolean {
      const all = members.get(occurrence);
      if (all) assign(all, endpoint, undefined);
      const rest = new Set(covering.get(endpoint));
      rest.delete(occurrence);
      assign(covering, endpoint, rest.size === 0 ? undefined : rest);
      return rest.size === 0;
    },

    setRelease: (endpoint: string, at: number | null) => setDue('release', endpoint, at),

    suppress(alert: string, on: boolean): void {
      const was = suppressed.has(alert);
      change(() => (was ? suppressed.add(alert) : suppressed.delete(alert)));
      if (on) suppressed.add(alert);
      else suppressed.delete(alert);
    },

    /** The occurrences that cover an endpoint. */
    coveringOf: (endpoint: string): ReadonlySet<string> => covering.get(endpoint) ?? none,

    /** Whether an endpoint is in maintenance at an instant that is not past: also by a window that is just to begin. */
    covers(endpoint: string, at: number): boolean {
      for (const id of covering.get(endpoint) ?? none) {
        const one = running.get(id);
        if (one && one.start <= at && at < one.end) return true;
      }
      if ((due.next() ?? Infinity) > at) return false;
      const place = placeOf(endpoint);
      if (!place) return false;
      for (const window of windows.values()) {
        if ((due.at(`begin ${window.id}`) ?? Infinity) > at || !reaches(window.scope, place)) continue;
        const next = beginOf(window, at);
        if (next && at < next.end) return true;
      }
      return false;
    },

    retarget(targets: ReadonlyMap<string, string>): void {
      const moved = <T extends { scope: MaintenanceWindow['scope'] }>(one: T, window: string): T => {
        const target = targets.get(window);
        return target === undefined ? one : { ...one, scope: { ...one.scope, target } };
      };
      for (const window of windows.values()) assign(windows, window.id, moved(window, window.id));
      for (const one of running.values()) assign(running, one.id, moved(one, one.window));
    },

    endpointsIn: (scope: MaintenanceWindow['scope']): string[] =>
      [...places()].filter((place) => reaches(scope, place)).map(({ id }) => id),

    belongs(endpoint: string, scope: MaintenanceWindow['scope']): boolean {
      const place = placeOf(endpoint);
      return place !== undefined && reaches(scope, place);
    },
    /** Whether running occurrences have to take it in, or let it go. */
    hasMoved(endpoint: string): boolean {
      const place = placeOf(endpoint);
      const belongs = (one: Occurrence) => place !== undefined && reaches(one.scope, place);
      return [...running.values()].some((one) => belongs(one) !== (covering.get(endpoint)?.has(one.id) ?? false));
    },
    beginOf,
  };
}

const none: ReadonlySet<string> = new Set();

/** The occurrence that is due to begin, as it then is. */
function beginOf(window: MaintenanceWindow, now: number): Omit<Occurrence, 'id'> | undefined {
  const from = Math.max(window.begunUntil, now - missedAtMostMs);
  const [next] = nextOccurrences(window.schedule, from, 1);
  if (!next || next.start > now) return undefined;
  const { id, scope, updatedAt: enteredAt, updatedBy: enteredBy, askedBy } = window;
  // Of one that was entered late, the approval is of the occurrence and comes afterwards.
  const approval = window.approval;
  const planned = { start: next.start, plannedEnd: next.end, approval };
  return { window: id, scope, ...planned, end: endOf(planned), enteredAt, enteredBy, askedBy };
}
