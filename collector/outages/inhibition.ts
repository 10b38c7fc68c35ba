/**
 * Which alerts follow from others: a source that fires inhibits its targets, a pending one holds their first message back.
 * Alerts and the time go in, what begins and ends for targets comes out; no clock, no database. Each change costs the
 * targets of that alert, however many others there are.
 */
import { createDueQueue } from '../due.ts';
import { createInhibitionGraph, type GraphParts, type InhibitionFacts, type KnownAlert } from './inhibition-graph.ts';

export interface InhibitionSettings {
  /** The first message of an alert comes this long after its fire. */
  waitMs: number;
  /** A pending source holds it back for at most this long from then. */
  holdMs: number;
  /** A target stays inhibited for this long after its source: its own recovery is on the way. */
  releaseMs: number;
}

export const inhibitionDefaults: InhibitionSettings = { waitMs: 30_000, holdMs: 300_000, releaseMs: 120_000 };

export interface InhibitionEvent {
  at: number;
  id: string;
  type: 'inhibited' | 'released' | 'held' | 'hold_over';
  /** Ids of the alerts that are its cause: several where all members of a redundant group are down. */
  by: readonly string[];
}

export type Inhibition = ReturnType<typeof createInhibition>;

/** A site has ended when enough have been back for a while, which is after the first of them is. */
const pauseOf = ({ isSite }: KnownAlert, releaseMs: number) => releaseMs * (isSite ? 2 : 1);

export function createInhibition(parts: GraphParts, settings: InhibitionSettings) {
  const graph = createInhibitionGraph(parts);
  const [{ put, change }, { releaseMs }] = [graph, settings];
  const due = createDueQueue();
  let events: InhibitionEvent[] = [];

  function setDue(id: string, at: number | null): void {
    const before = due.at(id);
    change(() => due.set(id, before));
    due.set(id, at);
  }

  // ── what follows ──

  function say(one: KnownAlert, type: InhibitionEvent['type'], at: number, by: readonly string[] = []): void {
    events.push({ at, id: one.id, type, by });
  }

  function judge(one: KnownAlert, at: number): void {
    if (one.state !== 'firing') return;
    const { firing, isPending } = graph.causeOf(one);
    const { inhibited } = one;
    if (firing) {
      if (!inhibited) say(one, 'inhibited', at, firing);
      if (!inhibited || inhibited.until !== null || inhibited.by.join() !== firing.join())
        graph.setInhibited(one, { by: firing, until: null });
      put(one, { holdUntil: null });
    } else if (inhibited) {
      if (inhibited.until === null) put(one, { inhibited: { ...inhibited, until: at + pauseOf(one, releaseMs) } });
    } else if (isPending && one.holdUntil === null && !one.isHoldSpent) {
      const until = one.firedAt + settings.waitMs + settings.holdMs;
      if (at < until) {
        put(one, { holdUntil: until });
        say(one, 'held', at);
      }
    } else if (!isPending && one.holdUntil !== null) {
      put(one, { holdUntil: null });
      say(one, 'hold_over', at);
    }
    setDue(one.id, one.inhibited?.until ?? one.holdUntil);
  }

  function judgeTargetsOf(one: KnownAlert, at: number): void {
    for (const id of graph.targetsOf(one)) judgeById(id, at);
  }

  function judgeById(id: string, at: number): void {
    const one = graph.get(id);
    if (one) judge(one, at);
  }

  function forget(id: string): KnownAlert | undefined {
    const one = graph.get(id);
    if (!one) return undefined;
    graph.setInhibited(one, null);
    setDue(id, null);
    graph.place(one, false);
    graph.remove(one);
    return one;
  }

  function taken(): InhibitionEvent[] {
    const all = events;
    events = [];
    return all;
  }

  return {
    /** Everything that is due up to `now`. */
    advance(now: number): InhibitionEvent[] {
      for (let next = due.take(now); next; next = due.take(now)) {
        const one = graph.get(next.key);
        if (!one) continue;
        const { key, at } = next;
        change(() => due.set(key, at));
        if (one.inhibited) {
          graph.setInhibited(one, null);
          say(one, 'released', at);
        } else {
          put(one, { holdUntil: null, isHoldSpent: true });
          say(one, 'hold_over', at);
        }
        judge(one, at);
      }
      return taken();
    },

    /** It has begun, or its state or labels have changed. */
    set(facts: InhibitionFacts, at: number): InhibitionEvent[] {
      const before = graph.get(facts.id);
      const places = graph.placesOf(facts.labels);
      if (before) {
        const from = { ...before };
        graph.place(before, false);
        put(before, { ...facts, ...places });
        graph.place(before, true);
        const isSame = from.state === facts.state && from.sourceOf.join() === places.sourceOf.join();
        judge(before, at);
        if (!isSame) {
          judgeTargetsOf(from, at);
          judgeTargetsOf(before, at);
        }
        return taken();
      }
      const one: KnownAlert = { ...facts, ...places, inhibited: null, holdUntil: null, isHoldSpent: false };
      graph.add(one);
      graph.place(one, true);
      judge(one, at);
      judgeTargetsOf(one, at);
      return taken();
    },

    /** It has ended. Its own suppression ends without a word. */
    end(id: string, at: number): InhibitionEvent[] {
      const one = forget(id);
      if (one) judgeTargetsOf(one, at);
      return taken();
    },

    /** The dependencies of these endpoints have changed. */
    dependenciesChanged(endpoints: Iterable<string>, at: number): InhibitionEvent[] {
      for (const endpoint of endpoints) for (const id of graph.reachOf(endpoint)) judgeById(id, at);
      return taken();
    },

    /** After a restart: it was inhibited, and what by is no longer there. */
    wasInhibited(id: string, at: number): void {
      const one = graph.get(id);
      if (!one || one.inhibited) return;
      const until = at + pauseOf(one, releaseMs);
      put(one, { inhibited: { by: [], until } });
      setDue(id, until);
    },

    isInhibited: (id: string): boolean => graph.get(id)?.inhibited !== undefined && graph.get(id)?.inhibited !== null,
    /** Alerts that are inhibited by this one. */
    behind: graph.behind,
    nextDue: due.next,
    clear() {
      graph.clear();
      due.clear();
      events = [];
    },
    keep: graph.keep,
    undo() {
      graph.undo();
      events = [];
    },
  };
}
