/** Silences that are not over, those in force, and the alerts that each hides. What could not be saved is taken back. */
import type { Labels } from '../alerts/labels.ts';
import { matchesAll } from '../alerts/matcher.ts';
import { createDueQueue } from '../due.ts';
import { createUndo } from '../tickets/undo.ts';
import type { Silence } from './model.ts';

export type SilenceMemory = ReturnType<typeof createSilenceMemory>;

export interface SilenceDue {
  kind: 'begin' | 'end';
  silence: Silence;
  at: number;
}

export function createSilenceMemory() {
  const all = new Map<string, Silence>();
  const active = new Map<string, Silence>();
  /** Ids of the silences that hide an alert, by its id; and the other way round. */
  const hiding = new Map<string, ReadonlySet<string>>();
  const hidden = new Map<string, ReadonlySet<string>>();
  /** Up to when time has been accounted for: since the start, or the last batch. */
  let passed = 0;
  const due = createDueQueue();
  const { change, keep, undo } = createUndo(() => undefined);

  function assign<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key);
    change(() => (before === undefined ? map.delete(key) : map.set(key, before)));
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  function setDue(key: string, at: number | null): void {
    const before = due.at(key);
    change(() => due.set(key, before));
    due.set(key, at);
  }

  function link(map: Map<string, ReadonlySet<string>>, key: string, value: string, on: boolean): void {
    const next = new Set(map.get(key));
    if (on) next.add(value);
    else next.delete(value);
    assign(map, key, next.size === 0 ? undefined : next);
  }

  return {
    keep,
    undo,
    notBefore: (at: number) => Math.max(at, passed),
    pass(at: number) {
      passed = Math.max(passed, at);
    },
    get: (id: string) => all.get(id),
    all: () => all.values(),
    active: () => active.values(),
    nextDue: due.next,
    /** Ids of the silences that hide an alert. */
    hiding: (alert: string): ReadonlySet<string> => hiding.get(alert) ?? none,
    /** Ids of the alerts that a silence hides. */
    hidden: (silence: string): ReadonlySet<string> => hidden.get(silence) ?? none,
    /** Alerts that any silence hides. */
    hiddenCount: () => hiding.size,

    take(now: number): SilenceDue | undefined {
      const next = due.take(now);
      if (!next) return undefined;
      change(() => due.set(next.key, next.at));
      const gap = next.key.indexOf(' ');
      const silence = all.get(next.key.slice(gap + 1));
      return silence && { kind: next.key.slice(0, gap) as SilenceDue['kind'], silence, at: next.at };
    },

    /** Its start and end become due. */
    put(silence: Silence): void {
      const { id, start, end } = silence;
      assign(all, id, silence);
      const isActive = active.has(id);
      if (isActive) assign(active, id, silence);
      setDue(`begin ${id}`, isActive || end <= start ? null : start);
      setDue(`end ${id}`, Math.max(start, end));
    },
    activate: (silence: Silence) => assign(active, silence.id, silence),
    remove({ id }: Silence): void {
      assign(active, id, undefined);
      assign(all, id, undefined);
      setDue(`begin ${id}`, null);
      setDue(`end ${id}`, null);
    },
    hide(silence: string, alert: string, on: boolean): void {
      link(hiding, alert, silence, on);
      link(hidden, silence, alert, on);
    },

    /** Of those in force, the ones that fit. */
    matching(labels: Labels): Silence[] {
      const found: Silence[] = [];
      for (const silence of active.values()) if (matchesAll(silence.matchers, labels)) found.push(silence);
      return found;
    },
    clear() {
      for (const map of [all, active, hiding, hidden]) map.clear();
      due.clear();
      keep();
    },
  };
}

const none: ReadonlySet<string> = new Set();
