/**
 * State per endpoint between its reports: its alerts, and what evaluation needs. Changed by `advance` only; what could
 * not be saved is taken back.
 */
import { createDueQueue, type DueQueue } from '../due.ts';
import type { RuleBook, RuleBooks } from '../evaluate/book.ts';
import { isTimed } from '../evaluate/book.ts';
import { createMemory, type Memory } from '../evaluate/evaluate.ts';
import { type EndpointView, forgetOld } from '../evaluate/kinds/kind.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { createUndo } from '../tickets/undo.ts';
import { endsAt } from './acknowledgement.ts';
import { dueOf, type LiveAlert } from './alert.ts';
import { type FlapBits, flappingEndsAt } from './flapping.ts';

export interface EndpointMemory {
  /** By alert key. */
  alerts: Map<string, LiveAlert>;
  /** Families with an alert: their good samples are wanted, too. */
  families: Set<string>;
  evaluation: Memory;
  /** The rules that hold for it; null after rules or endpoint have changed. */
  book: RuleBook | null;
}

export interface AlertMemory {
  due: DueQueue;
  of(endpoint: string, now: number): EndpointMemory;
  bookOf(endpoint: Endpoint, now: number): RuleBook;
  alert(key: string): LiveAlert | undefined;
  byId(id: string): LiveAlert | undefined;
  alertsOf(endpoint: string): LiveAlert[];
  countOf(endpoint: string): number;
  all(): Iterable<LiveAlert>;
  set(alert: LiveAlert): void;
  /** What it waits for is due at another time: nothing else has changed. */
  rearm(alert: LiveAlert): void;
  /** The row of a firing alert has an older value. */
  valueChanged(alert: LiveAlert): void;
  /** Those of which that is so since the last call, as they are now. */
  takeChangedValues(): LiveAlert[];
  remove(alert: LiveAlert): void;
  /** The recent changes of a key; kept while it has no alert, too. */
  flaps(key: string): FlapBits;
  setFlaps(key: string, bits: FlapBits): void;
  /** When it last ended to flap; undefined: long ago, or never. */
  steadyAt(key: string): number | undefined;
  setSteady(key: string, at: number): void;
  /** For all endpoints, or for one: the rules that hold may have changed. */
  forgetBooks(endpoint?: string): void;
  /** When to judge the endpoint by its presence again; null: not before it changes. */
  lookAgain(endpoint: string, dueAt: number | null, now: number): void;
  drop(endpoint: string): void;
  /** What evaluation remembers of series that have not come for days leaves memory. */
  forgetOld(now: number): void;
  clear(): void;
  keep(): void;
  undo(): void;
}

/** Keys in the queue of due times are of alerts, or of endpoints. */
const alertDue = (key: string) => `alert ${key}`;
export const endpointDue = (id: string) => `endpoint ${id}`;
/** What a key of the queue stands for. */
export function dueKey(key: string): { alert: string } | { endpoint: string } {
  const rest = key.slice(key.indexOf(' ') + 1);
  return key.startsWith('alert ') ? { alert: rest } : { endpoint: rest };
}

/** Maximum number of keys whose changes are remembered; those that changed longest ago are dropped first. */
const flapsAtMost = 10_000;

/** @param groupsOf ids of the groups that an endpoint is in, and their names */
export function createAlertMemory(
  books: () => RuleBooks,
  groupsOf: (endpoint: string) => readonly string[],
  viewOf: (endpoint: string) => EndpointView | null = () => null,
): AlertMemory {
  const endpoints = new Map<string, EndpointMemory>();
  const byKey = new Map<string, LiveAlert>();
  const byId = new Map<string, LiveAlert>();
  const flaps = new Map<string, FlapBits>();
  const steady = new Map<string, number>();
  const changedValues = new Set<string>();
  const due = createDueQueue();
  const { change, keep, undo } = createUndo(() => undefined);

  function of(endpoint: string, now: number): EndpointMemory {
    let memory = endpoints.get(endpoint);
    if (!memory) {
      memory = { alerts: new Map(), families: new Set(), evaluation: createMemory(now, viewOf(endpoint)), book: null };
      endpoints.set(endpoint, memory);
    }
    return memory;
  }

  function place(alert: LiveAlert): void {
    byKey.set(alert.key, alert);
    byId.set(alert.id, alert);
    const memory = of(alert.endpoint, alert.pendingAt);
    memory.alerts.set(alert.key, alert);
    memory.families.add(alert.family);
    due.set(alertDue(alert.key), firstDue(alert));
  }

  function take(alert: LiveAlert): void {
    byKey.delete(alert.key);
    byId.delete(alert.id);
    due.set(alertDue(alert.key), null);
    const memory = endpoints.get(alert.endpoint);
    if (!memory) return;
    memory.alerts.delete(alert.key);
    memory.families = new Set([...memory.alerts.values()].map(({ family }) => family));
  }

  /** Of the keys, those that changed longest ago go first. */
  function remember<T>(map: Map<string, T>, key: string, value: T): void {
    const before = map.get(key);
    change(() => (before === undefined ? map.delete(key) : map.set(key, before)));
    map.delete(key);
    map.set(key, value);
    if (map.size > flapsAtMost) map.delete(map.keys().next().value as string);
  }

  const valueChanged = ({ key, state }: LiveAlert) => {
    if (state === 'firing') changedValues.add(key);
  };

  return {
    due,
    of,
    bookOf(endpoint, now) {
      const memory = of(endpoint.id, now);
      memory.book ??= books().for({ ...endpoint, groups: groupsOf(endpoint.id) });
      return memory.book;
    },
    alert: (key) => byKey.get(key),
    byId: (id) => byId.get(id),
    alertsOf: (endpoint) => [...(endpoints.get(endpoint)?.alerts.values() ?? [])],
    countOf: (endpoint) => endpoints.get(endpoint)?.alerts.size ?? 0,
    all: () => byKey.values(),
    set(alert) {
      const before = byKey.get(alert.key);
      change(() => {
        take(alert);
        if (before) place(before);
      });
      if (before && before.id !== alert.id) byId.delete(before.id);
      if (before && before.value !== alert.value) valueChanged(alert);
      place(alert);
    },
    rearm: (alert) => due.set(alertDue(alert.key), firstDue(alert)),
    valueChanged,
    takeChangedValues() {
      const alerts = [...changedValues].flatMap((key) => byKey.get(key) ?? []);
      changedValues.clear();
      return alerts;
    },
    remove(alert) {
      const before = byKey.get(alert.key);
      if (!before) return;
      change(() => place(before));
      take(before);
    },
    flaps: (key) => flaps.get(key) ?? [],
    setFlaps: (key, bits) => remember(flaps, key, bits),
    steadyAt: (key) => steady.get(key),
    setSteady: (key, at) => remember(steady, key, at),
    forgetBooks(endpoint) {
      const memory = endpoint === undefined ? undefined : endpoints.get(endpoint);
      if (memory) memory.book = null;
      if (endpoint === undefined) for (const one of endpoints.values()) one.book = null;
    },
    lookAgain(endpoint, dueAt, now) {
      // What was seen now and could not be saved must be seen again.
      change(() => due.set(endpointDue(endpoint), now));
      due.set(endpointDue(endpoint), dueAt);
    },
    drop(endpoint) {
      due.set(endpointDue(endpoint), null);
      endpoints.delete(endpoint);
    },
    forgetOld(now) {
      for (const { evaluation } of endpoints.values()) forgetOld(evaluation, now);
    },
    clear() {
      endpoints.clear();
      byKey.clear();
      byId.clear();
      flaps.clear();
      steady.clear();
      due.clear();
      keep();
    },
    keep,
    undo,
  };
}

/** When time alone changes something about an alert: its state, its acknowledgement, its flapping. */
function firstDue(alert: LiveAlert): number | null {
  const { acknowledgement, flapping } = alert;
  const instants = [
    dueOf(alert, isTimed(alert.rule)),
    acknowledgement && endsAt(acknowledgement),
    flapping ? flappingEndsAt(alert) : null,
  ].filter((at) => at !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}
