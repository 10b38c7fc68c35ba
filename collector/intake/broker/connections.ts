/** Authenticated connections: one per endpoint is the newest, older ones are being closed. */
import type { Client } from 'aedes';
import type { Address } from '../../../shared/topics.ts';
import type { IntakeCounters } from '../counters.ts';
import type { Connection } from './connection.ts';
import { ConnectionQueue } from './connection-queue.ts';

export interface Connections {
  add(client: Client, address: Address, from: string): void;
  remove(client: Client): void;
  of(client: Client): Connection | undefined;
  newest(endpoint: string): Connection | undefined;
  all(): Iterable<Connection>;
  count(): number;
  /** The collector ends the connection itself, so its will is ignored. */
  end(connection: Connection): void;
  /** True when it ended unexpectedly: the endpoint has no other connection, and the collector did not end it. */
  endedUnexpectedly(connection: Connection): boolean;
  /** From here on every end is ignored. */
  close(): void;
}

export function createConnections(counters: IntakeCounters): Connections {
  const connections = new Map<Client, Connection>();
  const newest = new Map<string, Connection>();
  let closing = false;

  return {
    add(client, address, from) {
      const connection: Connection = {
        client,
        address,
        from,
        queue: new ConnectionQueue(),
        listens: new Set(),
        last: null,
        closedByUs: false,
        dropped: false,
        heldUntil: 0,
        isAdmitting: false,
        held: [],
      };
      connections.set(client, connection);
      newest.set(address.endpoint, connection);
      counters.connections.set(connections.size);
    },
    remove(client) {
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
      connection.closedByUs = true;
      connection.client.close();
    },
    endedUnexpectedly: (connection) =>
      !connection.closedByUs && !closing && newest.get(connection.address.endpoint) === connection,
    close() {
      closing = true;
    },
  };
}
