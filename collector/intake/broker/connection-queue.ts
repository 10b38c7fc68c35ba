/**
 * The publications of one connection that are not durable yet. PUBACKs go out in the order of the publications
 * [MQTT-4.6.0-2], however the commits end, and only so many may wait.
 */

/** Our agent keeps at most 32 in flight; a client with four times that ignores the window. */
const waitingAtMost = 128;

export interface QueuedPublication {
  /** Of the PUBLISH; null at QoS 0, which has no PUBACK. */
  messageId: number | null;
  /** Too much waits already: it is not kept. */
  isCrowded: boolean;
  /** Bytes counted as waiting; 0 when it is not kept. */
  bytes: number;
  /** Monotonic ms. */
  since: number;
  isReady: boolean;
  /** Resumes reading of the connection, where that waits for this entry. */
  readOn: (() => void) | null;
}

export interface ConnectionQueue {
  /** False when too many wait: the connection should end. */
  enter(entry: QueuedPublication): boolean;
  /** The entry is durable. `out` gets it, and those behind it that are durable too, in order. */
  ready(entry: QueuedPublication, out: (entry: QueuedPublication) => void): void;
  size(): number;
  oldest(): QueuedPublication | undefined;
  entries(): readonly QueuedPublication[];
}

export function createConnectionQueue(): ConnectionQueue {
  const queue: QueuedPublication[] = [];
  return {
    enter: (entry) => queue.push(entry) <= waitingAtMost,
    ready(entry, out) {
      entry.isReady = true;
      while (queue[0]?.isReady) out(queue.shift() as QueuedPublication);
    },
    size: () => queue.length,
    oldest: () => queue[0],
    entries: () => queue,
  };
}
