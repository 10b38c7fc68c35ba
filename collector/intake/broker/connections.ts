/** Authenticated connections: one per endpoint is the newest, older ones are being closed. */
import type { Client } from 'aedes';
import type { Address } from '../../../shared/topics.ts';
import type { IntakeCounters } from '../counters.ts';
import { createLane } from './connection-queue.ts';
import type { Connection } from './publications.ts';

export interface Guests {
  meet(client: Client, address: Address, from: string): void;
  leave(client: Client): void;
  of(client: Client): Connection | undefined;
  newest(endpoint: string): Connection | undefined;
  all(): Iterable<Connection>;
  count(): number;
  /** The collector ends the connection itself, so its will is ignored. */
  end(connection: Connection): void;
  /** True when it ended unexpectedly: the endpoint has no other connection, and the collector did not end it. */
  isMissed(connection: Connection): boolean;
  /** From here on every end is ignored. */
  close(): void;
}

export function createGuests(counters: IntakeCounters): Guests {
  const connections = new Map<Client, Connection>();
  const newest = new Map<string, Connection>();
  let closing = false;

  return {
    meet(client, address, from) {
      const connection: Connection = {
        client,
        address,
        from,
        lane: createLane(),
        listens: new Set(),
        last: null,
        ours: false,
        dropped: false,
        heldUntil: 0,
      };
      connections.set(client, connection);
      newest.set(address.endpoint, connection);
      counters.connections.set(connections.size);
    },
    leave(client) {
      const connection = connections.get(client);
      if (!connection) return;
      connections.delete(client);
      if (newest.get(connection.address.endpoint) === connection) newest.delete(connection.address.endpoint);
      counters.connections.set(connections.size);
    },
    of: (client) => connections.get(client),
    newest: (endpoint) => newest.get(endpoint),
    all: () => connections.values(),
    count: () => connections.size,
    end(connection) {
      connection.ours = true;
      connection.client.close();
    },
    isMissed: (connection) => !connection.ours && !closing && newest.get(connection.address.endpoint) === connection,
    close() {
      closing = true;
    },
  };
}
