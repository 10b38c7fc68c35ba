/**
 * Batched PUBACKs. A commit makes thousands of publications durable at once; aedes would answer each with a packet
 * of three writes, a tick and a turn of the event loop. Here all of a connection are one write.
 */
import type { Socket } from 'node:net';
import type { Client } from 'aedes';

export interface Pubacks {
  /** Sent in the order of the calls, when the present work of the event loop is done. */
  add(client: Client, messageId: number): void;
}

/** Fixed header of a PUBACK, its remaining length, then the packet identifier [MQTT-3.4]. */
const type = 0x40;
const rest = 2;
const size = 4;

export function createPubacks(): Pubacks {
  let waiting = new Map<Client, number[]>();

  function flush(): void {
    const batch = waiting;
    waiting = new Map();
    for (const [client, ids] of batch) if (!client.closed) send(client, ids);
  }

  return {
    add(client, messageId) {
      const ids = waiting.get(client);
      if (ids) ids.push(messageId);
      else waiting.set(client, [messageId]);
      if (waiting.size === 1 && !ids) queueMicrotask(flush);
    },
  };
}

function send(client: Client, ids: readonly number[]): void {
  const bytes = Buffer.allocUnsafe(ids.length * size);
  let at = 0;
  for (const id of ids) {
    bytes[at++] = type;
    bytes[at++] = rest;
    bytes[at++] = id >> 8;
    bytes[at++] = id & 0xff;
  }
  if (!(client.conn as Socket).write(bytes)) whenDrained(client, () => undefined);
}

/**
 * Calls `then` when the connection reads again. One that does not is ended by aedes after `drainTimeout`, as if aedes had
 * written itself: `waitForDrain` is what its own writes use (1.2.0, not in its types).
 */
export function whenDrained(client: Client, then: () => void): void {
  if ((client.conn as Socket).writableNeedDrain)
    (client as unknown as { waitForDrain(done: () => void): void }).waitForDrain(then);
  else then();
}
