/**
 * Tells open web pages what has changed, after it was saved. Nothing on the main road listens here: losing a message
 * costs a page one refresh, never an alert.
 */
import { EventEmitter } from 'node:events';
import { withoutSight } from './state/sight.ts';

export type Change =
  | { kind: 'values'; endpoint: string }
  | { kind: 'endpoint'; endpoint: string }
  | { kind: 'alert'; alert: string; endpoint: string }
  | { kind: 'ticket'; ticket: number }
  | { kind: 'inventory'; endpoint: string; section: string }
  /** Made, changed or removed. Endpoints that come or go are changes of kind `endpoint`. */
  | { kind: 'maintenance'; maintenance: string }
  /** Entered, changed, or hides other alerts. */
  | { kind: 'silence'; silence: string }
  /** Work on endpoints, by its number. */
  | { kind: 'change'; change: number }
  | { kind: 'site'; site: string }
  | { kind: 'group'; group: string }
  | { kind: 'calendar'; calendar: string }
  /** Costs, or what holds for all of them. */
  | { kind: 'cost' }
  /** Software, what was bought of it, or how it is used. */
  | { kind: 'product' }
  /** Made, changed, removed, or in another state. */
  | { kind: 'target'; target: string }
  /** Who is on call, or who hears of what. */
  | { kind: 'on_call' }
  /** Settings of agents: other ones, or an agent has taken them. */
  | { kind: 'agent_settings' }
  /** Updates of agents: a release, a ring, or what an agent says of its own. */
  | { kind: 'agent_update' }
  /** A machine asks to join, or has its answer. */
  | { kind: 'applicant' }
  /** Written, changed, or said to have helped. */
  | { kind: 'article'; article: string }
  /** Said anew, everywhere or within a scope. */
  | { kind: 'rule'; rule: string };

export interface ChangeFeed {
  publish(change: Change): void;
  /** @returns the function that ends the subscription */
  subscribe(listener: (change: Change) => void): () => void;
}

export function createChangeFeed(): ChangeFeed {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    // Whoever listens does so for all.
    publish: (change) => void withoutSight(() => emitter.emit('change', change)),
    subscribe(listener) {
      emitter.on('change', listener);
      return () => void emitter.off('change', listener);
    },
  };
}
