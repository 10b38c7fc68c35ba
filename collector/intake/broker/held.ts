/**
 * Messages of an endpoint that is beyond its rate or a budget, or behind a large one that is being read: they wait on their
 * connection, in order, and with them their PUBACKs. Its window fills, and then it is not read any further. Nobody else waits.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { EndpointBudgets } from '../budgets.ts';
import type { Publication, SourceParts } from '../source.ts';
import type { Connection } from './connection.ts';

/** On an external broker an endpoint has no connection here: what stands for it is open as long as the endpoint is known. */
export type HoldingConnection = Pick<Connection, 'address' | 'held' | 'heldUntil' | 'isAdmitting'> & {
  client: { readonly closed: boolean };
};

export interface HoldingBack {
  /** To the pipeline: at once, or after `waitMs` and behind those that wait already. */
  pass(connection: HoldingConnection, message: Publication, waitMs: number): void;
}

export function createHoldingBack(parts: {
  clock: Pick<Clock, 'monotonic'>;
  /** Left out: time is the only limit. */
  budgets?: Pick<EndpointBudgets, 'charge' | 'waitFor'>;
  onMessage: SourceParts['onMessage'];
  onHeld?(endpoint: string): void;
}): HoldingBack {
  const { clock, budgets } = parts;

  /** What it costs in time is charged afterwards. */
  function take(connection: HoldingConnection, message: Publication): void {
    const { endpoint } = message;
    const since = clock.monotonic();
    const admitting = parts.onMessage(message);
    budgets?.charge(endpoint, 'cpu', clock.monotonic() - since);
    if (!admitting) return;
    connection.isAdmitting = true;
    void admitting.then(() => {
      connection.isAdmitting = false;
      letOn(connection);
    });
  }

  /** Each when its time has come and its endpoint is within its budgets: what those before it cost is known then. */
  function letOn(connection: HoldingConnection): void {
    const { held, client, address } = connection;
    while (held[0] && !connection.isAdmitting) {
      const { message, until } = held[0];
      const now = clock.monotonic();
      const waitMs = client.closed ? 0 : Math.max(until - now, budgets?.waitFor(address.endpoint) ?? 0);
      if (waitMs > 0) {
        connection.heldUntil = Math.max(connection.heldUntil, now + waitMs);
        parts.onHeld?.(address.endpoint);
        setTimeout(letOn, waitMs, connection).unref();
        return;
      }
      held.shift();
      // Its agent resends on its next connection what was not acknowledged on this one.
      if (client.closed) message.refuse();
      else take(connection, message);
    }
  }

  return {
    pass(connection, message, waitMs) {
      if (waitMs <= 0 && connection.held.length === 0 && !connection.isAdmitting) {
        take(connection, message);
        return;
      }
      parts.onHeld?.(message.endpoint);
      const until = clock.monotonic() + waitMs;
      if (connection.held.push({ message, until }) === 1 && !connection.isAdmitting)
        setTimeout(letOn, waitMs, connection).unref();
    },
  };
}
