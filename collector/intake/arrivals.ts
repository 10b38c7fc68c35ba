/** Passes messages of a source to the pipeline, counted until they are answered. */
import type { Clock } from '../../shared/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Admitting, Message } from '../message.ts';
import type { Publication } from './source.ts';

export interface Arrivals {
  take(message: Publication): Admitting;
  /** Resolves when every accepted message is answered. */
  empty(): Promise<void>;
}

export function createArrivals(parts: { fleet: Fleet; clock: Clock; travel(message: Message): Admitting }): Arrivals {
  let inside = 0;
  let waiting: (() => void)[] = [];
  const leave = () => {
    if (--inside > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  /** A separate function: what waits for the commit must not hold the message. */
  const answering = ({ acknowledge, refuse }: Pick<Publication, 'acknowledge' | 'refuse'>) => ({
    acknowledge() {
      acknowledge();
      leave();
    },
    refuse() {
      refuse();
      leave();
    },
  });

  return {
    take(message) {
      const endpoint = parts.fleet.get(message.endpoint);
      // Retired while connected, or replaced by another endpoint: not stored, so not acknowledged.
      if (!endpoint) {
        message.refuse();
        return undefined;
      }
      const { leaf, topic, payload, from, crowded, receivedAt = parts.clock.now() } = message;
      const { acknowledge, refuse } = answering(message);
      inside++;
      return parts.travel({ endpoint, leaf, topic, payload, from, crowded, receivedAt, acknowledge, refuse });
    },
    empty: () => (inside === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
  };
}
